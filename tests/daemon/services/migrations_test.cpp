// What Migrator promises, run against SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>

#include <thread>

#include "daemon/services/migrations.h"
#include "database_fixture.h"

using namespace linkup;
using namespace linkup::test;
using daemon::Migrator;
using sdk::Connection;
using sdk::ErrorCode;
using sdk::Migration;

namespace {

Migration same(int version, std::string title, std::string sql) {
    return {version, std::move(title), sql, sql};
}

const std::vector<Migration> kTwo{
    same(1, "people",
         "CREATE TABLE people (id BIGINT PRIMARY KEY); CREATE INDEX people_by_id ON people (id);"),
    same(2, "names", "ALTER TABLE people ADD COLUMN name TEXT; INSERT INTO people VALUES (1, 'first');"),
};

class MigrationsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MigrationsTest);
    CPPUNIT_TEST(appliesAllInOrderAndRecordsThem);
    CPPUNIT_TEST(secondRunChangesNothing);
    CPPUNIT_TEST(newMigrationIsAppliedOnTop);
    CPPUNIT_TEST(ownersAreApart);
    CPPUNIT_TEST(pendingNamesWhatIsMissingAndChangesNothing);
    CPPUNIT_TEST(changedTextIsRefused);
    CPPUNIT_TEST(gapInTheListIsRefused);
    CPPUNIT_TEST(gapInTheDatabaseIsRefused);
    CPPUNIT_TEST(schemaNewerThanTheProgramIsRefused);
    CPPUNIT_TEST(failingMigrationLeavesNothingButThoseBefore);
    CPPUNIT_TEST(failedMigrationCanBeCorrected);
    CPPUNIT_TEST(semicolonsInStringsCommentsAndBodiesDoNotSplit);
    CPPUNIT_TEST(fourNodesAtOnceApplyEachOnce);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void setUp() override {
        url_ = source().newUrl();
        database_ = daemon::openDatabase(settingsFor(url_), log_);
    }

    void tearDown() override { database_.reset(); }

protected:
    virtual DatabaseSource& source() = 0;

