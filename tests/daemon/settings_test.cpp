#include "daemon/settings.h"

#include <cppunit/extensions/HelperMacros.h>

#include <fstream>

#include "temporary_folder.h"

using namespace linkup::daemon;

namespace {

class SettingsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SettingsTest);
    CPPUNIT_TEST(defaultsHoldWithoutAnyFile);
    CPPUNIT_TEST(laterLayersWin);
    CPPUNIT_TEST(unknownOptionNamesFileAndNearestKey);
    CPPUNIT_TEST(unknownOptionOnTheCommandLineIsRefused);
    CPPUNIT_TEST(unknownOptionFarFromAllHasNoHint);
    CPPUNIT_TEST(unknownVariableInAnOwnedSectionIsRefused);
    CPPUNIT_TEST(variableOfAnotherProgramIsLeftAlone);
    CPPUNIT_TEST(wrongNumberTellsTheRange);
    CPPUNIT_TEST(wrongBooleanAndChoiceTellWhatIsAllowed);
    CPPUNIT_TEST(everyDefaultIsAcceptable);
    CPPUNIT_TEST(valueIsTakenAsItStands);
    CPPUNIT_TEST(listsAreTrimmed);
    CPPUNIT_TEST(missingFileIsRefused);
    CPPUNIT_TEST(malformedDefineIsRefused);
    CPPUNIT_TEST(optionOfNobodyIsRefusedInTheEnd);
    CPPUNIT_TEST(productionRefusesAShortSecretWithoutShowingIt);
    CPPUNIT_TEST(declaredOptionsShowOriginAndNoSecret);
    CPPUNIT_TEST_SUITE_END();

    linkup::test::TemporaryFolder folder_;
    SettingInputs inputs_;

    std::string file(const std::string& content) {
        const auto path = folder_ / "linkupd.properties";
        std::ofstream(path) << content;
        inputs_.file = path;
        return path.string();
    }

    void assertRefused(const std::string& message) {
        try {
            Settings settings(inputs_);
            settings.checkOwners({});
        } catch (const SettingError& error) {
            CPPUNIT_ASSERT_EQUAL(message, std::string(error.what()));
            return;
        }
        CPPUNIT_FAIL("not refused: " + message);
    }

    void defaultsHoldWithoutAnyFile() {
        const Settings settings(inputs_);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{8002}, settings.integer("server.port"));
        CPPUNIT_ASSERT(!settings.production());
        CPPUNIT_ASSERT_EQUAL(std::size_t{5}, settings.list("plugins.enabled").size());
        CPPUNIT_ASSERT_THROW(settings.text("server.no_such"), std::logic_error);
    }

    void laterLayersWin() {
        file("server.port = 1\nserver.backlog = 1\nserver.address = a\n");
        inputs_.environment = {{"LINKUP_SERVER_PORT", "2"}, {"LINKUP_SERVER_BACKLOG", "2"}};
        inputs_.defines = {{"server.port", "3"}, {"server.port", "4"}};
        const Settings settings(inputs_);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, settings.integer("server.port"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, settings.integer("server.backlog"));
        CPPUNIT_ASSERT_EQUAL(std::string("a"), settings.text("server.address"));
    }

    void unknownOptionNamesFileAndNearestKey() {
        const std::string path = file("server.prot = 80\n");
        assertRefused(path + ": unknown option \"server.prot\"; did you mean server.port?");
    }

    void unknownOptionOnTheCommandLineIsRefused() {
        inputs_.defines = {{"databse.url", "x"}};
        assertRefused(
            "command line: unknown option \"databse.url\": no enabled plugin is named databse; did you mean "
            "database.url?");
    }

    void unknownOptionFarFromAllHasNoHint() {
        inputs_.defines = {{"server.a_wholly_different_thing", "x"}};
        assertRefused("command line: unknown option \"server.a_wholly_different_thing\"");
    }

    void unknownVariableInAnOwnedSectionIsRefused() {
        inputs_.environment = {{"LINKUP_SERVER_PROT", "1"}};
        assertRefused("environment: unknown option \"LINKUP_SERVER_PROT\"; did you mean LINKUP_SERVER_PORT?");
    }

    void variableOfAnotherProgramIsLeftAlone() {
        inputs_.environment = {{"LINKUP_DAEMON", "/somewhere"}, {"LINKUP_SERVERS", "2"}};
        Settings settings(inputs_);
        settings.checkOwners({});
    }

    void wrongNumberTellsTheRange() {
        const std::string path = file("server.port = 80x\n");
        assertRefused(path + ": server.port: found \"80x\", allowed is a whole number from 0 to 65535");
        inputs_.environment = {{"LINKUP_SERVER_PORT", "65536"}};
        assertRefused(
            "environment variable LINKUP_SERVER_PORT: server.port: found \"65536\", allowed is a whole "
            "number from 0 to "
            "65535");
        inputs_.defines = {{"server.port", ""}};
        assertRefused("command line: server.port: found \"\", allowed is a whole number from 0 to 65535");
    }

    void wrongBooleanAndChoiceTellWhatIsAllowed() {
        inputs_.defines = {{"server.access_log", "maybe"}};
        assertRefused("command line: server.access_log: found \"maybe\", allowed is true or false");
        inputs_.defines = {{"mail.transport", "pigeon"}};
        assertRefused("command line: mail.transport: found \"pigeon\", allowed is one of outbox, smtp");
    }

    void everyDefaultIsAcceptable() {
        for (const Option& option : daemonOptions()) {
            inputs_.defines.emplace_back(option.key, option.fallback);
            CPPUNIT_ASSERT_MESSAGE(std::string(option.key), !option.help.empty());
        }
        const Settings settings(inputs_);
    }

    void valueIsTakenAsItStands() {
        inputs_.defines = {{"mail.smtp.password", "${system.env.HOME}=#,x"}};
        CPPUNIT_ASSERT_EQUAL(std::string("${system.env.HOME}=#,x"),
                             Settings(inputs_).text("mail.smtp.password"));
    }

    void listsAreTrimmed() {
        inputs_.defines = {{"plugins.enabled", " a , b,,c "}};
        CPPUNIT_ASSERT((std::vector<std::string>{"a", "b", "c"}) ==
                       Settings(inputs_).list("plugins.enabled"));
        inputs_.defines = {{"plugins.enabled", ""}};
        CPPUNIT_ASSERT(Settings(inputs_).list("plugins.enabled").empty());
    }

    void missingFileIsRefused() {
        inputs_.file = folder_ / "absent.properties";
        assertRefused(inputs_.file->string() + ": no such file, or it cannot be read");
    }

    void malformedDefineIsRefused() {
        CPPUNIT_ASSERT_THROW(SettingInputs::parseDefine("server.port"), SettingError);
        CPPUNIT_ASSERT_THROW(SettingInputs::parseDefine("=1"), SettingError);
        CPPUNIT_ASSERT_EQUAL(std::string("b=c"), SettingInputs::parseDefine("a=b=c").second);
    }

    void optionOfNobodyIsRefusedInTheEnd() {
        const std::string path = file("lobby.events.evening.cron = 0 20 * * *\n");
        Settings settings(inputs_);
        const std::vector<std::string> none;
        CPPUNIT_ASSERT_THROW(settings.checkOwners(none), SettingError);
        const std::vector<std::string> plugins = {"lobby"};
        settings.checkOwners(plugins);
    }

    void productionRefusesAShortSecretWithoutShowingIt() {
        inputs_.defines = {{"status.token", "short"}};
        const Settings development(inputs_);
        inputs_.defines.emplace_back("profile", "production");
        assertRefused(
            "command line: status.token: found \"(hidden)\", allowed is at least 32 bytes in the production "
            "profile");
    }

    void declaredOptionsShowOriginAndNoSecret() {
        const std::string path = file("server.port = 1\n");
        inputs_.defines = {{"status.token", "do not print me"}};
        std::string port, token;
        for (const auto& option : Settings(inputs_).declared()) {
            if (option.key == "server.port") port = option.shown() + " from " + option.origin;
            if (option.key == "status.token") token = option.shown() + " from " + option.origin;
            CPPUNIT_ASSERT(option.shown().find("do not print me") == std::string::npos);
        }
        CPPUNIT_ASSERT_EQUAL("1 from " + path, port);
        CPPUNIT_ASSERT_EQUAL(std::string("(hidden) from command line"), token);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SettingsTest);

}  // namespace
