#include "fairness_store.h"

namespace linkup::match::fairness_store {

// Exposure is scalar, so that it is looked up for those alone who are returned.
std::vector<Exposure> exposuresFrom(sdk::Connection& connection, sdk::UserId from, std::int64_t limit) {
    const auto rows = connection.execute(
        "SELECT c.user_id, COALESCE((SELECT x.times_queued FROM match_exposure x WHERE x.user_id = "
        "c.user_id), "
        "0) FROM (SELECT user_id FROM auth_candidates_v1 WHERE user_id >= $1 ORDER BY user_id LIMIT $2) c",
        {from, limit});
    std::vector<Exposure> exposures;
    exposures.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        exposures.push_back({rows.integer(row, 0), rows.integer(row, 1)});
    }
    return exposures;
}

sdk::UserId lastCandidate(sdk::Connection& connection) {
    return connection.execute("SELECT COALESCE(MAX(user_id), 0) FROM auth_candidates_v1").integer(0, 0);
}

}  // namespace linkup::match::fairness_store
