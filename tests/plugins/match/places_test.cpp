#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <stdexcept>

#include "place_text.h"
#include "places.h"
#include "places_table.h"

namespace linkup::test {

using Labels = std::vector<std::string>;

/// Places found by name: rules on a small table of the test's own, and what is shipped.
class PlacesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PlacesTest);
    CPPUNIT_TEST(accentsCaseAndPunctuationAreIgnored);
    CPPUNIT_TEST(anyBytesCanBeFolded);
    CPPUNIT_TEST(prefixOfTheNameComesBeforePopulation);
    CPPUNIT_TEST(queryMayGoOnIntoRegionAndCountry);
    CPPUNIT_TEST(indiaIsSearchedWithinCityAndState);
    CPPUNIT_TEST(placesThatAreCalledAlikeAreListedOnce);
    CPPUNIT_TEST(emptyQueriesFindNothing);
    CPPUNIT_TEST(hometownIsResolvedOnlyIfAllOfItFits);
    CPPUNIT_TEST(malformedTablesAreRefused);
    CPPUNIT_TEST(shippedPlacesCoverTheWorldAndIndia);
    CPPUNIT_TEST(shippedPlacesOfIndiaGoDownToSmallTowns);
    CPPUNIT_TEST(shippedSearchIsBounded);
    CPPUNIT_TEST_SUITE_END();

