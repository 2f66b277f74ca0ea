#include <cppunit/extensions/HelperMacros.h>

#include "http_client.h"
#include "linkup_daemon.h"
#include "private_postgres.h"
#include "statement_log.h"

namespace linkup::test {
namespace {

constexpr int kPeople = 3000;
constexpr const char* kDatabase = "plans";

}  // namespace

/// What PostgreSQL reads for the requests of discovery and likes, in a town in which many decided much: as
/// much as the work asks for, whatever the number of people.
class MatchPlansTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MatchPlansTest);
    CPPUNIT_TEST(noStatementReadsInProportionToThePeople);
    CPPUNIT_TEST_SUITE_END();

public:
    void noStatementReadsInProportionToThePeople() {
        PrivatePostgres postgres({.settings = {"shared_preload_libraries=auto_explain", "autovacuum=off"}});
        DaemonOptions options;
        options.settings = {{"database.url", postgres.createDatabase(kDatabase)},
                            {"auth.password.passes", "1"},
                            {"auth.password.memory_bytes", "65536"},
                            {"match.discovery.sample", "100"},
                            {"match.fairness.every_seconds", "86400"}};
        DaemonOptions filling = options;
        filling.arguments = {"--demo", std::to_string(kPeople)};
        const auto filled = LinkupDaemon::runToEnd(std::move(filling));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(filled.output, 0, filled.exitCode);
        fill(postgres);
        const LinkupDaemon daemon(options);

        HttpClient client(daemon.url());
        const auto signed_in = client.postForm(
            "/api/v1/token", {{"username", "demo1@example.com"}, {"password", "Demo-pass1!"}});
        client.setBearer(signed_in.text("access_token"));
        // Often enough for PostgreSQL to settle on a plan for all values.
        for (int i = 0; i < 8; ++i) {
            expectFewRows(postgres, client, "GET", "/api/v1/matches/get-matches?refresh=true");
            expectFewRows(postgres, client, "GET", "/api/v1/matches/get-matches");
            expectFewRows(postgres, client, "GET", "/api/v1/matches/get-connections");
            expectFewRows(postgres, client, "GET", "/api/v1/likes/received");
            expectFewRows(postgres, client, "GET", "/api/v1/likes/unseen-count");
            expectFewRows(postgres, client, "GET", "/api/v1/user/blocked");
            const auto queue = client.get("/api/v1/matches/get-matches");
            expectFewRows(postgres, client, "POST", "/api/v1/swipe/right", "liked_id",
                          queue.text("matches[0].id"));
            expectFewRows(postgres, client, "POST", "/api/v1/swipe/left", "liked_id",
                          queue.text("matches[1].id"));
            expectFewRows(postgres, client, "POST", "/api/v1/user/block", "blocked_user_id",
                          queue.text("matches[2].id"));
            const auto likes = client.get("/api/v1/likes/received");
            expectFewRows(postgres, client, "POST", "/api/v1/likes/" + likes.text("entries[0].id") + "/pass");
        }
    }

private:
    /// Everybody decided on five others, liked by five others; the first person on twenty, liked by as many.
    static void fill(PrivatePostgres& postgres) {
        const std::string people = std::to_string(kPeople);
        postgres.query(
            "INSERT INTO match_likes (liker_id, liked_id, liked, created_at) "
            "SELECT i, 1 + (i + 2 * k * k + 2 * k) % " +
                people + ", k % 2 = 0, 1000 * i + k FROM generate_series(1, " + people +
                ") i, generate_series(1, 5) k;"
                "INSERT INTO match_likes (liker_id, liked_id, liked, created_at) "
                "SELECT 2 * k, 1, TRUE, k FROM generate_series(100, 119) k ON CONFLICT DO NOTHING;"
                "INSERT INTO match_likes (liker_id, liked_id, liked, created_at) "
                "SELECT 1, 2 * k, TRUE, k FROM generate_series(200, 219) k ON CONFLICT DO NOTHING;"
                "INSERT INTO match_likes_given (user_id, given_at, liked_id) "
                "SELECT liker_id, created_at, liked_id FROM match_likes WHERE liked;"
                "INSERT INTO match_bonds (low_id, high_id, state, created_at) "
                "SELECT i, i + 2 * k + 501, CASE WHEN k = 1 THEN 'chat' ELSE 'match' END, i FROM "
                "generate_series(1, " +
                people +
                " - 600) i, generate_series(1, 3) k;"
                "INSERT INTO match_blocks (blocker_id, blocked_id, created_at) "
                "SELECT i, i + 2 * k + 301, i FROM generate_series(1, " +
                people +
                " - 400) i, generate_series(1, 2) k;"
                "INSERT INTO match_exposure (user_id, times_queued) SELECT i, i % 50 FROM "
                "generate_series(1, " +
                people +
                ") i;"
                "INSERT INTO match_members (user_id, decisions) SELECT i, 5 FROM generate_series(1, " +
                people +
                ") i;"
                "INSERT INTO match_positions (user_id, x, y, z) SELECT i, 0, 0, 1 FROM generate_series(1, " +
                people +
                ") i;"
                "INSERT INTO match_cards (user_id, candidate_id, queued) SELECT i, i + 2 * k + 701, k < 3 "
                "FROM generate_series(2, " +
                people + " - 800) i, generate_series(1, 6) k;",
            kDatabase);
        postgres.query("VACUUM ANALYZE", kDatabase);
        for (const auto& [name, value] : planLogSettings()) {
            postgres.query("ALTER DATABASE " + std::string(kDatabase) + " SET " + name + " = '" + value +
                           "'");
        }
    }

    static void expectFewRows(PrivatePostgres& postgres, HttpClient& client, const std::string& method,
                              const std::string& path, const std::string& key = {},
                              const std::string& id = {}) {
        const auto before = postgres.log().size();
        const auto reply = client.send(method, path, key.empty() ? "" : "{\"" + key + "\":" + id + "}",
                                       key.empty() ? "" : "application/json");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
        const auto plans = executedPlans(postgres.log().substr(before));
        CPPUNIT_ASSERT_MESSAGE(path, !plans.empty());
        for (const auto& plan : plans) {
            CPPUNIT_ASSERT_MESSAGE(path + ": " + plan.plan, plan.most_rows <= kPeople / 3);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MatchPlansTest);

}  // namespace linkup::test
