#include "daemon/plugins/plugin_manager.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>

#include "linkup/sdk/config.h"
#include "recording_backend.h"

using namespace linkup;
using namespace linkup::daemon;

namespace {

/// The fixtures read no option.
class NoConfig final : public sdk::Config {
public:
    std::string text(const sdk::OptionSpec&, std::string_view) override { std::abort(); }
    std::int64_t integer(const sdk::OptionSpec&, std::int64_t, std::int64_t, std::int64_t) override {
        std::abort();
    }
    double real(const sdk::OptionSpec&, double, double, double) override { std::abort(); }
    bool boolean(const sdk::OptionSpec&, bool) override { std::abort(); }
    std::string choice(const sdk::OptionSpec&, std::string_view, std::vector<std::string>) override {
        std::abort();
    }
    std::vector<std::string> list(const sdk::OptionSpec&, std::vector<std::string>) override { std::abort(); }
    std::vector<std::string> groups(std::string_view) override { std::abort(); }
    bool production() const noexcept override { return false; }
    void refuse(std::string_view, std::string_view) override { std::abort(); }
    std::string stateFolder() const override { std::abort(); }
};

std::filesystem::path fixture(const std::string& name) {
    return std::filesystem::path(LINKUP_BAD_PLUGINS_DIR) / (name + ".so");
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

class PluginManagerTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PluginManagerTest);
    CPPUNIT_TEST(goodPluginLivesItsWholeLife);
    CPPUNIT_TEST(inspectionConfiguresASecondPluginAndLeavesTheFirst);
    CPPUNIT_TEST(fileWithoutDescriptorIsRefused);
    CPPUNIT_TEST(hiddenSymbolIsRefused);
    CPPUNIT_TEST(otherMagicIsRefused);
    CPPUNIT_TEST(otherSizeIsRefused);
    CPPUNIT_TEST(otherMajorIsRefused);
    CPPUNIT_TEST(newerMinorIsRefused);
    CPPUNIT_TEST(otherFingerprintIsRefused);
    CPPUNIT_TEST(badNameIsRefused);
    CPPUNIT_TEST(badVersionIsRefused);
    CPPUNIT_TEST(badDependencyTextIsRefused);
    CPPUNIT_TEST(unresolvedSymbolIsRefusedWhenLoading);
    CPPUNIT_TEST(nullFactoryIsRefused);
    CPPUNIT_TEST(factoryThatGivesNullIsRefused);
    CPPUNIT_TEST(factoryThatThrowsIsRefused);
    CPPUNIT_TEST(throwingConfigureUndoesAll);
    CPPUNIT_TEST(throwingRegisterUndoesAll);
    CPPUNIT_TEST(throwingStartStopsWhatHasStarted);
    CPPUNIT_TEST(oddExceptionIsCaughtToo);
    CPPUNIT_TEST(duplicatePluginIsRefused);
    CPPUNIT_TEST(duplicateRouteIsRefused);
    CPPUNIT_TEST(duplicateSocketIsRefused);
    CPPUNIT_TEST(duplicateServiceIsRefused);
    CPPUNIT_TEST(undeclaredPoolIsRefused);
    CPPUNIT_TEST(batchedUploadsAreRefused);
    CPPUNIT_TEST(missingDependencyIsRefused);
    CPPUNIT_TEST(softDependencyMayBeMissing);
    CPPUNIT_TEST(cyclicDependencyIsPrintedAsCycle);
    CPPUNIT_TEST(dependencyOfAnotherVersionIsRefused);
    CPPUNIT_TEST(lateRegistrationIsRefused);
    CPPUNIT_TEST(stoppingGoesInReverse);
    CPPUNIT_TEST_SUITE_END();

