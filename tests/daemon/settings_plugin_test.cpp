#include <cppunit/extensions/HelperMacros.h>

#include <fstream>

#include "daemon/settings.h"
#include "temporary_folder.h"

using namespace linkup;
using namespace linkup::daemon;

namespace {

/// The options of a plugin called "hello".
class PluginSettingsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PluginSettingsTest);
    CPPUNIT_TEST(everyTypeIsRead);
    CPPUNIT_TEST(fallbacksHold);
    CPPUNIT_TEST(environmentReachesPlugins);
    CPPUNIT_TEST(wrongValuesTellWhatIsAllowed);
    CPPUNIT_TEST(secretIsNeverShown);
    CPPUNIT_TEST(keyThatWasNotReadIsRefused);
    CPPUNIT_TEST(groupsAreSortedNames);
    CPPUNIT_TEST(pluginMayRefuseAValue);
    CPPUNIT_TEST(ownFileIsReadAndHoldsOwnKeysOnly);
    CPPUNIT_TEST(fileOfAPluginThatIsNotEnabledIsNotRead);
    CPPUNIT_TEST(nameOfADaemonSectionIsRefused);
    CPPUNIT_TEST(allThatIsWrongIsToldAtOnce);
    CPPUNIT_TEST(unitStandsAtTheKeysEnd);
    CPPUNIT_TEST(liveOptionSaysSoAndTakesNewValues);
    CPPUNIT_TEST(onlyWhatWasReadCanBeLive);
    CPPUNIT_TEST_SUITE_END();

    linkup::test::TemporaryFolder folder_;
    SettingInputs inputs_;

public:
    void setUp() override { inputs_.defines = {{"plugins.enabled", "hello"}}; }

