#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "linkup/sdk/clock.h"

namespace linkup::sdk {

struct Every {
    std::chrono::milliseconds interval;
};
/// Five fields (minute hour day month weekday) or six with seconds first, read in an IANA zone. A local time
/// that does not exist (spring) runs at the first instant after the gap; one that exists twice runs once, the
/// first time.
struct Cron {
    std::string expression;
    std::string zone = "UTC";
};

enum class TaskScope { kCluster, kNode };  ///< cluster: on whichever node holds the lease
enum class MissedRun { kSkip, kRunOnce };  ///< what happens to runs that no node was up for

struct TaskRun {
    Time due;                        ///< when the schedule said; the same on whichever node it runs
    std::int64_t fencing_token = 0;  ///< 0 for kNode; see sdk::Lease
};

/// Something done again and again. A run never overlaps the next of the same task on a node; what it throws
/// is logged and counted, and the schedule goes on. Undoing the registration waits for a run to end.
struct TaskSpec {
    std::string name;  ///< unique within the plugin
    std::variant<Every, Cron> schedule;
    TaskScope scope = TaskScope::kCluster;
    MissedRun missed = MissedRun::kSkip;
    std::function<void(const TaskRun&)> run;
};

}  // namespace linkup::sdk
