#include "scheduler_timetable.h"

#include "linkup/sdk/error.h"

namespace linkup::daemon {

Timetable::Timetable(const sdk::TaskSpec& spec, sdk::Time since) : rule_(read(spec, since)) {}

std::variant<Timetable::Interval, CronSchedule> Timetable::read(const sdk::TaskSpec& spec, sdk::Time since) {
    if (const auto* cron = std::get_if<sdk::Cron>(&spec.schedule))
        return CronSchedule(cron->expression, cron->zone);
    const auto interval = std::get<sdk::Every>(spec.schedule).interval;
    if (interval < std::chrono::milliseconds(1)) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "task \"" + spec.name + "\": an interval is at least one millisecond");
    }
    return Interval{spec.scope == sdk::TaskScope::kCluster ? sdk::Time() : since, interval};
}

sdk::Time Timetable::next(sdk::Time time) const {
    if (const auto* cron = std::get_if<CronSchedule>(&rule_)) return cron->next(time);
    const auto& interval = std::get<Interval>(rule_);
    return *last(time) + interval.length;
}

std::optional<sdk::Time> Timetable::last(sdk::Time time) const {
    if (const auto* cron = std::get_if<CronSchedule>(&rule_)) return cron->last(time);
    const auto& interval = std::get<Interval>(rule_);
    const auto passed = time - interval.origin;
    auto whole = passed / interval.length;
    if (passed < whole * interval.length) --whole;  // division cuts towards zero
    return interval.origin + whole * interval.length;
}

}  // namespace linkup::daemon
