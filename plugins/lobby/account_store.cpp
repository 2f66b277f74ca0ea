#include "account_store.h"

namespace linkup::lobby::account_store {

void remove(sdk::Connection& connection, sdk::UserId user) {
    connection.execute("DELETE FROM lobby_seats WHERE user_id = $1", {user});
    connection.execute("DELETE FROM lobby_results WHERE user_id = $1", {user});
    connection.execute("UPDATE lobby_results SET partner_id = NULL, misses = 1 WHERE partner_id = $1",
                       {user});
}

sdk::Json seats(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT e.name, e.starts_at, r.partner_id FROM lobby_seats s JOIN lobby_events e ON e.id = "
        "s.event_id "
        "LEFT JOIN lobby_results r ON r.event_id = s.event_id AND r.user_id = s.user_id "
        "WHERE s.user_id = $1 ORDER BY e.starts_at, e.id",
        {user});
    sdk::Json list = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto partner = rows.optionalInteger(row, 2);
        list.push(sdk::Json::object({{"event", rows.text(row, 0)},
                                     {"starts_at", sdk::formatTime(rows.time(row, 1))},
                                     {"partner_id", partner ? sdk::Json(*partner) : sdk::Json()}}));
    }
    return list;
}

}  // namespace linkup::lobby::account_store
