// The plugin's own tests: a message goes through its hook as the host would have it.
#include <linkup/sdk/plugin.h>
#include <linkup/sdk/testing/fake_config.h>
#include <linkup/sdk/testing/fake_host.h>
#include <linkup/sdk/testing/fake_registrar.h>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

extern "C" const linkup::sdk::PluginDescriptor linkup_plugin_descriptor;

namespace {

using namespace linkup;

void expectEqual(const std::string& expected, const std::string& found) {
    if (expected != found) throw std::runtime_error("expected \"" + expected + "\", found \"" + found + "\"");
}

/// What becomes of a text: the reason of a refusal, or as it is sent.
std::string sent(const std::string& text) {
    const std::unique_ptr<sdk::Plugin> plugin(linkup_plugin_descriptor.create());
    sdk::testing::FakeConfig config({{"refuse", "scam, Bitcoin"}, {"mask", "darn, naïve"}});
    sdk::testing::FakeRegistrar registrar;
    sdk::testing::FakeHost host;
    plugin->configure(config);
    plugin->registerWith(registrar, host);
    sdk::Json payload = sdk::Json::object({{"message", text}});
    sdk::HookVerdict verdict;
    host.database().transaction(
        [&](sdk::Connection& connection) { verdict = registrar.hooks.at(0).handler(connection, payload); });
    return verdict.veto.value_or(payload["message"].asString());
}

void whatIsHarmlessIsSentAsItIs() {
    expectEqual("Hello, Ada!", sent("Hello, Ada!"));
    expectEqual("", sent(""));
}
void aWordIsRefusedInAnyCase() {
    expectEqual("Please do not write \"scam\".", sent("a small SCAM only"));
    expectEqual("Please do not write \"bitcoin\".", sent("bitcoin"));
}
void aWordIsMaskedWhereverItStands() {
    expectEqual("****, a **** thing", sent("Darn, a darn thing"));
    expectEqual("so ******!", sent("so naïve!"));
}
void partsOfWordsAreNoWords() {
    expectEqual("scampi and darned", sent("scampi and darned"));
    expectEqual("éscam", sent("éscam"));
}
void whatCannotBeCheckedIsNotSent() {
    const std::unique_ptr<sdk::Plugin> plugin(linkup_plugin_descriptor.create());
    sdk::testing::FakeConfig config;
    sdk::testing::FakeRegistrar registrar;
    sdk::testing::FakeHost host;
    plugin->configure(config);
    plugin->registerWith(registrar, host);
    if (registrar.hooks.at(0).spec.value().on_failure != sdk::HookFailure::kClosed)
        throw std::runtime_error("a failure lets messages pass");
}

}  // namespace

int main() {
    const std::pair<const char*, void (*)()> tests[] = {
        {"whatIsHarmlessIsSentAsItIs", whatIsHarmlessIsSentAsItIs},
        {"aWordIsRefusedInAnyCase", aWordIsRefusedInAnyCase},
        {"aWordIsMaskedWhereverItStands", aWordIsMaskedWhereverItStands},
        {"partsOfWordsAreNoWords", partsOfWordsAreNoWords},
        {"whatCannotBeCheckedIsNotSent", whatCannotBeCheckedIsNotSent}};
    int failures = 0;
    for (const auto& [name, test] : tests) {
        try {
            test();
        } catch (const std::exception& error) {
            std::cerr << name << ": " << error.what() << '\n';
            ++failures;
        }
    }
    std::cout << std::size(tests) << " tests, " << failures << " failed\n";
    return failures == 0 ? 0 : 1;
}
