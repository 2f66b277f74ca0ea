#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/principal.h>

#include <vector>

namespace linkup::match::fairness_store {

struct Exposure {
    sdk::UserId user = 0;
    std::int64_t times_queued = 0;
};
/// Up to `limit` of those who may be put before others, from the id `from` on, and how often they were.
std::vector<Exposure> exposuresFrom(sdk::Connection& connection, sdk::UserId from, std::int64_t limit);
/// The greatest id among them; 0 if there is nobody.
sdk::UserId lastCandidate(sdk::Connection& connection);

}  // namespace linkup::match::fairness_store
