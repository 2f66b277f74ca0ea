#include <cppunit/extensions/HelperMacros.h>

#include "deployment.h"
#include "person.h"
#include "process.h"

namespace linkup::test {
namespace {

/// A plugin that was built when the ABI was 1.0 goes on working in today's host.
class Plugin10Test : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(Plugin10Test);
    CPPUNIT_TEST(checkSaysWhichAbiItWasBuiltWith);
    CPPUNIT_TEST(itServesRequestsAndSocketsAndKeepsWhatItIsTold);
    CPPUNIT_TEST_SUITE_END();

public:
    void checkSaysWhichAbiItWasBuiltWith() {
        const ProcessResult result = run({.command = {LINKUP_PROGRAM, "plugin", "check", LINKUP_PLUGIN_1_0}});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(result.output, 0, result.exitCode);
        CPPUNIT_ASSERT_MESSAGE(result.output, result.output.find("  ABI: 1.0, here ") != std::string::npos);
    }

    void itServesRequestsAndSocketsAndKeepsWhatItIsTold() {
        Deployment deployment(
            Deployment::Kind::kEmbedded,
            {{"plugins.enabled", std::string("auth,") + LINKUP_PLUGIN_1_0}, {"hello.greeting", "Servus"}});
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        CPPUNIT_ASSERT_EQUAL(std::string("Servus, Ada!"),
                             alice.get("/api/v1/hello?name=Ada")->getValue<std::string>("message"));
        CPPUNIT_ASSERT_EQUAL(422, alice.http().get("/api/v1/hello?name=" + std::string(101, 'x')).status);

        const auto socket = alice.open("hello");
        for (int times = 1; times <= 2; ++times) {
            socket->send(R"({"type":"hello","name":"Ada"})");
            const auto reply = socket->receiveType("hello");
            CPPUNIT_ASSERT_EQUAL(std::string("Servus, Ada!"), reply->getValue<std::string>("message"));
            CPPUNIT_ASSERT_EQUAL(times, reply->getValue<int>("times"));
        }
        const std::string metrics = alice.http().get("/metrics").body;
        CPPUNIT_ASSERT_MESSAGE(
            metrics, metrics.find("linkup_hello_greetings_total{via=\"socket\"} 2") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Plugin10Test);

}  // namespace
}  // namespace linkup::test
