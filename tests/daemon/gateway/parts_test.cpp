#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <thread>

#include "daemon/gateway/bearer.h"
#include "daemon/gateway/deadline_wheel.h"
#include "daemon/gateway/form_reader.h"
#include "daemon/gateway/gate.h"
#include "daemon/gateway/openapi.h"
#include "daemon/gateway/replies.h"
#include "daemon/gateway/socket_outbox.h"
#include "daemon/gateway/trusted_proxies.h"
#include "daemon/gateway/uri.h"
#include "gateway_fixture.h"

namespace linkup::daemon {

using namespace std::chrono_literals;

class UriTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(UriTest);
    CPPUNIT_TEST(splitsTargets);
    CPPUNIT_TEST(keepsAPlusInAQuery);
    CPPUNIT_TEST(refusesBrokenEscapes);
    CPPUNIT_TEST(knowsUtf8);
    CPPUNIT_TEST(readsForms);
    CPPUNIT_TEST(readsTokens);
    CPPUNIT_TEST(trustsOnlyConfiguredProxies);
    CPPUNIT_TEST(letsNoHandlerForgeAHeader);
    CPPUNIT_TEST(describesRoutes);
    CPPUNIT_TEST_SUITE_END();

public:
    void splitsTargets() {
        const Target plain = splitTarget("/a/b?x=1?y");
        CPPUNIT_ASSERT(plain.path == "/a/b" && plain.query == "x=1?y" && plain.has_query);
        const Target absolute = splitTarget("http://host:80/a?b");
        CPPUNIT_ASSERT(absolute.path == "/a" && absolute.query == "b");
        CPPUNIT_ASSERT(splitTarget("http://host").path == "/");
        CPPUNIT_ASSERT(splitTarget("/redirect?to=http://x").path == "/redirect");
        CPPUNIT_ASSERT(!splitTarget("/a").has_query);
    }
    void keepsAPlusInAQuery() {
        std::string email;
        CPPUNIT_ASSERT(forEachField("email=a+b%40c.de&x", Plus::kLiteral,
                                    [&](const std::string& name, std::string value) {
                                        if (name == "email") email = std::move(value);
                                    }));
        CPPUNIT_ASSERT_EQUAL(std::string("a+b@c.de"), email);
    }
    void refusesBrokenEscapes() {
        std::string out;
        CPPUNIT_ASSERT(!percentDecode("%", Plus::kLiteral, out));
        CPPUNIT_ASSERT(!percentDecode("a%4", Plus::kLiteral, out));
        CPPUNIT_ASSERT(!percentDecode("%zz", Plus::kLiteral, out));
        int told = 0;
        CPPUNIT_ASSERT(!forEachField("a=%ff&b=1", Plus::kLiteral,
                                     [&](const std::string&, const std::string&) { ++told; }));
        CPPUNIT_ASSERT_EQUAL(1, told);
    }
    void knowsUtf8() {
        for (const char* good : {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBF"})
            CPPUNIT_ASSERT(isUtf8(good));
        for (const char* bad :
             {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF"}) {
            CPPUNIT_ASSERT(!isUtf8(bad));
        }
    }
    void readsForms() {
        const auto form = readForm("application/x-www-form-urlencoded; charset=utf-8",
                                   "username=a%2Bb%40c.de&password=x+y&scope=");
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"username":"a+b@c.de","password":"x y"})"), form.value().dump());
        const std::string body =
            "--X\r\nContent-Disposition: form-data; name=\"image_url\"\r\n\r\nhttp://x\r\n"
            "--X\r\nContent-Disposition: form-data; name=\"file\"; "
            "filename=\"a\"\r\n\r\n\xFF\xD8\r\n--X--\r\n";
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"image_url":"http://x"})"),
                             readForm("multipart/form-data; boundary=X", body).value().dump());
        CPPUNIT_ASSERT(!readForm("multipart/form-data", body).has_value());
        CPPUNIT_ASSERT(!readForm("multipart/form-data; boundary=Y", body).has_value());
        CPPUNIT_ASSERT_EQUAL(std::string("{}"), readForm("application/json", "{\"a\":1}").value().dump());
    }
    void readsTokens() {
        CPPUNIT_ASSERT(bearerToken("Bearer abc") == "abc");
        CPPUNIT_ASSERT(bearerToken("bEARER  abc ") == "abc");
        CPPUNIT_ASSERT(bearerToken("Bearer") == "");
        CPPUNIT_ASSERT(!bearerToken("Basic abc").has_value());
        CPPUNIT_ASSERT(!bearerToken("").has_value());
        CPPUNIT_ASSERT(listHas("keep-alive, Upgrade", "upgrade"));
        CPPUNIT_ASSERT(!listHas("upgraded", "upgrade"));
    }
    void trustsOnlyConfiguredProxies() {
        const TrustedProxies none;
        CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1"), none.clientOf("10.0.0.1", "1.2.3.4"));
        const TrustedProxies some({"10.0.0.0/8", "::1"});
        CPPUNIT_ASSERT_EQUAL(std::string("1.2.3.4"), some.clientOf("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.9.9.9"));
        CPPUNIT_ASSERT_EQUAL(std::string("11.0.0.1"), some.clientOf("11.0.0.1", "1.2.3.4"));
        CPPUNIT_ASSERT_EQUAL(std::string("2001:db8::1"), some.clientOf("::1", "2001:db8::1"));
        CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1"), some.clientOf("10.0.0.1", "1.2.3.4, rubbish"));
        CPPUNIT_ASSERT_THROW(TrustedProxies({"10.0.0.0/33"}), sdk::Error);
        CPPUNIT_ASSERT_THROW(TrustedProxies({"example.org"}), sdk::Error);
    }
    void letsNoHandlerForgeAHeader() {
        sdk::Response response;
        response.headers = {{"X-A", "1\r\nSet-Cookie: x"}, {"X-B", "2"}};
        std::string head;
        const sdk::TraceContext trace;
        writeHead(head, response, {"id", trace, "now", true, false});
        CPPUNIT_ASSERT(head.find("Set-Cookie") == std::string::npos);
        CPPUNIT_ASSERT(head.find("X-B: 2\r\n") != std::string::npos);
    }
    void describesRoutes() {
        sdk::RouteSpec spec;
        spec.path = "/api/v1/likes/{id}/pass";
        spec.method = sdk::Method::kPost;
        spec.summary = "Passes.";
        spec.parameters = sdk::Schema::object({{"id", sdk::Schema::id()}});
        spec.body_kind = sdk::BodyKind::kJson;
        spec.body = sdk::Schema::object({{"note", sdk::Schema::string().optional()}});
        spec.responses = {409};
        const sdk::Json document = describeApi("linkup", "1", {{"match", spec}});
        const sdk::Json& operation = document["paths"]["/api/v1/likes/{id}/pass"]["post"];
        CPPUNIT_ASSERT_EQUAL(std::string("3.1.0"), document["openapi"].asString());
        CPPUNIT_ASSERT_EQUAL(std::string("path"), operation["parameters"].items().at(0)["in"].asString());
        CPPUNIT_ASSERT(operation["parameters"].items().at(0)["required"].asBool());
        CPPUNIT_ASSERT(operation["requestBody"]["content"]["application/json"].contains("example"));
        CPPUNIT_ASSERT_EQUAL(std::string("post_api_v1_likes_id_pass"), operation["operationId"].asString());
        for (const char* status : {"200", "401", "409", "413", "422", "503"})
            CPPUNIT_ASSERT(operation["responses"].contains(status));
        CPPUNIT_ASSERT(operation.contains("security"));
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(UriTest);

class DeadlineWheelTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DeadlineWheelTest);
    CPPUNIT_TEST(tellsAtTheDeadlineAndNotBefore);
    CPPUNIT_TEST(followsDeadlinesThatMove);
    CPPUNIT_TEST(remembersDeadlinesBeyondOneRound);
    CPPUNIT_TEST(bearsChangesWhileTelling);
    CPPUNIT_TEST(survivesALongPause);
    CPPUNIT_TEST_SUITE_END();

    struct Probe final : Timed {
        void onDeadline(SteadyTime now) noexcept override {
            told.push_back(now);
            if (then) then();
        }
        std::vector<SteadyTime> told;
        std::function<void()> then;
    };

