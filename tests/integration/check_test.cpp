#include <cppunit/extensions/HelperMacros.h>
#include <elf.h>

#include <cstddef>
#include <cstdlib>
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

/// What an operator is told of broken configurations and plugins, word for word: check_golden.txt holds the
/// whole output of each case. A change of wording changes that file: with LINKUP_WRITE_GOLDEN=FILE in the
/// environment the outputs go there.
class CheckTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CheckTest);
    CPPUNIT_TEST(brokenConfigurations);
    CPPUNIT_TEST(refusedPlugins);
    CPPUNIT_TEST(pluginsThatAreWrongInACheckOfTheirOwn);
    CPPUNIT_TEST(pluginInOrder);
    CPPUNIT_TEST(everyGoldenOutputHasItsCase);
    CPPUNIT_TEST(pluginCheckWantsItsFile);
    CPPUNIT_TEST_SUITE_END();

    TemporaryFolder folder_;

    static std::string bad(const std::string& name) {
        return std::string(LINKUP_BAD_PLUGINS_DIR) + "/" + name + ".so";
    }

    std::string write(const std::string& name, const std::string& bytes) {
        std::ofstream(folder_ / name, std::ios::binary) << bytes;
        return (folder_ / name).string();
    }

    /// The output without what differs between machines and builds.
    std::string normalised(std::string text) const {
        const auto replace = [&](const std::string& pattern, const std::string& with) {
            text = std::regex_replace(text, std::regex(pattern), with);
        };
        for (const auto& [path, name] : {std::pair(std::string(LINKUP_BAD_PLUGINS_DIR), "PLUGINS"),
                                         std::pair((folder_ / "").string(), "FOLDER/")}) {
            for (std::size_t at = 0; (at = text.find(path)) != std::string::npos;)
                text.replace(at, path.size(), name);
        }
        replace("expected 0x[0-9a-f]+", "expected FINGERPRINT");
        replace("at most \\d+ \\(the plugin needs", "at most MINOR (the plugin needs");
        replace("expected \\d+ \\(built for another", "expected OWN (built for another");
        replace("ABI: (\\d+)\\.\\d+, here \\d+\\.\\d+", "ABI: $1.MINOR, here $1.MINOR");
        return text;
    }

    static std::map<std::string, std::string> golden() {
        std::ifstream file(LINKUP_GOLDEN);
        std::map<std::string, std::string> cases;
        std::string present;
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("== ")) {
                present = line.substr(3);
                cases[present];
            } else {
                cases[present] += line + "\n";
            }
        }
        return cases;
    }

    /// The names of all cases, to find those of the file that nobody asks for.
    static std::set<std::string>& asked() {
        static std::set<std::string> names;
        return names;
    }

    void compare(const std::string& name, int exit_code, const ProcessResult& result) const {
        asked().insert(name);
        const auto expected = golden();
        const auto found = expected.find(name);
        const std::string output = normalised(result.output);
        if (const char* const written = std::getenv("LINKUP_WRITE_GOLDEN")) {
            std::ofstream(written, std::ios::app) << "== " << name << '\n' << output;
            return;
        }
        CPPUNIT_ASSERT_MESSAGE("no case \"" + name + "\" in the file; found:\n" + output,
                               found != expected.end());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(name, found->second, output);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(name, exit_code, result.exitCode);
    }

    /// `linkupd --check` with this as its configuration file.
    void check(const std::string& name, const std::string& configuration) {
        const std::string file = write("linkupd.properties", configuration);
        compare(name, 78, run({.command = {LINKUP_PROGRAM, "--config", file, "--check"}}));
    }

    void checkPlugin(const std::string& name, const std::string& file, int exit_code = 78,
                     const std::string& option = "plugins.check_timeout_ms=60000") {
        compare(name, exit_code, run({.command = {LINKUP_PROGRAM, "-D", option, "plugin", "check", file}}));
    }

    void brokenConfigurations() {
        check("value of another type", "plugins.enabled =\nserver.port = http\n");
        check("value out of range", "plugins.enabled =\nserver.port = 65536\n");
        check("value that is no choice", "plugins.enabled =\nlog.format = yaml\n");
        check("unknown option", "plugins.enabled =\nserver.prot = 1\n");
        check("option of nobody", "plugins.enabled =\nhello.greeting = hi\n");
        check("short secret in production",
              "plugins.enabled =\nprofile = production\nstatus.token = short\n");
        check("network that is none", "plugins.enabled =\nserver.trusted_proxies = 10.0.0.0/8,here\n");
        check("database of another kind", "plugins.enabled =\ndatabase.url = mysql://localhost/x\n");
        check("many faults of the daemon",
              "plugins.enabled =\nserver.port = http\nlog.level = loud\nserver.prot = 1\n");
        check("many faults of plugins",
              "plugins.enabled = auth,match\nauth.code.tries = 0\nauth.cod.ttl_seconds = 1\n"
              "match.likes_per_day = many\n");
        check("plugin that is not there", "plugins.enabled = " + bad("nowhere") + "\n");
    }

    void refusedPlugins() {
        for (const char* plugin :
             {"no_descriptor", "hidden_symbol", "wrong_magic", "wrong_size", "wrong_major", "newer_minor",
              "wrong_fingerprint", "wrong_name", "wrong_version", "wrong_depends", "missing_dependency"})
            check(plugin, "plugins.enabled = " + bad(plugin) + "\n");
        check("cycle of plugins",
              "plugins.enabled = " + bad("cyclic_a") + "," + bad("cyclic_b") + "," + bad("cyclic_c") + "\n");
        check("two plugins of a name",
              "plugins.enabled = " + bad("good") + "," + bad("duplicate_plugin") + "\n");
        check("two plugins with a route",
              "plugins.enabled = " + bad("good") + "," + bad("duplicate_route") + "\n");
        const std::string library = readFile(bad("good"));
        std::string other = library;
        other[offsetof(Elf64_Ehdr, e_machine)] = 7;
        check("not an ELF file", "plugins.enabled = " + write("text.so", std::string(200, 'x')) + "\n");
        check("cut off",
              "plugins.enabled = " + write("cut.so", library.substr(0, library.size() / 2)) + "\n");
        check("other processor", "plugins.enabled = " + write("other.so", other) + "\n");
    }

    void pluginsThatAreWrongInACheckOfTheirOwn() {
        for (const char* plugin : {"constructor_crashes", "constructor_throws", "crashes_in_configure",
                                   "factory_gives_null", "factory_throws", "null_factory",
                                   "throws_in_configure", "throws_in_register", "undeclared_pool"})
            checkPlugin(std::string("plugin check ") + plugin, bad(plugin));
        checkPlugin("plugin check factory_hangs", bad("factory_hangs"), 78, "plugins.check_timeout_ms=700");
        checkPlugin("plugin check wrong_major", bad("wrong_major"));
        checkPlugin("plugin check of what is no plugin", write("text.so", std::string(200, 'x')));
    }

    /// Without what it depends on.
    void pluginInOrder() {
        checkPlugin("plugin check good", bad("good"), 0);
        checkPlugin("plugin check soft_dependency", bad("soft_dependency"), 0);
    }

    /// Says which case of the file nobody asks for; the tests above have asked for theirs.
    void everyGoldenOutputHasItsCase() {
        for (const auto& [name, output] : golden()) CPPUNIT_ASSERT_MESSAGE(name, asked().contains(name));
    }

    void pluginCheckWantsItsFile() {
        const ProcessResult result = run({.command = {LINKUP_PROGRAM, "plugin", "check"}});
        CPPUNIT_ASSERT_EQUAL(64, result.exitCode);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CheckTest);

}  // namespace
