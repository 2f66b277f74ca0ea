#include "pairing.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace linkup::test {

using lobby::Couple;
using lobby::Guest;
using lobby::pairUp;

/// Who meets whom.
class PairingTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PairingTest);
    CPPUNIT_TEST(nobodyComesTwiceAndNoForbiddenCoupleIsMade);
    CPPUNIT_TEST(asManyCouplesAsPossibleAreMade);
    CPPUNIT_TEST(wishesMustBeMutual);
    CPPUNIT_TEST(whoWentWithoutLastTimeComesFirst);
    CPPUNIT_TEST(anEmptyLobbyIsFine);
    CPPUNIT_TEST_SUITE_END();

public:
    void nobodyComesTwiceAndNoForbiddenCoupleIsMade() {
        for (int round = 0; round < 500; ++round) {
            const auto guests = randomGuests(20);
            const auto forbidden = randomCouples(20);
            std::set<sdk::UserId> met;
            for (const auto& [one, other] : pairUp(guests, forbidden, random_)) {
                CPPUNIT_ASSERT(met.insert(one).second && met.insert(other).second);
                CPPUNIT_ASSERT(!forbidden.contains({std::min(one, other), std::max(one, other)}));
                CPPUNIT_ASSERT(fits(find(guests, one), find(guests, other)));
            }
        }
    }

    void asManyCouplesAsPossibleAreMade() {
        for (int round = 0; round < 300; ++round) {
            const auto guests = randomGuests(9);
            const auto forbidden = randomCouples(9);
            CPPUNIT_ASSERT_EQUAL(most(guests, forbidden, 0), pairUp(guests, forbidden, random_).size());
        }
    }

    void wishesMustBeMutual() {
        const std::vector<Guest> guests = {{1, "Female", "Male"}, {2, "Male", "Male"}, {3, "Male", "Female"}};
        const auto couples = pairUp(guests, {}, random_);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, couples.size());
        CPPUNIT_ASSERT_EQUAL(sdk::UserId{4}, couples[0].first + couples[0].second);
    }

    void whoWentWithoutLastTimeComesFirst() {
        for (int round = 0; round < 100; ++round) {
            std::vector<Guest> guests = {{1, "Female", "Male"},
                                         {3, "Female", "Male", true},
                                         {5, "Female", "Male"},
                                         {2, "Male", "Female"}};
            const auto couples = pairUp(guests, {}, random_);
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, couples.size());
            CPPUNIT_ASSERT_EQUAL(sdk::UserId{5}, couples[0].first + couples[0].second);
        }
    }

    void anEmptyLobbyIsFine() { CPPUNIT_ASSERT(pairUp({}, {}, random_).empty()); }

private:
    static bool fits(const Guest& one, const Guest& other) {
        return one.gender == other.interested_gender && other.gender == one.interested_gender;
    }
    static const Guest& find(const std::vector<Guest>& guests, sdk::UserId id) {
        return *std::find_if(guests.begin(), guests.end(),
                             [id](const Guest& guest) { return guest.id == id; });
    }
    std::vector<Guest> randomGuests(int count) {
        const std::string genders[] = {"Female", "Male"};
        std::vector<Guest> guests;
        for (int id = 1; id <= count; ++id)
            guests.push_back({id, genders[random_() % 2], genders[random_() % 2]});
        return guests;
    }
    std::set<Couple> randomCouples(int count) {
        std::set<Couple> couples;
        for (int i = 0; i < count; ++i) {
            const auto one = static_cast<sdk::UserId>(random_() % static_cast<unsigned>(count)) + 1;
            const auto other = static_cast<sdk::UserId>(random_() % static_cast<unsigned>(count)) + 1;
            if (one != other) couples.emplace(std::min(one, other), std::max(one, other));
        }
        return couples;
    }
    /// The most couples among the guests from `at` on, by trying all ways.
    static std::size_t most(std::vector<Guest> guests, const std::set<Couple>& forbidden, std::size_t at) {
        if (at >= guests.size()) return 0;
        std::size_t best = most(guests, forbidden, at + 1);
        for (std::size_t other = at + 1; other < guests.size(); ++other) {
            if (!fits(guests[at], guests[other]) || forbidden.contains({guests[at].id, guests[other].id}))
                continue;
            auto rest = guests;
            rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(other));
            best = std::max(best, 1 + most(rest, forbidden, at + 1));
        }
        return best;
    }

    std::mt19937_64 random_{20261124};
};

CPPUNIT_TEST_SUITE_REGISTRATION(PairingTest);

}  // namespace linkup::test
