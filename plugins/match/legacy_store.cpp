#include "legacy_store.h"

namespace linkup::match::legacy_store {

void insertExposure(sdk::Connection& connection, sdk::UserId user, std::int64_t times_queued) {
    connection.execute(
        "INSERT INTO match_exposure (user_id, times_queued) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING",
        {user, times_queued});
}

void insertMatch(sdk::Connection& connection, Pair pair, sdk::Time at) {
    connection.execute(
        "INSERT INTO match_bonds (low_id, high_id, state, created_at) VALUES ($1, $2, 'match', $3) "
        "ON CONFLICT (low_id, high_id) DO NOTHING",
        {pair.low, pair.high, sdk::toMicros(at)});
}

void putChatBond(sdk::Connection& connection, Pair pair, sdk::Time at) {
    connection.execute(
        "INSERT INTO match_bonds (low_id, high_id, state, created_at) VALUES ($1, $2, 'chat', $3) "
        "ON CONFLICT (low_id, high_id) DO UPDATE SET state = 'chat'",
        {pair.low, pair.high, sdk::toMicros(at)});
}

}  // namespace linkup::match::legacy_store
