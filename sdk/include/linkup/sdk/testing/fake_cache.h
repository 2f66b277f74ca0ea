#pragma once

#include <cmath>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#include "linkup/sdk/cache.h"
#include "linkup/sdk/clock.h"
#include "linkup/sdk/error.h"

namespace linkup::sdk::testing {

/// A cache in a map, whose keys age with the given clock.
///
/// Threading: any thread.   Errors: Error{kUnavailable} while the test says so.   Since: ABI 1.0.
class FakeCache : public Cache {
public:
    /// `clock` outlives it.
    explicit FakeCache(const Clock& clock) : clock_(clock) {}

    /// While false, every call throws, as when Redis is away.
    void setAvailable(bool available) {
        const std::lock_guard lock(mutex_);
        available_ = available;
    }
    /// Forgets everything, as a cache may at any time. Fencing tokens go on growing.
    void lose() {
        const std::lock_guard lock(mutex_);
        entries_.clear();
        buckets_.clear();
        leases_.clear();
    }

    std::optional<std::string> get(std::string_view key) override {
        const std::lock_guard lock(mutex_);
        const Entry* entry = living(key);
        if (entry == nullptr) return std::nullopt;
        return entry->value;
    }

    void set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) override {
        const std::lock_guard lock(mutex_);
        living(key);
        entries_.insert_or_assign(std::string(key), Entry{std::string(value), clock_.now() + ttl});
    }

    bool setIfAbsent(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) override {
        const std::lock_guard lock(mutex_);
        if (living(key) != nullptr) return false;
        entries_.insert_or_assign(std::string(key), Entry{std::string(value), clock_.now() + ttl});
        return true;
    }

    void remove(std::string_view key) override {
        const std::lock_guard lock(mutex_);
        living(key);
        entries_.erase(std::string(key));
    }

    std::int64_t add(std::string_view key, std::int64_t amount, std::chrono::milliseconds ttl) override {
        const std::lock_guard lock(mutex_);
        Entry* entry = living(key);
        if (entry == nullptr) {
            entry =
                &entries_.insert_or_assign(std::string(key), Entry{"0", clock_.now() + ttl}).first->second;
        }
        const std::int64_t sum = std::stoll(entry->value) + amount;
        entry->value = std::to_string(sum);
        return sum;
    }

    std::chrono::milliseconds take(std::string_view key, double per_second, int burst) override {
        using std::chrono::microseconds;
        const std::lock_guard lock(mutex_);
        refuseIfAway();
        const Time now = clock_.now();
        const microseconds interval(std::llround(1e6 / per_second));
        Time& theoretical = buckets_.try_emplace(std::string(key), now).first->second;
        const Time arrival = std::max(theoretical, now);
        const microseconds wait = arrival - interval * (burst - 1) - now;
        if (wait > microseconds::zero()) return std::chrono::ceil<std::chrono::milliseconds>(wait);
        theoretical = arrival + interval;
        return std::chrono::milliseconds::zero();
    }

    std::optional<Lease> acquire(std::string_view name, std::chrono::milliseconds ttl) override {
        const std::lock_guard lock(mutex_);
        refuseIfAway();
        const auto held = leases_.find(std::string(name));
        if (held != leases_.end() && held->second.until > clock_.now()) return std::nullopt;
        Lease lease{std::string(name), ++last_token_, "fake"};
        leases_.insert_or_assign(lease.name, Held{lease.token, clock_.now() + ttl});
        return lease;
    }

    bool renew(const Lease& lease, std::chrono::milliseconds ttl) override {
        const std::lock_guard lock(mutex_);
        Held* held = mine(lease);
        if (held == nullptr) return false;
        held->until = clock_.now() + ttl;
        return true;
    }

    void release(const Lease& lease) override {
        const std::lock_guard lock(mutex_);
        if (mine(lease) != nullptr) leases_.erase(lease.name);
    }

private:
    struct Entry {
        std::string value;
        Time until;
    };
    struct Held {
        std::int64_t token = 0;
        Time until;
    };

    void refuseIfAway() const {
        if (!available_) throw Error(ErrorCode::kUnavailable, "The cache cannot be reached");
    }
    Entry* living(std::string_view key) {
        refuseIfAway();
        const auto found = entries_.find(std::string(key));
        return found != entries_.end() && found->second.until > clock_.now() ? &found->second : nullptr;
    }
    Held* mine(const Lease& lease) {
        refuseIfAway();
        const auto found = leases_.find(lease.name);
        const bool is_mine = found != leases_.end() && found->second.token == lease.token &&
                             found->second.until > clock_.now();
        return is_mine ? &found->second : nullptr;
    }

    const Clock& clock_;
    std::mutex mutex_;
    bool available_ = true;
    std::map<std::string, Entry> entries_;
    std::map<std::string, Time> buckets_;
    std::map<std::string, Held> leases_;
    std::int64_t last_token_ = 0;
};

}  // namespace linkup::sdk::testing