private:
    std::vector<int> apply(std::string_view owner, const std::vector<Migration>& migrations) {
        return Migrator(*database_, log_).apply(owner, migrations);
    }

    std::string refusal(std::string_view owner, const std::vector<Migration>& migrations, ErrorCode code) {
        try {
            apply(owner, migrations);
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT(error.code() == code);
            return error.what();
        }
        CPPUNIT_FAIL("not refused");
        return {};
    }

    std::int64_t number(std::string_view sql) {
        return sdk::read(*database_, [&](Connection& c) { return c.execute(sql).integer(0, 0); });
    }

    static void assertContains(const std::string& part, const std::string& text) {
        CPPUNIT_ASSERT_MESSAGE("'" + part + "' is not in: " + text, text.find(part) != std::string::npos);
    }

    void appliesAllInOrderAndRecordsThem() {
        CPPUNIT_ASSERT(apply("auth", kTwo) == (std::vector{1, 2}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, number("SELECT count(*) FROM people WHERE name = 'first'"));
        const auto rows = sdk::read(*database_, [](Connection& c) {
            return c.execute(
                "SELECT owner, version, title, applied_at FROM linkup_migrations ORDER BY version");
        });
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rows.size());
        CPPUNIT_ASSERT_EQUAL(std::string("auth"), rows.text(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::string("names"), rows.text(1, 2));
        CPPUNIT_ASSERT(rows.time(0, 3) <= rows.time(1, 3));
    }

    void secondRunChangesNothing() {
        apply("auth", kTwo);
        CPPUNIT_ASSERT(apply("auth", kTwo).empty());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, number("SELECT count(*) FROM people"));
    }

    void newMigrationIsAppliedOnTop() {
        apply("auth", kTwo);
        auto three = kTwo;
        three.push_back(same(3, "more", "INSERT INTO people VALUES (2, 'second')"));
        CPPUNIT_ASSERT(apply("auth", three) == (std::vector{3}));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, number("SELECT count(*) FROM people"));
    }

    void ownersAreApart() {
        apply("auth", kTwo);
        CPPUNIT_ASSERT(apply("match", {same(1, "likes", "CREATE TABLE likes (a BIGINT)")}) ==
                       (std::vector{1}));
        CPPUNIT_ASSERT(apply("auth", kTwo).empty());
    }

    void pendingNamesWhatIsMissingAndChangesNothing() {
        Migrator migrator(*database_, log_);
        CPPUNIT_ASSERT(migrator.pending("auth", kTwo) == (std::vector{1, 2}));
        CPPUNIT_ASSERT(migrator.pending("auth", kTwo) == (std::vector{1, 2}));
        apply("auth", {kTwo[0]});
        CPPUNIT_ASSERT(migrator.pending("auth", kTwo) == (std::vector{2}));
        apply("auth", kTwo);
        CPPUNIT_ASSERT(migrator.pending("auth", kTwo).empty());
    }

    void changedTextIsRefused() {
        apply("auth", kTwo);
        auto changed = kTwo;
        changed[0].sqlite += " -- harmless";
        changed[0].postgresql += " -- harmless";
        changed.push_back(same(3, "more", "INSERT INTO people VALUES (2, 'second')"));
        const std::string message = refusal("auth", changed, ErrorCode::kConflict);
        assertContains("auth migration 1 (people)", message);
        assertContains("another text", message);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, number("SELECT count(*) FROM people"));
    }

    void gapInTheListIsRefused() {
        const std::string message =
            refusal("auth", {kTwo[0], same(3, "three", "SELECT 1")}, ErrorCode::kConflict);
        assertContains("auth migration 3 (three)", message);
        assertContains("expected version 2", message);
        CPPUNIT_ASSERT(Migrator(*database_, log_).pending("auth", kTwo).size() == 2);
    }

    void gapInTheDatabaseIsRefused() {
        apply("auth", kTwo);
        database_->transaction(
            [](Connection& c) { c.execute("DELETE FROM linkup_migrations WHERE version = 1"); });
        assertContains("gap", refusal("auth", kTwo, ErrorCode::kConflict));
    }

    void schemaNewerThanTheProgramIsRefused() {
        apply("auth", kTwo);
        const std::string message = refusal("auth", {kTwo[0]}, ErrorCode::kConflict);
        assertContains("auth migration 2 (names)", message);
        assertContains("newer than the program", message);
    }

    void failingMigrationLeavesNothingButThoseBefore() {
        auto failing = kTwo;
        failing.push_back(
            same(3, "broken", "CREATE TABLE half (id BIGINT); INSERT INTO nowhere VALUES (1);"));
        assertContains("auth migration 3 (broken)", refusal("auth", failing, ErrorCode::kInternal));
        CPPUNIT_ASSERT(log_.contains("nowhere"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, number("SELECT count(*) FROM linkup_migrations"));
        CPPUNIT_ASSERT(codeOf([&] { number("SELECT count(*) FROM half"); }) == ErrorCode::kInternal);
    }

    void failedMigrationCanBeCorrected() {
        auto migrations = kTwo;
        migrations.push_back(
            same(3, "broken", "CREATE TABLE half (id BIGINT); INSERT INTO nowhere VALUES (1);"));
        refusal("auth", migrations, ErrorCode::kInternal);
        migrations.back() = same(3, "mended", "CREATE TABLE half (id BIGINT)");
        CPPUNIT_ASSERT(apply("auth", migrations) == (std::vector{3}));
    }

    void semicolonsInStringsCommentsAndBodiesDoNotSplit() {
        const std::string common =
            "-- one; two\n/* three; four */\nCREATE TABLE t (id BIGINT, s TEXT DEFAULT 'a;''b;');\n;\n"
            "INSERT INTO t (id) VALUES (1);\n";
        const Migration migration{
            1, "bodies",
            common +
                "CREATE TRIGGER grow AFTER INSERT ON t WHEN new.id = 5 BEGIN\n"
                "  INSERT INTO t (id) VALUES (50); INSERT INTO t (id) VALUES (51);\nEND;\n"
                "INSERT INTO t (id) VALUES (5); -- end; ",
            common +
                "CREATE FUNCTION grow() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN\n"
                "  IF new.id = 5 THEN INSERT INTO t (id) VALUES (50); INSERT INTO t (id) VALUES (51); END "
                "IF;\n"
                "  RETURN new; END $body$;\n"
                "CREATE TRIGGER grow AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION grow();\n"
                "INSERT INTO t (id) VALUES (5); -- end; "};
        apply("auth", {migration});
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, number("SELECT count(*) FROM t WHERE s = 'a;''b;'"));
    }

    void fourNodesAtOnceApplyEachOnce() {
        std::vector<Migration> migrations{same(1, "log", "CREATE TABLE applied (version BIGINT)")};
        for (int version = 2; version <= 8; ++version) {
            migrations.push_back(
                same(version, "step", "INSERT INTO applied VALUES (" + std::to_string(version) + ")"));
        }
        std::vector<std::thread> nodes;
        std::atomic<int> failures{0};
        std::atomic<int> applied{0};
        std::atomic<int> ready{0};
        for (int i = 0; i < 4; ++i) {
            nodes.emplace_back([&] {
                try {
                    const auto database = daemon::openDatabase(settingsFor(url_), log_);
                    ++ready;
                    if (!waitFor([&] { return ready == 4; }))
                        throw std::runtime_error("others are not ready");
                    applied += static_cast<int>(Migrator(*database, log_).apply("auth", migrations).size());
                } catch (const std::exception&) {
                    ++failures;
                }
            });
        }
        for (auto& node : nodes) node.join();
        CPPUNIT_ASSERT_EQUAL(0, failures.load());
        CPPUNIT_ASSERT_EQUAL(8, applied.load());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, number("SELECT count(*) FROM applied"));
    }

    RecordingLog log_;
    std::string url_;
    std::unique_ptr<daemon::PooledDatabase> database_;
};

class SqliteMigrationsTest final : public MigrationsTest {
    CPPUNIT_TEST_SUB_SUITE(SqliteMigrationsTest, MigrationsTest);
    CPPUNIT_TEST_SUITE_END();

    DatabaseSource& source() override { return source_; }
    SqliteSource source_;
};

class PostgresqlMigrationsTest final : public MigrationsTest {
    CPPUNIT_TEST_SUB_SUITE(PostgresqlMigrationsTest, MigrationsTest);
    CPPUNIT_TEST_SUITE_END();

    DatabaseSource& source() override { return source_; }
    PostgresqlSource source_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteMigrationsTest);
CPPUNIT_TEST_SUITE_REGISTRATION(PostgresqlMigrationsTest);

}  // namespace
