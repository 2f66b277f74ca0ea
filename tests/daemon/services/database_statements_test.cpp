// How values and statements go through Database, run against SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "database_suite_fixture.h"

using namespace linkup;
using namespace linkup::test;
using sdk::Connection;
using sdk::ErrorCode;
using sdk::Rows;
using sdk::SqlValue;

namespace {

class DatabaseStatementsTest : public DatabaseSuite {
    CPPUNIT_TEST_SUITE(DatabaseStatementsTest);
    CPPUNIT_TEST(valuesOfEveryTypeComeBackAsTheyWere);
    CPPUNIT_TEST(nullsGoIntoColumnsOfAnyType);
    CPPUNIT_TEST(sameStatementTakesAValueThenNullThenAValue);
    CPPUNIT_TEST(expressionsHaveTheirOwnTypeAlsoAfterANull);
    CPPUNIT_TEST(repeatedPlaceholderIsBoundOnce);
    CPPUNIT_TEST(placeholdersMayAppearInAnyOrder);
    CPPUNIT_TEST(placeholderThatIsMissingIsAClearError);
    CPPUNIT_TEST(returningGivesRowsAndTheirNumber);
    CPPUNIT_TEST(affectedCountsWhatWasChangedOnly);
    CPPUNIT_TEST(onConflictUpdatesOrDoesNothing);
    CPPUNIT_TEST(textWithNulIsRefused);
    CPPUNIT_TEST(wrongNumberOfValuesIsAnInternalError);
    CPPUNIT_TEST(uniqueViolationIsTyped);
    CPPUNIT_TEST(foreignKeyViolationIsTyped);
    CPPUNIT_TEST(errorsTellStrangersNothing);
    CPPUNIT_TEST(statementWorksAfterItHasFailed);
    CPPUNIT_TEST(statementIsPreparedOnce);
    CPPUNIT_TEST(equalTextsAtOtherAddressesShareAStatement);
    CPPUNIT_TEST(otherTextAtTheSameAddressIsAnotherStatement);
    CPPUNIT_TEST(slowStatementIsBrokenOff);
    CPPUNIT_TEST(manyRowsAndLongTextsComeBack);
    CPPUNIT_TEST(cacheForgetsTheOldestStatementsFirst);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

private:
    void valuesOfEveryTypeComeBackAsTheyWere() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, b BOOLEAN, i BIGINT, d DOUBLE PRECISION, t TEXT)");
        const std::int64_t least = std::numeric_limits<std::int64_t>::min();
        const std::string text = "Grüße, 'quoted' \"and\" \\ $1 — \xF0\x9F\x92\x9E\nnew line";
        constexpr auto insert = "INSERT INTO v (id, b, i, d, t) VALUES ($1, $2, $3, $4, $5)";
        execute(insert, {std::int64_t{1}, true, std::int64_t{5'000'000'000}, 0.1, text});
        execute(insert, {std::int64_t{2}, false, least, -1.7976931348623157e308, std::string()});
        execute(insert, {std::int64_t{3}, true, std::int64_t{0}, 320.0, std::string("320")});
        const Rows rows = query("SELECT b, i, d, t FROM v ORDER BY id");
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, rows.size());
        CPPUNIT_ASSERT(rows.boolean(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{5'000'000'000}, rows.integer(0, 1));
        CPPUNIT_ASSERT_EQUAL(0.1, rows.real(0, 2));
        CPPUNIT_ASSERT_EQUAL(text, rows.text(0, 3));
        CPPUNIT_ASSERT(!rows.boolean(1, 0));
        CPPUNIT_ASSERT_EQUAL(least, rows.integer(1, 1));
        CPPUNIT_ASSERT_EQUAL(-1.7976931348623157e308, rows.real(1, 2));
        CPPUNIT_ASSERT_EQUAL(std::string(), rows.text(1, 3));
        CPPUNIT_ASSERT(!rows.isNull(1, 3));
        CPPUNIT_ASSERT(std::holds_alternative<double>(rows.value(2, 2)));
        CPPUNIT_ASSERT_EQUAL(std::string("320"), rows.text(2, 3));
    }

    void nullsGoIntoColumnsOfAnyType() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, b BOOLEAN, i BIGINT, d DOUBLE PRECISION, t TEXT)");
        execute("INSERT INTO v (id, b, i, d, t) VALUES ($1, $2, $3, $4, $5)",
                {std::int64_t{1}, nullptr, nullptr, nullptr, nullptr});
        const Rows rows = query("SELECT b, i, d, t FROM v");
        for (std::size_t column = 0; column < 4; ++column) CPPUNIT_ASSERT(rows.isNull(0, column));
        CPPUNIT_ASSERT(!rows.optionalInteger(0, 1));
        CPPUNIT_ASSERT(!rows.optionalText(0, 3));
    }

    void sameStatementTakesAValueThenNullThenAValue() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, t TEXT)");
        constexpr auto insert = "INSERT INTO v (id, t) VALUES ($1, $2)";
        execute(insert, {std::int64_t{1}, std::string("first")});
        execute(insert, {std::int64_t{2}, nullptr});
        execute(insert, {std::int64_t{3}, std::string("third")});
        const Rows rows = query("SELECT t FROM v ORDER BY id");
        CPPUNIT_ASSERT_EQUAL(std::string("first"), rows.text(0, 0));
        CPPUNIT_ASSERT(rows.isNull(1, 0));
        CPPUNIT_ASSERT_EQUAL(std::string("third"), rows.text(2, 0));
    }

