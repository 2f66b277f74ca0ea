#include <linkup/sdk/plugin.h>

#include <memory>
#include <vector>

#include "account_store.h"
#include "lobby_migrations.h"
#include "lobby_service.h"
#include "lobby_sockets.h"
#include "lobby_store.h"

namespace linkup::lobby {

namespace {

constexpr std::int64_t kListedEvents = 20;

}  // namespace

class LobbyPlugin : public sdk::Plugin {
public:
    void configure(sdk::Config& config) override {
        rules_.seat_kept = std::chrono::milliseconds(config.integer(
            {.key = "seat_kept_ms", .help = "How long a seat is kept after its last socket closed"}, 15'000,
            0, 600'000));
        auto names = config.groups("events");
        if (names.empty()) names.push_back("evening");
        for (const auto& name : names) {
            Evening evening{.name = name};
            const auto prefix = "events." + name;
            evening.schedule.expression =
                config.text({.key = prefix + ".cron",
                             .help = "When the event begins: five cron fields, or six with seconds first"},
                            "0 20 * * *");
            evening.schedule.zone = config.text(
                {.key = prefix + ".zone", .help = "IANA time zone of the schedule"}, "Asia/Kolkata");
            evening.waiting = std::chrono::milliseconds(config.integer(
                {.key = prefix + ".waiting_ms", .help = "How long people gather before they are paired"},
                300'000, 100, 86'400'000));
            evenings_.push_back(std::move(evening));
        }
    }

    void registerWith(sdk::Registrar& registrar, sdk::Host& host) override {
        services_ = &host.services();
        heartbeat_ = &registrar.heartbeat("events");
        sockets_ = std::make_unique<LobbySockets>(host.sockets(), host.bus());
        lobby_ = std::make_unique<LobbyService>(host.database(), host.clock(), host.log(), host.metrics(),
                                                *sockets_, rules_);
        registrar.migrations(sql::migrations());
        registrar.hook("account.deleted", 0, [](sdk::Connection& connection, sdk::Json& payload) {
            account_store::remove(connection, payload["user_id"].asInteger());
            return sdk::HookVerdict::pass();
        });
        registrar.hook("account.export", 0, [](sdk::Connection& connection, sdk::Json& payload) {
            const sdk::Json user = payload["user_id"];
            if (user.isInteger()) payload.set("lobby", account_store::seats(connection, user.asInteger()));
            return sdk::HookVerdict::pass();
        });
        registrar.hook("lobby.events", 0, [](sdk::Connection& connection, sdk::Json& payload) {
            payload.set("events", lobby_store::newest(connection, kListedEvents));
            return sdk::HookVerdict::pass();
        });
        sockets_->registerWith(registrar);
        for (const auto& evening : evenings_) {
            // On every node: the event's row is what there is one of, and a node that dies before it has
            // written it leaves that to the others, or to itself when it is back.
            registrar.task({.name = "event." + evening.name,
                            .schedule = evening.schedule,
                            .scope = sdk::TaskScope::kNode,
                            .missed = sdk::MissedRun::kRunOnce,
                            .run = [this, evening](const sdk::TaskRun& run) {
                                lobby_->begin(evening.name, run.due, evening.waiting);
                            }});
        }
    }

    void start() override {
        auto* matches = services_->find<sdk::Matches>();
        auto* profiles = services_->find<sdk::Profiles>();
        if (matches == nullptr || profiles == nullptr) {
            throw sdk::Error(sdk::ErrorCode::kUnavailable,
                             "lobby needs linkup.matches/1 and linkup.profiles/1, which no plugin provides");
        }
        sockets_->start(*lobby_);
        lobby_->start(*matches, *profiles, *heartbeat_);
    }

    void stop() noexcept override {
        if (sockets_) sockets_->stop();
        if (lobby_) lobby_->stop();
    }

private:
    struct Evening {
        std::string name;
        sdk::Cron schedule{};
        std::chrono::milliseconds waiting{};
    };
    LobbyRules rules_;
    std::vector<Evening> evenings_;
    sdk::Services* services_ = nullptr;
    std::unique_ptr<LobbySockets> sockets_;
    std::unique_ptr<LobbyService> lobby_;
    sdk::Heartbeat* heartbeat_ = nullptr;
};

}  // namespace linkup::lobby

LINKUP_DECLARE_PLUGIN(linkup::lobby::LobbyPlugin, "lobby", "1.0.0", "auth>=1.0.0,match>=1.0.0",
                      "The daily live event that pairs people")
