#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "linkup/sdk/clock.h"

namespace date {
class time_zone;
}

namespace linkup::daemon {

/// When a cron expression is due, in the local time of an IANA zone.
///
/// Five fields: minute (0-59), hour (0-23), day of month (1-31), month (1-12 or JAN-DEC), weekday (0-7 or
/// SUN-SAT, 0 and 7 being Sunday); or six, with second (0-59) first. A field is `*` or a list of `a`, `a-b`,
/// each with an optional step: `*/n`, `a-b/n`, `a/n` (from a to the end). If both days are restricted
/// (neither begins with `*`) either is enough, as in every cron since Vixie's.
///
/// A local time that does not exist is due at the first instant after the gap; one that exists twice only the
/// first time. Lifetime: a value.   Threading: as std::string.
class CronSchedule {
public:
    /// Errors: Error{kInvalidArgument} that names the field, what was found and what is allowed; also for a
    /// zone that is none, and for a date that never comes, such as 30 February.
    CronSchedule(std::string_view expression, const std::string& zone);

    /// The first instant after `time` when it is due, to the second.
    sdk::Time next(sdk::Time time) const;
    /// The last instant up to and including `time` when it was due; nothing if that is more than eight years
    /// ago.
    std::optional<sdk::Time> last(sdk::Time time) const;

private:
    struct Local;
    std::optional<sdk::Time> find(sdk::Time after) const;
    std::optional<Local> nextLocal(Local from) const;
    bool dayMatches(std::chrono::sys_days day) const;
    sdk::Time toUtc(std::chrono::sys_seconds local) const;

    std::bitset<60> seconds_;
    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<7> weekdays_;
    bool any_day_ = false;  ///< either day field begins with `*`: both must hold
    const date::time_zone* zone_ = nullptr;
};

}  // namespace linkup::daemon
