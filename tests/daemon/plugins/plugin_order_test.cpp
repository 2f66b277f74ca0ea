#include "daemon/plugins/plugin_order.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace linkup::daemon;

namespace {

PluginInfo plugin(const std::string& name, const std::string& depends) {
    PluginInfo info;
    info.file = name + ".so";
    info.name = name;
    info.version = {1, 0, 0};
    info.depends = parseDependencies(depends);
    return info;
}

std::string names(const std::vector<PluginInfo>& plugins) {
    std::string text;
    for (const auto& info : plugins) text += info.name + " ";
    return text;
}

class PluginOrderTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PluginOrderTest);
    CPPUNIT_TEST(whatIsNeededComesFirst);
    CPPUNIT_TEST(elseTheOrderStaysAsGiven);
    CPPUNIT_TEST(softDependencyOrdersToo);
    CPPUNIT_TEST(selfDependencyIsACycle);
    CPPUNIT_TEST(cycleIsPrintedWithoutWhatLeadsToIt);
    CPPUNIT_TEST_SUITE_END();

    void whatIsNeededComesFirst() {
        const auto sorted =
            sortByDependency({plugin("lobby", "auth,match"), plugin("match", "auth"), plugin("auth", "")});
        CPPUNIT_ASSERT_EQUAL(std::string("auth match lobby "), names(sorted));
    }

    void elseTheOrderStaysAsGiven() {
        const auto sorted = sortByDependency({plugin("c", ""), plugin("a", ""), plugin("b", "")});
        CPPUNIT_ASSERT_EQUAL(std::string("c a b "), names(sorted));
    }

    void softDependencyOrdersToo() {
        const auto sorted = sortByDependency({plugin("auth", "media?,absent?"), plugin("media", "")});
        CPPUNIT_ASSERT_EQUAL(std::string("media auth "), names(sorted));
    }

    void selfDependencyIsACycle() { assertRefused({plugin("a", "a")}, "cycle: a → a"); }

    void cycleIsPrintedWithoutWhatLeadsToIt() {
        assertRefused({plugin("x", "a"), plugin("a", "b"), plugin("b", "a")}, "cycle: a → b → a");
    }

    static void assertRefused(std::vector<PluginInfo> plugins, const std::string& end) {
        try {
            sortByDependency(std::move(plugins));
        } catch (const PluginError& error) {
            CPPUNIT_ASSERT_MESSAGE(error.what(), std::string(error.what()).ends_with(end));
            return;
        }
        CPPUNIT_FAIL("not refused");
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginOrderTest);

}  // namespace
