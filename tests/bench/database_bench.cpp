// What Database costs over the bare driver: each figure is a ratio to the same statement run on libpq or
// SQLite alone, on the same server in the same minute.

#include <libpq-fe.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/services/database.h"
#include "private_postgres.h"
#include "temporary_folder.h"

using namespace linkup;

namespace {

constexpr int kRounds = 7;
constexpr int kReads = 4000;
constexpr int kWrites = 400;
constexpr auto kSelect = "SELECT id, name, n FROM v WHERE id = $1";
constexpr auto kUpdate = "UPDATE v SET n = n + 1 WHERE id = $1";

class SilentLog final : public sdk::Log {
public:
    bool enabled(sdk::LogLevel) const noexcept override { return false; }
    void write(sdk::LogLevel, std::string_view, Fields) noexcept override {}
};

double microseconds(int times, const std::function<void(int)>& call) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) call(i);
    const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / times;
}

/// The medians of rounds that alternate, so that both meet the same machine.
void compare(const char* what, int times, const std::function<void(int)>& ours,
             const std::function<void(int)>& bare) {
    std::vector<double> us_ours;
    std::vector<double> us_bare;
    for (int round = 0; round < kRounds; ++round) {
        us_bare.push_back(microseconds(times, bare));
        us_ours.push_back(microseconds(times, ours));
    }
    std::sort(us_ours.begin(), us_ours.end());
    std::sort(us_bare.begin(), us_bare.end());
    const double mid_ours = us_ours[kRounds / 2];
    const double mid_bare = us_bare[kRounds / 2];
    std::printf("%-44s %8.1f us %8.1f us bare   ratio %.2f\n", what, mid_ours, mid_bare, mid_bare / mid_ours);
}

void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
}

std::unique_ptr<daemon::PooledDatabase> openFilled(const std::string& url, sdk::Log& log) {
    daemon::DatabaseSettings settings;
    settings.url = url;
    auto database = daemon::openDatabase(settings, log);
    database->script([](daemon::ScriptConnection& connection) {
        connection.runScript("CREATE TABLE v (id BIGINT PRIMARY KEY, name TEXT NOT NULL, n BIGINT NOT NULL)");
        for (std::int64_t id = 0; id < 1000; ++id) {
            connection.execute("INSERT INTO v (id, name, n) VALUES ($1, $2, 0)",
                               {id, "somebody number " + std::to_string(id)});
        }
    });
    return database;
}

std::function<void(int)> reading(sdk::Database& database) {
    return [&](int i) {
        database.read([&](sdk::Connection& connection) {
            require(connection.execute(kSelect, {std::int64_t{i % 1000}}).size() == 1, "a row is missing");
        });
    };
}

std::function<void(int)> writing(sdk::Database& database) {
    return [&](int i) {
        database.transaction(
            [&](sdk::Connection& connection) { connection.execute(kUpdate, {std::int64_t{i % 1000}}); });
    };
}

void benchPostgresql() {
    test::PostgresOptions options;
    options.fsync = true;
    test::PrivatePostgres server(options);
    SilentLog log;
    const auto database = openFilled(server.url(), log);

    const std::unique_ptr<PGconn, void (*)(PGconn*)> bare(PQconnectdb(server.url().c_str()), PQfinish);
    PQclear(PQprepare(bare.get(), "select", kSelect, 0, nullptr));
    PQclear(PQprepare(bare.get(), "update", kUpdate, 0, nullptr));
    const auto run = [&](const char* name, int i) {
        const std::string id = std::to_string(i % 1000);
        const char* value = id.c_str();
        PGresult* result = PQexecPrepared(bare.get(), name, 1, &value, nullptr, nullptr, 0);
        require(PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK,
                name);
        PQclear(result);
    };
    compare("PostgreSQL: one row by key", kReads, reading(*database), [&](int i) { run("select", i); });
    compare("PostgreSQL: one update a transaction, fsync", kWrites, writing(*database), [&](int i) {
        PQclear(PQexec(bare.get(), "BEGIN"));
        run("update", i);
        PQclear(PQexec(bare.get(), "COMMIT"));
    });
}

void benchSqlite() {
    const test::TemporaryFolder folder;
    const std::string file = (folder / "bench.db").string();
    SilentLog log;
    const auto database = openFilled("sqlite:" + file, log);

    sqlite3* opened = nullptr;
    require(sqlite3_open(file.c_str(), &opened) == SQLITE_OK, "cannot open the file");
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> bare(opened, sqlite3_close);
    sqlite3_exec(opened, "PRAGMA synchronous = FULL", nullptr, nullptr, nullptr);
    const auto prepare = [&](const char* sql) {
        sqlite3_stmt* statement = nullptr;
        require(sqlite3_prepare_v2(opened, sql, -1, &statement, nullptr) == SQLITE_OK, sql);
        return std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>(statement, sqlite3_finalize);
    };
    const auto select = prepare(kSelect);
    const auto update = prepare(kUpdate);
    const auto run = [](sqlite3_stmt* statement, int i) {
        sqlite3_bind_int64(statement, 1, i % 1000);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            const std::string name(reinterpret_cast<const char*>(sqlite3_column_text(statement, 1)));
            require(!name.empty(), "a name is missing");
        }
        sqlite3_reset(statement);
    };
    compare("SQLite: one row by key", kReads, reading(*database), [&](int i) { run(select.get(), i); });
    compare("SQLite: one update a transaction, fsync", kWrites, writing(*database),
            [&](int i) { run(update.get(), i); });
}

}  // namespace

int main() {
    try {
        benchPostgresql();
        benchSqlite();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
