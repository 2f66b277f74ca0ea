#include <linkup/sdk/plugin.h>

#include <memory>
#include <string>

#include "account_service.h"
#include "bonds_service.h"
#include "discovery_service.h"
#include "fairness_service.h"
#include "legacy_service.h"
#include "likes_service.h"
#include "location_service.h"
#include "match_endpoints.h"
#include "match_migrations.h"
#include "match_sockets.h"
#include "place_endpoints.h"
#include "places.h"
#include "places_table.h"
#include "reports_service.h"
#include "tallies.h"

namespace linkup::match {

class MatchPlugin : public sdk::Plugin {
public:
    void configure(sdk::Config& config) override {
        rules_.per_day = config.liveInteger<int>(
            {.key = "likes_per_day", .help = "Likes that a member may give in 24 hours"}, 10, 1, 100000);
        discovery_rules_.sample = config.integer(
            {.key = "discovery.sample",
             .help = "Of more eligible people than that, a random sample of as many is ranked"},
            1000, 10, 1000000);
        fairness_every_ = std::chrono::seconds(
            config.integer({.key = "fairness.every_seconds",
                            .help = "Seconds after which it is measured again how evenly people are shown"},
                           60, 1, 86400));
        report_rules_.per_day = config.liveInteger<int>(
            {.key = "reports.per_day", .help = "Reports that a member may give in 24 hours"}, 20, 1, 100000);
        report_rules_.withdraw_at = config.liveInteger<int>(
            {.key = "reports.withdraw_at",
             .help = "Different people whose open reports take someone out of discovery until "
                     "an operator has reviewed them; 0: never"},
            5, 0, 100000);
        report_rules_.window = std::chrono::days(
            config.integer({.key = "reports.window_days", .help = "Days in which they count"}, 30, 1, 3650));
    }

    void registerWith(sdk::Registrar& registrar, sdk::Host& host) override {
        services_ = &host.services();
        sockets_ = std::make_unique<MatchSockets>(host.sockets());
        tallies_ = std::make_unique<Tallies>(host.metrics());
        bonds_ = std::make_unique<BondsService>(host.database(), host.hooks(), host.clock(), *sockets_,
                                                *tallies_, neighbours_, rules_.per_day);
        places_ = std::make_unique<Places>(kPlacesTable);
        locations_ = std::make_unique<LocationService>(host.database(), neighbours_, *places_);
        discovery_ =
            std::make_unique<DiscoveryService>(host.database(), host.clock(), host.workers(), *tallies_,
                                               *bonds_, *locations_, neighbours_, discovery_rules_);
        likes_ = std::make_unique<LikesService>(host.database(), host.clock(), *sockets_, *tallies_, *bonds_,
                                                neighbours_, rules_);
        reports_ =
            std::make_unique<ReportsService>(host.database(), host.clock(), neighbours_, report_rules_);
        fairness_ = std::make_unique<FairnessService>(host.database(), host.metrics());
        endpoints_ = std::make_unique<MatchEndpoints>(*discovery_, *likes_, *bonds_, *reports_);

        place_endpoints_ = std::make_unique<PlaceEndpoints>(*places_, *locations_);

        legacy_ = std::make_unique<LegacyService>(host.hooks(), host.clock());
        accounts_ = std::make_unique<AccountService>(*sockets_);

        registrar.migrations(sql::migrations());
        registrar.hook("account.deleted", 0, [this](sdk::Connection& connection, sdk::Json& payload) {
            accounts_->remove(connection, payload);
            return sdk::HookVerdict::pass();
        });
        registrar.hook("legacy.import", 0, [this](sdk::Connection& connection, sdk::Json& payload) {
            legacy_->import(connection, payload);
            return sdk::HookVerdict::pass();
        });
        registrar.hook("account.export", 0, [this](sdk::Connection& connection, sdk::Json& payload) {
            accounts_->addExport(connection, payload);
            return sdk::HookVerdict::pass();
        });
        registrar.hook("profile.changed", 0, [this](sdk::Connection& connection, sdk::Json& payload) {
            locations_->profileChanged(connection, payload["user_id"].asInteger());
            DiscoveryService::wishesMayHaveChanged(connection, payload["user_id"].asInteger());
            return sdk::HookVerdict::pass();
        });
        registrar.hook("preferences.changed", 0, [](sdk::Connection& connection, sdk::Json& payload) {
            DiscoveryService::wishesMayHaveChanged(connection, payload["user_id"].asInteger());
            return sdk::HookVerdict::pass();
        });
        registrar.hook("reports.list", 0, [this](sdk::Connection& connection, sdk::Json& payload) {
            reports_->list(connection, payload);
            return sdk::HookVerdict::pass();
        });
        registrar.hook("reports.clear", 0, [this](sdk::Connection& connection, sdk::Json& payload) {
            reports_->clear(connection, payload);
            return sdk::HookVerdict::pass();
        });
        // On each node, so that all of them publish the same.
        registrar.task({.name = "measure_fairness",
                        .schedule = sdk::Every{fairness_every_},
                        .scope = sdk::TaskScope::kNode,
                        .run = [this](const sdk::TaskRun&) { fairness_->measure(); }});
        registrar.provide<sdk::Matches>(*bonds_);
        sockets_->registerWith(registrar);
        endpoints_->registerWith(registrar);
        place_endpoints_->registerWith(registrar);
    }

    void start() override {
        neighbours_.profiles = needed<sdk::Profiles>();
        neighbours_.candidates = needed<sdk::Candidates>();
        neighbours_.chats = services_->find<sdk::Chats>();
    }

    void stop() noexcept override {}

private:
    template <class Service>
    Service* needed() {
        auto* const service = services_->find<Service>();
        if (service == nullptr) {
            throw sdk::Error(
                sdk::ErrorCode::kUnavailable,
                "no plugin provides " + std::string(Service::kServiceName) + ", which match needs");
        }
        return service;
    }

    LikesRules rules_;
    ReportRules report_rules_;
    DiscoveryRules discovery_rules_;
    std::chrono::seconds fairness_every_{60};
    Neighbours neighbours_;
    sdk::Services* services_ = nullptr;
    std::unique_ptr<MatchSockets> sockets_;
    std::unique_ptr<Tallies> tallies_;
    std::unique_ptr<BondsService> bonds_;
    std::unique_ptr<Places> places_;
    std::unique_ptr<LocationService> locations_;
    std::unique_ptr<DiscoveryService> discovery_;
    std::unique_ptr<LikesService> likes_;
    std::unique_ptr<ReportsService> reports_;
    std::unique_ptr<FairnessService> fairness_;
    std::unique_ptr<LegacyService> legacy_;
    std::unique_ptr<AccountService> accounts_;
    std::unique_ptr<MatchEndpoints> endpoints_;
    std::unique_ptr<PlaceEndpoints> place_endpoints_;
};

}  // namespace linkup::match

LINKUP_DECLARE_PLUGIN(linkup::match::MatchPlugin, "match", "1.0.0", "auth>=1.0.0",
                      "Discovery, likes, matches, blocks and reports")
