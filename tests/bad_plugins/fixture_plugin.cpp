// One source for all fixtures: a plugin that is in order, with one thing at a time changed by a definition.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "linkup/sdk/error.h"
#include "linkup/sdk/plugin.h"

#ifndef FIXTURE_DECLARED_NAME
#define FIXTURE_DECLARED_NAME FIXTURE_NAME
#endif
#ifndef FIXTURE_VERSION
#define FIXTURE_VERSION "1.0.0"
#endif
#ifndef FIXTURE_DEPENDS
#define FIXTURE_DEPENDS ""
#endif
#ifndef FIXTURE_MAGIC
#define FIXTURE_MAGIC 'L'
#endif
#ifndef FIXTURE_SIZE
#define FIXTURE_SIZE sizeof(linkup::sdk::PluginDescriptor)
#endif
#ifndef FIXTURE_ABI_MAJOR
#define FIXTURE_ABI_MAJOR linkup::sdk::kAbiMajor
#endif
#ifndef FIXTURE_ABI_MINOR
#define FIXTURE_ABI_MINOR linkup::sdk::kAbiMinor
#endif
#ifndef FIXTURE_FINGERPRINT
#define FIXTURE_FINGERPRINT linkup::sdk::kBuildFingerprint
#endif
#ifndef FIXTURE_FACTORY
#define FIXTURE_FACTORY makeFixture
#endif
#ifndef FIXTURE_CONFIGURE
#define FIXTURE_CONFIGURE nothing
#endif
#ifndef FIXTURE_REGISTER
#define FIXTURE_REGISTER registerOwn
#endif
#ifndef FIXTURE_CONSTRUCTOR
#define FIXTURE_CONSTRUCTOR std::string
#endif
#ifdef FIXTURE_HIDDEN
#define FIXTURE_VISIBILITY __attribute__((visibility("hidden")))
#else
#define FIXTURE_VISIBILITY LINKUP_PLUGIN_EXPORT
#endif
#ifndef FIXTURE_START
#define FIXTURE_START nothing
#endif

namespace {

using namespace linkup;

// Tells the tests that code of this library has run, and what has become of its plugin.
const int g_code_ran = setenv("LINKUP_FIXTURE_CODE_RAN", "1", 1);

[[maybe_unused]] std::string throwAtOnce() {
    throw std::runtime_error("a constructor of the library fails here");
}
[[maybe_unused]] std::string crashAtOnce() {
    std::abort();
}
const std::string g_made_by_constructor = FIXTURE_CONSTRUCTOR();

void note(const std::string& what) {
    const char* before = std::getenv("LINKUP_FIXTURE_NOTES");
    const std::string notes = (before ? std::string(before) : std::string()) + FIXTURE_NAME "." + what + " ";
    setenv("LINKUP_FIXTURE_NOTES", notes.c_str(), 1);
}

class FixturePlugin final : public sdk::Plugin, private sdk::SocketHandler {
public:
    FixturePlugin() { note("made"); }
    ~FixturePlugin() override { note("gone"); }

    void configure(sdk::Config& config) override {
        config_ = &config;
        FIXTURE_CONFIGURE();
    }

    void registerWith(sdk::Registrar& registrar, sdk::Host&) override {
        registrar_ = &registrar;
        FIXTURE_REGISTER();
    }

    void start() override {
        FIXTURE_START();
        note("started");
    }

    void stop() noexcept override { note("stopped"); }

private:
    void nothing() {}
    [[noreturn]] void fail() { throw std::runtime_error("the fixture fails here"); }
    [[noreturn]] void failOddly() { throw 42; }
    [[noreturn]] void crash() { std::abort(); }
    void refuseChanges() {
        config_->integer({.key = "value", .help = "What it does not take later."}, 1, 1, 9);
        config_->live("value", [](const sdk::OptionValue&) { throw 42; });
    }

    void registerOwn() {
        const std::string base = "/fixture/" FIXTURE_NAME;
        registrar_->pool({"own", 1, 4});
        addRoute(base + "/{first}", "own");
        addSocket(base + "/socket");
        registrar_->provide("fixture." FIXTURE_NAME "/1", static_cast<void*>(this));
        registrar_->hook("fixture.event", 10,
                         [](sdk::Connection&, sdk::Json&) { return sdk::HookVerdict::pass(); });
        sdk::TaskSpec task;
        task.name = "tick";
        task.schedule = sdk::Every{std::chrono::seconds(1)};
        task.run = [](const sdk::TaskRun&) {};
        registrar_->task(std::move(task));
    }

    // Another name of the parameter makes no other route.
    void takeRoute() { registerOwn(), addRoute("/fixture/good/{second}", "requests"); }
    void takeSocket() { registerOwn(), addSocket("/fixture/good/socket"); }
    void takeService() { registerOwn(), registrar_->provide("fixture.good/1", static_cast<void*>(this)); }
    void wantPool() { addRoute("/fixture/pool", "nowhere"); }
    void batchUploads() {
        sdk::RouteSpec spec;
        spec.path = "/fixture/batch";
        spec.upload = sdk::UploadSpec{};
        registrar_->batchRoute(std::move(spec), 8, [](std::span<sdk::PendingRequest>) {});
    }
    void registerLate() { addRoute("/fixture/late", "requests"); }

    void addRoute(const std::string& path, const std::string& pool) {
        sdk::RouteSpec spec;
        spec.path = path;
        spec.auth = sdk::Auth::kNone;
        spec.pool = pool;
        registrar_->route(std::move(spec), [](const sdk::Request&) { return sdk::Response{}; });
    }

    void addSocket(const std::string& path) {
        sdk::SocketSpec spec;
        spec.path = path;
        registrar_->socket(std::move(spec), *this);
    }

    void onOpen(const std::shared_ptr<sdk::SocketSession>&) override {}
    void onEvent(const std::shared_ptr<sdk::SocketSession>&, const std::string&, const sdk::Json&) override {}
    void onClose(const std::shared_ptr<sdk::SocketSession>&, std::uint16_t) override {}

    sdk::Config* config_ = nullptr;
    sdk::Registrar* registrar_ = nullptr;
};

[[maybe_unused]] sdk::Plugin* makeFixture() {
    return new FixturePlugin();
}
[[maybe_unused]] sdk::Plugin* makeNothing() {
    return nullptr;
}
[[maybe_unused]] sdk::Plugin* makeForever() {
    signal(SIGTERM, SIG_IGN);
    while (true) pause();
}
[[maybe_unused]] sdk::Plugin* makeTrouble() {
    throw std::runtime_error("the factory fails here");
}

}  // namespace

extern "C" {
FIXTURE_VISIBILITY extern const sdk::PluginDescriptor linkup_plugin_descriptor;
__attribute__((section("linkup_plugin"), used))
const sdk::PluginDescriptor linkup_plugin_descriptor = {{FIXTURE_MAGIC, 'I', 'N', 'K', 'U', 'P', '\0', '\1'},
                                                        FIXTURE_SIZE,
                                                        FIXTURE_ABI_MAJOR,
                                                        FIXTURE_ABI_MINOR,
                                                        0,
                                                        FIXTURE_FINGERPRINT,
                                                        FIXTURE_DECLARED_NAME,
                                                        FIXTURE_VERSION,
                                                        FIXTURE_DEPENDS,
                                                        "Fixture",
                                                        FIXTURE_FACTORY};
}
