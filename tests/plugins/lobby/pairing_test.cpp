#include "pairing.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "boost_matching.h"

namespace linkup::test {

using lobby::Couple;
using lobby::Guest;
using lobby::PairingLimits;
using lobby::pairUp;

/// Who meets whom.
class PairingTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PairingTest);
    CPPUNIT_TEST(tenThousandRandomEventsPairNobodyTwiceNorAForbiddenCouple);
    CPPUNIT_TEST(upToTwoHundredPeopleMakeAsManyCouplesAsBoostFinds);
    CPPUNIT_TEST(couplesServeThoseWhoMissedTheMost);
    CPPUNIT_TEST(wishesMustBeMutual);
    CPPUNIT_TEST(companyIsNearlyAsGoodAsCanBe);
    CPPUNIT_TEST(equalGuestsAreChosenByChance);
    CPPUNIT_TEST(aboveTheLimitStrangersAreStillKeptApartAndFewCouplesAreLost);
    CPPUNIT_TEST(anEmptyLobbyIsFine);
    CPPUNIT_TEST(thirtyEveningsLeaveNobodyOverForLong);
    CPPUNIT_TEST(thirtyEveningsOfThoseWhoComeWhenTheyLikeLeaveNobodyOverForLong);
    CPPUNIT_TEST_SUITE_END();

public:
    void tenThousandRandomEventsPairNobodyTwiceNorAForbiddenCouple() {
        for (int round = 0; round < 10'000; ++round) {
            const auto guests = randomGuests(below(30));
            const auto forbidden = randomCouples(guests, below(101));
            const auto couples = pair(guests, forbidden, {.exact_up_to = below(2) * 1000});
            assertAllowed(guests, forbidden, couples);
        }
    }

    void upToTwoHundredPeopleMakeAsManyCouplesAsBoostFinds() {
        for (int round = 0; round < 4000; ++round) {
            const auto guests = randomGuests(below(24));
            assertAsManyAsBoost(guests, randomCouples(guests, 40 + below(61)));
        }
        for (int round = 0; round < 150; ++round) {
            const auto guests = randomGuests(1 + below(200));
            // Where each has about two friends a matching is the hardest to find.
            const auto sparse = 100 - 400 / (1 + guests.size());
            assertAsManyAsBoost(guests,
                                randomCouples(guests, round % 2 == 0 ? std::min(sparse, 99UL) : below(101)));
        }
    }

    /// Against all ways to pair them.
    void couplesServeThoseWhoMissedTheMost() {
        for (int round = 0; round < 1500; ++round) {
            auto guests = randomGuests(below(9));
            for (auto& guest : guests) guest.misses = static_cast<std::int64_t>(below(4));
            const auto forbidden = randomCouples(guests, below(101));
            const auto couples = pair(guests, forbidden);
            assertAllowed(guests, forbidden, couples);
            CPPUNIT_ASSERT(bestServed(guests, forbidden) == served(guests, couples));
        }
    }

    void wishesMustBeMutual() {
        const std::vector<Guest> guests = {{1, "Female", "Male"}, {2, "Male", "Male"}, {3, "Male", "Female"}};
        const auto couples = pair(guests, {});
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, couples.size());
        CPPUNIT_ASSERT_EQUAL(sdk::UserId{4}, couples[0].first + couples[0].second);
    }

    /// The sum of fulfilled wishes, against that of all ways to pair them that make as many couples.
    void companyIsNearlyAsGoodAsCanBe() {
        int ours = 0, best = 0;
        for (int round = 0; round < 300; ++round) {
            const auto guests = randomGuests(8);
            const auto forbidden = randomCouples(guests, 10);
            for (const auto& [one, other] : pair(guests, forbidden)) {
                ours += score(find(guests, one), find(guests, other));
            }
            best += bestCompany(guests, forbidden);
        }
        CPPUNIT_ASSERT_MESSAGE(std::to_string(ours) + " of " + std::to_string(best), ours * 100 >= best * 97);
        CPPUNIT_ASSERT(ours <= best);
    }

    void equalGuestsAreChosenByChance() {
        const std::vector<Guest> guests = {
            {1, "Female", "Male"}, {3, "Female", "Male"}, {2, "Male", "Female"}};
        std::map<sdk::UserId, int> times;
        for (int round = 0; round < 200; ++round) ++times[partnerOf(2, pair(guests, {}))];
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, times.size());
        CPPUNIT_ASSERT(times[1] > 60 && times[3] > 60);
    }

    void aboveTheLimitStrangersAreStillKeptApartAndFewCouplesAreLost() {
        for (int round = 0; round < 100; ++round) {
            const auto guests = randomGuests(100);
            const auto forbidden = randomCouples(guests, below(101));
            const auto couples = pair(guests, forbidden, {.exact_up_to = 0});
            assertAllowed(guests, forbidden, couples);
            CPPUNIT_ASSERT(couples.size() * 10 >= mostCouples(graphOf(guests, forbidden)) * 9);
        }
    }

    void anEmptyLobbyIsFine() { CPPUNIT_ASSERT(pair({}, {}).empty()); }

    /// Three times as many women as men: every woman has a partner every third evening at least.
    void thirtyEveningsLeaveNobodyOverForLong() {
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, longestRunOfMisses([](Guest&) { return true; }));
    }

    void thirtyEveningsOfThoseWhoComeWhenTheyLikeLeaveNobodyOverForLong() {
        const auto longest = longestRunOfMisses([&](Guest&) { return below(10) < 6; });
        CPPUNIT_ASSERT_MESSAGE(std::to_string(longest), longest <= 5);
    }

