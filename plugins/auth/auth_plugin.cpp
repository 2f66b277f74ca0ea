#include <linkup/sdk/plugin.h>
#include <linkup/sdk/services/matches.h>
#include <linkup/sdk/services/media_urls.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "account_endpoints.h"
#include "account_service.h"
#include "account_store.h"
#include "auth_migrations.h"
#include "auth_options.h"
#include "authenticator_service.h"
#include "candidate_service.h"
#include "code_service.h"
#include "data_request_service.h"
#include "demo_service.h"
#include "directory_service.h"
#include "keyring.h"
#include "legacy_service.h"
#include "password_service.h"
#include "picture_service.h"
#include "picture_store.h"
#include "profile_endpoints.h"
#include "profile_service.h"
#include "random.h"
#include "session_cache.h"
#include "session_endpoints.h"
#include "session_service.h"
#include "throttle_service.h"
#include "token_service.h"

namespace linkup::auth {

namespace {

/// All parts of the plugin, in the order in which they need each other.
struct Parts {
    Parts(const AuthOptions& options, sdk::Host& host)
        : tokens(
              keyring, options.lifetimes, host.clock(),
              options.accept_legacy_tokens ? TokenService::Legacy::kAccept : TokenService::Legacy::kRefuse),
          passwords(options.password_cost),
          throttle(host.cache(), host.clock(), options.codes, options.logins),
          session_cache(host.clock()),
          sessions(host, tokens, session_cache),
          authenticator(tokens, session_cache, host.database(), host.bus(), host.clock(),
                        options.session_cache_ttl),
          codes(host, keyring, tokens, throttle, options.codes, options.code_mail),
          accounts(host, tokens, passwords, sessions, throttle),
          profiles(host, pictures),
          candidates(pictures, options.profiles_kept),
          directory(pictures, candidates),
          requests(host, sessions),
          legacy(host.clock()),
          demo(host, passwords) {}

    Keyring keyring;
    TokenService tokens;
    PasswordService passwords;
    ThrottleService throttle;
    SessionCache session_cache;
    SessionService sessions;
    AuthenticatorService authenticator;
    CodeService codes;
    AccountService accounts;
    PictureService pictures;
    ProfileService profiles;
    CandidateService candidates;
    DirectoryService directory;
    DataRequestService requests;
    LegacyService legacy;
    DemoService demo;
};

/// The configured secrets, or the one that the first start of this deployment made up.
std::vector<NamedSecret> secretsOf(const AuthOptions& options, sdk::Host& host) {
    std::vector<NamedSecret> secrets = options.token_secrets;
    if (!secrets.front().secret.empty()) return secrets;
    host.log().warning(
        "auth.token.secret is not set: tokens are signed with a key that was made at random and is kept "
        "in the database");
    secrets.front().secret = sdk::transaction(host.database(), [](sdk::Connection& connection) {
        account_store::insertKeyIfAbsent(connection, "token.secret", randomHex(32));
        return account_store::key(connection, "token.secret");
    });
    return secrets;
}

}  // namespace

class AuthPlugin : public sdk::Plugin {
public:
    AuthPlugin() { prepareCrypto(); }

    void configure(sdk::Config& config) override { options_ = readOptions(config); }

    void registerWith(sdk::Registrar& registrar, sdk::Host& host) override {
        host_ = &host;
        parts_ = std::make_unique<Parts>(options_, host);
        registrar.migrations(sql::migrations());
        // Twice as many threads as hashes at a time: while one waits for the database, another hashes.
        registrar.pool({kPasswordPool, 2 * options_.password_cost.at_once, options_.password_queue});
        registerAccountEndpoints(registrar, parts_->codes, parts_->accounts, parts_->sessions,
                                 parts_->requests, options_.lifetimes.access);
        registerSessionEndpoints(registrar, parts_->sessions);
        registerProfileEndpoints(registrar, parts_->profiles, host.clock(), options_.majors);
        registrar.provide<sdk::Authenticator>(parts_->authenticator);
        registrar.provide<sdk::Profiles>(parts_->directory);
        registrar.provide<sdk::Candidates>(parts_->candidates);
        registrar.demo([this](int count) { parts_->demo.fill(count); });

        // First of all handlers: the others need the user_id that it finds.
        registrar.hook("media.referenced", 0, [](sdk::Connection& connection, sdk::Json& payload) {
            picture_store::addReferenced(connection, payload);
            return sdk::HookVerdict::pass();
        });
        registrar.hook("account.export", -1000, [this](sdk::Connection& connection, sdk::Json& payload) {
            parts_->requests.exportByEmail(connection, payload);
            return sdk::HookVerdict::pass();
        });
        registrar.hook("legacy.import", -1000, [this](sdk::Connection& connection, sdk::Json& payload) {
            parts_->legacy.import(connection, payload);
            return sdk::HookVerdict::pass();
        });
        registrar.hook("account.erase", -1000, [this](sdk::Connection& connection, sdk::Json& payload) {
            parts_->requests.eraseByEmail(connection, payload);
            return sdk::HookVerdict::pass();
        });

        registrar.hook("sessions.list", 0, [this](sdk::Connection& connection, sdk::Json& payload) {
            parts_->sessions.listForOperator(connection, payload);
            return sdk::HookVerdict::pass();
        });
        registrar.hook("sessions.revoke", 0, [this](sdk::Connection& connection, sdk::Json& payload) {
            parts_->sessions.revokeForOperator(connection, payload);
            return sdk::HookVerdict::pass();
        });

        sdk::TaskSpec housekeeping;
        housekeeping.name = "remove_expired";
        housekeeping.schedule = sdk::Every{std::chrono::hours(1)};
        housekeeping.run = [this](const sdk::TaskRun&) { removeExpired(); };
        registrar.task(std::move(housekeeping));

        sdk::TaskSpec revocations;
        revocations.name = "read_revocations";
        revocations.schedule = sdk::Every{std::chrono::seconds(1)};
        revocations.scope = sdk::TaskScope::kNode;
        revocations.run = [this](const sdk::TaskRun&) { parts_->sessions.readRevocations(); };
        registrar.task(std::move(revocations));
    }

    void start() override {
        parts_->keyring.load(secretsOf(options_, *host_), options_.legacy_secret);
        parts_->accounts.learnOldHashes();
        auto* media = host_->services().find<sdk::MediaUrls>();
        if (media == nullptr) host_->log().warning("no plugin serves files: pictures have no URL");
        parts_->pictures.use(media);
        parts_->profiles.use(host_->services().find<sdk::Matches>());
        parts_->sessions.start();
    }

    void stop() noexcept override {
        if (parts_) parts_->sessions.stop();
    }

private:
    void removeExpired() {
        parts_->sessions.removeExpired();
        parts_->codes.removeExpired();
        parts_->accounts.removeExpiredTokens();
        parts_->accounts.learnOldHashes();
    }

    AuthOptions options_;
    sdk::Host* host_ = nullptr;
    std::unique_ptr<Parts> parts_;
};

}  // namespace linkup::auth

LINKUP_DECLARE_PLUGIN(linkup::auth::AuthPlugin, "auth", "1.0.0", "", "Accounts, sessions and profiles")
