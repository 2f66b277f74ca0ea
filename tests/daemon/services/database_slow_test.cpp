// How an operator finds the request behind a statement, run against SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>

#include "database_suite_fixture.h"
#include "linkup/sdk/trace.h"

using namespace linkup;
using namespace linkup::test;
using namespace std::chrono_literals;

namespace {

// Many milliseconds of both.
constexpr std::string_view kSlow =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT count(*) FROM n";

const sdk::TraceContext& someTrace() {
    static const auto trace =
        sdk::TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
    return trace;
}

class DatabaseSlowTest : public DatabaseSuite {
    CPPUNIT_TEST_SUITE(DatabaseSlowTest);
    CPPUNIT_TEST(aStatementBeyondTheLimitIsLogged);
    CPPUNIT_TEST(theLimitCanBeSetWhileItRuns);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

private:
    void aStatementBeyondTheLimitIsLogged() {
        auto settings = settingsFor(url_);
        settings.slow_statement = 1ms;
        open(settings);
        query(kSlow);
        CPPUNIT_ASSERT(log_.contains("a database statement was slow ms="));
        CPPUNIT_ASSERT(log_.contains("sql=\"WITH RECURSIVE n(i)"));
        if (!isPostgresql()) return;
        database_->read([&](sdk::Connection& connection) {
            const auto backend = connection.execute("SELECT pg_backend_pid()").integer(0, 0);
            CPPUNIT_ASSERT(log_.contains("backend=" + std::to_string(backend) + " sql="));
        });
    }

    void theLimitCanBeSetWhileItRuns() {
        auto settings = settingsFor(url_);
        settings.slow_statement = 0ms;
        open(settings);
        query(kSlow);
        CPPUNIT_ASSERT(!log_.contains("slow"));
        settings.slow_statement.set(10min);
        query(kSlow);
        CPPUNIT_ASSERT(!log_.contains("slow"));
        settings.slow_statement.set(1ms);
        execute(kSlow);
        CPPUNIT_ASSERT(log_.contains("a database statement was slow"));
    }
};

class SqliteDatabaseSlowTest : public DatabaseSlowTest {
    CPPUNIT_TEST_SUB_SUITE(SqliteDatabaseSlowTest, DatabaseSlowTest);
    CPPUNIT_TEST_SUITE_END();
    DatabaseSource& source() override { return source_; }
    SqliteSource source_;
};

class PostgresqlDatabaseSlowTest : public DatabaseSlowTest {
    CPPUNIT_TEST_SUB_SUITE(PostgresqlDatabaseSlowTest, DatabaseSlowTest);
    CPPUNIT_TEST(aTransactionShowsItsTraceIfAsked);
    CPPUNIT_TEST(whatIsShownEndsWithTheTransaction);
    CPPUNIT_TEST_SUITE_END();

    DatabaseSource& source() override { return source_; }

    static std::string shownBy(sdk::Connection& connection) {
        return std::string(connection
                               .execute("SELECT application_name FROM pg_stat_activity "
                                        "WHERE pid = pg_backend_pid()")
                               .text(0, 0));
    }

    void aTransactionShowsItsTraceIfAsked() {
        auto settings = settingsFor(url_);
        open(settings);
        const sdk::TraceScope scope(someTrace());
        const auto in_transaction = [&] {
            std::string shown;
            database_->transaction([&](sdk::Connection& connection) { shown = shownBy(connection); });
            return shown;
        };
        CPPUNIT_ASSERT_EQUAL(std::string("linkupd"), in_transaction());
        settings.show_trace.set(true);
        const std::uint64_t prepared = database_->statistics().prepared;
        CPPUNIT_ASSERT_EQUAL(std::string("linkupd 4bf92f3577b34da6a3ce929d0e0e4736/00f067aa0ba902b7"),
                             in_transaction());
        CPPUNIT_ASSERT_EQUAL(prepared, database_->statistics().prepared);
    }

    void whatIsShownEndsWithTheTransaction() {
        auto settings = settingsFor(url_);
        settings.sessions = 1;
        settings.show_trace = true;
        open(settings);
        {
            const sdk::TraceScope scope(someTrace());
            execute("SELECT 1");
        }
        database_->read([&](sdk::Connection& connection) {
            CPPUNIT_ASSERT_EQUAL(std::string("linkupd"), shownBy(connection));
        });
        database_->transaction([&](sdk::Connection& connection) {
            CPPUNIT_ASSERT_EQUAL(std::string("linkupd"), shownBy(connection));
        });
    }

    PostgresqlSource source_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteDatabaseSlowTest);
CPPUNIT_TEST_SUITE_REGISTRATION(PostgresqlDatabaseSlowTest);

}  // namespace
