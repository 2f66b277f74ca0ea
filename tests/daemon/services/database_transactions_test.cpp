// What Database promises of transactions and of its pool, run against SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "database_suite_fixture.h"

using namespace linkup;
using namespace linkup::test;
using sdk::Connection;
using sdk::ErrorCode;
using sdk::Rows;
using sdk::SqlValue;

namespace {

class DatabaseTransactionsTest : public DatabaseSuite {
    CPPUNIT_TEST_SUITE(DatabaseTransactionsTest);
    CPPUNIT_TEST(transactionRollsBackWhenTheWorkThrows);
    CPPUNIT_TEST(swallowedFailureStillFailsTheTransaction);
    CPPUNIT_TEST(firstStatementThatFailsRollsBackAndTheSessionGoesOn);
    CPPUNIT_TEST(firstStatementIsInsideTheTransaction);
    CPPUNIT_TEST(transactionWithoutStatementsCommits);
    CPPUNIT_TEST(transactionInsideATransactionIsRefused);
    CPPUNIT_TEST(statementAloneIsCommitted);
    CPPUNIT_TEST(statementAloneThatFailsLeavesTheSessionUsable);
    CPPUNIT_TEST(statementAloneInsideATransactionIsRefused);
    CPPUNIT_TEST(statementsTogetherAreOneTransaction);
    CPPUNIT_TEST(whatTheFirstOfSeveralStatementsWaitsForTheNextOneSees);
    CPPUNIT_TEST(afterCommitRunsInOrderOutsideTheTransaction);
    CPPUNIT_TEST(afterCommitIsDroppedByARollback);
    CPPUNIT_TEST(afterCommitInAReadRunsWhenItEnds);
    CPPUNIT_TEST(throwingActionIsLoggedAndOthersRun);
    CPPUNIT_TEST(lostRaceRunsAgain);
    CPPUNIT_TEST(lostRaceGivesUpAfterFiveRetries);
    CPPUNIT_TEST(concurrentIncrementsAllCount);
    CPPUNIT_TEST(exhaustedPoolRefusesInTime);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

private:
    void transactionRollsBackWhenTheWorkThrows() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        CPPUNIT_ASSERT_THROW(database_->transaction([](Connection& connection) {
            connection.execute("INSERT INTO v (id) VALUES (1)");
            throw std::runtime_error("changed my mind");
        }),
                             std::runtime_error);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, query("SELECT count(*) FROM v").integer(0, 0));
    }

    void swallowedFailureStillFailsTheTransaction() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        const ErrorCode code = codeOf([&] {
            database_->transaction([](Connection& connection) {
                connection.execute("INSERT INTO v (id) VALUES (1)");
                try {
                    connection.execute("INSERT INTO v (id) VALUES (1)");
                } catch (const sdk::Error&) {
                    // as if it did not matter
                }
            });
        });
        CPPUNIT_ASSERT(code == ErrorCode::kUniqueViolation);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, query("SELECT count(*) FROM v").integer(0, 0));
    }

    void firstStatementThatFailsRollsBackAndTheSessionGoesOn() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        execute("INSERT INTO v (id) VALUES (1)");
        for (int round = 0; round < 3; ++round) {
            const ErrorCode code = codeOf([&] {
                database_->transaction(
                    [](Connection& connection) { connection.execute("INSERT INTO v (id) VALUES (1)"); });
            });
            CPPUNIT_ASSERT(code == ErrorCode::kUniqueViolation);
            database_->transaction([&](Connection& connection) {
                connection.execute("INSERT INTO v (id) VALUES ($1)", {std::int64_t{round} + 2});
            });
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, query("SELECT count(*) FROM v").integer(0, 0));
    }

    void firstStatementIsInsideTheTransaction() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        for (const bool fails : {true, false}) {
            try {
                database_->transaction([&](Connection& connection) {
                    const Rows rows =
                        connection.execute("INSERT INTO v (id) VALUES ($1) RETURNING id", {std::int64_t{7}});
                    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, rows.integer(0, 0));
                    if (fails) throw std::runtime_error("changed my mind");
                });
            } catch (const std::runtime_error&) {
                CPPUNIT_ASSERT(fails);
            }
            CPPUNIT_ASSERT_EQUAL(std::int64_t{fails ? 0 : 1}, query("SELECT count(*) FROM v").integer(0, 0));
        }
    }

    void transactionWithoutStatementsCommits() {
        bool committed = false;
        database_->transaction(
            [&](Connection& connection) { connection.afterCommit([&] { committed = true; }); });
        CPPUNIT_ASSERT(committed);
        CPPUNIT_ASSERT_THROW(database_->transaction([](Connection&) { throw std::runtime_error("none"); }),
                             std::runtime_error);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, query("SELECT 1").integer(0, 0));
    }

    Rows insertAlone(std::int64_t id) {
        return database_->executeAlone("INSERT INTO v (id) VALUES ($1) RETURNING id",
                                       std::array<SqlValue, 1>{id});
    }

    void statementAloneIsCommitted() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, insertAlone(7).integer(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, query("SELECT count(*) FROM v").integer(0, 0));
    }

    void statementAloneThatFailsLeavesTheSessionUsable() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        insertAlone(7);
        CPPUNIT_ASSERT(codeOf([&] { insertAlone(7); }) == ErrorCode::kUniqueViolation);
        database_->transaction(
            [](Connection& connection) { connection.execute("INSERT INTO v VALUES (8)"); });
        insertAlone(9);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, query("SELECT count(*) FROM v").integer(0, 0));
    }

    void statementAloneInsideATransactionIsRefused() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        const ErrorCode code = codeOf([&] { database_->transaction([&](Connection&) { insertAlone(1); }); });
        CPPUNIT_ASSERT(code == ErrorCode::kInternal);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, query("SELECT count(*) FROM v").integer(0, 0));
    }

    void statementsTogetherAreOneTransaction() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        const std::array<SqlValue, 1> seven{std::int64_t{7}};
        const std::array<SqlValue, 1> eight{std::int64_t{8}};
        const char* const insert = "INSERT INTO v (id) VALUES ($1) RETURNING id";
        const std::array<sdk::Statement, 3> twice{{{insert, seven}, {insert, eight}, {insert, seven}}};
        CPPUNIT_ASSERT(codeOf([&] { database_->executeTogether(twice); }) == ErrorCode::kUniqueViolation);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, query("SELECT count(*) FROM v").integer(0, 0));
        const std::array<sdk::Statement, 2> once{{{insert, seven}, {insert, eight}}};
        CPPUNIT_ASSERT_EQUAL(std::int64_t{8}, database_->executeTogether(once).integer(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, query("SELECT count(*) FROM v").integer(0, 0));
        CPPUNIT_ASSERT(database_->executeTogether({}).empty());
    }

    void whatTheFirstOfSeveralStatementsWaitsForTheNextOneSees() {
        script(
            "CREATE TABLE v (id INTEGER PRIMARY KEY); INSERT INTO v VALUES (7); CREATE TABLE w (n INTEGER)");
        std::promise<void> locked;
        std::promise<void> waits;
        std::thread other([&] {
            database_->transaction([&](Connection& connection) {
                connection.execute("UPDATE v SET id = id");
                connection.execute("INSERT INTO w VALUES (1)");
                locked.set_value();
                waits.get_future().wait();
            });
        });
        locked.get_future().wait();
        const std::array<sdk::Statement, 2> statements{
            {{"UPDATE v SET id = id", {}}, {"SELECT count(*) FROM w", {}}}};
        auto seen = std::async(std::launch::async,
                               [&] { return database_->executeTogether(statements).integer(0, 0); });
        CPPUNIT_ASSERT(seen.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout);
        waits.set_value();
        other.join();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, seen.get());
    }

    void transactionInsideATransactionIsRefused() {
        const ErrorCode code = codeOf([&] {
            database_->transaction([&](Connection&) { database_->transaction([](Connection&) {}); });
        });
        CPPUNIT_ASSERT(code == ErrorCode::kInternal);
        CPPUNIT_ASSERT(log_.contains("inside another one"));
    }

    void afterCommitRunsInOrderOutsideTheTransaction() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        std::string order;
        database_->transaction([&](Connection& connection) {
            connection.afterCommit(
                [&] { order += std::to_string(query("SELECT count(*) FROM v").integer(0, 0)); });
            connection.afterCommit([&] {
                execute("INSERT INTO v (id) VALUES (2)");
                order += "b";
            });
            connection.execute("INSERT INTO v (id) VALUES (1)");
            order += "work ";
        });
        CPPUNIT_ASSERT_EQUAL(std::string("work 1b"), order);
    }

    void afterCommitIsDroppedByARollback() {
        bool ran = false;
        CPPUNIT_ASSERT_THROW(database_->transaction([&](Connection& connection) {
            connection.afterCommit([&] { ran = true; });
            throw std::runtime_error("no");
        }),
                             std::runtime_error);
        database_->transaction([](Connection&) {});
        CPPUNIT_ASSERT(!ran);
    }

    void afterCommitInAReadRunsWhenItEnds() {
        std::string order;
        database_->read([&](Connection& connection) {
            connection.afterCommit([&] { order += "after"; });
            order += "read ";
        });
        CPPUNIT_ASSERT_EQUAL(std::string("read after"), order);
    }

    void throwingActionIsLoggedAndOthersRun() {
        bool ran = false;
        database_->transaction([&](Connection& connection) {
            connection.afterCommit([] { throw std::runtime_error("tripped"); });
            connection.afterCommit([&] { ran = true; });
        });
        CPPUNIT_ASSERT(ran);
        CPPUNIT_ASSERT(log_.contains("tripped"));
    }

    void lostRaceRunsAgain() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        int runs = 0;
        int actions = 0;
        database_->transaction([&](Connection& connection) {
            ++runs;
            connection.execute("INSERT INTO v (id) VALUES (1)");
            connection.afterCommit([&] { ++actions; });
            if (runs < 3) throw sdk::Error(ErrorCode::kSerialization, "lost");
        });
        CPPUNIT_ASSERT_EQUAL(3, runs);
        CPPUNIT_ASSERT_EQUAL(1, actions);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, query("SELECT count(*) FROM v").integer(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, database_->statistics().retries);
    }

    void lostRaceGivesUpAfterFiveRetries() {
        int runs = 0;
        CPPUNIT_ASSERT(codeOf([&] {
                           database_->transaction([&](Connection&) {
                               ++runs;
                               throw sdk::Error(ErrorCode::kSerialization, "lost");
                           });
                       }) == ErrorCode::kSerialization);
        CPPUNIT_ASSERT_EQUAL(6, runs);
    }

    void concurrentIncrementsAllCount() {
        script(
            "CREATE TABLE v (id INTEGER PRIMARY KEY, n BIGINT NOT NULL); INSERT INTO v (id, n) VALUES (1, "
            "0)");
        std::vector<std::thread> threads;
        std::atomic<int> failures{0};
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 25; ++i) {
                    try {
                        execute("UPDATE v SET n = n + 1 WHERE id = 1");
                    } catch (const std::exception&) {
                        ++failures;
                    }
                }
            });
        }
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(0, failures.load());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{100}, query("SELECT n FROM v").integer(0, 0));
    }

    void exhaustedPoolRefusesInTime() {
        auto settings = settingsFor(url_);
        settings.sessions = 1;
        settings.wait_ms = 100;
        open(settings);
        database_->read([&](Connection&) {
            const auto start = std::chrono::steady_clock::now();
            CPPUNIT_ASSERT(codeOf([&] { query("SELECT 1"); }) == ErrorCode::kUnavailable);
            const auto waited = std::chrono::steady_clock::now() - start;
            CPPUNIT_ASSERT(waited >= std::chrono::milliseconds(100));
            CPPUNIT_ASSERT(waited < std::chrono::seconds(5));
        });
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, database_->statistics().refusals);
        query("SELECT 1");
    }
};

