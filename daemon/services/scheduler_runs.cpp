#include "scheduler_runs.h"

#include <array>

namespace linkup::daemon {

std::span<const sdk::Migration> TaskRuns::migrations() {
    static const std::string kText =
        "CREATE TABLE linkup_task_runs (owner TEXT NOT NULL, name TEXT NOT NULL, last_due BIGINT NOT NULL, "
        "fencing_token BIGINT NOT NULL, PRIMARY KEY (owner, name))";
    static const std::array<sdk::Migration, 1> kMigrations = {sdk::Migration{1, "task runs", kText, kText}};
    return kMigrations;
}

std::optional<sdk::Time> TaskRuns::lastDue(const std::string& owner, const std::string& name) {
    return sdk::read(database_, [&](sdk::Connection& connection) -> std::optional<sdk::Time> {
        const auto rows = connection.execute(
            "SELECT last_due FROM linkup_task_runs WHERE owner = $1 AND name = $2", {owner, name});
        if (rows.empty()) return std::nullopt;
        return rows.time(0, 0);
    });
}

sdk::Time TaskRuns::lastDueOrSeen(const std::string& owner, const std::string& name, sdk::Time now) {
    if (const auto known = lastDue(owner, name)) return *known;
    database_.transaction([&](sdk::Connection& connection) {
        connection.execute(
            "INSERT INTO linkup_task_runs (owner, name, last_due, fencing_token) VALUES ($1, $2, $3, 0) "
            "ON CONFLICT (owner, name) DO NOTHING",
            {owner, name, sdk::toMicros(now)});
    });
    return lastDue(owner, name).value_or(now);
}

std::optional<std::int64_t> TaskRuns::claim(const std::string& owner, const std::string& name, sdk::Time due,
                                            std::int64_t token) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) -> std::optional<std::int64_t> {
        // The lease's token may start over when the cache is lost; the one kept here never does.
        const auto rows = connection.execute(
            "INSERT INTO linkup_task_runs (owner, name, last_due, fencing_token) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (owner, name) DO UPDATE SET last_due = excluded.last_due, fencing_token = "
            "CASE WHEN linkup_task_runs.fencing_token >= excluded.fencing_token "
            "THEN linkup_task_runs.fencing_token + 1 ELSE excluded.fencing_token END "
            "WHERE linkup_task_runs.last_due < excluded.last_due RETURNING fencing_token",
            {owner, name, sdk::toMicros(due), token});
        if (rows.empty()) return std::nullopt;
        return rows.integer(0, 0);
    });
}

}  // namespace linkup::daemon
