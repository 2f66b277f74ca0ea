#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <optional>

#include "daemon/gateway/http_route.h"
#include "daemon/gateway/router.h"
#include "linkup/sdk/error.h"
#include "linkup/sdk/testing/fake_metrics.h"

namespace {
std::atomic<long> allocations{0};
}  // namespace

// Counts, so that a test can prove that a lookup allocates nothing.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace linkup::daemon {

class RouterTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RouterTest);
    CPPUNIT_TEST(findsFixedPathsBeforeParameters);
    CPPUNIT_TEST(goesBackToTheParameterWhenTheFixedWayEndsNowhere);
    CPPUNIT_TEST(givesParametersInOrder);
    CPPUNIT_TEST(comparesDecodedSegments);
    CPPUNIT_TEST(neverTakesAnEscapedSlashIntoAParameter);
    CPPUNIT_TEST(neverTakesAnEmptySegment);
    CPPUNIT_TEST(knowsAPathButForItsSlash);
    CPPUNIT_TEST(givesTheTailAllThatIsLeft);
    CPPUNIT_TEST(listsAllowedMethods);
    CPPUNIT_TEST(refusesDuplicatesNamingBothOwners);
    CPPUNIT_TEST(forgetsWhatWasRemoved);
    CPPUNIT_TEST(keepsSnapshotsWhole);
    CPPUNIT_TEST(refusesPathsThatMakeNoSense);
    CPPUNIT_TEST(looksUpWithoutAllocating);
    CPPUNIT_TEST_SUITE_END();

