// The plugin's own tests: the SDK's fakes stand in for daemon and database, and time is what the test says.
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include <linkup/sdk/testing/fake_config.h>
#include <linkup/sdk/testing/fake_host.h>
#include <linkup/sdk/testing/fake_registrar.h>

#include "hello_plugin.h"

namespace {

using namespace linkup;
using namespace hello;

void expect(bool condition, const std::string& what) {
    if (!condition) throw std::runtime_error(what);
}

class FakeStore final : public GreetingStore {
public:
    std::int64_t count(const std::string& name, sdk::Time now) override {
        last_at[name] = now;
        return ++times[name];
    }
    std::size_t removeBefore(sdk::Time time) override {
        return std::erase_if(last_at, [&](const auto& entry) { return entry.second < time; });
    }
    std::map<std::string, std::int64_t> times;
    std::map<std::string, sdk::Time> last_at;
};

void serviceCountsGreetingsPerName() {
    FakeStore store;
    sdk::testing::FakeClock clock;
    HelloService service({}, store, clock);
    service.greet("Ada");
    expect(service.greet("Ada").times == 2, "the second greeting of a name");
    expect(service.greet("Bob").times == 1, "the first of another");
    expect(service.greet("Ada").message == "Hello, Ada!", "the message");
}

void serviceForgetsOldNames() {
    FakeStore store;
    sdk::testing::FakeClock clock;
    HelloOptions options;
    options.forget_after = std::chrono::seconds(60);
    HelloService service(options, store, clock);
    service.greet("Ada");
    clock.advance(std::chrono::seconds(61));
    service.greet("Bob");
    expect(service.forget() == 1, "one name is old");
    expect(store.last_at.contains("Bob"), "the other stays");
}

/// The whole plugin, as the host would bring it up.
struct Started {
    explicit Started(sdk::testing::FakeConfig config = {}) {
        plugin.configure(config);
        plugin.registerWith(registrar, host);
        plugin.start();
    }
    ~Started() { plugin.stop(); }
    sdk::testing::FakeHost host;
    sdk::testing::FakeRegistrar registrar;
    HelloPlugin plugin;
};

std::string get(const Started& started, sdk::Json query) {
    sdk::Request request;
    request.query = std::move(query);
    return started.registrar.call(sdk::Method::kGet, "/api/v1/hello", request).body;
}

void routeGreets() {
    const Started started;
    expect(get(started, sdk::Json::object({{"name", " Ada "}})) == R"({"message":"Hello, Ada!"})",
           "a name, trimmed");
    expect(get(started, sdk::Json::object()) == R"({"message":"Hello, world!"})", "no name");
}

void routeRefusesALongName() {
    const Started started;
    try {
        get(started, sdk::Json::object({{"name", std::string(101, 'x')}}));
    } catch (const sdk::Error& error) {
        expect(error.code() == sdk::ErrorCode::kUnprocessable, "the code");
        return;
    }
    throw std::runtime_error("a name of 101 characters was taken");
}

void greetingIsAnOption() {
    const Started started({{"greeting", "Servus"}});
    expect(get(started, sdk::Json::object({{"name", "Ada"}})) == R"({"message":"Servus, Ada!"})",
           "the option");
}

void socketAnswersWithTheCount() {
    Started started;
    started.host.null_database.answerWith(
        [](std::string_view, std::span<const sdk::SqlValue>) { return sdk::Rows(1, {std::int64_t{7}}, 1); });
    const auto session = std::make_shared<sdk::testing::FakeSocketSession>(
        "s1", sdk::Principal{1, "x", "a@b.c"}, "/api/v1/ws/hello");
    started.registrar.sockets.at(0).handler->onEvent(session, "hello", sdk::Json::object({{"name", "Ada"}}));
    expect(session->sent().at(0) == R"({"type":"hello","message":"Hello, Ada!","times":7})", "the frame");
}

}  // namespace

int main() {
    const std::pair<const char*, void (*)()> tests[] = {
        {"serviceCountsGreetingsPerName", serviceCountsGreetingsPerName},
        {"serviceForgetsOldNames", serviceForgetsOldNames},
        {"routeGreets", routeGreets},
        {"routeRefusesALongName", routeRefusesALongName},
        {"greetingIsAnOption", greetingIsAnOption},
        {"socketAnswersWithTheCount", socketAnswersWithTheCount}};
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