    void expressionsHaveTheirOwnTypeAlsoAfterANull() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, i BIGINT, d DOUBLE PRECISION)");
        constexpr auto totals = "SELECT count(*), max(i), sum(i), max(d) FROM v";
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, query(totals).integer(0, 0));
        CPPUNIT_ASSERT(query(totals).isNull(0, 1));
        execute("INSERT INTO v (id, i, d) VALUES ($1, $2, $3)",
                {std::int64_t{1}, std::int64_t{1} << 40, 2.0});
        const Rows rows = query(totals);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, rows.integer(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1} << 40, rows.integer(0, 1));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1} << 40, rows.integer(0, 2));
        CPPUNIT_ASSERT(std::holds_alternative<double>(rows.value(0, 3)));
    }

    void repeatedPlaceholderIsBoundOnce() {
        script("CREATE TABLE likes (a BIGINT, b BIGINT)");
        execute("INSERT INTO likes (a, b) VALUES ($1, $2)", {std::int64_t{1}, std::int64_t{2}});
        const Rows rows = query("SELECT a, b FROM likes WHERE a = $1 OR b = $1 OR a = $2",
                                {std::int64_t{2}, std::int64_t{7}});
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rows.size());
    }

    void placeholdersMayAppearInAnyOrder() {
        script("CREATE TABLE v (id BIGINT PRIMARY KEY, a TEXT, b TEXT)");
        execute("INSERT INTO v (b, id, a) VALUES ($3, $1, $2)",
                {std::int64_t{1}, std::string("second"), std::string("third")});
        const Rows rows = query("SELECT a, b FROM v WHERE b = $2 AND id = $1 AND a <> $2",
                                {std::int64_t{1}, std::string("third")});
        CPPUNIT_ASSERT_EQUAL(std::string("second"), rows.text(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::string("third"), rows.text(0, 1));
        // Kept statements remember it; and beyond nine the numbers are not in the order of the alphabet.
        for (const std::int64_t add : {0, 100}) {
            std::vector<SqlValue> values;
            for (std::int64_t n = 1; n <= 11; ++n) values.emplace_back(n + add);
            const Rows row = sdk::read(*database_, [&](Connection& connection) {
                return connection.execute(
                    "SELECT CAST($11 AS BIGINT), CAST($2 AS BIGINT), CAST($10 AS BIGINT), $11 - $1, "
                    "CAST(0 AS BIGINT) + $3 + $4 + $5 + $6 + $7 + $8 + $9",
                    std::span<const SqlValue>(values));
            });
            CPPUNIT_ASSERT_EQUAL(11 + add, row.integer(0, 0));
            CPPUNIT_ASSERT_EQUAL(2 + add, row.integer(0, 1));
            CPPUNIT_ASSERT_EQUAL(10 + add, row.integer(0, 2));
            CPPUNIT_ASSERT_EQUAL(std::int64_t{10}, row.integer(0, 3));
        }
    }

    void placeholderThatIsMissingIsAClearError() {
        script("CREATE TABLE v (a BIGINT, b BIGINT)");
        constexpr auto gap = "INSERT INTO v (a, b) VALUES ($1, $3)";
        CPPUNIT_ASSERT(codeOf([&] {
                           execute(gap, {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}});
                       }) == ErrorCode::kInternal);
        CPPUNIT_ASSERT(codeOf([&] {
                           execute(gap, {std::int64_t{1}, std::int64_t{2}});
                       }) == ErrorCode::kInternal);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, query("SELECT count(*) FROM v").integer(0, 0));
        CPPUNIT_ASSERT(log_.contains(gap));
    }

    void returningGivesRowsAndTheirNumber() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, n BIGINT NOT NULL)");
        const Rows rows = execute("INSERT INTO v (id, n) VALUES ($1, 10), ($2, 20) RETURNING id, n + 1",
                                  {std::int64_t{1}, std::int64_t{2}});
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rows.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rows.affected());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{21}, rows.integer(1, 1));
    }

    void affectedCountsWhatWasChangedOnly() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, n BIGINT NOT NULL)");
        CPPUNIT_ASSERT_EQUAL(std::size_t{3},
                             execute("INSERT INTO v (id, n) VALUES (1, 1), (2, 1), (3, 2)").affected());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, execute("SELECT id FROM v").affected());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, execute("UPDATE v SET n = 5 WHERE n = 1").affected());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, execute("DELETE FROM v WHERE n = 99").affected());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, execute("DELETE FROM v").affected());
    }

    void onConflictUpdatesOrDoesNothing() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, n BIGINT NOT NULL)");
        constexpr auto upsert =
            "INSERT INTO v (id, n) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET n = v.n + 1 RETURNING n";
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, execute(upsert, {std::int64_t{7}}).integer(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, execute(upsert, {std::int64_t{7}}).integer(0, 0));
        const Rows nothing =
            execute("INSERT INTO v (id, n) VALUES ($1, 1) ON CONFLICT (id) DO NOTHING RETURNING n",
                    {std::int64_t{7}});
        CPPUNIT_ASSERT(nothing.empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, nothing.affected());
    }

    void textWithNulIsRefused() {
        script("CREATE TABLE v (t TEXT)");
        CPPUNIT_ASSERT(codeOf([&] { execute("INSERT INTO v (t) VALUES ($1)", {std::string("a\0b", 3)}); }) ==
                       ErrorCode::kInvalidArgument);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, query("SELECT count(*) FROM v").integer(0, 0));
    }

    void wrongNumberOfValuesIsAnInternalError() {
        script("CREATE TABLE v (a BIGINT, b BIGINT)");
        constexpr auto insert = "INSERT INTO v (a, b) VALUES ($1, $2)";
        CPPUNIT_ASSERT(codeOf([&] { execute(insert, {std::int64_t{1}}); }) == ErrorCode::kInternal);
        CPPUNIT_ASSERT(codeOf([&] {
                           execute(insert, {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}});
                       }) == ErrorCode::kInternal);
        CPPUNIT_ASSERT(log_.contains(insert));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, execute(insert, {std::int64_t{1}, std::int64_t{2}}).affected());
    }

    void uniqueViolationIsTyped() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, email TEXT UNIQUE)");
        constexpr auto insert = "INSERT INTO v (id, email) VALUES ($1, $2)";
        execute(insert, {std::int64_t{1}, std::string("a")});
        CPPUNIT_ASSERT(codeOf([&] {
                           execute(insert, {std::int64_t{1}, std::string("b")});
                       }) == ErrorCode::kUniqueViolation);
        CPPUNIT_ASSERT(codeOf([&] {
                           execute(insert, {std::int64_t{2}, std::string("a")});
                       }) == ErrorCode::kUniqueViolation);
    }

    void foreignKeyViolationIsTyped() {
        script(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER NOT NULL REFERENCES p "
            "(id));");
        CPPUNIT_ASSERT(codeOf([&] { execute("INSERT INTO c (p) VALUES ($1)", {std::int64_t{9}}); }) ==
                       ErrorCode::kForeignKeyViolation);
    }

    void errorsTellStrangersNothing() {
        script("CREATE TABLE v (secret_column TEXT UNIQUE)");
        constexpr auto insert = "INSERT INTO v (secret_column) VALUES ($1)";
        execute(insert, {std::string("secret@example.com")});
        for (const auto* sql : {insert, "INSERT INTO no_such_table VALUES ($1)"}) {
            try {
                execute(sql, {std::string("secret@example.com")});
                CPPUNIT_FAIL("no error");
            } catch (const sdk::Error& error) {
                const std::string message = error.what();
                CPPUNIT_ASSERT(message.find("secret") == std::string::npos);
                CPPUNIT_ASSERT(message.find("no_such_table") == std::string::npos);
            }
        }
        CPPUNIT_ASSERT(log_.contains("no_such_table"));
        CPPUNIT_ASSERT(!log_.contains("secret@example.com"));
    }

    void statementWorksAfterItHasFailed() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        constexpr auto insert = "INSERT INTO v (id) VALUES ($1)";
        execute(insert, {std::int64_t{1}});
        for (int i = 0; i < 3; ++i) {
            CPPUNIT_ASSERT(codeOf([&] { execute(insert, {std::int64_t{1}}); }) ==
                           ErrorCode::kUniqueViolation);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, execute(insert, {std::int64_t{2}}).affected());
    }

    void statementIsPreparedOnce() {
        const auto before = database_->statistics().prepared;
        for (int i = 0; i < 20; ++i) {
            CPPUNIT_ASSERT_EQUAL(std::int64_t{i + 1},
                                 query("SELECT CAST($1 AS BIGINT) + 1", {std::int64_t{i}}).integer(0, 0));
        }
        CPPUNIT_ASSERT_EQUAL(before + 1, database_->statistics().prepared);
    }

    void equalTextsAtOtherAddressesShareAStatement() {
        const auto before = database_->statistics().prepared;
        std::vector<std::string> texts;
        for (int i = 0; i < 5; ++i) texts.emplace_back("SELECT CAST($1 AS BIGINT) * 2");
        for (const auto& text : texts)
            CPPUNIT_ASSERT_EQUAL(std::int64_t{8}, query(text, {std::int64_t{4}}).integer(0, 0));
        CPPUNIT_ASSERT_EQUAL(before + 1, database_->statistics().prepared);
    }

    void otherTextAtTheSameAddressIsAnotherStatement() {
        std::string text = "SELECT CAST($1 AS BIGINT) + 1";
        CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, query(text, {std::int64_t{4}}).integer(0, 0));
        text.back() = '2';
        CPPUNIT_ASSERT_EQUAL(std::int64_t{6}, query(text, {std::int64_t{4}}).integer(0, 0));
    }

    void slowStatementIsBrokenOff() {
        auto settings = settingsFor(url_);
        settings.statement_timeout_ms = 100;
        open(settings);
        const std::string_view slow =
            isPostgresql()
                ? "SELECT 1 FROM pg_sleep(30)"
                : "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
        CPPUNIT_ASSERT(codeOf([&] { query(slow); }) == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, query("SELECT 1").integer(0, 0));
    }

    void manyRowsAndLongTextsComeBack() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY, t TEXT)");
        const std::string text(3000, 'x');
        database_->transaction([&](Connection& connection) {
            for (int i = 0; i < 500; ++i) {
                connection.execute("INSERT INTO v (id, t) VALUES ($1, $2)", {std::int64_t{i}, text});
            }
        });
        for (int i = 0; i < 2; ++i) {
            const Rows rows = query("SELECT id, t FROM v ORDER BY id");
            CPPUNIT_ASSERT_EQUAL(std::size_t{500}, rows.size());
            CPPUNIT_ASSERT_EQUAL(text, rows.text(499, 1));
        }
    }

    void cacheForgetsTheOldestStatementsFirst() {
        constexpr auto often = "SELECT CAST($1 AS BIGINT) - 1";
        for (int i = 0; i < 600; ++i) {
            query("SELECT CAST($1 AS BIGINT) + " + std::to_string(i), {std::int64_t{1}});
            query(often, {std::int64_t{1}});
        }
        const auto before = database_->statistics().prepared;
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{601}, before);
        query("SELECT CAST($1 AS BIGINT) + 599", {std::int64_t{1}});
        query(often, {std::int64_t{1}});
        CPPUNIT_ASSERT_EQUAL(before, database_->statistics().prepared);
        query("SELECT CAST($1 AS BIGINT) + 0", {std::int64_t{1}});
        CPPUNIT_ASSERT_EQUAL(before + 1, database_->statistics().prepared);
    }
};

