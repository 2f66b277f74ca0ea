#include "migrations.h"

#include <Poco/SHA2Engine.h>

#include <algorithm>
#include <chrono>

namespace linkup::daemon {

using sdk::Error;
using sdk::ErrorCode;
using sdk::Migration;

namespace {

std::string checksumOf(const std::string& text) {
    Poco::SHA2Engine sha256;
    sha256.update(text);
    return Poco::DigestEngine::digestToHex(sha256.digest());
}

std::string nameOf(std::string_view owner, int version, std::string_view title) {
    return std::string(owner) + " migration " + std::to_string(version) + " (" + std::string(title) + ")";
}

/// A fault of the plugin's list, found before the database is asked.
void checkList(std::string_view owner, std::span<const Migration> migrations) {
    for (std::size_t i = 0; i < migrations.size(); ++i) {
        const int expected = static_cast<int>(i) + 1;
        if (migrations[i].version != expected) {
            throw Error(ErrorCode::kConflict,
                        nameOf(owner, migrations[i].version, migrations[i].title) +
                            ": versions must be 1, 2, 3 … without a gap; expected version " +
                            std::to_string(expected));
        }
    }
}

}  // namespace

Migrator::Migrator(PooledDatabase& database, sdk::Log& log) : database_(database), log_(log) {}

std::vector<int> Migrator::apply(std::string_view owner, std::span<const Migration> migrations) {
    checkList(owner, migrations);
    if (pending(owner, migrations).empty()) return {};  // the usual start: no lock, no write
    std::vector<int> applied;
    for (;;) {
        std::optional<int> version;
        database_.script(
            [&](ScriptConnection& connection) { version = applyNext(connection, owner, migrations); });
        if (!version) return applied;
        applied.push_back(*version);
        log_.info("migration applied", {{"owner", owner},
                                        {"version", *version},
                                        {"title", migrations[static_cast<std::size_t>(*version) - 1].title}});
    }
}

std::vector<int> Migrator::pending(std::string_view owner, std::span<const Migration> migrations) {
    checkList(owner, migrations);
    std::vector<Applied> applied;
    database_.read([&](sdk::Connection& connection) {
        applied.clear();
        if (tableExists(connection)) applied = readApplied(connection, owner);
    });
    checkHistory(owner, migrations, applied);
    std::vector<int> missing;
    for (std::size_t i = applied.size(); i < migrations.size(); ++i) missing.push_back(migrations[i].version);
    return missing;
}

std::optional<int> Migrator::applyNext(ScriptConnection& connection, std::string_view owner,
                                       std::span<const Migration> migrations) {
    lockAndCreateTable(connection);
    const std::vector<Applied> applied = readApplied(connection, owner);
    checkHistory(owner, migrations, applied);
    if (applied.size() == migrations.size()) return std::nullopt;
    const Migration& next = migrations[applied.size()];
    try {
        connection.runScript(textOf(next));
        insertApplied(connection, owner, next);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kSerialization) throw;
        throw Error(ErrorCode::kInternal,
                    nameOf(owner, next.version, next.title) +
                        " failed and was rolled back; the log has the database's reason");
    }
    return next.version;
}

void Migrator::lockAndCreateTable(ScriptConnection& connection) {
    // SQLite's transaction is immediate, and so the lock itself. The number is ours: "linkup" in ASCII.
    if (connection.dialect() == sdk::Dialect::kPostgresql) {
        connection.runScript("SELECT pg_advisory_xact_lock(119200079902064)");
    }
    connection.runScript(
        "CREATE TABLE IF NOT EXISTS linkup_migrations ("
        " owner TEXT NOT NULL, version BIGINT NOT NULL, title TEXT NOT NULL, checksum TEXT NOT NULL,"
        " applied_at BIGINT NOT NULL, PRIMARY KEY (owner, version))");
}

void Migrator::insertApplied(sdk::Connection& connection, std::string_view owner,
                             const Migration& migration) {
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    connection.execute(
        "INSERT INTO linkup_migrations (owner, version, title, checksum, applied_at) VALUES ($1, $2, $3, $4, "
        "$5)",
        {std::string(owner), std::int64_t{migration.version}, migration.title, checksumOf(textOf(migration)),
         sdk::toMicros(now)});
}

std::vector<Migrator::Applied> Migrator::readApplied(sdk::Connection& connection, std::string_view owner) {
    const sdk::Rows rows = connection.execute(
        "SELECT version, title, checksum FROM linkup_migrations WHERE owner = $1 ORDER BY version",
        {std::string(owner)});
    std::vector<Applied> applied;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        applied.push_back({static_cast<int>(rows.integer(i, 0)), rows.text(i, 1), rows.text(i, 2)});
    }
    return applied;
}

bool Migrator::tableExists(sdk::Connection& connection) {
    const char* sql =
        connection.dialect() == sdk::Dialect::kPostgresql
            ? "SELECT count(*) WHERE to_regclass('linkup_migrations') IS NOT NULL"
            : "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'linkup_migrations'";
    return connection.execute(sql).integer(0, 0) != 0;
}

void Migrator::checkHistory(std::string_view owner, std::span<const Migration> migrations,
                            const std::vector<Applied>& applied) const {
    for (std::size_t i = 0; i < applied.size(); ++i) {
        const Applied& row = applied[i];
        const std::string name = nameOf(owner, row.version, row.title);
        if (row.version != static_cast<int>(i) + 1) {
            throw Error(ErrorCode::kConflict, name + " is in the database, but version " +
                                                  std::to_string(i + 1) +
                                                  " before it is not: its history has a gap");
        }
        if (i >= migrations.size()) {
            throw Error(ErrorCode::kConflict, name + " is in the database, but this build of " +
                                                  std::string(owner) + " knows only versions up to " +
                                                  std::to_string(migrations.size()) +
                                                  ": the schema is newer than the program");
        }
        if (row.checksum != checksumOf(textOf(migrations[i]))) {
            throw Error(ErrorCode::kConflict,
                        name +
                            " was applied with another text than this build has: a released "
                            "migration must not change; add a new one");
        }
    }
}

const std::string& Migrator::textOf(const Migration& migration) const {
    return database_.dialect() == sdk::Dialect::kSqlite ? migration.sqlite : migration.postgresql;
}

}  // namespace linkup::daemon
