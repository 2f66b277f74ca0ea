#include "json_reader.h"

#include <algorithm>
#include <charconv>

#include "json_members.h"
#include "utf8.h"

namespace linkup::sdk {
namespace {

class Reader {
public:
    Reader(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

    std::variant<Json, JsonFault> document() {
        try {
            Json value = this->value(0);
            skipBlanks();
            if (at_ != text_.size()) fail("nothing may follow the document");
            return value;
        } catch (JsonFault& fault) {
            return std::move(fault);
        }
    }

private:
    [[noreturn]] void fail(const char* reason) const { throw JsonFault{at_, reason}; }
    [[noreturn]] static void failAt(std::size_t offset, const char* reason) {
        throw JsonFault{offset, reason};
    }

    bool ended() const { return at_ >= text_.size(); }
    char peek() const { return ended() ? '\0' : text_[at_]; }
    bool take(char wanted) {
        if (ended() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }
    void skipBlanks() {
        while (!ended() && std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) ++at_;
    }

    Json value(std::size_t depth) {
        skipBlanks();
        if (ended()) fail("the document ends too early");
        switch (peek()) {
            case '{':
                return object(depth + 1);
            case '[':
                return array(depth + 1);
            case '"':
                return Json(string());
            case 't':
                return word("true", Json(true));
            case 'f':
                return word("false", Json(false));
            case 'n':
                return word("null", Json());
            default:
                return number();
        }
    }

    Json word(std::string_view spelling, Json value) {
        if (text_.substr(at_, spelling.size()) != spelling) fail("expected a value");
        at_ += spelling.size();
        return value;
    }

    Json object(std::size_t depth) {
        if (depth > max_depth_) fail("nested too deeply");
        ++at_;
        Json::Object members;
        skipBlanks();
        if (take('}')) return Json::object(std::move(members));
        do {
            skipBlanks();
            if (peek() != '"') fail("expected a key in double quotes");
            std::string key = string();
            skipBlanks();
            if (!take(':')) fail("expected ':' after a key");
            members.emplace_back(std::move(key), value(depth));
            skipBlanks();
        } while (take(','));
        if (!take('}')) fail("expected ',' or '}'");
        keepLastOfEachKey(members);
        return Json::object(std::move(members));
    }

    Json array(std::size_t depth) {
        if (depth > max_depth_) fail("nested too deeply");
        ++at_;
        Json::Array items;
        skipBlanks();
        if (take(']')) return Json(std::move(items));
        do {
            items.push_back(value(depth));
            skipBlanks();
        } while (take(','));
        if (!take(']')) fail("expected ',' or ']'");
        return Json(std::move(items));
    }

    std::string string() {
        ++at_;
        std::string out;
        while (!take('"')) {
            if (ended()) fail("a string is not closed");
            if (static_cast<unsigned char>(peek()) < 0x20)
                fail("a control character stands unescaped in a string");
            if (peek() == '\\') {
                escape(out);
                continue;
            }
            const std::size_t length = utf8SequenceLength(text_, at_);
            if (length == 0) fail("not valid UTF-8");
            out.append(text_, at_, length);
            at_ += length;
        }
        return out;
    }

    void escape(std::string& out) {
        constexpr std::string_view kNames = "\"\\/bfnrt";
        constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        const std::size_t start = at_++;
        if (take('u')) {
            appendCodePoint(codePoint(start), out);
            return;
        }
        const std::size_t index = ended() ? std::string_view::npos : kNames.find(peek());
        if (index == std::string_view::npos) failAt(start, "unknown escape in a string");
        out += kMeanings[index];
        ++at_;
    }

    unsigned codePoint(std::size_t start) {
        const unsigned first = fourHexDigits(start);
        if (first < 0xD800 || first > 0xDFFF) return first;
        if (first > 0xDBFF || !take('\\') || !take('u')) failAt(start, "half of a surrogate pair");
        const unsigned second = fourHexDigits(start);
        if (second < 0xDC00 || second > 0xDFFF) failAt(start, "half of a surrogate pair");
        return 0x10000u + ((first - 0xD800u) << 10u) + (second - 0xDC00u);
    }

    unsigned fourHexDigits(std::size_t start) {
        const std::string_view digits = text_.substr(at_, 4);
        unsigned value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (error != std::errc() || digits.size() != 4 || end != digits.data() + 4) {
            failAt(start, "unknown escape in a string");
        }
        at_ += 4;
        return value;
    }

    static void appendCodePoint(unsigned code, std::string& out) {
        const auto tail = [&](unsigned shift) {
            out += static_cast<char>(0x80u | ((code >> shift) & 0x3Fu));
        };
        if (code < 0x80) {
            out += static_cast<char>(code);
        } else if (code < 0x800) {
            out += static_cast<char>(0xC0u | (code >> 6u));
            tail(0);
        } else if (code < 0x10000) {
            out += static_cast<char>(0xE0u | (code >> 12u));
            tail(6);
            tail(0);
        } else {
            out += static_cast<char>(0xF0u | (code >> 18u));
            tail(12);
            tail(6);
            tail(0);
        }
    }

    std::size_t digits() {
        const std::size_t start = at_;
        while (peek() >= '0' && peek() <= '9') ++at_;
        return at_ - start;
    }

    Json number() {
        const std::size_t start = at_;
        take('-');
        const bool leading_zero = peek() == '0';
        const std::size_t whole = digits();
        if (whole == 0) failAt(start, "expected a value");
        if (leading_zero && whole > 1) failAt(start, "a number begins with a needless zero");
        bool is_float = false;
        if (take('.')) {
            is_float = true;
            if (digits() == 0) fail("expected a digit");
        }
        if (take('e') || take('E')) {
            is_float = true;
            if (!take('+')) take('-');
            if (digits() == 0) fail("expected a digit");
        }
        const char* first = text_.data() + start;
        const char* last = text_.data() + at_;
        std::int64_t integer = 0;
        if (!is_float && std::from_chars(first, last, integer).ec == std::errc()) return Json(integer);
        double real = 0;
        if (std::from_chars(first, last, real).ec == std::errc()) return Json(real);
        if (isTiny(std::string_view(first, static_cast<std::size_t>(last - first)))) {
            return Json(*first == '-' ? -0.0 : 0.0);
        }
        failAt(start, "a number is too large");
    }

    /// Further than any text has digits, and far from where adding to it overflows.
    static constexpr std::int64_t kFarExponent = std::int64_t{1} << 60;

    // from_chars says out_of_range for the immense and the tiny alike; a tiny number counts as zero.
    static bool isTiny(std::string_view number) {
        const std::size_t mark = number.find_first_of("eE");
        std::int64_t exponent = 0;
        if (mark != std::string_view::npos) {
            std::string_view digits = number.substr(mark + 1);
            if (digits.front() == '+') digits.remove_prefix(1);
            const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec;
            if (error != std::errc()) return digits.front() == '-';
            exponent = std::clamp(exponent, -kFarExponent, kFarExponent);
        }
        const std::string_view mantissa = number.substr(0, mark);
        const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
        const std::size_t significant = mantissa.find_first_of("123456789");
        return static_cast<std::int64_t>(point) - static_cast<std::int64_t>(significant) + exponent < 0;
    }

    std::string_view text_;
    std::size_t max_depth_;
    std::size_t at_ = 0;
};

}  // namespace

std::variant<Json, JsonFault> readJsonCarefully(std::string_view text, std::size_t max_depth) {
    return Reader(text, max_depth).document();
}

}  // namespace linkup::sdk