public:
    void tellsAtTheDeadlineAndNotBefore() {
        Probe probe;
        wheel_.set(probe, start_ + 300ms);
        run(299ms);
        CPPUNIT_ASSERT(probe.told.empty());
        run(300ms + 2 * DeadlineWheel::kTick);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, probe.told.size());
        run(5s);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, probe.told.size());
    }
    void followsDeadlinesThatMove() {
        Probe later;
        Probe earlier;
        Probe never;
        wheel_.set(later, start_ + 200ms);
        wheel_.set(later, start_ + 2s);
        wheel_.set(earlier, start_ + 10s);
        wheel_.set(earlier, start_ + 1s);
        wheel_.set(never, start_ + 100ms);
        wheel_.clear(never);
        run(1900ms);
        CPPUNIT_ASSERT(later.told.empty() && never.told.empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, earlier.told.size());
        run(2200ms);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, later.told.size());
    }
    void remembersDeadlinesBeyondOneRound() {
        Probe probe;
        wheel_.set(probe, start_ + 200s);
        run(199s);
        CPPUNIT_ASSERT(probe.told.empty());
        run(201s);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, probe.told.size());
    }
    void bearsChangesWhileTelling() {
        Probe again;
        auto doomed = std::make_unique<Probe>();
        auto victim = std::make_unique<Probe>();
        again.then = [&] {
            if (again.told.size() == 1) wheel_.set(again, start_ + 1s);
        };
        doomed->then = [&] { victim.reset(); };
        victim->then = [&] { doomed.reset(); };
        for (Probe* probe : {&again, doomed.get(), victim.get()}) wheel_.set(*probe, start_ + 100ms);
        run(500ms);
        CPPUNIT_ASSERT(doomed == nullptr || victim == nullptr);
        run(1200ms);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, again.told.size());
    }
    void survivesALongPause() {
        Probe probe;
        wheel_.set(probe, start_ + 1s);
        wheel_.advance(start_ + 10h);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, probe.told.size());
    }

