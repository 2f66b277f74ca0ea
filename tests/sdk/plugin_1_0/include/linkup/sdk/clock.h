#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// A point in time, UTC, in microseconds since 1970; stored in databases as that integer.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// Where time comes from, so that tests need not wait for it.
///
/// Implemented by: host (the fake by the SDK).   Lifetime: the Host's.   Threading: any thread.   Since:
/// ABI 1.0.
class LINKUP_SDK_API Clock {
public:
    virtual ~Clock();
    virtual Time now() const = 0;
    /// Never goes backwards; for measuring and for deadlines inside one process.
    virtual std::chrono::steady_clock::time_point steady() const = 0;
};

/// "2026-11-24T02:04:15.207976Z": UTC, six digits. Source: contract, RFC 3339.
LINKUP_SDK_API std::string formatTime(Time time);
/// "2026-11-24".
LINKUP_SDK_API std::string formatDate(std::chrono::year_month_day date);
/// ISO 8601 date and time: `T` or blank, 0–9 fraction digits (cut to 6), optional `Z` or ±hh:mm; without
/// offset UTC.
LINKUP_SDK_API std::optional<Time> parseTime(std::string_view text);
/// "2003-05-17"; nothing else, and only days that exist.
LINKUP_SDK_API std::optional<std::chrono::year_month_day> parseDate(std::string_view text);
inline constexpr std::int64_t toMicros(Time time) {
    return time.time_since_epoch().count();
}
inline constexpr Time fromMicros(std::int64_t micros) {
    return Time(std::chrono::microseconds(micros));
}

}  // namespace linkup::sdk
