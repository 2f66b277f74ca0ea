#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "gateway_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;
using sdk::Request;
using sdk::Response;

/// How the gateway sees that it has too much to do.
class OverloadTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(OverloadTest);
    CPPUNIT_TEST(aStuckIoThreadShowsAsLagUntilItComesBack);
    CPPUNIT_TEST(workThatNobodyTakesGetsOlder);
    CPPUNIT_TEST_SUITE_END();

public:
    void aStuckIoThreadShowsAsLagUntilItComesBack() {
        TestGateway server;
        Barrier barrier;
        server.handles.push_back(server.gateway.addPage("/stuck",
                                                        [&](const Request&) {
                                                            barrier.wait();
                                                            return Response{};
                                                        },
                                                        {.on_io_thread = true}));
        RawConnection client(server.url());
        client.send("GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n");
        CPPUNIT_ASSERT(waitFor([&] { return server.gateway.loopLag() > 400ms; }));
        barrier.open();
        CPPUNIT_ASSERT(waitFor([&] { return server.gateway.loopLag() < 200ms; }));
        CPPUNIT_ASSERT(client.receiveUntil("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    }

    void workThatNobodyTakesGetsOlder() {
        TestGateway server;
        daemon::WorkerPool& pool = server.pools.create("slow", 1, 8);
        CPPUNIT_ASSERT(pool.age() == 0ns);
        Barrier barrier;
        CPPUNIT_ASSERT(pool.post([&] { barrier.wait(); }));
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        CPPUNIT_ASSERT_MESSAGE("what runs waits no more", pool.age() == 0ns);
        CPPUNIT_ASSERT(pool.post([] {}));
        CPPUNIT_ASSERT(waitFor([&] { return pool.age() > 100ms; }));
        barrier.open();
        CPPUNIT_ASSERT(waitFor([&] { return pool.age() == 0ns; }));
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(OverloadTest);

}  // namespace linkup::test
