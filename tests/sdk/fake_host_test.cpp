// A small plugin lives in a host of fakes, without daemon or database.

#include <cppunit/extensions/HelperMacros.h>

#include "linkup/sdk/plugin.h"
#include "linkup/sdk/testing/fake_config.h"
#include "linkup/sdk/testing/fake_host.h"
#include "linkup/sdk/testing/fake_registrar.h"

using namespace linkup::sdk;
using namespace linkup::sdk::testing;

namespace {

class Doubler {
public:
    static constexpr std::string_view kServiceName = "test.doubler/1";
    std::int64_t of(std::int64_t number) const { return 2 * number; }
};

class EchoPlugin : public Plugin, public SocketHandler {
public:
    void configure(Config& config) override {
        greeting_ = config.text({"greeting", "What it says first."}, "Hello");
        limit_ = config.integer({"limit", "Its largest number."}, 10, 1, 100);
    }
    void registerWith(Registrar& registrar, Host& host) override {
        host_ = &host;
        const auto query = Schema::object({{"n", Schema::integer().max(limit_)}});
        registrar.route({.method = Method::kGet, .path = "/double", .query = query},
                        [this](const Request& request) {
                            return Response::json(Json(doubler_->of(request.query["n"].asInteger())));
                        });
        registrar.socket({"/ws/echo", "Connected.", "Echoes.", {}, true}, *this);
        registrar.provide(own_);
    }
    void start() override { doubler_ = host_->services().find<Doubler>(); }
    void stop() noexcept override {}
    void onOpen(const std::shared_ptr<SocketSession>& session) override {
        session->send(Json::object({{"message", greeting_}}).dump());
    }
    void onEvent(const std::shared_ptr<SocketSession>& session, const std::string&,
                 const Json& body) override {
        host_->sockets().sendToUser(session->path(), session->user(), body.dump(), true, session->id());
    }
    void onClose(const std::shared_ptr<SocketSession>&, std::uint16_t) override {}

private:
    Host* host_ = nullptr;
    Doubler own_;
    const Doubler* doubler_ = nullptr;
    std::string greeting_;
    std::int64_t limit_ = 0;
};

class FakeHostTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FakeHostTest);
    CPPUNIT_TEST(optionsAreReadCheckedAndAccountedFor);
    CPPUNIT_TEST(wrongOptionsAreRefused);
    CPPUNIT_TEST(liveOptionsCanBeReloaded);
    CPPUNIT_TEST(routesAreCalledAsTheGatewayDoes);
    CPPUNIT_TEST(batchedRoutesAreCalledWithOneRequest);
    CPPUNIT_TEST(secondRegistrationIsAConflict);
    CPPUNIT_TEST(socketsReachEveryOtherDevice);
    CPPUNIT_TEST(socketCallbacksTellWhatBecameOfAFrame);
    CPPUNIT_TEST(endedSessionsAreClosed);
    CPPUNIT_TEST(mailGoesOutWithItsTransaction);
    CPPUNIT_TEST(workWaitsUntilRun);
    CPPUNIT_TEST(hooksStopAtTheFirstVeto);
    CPPUNIT_TEST(metricsReadBack);
    CPPUNIT_TEST_SUITE_END();

