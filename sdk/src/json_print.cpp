#include <array>
#include <charconv>
#include <cmath>

#include "linkup/sdk/json.h"
#include "utf8.h"

namespace linkup::sdk {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// True for the bytes that a JSON string may hold as they are, without a look at their neighbours.
constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (unsigned c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
}();

void printEscape(unsigned char c, std::string& out) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    out += "\\u00";
    out += kHex[c >> 4u];
    out += kHex[c & 0xFu];
}

void printString(std::string_view text, std::string& out) {
    out += '"';
    std::size_t done = 0;  // everything before it is in `out`
    std::size_t at = 0;
    while (at < text.size()) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (kPlain[c]) {
            ++at;
            continue;
        }
        const std::size_t length = c < 0x80 ? 0 : utf8SequenceLength(text, at);
        if (length != 0) {
            at += length;
            continue;
        }
        out.append(text, done, at - done);
        if (c < 0x80) {
            printEscape(c, out);
        } else {
            out += kReplacement;
        }
        done = ++at;
    }
    out.append(text, done, at - done);
    out += '"';
}

void printInteger(std::int64_t value, std::string& out) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

// The shortest text that reads back as the same double, always recognisable as a float.
void printFloat(double value, std::string& out) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
    out += text;
    if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

}  // namespace

void Json::dumpTo(std::string& out) const {
    switch (type()) {
        case Type::kNull:
            out += "null";
            return;
        case Type::kBool:
            out += asBool() ? "true" : "false";
            return;
        case Type::kInteger:
            printInteger(asInteger(), out);
            return;
        case Type::kFloat:
            printFloat(asDouble(), out);
            return;
        case Type::kString:
            printString(asString(), out);
            return;
        case Type::kArray: {
            char before = '[';
            for (const Json& item : items()) {
                out += before;
                item.dumpTo(out);
                before = ',';
            }
            out += before == '[' ? "[]" : "]";
            return;
        }
        case Type::kObject: {
            char before = '{';
            for (const auto& [key, value] : members()) {
                out += before;
                printString(key, out);
                out += ':';
                value.dumpTo(out);
                before = ',';
            }
            out += before == '{' ? "{}" : "}";
            return;
        }
    }
}

std::string Json::dump() const {
    std::string out;
    dumpTo(out);
    return out;
}

}  // namespace linkup::sdk
