#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace linkup::daemon {

/// Values by key, each until its time. Whatever is due is dropped a few at a time by the writes that follow,
/// so that no call pays for all of it; a full table drops what would expire first.
///
/// Threading: none of its own.
template <class Value>
class ExpiringTable {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit ExpiringTable(std::size_t max_entries) : max_entries_(max_entries) {}

    /// The value that is alive at `now`, or null. Valid until the table is changed.
    Value* find(std::string_view key, TimePoint now) {
        const auto found = entries_.find(key);
        if (found == entries_.end() || found->second.due->first <= now) return nullptr;
        return &found->second.value;
    }

    /// Sets the value and its time.
    void put(std::string_view key, Value value, TimePoint expires, TimePoint now) {
        expireSome(now);
        if (const auto found = entries_.find(key); found != entries_.end()) {
            auto& entry = found->second;
            entry.value = std::move(value);
            auto node = due_.extract(entry.due);  // moved, not made anew
            node.key() = expires;
            entry.due = due_.insert(std::move(node));
            return;
        }
        if (entries_.size() >= max_entries_ && !due_.empty()) drop(due_.begin());
        const auto added = entries_.try_emplace(std::string(key)).first;
        added->second.value = std::move(value);
        added->second.due = due_.emplace(expires, &added->first);
    }

    void erase(std::string_view key) {
        const auto found = entries_.find(key);
        if (found == entries_.end()) return;
        due_.erase(found->second.due);
        entries_.erase(found);
    }

    /// How many it holds, alive or due.
    std::size_t size() const { return entries_.size(); }

private:
    using Due = std::multimap<TimePoint, const std::string*>;
    struct Entry {
        Value value;
        typename Due::iterator due;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    };

    void expireSome(TimePoint now) {
        // More than one: each write adds at most one, so the table always catches up.
        for (int i = 0; i < 4 && !due_.empty() && due_.begin()->first <= now; ++i) drop(due_.begin());
    }

    void drop(typename Due::iterator due) {
        entries_.erase(entries_.find(std::string_view(*due->second)));
        due_.erase(due);
    }

    const std::size_t max_entries_;
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
    Due due_;
};

}  // namespace linkup::daemon