class SqliteDatabaseTransactionsTest final : public DatabaseTransactionsTest {
    CPPUNIT_TEST_SUB_SUITE(SqliteDatabaseTransactionsTest, DatabaseTransactionsTest);
    CPPUNIT_TEST_SUITE_END();

private:
    DatabaseSource& source() override { return source_; }

    SqliteSource source_;
};

class PostgresqlDatabaseTransactionsTest final : public DatabaseTransactionsTest {
    CPPUNIT_TEST_SUB_SUITE(PostgresqlDatabaseTransactionsTest, DatabaseTransactionsTest);
    CPPUNIT_TEST(transactionsAreReadCommitted);
    CPPUNIT_TEST(deadlockedTransactionRunsAgain);
    CPPUNIT_TEST(serializationFailureRunsAgain);
    CPPUNIT_TEST_SUITE_END();

private:
    DatabaseSource& source() override { return source_; }

    void transactionsAreReadCommitted() {
        CPPUNIT_ASSERT_EQUAL(std::string("read committed"), execute("SHOW transaction_isolation").text(0, 0));
    }

    void deadlockedTransactionRunsAgain() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, n BIGINT); INSERT INTO v VALUES (1, 0), (2, 0)");
        std::atomic<int> first_rows_locked{0};
        const auto lockBoth = [&](std::int64_t first, std::int64_t second) {
            int runs = 0;
            database_->transaction([&](Connection& connection) {
                connection.execute("UPDATE v SET n = n + 1 WHERE id = $1", {first});
                if (++runs == 1) {
                    ++first_rows_locked;
                    CPPUNIT_ASSERT(waitFor([&] { return first_rows_locked == 2; }));
                }
                connection.execute("UPDATE v SET n = n + 1 WHERE id = $1", {second});
            });
        };
        std::thread other([&] { lockBoth(2, 1); });
        lockBoth(1, 2);
        other.join();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, query("SELECT CAST(sum(n) AS BIGINT) FROM v").integer(0, 0));
        CPPUNIT_ASSERT(database_->statistics().retries >= 1);
    }

    void serializationFailureRunsAgain() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, n BIGINT); INSERT INTO v VALUES (1, 0)");
        auto settings = settingsFor(url_);
        settings.sessions = 2;
        open(settings);
        constexpr auto isolate = "SET default_transaction_isolation = 'repeatable read'";
        database_->read([&](Connection& one) {
            one.execute(isolate);
            database_->read([&](Connection& other) { other.execute(isolate); });
        });
        int runs = 0;
        database_->transaction([&](Connection& connection) {
            ++runs;
            connection.execute("SELECT n FROM v");
            if (runs == 1) {
                std::thread([&] { execute("UPDATE v SET n = 10 WHERE id = 1"); }).join();
            }
            connection.execute("UPDATE v SET n = n + 1 WHERE id = 1");
        });
        CPPUNIT_ASSERT_EQUAL(2, runs);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{11}, query("SELECT n FROM v").integer(0, 0));
    }

    PostgresqlSource source_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteDatabaseTransactionsTest);
CPPUNIT_TEST_SUITE_REGISTRATION(PostgresqlDatabaseTransactionsTest);

}  // namespace