private:
    void run(std::chrono::milliseconds until) {
        for (; now_ < start_ + until; now_ += 25ms) wheel_.advance(now_);
        wheel_.advance(start_ + until);
    }
    SteadyTime start_{1h};
    SteadyTime now_ = start_;
    DeadlineWheel wheel_{start_};
};
CPPUNIT_TEST_SUITE_REGISTRATION(DeadlineWheelTest);

class OutboxTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(OutboxTest);
    CPPUNIT_TEST(keepsOrder);
    CPPUNIT_TEST(keepsOnlyTheLastOfAKey);
    CPPUNIT_TEST(dropsDroppableFramesFirst);
    CPPUNIT_TEST(isFullWhenNothingCanBeDropped);
    CPPUNIT_TEST_SUITE_END();

public:
    void keepsOrder() {
        push("a");
        push("b");
        CPPUNIT_ASSERT_EQUAL(std::string("ab"), drained());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, outbox_.bytes());
    }
    void keepsOnlyTheLastOfAKey() {
        sdk::SendOptions typing;
        typing.coalesce_key = "typing";
        push("1", typing);
        push("m");
        push("2", typing);
        CPPUNIT_ASSERT_EQUAL(std::string("m2"), drained());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lost_.size());
    }
    void dropsDroppableFramesFirst() {
        sdk::SendOptions droppable;
        droppable.droppable = true;
        push(std::string(400, 't'), droppable);
        CPPUNIT_ASSERT(push(std::string(400, 'm')) == SocketOutbox::Verdict::kQueued);
        CPPUNIT_ASSERT(push(std::string(200, 'n')) == SocketOutbox::Verdict::kQueued);
        CPPUNIT_ASSERT(push(std::string(300, 'u'), droppable) == SocketOutbox::Verdict::kDropped);
        CPPUNIT_ASSERT_EQUAL(std::string(400, 'm') + std::string(200, 'n'), drained());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lost_.size());
    }
    void isFullWhenNothingCanBeDropped() {
        push(std::string(800, 'm'));
        CPPUNIT_ASSERT(push(std::string(200, 'n')) == SocketOutbox::Verdict::kFull);
    }

private:
    SocketOutbox::Verdict push(const std::string& text, sdk::SendOptions options = {}) {
        return outbox_.push(OutgoingFrame(text, std::move(options)), lost_);
    }
    std::string drained() {
        std::string all;
        while (auto frame = outbox_.pop()) all += frame->text;
        return all;
    }
    SocketOutbox outbox_{1000};
    std::vector<OutgoingFrame> lost_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(OutboxTest);

class WorkerPoolTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(WorkerPoolTest);
    CPPUNIT_TEST(refusesWhenFullAndTakesAgainAfterwards);
    CPPUNIT_TEST(doesWhatIsQueuedBeforeItStops);
    CPPUNIT_TEST(logsWhatWorkThrowsAndGoesOn);
    CPPUNIT_TEST(takesSubmittedWorkEvenWhenFull);
    CPPUNIT_TEST(refusesASecondPoolOfOneName);
    CPPUNIT_TEST(closesAGateOnlyWhenAllHaveLeft);
    CPPUNIT_TEST_SUITE_END();

