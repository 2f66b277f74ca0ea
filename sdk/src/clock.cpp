#include "linkup/sdk/clock.h"

#include <array>

#include "iso8601.h"

namespace linkup::sdk {
namespace {

// Reads a text from left to right; every step says whether it found what it wanted.
class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}

    bool ended() const { return text_.empty(); }
    bool isDigit() const { return !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; }
    int digit() {
        const int value = text_[0] - '0';
        text_.remove_prefix(1);
        return value;
    }
    bool number(int digits, int& out) {
        out = 0;
        for (; digits > 0; --digits) {
            if (!isDigit()) return false;
            out = out * 10 + digit();
        }
        return true;
    }
    bool oneOf(std::string_view allowed, char& found) {
        if (text_.empty() || allowed.find(text_[0]) == std::string_view::npos) return false;
        found = text_[0];
        text_.remove_prefix(1);
        return true;
    }
    bool take(char wanted) {
        char found = 0;
        return oneOf(std::string_view(&wanted, 1), found);
    }

private:
    std::string_view text_;
};

bool readDate(Cursor& cursor, std::chrono::year_month_day& out) {
    int year = 0;
    int month = 0;
    int day = 0;
    if (!cursor.number(4, year) || !cursor.take('-') || !cursor.number(2, month) || !cursor.take('-') ||
        !cursor.number(2, day)) {
        return false;
    }
    out = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
          std::chrono::day(static_cast<unsigned>(day));
    return year > 0 && out.ok();
}

bool readFraction(Cursor& cursor, WrittenTime& out) {
    int digits = 0;
    int micros = 0;
    for (; cursor.isDigit(); ++digits) {
        const int digit = cursor.digit();
        if (digits < 6) {
            micros = micros * 10 + digit;
        } else if (digit != 0) {
            out.has_fraction_below_micros = true;
        }
    }
    for (int i = digits; i < 6; ++i) micros *= 10;
    out.since_midnight += std::chrono::microseconds(micros);
    return digits >= 1 && digits <= 9;
}

bool readClock(Cursor& cursor, WrittenTime& out) {
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!cursor.number(2, hours) || !cursor.take(':') || !cursor.number(2, minutes)) return false;
    const bool has_seconds = cursor.take(':');
    if (has_seconds && !cursor.number(2, seconds)) return false;
    if (hours > 23 || minutes > 59 || seconds > 59) return false;
    out.since_midnight =
        std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
    return !has_seconds || !cursor.take('.') || readFraction(cursor, out);
}

bool readOffset(Cursor& cursor, WrittenTime& out) {
    char sign = 0;
    if (cursor.ended() || cursor.oneOf("Zz", sign)) return true;
    int hours = 0;
    int minutes = 0;
    if (!cursor.oneOf("+-", sign) || !cursor.number(2, hours)) return false;
    cursor.take(':');
    if (!cursor.number(2, minutes) || hours > 23 || minutes > 59) return false;
    out.offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    if (sign == '-') out.offset = -out.offset;
    return true;
}

void appendPadded(std::int64_t value, int width, std::string& out) {
    std::string digits = std::to_string(value);
    if (static_cast<int>(digits.size()) < width)
        out.append(static_cast<std::size_t>(width) - digits.size(), '0');
    out += digits;
}

}  // namespace

std::optional<WrittenTime> readWrittenTime(std::string_view text) noexcept {
    Cursor cursor(text);
    WrittenTime result;
    char separator = 0;
    if (!readDate(cursor, result.date) || !cursor.oneOf("Tt ", separator) || !readClock(cursor, result) ||
        !readOffset(cursor, result) || !cursor.ended()) {
        return std::nullopt;
    }
    return result;
}

std::optional<Time> parseTime(std::string_view text) {
    const auto written = readWrittenTime(text);
    if (!written) return std::nullopt;
    return Time(std::chrono::sys_days(written->date)) + written->since_midnight - written->offset;
}

std::optional<std::chrono::year_month_day> parseDate(std::string_view text) {
    Cursor cursor(text);
    std::chrono::year_month_day date{};
    if (!readDate(cursor, date) || !cursor.ended()) return std::nullopt;
    return date;
}

std::string formatDate(std::chrono::year_month_day date) {
    std::string out;
    out.reserve(10);
    appendPadded(static_cast<int>(date.year()), 4, out);
    out += '-';
    appendPadded(static_cast<unsigned>(date.month()), 2, out);
    out += '-';
    appendPadded(static_cast<unsigned>(date.day()), 2, out);
    return out;
}

std::string formatTime(Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::hh_mm_ss clock(time - day);
    std::string out = formatDate(std::chrono::year_month_day(day));
    out.reserve(27);
    out += 'T';
    appendPadded(clock.hours().count(), 2, out);
    out += ':';
    appendPadded(clock.minutes().count(), 2, out);
    out += ':';
    appendPadded(clock.seconds().count(), 2, out);
    out += '.';
    appendPadded(clock.subseconds().count(), 6, out);
    out += 'Z';
    return out;
}

}  // namespace linkup::sdk
