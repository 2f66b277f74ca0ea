#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace linkup::daemon {

/// The prepared statements of one session, found by their SQL.
///
/// Texts are literals, so the first look is by address, and the text is then only compared; two equal
/// literals of different plugins still share one statement. The types of the values are no part of the key:
/// PostgreSQL infers them from the statement and takes text, SQLite types each value by itself.
template <class Statement>
class StatementCache {
public:
    /// Beyond it the statement that was not used for the longest time goes.
    static constexpr std::size_t kCapacity = 512;

    /// The kept statement, or null.
    Statement* find(std::string_view sql) {
        const auto known = by_address_.find(Address{sql.data(), sql.size()});
        if (known != by_address_.end() && known->second->sql == sql) return touch(*known->second);
        const auto same = by_text_.find(sql);
        if (same == by_text_.end()) return nullptr;
        remember(sql, *same->second);
        return touch(*same->second);
    }

    Statement& keep(std::string_view sql, std::unique_ptr<Statement> statement) {
        if (by_text_.size() >= kCapacity) dropOldest();
        auto entry = std::make_unique<Entry>(Entry{std::string(sql), std::move(statement), 0});
        Entry& kept = *entry;
        by_text_.emplace(std::string_view(kept.sql), std::move(entry));
        remember(sql, kept);
        return *touch(kept);
    }

    void drop(std::string_view sql) {
        const auto found = by_text_.find(sql);
        if (found == by_text_.end()) return;
        std::erase_if(by_address_, [&](const auto& item) { return item.second == found->second.get(); });
        const auto dropped = std::move(found->second);  // the map's key looks into it: it goes after the node
        by_text_.erase(found);
    }

    void clear() {
        by_address_.clear();
        while (!by_text_.empty()) {
            const auto dropped = std::move(by_text_.begin()->second);
            by_text_.erase(by_text_.begin());
        }
    }

    ~StatementCache() { clear(); }
    StatementCache() = default;
    StatementCache(const StatementCache&) = delete;
    StatementCache& operator=(const StatementCache&) = delete;

private:
    struct Entry {
        std::string sql;
        std::unique_ptr<Statement> statement;
        std::uint64_t used;
    };
    struct Address {
        const char* data;
        std::size_t size;
        bool operator==(const Address&) const = default;
    };
    struct AddressHash {
        std::size_t operator()(const Address& address) const noexcept {
            return std::hash<const void*>()(address.data) * 31 + address.size;
        }
    };

    Statement* touch(Entry& entry) {
        entry.used = ++clock_;
        return entry.statement.get();
    }

    void remember(std::string_view sql, Entry& entry) {
        if (by_address_.size() >= 4 * kCapacity)
            by_address_.clear();  // texts that are no literals move about
        by_address_[Address{sql.data(), sql.size()}] = &entry;
    }

    void dropOldest() {
        const Entry* oldest = nullptr;
        for (const auto& [text, entry] : by_text_) {
            if (oldest == nullptr || entry->used < oldest->used) oldest = entry.get();
        }
        const std::string sql = oldest->sql;
        drop(sql);
    }

    std::unordered_map<std::string_view, std::unique_ptr<Entry>> by_text_;
    std::unordered_map<Address, Entry*, AddressHash> by_address_;
    std::uint64_t clock_ = 0;
};

}  // namespace linkup::daemon
