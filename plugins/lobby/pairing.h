#pragma once

#include <linkup/sdk/principal.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace linkup::lobby {

/// Values of a profile, or wishes for them, as numbers: one for each of height, weight, religion, drinking,
/// smoking, what is looked for, where they stay. Equal numbers at one index mean equal values; 0: none.
using Traits = std::array<std::uint32_t, 7>;

/// Somebody with a seat who can be paired.
struct Guest {
    sdk::UserId id = 0;
    std::string gender;
    std::string interested_gender;
    std::int64_t misses = 0;  ///< the events in a row, up to the last one, that left this guest over
    Traits traits{};
    Traits wishes{};
};

using Couple = std::pair<sdk::UserId, sdk::UserId>;

/// Up to how many people the result is the best there is, whatever it costs.
struct PairingLimits {
    std::size_t exact_up_to = 20'000;
};

/// Couples of guests who each have the gender that the other is interested in, none of them in `forbidden`
/// (in either order; others than guests do no harm). What they are, each as far as what stands before allows:
///
/// 1. as many as possible;
/// 2. of those who missed the most events in a row, as many as possible; then of those who missed one less;
///    and so on. So nobody waits for longer than it takes to serve all who wait for as long;
/// 3. good company: the sum over all couples of the wishes that their profiles fulfil to each other is one
///    that no exchange of partners between two couples, nor with somebody left over who has missed as much,
///    was found to raise. Above some hundred couples exchanges are tried with a sample of the others;
/// 4. by chance.
///
/// 1 and 2 are exact (see Matching) up to `exact_up_to` guests. Above, the search for the last couples ends
/// after a number of steps that grows as guests and forbidden couples do; what it has not found by then is a
/// couple here and there among people of whom nearly all are strangers. The rest takes O(n log n) for n
/// guests, and room for these and the forbidden couples; couples that might be are nowhere listed.
std::vector<Couple> pairUp(std::vector<Guest> guests, const std::vector<Couple>& forbidden,
                           std::mt19937_64& random, PairingLimits limits = {});

}  // namespace linkup::lobby
