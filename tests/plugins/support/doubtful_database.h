#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/error.h>

#include <atomic>
#include <deque>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>

namespace linkup::test {

/// A database whose commits, as the test says, are not answered.
class DoubtfulDatabase : public sdk::Database {
public:
    enum class Fault { kCommittedUnanswered, kRolledBackUnanswered, kAway };

    explicit DoubtfulDatabase(sdk::Database& database) : database_(database) {}

    void next(std::initializer_list<Fault> faults) {
        const std::lock_guard lock(mutex_);
        faults_.insert(faults_.end(), faults);
    }
    /// From the next transaction on until the test says else.
    void setAway(bool away) { away_ = away; }
    int refused() const { return refused_; }

    void read(const std::function<void(sdk::Connection&)>& work) override { database_.read(work); }
    sdk::Dialect dialect() const noexcept override { return database_.dialect(); }
    void transaction(const std::function<void(sdk::Connection&)>& work) override {
        const auto fault = takeFault();
        if (!fault) return database_.transaction(work);
        switch (*fault) {
            case Fault::kAway:
                ++refused_;
                throw sdk::Error(sdk::ErrorCode::kUnavailable, "away");
            case Fault::kCommittedUnanswered:
                database_.transaction(work);
                throw sdk::Error(sdk::ErrorCode::kInDoubt, "lost");
            case Fault::kRolledBackUnanswered:
                database_.transaction([&](sdk::Connection& connection) {
                    work(connection);
                    throw sdk::Error(sdk::ErrorCode::kInDoubt, "lost");
                });
        }
    }

private:
    std::optional<Fault> takeFault() {
        const std::lock_guard lock(mutex_);
        if (!faults_.empty()) {
            const auto fault = faults_.front();
            faults_.pop_front();
            return fault;
        }
        return away_ ? std::optional(Fault::kAway) : std::nullopt;
    }

    sdk::Database& database_;
    std::mutex mutex_;
    std::deque<Fault> faults_;
    std::atomic<bool> away_{false};
    std::atomic<int> refused_{0};
};

}  // namespace linkup::test
