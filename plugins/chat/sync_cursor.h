#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace linkup::chat {

/// What a client has of one chat.
struct SyncPosition {
    std::int64_t seq = 0;       ///< all messages up to this one
    std::int64_t revision = 0;  ///< all changes up to this one of messages up to `seq`
    std::int64_t seen_seq = 0;
    std::int64_t other_seen_seq = 0;
    std::int64_t other_delivered_seq = 0;
    std::int64_t muted_until = 0;  ///< in microseconds; 0: not muted

    bool operator==(const SyncPosition&) const = default;
};
using SyncPositions = std::map<std::int64_t, SyncPosition>;  // by chat

/// As a text that goes into a URL as it stands: some 17 characters for each chat. It says nothing of other
/// people, so it is not signed: whoever forges one gets other parts of their own chats.
std::string cursorOf(const SyncPositions& positions);
/// Nothing if it is not such a text.
std::optional<SyncPositions> positionsOf(std::string_view cursor);

}  // namespace linkup::chat