class SqliteDatabaseStatementsTest final : public DatabaseStatementsTest {
    CPPUNIT_TEST_SUB_SUITE(SqliteDatabaseStatementsTest, DatabaseStatementsTest);
    CPPUNIT_TEST(readCannotWrite);
    CPPUNIT_TEST(fileIsInWalModeAndSynchronous);
    CPPUNIT_TEST(folderOfTheFileIsMade);
    CPPUNIT_TEST_SUITE_END();

private:
    DatabaseSource& source() override { return source_; }

    void readCannotWrite() {
        script("CREATE TABLE v (id INTEGER PRIMARY KEY)");
        CPPUNIT_ASSERT(codeOf([&] { query("INSERT INTO v (id) VALUES (1)"); }) == ErrorCode::kInternal);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, query("SELECT count(*) FROM v").integer(0, 0));
    }

    void fileIsInWalModeAndSynchronous() {
        CPPUNIT_ASSERT_EQUAL(std::string("wal"), query("PRAGMA journal_mode").text(0, 0));
        constexpr std::int64_t kFull = 2;
        CPPUNIT_ASSERT_EQUAL(kFull, execute("PRAGMA synchronous").integer(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, execute("PRAGMA foreign_keys").integer(0, 0));
    }

    void folderOfTheFileIsMade() {
        const TemporaryFolder folder;
        open(settingsFor("sqlite:" + (folder / "a/b/linkup.db").string()));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, query("SELECT 1").integer(0, 0));
    }

    SqliteSource source_;
};