public:
    void optionsAreReadCheckedAndAccountedFor() {
        FakeConfig config{{"greeting", "Hi"},
                          {"typo", "1"},
                          {"events.a.cron", "x"},
                          {"events.b.cron", "y"},
                          {"l", "a, b,,c "}};
        EchoPlugin().configure(config);
        CPPUNIT_ASSERT(config.groups("events") == std::vector<std::string>({"a", "b"}));
        CPPUNIT_ASSERT(config.list({"l", ""}, {}) == std::vector<std::string>({"a", "b", "c"}));
        CPPUNIT_ASSERT(config.unknownKeys() ==
                       std::vector<std::string>({"events.a.cron", "events.b.cron", "typo"}));
        CPPUNIT_ASSERT(!config.production());
        config.setProduction();
        CPPUNIT_ASSERT(config.production());
    }

    void wrongOptionsAreRefused() {
        for (const char* value : {"0", "101", "x", "5x", ""}) {
            FakeConfig config{{"limit", value}};
            CPPUNIT_ASSERT_THROW_MESSAGE(value, EchoPlugin().configure(config), Error);
        }
        FakeConfig config{{"b", "maybe"}, {"c", "z"}};
        CPPUNIT_ASSERT_THROW(config.boolean({"b", ""}, true), Error);
        CPPUNIT_ASSERT_THROW(config.choice({"c", ""}, "x", {"x", "y"}), Error);
        CPPUNIT_ASSERT_EQUAL(0.5, config.real({"r", ""}, 0.5, 0, 1));
    }

    void liveOptionsCanBeReloaded() {
        FakeConfig config{{"patience_seconds", "5"}};
        const auto patience = config.liveInteger<std::chrono::seconds>({"patience_seconds", ""}, 1, 0, 60);
        config.text({"name", ""}, "");
        CPPUNIT_ASSERT(std::chrono::seconds(5) == patience.get());
        config.reload("patience_seconds", std::int64_t{7});
        CPPUNIT_ASSERT(std::chrono::seconds(7) == patience.get());
        CPPUNIT_ASSERT_THROW(config.reload("name", std::string("x")), Error);
        CPPUNIT_ASSERT_THROW(config.live("never_read", [](const OptionValue&) {}), Error);
    }

    void routesAreCalledAsTheGatewayDoes() {
        start();
        Request request;
        request.query = Json::object({{"n", "4"}});
        CPPUNIT_ASSERT_EQUAL(std::string("8"), registrar_.call(Method::kGet, "/double", request).body);
        request.query = Json::object({{"n", "11"}});
        CPPUNIT_ASSERT_THROW(registrar_.call(Method::kGet, "/double", request), Error);
        CPPUNIT_ASSERT_THROW(registrar_.call(Method::kPost, "/double"), Error);
    }

    void batchedRoutesAreCalledWithOneRequest() {
        registrar_.batchRoute({.method = Method::kGet, .path = "/many"}, 8, [](auto pending) {
            for (PendingRequest& each : pending) {
                if (each.request.peer.empty()) each.error.emplace(ErrorCode::kConflict, "nobody");
                if (!each.request.peer.empty()) each.response = Response::json(Json(each.request.peer));
            }
        });
        Request request;
        CPPUNIT_ASSERT_THROW(registrar_.call(Method::kGet, "/many", request), Error);
        request.peer = "127.0.0.1";
        CPPUNIT_ASSERT_EQUAL(std::string(R"("127.0.0.1")"),
                             registrar_.call(Method::kGet, "/many", request).body);
        CPPUNIT_ASSERT_EQUAL(8, registrar_.find(Method::kGet, "/many")->most);
    }

    void secondRegistrationIsAConflict() {
        start();
        CPPUNIT_ASSERT_THROW(plugin_.registerWith(registrar_, host_), Error);
        CPPUNIT_ASSERT(registrar_.services.contains("test.doubler/1"));
    }

    void socketsReachEveryOtherDevice() {
        start();
        const auto phone = host_.fake_sockets.open("/ws/echo", 1);
        const auto tablet = host_.fake_sockets.open("/ws/echo", 1);
        const auto stranger = host_.fake_sockets.open("/ws/echo", 2);
        plugin_.onOpen(phone);
        CPPUNIT_ASSERT_EQUAL(std::string("Hello"), phone->takeEvents().at(0)["message"].asString());
        plugin_.onEvent(phone, "any", Json::object({{"x", 1}}));
        CPPUNIT_ASSERT(phone->takeEvents().empty() && stranger->sent().empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, tablet->takeEvents().size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, host_.sockets().local("/ws/echo", 1).size());
        host_.sockets().sendToAll("/ws/echo", "{}");
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, stranger->sent().size());
    }

    void socketCallbacksTellWhatBecameOfAFrame() {
        const auto socket = host_.fake_sockets.open("/ws/echo", 1);
        std::string story;
        const auto send = [&] {
            SendOptions options;
            options.on_written = [&](bool ok) { story += ok ? "w" : "!"; };
            options.on_answered = [&](bool ok) { story += ok ? "a" : "?"; };
            socket->send("{}", std::move(options));
        };
        send();
        CPPUNIT_ASSERT(story.empty());
        socket->answer();
        CPPUNIT_ASSERT_EQUAL(std::string("wa"), story);
        send();
        socket->close(CloseCode::kGoingAway, "gone");
        send();
        CPPUNIT_ASSERT_EQUAL(std::string("wa!?!?"), story);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, socket->sent().size());
    }

    void endedSessionsAreClosed() {
        const auto one = host_.fake_sockets.open("/ws/echo", Principal{1, "s1", "a@example.com"});
        const auto other = host_.fake_sockets.open("/ws/echo", Principal{1, "s2", "a@example.com"});
        host_.sockets().closeSession("s1", "ended");
        CPPUNIT_ASSERT(one->closeCode() == CloseCode::kPolicy && !other->closeCode());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.sockets().local("/ws/echo").size());
        other->update("n", [](Json old) { return Json(old.isNull() ? 1 : 2); });
        other->update("n", [](Json old) { return Json(old.isNull() ? 1 : 2); });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, other->attribute("n").asInteger());
    }

    void mailGoesOutWithItsTransaction() {
        const auto enqueue = [&](Connection& connection) {
            host_.mailer().enqueue(connection, {"a@example.com", "s", "t", ""});
        };
        host_.null_database.failNextCommit(Error(ErrorCode::kUnavailable, "away"));
        CPPUNIT_ASSERT_THROW(host_.database().transaction(enqueue), Error);
        CPPUNIT_ASSERT(host_.fake_mailer.mails().empty());
        host_.database().transaction(enqueue);
        CPPUNIT_ASSERT_EQUAL(std::string("a@example.com"), host_.fake_mailer.mails().at(0).to);
    }

    void workWaitsUntilRun() {
        int done = 0;
        CPPUNIT_ASSERT(host_.workers().post("requests", [&] {
            ++done;
            CPPUNIT_ASSERT(host_.workers().post("requests", [&] { ++done; }));
        }));
        CPPUNIT_ASSERT_EQUAL(0, done);
        host_.fake_workers.run();
        CPPUNIT_ASSERT_EQUAL(2, done);
        host_.fake_workers.setFull(true);
        CPPUNIT_ASSERT(!host_.workers().post("requests", [] {}));
    }

    void hooksStopAtTheFirstVeto() {
        host_.fake_hooks.on("e", [](Connection&, Json& payload) {
            payload.set("seen", true);
            return HookVerdict::pass();
        });
        host_.fake_hooks.on("e", [](Connection&, Json&) { return HookVerdict::refuse("No"); });
        host_.fake_hooks.on("e", [](Connection&, Json& payload) {
            payload.set("late", true);
            return HookVerdict::pass();
        });
        Json payload = Json::object();
        host_.database().read([&](Connection& connection) {
            CPPUNIT_ASSERT(host_.hooks().run("e", connection, payload).veto == "No");
        });
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"seen":true})"), payload.dump());
        CPPUNIT_ASSERT_EQUAL(std::string("{}"), host_.fake_hooks.runs().at(0).payload.dump());
    }

    void metricsReadBack() {
        host_.metrics().counter("c_total", "", {{"kind", "a"}}).add();
        host_.metrics().counter("c_total", "", {{"kind", "a"}}).add(2);
        host_.metrics().gauge("g", "").set(5);
        host_.metrics().histogram("h", "", {1, 2}).observe(1.5);
        CPPUNIT_ASSERT_EQUAL(3.0, host_.fake_metrics.value("c_total", {{"kind", "a"}}));
        CPPUNIT_ASSERT_EQUAL(0.0, host_.fake_metrics.value("c_total"));
        CPPUNIT_ASSERT_EQUAL(5.0, host_.fake_metrics.value("g"));
        CPPUNIT_ASSERT(host_.fake_metrics.observations("h") == std::vector<double>({1.5}));
    }

private:
    void start() {
        FakeConfig config;
        plugin_.configure(config);
        plugin_.registerWith(registrar_, host_);
        host_.fake_services.provide(doubler_);
        plugin_.start();
    }

    FakeHost host_;
    FakeRegistrar registrar_;
    EchoPlugin plugin_;
    Doubler doubler_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(FakeHostTest);

}  // namespace