public:
    void findsFixedPathsBeforeParameters() {
        add("/likes/received");
        add("/likes/{id}");
        CPPUNIT_ASSERT_EQUAL(std::string("/likes/received"), found("/likes/received"));
        CPPUNIT_ASSERT_EQUAL(std::string("/likes/{id}"), found("/likes/7"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/likes"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/likes/7/x"));
    }
    void goesBackToTheParameterWhenTheFixedWayEndsNowhere() {
        add("/likes/received/all");
        add("/likes/{id}/pass");
        CPPUNIT_ASSERT_EQUAL(std::string("/likes/{id}/pass"), found("/likes/received/pass"));
    }
    void givesParametersInOrder() {
        add("/media/{sig}/{exp}/{src}");
        const auto match = router_.snapshot()->find("/media/a/exp:1/c%20d");
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, match.count);
        CPPUNIT_ASSERT(match.values[0] == "a" && match.values[1] == "exp:1" && match.values[2] == "c%20d");
    }
    void comparesDecodedSegments() {
        add("/api/me");
        CPPUNIT_ASSERT_EQUAL(std::string("/api/me"), found("/%61pi/m%65"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/api%2Fme"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/api/m%6"));
    }
    void neverTakesAnEscapedSlashIntoAParameter() {
        add("/search/{query}");
        CPPUNIT_ASSERT_EQUAL(std::string("/search/{query}"), found("/search/a%20b"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/search/a%2Fb"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/search/%2f"));
    }
    void neverTakesAnEmptySegment() {
        add("/a/{id}/b");
        add("/");
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/a//b"));
        CPPUNIT_ASSERT_EQUAL(std::string("/"), found("/"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("//"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found(""));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("*"));
    }
    void knowsAPathButForItsSlash() {
        add("/a/{id}");
        CPPUNIT_ASSERT(router_.snapshot()->isKnownWithSlash("/a/1/"));
        CPPUNIT_ASSERT(!router_.snapshot()->isKnownWithSlash("/a/1"));
        CPPUNIT_ASSERT(!router_.snapshot()->isKnownWithSlash("/a/1//"));
        CPPUNIT_ASSERT(!router_.snapshot()->isKnownWithSlash("/b/"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/a/1/"));
    }
    void givesTheTailAllThatIsLeft() {
        add("/static/{file*}");
        add("/static/x");
        CPPUNIT_ASSERT_EQUAL(std::string("/static/{file*}"), found("/static/css/a.css"));
        CPPUNIT_ASSERT(router_.snapshot()->find("/static/css/a.css").values[0] == "css/a.css");
        CPPUNIT_ASSERT_EQUAL(std::string("/static/x"), found("/static/x"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/static"));
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/static/..%2fetc"));
    }
    void listsAllowedMethods() {
        add("/a", {Verb::kDelete});
        add("/a", {Verb::kGet, Verb::kHead});
        CPPUNIT_ASSERT_EQUAL(std::string("GET, HEAD, DELETE"),
                             router_.snapshot()->find("/a").endpoint->allow);
    }
    void refusesDuplicatesNamingBothOwners() {
        add("/a/{x}", {Verb::kGet}, "auth");
        add("/a/{x}", {Verb::kPost}, "match");
        try {
            add("/a/{y}", {Verb::kGet}, "chat");
            CPPUNIT_FAIL("a duplicate was taken");
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT(error.code() == sdk::ErrorCode::kConflict);
            CPPUNIT_ASSERT_EQUAL(std::string("GET /a/{y} of 'chat' is taken by 'auth' as /a/{x}"),
                                 std::string(error.what()));
        }
        CPPUNIT_ASSERT_EQUAL(std::string("/a/{x}"), found("/a/1"));
    }
    void forgetsWhatWasRemoved() {
        const auto number = add("/a");
        add("/b");
        const auto version = router_.version();
        router_.remove(number);
        CPPUNIT_ASSERT(router_.version() != version);
        CPPUNIT_ASSERT_EQUAL(std::string(), found("/a"));
        CPPUNIT_ASSERT_EQUAL(std::string("/b"), found("/b"));
        add("/a");
        CPPUNIT_ASSERT_EQUAL(std::string("/a"), found("/a"));
    }
    void keepsSnapshotsWhole() {
        const auto number = add("/a");
        const auto before = router_.snapshot();
        router_.remove(number);
        CPPUNIT_ASSERT(before->find("/a").endpoint != nullptr);
    }
    void refusesPathsThatMakeNoSense() {
        for (const char* path : {"", "a", "/a/", "//a", "/a{b}", "/{a}/{a}", "/{a*}/b", "/a?b", "/%61"}) {
            try {
                add(path);
                CPPUNIT_FAIL(std::string("taken: ") + path);
            } catch (const sdk::Error& error) {
                CPPUNIT_ASSERT(error.code() == sdk::ErrorCode::kInvalidArgument);
            }
        }
    }
    void looksUpWithoutAllocating() {
        add("/api/v1/likes/{liker}/pass");
        add("/api/v1/likes/received");
        const auto tree = router_.snapshot();
        const long before = allocations;
        const auto match = tree->find("/api/v1/likes/%31/pass");
        const bool nowhere = tree->find("/api/v1/likes/1/pas").endpoint == nullptr;
        const long after = allocations;
        CPPUNIT_ASSERT_EQUAL(before, after);
        CPPUNIT_ASSERT(match.endpoint != nullptr && nowhere);
    }

private:
    std::uint64_t add(const std::string& path, std::vector<Verb> verbs = {Verb::kGet},
                      const std::string& owner = "test") {
        sdk::RouteSpec spec;
        spec.path = path;
        auto route =
            path.empty() || path[0] != '/' || path.find("//") != std::string::npos
                ? nullptr
                : std::make_shared<HttpRoute>(owner, spec, nullptr, nullptr, metrics_.histogram("h", "", {}));
        return router_.add({owner, path, std::move(verbs), std::move(route), nullptr});
    }
    std::string found(std::string_view path) const {
        const auto tree = router_.snapshot();
        const auto match = tree->find(path);
        if (match.endpoint == nullptr) return {};
        return match.endpoint->route(Verb::kGet)->spec.path;
    }

    sdk::testing::FakeMetrics metrics_;
    Router router_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(RouterTest);

}  // namespace linkup::daemon