private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

    std::vector<Couple> pair(const std::vector<Guest>& guests, const std::set<Couple>& forbidden,
                             PairingLimits limits = {}) {
        return pairUp(guests, {forbidden.begin(), forbidden.end()}, random_, limits);
    }
    static const Guest& find(const std::vector<Guest>& guests, sdk::UserId id) {
        return *std::find_if(guests.begin(), guests.end(),
                             [id](const Guest& guest) { return guest.id == id; });
    }
    static sdk::UserId partnerOf(sdk::UserId user, const std::vector<Couple>& couples) {
        for (const auto& [one, other] : couples) {
            if (one == user) return other;
            if (other == user) return one;
        }
        return 0;
    }
    static int score(const Guest& one, const Guest& other) {
        int score = 0;
        for (std::size_t i = 0; i < one.wishes.size(); ++i) {
            if (one.wishes[i] != 0 && one.wishes[i] == other.traits[i]) ++score;
            if (other.wishes[i] != 0 && other.wishes[i] == one.traits[i]) ++score;
        }
        return score;
    }

    /// Some events are of people who all fit each other, where odd cycles abound.
    std::vector<Guest> randomGuests(std::size_t count) {
        const std::string genders[] = {"Female", "Male"};
        const bool alike = below(3) == 0;
        std::vector<Guest> guests;
        for (std::size_t i = 0; i < count; ++i) {
            Guest guest{.id = static_cast<sdk::UserId>(i) + 1,
                        .gender = genders[alike ? 0 : below(2)],
                        .interested_gender = genders[alike ? 0 : below(2)],
                        .misses = static_cast<std::int64_t>(below(3))};
            for (auto& trait : guest.traits) trait = static_cast<std::uint32_t>(below(4));
            for (auto& wish : guest.wishes) wish = static_cast<std::uint32_t>(below(4));
            guests.push_back(std::move(guest));
        }
        std::shuffle(guests.begin(), guests.end(), random_);
        return guests;
    }
    /// So many percent of all couples.
    std::set<Couple> randomCouples(const std::vector<Guest>& guests, std::uint64_t percent) {
        std::set<Couple> couples;
        const auto last = static_cast<sdk::UserId>(guests.size());
        for (sdk::UserId one = 1; one <= last; ++one) {
            for (sdk::UserId other = one + 1; other <= last; ++other) {
                if (below(100) < percent) couples.emplace(one, other);
            }
        }
        return couples;
    }

    static void assertAllowed(const std::vector<Guest>& guests, const std::set<Couple>& forbidden,
                              const std::vector<Couple>& couples) {
        std::set<sdk::UserId> met;
        for (const auto& [one, other] : couples) {
            CPPUNIT_ASSERT(met.insert(one).second && met.insert(other).second);
            CPPUNIT_ASSERT(!forbidden.contains({std::min(one, other), std::max(one, other)}));
            CPPUNIT_ASSERT(fits(find(guests, one), find(guests, other)));
        }
    }
    void assertAsManyAsBoost(const std::vector<Guest>& guests, const std::set<Couple>& forbidden) {
        const auto couples = pair(guests, forbidden);
        assertAllowed(guests, forbidden, couples);
        CPPUNIT_ASSERT_EQUAL(mostCouples(graphOf(guests, forbidden)), couples.size());
    }

    /// Calls `each` with every set of couples that may be.
    template <class Each>
    static void allWays(const std::vector<Guest>& guests, const std::set<Couple>& forbidden,
                        std::vector<Couple>& couples, std::size_t next, const Each& each) {
        if (next == guests.size()) return each(couples);
        allWays(guests, forbidden, couples, next + 1, each);
        const auto& one = guests[next];
        if (partnerOf(one.id, couples) != 0) return;
        for (std::size_t i = next + 1; i < guests.size(); ++i) {
            const auto& other = guests[i];
            const Couple couple{std::min(one.id, other.id), std::max(one.id, other.id)};
            if (partnerOf(other.id, couples) != 0 || !fits(one, other) || forbidden.contains(couple))
                continue;
            couples.push_back(couple);
            allWays(guests, forbidden, couples, next + 1, each);
            couples.pop_back();
        }
    }
    /// How many couples, then how many of those served have missed three events, two, …
    static std::vector<std::size_t> served(const std::vector<Guest>& guests,
                                           const std::vector<Couple>& couples) {
        std::vector<std::size_t> served(5);
        served[0] = couples.size();
        for (const auto& guest : guests) {
            if (partnerOf(guest.id, couples) != 0) ++served[static_cast<std::size_t>(4 - guest.misses)];
        }
        return served;
    }
    static std::vector<std::size_t> bestServed(const std::vector<Guest>& guests,
                                               const std::set<Couple>& forbidden) {
        std::vector<std::size_t> best(5);
        std::vector<Couple> couples;
        allWays(guests, forbidden, couples, 0,
                [&](const auto& way) { best = std::max(best, served(guests, way)); });
        return best;
    }
    static int bestCompany(const std::vector<Guest>& guests, const std::set<Couple>& forbidden) {
        std::pair<std::vector<std::size_t>, int> best;
        std::vector<Couple> couples;
        allWays(guests, forbidden, couples, 0, [&](const auto& way) {
            int sum = 0;
            for (const auto& [one, other] : way) sum += score(find(guests, one), find(guests, other));
            best = std::max(best, {served(guests, way), sum});
        });
        return best.second;
    }

    /// Of 90 women and 30 men, who meet nobody twice, and nine women among themselves, who may.
    template <class Comes>
    std::int64_t longestRunOfMisses(const Comes& comes) {
        std::vector<Guest> all;
        for (sdk::UserId id = 1; id <= 129; ++id) {
            const bool man = id > 90 && id <= 120;
            all.push_back({id, man ? "Male" : "Female", id <= 90 ? "Male" : "Female"});
        }
        std::set<Couple> met;
        std::int64_t longest = 0;
        for (int evening = 0; evening < 30; ++evening) {
            std::vector<Guest> here;
            std::copy_if(all.begin(), all.end(), std::back_inserter(here), comes);
            const auto couples = pair(here, met);
            for (auto& guest : all) {
                if (partnerOf(guest.id, couples) != 0) {
                    guest.misses = 0;
                } else if (std::any_of(here.begin(), here.end(),
                                       [&](const Guest& one) { return one.id == guest.id; })) {
                    longest = std::max(longest, ++guest.misses);
                }
            }
            for (const auto& [one, other] : couples) {
                if (one <= 120) met.emplace(std::min(one, other), std::max(one, other));
            }
        }
        return longest;
    }

    std::mt19937_64 random_{20261124};
};

CPPUNIT_TEST_SUITE_REGISTRATION(PairingTest);

}  // namespace linkup::test