private:
    void define(const std::string& key, const std::string& value) {
        inputs_.defines.emplace_back(key, value);
    }

    std::vector<DeclaredOption> configure(const std::function<void(sdk::Config&)>& use) {
        Settings settings(inputs_);
        settings.configurePlugin("hello", use);
        return settings.declared();
    }

    void assertRefused(const std::string& message, const std::function<void(sdk::Config&)>& use) {
        try {
            configure(use);
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT(error.code() == sdk::ErrorCode::kInvalidArgument);
            CPPUNIT_ASSERT_EQUAL(message, std::string(error.what()));
            return;
        }
        CPPUNIT_FAIL("not refused: " + message);
    }

    void everyTypeIsRead() {
        define("hello.text", "x");
        define("hello.integer", "-7");
        define("hello.real", "0.25");
        define("hello.boolean", "on");
        define("hello.choice", "b");
        define("hello.list", "x, y");
        configure([](sdk::Config& config) {
            CPPUNIT_ASSERT_EQUAL(std::string("x"), config.text({"text", ""}, "-"));
            CPPUNIT_ASSERT_EQUAL(std::int64_t{-7}, config.integer({"integer", ""}, 0, -10, 10));
            CPPUNIT_ASSERT_EQUAL(0.25, config.real({"real", ""}, 0, 0, 1));
            CPPUNIT_ASSERT(config.boolean({"boolean", ""}, false));
            CPPUNIT_ASSERT_EQUAL(std::string("b"), config.choice({"choice", ""}, "a", {"a", "b"}));
            CPPUNIT_ASSERT_EQUAL(std::size_t{2}, config.list({"list", ""}, {}).size());
            CPPUNIT_ASSERT(!config.production());
        });
    }

    void fallbacksHold() {
        const auto declared = configure([](sdk::Config& config) {
            CPPUNIT_ASSERT_EQUAL(1.5, config.real({"real", "How much."}, 1.5, 0, 2));
            CPPUNIT_ASSERT_EQUAL(std::string("a"), config.choice({"choice", ""}, "a", {"a", "b"}));
        });
        const auto& real = declared.at(declared.size() - 2);
        CPPUNIT_ASSERT_EQUAL(std::string("hello.real = 1.5 (default) How much."),
                             real.key + " = " + real.shown() + " (" + real.origin + ") " + real.help);
    }

    void environmentReachesPlugins() {
        inputs_.environment = {{"LINKUP_HELLO_CODE_TTL_MS", "5"}};
        configure([](sdk::Config& config) {
            CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, config.integer({"code.ttl_ms", ""}, 1, 0, 10));
        });
    }

    void wrongValuesTellWhatIsAllowed() {
        define("hello.n", "11");
        assertRefused("command line: hello.n: found \"11\", allowed is a whole number from 0 to 10",
                      [](sdk::Config& config) {
                          config.integer({"n", ""}, 0, 0, 10);
                      });
        assertRefused("command line: hello.n: found \"11\", allowed is a number from 0 to 0.5",
                      [](sdk::Config& config) {
                          config.real({"n", ""}, 0, 0, 0.5);
                      });
        assertRefused("command line: hello.n: found \"11\", allowed is true or false",
                      [](sdk::Config& config) {
                          config.boolean({"n", ""}, false);
                      });
        assertRefused("command line: hello.n: found \"11\", allowed is one of a, b", [](sdk::Config& config) {
            config.choice({"n", ""}, "a", {"a", "b"});
        });
    }

    void secretIsNeverShown() {
        define("hello.key", "do not print me");
        const auto declared = configure([](sdk::Config& config) {
            config.text({"key", "", true}, "default key");
        });
        CPPUNIT_ASSERT_EQUAL(std::string("(hidden)"), declared.back().shown());
        assertRefused("command line: hello.key: found \"(hidden)\", allowed is a whole number from 0 to 1",
                      [](sdk::Config& config) {
                          config.integer({"key", "", true}, 0, 0, 1);
                      });
    }

    void keyThatWasNotReadIsRefused() {
        define("hello.greting", "x");
        assertRefused("command line: unknown option \"hello.greting\"; did you mean hello.greeting?",
                      [](sdk::Config& config) {
                          config.text({"greeting", ""}, "");
                      });
    }

    void groupsAreSortedNames() {
        define("hello.events.b.cron", "1");
        define("hello.events.a.cron", "2");
        define("hello.events.a.zone", "3");
        configure([](sdk::Config& config) {
            CPPUNIT_ASSERT((std::vector<std::string>{"a", "b"}) == config.groups("events"));
            for (const char* key : {"events.a.cron", "events.a.zone", "events.b.cron"})
                config.text({key, ""}, "");
        });
    }

    void pluginMayRefuseAValue() {
        define("hello.zone", "Moon/Crater");
        assertRefused("command line: hello.zone: is no time zone", [](sdk::Config& config) {
            config.text({"zone", ""}, "UTC");
            config.refuse("zone", "is no time zone");
        });
    }

    void writeFiles(const std::string& plugin_file, const std::string& content) {
        std::filesystem::create_directories(folder_ / "plugins.d");
        std::ofstream(folder_ / "linkupd.properties") << "hello.a = main\nhello.b = main\n";
        std::ofstream(folder_ / "plugins.d" / plugin_file) << content;
        inputs_.file = folder_ / "linkupd.properties";
    }

    static void expectAB(sdk::Config& config, const std::string& a, const std::string& b) {
        CPPUNIT_ASSERT_EQUAL(a, config.text({"a", ""}, "default"));
        CPPUNIT_ASSERT_EQUAL(b, config.text({"b", ""}, "default"));
    }

    void ownFileIsReadAndHoldsOwnKeysOnly() {
        writeFiles("hello.properties", "hello.b = own\n");
        configure([](sdk::Config& config) { expectAB(config, "main", "own"); });
        writeFiles("hello.properties", "server.port = 1\n");
        const std::string path = (folder_ / "plugins.d" / "hello.properties").string();
        assertRefused(path + ": \"server.port\": here all keys begin with hello.", [](sdk::Config&) {});
    }

    void fileOfAPluginThatIsNotEnabledIsNotRead() {
        writeFiles("other.properties", "whatever = 1\n");
        configure([](sdk::Config& config) { expectAB(config, "main", "main"); });
    }

    void nameOfADaemonSectionIsRefused() {
        Settings settings(inputs_);
        CPPUNIT_ASSERT_THROW(settings.configurePlugin("server", [](sdk::Config&) {}), SettingError);
    }

    void allThatIsWrongIsToldAtOnce() {
        define("hello.n", "11");
        define("hello.on", "perhaps");
        define("hello.zone", "Moon/Crater");
        assertRefused(
            "command line: hello.n: found \"11\", allowed is a whole number from 0 to 10\n"
            "command line: hello.on: found \"perhaps\", allowed is true or false\n"
            "command line: hello.zone: is no time zone",
            [](sdk::Config& config) {
                CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, config.integer({"n", ""}, 4, 0, 10));
                CPPUNIT_ASSERT(config.boolean({"on", ""}, true));
                config.text({"zone", ""}, "UTC");
                config.refuse("zone", "is no time zone");
            });
    }

    void unitStandsAtTheKeysEnd() {
        const auto declared = configure([](sdk::Config& config) {
            config.integer({"grace_ms", "Patience"}, 7, 0, 10);
            config.real({"limits.per_second", ""}, 0.5, 0, 1);
            config.choice({"mode", "", true}, "a", {"a", "b"});
        });
        const auto* last = &declared.back();
        CPPUNIT_ASSERT_EQUAL(std::string("whole number, 0 to 10, ms"), formOf(*(last - 2)));
        CPPUNIT_ASSERT_EQUAL(std::string("number, 0 to 1, per second"), formOf(*(last - 1)));
        CPPUNIT_ASSERT_EQUAL(std::string("one of a, b; secret"), formOf(*last));
    }

    void liveOptionSaysSoAndTakesNewValues() {
        define("hello.burst", "3");
        Settings settings(inputs_);
        sdk::Live<int> burst;
        sdk::Live<double> rate;
        sdk::Live<bool> on;
        settings.configurePlugin("hello", [&](sdk::Config& config) {
            burst = config.liveInteger<int>({"burst", ""}, 1, 0, 10);
            rate = config.liveReal({"rate", ""}, 0.5, 0, 1);
            on = config.liveBoolean({"on", ""}, false);
            config.text({"name", ""}, "");
        });
        const sdk::Live<int> copy = burst;
        CPPUNIT_ASSERT_EQUAL(3, copy.get());
        CPPUNIT_ASSERT_EQUAL(std::string("whole number, 0 to 10; live"),
                             formOf(settings.declaredBy("hello").front()));
        CPPUNIT_ASSERT_EQUAL(std::string("text"), formOf(settings.declaredBy("hello").back()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, settings.liveChanges().size());
        settings.liveChanges().at("hello.burst")(std::int64_t{8});
        settings.liveChanges().at("hello.rate")(0.25);
        settings.liveChanges().at("hello.on")(true);
        CPPUNIT_ASSERT_EQUAL(8, copy.get());
        CPPUNIT_ASSERT_EQUAL(0.25, rate.get());
        CPPUNIT_ASSERT(on);
    }

    void onlyWhatWasReadCanBeLive() {
        assertRefused("plugin hello: option hello.burst is to be live, but the plugin has not read it",
                      [](sdk::Config& config) { config.live("burst", [](const sdk::OptionValue&) {}); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginSettingsTest);

}  // namespace