public:
    void accentsCaseAndPunctuationAreIgnored() {
        for (const auto& [text, folded] : std::vector<std::pair<std::string, std::string>>{
                 {"São Paulo", "sao paulo"},
                 {"  Xi’an ", "xian"},
                 {"SAINT-DENIS,  Île", "saint denis ile"},
                 {"Straße Łódź Æbeltoft", "strasse lodz aebeltoft"},
                 {"Đà Nẵng", "da nang"},
                 {"e\u0301", "e"},
                 {"दिल्ली", "दिल्ली"},
                 {" ,-", ""}}) {
            CPPUNIT_ASSERT_EQUAL(folded, match::foldPlaceText(text));
        }
    }

    void anyBytesCanBeFolded() {
        for (int byte = 1; byte < 256; ++byte) {
            for (const std::string tail : {"", "a", "\x80", "\xC3"}) {
                const std::string text = std::string(1, static_cast<char>(byte)) + tail;
                match::foldPlaceText(text);
                places_.search(text);
                places_.searchIndia(text);
                places_.resolve(text);
            }
        }
    }

    void prefixOfTheNameComesBeforePopulation() {
        CPPUNIT_ASSERT((places_.search("PÁRIS") == Labels{"Paris, Île-de-France, France", "Paris, Texas, USA",
                                                          "Parisot, Texas, USA", "New Paris, Ohio, USA"}));
        CPPUNIT_ASSERT(places_.search("aris").empty());
    }

    void queryMayGoOnIntoRegionAndCountry() {
        CPPUNIT_ASSERT(places_.search("paris, tex") == Labels{"Paris, Texas, USA"});
        CPPUNIT_ASSERT(places_.search("new paris ohio usa") == Labels{"New Paris, Ohio, USA"});
        CPPUNIT_ASSERT(places_.search("singapore") == Labels{"Singapore"});
    }

    void indiaIsSearchedWithinCityAndState() {
        CPPUNIT_ASSERT((places_.searchIndia("delh") == Labels{"Delhi, Delhi", "New Delhi, Delhi"}));
        CPPUNIT_ASSERT(places_.searchIndia("new delhi") == Labels{"New Delhi, Delhi"});
        CPPUNIT_ASSERT(places_.searchIndia("RNAT") == Labels{"Bengaluru, Karnataka"});
        CPPUNIT_ASSERT(places_.searchIndia("bangalore") == Labels{"Bengaluru, Karnataka"});
        CPPUNIT_ASSERT(places_.searchIndia("paris").empty());
        CPPUNIT_ASSERT(places_.searchIndia("india").empty());
    }

    void placesThatAreCalledAlikeAreListedOnce() {
        const match::Places places(
            "Rampur\tUttar Pradesh\tIN\tIndia\t28.81\t79.03\t296418\n"
            "Rampur\tUttar Pradesh\tIN\tIndia\t26.1\t82.9\t0\n"
            "Rampur\tBihar\tIN\tIndia\t25.1\t85.9\t0\n");
        CPPUNIT_ASSERT((places.searchIndia("rampur") == Labels{"Rampur, Uttar Pradesh", "Rampur, Bihar"}));
        CPPUNIT_ASSERT(
            (places.search("rampur") == Labels{"Rampur, Uttar Pradesh, India", "Rampur, Bihar, India"}));
    }

    void emptyQueriesFindNothing() {
        for (const char* query : {"", " ", ",", "\t"}) {
            CPPUNIT_ASSERT(places_.search(query).empty() && places_.searchIndia(query).empty());
            CPPUNIT_ASSERT(places_.resolve(query) == nullptr);
        }
    }

    void hometownIsResolvedOnlyIfAllOfItFits() {
        CPPUNIT_ASSERT_EQUAL(48.85, latitudeOf("paris"));
        CPPUNIT_ASSERT_EQUAL(48.85, latitudeOf("Paris, France"));
        CPPUNIT_ASSERT_EQUAL(33.66, latitudeOf(" paris ,Texas, usa"));
        CPPUNIT_ASSERT_EQUAL(12.97, latitudeOf("Bangalore, Karnataka"));
        for (const char* text : {"Pari", "Paris, Ohio", "Paris Texas", "Texas", "Paris, France, Texas"}) {
            CPPUNIT_ASSERT_MESSAGE(text, places_.resolve(text) == nullptr);
        }
    }

    void malformedTablesAreRefused() {
        for (const char* table :
             {"Paris\tFrance\n", "A\tB\tC\tD\t1.0\t2.0\t3\t4\n", "A\tB\tC\tD\tx\t2.0\t3\n"}) {
            CPPUNIT_ASSERT_THROW(match::Places{table}, std::invalid_argument);
        }
    }

    void shippedPlacesCoverTheWorldAndIndia() {
        CPPUNIT_ASSERT(shipped().size() > 20'000);
        CPPUNIT_ASSERT(shipped().searchIndia("new delhi") == Labels{"New Delhi, Delhi"});
        for (const char* town :
             {"Manipal, Karnataka", "Mumbai, Maharashtra", "Lucknow, Uttar Pradesh", "Shillong, Meghalaya",
              "Bangalore, Karnataka", "Kochi, Kerala", "Gangtok, Sikkim"}) {
            CPPUNIT_ASSERT_MESSAGE(town, shipped().resolve(town) != nullptr);
        }
        CPPUNIT_ASSERT_EQUAL(std::string("Paris, Île-de-France Region, France"),
                             shipped().search("paris").at(0));
        CPPUNIT_ASSERT(shipped().search("sao paulo").at(0).starts_with("São Paulo, "));
    }

    /// Some with less than 15,000 people from all over the country, and a district's new seat.
    void shippedPlacesOfIndiaGoDownToSmallTowns() {
        CPPUNIT_ASSERT(shipped().size() > 28'000);
        for (const std::string town :
             {"Kasauli, Himachal Pradesh", "Manipal, Karnataka", "Katra, Jammu and Kashmir",
              "Roing, Arunachal Pradesh", "Meppayyur, Kerala", "Narsampet, Telangana", "Bilha, Chhattisgarh",
              "Kavaratti, Lakshadweep", "Longleng, Nagaland", "Port Blair, Andaman and Nicobar Islands"}) {
            CPPUNIT_ASSERT_MESSAGE(town, shipped().resolve(town) != nullptr);
            const auto found = shipped().searchIndia(town);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(town, std::size_t{1}, found.size());
            CPPUNIT_ASSERT_EQUAL(town, found[0]);
        }
        // Large ones of which both sources know are there once.
        CPPUNIT_ASSERT(shipped().searchIndia("lucknow") == Labels{"Lucknow, Uttar Pradesh"});
    }

    void shippedSearchIsBounded() {
        for (char letter = 'a'; letter <= 'z'; ++letter) {
            const std::string query(1, letter);
            CPPUNIT_ASSERT_EQUAL(std::size_t{20}, shipped().search(query).size());
            CPPUNIT_ASSERT(shipped().searchIndia(query).size() <= 20);
        }
        const auto found = shipped().search("san");
        CPPUNIT_ASSERT_EQUAL(std::size_t{20}, found.size());
        for (const auto& label : found) CPPUNIT_ASSERT_MESSAGE(label, label.starts_with("San"));
    }

private:
    static const match::Places& shipped() {
        static const match::Places kPlaces(match::kPlacesTable);
        return kPlaces;
    }
    double latitudeOf(const char* text) {
        const auto* place = places_.resolve(text);
        return place == nullptr ? 0 : place->latitude;
    }

    const match::Places places_{
        "Delhi\tDelhi\tIN\tIndia\t28.65\t77.23\t10927986\n"
        "Bengaluru\tKarnataka\tIN\tIndia\t12.97\t77.59\t8443675\n"
        "Singapore\t\tSG\tSingapore\t1.28\t103.85\t3547809\n"
        "Paris\tÎle-de-France\tFR\tFrance\t48.85\t2.34\t2138551\n"
        "New Paris\tOhio\tUS\tUSA\t39.85\t-84.79\t500000\n"
        "New Delhi\tDelhi\tIN\tIndia\t28.63\t77.22\t317797\n"
        "Paris\tTexas\tUS\tUSA\t33.66\t-95.55\t24782\n"
        "Parisot\tTexas\tUS\tUSA\t33.00\t-95.00\t100\n"};
};

CPPUNIT_TEST_SUITE_REGISTRATION(PlacesTest);

}  // namespace linkup::test
