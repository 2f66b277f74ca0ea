#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <thread>
#include <vector>

#include "linkup/sdk/testing/fake_host.h"
#include "linkup/sdk/testing/sqlite_database.h"

using namespace linkup::sdk;
using linkup::sdk::testing::FakeHost;
using linkup::sdk::testing::SqliteDatabase;

namespace {

const std::vector<Migration> kSchema = {
    {1, "create things",
     "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, size DOUBLE PRECISION);"
     "CREATE TABLE parts (thing BIGINT NOT NULL REFERENCES things (id))",
     ""},
    {2, "add flags", "ALTER TABLE things ADD COLUMN flag BOOLEAN", ""}};

/// The test kit's database does what the host's does.
class SqliteDatabaseTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SqliteDatabaseTest);
    CPPUNIT_TEST(whatWasCommittedIsRead);
    CPPUNIT_TEST(placeholdersAreTakenByNumber);
    CPPUNIT_TEST(aWrongNumberOfValuesIsRefused);
    CPPUNIT_TEST(aThrowingTransactionLeavesNothingAndRunsNoActions);
    CPPUNIT_TEST(actionsRunAfterTheCommitOutsideTheTransaction);
    CPPUNIT_TEST(aLostRaceRunsTheWorkAgain);
    CPPUNIT_TEST(constraintsHaveTheirErrorCodes);
    CPPUNIT_TEST(aReadCannotWrite);
    CPPUNIT_TEST(nestingIsRefusedInsteadOfWaitingForEver);
    CPPUNIT_TEST(migrationsWithAGapAreRefused);
    CPPUNIT_TEST(aTextWithANulIsRefusedAsInProduction);
    CPPUNIT_TEST(threadsTakeTurns);
    CPPUNIT_TEST(aHostUsesIt);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        database_ = std::make_unique<SqliteDatabase>();
        database_->migrate(kSchema);
    }

    void whatWasCommittedIsRead() {
        database_->transaction([](Connection& connection) {
            const Rows rows =
                connection.execute("INSERT INTO things (id, name, size, flag) VALUES ($1, $2, $3, $4)",
                                   {std::int64_t{5'000'000'000}, std::string("é"), 1.5, true});
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rows.affected());
        });
        database_->read([](Connection& connection) {
            const Rows rows = connection.execute("SELECT id, name, size, flag, NULL FROM things");
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rows.size());
            CPPUNIT_ASSERT_EQUAL(std::int64_t{5'000'000'000}, rows.integer(0, 0));
            CPPUNIT_ASSERT_EQUAL(std::string("é"), rows.text(0, 1));
            CPPUNIT_ASSERT_EQUAL(1.5, rows.real(0, 2));
            CPPUNIT_ASSERT(rows.boolean(0, 3));
            CPPUNIT_ASSERT(rows.isNull(0, 4));
        });
    }

    void placeholdersAreTakenByNumber() {
        database_->read([](Connection& connection) {
            const Rows rows = connection.execute("SELECT $2, $1, $2", {std::int64_t{1}, std::int64_t{2}});
            CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, rows.integer(0, 0));
            CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, rows.integer(0, 1));
            CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, rows.integer(0, 2));
        });
    }

    void aWrongNumberOfValuesIsRefused() {
        const std::string few = refusal(ErrorCode::kInternal, [](Connection& connection) {
            connection.execute("SELECT $1, $2", {std::int64_t{1}});
        });
        CPPUNIT_ASSERT_EQUAL(std::string("the placeholders are not $1 to $n: SELECT $1, $2"), few);
        const std::string many = refusal(ErrorCode::kInternal, [](Connection& connection) {
            connection.execute("SELECT $1", {std::int64_t{1}, std::int64_t{2}});
        });
        CPPUNIT_ASSERT_EQUAL(std::string("a value is not used: SELECT $1"), many);
    }

    void aThrowingTransactionLeavesNothingAndRunsNoActions() {
        bool ran = false;
        CPPUNIT_ASSERT_THROW(database_->transaction([&](Connection& connection) {
            insert(connection, 1, "one");
            connection.afterCommit([&] { ran = true; });
            throw std::runtime_error("no");
        }),
                             std::runtime_error);
        CPPUNIT_ASSERT(!ran);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, count());
    }

    void actionsRunAfterTheCommitOutsideTheTransaction() {
        std::int64_t seen = 0;
        database_->transaction([&](Connection& connection) {
            insert(connection, 1, "one");
            connection.afterCommit([] { throw std::runtime_error("is logged by a host"); });
            connection.afterCommit([&] { seen = count(); });
        });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, seen);
    }

    void aLostRaceRunsTheWorkAgain() {
        database_->failNextCommit(Error(ErrorCode::kSerialization, "lost"));
        int runs = 0;
        database_->transaction([&](Connection& connection) {
            ++runs;
            insert(connection, 1, "one");
        });
        CPPUNIT_ASSERT_EQUAL(2, runs);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count());

        database_->failNextCommit(Error(ErrorCode::kInDoubt, "who knows"));
        refusal(ErrorCode::kInDoubt, [](Connection& connection) { insert(connection, 2, "two"); });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count());
    }

    void constraintsHaveTheirErrorCodes() {
        database_->transaction([](Connection& connection) { insert(connection, 1, "one"); });
        refusal(ErrorCode::kUniqueViolation, [](Connection& connection) { insert(connection, 1, "two"); });
        refusal(ErrorCode::kUniqueViolation, [](Connection& connection) { insert(connection, 2, "one"); });
        refusal(ErrorCode::kForeignKeyViolation,
                [](Connection& connection) { connection.execute("INSERT INTO parts (thing) VALUES (9)"); });
        const std::string said = refusal(
            ErrorCode::kInternal, [](Connection& connection) { connection.execute("SELECT * FROM others"); });
        CPPUNIT_ASSERT_EQUAL(std::string("no such table: others: SELECT * FROM others"), said);
    }

    void aReadCannotWrite() {
        CPPUNIT_ASSERT_THROW(database_->read([](Connection& connection) { insert(connection, 1, "one"); }),
                             Error);
        database_->transaction([](Connection& connection) { insert(connection, 1, "one"); });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count());
    }

    void nestingIsRefusedInsteadOfWaitingForEver() {
        const std::string said = refusal(ErrorCode::kInternal, [this](Connection&) { count(); });
        CPPUNIT_ASSERT_EQUAL(std::string("A read or transaction was begun inside another one"), said);
    }

    void migrationsWithAGapAreRefused() {
        SqliteDatabase fresh;
        try {
            fresh.migrate({kSchema[0], {3, "third", "SELECT 1", ""}});
        } catch (const Error& error) {
            CPPUNIT_ASSERT_EQUAL(std::string("migration 3 (third): versions must be 1, 2, 3 … without a gap; "
                                             "expected version 2"),
                                 std::string(error.what()));
            return;
        }
        CPPUNIT_FAIL("a gap was taken");
    }

    void aTextWithANulIsRefusedAsInProduction() {
        refusal(ErrorCode::kInternal,
                [](Connection& connection) { insert(connection, 1, std::string("a\0b", 3)); });
    }

    void threadsTakeTurns() {
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([this, thread] {
                for (int i = 0; i < 50; ++i) {
                    const int id = thread * 100 + i;
                    database_->transaction(
                        [id](Connection& connection) { insert(connection, id, std::to_string(id)); });
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{200}, count());
    }

    void aHostUsesIt() {
        FakeHost host(*database_);
        host.database().transaction([](Connection& connection) { insert(connection, 1, "one"); });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count());
    }

private:
    static void insert(Connection& connection, std::int64_t id, const std::string& name) {
        connection.execute("INSERT INTO things (id, name) VALUES ($1, $2)", {id, name});
    }
    std::int64_t count() {
        return linkup::sdk::read(*database_, [](Connection& connection) {
            return connection.execute("SELECT count(*) FROM things").integer(0, 0);
        });
    }
    /// Runs it in a transaction that has to fail with the code; returns what the error says.
    std::string refusal(ErrorCode code, const std::function<void(Connection&)>& work) {
        try {
            database_->transaction(work);
        } catch (const Error& error) {
            CPPUNIT_ASSERT_EQUAL(std::string(toString(code)), std::string(toString(error.code())));
            return error.what();
        }
        CPPUNIT_FAIL("nothing was refused");
        return {};
    }

    std::unique_ptr<SqliteDatabase> database_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteDatabaseTest);

}  // namespace
