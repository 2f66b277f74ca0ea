#include "daemon/plugins/plugin_version.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>

using namespace linkup::daemon;

namespace {

class PluginVersionTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PluginVersionTest);
    CPPUNIT_TEST(versionsAreThreeNumbers);
    CPPUNIT_TEST(versionsCompareByNumber);
    CPPUNIT_TEST(dependenciesHaveBoundsAndSoftness);
    CPPUNIT_TEST(allBoundsMustHold);
    CPPUNIT_TEST(unreadableDependencyIsNamed);
    CPPUNIT_TEST_SUITE_END();

    void versionsAreThreeNumbers() {
        CPPUNIT_ASSERT(parseVersion("1.20.3") == (Version{1, 20, 3}));
        for (const char* wrong :
             {"", "1", "1.2", "1.2.", "1.2.3.4", "1.2.x", "-1.0.0", "1.-2.0", " 1.2.3", "1.2.3 "}) {
            CPPUNIT_ASSERT_MESSAGE(wrong, !parseVersion(wrong));
        }
    }

    void versionsCompareByNumber() { CPPUNIT_ASSERT(*parseVersion("1.10.0") > *parseVersion("1.9.9")); }

    void dependenciesHaveBoundsAndSoftness() {
        const auto found = parseDependencies("auth>=1.0.0<2.0.0, media? ,chat=1.2.3?");
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, found.size());
        CPPUNIT_ASSERT_EQUAL(std::string("auth"), found[0].name);
        CPPUNIT_ASSERT_EQUAL(std::string(">=1.0.0 <2.0.0"), found[0].range());
        CPPUNIT_ASSERT(found[0].kind == Dependency::Kind::kHard);
        CPPUNIT_ASSERT_EQUAL(std::string("any version"), found[1].range());
        CPPUNIT_ASSERT(found[1].kind == Dependency::Kind::kSoft);
        CPPUNIT_ASSERT(found[2].kind == Dependency::Kind::kSoft);
        CPPUNIT_ASSERT(parseDependencies(" ").empty());
    }

    void allBoundsMustHold() {
        const Dependency wanted = parseDependencies("auth>1.0.0<=2.0.0").front();
        CPPUNIT_ASSERT(!wanted.accepts({1, 0, 0}));
        CPPUNIT_ASSERT(wanted.accepts({1, 0, 1}));
        CPPUNIT_ASSERT(wanted.accepts({2, 0, 0}));
        CPPUNIT_ASSERT(!wanted.accepts({2, 0, 1}));
    }

    void unreadableDependencyIsNamed() {
        for (const char* wrong : {"auth,", "auth>=", "auth=>1.0.0", "Auth", "auth>=1.0", ">=1.0.0"}) {
            CPPUNIT_ASSERT_THROW_MESSAGE(wrong, parseDependencies(wrong), std::invalid_argument);
        }
        try {
            parseDependencies("auth,media>1");
        } catch (const std::invalid_argument& error) {
            CPPUNIT_ASSERT_EQUAL(std::string("\"media>1\" is not of the form name>=1.0.0<2.0.0"),
                                 std::string(error.what()));
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginVersionTest);

}  // namespace
