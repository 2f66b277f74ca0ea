#include "hello_plugin.h"

#include "hello_endpoints.h"
#include "hello_migrations.h"

namespace hello {

using namespace linkup;

// Each option is declared where it is read; `linkupd --check` prints them, and refuses any other key below
// `hello.`.
void HelloPlugin::configure(sdk::Config& config) {
    options_.greeting =
        config.text({.key = "greeting", .help = "The word before the name."}, options_.greeting);
    options_.forget_after = std::chrono::seconds(
        config.integer({.key = "forget_after_seconds", .help = "How long a name is remembered."},
                       options_.forget_after.count(), 1, 31'536'000));
}

// The host undoes all of this by itself when the plugin goes.
void HelloPlugin::registerWith(sdk::Registrar& registrar, sdk::Host& host) {
    constexpr const char* kHelp = "Greetings, by where they were asked for.";
    store_ = std::make_unique<SqlGreetingStore>(host.database());
    service_ = std::make_unique<HelloService>(options_, *store_, host.clock());
    sockets_ = std::make_unique<HelloSockets>(
        *service_, host.metrics().counter("greetings_total", kHelp, {{"via", "socket"}}));

    registrar.migrations(linkup::hello::sql::migrations());
    registerEndpoints(registrar, *service_,
                      host.metrics().counter("greetings_total", kHelp, {{"via", "http"}}));
    sockets_->registerWith(registrar);

    sdk::TaskSpec forget;
    forget.name = "forget";
    forget.schedule = sdk::Every{std::chrono::minutes(10)};
    forget.run = [this, &log = host.log()](const sdk::TaskRun&) {
        log.info("forgot names", {{"names", static_cast<std::int64_t>(service_->forget())}});
    };
    registrar.task(std::move(forget));
}

// Here a plugin looks up what others offer, and starts threads of its own. This one needs neither.
void HelloPlugin::start() {}
void HelloPlugin::stop() noexcept {}

}  // namespace hello

LINKUP_DECLARE_PLUGIN(hello::HelloPlugin, "hello", "1.0.0", "", "Greets people")
