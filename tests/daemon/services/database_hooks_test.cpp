// What a guarded handler of a hook writes counts as a whole or not at all, and the publisher's transaction
// goes on: run against SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>

#include <future>
#include <stdexcept>

#include "daemon/plugins/hook_registry.h"
#include "database_suite_fixture.h"

using namespace linkup;
using namespace linkup::test;
using namespace std::chrono_literals;
using sdk::Connection;
using sdk::ErrorCode;

namespace {

class DatabaseHooksTest : public DatabaseSuite {
    CPPUNIT_TEST_SUITE(DatabaseHooksTest);
    CPPUNIT_TEST(whatAHandlerWroteIsStored);
    CPPUNIT_TEST(brokenHandlersWritesAreUndoneAndThePublishersStay);
    CPPUNIT_TEST(failedStatementOfAHandlerDoesNotEndTheTransaction);
    CPPUNIT_TEST(swallowedFailureCountsAsAFailure);
    CPPUNIT_TEST(lateHandlersWritesAreUndone);
    CPPUNIT_TEST(handlerInsideAHandlerIsUndoneAlone);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

    daemon::HookRegistry hooks_;

    static sdk::HookSpec spec(std::string event, std::chrono::milliseconds budget) {
        sdk::HookSpec result;
        result.event = std::move(event);
        result.budget = budget;
        result.on_failure = sdk::HookFailure::kOpen;
        return result;
    }

    static void put(Connection& connection, std::int64_t id) {
        connection.execute("INSERT INTO v (id) VALUES ($1)", {id});
    }

    /// Publishes between two rows of its own, and says which rows are there in the end.
    std::string publish() {
        database_->transaction([&](Connection& connection) {
            sdk::Json payload;
            put(connection, 1);
            CPPUNIT_ASSERT(!hooks_.run("e", connection, payload).veto);
            put(connection, 2);
        });
        std::string ids;
        const auto rows = query("SELECT id FROM v ORDER BY id");
        for (std::size_t i = 0; i < rows.size(); ++i) ids += std::to_string(rows.integer(i, 0)) + " ";
        return ids;
    }

    void makeTable() { script("CREATE TABLE v (id INTEGER PRIMARY KEY)"); }

    void whatAHandlerWroteIsStored() {
        makeTable();
        const auto handle = hooks_.add("a", spec("e", 60s), [](Connection& connection, sdk::Json&) {
            put(connection, 10);
            return sdk::HookVerdict::pass();
        });
        CPPUNIT_ASSERT_EQUAL(std::string("1 2 10 "), publish());
    }

    void brokenHandlersWritesAreUndoneAndThePublishersStay() {
        makeTable();
        const auto handle =
            hooks_.add("a", spec("e", 0ms), [](Connection& connection, sdk::Json&) -> sdk::HookVerdict {
                put(connection, 10);
                throw std::runtime_error("broken");
            });
        CPPUNIT_ASSERT_EQUAL(std::string("1 2 "), publish());
    }

    void failedStatementOfAHandlerDoesNotEndTheTransaction() {
        makeTable();
        const auto handle = hooks_.add("a", spec("e", 60s), [](Connection& connection, sdk::Json&) {
            put(connection, 10);
            put(connection, 1);  // is there already
            return sdk::HookVerdict::pass();
        });
        CPPUNIT_ASSERT_EQUAL(std::string("1 2 "), publish());
    }

    void swallowedFailureCountsAsAFailure() {
        makeTable();
        const auto handle = hooks_.add("a", spec("e", 0ms), [](Connection& connection, sdk::Json&) {
            put(connection, 10);
            try {
                put(connection, 1);
            } catch (const sdk::Error&) {
                // as if it did not matter
            }
            return sdk::HookVerdict::pass();
        });
        CPPUNIT_ASSERT_EQUAL(std::string("1 2 "), publish());
    }

    void lateHandlersWritesAreUndone() {
        makeTable();
        std::promise<void> release;
        const auto released = release.get_future().share();
        auto handle = hooks_.add("a", spec("e", 250ms), [released](Connection& connection, sdk::Json&) {
            put(connection, 10);
            released.wait();
            put(connection, 11);
            return sdk::HookVerdict::pass();
        });
        CPPUNIT_ASSERT_EQUAL(std::string("1 2 "), publish());
        release.set_value();
        handle.reset();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, query("SELECT count(*) FROM v").integer(0, 0));
    }

    void handlerInsideAHandlerIsUndoneAlone() {
        makeTable();
        const auto inner = hooks_.add("a", spec("inner", 60s), [](Connection& connection, sdk::Json&) {
            put(connection, 11);
            put(connection, 1);
            return sdk::HookVerdict::pass();
        });
        const auto outer = hooks_.add("a", spec("e", 60s), [&](Connection& connection, sdk::Json& payload) {
            put(connection, 10);
            return hooks_.run("inner", connection, payload);
        });
        CPPUNIT_ASSERT_EQUAL(std::string("1 2 10 "), publish());
    }
};

class SqliteHooksTest final : public DatabaseHooksTest {
    CPPUNIT_TEST_SUB_SUITE(SqliteHooksTest, DatabaseHooksTest);
    CPPUNIT_TEST_SUITE_END();
    DatabaseSource& source() override { return source_; }
    SqliteSource source_;
};

class PostgresqlHooksTest final : public DatabaseHooksTest {
    CPPUNIT_TEST_SUB_SUITE(PostgresqlHooksTest, DatabaseHooksTest);
    CPPUNIT_TEST_SUITE_END();
    DatabaseSource& source() override { return source_; }
    PostgresqlSource source_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteHooksTest);
CPPUNIT_TEST_SUITE_REGISTRATION(PostgresqlHooksTest);

}  // namespace
