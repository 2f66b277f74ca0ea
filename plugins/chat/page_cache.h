#pragma once

#include <Poco/ExpireLRUCache.h>
#include <linkup/sdk/principal.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "room_store.h"

namespace linkup::chat {

/// Pages of history as they were sent, each with what tells whether it would be sent the same again. The last
/// ones that were asked for, for some minutes at the most, as the URLs in them expire.
///
/// Threading: any.
class PageCache {
public:
    /// Pages that are kept, of kMostBytes each at the most.
    static constexpr std::size_t kPages = 2000;
    static constexpr std::size_t kMostBytes = 16 * 1024;

    PageCache();

    /// Who asks, for which chat, up to which place: a number, or the id of a message.
    using Key = std::tuple<sdk::UserId, std::int64_t, std::int64_t, std::string>;
    bool has(const Key& key) const { return pages_.has(key); }
    /// The page, if it would be the same now that the chat stands so.
    std::optional<std::string> find(const Key& key, const room_store::Standing& standing);
    /// Keeps a page of the messages from `first` to `last`. All that the chat will ever have between them
    /// must be in it.
    void keep(const Key& key, const room_store::Standing& standing, std::int64_t first, std::int64_t last,
              std::string page);

private:
    struct Kept {
        std::int64_t first;
        std::int64_t last;
        room_store::Standing standing;
        std::string page;
    };

    Poco::ExpireLRUCache<Key, Kept> pages_;
};

}  // namespace linkup::chat
