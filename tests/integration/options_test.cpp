#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "linkup_daemon.h"
#include "process.h"
#include "temporary_folder.h"

using namespace linkup::test;

namespace {

namespace fs = std::filesystem;

const fs::path kTree = LINKUP_SOURCE_TREE;

/// What is said of options and commands: in the help, the sample files, the manual page, the READMEs and the
/// completion. All of it comes from one declaration of each.
class OptionsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(OptionsTest);
    CPPUNIT_TEST(helpTellsFormAndDefaultOfEveryOption);
    CPPUNIT_TEST(sampleFilesHoldTheOptionsOfTheHelp);
    CPPUNIT_TEST(manualHoldsTheOptionsOfTheHelp);
    CPPUNIT_TEST(manualHoldsTheCommandsOfTheHelp);
    CPPUNIT_TEST(manualHasNoWarnings);
    CPPUNIT_TEST(builtManualIsWhatTheProgramPrints);
    CPPUNIT_TEST(readmesNameOptionsThatExist);
    CPPUNIT_TEST(installedPluginIsHelpedWithToo);
    CPPUNIT_TEST(completionKnowsOptionsAndCommands);
    CPPUNIT_TEST_SUITE_END();

    using Defaults = std::map<std::string, std::string>;

    static std::string print(const std::vector<std::string>& arguments,
                             const std::map<std::string, std::string>& settings = {}) {
        DaemonOptions options;
        options.settings = settings;
        options.arguments = arguments;
        const ProcessResult result = LinkupDaemon::runToEnd(options);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(result.output, 0, result.exitCode);
        return result.output;
    }

    /// Key and default of each line that the pattern finds in them.
    static Defaults optionsIn(const std::string& text, const std::regex& pattern) {
        Defaults found;
        for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
            found.emplace((*at)[1], (*at)[2]);
        return found;
    }

    /// Of the daemon and the plugins that are enabled by default. A build of everything has samples beside
    /// them, which come last.
    static std::string help() {
        std::string text = print({"--help-options"});
        const std::regex title("\nplugin (\\w+): ");
        for (std::sregex_iterator at(text.begin(), text.end(), title), end; at != end; ++at) {
            if (fs::exists(kTree / "etc/plugins.d" / ((*at)[1].str() + ".properties"))) continue;
            return text.substr(0, static_cast<std::size_t>(at->position()));
        }
        return text;
    }

    static Defaults optionsOfHelp() {
        static const Defaults options = optionsIn(help(), std::regex("\n  ([a-z][\\w.]*) = (.*)"));
        CPPUNIT_ASSERT(options.size() > 100);
        return options;
    }

    static std::set<std::string> commandsOfHelp() {
        const std::string help = print({"--help"});
        const std::regex pattern("--([a-z][a-z-]*)");
        std::set<std::string> found;
        for (std::sregex_iterator at(help.begin(), help.end(), pattern), end; at != end; ++at)
            found.insert((*at)[1]);
        CPPUNIT_ASSERT(found.size() > 10);
        return found;
    }

    static std::string replaced(std::string text, const std::string& what, const std::string& with) {
        for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
            text.replace(at, what.size(), with);
        return text;
    }

    static void assertContains(const std::string& text, const std::string& part) {
        CPPUNIT_ASSERT_MESSAGE("missing: " + part, text.find(part) != std::string::npos);
    }

    void helpTellsFormAndDefaultOfEveryOption() {
        const std::string help = OptionsTest::help();
        assertContains(help,
                       "  server.port = 8002\n"
                       "      whole number, 0 to 65535, TCP port; needs a restart\n"
                       "      Port to listen on; 0 lets the kernel choose.\n");
        assertContains(help, "\nplugin chat: ");
        assertContains(help, "  chat.limits.message.per_second = 50\n      number, 0 to 1e+06, per second");
        const std::regex complete("\n  [a-z][\\w.]* = .*\n      .*(; live|; needs a restart)\n      \\S.*");
        const std::ptrdiff_t described =
            std::distance(std::sregex_iterator(help.begin(), help.end(), complete), std::sregex_iterator());
        CPPUNIT_ASSERT_EQUAL(static_cast<std::ptrdiff_t>(optionsOfHelp().size()), described);
    }

    void sampleFilesHoldTheOptionsOfTheHelp() {
        std::string text = readFile(kTree / "etc/linkupd.properties");
        for (const auto& entry : fs::directory_iterator(kTree / "etc/plugins.d")) text += readFile(entry);
        const Defaults found = optionsIn(text, std::regex("\n#([a-z][\\w.]*) = ?(.*)"));
        CPPUNIT_ASSERT(optionsOfHelp() == found);
    }

    void manualHoldsTheOptionsOfTheHelp() {
        const std::string page = print({"--man"});
        for (const auto& [key, value] : optionsOfHelp()) {
            const auto entry = page.find("\n.TP\n.B " + key + "\n");
            CPPUNIT_ASSERT_MESSAGE(key, entry != std::string::npos);
            const std::string text = page.substr(entry, page.find("\n.TP", entry + 1) - entry);
            assertContains(
                text, value.empty() ? "; empty by default" : "; default: " + replaced(value, "-", "\\-"));
        }
    }

