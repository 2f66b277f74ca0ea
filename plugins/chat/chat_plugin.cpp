#include <linkup/sdk/plugin.h>

#include <memory>

#include "account_service.h"
#include "change_service.h"
#include "chat_endpoints.h"
#include "chat_events.h"
#include "chat_feeds.h"
#include "chat_migrations.h"
#include "chat_sockets.h"
#include "legacy_service.h"
#include "limit_service.h"
#include "media_store.h"
#include "message_service.h"
#include "presence_service.h"
#include "receipt_service.h"
#include "room_service.h"
#include "sync_service.h"

namespace linkup::chat {

class ChatPlugin : public sdk::Plugin {
public:
    void configure(sdk::Config& config) override {
        writer_.batch = static_cast<std::size_t>(config.integer(
            {.key = "writer.batch", .help = "Messages that one commit stores at the most"}, 256, 1, 4096));
        writer_.queue = static_cast<std::size_t>(config.integer(
            {.key = "writer.queue",
             .help = "Messages that may wait for a commit; beyond, senders are told to try again"},
            10'000, 1, 1'000'000));
        limits_ = {readLimit(config, "message", "messages", {50, 2000}),
                   readLimit(config, "typing", "typing events", {5, 50}),
                   readLimit(config, "seen", "seen events", {50, 1000}),
                   readLimit(config, "resume", "resume events", {5, 50}),
                   readLimit(config, "change", "edits, unsendings and reactions", {5, 100})};
        changing_.edit = config.liveInteger<std::chrono::seconds>(
            {.key = "edit.window_seconds",
             .help = "How long after sending a message can be edited; 0: never"},
            changing_.edit.get().count(), 0, 31'536'000);
        changing_.unsend = config.liveInteger<std::chrono::seconds>(
            {.key = "unsend.window_seconds",
             .help = "How long after sending a message can be unsent; 0: never"},
            changing_.unsend.get().count(), 0, 31'536'000);
        presence_settings_.grace = std::chrono::milliseconds(
            config.integer({.key = "presence.grace_ms",
                            .help = "How long after the last device left somebody counts as gone"},
                           presence_settings_.grace.count(), 0, 3'600'000));
        presence_settings_.lifetime = std::chrono::milliseconds(
            config.integer({.key = "presence.node_lifetime_ms",
                            .help = "How long after its last sign a node counts as dead"},
                           presence_settings_.lifetime.count(), 3000, 3'600'000));
    }

    void registerWith(sdk::Registrar& registrar, sdk::Host& host) override {
        services_ = &host.services();
        events_ = std::make_unique<ChatEvents>(host.sockets(), host.bus(), host.clock());
        writer_heartbeats_ = {&registrar.heartbeat("writer 1"), &registrar.heartbeat("writer 2")};
        receipts_heartbeat_ = &registrar.heartbeat("receipts");
        feeds_heartbeats_ = {&registrar.heartbeat("feeds 1"), &registrar.heartbeat("feeds 2")};
        receipts_ = std::make_unique<ReceiptService>(host.database(), host.log(), *events_);
        feeds_ = std::make_unique<ChatFeeds>(host.database(), host.sockets(), host.log(), *receipts_);
        messages_ = std::make_unique<MessageService>(host.database(), host.clock(), host.log(),
                                                     host.metrics(), host.hooks(), *events_, writer_);
        rooms_ = std::make_unique<RoomService>(host.database(), host.clock(), *receipts_);
        limiter_ = std::make_unique<LimitService>(host.bus(), host.clock(), limits_);
        changes_ = std::make_unique<ChangeService>(host.database(), host.clock(), host.hooks(), host.log(),
                                                   *events_, changing_);
        syncs_ = std::make_unique<SyncService>(host.database(), *receipts_);
        presence_ = std::make_unique<PresenceService>(host.database(), host.bus(), host.clock(), host.log(),
                                                      *events_, presence_settings_);
        sockets_ =
            std::make_unique<ChatSockets>(ChatSockets::Parts{*messages_, *receipts_, *changes_, *rooms_,
                                                             *events_, *feeds_, *presence_, *limiter_},
                                          host.metrics(), host.clock());
        legacy_ = std::make_unique<LegacyService>(host.clock());
        accounts_ = std::make_unique<AccountService>(host.clock());
        endpoints_ = std::make_unique<ChatEndpoints>(*rooms_, *syncs_, *presence_, *events_);

        registrar.migrations(sql::migrations());
        registrar.provide<sdk::Chats>(*rooms_);
        registrar.hook("user.blocked", 0, [this](sdk::Connection& connection, sdk::Json& payload) {
            rooms_->removeBetween(connection, payload["blocker_id"].asInteger(),
                                  payload["blocked_id"].asInteger());
            return sdk::HookVerdict::pass();
        });
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
        registrar.hook("media.referenced", 0, [](sdk::Connection& connection, sdk::Json& payload) {
            media_store::addReferenced(connection, payload);
            return sdk::HookVerdict::pass();
        });
        sdk::TaskSpec share;
        share.name = "share_limits";
        share.schedule = sdk::Every{LimitService::kShareEvery};
        share.scope = sdk::TaskScope::kNode;
        share.run = [this](const sdk::TaskRun&) { limiter_->share(); };
        registrar.task(std::move(share));
        sdk::TaskSpec presence;
        presence.name = "settle_presence";
        presence.schedule = sdk::Every{PresenceService::kSettleEvery};
        presence.scope = sdk::TaskScope::kNode;
        presence.run = [this](const sdk::TaskRun&) { presence_->settle(); };
        registrar.task(std::move(presence));
        sockets_->registerWith(registrar);
        endpoints_->registerWith(registrar);
    }

    void start() override {
        auto* matches = services_->find<sdk::Matches>();
        if (matches == nullptr) {
            throw sdk::Error(sdk::ErrorCode::kUnavailable,
                             "no plugin provides linkup.matches/1, which chat needs");
        }
        auto* media_urls = services_->find<sdk::MediaUrls>();
        rooms_->setNeighbours(*matches, media_urls);
        syncs_->setMediaUrls(media_urls);
        limiter_->start();
        receipts_->start(*receipts_heartbeat_);
        feeds_->start(media_urls, feeds_heartbeats_);
        events_->start(*feeds_, media_urls);
        presence_->start();
        messages_->start(services_->find<sdk::MediaFiles>(), writer_heartbeats_);
    }

    void stop() noexcept override {
        if (messages_) messages_->stop();
        if (events_) events_->stop();
        if (feeds_) feeds_->stop();
        if (receipts_) receipts_->stop();
        if (presence_) presence_->stop();
        if (limiter_) limiter_->stop();
    }

private:
    static EventLimit readLimit(sdk::Config& config, const std::string& name, const std::string& what,
                                const EventLimit& fallback) {
        EventLimit limit;
        limit.per_second = config.liveReal(
            {.key = "limits." + name + ".per_second",
             .help = "How many " + what + " a user may send in a second, after a burst; 0: any number"},
            fallback.per_second, 0, 1e6);
        limit.burst = config.liveInteger<int>(
            {.key = "limits." + name + ".burst", .help = "How many " + what + " at once"}, fallback.burst, 1,
            1'000'000);
        return limit;
    }

    WriterSettings writer_;
    EventLimits limits_;
    ChangeSettings changing_;
    PresenceSettings presence_settings_;
    sdk::Services* services_ = nullptr;
    std::unique_ptr<ChatEvents> events_;
    std::unique_ptr<ReceiptService> receipts_;
    std::unique_ptr<ChatFeeds> feeds_;
    std::unique_ptr<MessageService> messages_;
    MessageService::Heartbeats writer_heartbeats_{};
    sdk::Heartbeat* receipts_heartbeat_ = nullptr;
    ChatFeeds::Heartbeats feeds_heartbeats_{};
    std::unique_ptr<RoomService> rooms_;
    std::unique_ptr<ChangeService> changes_;
    std::unique_ptr<SyncService> syncs_;
    std::unique_ptr<PresenceService> presence_;
    std::unique_ptr<LimitService> limiter_;
    std::unique_ptr<ChatSockets> sockets_;
    std::unique_ptr<LegacyService> legacy_;
    std::unique_ptr<AccountService> accounts_;
    std::unique_ptr<ChatEndpoints> endpoints_;
};

}  // namespace linkup::chat

LINKUP_DECLARE_PLUGIN(linkup::chat::ChatPlugin, "chat", "1.0.0", "auth>=1.0.0,match>=1.0.0",
                      "One-to-one chat with acknowledged, gapless messages")
