#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "linkup/sdk/database.h"

namespace linkup::daemon {

/// The table `linkup_task_runs`: for each task of the cluster the last due time that some node took on. It
/// makes a run happen once whatever becomes of leases, nodes and the cache.
///
/// Threading: any thread.   Errors: as Database.
class TaskRuns {
public:
    explicit TaskRuns(sdk::Database& database) : database_(database) {}

    static std::span<const sdk::Migration> migrations();

    /// The last due time taken on; nothing if the task has never run.
    std::optional<sdk::Time> lastDue(const std::string& owner, const std::string& name);
    /// As above; a task that was never seen before counts as having run `now`.
    sdk::Time lastDueOrSeen(const std::string& owner, const std::string& name, sdk::Time now);
    /// Takes on `due`: the run's fencing token, greater than any before and at least `token`; or nothing if
    /// `due`, or a later time, was taken on already.
    std::optional<std::int64_t> claim(const std::string& owner, const std::string& name, sdk::Time due,
                                      std::int64_t token);

private:
    sdk::Database& database_;
};

}  // namespace linkup::daemon