    RecordingBackend backend_;
    RegistrationBook book_;
    HookRegistry hooks_;
    ServiceRegistry services_;

public:
    void setUp() override {
        unsetenv("LINKUP_FIXTURE_CODE_RAN");
        unsetenv("LINKUP_FIXTURE_NOTES");
    }

private:
    static void bringUp(PluginManager& manager, const std::vector<std::string>& names) {
        std::vector<std::filesystem::path> files;
        for (const auto& name : names) files.push_back(fixture(name));
        manager.load(files);
        manager.configure([](const std::string&, const std::function<void(sdk::Config&)>& use) {
            NoConfig config;
            use(config);
        });
        manager.registerAll();
        manager.migrate();
        manager.start();
    }

    /// The whole message, and that nothing is left of anything.
    void assertRefused(const std::vector<std::string>& names, const std::string& message) {
        PluginManager manager(backend_, book_, hooks_, services_);
        try {
            bringUp(manager, names);
        } catch (const PluginError& error) {
            CPPUNIT_ASSERT_EQUAL(message, std::string(error.what()));
            CPPUNIT_ASSERT(manager.plugins().empty());
            assertNothingLeft();
            return;
        }
        CPPUNIT_FAIL("not refused");
    }

    void assertNothingLeft() {
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, backend_.present.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, book_.size());
        CPPUNIT_ASSERT(services_.find("fixture.good/1") == nullptr);
    }

    /// Refused by what the file says, before any of its code has run. Constructors of a library run once in a
    /// process, so this holds only for libraries that no other test loads.
    void assertRefusedUnopened(const std::string& name, const std::string& why) {
        assertRefused({name}, fixture(name).string() + ": " + why);
        CPPUNIT_ASSERT_EQUAL(std::string(), variable("LINKUP_FIXTURE_CODE_RAN"));
    }

    static std::string prefix(const std::string& name) {
        return "plugin " + name + " (" + fixture(name).string() + "): ";
    }

    static std::string hex(std::uint64_t value) {
        char text[20];
        std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
        return text;
    }

    void goodPluginLivesItsWholeLife() {
        {
            PluginManager manager(backend_, book_, hooks_, services_);
            bringUp(manager, {"good"});
            const std::vector<std::string> expected = {
                "pool good.own of good", "route /fixture/good/{first} of good in good.own",
                "socket /fixture/good/socket of good", "task tick of good"};
            CPPUNIT_ASSERT(expected == backend_.present);
            CPPUNIT_ASSERT(services_.find("fixture.good/1") != nullptr);
            CPPUNIT_ASSERT_EQUAL(std::string("good.made good.started "), variable("LINKUP_FIXTURE_NOTES"));
        }
        CPPUNIT_ASSERT_EQUAL(std::string("good.made good.started good.stopped good.gone "),
                             variable("LINKUP_FIXTURE_NOTES"));
        assertNothingLeft();
    }

    void inspectionConfiguresASecondPluginAndLeavesTheFirst() {
        PluginManager manager(backend_, book_, hooks_, services_);
        bringUp(manager, {"good"});
        const auto present = backend_.present;
        std::string asked;
        manager.inspect([&](const std::string& plugin, const std::function<void(sdk::Config&)>& use) {
            NoConfig config;
            use(config);
            asked = plugin;
        });
        CPPUNIT_ASSERT_EQUAL(std::string("good"), asked);
        CPPUNIT_ASSERT_EQUAL(std::string("good.made good.started good.made good.gone "),
                             variable("LINKUP_FIXTURE_NOTES"));
        CPPUNIT_ASSERT(present == backend_.present);
    }

    void fileWithoutDescriptorIsRefused() {
        assertRefusedUnopened(
            "no_descriptor",
            "has no section \"linkup_plugin\", so it is no plugin (LINKUP_DECLARE_PLUGIN is missing)");
    }
    void hiddenSymbolIsRefused() {
        assertRefusedUnopened(
            "hidden_symbol",
            "exports no symbol \"linkup_plugin_descriptor\" (LINKUP_DECLARE_PLUGIN makes it; "
            "a version script may hide it)");
    }

    void otherMagicIsRefused() {
        assertRefusedUnopened("wrong_magic", "field \"magic\": found other bytes, expected \"LINKUP\\0\\1\"");
    }
    void otherSizeIsRefused() {
        assertRefusedUnopened("wrong_size", "field \"size\": found 8 bytes, expected " +
                                                std::to_string(sizeof(sdk::PluginDescriptor)) + " bytes");
    }
    void otherMajorIsRefused() {
        assertRefusedUnopened(
            "wrong_major",
            "field \"abi_major\": found 2, expected 1 (rebuild the plugin with this version's SDK)");
    }
    void newerMinorIsRefused() {
        assertRefusedUnopened("newer_minor", "field \"abi_minor\": found 99, expected at most " +
                                                 std::to_string(sdk::kAbiMinor) +
                                                 " (the plugin needs a newer linkupd)");
    }
    void otherFingerprintIsRefused() {
        assertRefusedUnopened("wrong_fingerprint", "field \"fingerprint\": found 0x1234, expected " +
                                                       hex(sdk::kBuildFingerprint) +
                                                       " (other compiler, debug or sanitizer mode)");
    }
    void badNameIsRefused() {
        assertRefusedUnopened("wrong_name", "field \"name\": found \"Wrong-Name\", expected [a-z][a-z0-9_]*");
    }
    void badVersionIsRefused() {
        assertRefusedUnopened("wrong_version",
                              "field \"version\": found \"1.2\", expected three numbers such as 1.2.3");
    }
    void badDependencyTextIsRefused() {
        assertRefusedUnopened(
            "wrong_depends",
            "field \"depends\": found \"good=>1.0.0\" is not of the form name>=1.0.0<2.0.0, expected a "
            "list such as auth>=1.0.0,media?");
    }

    void unresolvedSymbolIsRefusedWhenLoading() {
        PluginManager manager(backend_, book_, hooks_, services_);
        try {
            bringUp(manager, {"unresolved_symbol"});
            CPPUNIT_FAIL("not refused");
        } catch (const PluginError& error) {
            const std::string message = error.what();
            CPPUNIT_ASSERT_MESSAGE(
                message, message.starts_with(fixture("unresolved_symbol").string() + ": cannot be loaded: "));
            CPPUNIT_ASSERT_MESSAGE(message,
                                   message.find("linkup_fixture_nobody_defines_this") != std::string::npos);
        }
    }

    void nullFactoryIsRefused() {
        assertRefused({"null_factory"}, fixture("null_factory").string() +
                                            ": field \"create\": found null, expected a function");
    }
    void factoryThatGivesNullIsRefused() {
        assertRefused({"factory_gives_null"},
                      fixture("factory_gives_null").string() +
                          ": field \"create\": its function returned null, expected a plugin");
    }
    void factoryThatThrowsIsRefused() {
        assertRefused({"factory_throws"},
                      fixture("factory_throws").string() +
                          ": field \"create\": its function threw: the factory fails here");
    }

    void throwingConfigureUndoesAll() {
        assertRefused({"throws_in_configure", "good"},
                      prefix("throws_in_configure") + "configure failed: the fixture fails here");
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, backend_.added);
        assertNotes("good.made throws_in_configure.made throws_in_configure.gone good.gone ");
    }
    void throwingRegisterUndoesAll() {
        assertRefused({"throws_in_register", "good"},
                      prefix("throws_in_register") + "registerWith failed: the fixture fails here");
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, backend_.added);
        assertNotes("good.made throws_in_register.made throws_in_register.gone good.gone ");
    }
    void throwingStartStopsWhatHasStarted() {
        assertRefused({"throws_in_start", "good"},
                      prefix("throws_in_start") + "start failed: the fixture fails here");
        CPPUNIT_ASSERT_EQUAL(std::size_t{8}, backend_.added);
        assertNotes(
            "good.made throws_in_start.made good.started throws_in_start.gone good.stopped good.gone ");
    }
    void oddExceptionIsCaughtToo() {
        assertRefused(
            {"throws_no_exception", "good"},
            prefix("throws_no_exception") + "start failed: it threw something that is no std::exception");
    }
    static void assertNotes(const std::string& expected) {
        CPPUNIT_ASSERT_EQUAL(expected, variable("LINKUP_FIXTURE_NOTES"));
    }

    void duplicatePluginIsRefused() {
        assertRefused({"good", "duplicate_plugin"},
                      fixture("duplicate_plugin").string() +
                          ": field \"name\": plugin good is already loaded from " + fixture("good").string());
    }
    void duplicateRouteIsRefused() {
        assertRefused({"good", "duplicate_route"},
                      prefix("duplicate_route") +
                          "registerWith failed: route GET /fixture/good/{second} of plugin "
                          "duplicate_route is already registered by plugin good");
    }
    void duplicateSocketIsRefused() {
        assertRefused({"good", "duplicate_socket"},
                      prefix("duplicate_socket") +
                          "registerWith failed: socket /fixture/good/socket of plugin "
                          "duplicate_socket is already registered by plugin good");
    }
    void duplicateServiceIsRefused() {
        assertRefused({"good", "duplicate_service"},
                      prefix("duplicate_service") +
                          "registerWith failed: service fixture.good/1 of plugin "
                          "duplicate_service is already registered by plugin good");
    }
    void undeclaredPoolIsRefused() {
        assertRefused({"undeclared_pool"},
                      prefix("undeclared_pool") +
                          "registerWith failed: route GET /fixture/pool: wants pool nowhere, "
                          "which its plugin has not declared before");
    }

    void batchedUploadsAreRefused() {
        assertRefused({"batched_upload"},
                      prefix("batched_upload") +
                          "registerWith failed: route GET /fixture/batch: uploads are answered one by one");
    }

    void missingDependencyIsRefused() {
        assertRefused({"missing_dependency"},
                      fixture("missing_dependency").string() +
                          ": field \"depends\": plugin missing_dependency needs absent (>=1.0.0), "
                          "which is not enabled");
    }
    void softDependencyMayBeMissing() {
        PluginManager manager(backend_, book_, hooks_, services_);
        bringUp(manager, {"soft_dependency", "good"});
        CPPUNIT_ASSERT_EQUAL(std::string("good"), manager.plugins().at(0).name);
        CPPUNIT_ASSERT_EQUAL(std::string("soft_dependency"), manager.plugins().at(1).name);
    }
    void cyclicDependencyIsPrintedAsCycle() {
        assertRefused({"cyclic_a", "cyclic_b", "cyclic_c"},
                      "plugins depend on each other in a cycle: cyclic_a → cyclic_b → cyclic_c → cyclic_a");
        CPPUNIT_ASSERT_EQUAL(std::string(), variable("LINKUP_FIXTURE_CODE_RAN"));
    }
    void dependencyOfAnotherVersionIsRefused() {
        assertRefused(
            {"good", "too_old_dependency"},
            fixture("too_old_dependency").string() +
                ": field \"depends\": plugin too_old_dependency needs good: found version 1.0.0, expected "
                ">=2.0.0 <3.0.0");
    }

    void lateRegistrationIsRefused() {
        assertRefused({"good", "late_registration"},
                      prefix("late_registration") +
                          "start failed: plugin late_registration registers a route too late: "
                          "only while registerWith runs");
    }

    void stoppingGoesInReverse() {
        PluginManager manager(backend_, book_, hooks_, services_);
        bringUp(manager, {"soft_dependency", "good"});
        unsetenv("LINKUP_FIXTURE_NOTES");
        manager.stop();
        assertNotes("soft_dependency.stopped soft_dependency.gone good.stopped good.gone ");
        assertNothingLeft();
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginManagerTest);

}  // namespace
