#include <cppunit/extensions/HelperMacros.h>

#include "daemon/plugins/registration_book.h"
#include "daemon/plugins/registration_set.h"
#include "daemon/plugins/service_registry.h"
#include "linkup/sdk/error.h"

using namespace linkup;
using namespace linkup::daemon;

namespace {

class RegistrationTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RegistrationTest);
    CPPUNIT_TEST(setUndoesInReverse);
    CPPUNIT_TEST(bookRefusesTheSecondAndNamesBoth);
    CPPUNIT_TEST(bookFreesAPlaceWhenItsHandleGoes);
    CPPUNIT_TEST(namesOfParametersMakeNoOtherRoute);
    CPPUNIT_TEST(serviceIsFoundUntilItsHandleGoes);
    CPPUNIT_TEST_SUITE_END();

    void setUndoesInReverse() {
        std::string order;
        {
            RegistrationSet set;
            for (const char step : {'a', 'b', 'c'}) {
                set.add(undoneBy([&order, step]() noexcept { order += step; }));
            }
            CPPUNIT_ASSERT_EQUAL(std::size_t{3}, set.size());
        }
        CPPUNIT_ASSERT_EQUAL(std::string("cba"), order);
    }

    void bookRefusesTheSecondAndNamesBoth() {
        RegistrationBook book;
        const auto first = book.claim(RegistrationKind::kSocket, "/ws", {"plugin chat", "/ws", ""});
        const auto other_kind = book.claim(RegistrationKind::kService, "/ws", {"plugin chat", "/ws", ""});
        try {
            const auto second = book.claim(RegistrationKind::kSocket, "/ws", {"plugin lobby", "/ws", ""});
            CPPUNIT_FAIL("not refused");
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT(error.code() == sdk::ErrorCode::kConflict);
            CPPUNIT_ASSERT_EQUAL(
                std::string("socket /ws of plugin lobby is already registered by plugin chat"),
                std::string(error.what()));
        }
    }

    void bookFreesAPlaceWhenItsHandleGoes() {
        RegistrationBook book;
        { const auto first = book.claim(RegistrationKind::kTask, "t", {"plugin a", "t", ""}); }
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, book.size());
        const auto second = book.claim(RegistrationKind::kTask, "t", {"plugin b", "t", ""});
        CPPUNIT_ASSERT_EQUAL(std::string("plugin b"), book.list(RegistrationKind::kTask).at(0).owner);
    }

    void namesOfParametersMakeNoOtherRoute() {
        CPPUNIT_ASSERT_EQUAL(routeKey("GET", "/a/{x}/b/{y}"), routeKey("GET", "/a/{id}/b/{other}"));
        CPPUNIT_ASSERT(routeKey("GET", "/a/{x}") != routeKey("POST", "/a/{x}"));
        CPPUNIT_ASSERT(routeKey("GET", "/a/{x}") != routeKey("GET", "/a/x"));
    }

    void serviceIsFoundUntilItsHandleGoes() {
        ServiceRegistry services;
        int service = 0;
        {
            const auto handle = services.provide("x/1", &service);
            CPPUNIT_ASSERT(services.find("x/1") == &service);
            CPPUNIT_ASSERT(services.find("x/2") == nullptr);
        }
        CPPUNIT_ASSERT(services.find("x/1") == nullptr);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RegistrationTest);

}  // namespace
