#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "linkup/sdk/clock.h"

namespace linkup::sdk {

/// Again and again at the same distance. Made by: plugin.   Since: ABI 1.0.
struct Every {
    std::chrono::milliseconds interval;  ///< from one run's due time to the next one's
};
/// Five fields (minute hour day month weekday) or six with seconds first, read in an IANA zone. A local time
/// that does not exist (spring) runs at the first instant after the gap; one that exists twice runs once, the
/// first time.
/// Made by: plugin.   Since: ABI 1.0.
struct Cron {
    std::string expression;    ///< such as "0 20 * * *"
    std::string zone = "UTC";  ///< such as "Asia/Kolkata"
};

/// Where a task runs.
enum class TaskScope { kCluster, kNode };  ///< cluster: on whichever node holds the lease
/// What happens to runs that no node was up for. A task of the node does not know what there was before the
/// node was up: with kRunOnce its last due time before the start is run, whether or not it has been already.
enum class MissedRun { kSkip, kRunOnce };

/// What one run is told. Made by: host.   Since: ABI 1.0.
struct TaskRun {
    Time due;                        ///< when the schedule said; the same on whichever node it runs
    std::int64_t fencing_token = 0;  ///< 0 for kNode; see sdk::Lease
};

/// Something done again and again. A run never overlaps the next of the same task on a node; what it throws
/// is logged and counted, and the schedule goes on. Undoing the registration waits for a run to end.
/// Made by: plugin.   Since: ABI 1.0.
struct TaskSpec {
    std::string name;                         ///< unique within the plugin
    std::variant<Every, Cron> schedule;       ///< when it is due
    TaskScope scope = TaskScope::kCluster;    ///< on one node or on all
    MissedRun missed = MissedRun::kSkip;      ///< what becomes of runs that were missed
    std::function<void(const TaskRun&)> run;  ///< on a worker thread; may block
};

}  // namespace linkup::sdk
