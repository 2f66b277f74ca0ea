#pragma once

#include <string>
#include <vector>

#include "chaos_town.h"
#include "crowd.h"

namespace linkup::chaos {

/// Holds what the clients saw against what the database holds. Called when the crowd has calmed down; goes on
/// with the crowd, whose people read a part of what they got, for the counters. Returns what is wrong, each
/// with where; empty: all that is promised was kept.
std::vector<std::string> judge(Crowd& crowd, ChaosTown& town);

}  // namespace linkup::chaos
