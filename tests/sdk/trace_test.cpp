#include "linkup/sdk/trace.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <thread>
#include <vector>

using linkup::sdk::TraceContext;
using linkup::sdk::TraceScope;

namespace {

const std::string kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What W3C Trace Context says of its two headers.
class TraceTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TraceTest);
    CPPUNIT_TEST(aHeaderIsReadAndPrintedAsItWas);
    CPPUNIT_TEST(laterVersionsAreReadAsFarAsTheyAreKnown);
    CPPUNIT_TEST(whatBreaksTheRulesIsNoHeader);
    CPPUNIT_TEST(unknownFlagsAreNotPassedOn);
    CPPUNIT_TEST(aListOfStatesIsKeptAsItCame);
    CPPUNIT_TEST(aBrokenStateIsLeftOutAlone);
    CPPUNIT_TEST(scopesNestAndAreOfTheirThreadAlone);
    CPPUNIT_TEST_SUITE_END();

    static std::string stateOf(const std::string& state) {
        const auto trace = TraceContext::parse(kParent, state);
        CPPUNIT_ASSERT(trace.has_value());
        return trace->state;
    }

public:
    void aHeaderIsReadAndPrintedAsItWas() {
        const auto trace = TraceContext::parse(kParent);
        CPPUNIT_ASSERT(trace.has_value() && trace->valid());
        CPPUNIT_ASSERT_EQUAL(std::string("4bf92f3577b34da6a3ce929d0e0e4736"), trace->traceId());
        CPPUNIT_ASSERT_EQUAL(std::string("00f067aa0ba902b7"), trace->spanId());
        CPPUNIT_ASSERT_EQUAL(1, int{trace->flags});
        CPPUNIT_ASSERT_EQUAL(kParent, trace->traceparent());
        CPPUNIT_ASSERT(!TraceContext().valid());
    }

    void laterVersionsAreReadAsFarAsTheyAreKnown() {
        for (const char* more : {"", "-", "-what-will-be"}) {
            const auto trace = TraceContext::parse("cc" + kParent.substr(2) + more);
            CPPUNIT_ASSERT_MESSAGE(more, trace.has_value());
            CPPUNIT_ASSERT_EQUAL(kParent, trace->traceparent());
        }
        CPPUNIT_ASSERT(!TraceContext::parse("cc" + kParent.substr(2) + ".more"));
    }

    void whatBreaksTheRulesIsNoHeader() {
        const std::string ids = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
        const std::string zeros(32, '0');
        for (const std::string& wrong : std::vector<std::string>{
                 std::string(), std::string("00"), kParent.substr(1), kParent.substr(0, 54), kParent + "-",
                 kParent + "0", "ff-" + ids + "-01", "0g-" + ids + "-01", "00-" + ids + "-0G",
                 "00_" + ids + "-01", "00-" + zeros + "-00f067aa0ba902b7-01",
                 "00-4bf92f3577b34da6a3ce929d0e0e4736-" + zeros.substr(16) + "-01",
                 std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01"),
                 " " + kParent.substr(1), "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
                 "00-4bf92f3577b34da6a3ce929d0e0e473 -00f067aa0ba902b7-01"}) {
            CPPUNIT_ASSERT_MESSAGE(wrong, !TraceContext::parse(wrong).has_value());
        }
    }

    void unknownFlagsAreNotPassedOn() {
        const auto trace = TraceContext::parse(kParent.substr(0, 53) + "ff");
        CPPUNIT_ASSERT_EQUAL(kParent.substr(0, 53) + "03", trace.value().traceparent());
    }

    void aListOfStatesIsKeptAsItCame() {
        const std::string longest = std::string("a") + std::string(255, 'b') + "=" + std::string(255, 'c');
        for (const std::string& state : std::vector<std::string>{
                 std::string("rojo=00f067aa0ba902b7"), std::string("a=1,b=2 , ,c=3"),
                 std::string("1tenant@sys-tem=x y"), std::string("a*/_-=!\"#$%&'()~"), longest}) {
            CPPUNIT_ASSERT_EQUAL(state, stateOf(state));
        }
    }

    void aBrokenStateIsLeftOutAlone() {
        std::string many;
        for (int i = 0; i < 33; ++i) many += "a" + std::to_string(i) + "=1,";
        for (const std::string& wrong : std::vector<std::string>{
                 std::string("a"), std::string("=1"), std::string("a="), std::string("A=1"),
                 std::string("1a=1"), std::string("a@1=1"), std::string("a@=1"), std::string("a=1=2"),
                 std::string("a=\x01"), std::string("a=\xc3\xa4"), std::string(","), many,
                 "a=" + std::string(257, 'x'), "a" + std::string(256, 'b') + "=1",
                 "a=" + std::string(250, 'x') + ",b=" + std::string(250, 'x') +
                     ",c=" + std::string(20, 'x')}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(wrong, std::string(), stateOf(wrong));
        }
    }

    void scopesNestAndAreOfTheirThreadAlone() {
        const auto outer = TraceContext::parse(kParent).value();
        TraceContext inner = outer;
        inner.span = 7;
        CPPUNIT_ASSERT(!TraceScope::current().valid());
        {
            const TraceScope one(outer);
            {
                const TraceScope two(inner);
                CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, TraceScope::current().span);
            }
            CPPUNIT_ASSERT_EQUAL(outer.span, TraceScope::current().span);
            bool seen = true;
            std::thread([&] { seen = TraceScope::current().valid(); }).join();
            CPPUNIT_ASSERT(!seen);
        }
        CPPUNIT_ASSERT(!TraceScope::current().valid());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TraceTest);

}  // namespace
