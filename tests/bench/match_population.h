#pragma once

#include <cstdint>

#include "bench_town.h"

namespace linkup::bench {

/// The first people of a town are its demo accounts, and the ones who ask and swipe.
constexpr int kAskers = 2000;
/// Cards of each of them that can be swiped, beside their queue.
constexpr int kCards = 40;

/// Makes the town one of `people`, by statements over sets: demo accounts and copies of them, spread over
/// universities of very different size, the askers in the largest; with positions, decisions, matches and
/// blocks; and gives the askers cards to swipe. `people` > 2 * kAskers.
void populate(BenchTown& town, std::int64_t people);

/// Whom the nth card of an asker shows.
std::int64_t cardOf(std::int64_t asker, int nth, std::int64_t people);

}  // namespace linkup::bench
