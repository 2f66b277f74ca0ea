#include "cron.h"

#include <date/tz.h>

#include <array>
#include <charconv>
#include <span>
#include <vector>

#include "linkup/sdk/error.h"

namespace linkup::daemon {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

/// A leap day on a given weekday can be 40 years off, across 2100.
constexpr int kLongestSearchDays = 41 * 366;

struct FieldRule {
    std::string_view name;
    int lowest;
    int highest;
    std::span<const std::string_view> names;  ///< of the values from `lowest` on
    std::string_view allowed;
};

constexpr std::array<std::string_view, 12> kMonthNames = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdayNames = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

constexpr FieldRule kSecond{"second", 0, 59, {}, "0-59"};
constexpr FieldRule kMinute{"minute", 0, 59, {}, "0-59"};
constexpr FieldRule kHour{"hour", 0, 23, {}, "0-23"};
constexpr FieldRule kDay{"day of month", 1, 31, {}, "1-31"};
constexpr FieldRule kMonth{"month", 1, 12, kMonthNames, "1-12 or JAN-DEC"};
constexpr FieldRule kWeekday{"weekday", 0, 7, kWeekdayNames, "0-7 or SUN-SAT"};

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> parts;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find_first_of(separators, start), text.size());
        parts.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

[[noreturn]] void refuse(std::string_view expression, const std::string& why) {
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "cron \"" + std::string(expression) + "\": " + why);
}

/// Reads one field into a set.
class FieldReader {
public:
    FieldReader(std::string_view expression, const FieldRule& rule) : expression_(expression), rule_(rule) {}

    template <std::size_t N>
    void read(std::string_view field, std::bitset<N>& into) const {
        for (const std::string_view item : split(field, ",")) {
            const std::size_t slash = item.find('/');
            const std::string_view range = item.substr(0, slash);
            const int step = slash == std::string_view::npos ? 1 : readStep(item, item.substr(slash + 1));
            int first = rule_.lowest;
            int last = rule_.highest;
            if (range != "*") {
                const std::size_t dash = range.find('-');
                first = readValue(range.substr(0, dash));
                if (dash != std::string_view::npos) {
                    last = readValue(range.substr(dash + 1));
                    if (&rule_ == &kWeekday && last == 0 && first > 0) last = 7;  // FRI-SUN
                    if (last < first) fail(item, "goes backwards");
                } else if (slash == std::string_view::npos) {
                    last = first;
                }
            }
            for (int value = first; value <= last; value += step) {
                into.set(static_cast<std::size_t>(value) % (&rule_ == &kWeekday ? 7 : N));
            }
        }
    }

private:
    int readValue(std::string_view text) const {
        std::string upper(text);
        for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        for (std::size_t i = 0; i < rule_.names.size(); ++i) {
            if (upper == rule_.names[i]) return rule_.lowest + static_cast<int>(i);
        }
        const int value = readNumber(text);
        if (value < rule_.lowest || value > rule_.highest) fail(text, "is not allowed");
        return value;
    }

    int readStep(std::string_view item, std::string_view text) const {
        const int step = readNumber(text);
        if (step < 1 || step > rule_.highest) fail(item, "has a step that is not allowed");
        return step;
    }

    /// -1 if it is none.
    static int readNumber(std::string_view text) {
        int value = -1;
        if (text.empty() || text.size() > 3 || text.front() == '-') return -1;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size() ? value : -1;
    }

    [[noreturn]] void fail(std::string_view found, std::string_view what) const {
        refuse(expression_, std::string(rule_.name) + ": \"" + std::string(found) + "\" " +
                                std::string(what) + "; allowed are " + std::string(rule_.allowed) +
                                ", lists a,b, ranges a-b and steps */n, a/n, a-b/n");
    }

    const std::string_view expression_;
    const FieldRule& rule_;
};

const date::time_zone* findZone(std::string_view expression, const std::string& zone) {
    try {
        return date::locate_zone(zone);
    } catch (const std::exception&) {
        refuse(expression,
               "\"" + zone +
                   "\" is no IANA time zone known here; allowed are names like \"Europe/Paris\" or \"UTC\"");
    }
}

/// The first value at or after `from`, or N.
template <std::size_t N>
int firstFrom(const std::bitset<N>& set, int from) {
    int value = from;
    while (value < static_cast<int>(N) && !set.test(static_cast<std::size_t>(value))) ++value;
    return value;
}

}  // namespace

/// A day and a second of that day, on a local clock.
struct CronSchedule::Local {
    sys_days day;
    int hour = 0;
    int minute = 0;
    int second = 0;

    explicit Local(sys_seconds time) : day(std::chrono::floor<days>(time)) {
        const auto rest = static_cast<int>((time - day).count());
        hour = rest / 3600;
        minute = rest / 60 % 60;
        second = rest % 60;
    }
    sys_seconds time() const { return day + seconds(hour * 3600 + minute * 60 + second); }
};

