#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace linkup::sdk {

/// A date and time as somebody wrote it.
struct WrittenTime {
    std::chrono::year_month_day date;
    std::chrono::microseconds since_midnight{0};
    bool has_fraction_below_micros = false;  ///< digits beyond the sixth that are not zero
    std::chrono::minutes offset{0};          ///< zero without one
};

/// `YYYY-MM-DD`, `T` or a blank, `hh:mm[:ss[.fraction]]`, optional `Z` or `±hh:mm`; nothing around it.
std::optional<WrittenTime> readWrittenTime(std::string_view text) noexcept;

}  // namespace linkup::sdk