    void manualHoldsTheCommandsOfTheHelp() {
        const std::string page = print({"--man"});
        for (const std::string& command : commandsOfHelp())
            assertContains(page, "\\-\\-" + replaced(command, "-", "\\-") + "\\fR");
        assertContains(page, ".B linkupd plugin check\n");
    }

    void manualHasNoWarnings() {
        const TemporaryFolder folder;
        std::ofstream(folder / "linkupd.8") << print({"--man"});
        const ProcessResult result =
            run({.command = {"groff", "-man", "-k", "-ww", "-Tutf8", "-z", folder / "linkupd.8"}});
        CPPUNIT_ASSERT_EQUAL(std::string(), result.output);
        CPPUNIT_ASSERT_EQUAL(0, result.exitCode);
    }

    void builtManualIsWhatTheProgramPrints() {
        CPPUNIT_ASSERT_EQUAL(print({"--man"}), readFile(LINKUP_MANUAL));
    }

    /// A key in a README is an option, where NAME stands for any name, or a hook, which stands in the
    /// sources.
    void readmesNameOptionsThatExist() {
        const std::string known =
            print({"--check"}, {{"auth.token.keys.NEW.secret", "a secret of more than thirty-two bytes"}});
        std::set<std::string> sections;
        for (const auto& [key, value] : optionsOfHelp()) sections.insert(key.substr(0, key.find('.')));
        std::string sources;
        for (const auto& entry : fs::recursive_directory_iterator(kTree / "plugins")) {
            if (entry.path().extension() == ".cpp") sources += readFile(entry);
        }
        const std::regex quoted("`([a-z]+)\\.([A-Za-z0-9_.]+)`");
        int seen = 0;
        for (const auto& entry : fs::recursive_directory_iterator(kTree)) {
            const std::string path = fs::relative(entry.path(), kTree).string();
            if (entry.path().filename() != "README.md" || path.starts_with("build/")) continue;
            const std::string text = readFile(entry);
            for (std::sregex_iterator at(text.begin(), text.end(), quoted), end; at != end; ++at) {
                if (!sections.contains((*at)[1]) || (*at)[2] == "h") continue;  // config.h is a header
                ++seen;
                const std::string key = (*at)[1].str() + "." + (*at)[2].str();
                const std::regex listed("\n  " + std::regex_replace(key, std::regex("NAME"), "\\w+") +
                                        "( =|\\.| \\()");
                CPPUNIT_ASSERT_MESSAGE(
                    path + " names " + key,
                    std::regex_search(known, listed) || sources.find('"' + key + '"') != std::string::npos);
            }
        }
        CPPUNIT_ASSERT(seen > 20);
    }

    void installedPluginIsHelpedWithToo() {
        const std::string help = print({"--help-options"}, {{"plugins.enabled", ""}});
        assertContains(help, "\nplugin lobby: ");
        assertContains(help, "  lobby.seat_kept_ms = ");
    }

    /// What completes `linkupd WORDS`, of which the last is not finished.
    static std::set<std::string> completions(std::vector<std::string> words) {
        std::vector<std::string> command = {"bash",
                                            "-c",
                                            R"(source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
                                            _linkupd; printf '%s\n' "${COMPREPLY[@]}")",
                                            "test",
                                            kTree / "etc/bash-completion/linkupd",
                                            LINKUP_PROGRAM};
        command.insert(command.end(), words.begin(), words.end());
        std::istringstream lines(runOrThrow({.command = command}));
        std::set<std::string> found;
        for (std::string line; std::getline(lines, line);) found.insert(line);
        return found;
    }

    void completionKnowsOptionsAndCommands() {
        using Words = std::set<std::string>;
        CPPUNIT_ASSERT(Words({"log.format=", "log.level="}) == completions({"-D", "log."}));
        CPPUNIT_ASSERT(Words({"lobby.seat_kept_ms="}) == completions({"--define", "=", "lobby.seat"}));
        CPPUNIT_ASSERT(Words({"--check"}) == completions({"--ch"}));
        CPPUNIT_ASSERT(Words({"check"}) == completions({"plugin", ""}));
        CPPUNIT_ASSERT(completions({"plugin", "check", kTree / "etc/plug"}) ==
                       Words({kTree / "etc/plugins.d/"}));
        const auto all = completions({"--"});
        for (const std::string& command : commandsOfHelp())
            CPPUNIT_ASSERT_MESSAGE(command, all.contains("--" + command));
        const auto keys = completions({"-D", ""});
        for (const auto& [key, value] : optionsOfHelp())
            CPPUNIT_ASSERT_MESSAGE(key, keys.contains(key + "="));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OptionsTest);

}  // namespace
