// The plugin's own tests: SQLite in memory, real HTTP to a receiver in this process, and time that the tests
// move.
#include <linkup/sdk/testing/fake_config.h>
#include <linkup/sdk/testing/fake_host.h>
#include <linkup/sdk/testing/fake_registrar.h>
#include <linkup/sdk/testing/sqlite_database.h>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "http_transport.h"
#include "receiver.h"
#include "signature.h"
#include "webhooks_migrations.h"
#include "webhooks_plugin.h"

namespace {

using namespace linkup;
using namespace ::webhooks;
using namespace std::chrono_literals;
using ::webhooks::test::Receiver;

void expect(bool condition, const std::string& what) {
    if (!condition) throw std::runtime_error(what);
}
template <class T>
void expectEqual(const T& expected, const T& found, const std::string& what) {
    if (expected == found) return;
    std::cerr << "expected: " << expected << "\nfound:    " << found << '\n';
    throw std::runtime_error(what);
}

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A service that delivers to a receiver when the test says so.
struct Line {
    explicit Line(
        DeliveryOptions options = {}, std::function<double()> random = [] { return 0.0; }) {
        database.migrate(linkup::webhooks::sql::migrations());
        service = std::make_unique<DeliveryService>(
            Endpoint{"shop", receiver.url(), {*keyOf(kSecret)}, {}}, options, host,
            std::make_unique<HttpTransport>(receiver.url(), options.timeout), std::move(random));
    }
    void enqueue(const std::string& id) {
        database.transaction([&](sdk::Connection& connection) {
            service->enqueue(connection, id, R"({"id":")" + id + R"("})");
        });
    }
    double count(const char* outcome) {
        return host.fake_metrics.value("deliveries_total", {{"endpoint", "shop"}, {"outcome", outcome}});
    }
    std::int64_t waiting() { return DeliveryStore(database).waiting("shop"); }

