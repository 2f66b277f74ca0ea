#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/services/chats.h>

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "chat_types.h"

namespace linkup::chat::room_store {

std::optional<Room> find(sdk::Connection& connection, std::int64_t chat_id);
std::optional<Room> findOfPair(sdk::Connection& connection, sdk::UserId one, sdk::UserId other);
/// Makes the room and its two participants.
Room insert(sdk::Connection& connection, sdk::UserId one, sdk::UserId other, sdk::Time now);
/// Participants and messages go with it.
void removeOfPair(sdk::Connection& connection, sdk::UserId one, sdk::UserId other);
/// What is left of rooms that were deleted in this transaction, whose ids are the first column. By a
/// statement of its own, which sees what came while the deletion waited for the rooms.
void removeMessages(sdk::Connection& connection, const sdk::Rows& rooms);
/// The user's chats, each with its last seq.
std::vector<std::pair<std::int64_t, std::int64_t>> lastSeqs(sdk::Connection& connection, sdk::UserId user);
/// Of the user's chats how far the user's devices got.
std::map<std::int64_t, std::int64_t> deliveredSeqs(sdk::Connection& connection, sdk::UserId user);
std::vector<sdk::ChatSummary> summaries(sdk::Connection& connection, sdk::UserId user);

struct Cursors {
    std::int64_t delivered_seq = 0;
    std::int64_t seen_seq = 0;
};
Cursors cursors(sdk::Connection& connection, std::int64_t chat_id, sdk::UserId user);

/// What of a chat changes while its messages stay: how often one of them was changed, and how far both are.
struct Standing {
    std::int64_t revision = 0;
    Cursors own;
    Cursors others;
};
/// By chat and the participant who asks; nothing for others.
using Standings = std::map<std::pair<std::int64_t, sdk::UserId>, Standing>;
/// On PostgreSQL in one statement.
Standings standings(sdk::Connection& connection,
                    const std::set<std::pair<std::int64_t, sdk::UserId>>& participants);
/// Moves forward only; false if the cursor was there already.
bool advanceDelivered(sdk::Connection& connection, std::int64_t chat_id, sdk::UserId user, std::int64_t seq);
/// By chat and participant.
using Delivered = std::map<std::pair<std::int64_t, sdk::UserId>, std::int64_t>;
/// The same for many, one statement whatever their number. Returns those that moved.
std::set<std::pair<std::int64_t, sdk::UserId>> advanceDelivered(sdk::Connection& connection,
                                                                const Delivered& seqs);
/// Seen is delivered, too. False if nothing changed.
bool advanceSeen(sdk::Connection& connection, std::int64_t chat_id, sdk::UserId user, std::int64_t seq);

/// 0: not muted. False if the user is not in the chat.
bool setMuted(sdk::Connection& connection, std::int64_t chat_id, sdk::UserId user, std::int64_t muted_until);

}  // namespace linkup::chat::room_store
