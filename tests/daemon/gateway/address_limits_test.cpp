#include "daemon/gateway/address_limits.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "gateway_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;
using daemon::AddressLimits;
using daemon::AddressSettings;
using sdk::Request;
using sdk::Response;

/// What one address may take of what is there for all.
class AddressLimitsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AddressLimitsTest);
    CPPUNIT_TEST(aBucketEmptiesAndFillsAgain);
    CPPUNIT_TEST(oneCustomerOfIpv6IsOneAddress);
    CPPUNIT_TEST(exemptAddressesHaveNoLimit);
    CPPUNIT_TEST(aPlaceIsGivenBackAndForgotten);
    CPPUNIT_TEST(zeroMeansNoLimit);
    CPPUNIT_TEST(rememberedAddressesAreForgottenWhenTheyHaveRested);
    CPPUNIT_TEST(connectionBeyondTheLimitIsClosed);
    CPPUNIT_TEST(requestBeyondTheLimitGets429);
    CPPUNIT_TEST(clientsBehindATrustedProxyAreToldApart);
    CPPUNIT_TEST(socketsBehindATrustedProxyAreCountedByClient);
    CPPUNIT_TEST_SUITE_END();

public:
    void aBucketEmptiesAndFillsAgain() {
        AddressLimits limits({.requests_per_second = 10, .request_burst = 3}, metrics_);
        const auto key = limits.keyOf("192.0.2.1");
        const std::chrono::steady_clock::time_point start{1h};
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(limits.request(key, start) == 0ms);
        CPPUNIT_ASSERT(limits.request(key, start) == 100ms);
        CPPUNIT_ASSERT(limits.request(limits.keyOf("192.0.2.2"), start) == 0ms);
        CPPUNIT_ASSERT(limits.request(key, start + 99ms) == 1ms);
        CPPUNIT_ASSERT(limits.request(key, start + 100ms) == 0ms);
        CPPUNIT_ASSERT(limits.request(key, start + 100ms) == 100ms);
        CPPUNIT_ASSERT_EQUAL(3.0, metrics_.value("address_requests_refused_total"));
    }

    void oneCustomerOfIpv6IsOneAddress() {
        AddressLimits limits({}, metrics_);
        CPPUNIT_ASSERT(limits.keyOf("2001:db8:1:2::1") == limits.keyOf("2001:db8:1:2:ffff::9"));
        CPPUNIT_ASSERT(!(limits.keyOf("2001:db8:1:2::1") == limits.keyOf("2001:db8:1:3::1")));
        CPPUNIT_ASSERT(!(limits.keyOf("192.0.2.1") == limits.keyOf("192.0.2.2")));
    }

    void exemptAddressesHaveNoLimit() {
        AddressLimits limits({.connections = 1, .exempt = {"10.0.0.0/8"}}, metrics_);
        CPPUNIT_ASSERT(!limits.keyOf("10.1.2.3").limited);
        CPPUNIT_ASSERT(limits.keyOf("11.1.2.3").limited);
        CPPUNIT_ASSERT_MESSAGE("no address, no limit", !limits.keyOf("somewhere").limited);
        const auto first = limits.connect(limits.keyOf("10.1.2.3"));
        CPPUNIT_ASSERT(limits.connect(limits.keyOf("10.1.2.3")).has_value());
        CPPUNIT_ASSERT_THROW(AddressLimits({.exempt = {"everybody"}}, metrics_), sdk::Error);
    }

    void aPlaceIsGivenBackAndForgotten() {
        AddressLimits limits({.connections = 1}, metrics_);
        const auto key = limits.keyOf("192.0.2.1");
        {
            auto lease = limits.connect(key);
            CPPUNIT_ASSERT(lease.has_value());
            const AddressLimits::Lease moved = std::move(*lease);
            CPPUNIT_ASSERT(!limits.connect(key).has_value());
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, limits.size());
        CPPUNIT_ASSERT(limits.connect(key).has_value());
    }

    void zeroMeansNoLimit() {
        AddressLimits limits({.connections = 0, .requests_per_second = 0}, metrics_);
        const auto key = limits.keyOf("192.0.2.1");
        const auto first = limits.connect(key);
        CPPUNIT_ASSERT(first.has_value() && limits.connect(key).has_value());
        for (int i = 0; i < 10'000; ++i) CPPUNIT_ASSERT(limits.request(key, {}) == 0ms);
    }

    void rememberedAddressesAreForgottenWhenTheyHaveRested() {
        constexpr std::chrono::steady_clock::time_point kLongAgo(1s);  // the clock begins with the machine
        AddressLimits limits({}, metrics_);
        for (int i = 0; i < 100'000; ++i) {
            const std::string address = "10." + std::to_string(i / 65'536) + "." +
                                        std::to_string(i / 256 % 256) + "." + std::to_string(i % 256);
            CPPUNIT_ASSERT(limits.request(limits.keyOf(address), kLongAgo) == 0ms);
        }
        CPPUNIT_ASSERT(limits.size() <= 16 * 1024);
    }

    void connectionBeyondTheLimitIsClosed() {
        TestGateway server(limitedTo({.connections = 2, .exempt = {}}));
        server.get("/hello", [](const Request&) { return Response{}; });
        RawConnection first(server.url());
        {
            RawConnection second(server.url());
            first.send(kHello);
            second.send(kHello);
            CPPUNIT_ASSERT(second.receiveUntil("\r\n\r\n").starts_with("HTTP/1.1 200 "));
            CPPUNIT_ASSERT(first.receiveUntil("\r\n\r\n").starts_with("HTTP/1.1 200 "));
            RawConnection third(server.url());
            third.receive();
            CPPUNIT_ASSERT(third.closed());
            CPPUNIT_ASSERT_EQUAL(1.0, server.metrics.value("address_connections_refused_total"));
        }
        CPPUNIT_ASSERT_MESSAGE("its place is free again", waitFor([&] {
                                   RawConnection fourth(server.url());
                                   return fourth.send(kHello) &&
                                          fourth.receiveUntil("\r\n\r\n").starts_with("HTTP/1.1 200 ");
                               }));
    }

    void requestBeyondTheLimitGets429() {
        SocketRecorder recorder;
        TestGateway server(limitedTo({.requests_per_second = 0.01, .request_burst = 2, .exempt = {}}));
        server.get("/hello", [](const Request&) { return Response{}; });
        server.socket(saySocket(), recorder);
        server.handles.push_back(server.gateway.addPage("/health", [](const Request&) { return Response{}; },
                                                        {.on_io_thread = true}));
        HttpClient client(server.url());
        for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT_EQUAL(200, client.get("/hello").status);
        const HttpReply reply = client.get("/hello");
        CPPUNIT_ASSERT_EQUAL(429, reply.status);
        CPPUNIT_ASSERT_EQUAL(std::string("Too many requests. Please try again later."), reply.text("detail"));
        CPPUNIT_ASSERT(std::stoi(reply.header("Retry-After")) > 90);
        CPPUNIT_ASSERT_EQUAL(429,
                             SocketClient::handshake(server.url(), "/ws/say", {.bearer = "good-1"}).status);
        CPPUNIT_ASSERT_EQUAL(200, client.get("/health").status);
    }

    void clientsBehindATrustedProxyAreToldApart() {
        auto options = limitedTo({.connections = 1, .requests_per_second = 0.01, .request_burst = 1});
        options.settings.trusted_proxies = {"127.0.0.1"};
        TestGateway server(options);
        server.get("/hello", [](const Request&) { return Response{}; });
        HttpClient proxy(server.url());
        const auto ask = [&](const char* from) {
            return proxy.send("GET", "/hello", "", "", {{"X-Forwarded-For", from}}).status;
        };
        CPPUNIT_ASSERT_EQUAL(200, ask("192.0.2.1"));
        CPPUNIT_ASSERT_EQUAL(429, ask("192.0.2.1"));
        CPPUNIT_ASSERT_EQUAL(200, ask("192.0.2.2"));
        HttpClient more(server.url());
        CPPUNIT_ASSERT_EQUAL(200,
                             more.send("GET", "/hello", "", "", {{"X-Forwarded-For", "192.0.2.3"}}).status);
    }

    void socketsBehindATrustedProxyAreCountedByClient() {
        SocketRecorder recorder;
        auto options = limitedTo({.connections = 1});
        options.settings.trusted_proxies = {"127.0.0.1"};
        TestGateway server(options);
        server.socket(saySocket(), recorder);
        const auto from = [](const char* address) {
            return SocketOptions{.bearer = "good-1", .headers = {{"X-Forwarded-For", address}}};
        };
        {
            SocketClient first(server.url(), "/ws/say", from("192.0.2.1"));
            first.receive();
            CPPUNIT_ASSERT_EQUAL(429,
                                 SocketClient::handshake(server.url(), "/ws/say", from("192.0.2.1")).status);
            SocketClient other(server.url(), "/ws/say", from("192.0.2.2"));
            other.receive();
        }
        // Though the recorder still holds the session of one of them.
        for (const char* address : {"192.0.2.1", "192.0.2.2"}) {
            CPPUNIT_ASSERT(waitFor([&] {
                return SocketClient::handshake(server.url(), "/ws/say", from(address)).status == 101;
            }));
        }
    }

private:
    static constexpr const char* kHello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

    static TestGateway::Options limitedTo(AddressSettings addresses) {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.addresses = std::move(addresses);
        return options;
    }

    sdk::testing::FakeMetrics metrics_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(AddressLimitsTest);

}  // namespace linkup::test
