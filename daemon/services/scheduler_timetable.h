#pragma once

#include <chrono>
#include <optional>
#include <variant>

#include "cron.h"
#include "linkup/sdk/task.h"

namespace linkup::daemon {

/// When a task is due. For a task of the cluster the answer depends on the schedule alone, so that all nodes
/// agree: intervals are counted from 1970. For one of the node they are counted from `since`, so that nodes
/// do not all work at the same moment.
///
/// Lifetime: a value.   Threading: const calls from any thread.
class Timetable {
public:
    /// Errors: Error{kInvalidArgument} for an interval below one millisecond or a wrong cron expression.
    Timetable(const sdk::TaskSpec& spec, sdk::Time since);

    /// The first due time after `time`.
    sdk::Time next(sdk::Time time) const;
    /// The last due time up to and including `time`, if there is one.
    std::optional<sdk::Time> last(sdk::Time time) const;

private:
    struct Interval {
        sdk::Time origin;
        std::chrono::microseconds length;
    };
    static std::variant<Interval, CronSchedule> read(const sdk::TaskSpec& spec, sdk::Time since);

    std::variant<Interval, CronSchedule> rule_;
};

}  // namespace linkup::daemon
