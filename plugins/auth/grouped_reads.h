#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace linkup::auth {

/// Looks up rows by key, those for which several threads wait in one statement: under load the database
/// answers once for many, and a lone read waits for nobody. A row is as it was when find() was called, or
/// newer.
///
/// A statement for several takes kLargest keys, of which the last may repeat: were the keys an array,
/// PostgreSQL would plan anew each time, because of an array whose length it knows it expects less work.
///
/// Threading: any thread but an I/O thread.   Errors: what `fetch` throws, to all that it was to answer.
template <class Key, class Row>
class GroupedReads {
public:
    static constexpr std::size_t kLargest = 8;
    /// The rows of these keys in their order: of one, or of kLargest. A key may come several times.
    using Fetch = std::function<std::vector<std::optional<Row>>(std::span<const Key> keys)>;

    explicit GroupedReads(Fetch fetch) : fetch_(std::move(fetch)) {}

    std::optional<Row> find(Key key) {
        std::unique_lock lock(mutex_);
        if (gathering_ == nullptr || gathering_->keys.size() == kLargest) {
            gathering_ = std::make_shared<Group>();
        }
        const auto group = gathering_;
        const std::size_t place = group->keys.size();
        group->keys.push_back(std::move(key));
        if (place == 0) {
            fetchFor(group, lock);
        } else {
            group->answered.wait(lock, [&] { return group->done; });
        }
        lock.unlock();
        if (group->failure != nullptr) std::rethrow_exception(group->failure);
        return std::move(group->rows.at(place));
    }

private:
    /// One more than one, so that a slow answer does not keep everybody waiting.
    static constexpr int kAtOnce = 2;

    struct Group {
        std::vector<Key> keys;
        std::vector<std::optional<Row>> rows;
        std::exception_ptr failure;
        bool done = false;
        std::condition_variable answered;
    };

    /// By the first of a group; the others come until it can go.
    void fetchFor(const std::shared_ptr<Group>& group, std::unique_lock<std::mutex>& lock) {
        may_go_.wait(lock, [&] { return under_way_ < kAtOnce; });
        ++under_way_;
        if (gathering_ == group) gathering_ = nullptr;
        lock.unlock();
        try {
            if (group->keys.size() > 1) group->keys.resize(kLargest, group->keys.back());
            group->rows = fetch_(group->keys);
        } catch (...) {
            group->failure = std::current_exception();
        }
        lock.lock();
        --under_way_;
        group->done = true;
        may_go_.notify_one();
        group->answered.notify_all();
    }

    const Fetch fetch_;
    std::mutex mutex_;
    std::condition_variable may_go_;
    std::shared_ptr<Group> gathering_;
    int under_way_ = 0;
};

}  // namespace linkup::auth