public:
    void refusesWhenFullAndTakesAgainAfterwards() {
        test::Barrier barrier;
        WorkerPool pool("p", 1, 2, log_, metrics_);
        CPPUNIT_ASSERT(pool.post([&] { barrier.wait(); }));
        CPPUNIT_ASSERT(test::waitFor([&] { return barrier.waiting() == 1; }));
        std::atomic<int> done{0};
        CPPUNIT_ASSERT(pool.post([&] { ++done; }) && pool.post([&] { ++done; }));
        CPPUNIT_ASSERT(pool.full());
        CPPUNIT_ASSERT(!pool.post([&] { ++done; }));
        CPPUNIT_ASSERT_EQUAL(2.0, metrics_.value("pool_depth", {{"pool", "p"}}));
        CPPUNIT_ASSERT_EQUAL(1.0, metrics_.value("pool_refused_total", {{"pool", "p"}}));
        barrier.open();
        CPPUNIT_ASSERT(test::waitFor([&] { return done == 2; }));
        CPPUNIT_ASSERT(pool.post([&] { ++done; }));
        CPPUNIT_ASSERT(test::waitFor([&] { return done == 3; }));
    }
    void doesWhatIsQueuedBeforeItStops() {
        std::atomic<int> done{0};
        WorkerPool pool("p", 2, 1000, log_, metrics_);
        for (int i = 0; i < 1000; ++i) CPPUNIT_ASSERT(pool.post([&] { ++done; }));
        pool.stop();
        CPPUNIT_ASSERT_EQUAL(1000, done.load());
        CPPUNIT_ASSERT(!pool.post([&] { ++done; }));
    }
    void logsWhatWorkThrowsAndGoesOn() {
        WorkerPool pool("p", 1, 10, log_, metrics_);
        std::atomic<bool> done{false};
        CPPUNIT_ASSERT(pool.post([] { throw std::runtime_error("no luck"); }));
        CPPUNIT_ASSERT(pool.post([&] { done = true; }));
        CPPUNIT_ASSERT(test::waitFor([&] { return done.load(); }));
        CPPUNIT_ASSERT(log_.mentions("no luck"));
    }
    void takesSubmittedWorkEvenWhenFull() {
        struct Probe final : Work {
            void run() noexcept override { ran = true; }
            std::atomic<bool> ran{false};
        };
        test::Barrier barrier;
        Probe probe;
        Probe late;
        WorkerPool pool("p", 1, 1, log_, metrics_);
        CPPUNIT_ASSERT(pool.post([&] { barrier.wait(); }));
        CPPUNIT_ASSERT(test::waitFor([&] { return barrier.waiting() == 1; }));
        CPPUNIT_ASSERT(pool.post([] {}));
        pool.submit(probe);
        barrier.open();
        CPPUNIT_ASSERT(test::waitFor([&] { return probe.ran.load(); }));
        pool.stop();
        pool.submit(late);
        CPPUNIT_ASSERT(late.ran);
    }
    void refusesASecondPoolOfOneName() {
        WorkerPools pools(log_, metrics_);
        pools.create("a.b", 1, 1);
        CPPUNIT_ASSERT_THROW(pools.create("a.b", 1, 1), sdk::Error);
        CPPUNIT_ASSERT_THROW(pools.create("c", 0, 1), sdk::Error);
        CPPUNIT_ASSERT(pools.find("a.b") != nullptr);
        pools.remove("a.b");
        CPPUNIT_ASSERT(pools.find("a.b") == nullptr);
        pools.create("a.b", 1, 1);
    }
    void closesAGateOnlyWhenAllHaveLeft() {
        Gate gate;
        std::atomic<bool> closed{false};
        CPPUNIT_ASSERT(gate.enter());
        std::thread closer([&] {
            gate.closeAndWait();
            closed = true;
        });
        CPPUNIT_ASSERT(test::waitFor([&] {
            if (!gate.enter()) return true;
            gate.leave();
            return false;
        }));
        CPPUNIT_ASSERT(!closed);
        gate.leave();
        closer.join();
        CPPUNIT_ASSERT(closed);
    }

private:
    sdk::testing::RecordingLog log_;
    sdk::testing::FakeMetrics metrics_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(WorkerPoolTest);

}  // namespace linkup::daemon
