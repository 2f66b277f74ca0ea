// The plugin's own tests: the SDK's fakes stand in for the daemon, the database is SQLite in memory, and time
// is what the test says.
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include <linkup/sdk/testing/fake_config.h>
#include <linkup/sdk/testing/fake_host.h>
#include <linkup/sdk/testing/fake_registrar.h>
#include <linkup/sdk/testing/sqlite_database.h>

#include "hello_migrations.h"
#include "hello_plugin.h"

namespace {

using namespace linkup;
using namespace ::hello;

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

void storeKeepsCountsAndRemovesOldNames() {
    sdk::testing::SqliteDatabase database;
    database.migrate(linkup::hello::sql::migrations());
    SqlGreetingStore store(database);
    const sdk::Time noon = sdk::fromMicros(1'000'000'000);
    expect(store.count("Ada", noon) == 1, "the first greeting");
    expect(store.count("Ada", noon + std::chrono::seconds(1)) == 2, "the second");
    expect(store.count("Bob", noon) == 1, "the first of another");
    expect(store.removeBefore(noon + std::chrono::seconds(1)) == 1, "Bob is old");
    expect(store.count("Ada", noon) == 3, "Ada is still there");
    expect(store.count("Bob", noon) == 1, "Bob is not");
}

/// The whole plugin, as the host would bring it up.
struct Started {
    explicit Started(sdk::testing::FakeConfig config = {}) {
        plugin.configure(config);
        plugin.registerWith(registrar, host);
        database.migrate(registrar.schema);
        plugin.start();
    }
    ~Started() { plugin.stop(); }
    sdk::testing::SqliteDatabase database;
    sdk::testing::FakeHost host{database};
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
    const auto session = std::make_shared<sdk::testing::FakeSocketSession>(
        "s1", sdk::Principal{1, "x", "a@b.c"}, "/api/v1/ws/hello");
    sdk::SocketHandler& socket = *started.registrar.sockets.at(0).handler;
    for (int i = 0; i < 2; ++i) socket.onEvent(session, "hello", sdk::Json::object({{"name", "Ada"}}));
    expect(session->sent().at(1) == R"({"type":"hello","message":"Hello, Ada!","times":2})",
           "the second frame");
}

void taskForgetsOldNames() {
    Started started({{"forget_after_seconds", "60"}});
    const auto session = std::make_shared<sdk::testing::FakeSocketSession>(
        "s1", sdk::Principal{1, "x", "a@b.c"}, "/api/v1/ws/hello");
    started.registrar.sockets.at(0).handler->onEvent(session, "hello", sdk::Json::object({{"name", "Ada"}}));
    started.host.fake_clock.advance(std::chrono::seconds(61));
    started.registrar.tasks.at(0).run({});
    const auto names = sdk::read(started.database, [](sdk::Connection& connection) {
        return connection.execute("SELECT count(*) FROM hello_greetings").integer(0, 0);
    });
    expect(names == 0, "no name is left");
    expect(started.host.recording_log.mentions("forgot names"), "it is logged");
}

}  // namespace

int main() {
    const std::pair<const char*, void (*)()> tests[] = {
        {"serviceCountsGreetingsPerName", serviceCountsGreetingsPerName},
        {"serviceForgetsOldNames", serviceForgetsOldNames},
        {"storeKeepsCountsAndRemovesOldNames", storeKeepsCountsAndRemovesOldNames},
        {"routeGreets", routeGreets},
        {"routeRefusesALongName", routeRefusesALongName},
        {"greetingIsAnOption", greetingIsAnOption},
        {"socketAnswersWithTheCount", socketAnswersWithTheCount},
        {"taskForgetsOldNames", taskForgetsOldNames}};
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
