#include "account_store.h"

namespace linkup::match::account_store {

std::vector<sdk::UserId> tiedTo(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT CASE WHEN low_id = $1 THEN high_id ELSE low_id END FROM match_bonds "
        "WHERE low_id = $1 OR high_id = $1",
        {user});
    std::vector<sdk::UserId> users;
    users.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) users.push_back(rows.integer(row, 0));
    return users;
}

void remove(sdk::Connection& connection, sdk::UserId user) {
    connection.execute("DELETE FROM match_bonds WHERE (low_id = $1 OR high_id = $1) AND state = 'match'",
                       {user});
    connection.execute("DELETE FROM match_likes WHERE liker_id = $1 OR liked_id = $1", {user});
    connection.execute("DELETE FROM match_likes_given WHERE user_id = $1", {user});
    connection.execute("DELETE FROM match_blocks WHERE blocker_id = $1 OR blocked_id = $1", {user});
    connection.execute("DELETE FROM match_cards WHERE user_id = $1 OR candidate_id = $1", {user});
    connection.execute("DELETE FROM match_exposure WHERE user_id = $1", {user});
    // The row itself stays: it is the lock that others may be waiting for.
    connection.execute("UPDATE match_members SET queue_preferences = NULL WHERE user_id = $1", {user});
}

sdk::Json decisions(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT liked_id, liked, created_at FROM match_likes WHERE liker_id = $1 ORDER BY created_at, "
        "liked_id",
        {user});
    sdk::Json list = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        list.push(sdk::Json::object({{"user_id", rows.integer(row, 0)},
                                     {"liked", rows.boolean(row, 1)},
                                     {"at", sdk::formatTime(rows.time(row, 2))}}));
    }
    return list;
}

sdk::Json bonds(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT CASE WHEN low_id = $1 THEN high_id ELSE low_id END, state, created_at FROM match_bonds "
        "WHERE low_id = $1 OR high_id = $1 ORDER BY created_at, low_id, high_id",
        {user});
    sdk::Json list = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        list.push(sdk::Json::object({{"user_id", rows.integer(row, 0)},
                                     {"state", rows.text(row, 1)},
                                     {"at", sdk::formatTime(rows.time(row, 2))}}));
    }
    return list;
}

sdk::Json blocks(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT blocked_id, created_at FROM match_blocks WHERE blocker_id = $1 ORDER BY created_at, "
        "blocked_id",
        {user});
    sdk::Json list = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        list.push(sdk::Json::object(
            {{"user_id", rows.integer(row, 0)}, {"at", sdk::formatTime(rows.time(row, 1))}}));
    }
    return list;
}

}  // namespace linkup::match::account_store