class PostgresqlDatabaseStatementsTest final : public DatabaseStatementsTest {
    CPPUNIT_TEST_SUB_SUITE(PostgresqlDatabaseStatementsTest, DatabaseStatementsTest);
    CPPUNIT_TEST(keptStatementSurvivesAChangeOfItsTable);
    CPPUNIT_TEST(textThatIsNotUtf8IsRefused);
    CPPUNIT_TEST_SUITE_END();

private:
    DatabaseSource& source() override { return source_; }

    void keptStatementSurvivesAChangeOfItsTable() {
        auto settings = settingsFor(url_);
        settings.sessions = 1;
        open(settings);
        script("CREATE TABLE v (id INTEGER PRIMARY KEY); INSERT INTO v VALUES (1)");
        query("SELECT * FROM v");
        script("ALTER TABLE v ADD COLUMN n BIGINT DEFAULT 5");
        CPPUNIT_ASSERT(codeOf([&] { query("SELECT * FROM v"); }) == ErrorCode::kInternal);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, query("SELECT * FROM v").integer(0, 1));
    }

    void textThatIsNotUtf8IsRefused() {
        CPPUNIT_ASSERT(codeOf([&] { query("SELECT CAST($1 AS TEXT)", {std::string("\xff\xfe")}); }) ==
                       ErrorCode::kInvalidArgument);
    }

    PostgresqlSource source_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteDatabaseStatementsTest);
CPPUNIT_TEST_SUITE_REGISTRATION(PostgresqlDatabaseStatementsTest);

}  // namespace