    Receiver receiver;
    sdk::testing::SqliteDatabase database;
    sdk::testing::FakeHost host{database};
    std::unique_ptr<DeliveryService> service;
};

void signatureIsThatOfStandardWebhooks() {
    const auto key = keyOf(kSecret);
    expect(key.has_value(), "the key");
    // By Python: base64(hmac.new(key, b'ID.TIME.BODY', sha256).digest())
    expectEqual<std::string>(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        signatureOf({*key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
        "the signature");
    const std::string two = signatureOf({*key, std::string(32, 'k')}, "a", 1, "{}");
    expectEqual(signatureOf({*key}, "a", 1, "{}") + " " + signatureOf({std::string(32, 'k')}, "a", 1, "{}"),
                two, "with two keys");
}

void secretsThatAreNoneAreRefused() {
    for (const char* secret :
         {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_short123",
          "whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"}) {
        expect(!keyOf(secret), std::string("taken: ") + secret);
    }
}

void aMessageIsDeliveredOnceAndSigned() {
    Line line;
    line.enqueue("msg_1");
    expect(line.service->deliverNext(), "something was due");
    const auto messages = line.receiver.wait(1);
    const auto& message = messages.at(0);
    expectEqual<std::string>("/hook?a=1", message.path, "the path");
    expectEqual<std::string>(R"({"id":"msg_1"})", message.body, "the body");
    expectEqual<std::string>("msg_1", message.headers.at("webhook-id"), "the id");
    const std::int64_t seconds = std::stoll(message.headers.at("webhook-timestamp"));
    expectEqual(signatureOf({*keyOf(kSecret)}, "msg_1", seconds, message.body),
                message.headers.at("webhook-signature"), "the signature");
    expect(!line.service->deliverNext(), "nothing is left");
    expect(line.count("delivered") == 1, "it is counted");
}

void aFailingReceiverIsTriedAgainWithTheSameIdAndANewTimestamp() {
    Line line;
    line.receiver.answer({{500}, {302}, {204}});
    line.enqueue("msg_1");
    expect(line.service->deliverNext(), "the first attempt");
    expect(!line.service->deliverNext(), "the second has to wait");
    line.host.fake_clock.advance(2499ms);
    expect(!line.service->deliverNext(), "still");
    line.host.fake_clock.advance(1ms);
    expect(line.service->deliverNext(), "half of five seconds");
    line.host.fake_clock.advance(5s);
    expect(line.service->deliverNext(), "half of ten");
    line.host.fake_clock.advance(24h);
    expect(!line.service->deliverNext(), "it was delivered");
    const auto messages = line.receiver.messages();
    expectEqual<std::size_t>(3, messages.size(), "three attempts");
    expectEqual(messages[0].headers.at("webhook-id"), messages[2].headers.at("webhook-id"), "the id stays");
    expect(messages[0].headers.at("webhook-timestamp") != messages[2].headers.at("webhook-timestamp"),
           "the time does not");
    expect(messages[0].headers.at("webhook-signature") != messages[2].headers.at("webhook-signature"),
           "nor the signature");
    expect(line.count("retried") == 2 && line.count("delivered") == 1, "it is counted");
}

void aSlowReceiverIsTriedAgain() {
    Line line({.timeout = 300ms});
    line.receiver.answer({{.never = true}});
    line.enqueue("msg_1");
    expect(line.service->deliverNext(), "the first attempt");
    expect(line.count("retried") == 1, "it took too long");
    expect(line.waiting() == 1, "it is not lost");
}

void aReceiverThatIsDownGetsItWhenItIsUp() {
    Line line;
    line.receiver.down();
    line.enqueue("msg_1");
    line.enqueue("msg_2");
    expect(line.service->deliverNext() && line.service->deliverNext(), "two attempts");
    expect(line.count("retried") == 2, "nobody was there");
    line.receiver.up();
    line.host.fake_clock.advance(5s);
    expect(line.service->deliverNext() && line.service->deliverNext(), "two more");
    expect(line.count("delivered") == 2 && line.waiting() == 0, "both are delivered");
}

void aReceiverThatRestartsBetweenTwoMessagesGetsBoth() {
    Line line;
    line.enqueue("msg_1");
    expect(line.service->deliverNext(), "the first");
    line.receiver.down();
    line.receiver.up();
    line.enqueue("msg_2");
    expect(line.service->deliverNext(), "the second, on what was the connection");
    line.host.fake_clock.advance(5s);
    line.service->deliverNext();
    expect(line.count("delivered") == 2, "both are delivered");
}

void retryAfterIsKept() {
    Line line;
    line.receiver.answer({{503, "60"}});
    line.enqueue("msg_1");
    line.service->deliverNext();
    line.host.fake_clock.advance(59s);
    expect(!line.service->deliverNext(), "not before");
    line.host.fake_clock.advance(1s);
    expect(line.service->deliverNext(), "but then");
}

void afterTheLastAttemptItIsGivenUpAndKept() {
    Line line({.attempts = 2});
    line.receiver.answer({{500}, {500}});
    line.enqueue("msg_1");
    line.service->deliverNext();
    line.host.fake_clock.advance(5s);
    line.service->deliverNext();
    line.host.fake_clock.advance(24h);
    expect(!line.service->deliverNext(), "it is not tried again");
    expect(line.count("given_up") == 1 && line.waiting() == 0, "it is counted");
    const auto kept = sdk::read(line.database, [](sdk::Connection& connection) {
        return connection.execute("SELECT last_error FROM webhooks_deliveries WHERE failed_at IS NOT NULL");
    });
    expectEqual<std::string>("answered 500", kept.text(0, 0), "and can be looked at");
    DeliveryStore store(line.database);
    expect(store.removeFailed(line.host.clock().now() - 48h) == 0, "for a while");
    expect(store.removeFailed(line.host.clock().now()) == 1, "not for ever");
}

void whoIsGoneIsNotTriedAgain() {
    Line line;
    line.receiver.answer({{410}});
    line.enqueue("msg_1");
    line.service->deliverNext();
    expect(line.count("given_up") == 1 && line.waiting() == 0, "410 ends it");
}

void theQueueIsBounded() {
    Line line({.queue = 2});
    for (const char* id : {"msg_1", "msg_2", "msg_3"}) line.enqueue(id);
    expect(line.waiting() == 2 && line.count("dropped") == 1, "the third is dropped, and counted");
    line.service->deliverNext();
    line.enqueue("msg_4");
    expect(line.waiting() == 2, "there is room again");
}

void whatIsRolledBackIsNotSent() {
    Line line;
    try {
        line.database.transaction([&](sdk::Connection& connection) {
            line.service->enqueue(connection, "msg_1", "{}");
            throw std::runtime_error("the publisher fails");
        });
    } catch (const std::runtime_error&) {
    }
    expect(!line.service->deliverNext(), "there is no message");
}

void waitsGrowAndAreSpread() {
    const DeliveryOptions options;
    const Line least(options, [] { return 0.0; });
    const Line most(options, [] { return 0.999999; });
    expectEqual<std::int64_t>(2500, least.service->waitAfter(1).count(), "at least half");
    expectEqual<std::int64_t>(4999, most.service->waitAfter(1).count(), "at most all");
    expectEqual<std::int64_t>(20000, least.service->waitAfter(4).count(), "twice as long each time");
    expectEqual<std::int64_t>(1800000, least.service->waitAfter(14).count(), "up to the longest");
    expectEqual<std::int64_t>(1800000, least.service->waitAfter(1000).count(), "for ever");
}

void ofTwoNodesOneDelivers() {
    Line line;
    line.enqueue("msg_1");
    DeliveryStore store(line.database);
    const sdk::Time now = line.host.clock().now();
    const auto first = store.claim("shop", now, now + 10s);
    expect(first.has_value(), "the first takes it");
    expect(!store.claim("shop", now, now + 10s), "the second finds nothing");
    const auto second = store.claim("shop", now + 10s, now + 20s);
    expect(second.has_value() && second->attempt == 2, "until the first has died");
    store.postpone(*first, now + 24h, "too late to say");
    expect(!store.claim("shop", now + 19s, now + 20s), "who was too late has no say");
    expect(store.claim("shop", now + 20s, now + 30s).has_value(), "who was not has");
}

void anAttemptThatIsEndedDoesNotCount() {
    Line line;
    line.receiver.answer({{.never = true}});
    line.enqueue("msg_1");
    std::thread sender([&] { line.service->deliverNext(); });
    line.receiver.wait(1);
    line.service->giveWay();
    sender.join();
    DeliveryStore store(line.database);
    const sdk::Time now = line.host.clock().now();
    const auto again = store.claim("shop", now, now + 1s);
    expect(again.has_value() && again->attempt == 1, "it is the first attempt again, at once");
}

/// The whole plugin, with its threads.
void eventsAreSentByTheWholePlugin() {
    Receiver receiver;
    sdk::testing::SqliteDatabase database;
    sdk::testing::FakeHost host(database);
    sdk::testing::FakeRegistrar registrar;
    WebhooksPlugin plugin;
    sdk::testing::FakeConfig config({{"endpoint.shop.url", receiver.url()},
                                     {"endpoint.shop.secret", kSecret},
                                     {"endpoint.shop.events", "match.created"}});
    plugin.configure(config);
    plugin.registerWith(registrar, host);
    database.migrate(registrar.schema);
    plugin.start();
    expectEqual<std::size_t>(1, registrar.hooks.size(), "only what is wanted is listened to");
    expect(registrar.hooks[0].spec->on_failure == sdk::HookFailure::kOpen, "it holds up nobody");
    database.transaction([&](sdk::Connection& connection) {
        sdk::Json payload = sdk::Json::object({{"low_id", 1}, {"high_id", 2}});
        registrar.hooks[0].handler(connection, payload);
    });
    const auto messages = receiver.wait(1);
    plugin.stop();
    const auto body = sdk::parseTrustedJson(messages[0].body);
    expectEqual<std::string>("match.created", body["type"].asString(), "the event");
    expectEqual<std::string>(R"({"low_id":1,"high_id":2})", body["data"].dump(), "its payload");
    expect(sdk::parseTime(body["timestamp"].asString()).has_value(), "its time");
    expect(messages[0].headers.at("webhook-id").starts_with("msg_"), "its id");
}

std::string refusal(sdk::testing::FakeConfig config) {
    try {
        readOptions(config);
    } catch (const sdk::Error& error) {
        return error.what();
    }
    throw std::runtime_error("nothing was refused");
}

void wrongOptionsAreRefused() {
    const auto says = [](const std::string& part, const std::string& text) {
        expect(text.find(part) != std::string::npos, "\"" + text + "\" does not say \"" + part + "\"");
    };
    says("must be https://host/path",
         refusal({{"endpoint.a.url", "ftp://x"}, {"endpoint.a.secret", kSecret}}));
    says("must be given", refusal({{"endpoint.a.url", "https://x/"}}));
    says("whsec_ and base64", refusal({{"endpoint.a.url", "https://x/"}, {"endpoint.a.secret", "hunter2"}}));
    says("\"match.made\" is no event", refusal({{"endpoint.a.url", "https://x/"},
                                                {"endpoint.a.secret", kSecret},
                                                {"endpoint.a.events", "match.made"}}));
    says("first_retry_ms", refusal({{"first_retry_ms", "5000"}, {"longest_retry_ms", "4000"}}));
}

}  // namespace

int main() {
    const std::pair<const char*, void (*)()> tests[] = {
#define LISTED(name) {#name, name}
        LISTED(signatureIsThatOfStandardWebhooks),
        LISTED(secretsThatAreNoneAreRefused),
        LISTED(aMessageIsDeliveredOnceAndSigned),
        LISTED(aFailingReceiverIsTriedAgainWithTheSameIdAndANewTimestamp),
        LISTED(aSlowReceiverIsTriedAgain),
        LISTED(aReceiverThatIsDownGetsItWhenItIsUp),
        LISTED(aReceiverThatRestartsBetweenTwoMessagesGetsBoth),
        LISTED(retryAfterIsKept),
        LISTED(afterTheLastAttemptItIsGivenUpAndKept),
        LISTED(whoIsGoneIsNotTriedAgain),
        LISTED(theQueueIsBounded),
        LISTED(whatIsRolledBackIsNotSent),
        LISTED(waitsGrowAndAreSpread),
        LISTED(ofTwoNodesOneDelivers),
        LISTED(anAttemptThatIsEndedDoesNotCount),
        LISTED(eventsAreSentByTheWholePlugin),
        LISTED(wrongOptionsAreRefused),
#undef LISTED
    };
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
