#pragma once

#include <linkup/sdk/principal.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace linkup::lobby {

/// Somebody with a seat who can be paired.
struct Guest {
    sdk::UserId id = 0;
    std::string gender;
    std::string interested_gender;
    bool left_over_last_time = false;
};

using Couple = std::pair<sdk::UserId, sdk::UserId>;

/// As many couples as possible among `guests`: each has the gender that the other is interested in, and the
/// two are not in `forbidden` (smaller id first). Who went without last time is tried first, then chance
/// decides. Source: J. Edmonds, "Paths, trees, and flowers" (1965), as Boost.Graph has it.
std::vector<Couple> pairUp(std::vector<Guest> guests, const std::set<Couple>& forbidden,
                           std::mt19937_64& random);

}  // namespace linkup::lobby