CronSchedule::CronSchedule(std::string_view expression, const std::string& zone) {
    std::vector<std::string_view> fields;
    for (const std::string_view field : split(expression, " \t")) {
        if (!field.empty()) fields.push_back(field);
    }
    if (fields.size() != 5 && fields.size() != 6) {
        refuse(expression,
               "has " + std::to_string(fields.size()) +
                   " fields; allowed are five (minute hour day month weekday) or six, with second first");
    }
    if (fields.size() == 5) fields.insert(fields.begin(), "0");
    FieldReader(expression, kSecond).read(fields[0], seconds_);
    FieldReader(expression, kMinute).read(fields[1], minutes_);
    FieldReader(expression, kHour).read(fields[2], hours_);
    FieldReader(expression, kDay).read(fields[3], days_);
    FieldReader(expression, kMonth).read(fields[4], months_);
    FieldReader(expression, kWeekday).read(fields[5], weekdays_);
    any_day_ = fields[3].starts_with('*') || fields[5].starts_with('*');
    zone_ = findZone(expression, zone);
    // 2000 began a cycle of 400 years: whatever comes at all comes after it.
    if (!find(sdk::Time(sys_days(std::chrono::year(2000) / 1 / 1))))
        refuse(expression, "is never due: there is no such date");
}

sdk::Time CronSchedule::next(sdk::Time time) const {
    const auto found = find(time);
    if (!found) throw sdk::Error(sdk::ErrorCode::kInternal, "A schedule has no further date.");
    return *found;
}

std::optional<sdk::Time> CronSchedule::last(sdk::Time time) const {
    // Wider and wider, so that the walk to the last one is short however often it is due.
    for (const std::chrono::hours back :
         {std::chrono::hours(1), std::chrono::hours(25), std::chrono::hours(32 * 24),
          std::chrono::hours(367 * 24), std::chrono::hours(8 * 366 * 24)}) {
        std::optional<sdk::Time> found = find(time - back);
        if (!found || *found > time) continue;
        for (std::optional<sdk::Time> later = found; later && *later <= time; later = find(*later))
            found = later;
        return found;
    }
    return std::nullopt;
}

std::optional<sdk::Time> CronSchedule::find(sdk::Time after) const {
    const auto utc = std::chrono::floor<seconds>(after);
    const seconds offset = zone_->get_info(utc).offset;
    // Local times come in the order of the instants that they stand for, except those that exist a second
    // time; these stand for their first time, which is past, and are stepped over.
    Local from(sys_seconds((utc + offset).time_since_epoch()) + seconds(1));
    while (const std::optional<Local> local = nextLocal(from)) {
        const sdk::Time instant = toUtc(local->time());
        if (instant > after) return instant;
        from = Local(local->time() + seconds(1));
    }
    return std::nullopt;
}

std::optional<CronSchedule::Local> CronSchedule::nextLocal(Local from) const {
    const auto to_midnight = [](Local& local) { local.hour = local.minute = local.second = 0; };
    for (const sys_days end = from.day + days(kLongestSearchDays); from.day < end;) {
        if (!dayMatches(from.day)) {
            from.day += days(1);
            to_midnight(from);
            continue;
        }
        if (const int hour = firstFrom(hours_, from.hour); hour != from.hour) {
            from.minute = from.second = 0;
            from.hour = hour;
        }
        if (from.hour == 24) {
            from.day += days(1);
            to_midnight(from);
            continue;
        }
        if (const int minute = firstFrom(minutes_, from.minute); minute != from.minute) {
            from.second = 0;
            from.minute = minute;
        }
        if (from.minute == 60) {
            ++from.hour;
            from.minute = from.second = 0;
            continue;
        }
        from.second = firstFrom(seconds_, from.second);
        if (from.second < 60) return from;
        ++from.minute;
        from.second = 0;
    }
    return std::nullopt;
}

bool CronSchedule::dayMatches(sys_days day) const {
    const std::chrono::year_month_day date(day);
    if (!months_.test(static_cast<unsigned>(date.month()))) return false;
    const bool by_day = days_.test(static_cast<unsigned>(date.day()));
    const bool by_weekday = weekdays_.test(std::chrono::weekday(day).c_encoding());
    return any_day_ ? by_day && by_weekday : by_day || by_weekday;
}

sdk::Time CronSchedule::toUtc(sys_seconds local) const {
    const date::local_seconds wall{local.time_since_epoch()};
    const date::local_info info = zone_->get_info(wall);
    if (info.result == date::local_info::nonexistent) return sdk::Time(info.first.end);
    return sdk::Time(sys_seconds(wall.time_since_epoch() - info.first.offset));  // of two, the first
}

}  // namespace linkup::daemon
