#include "linkup/sdk/trace.h"

#include <algorithm>
#include <array>
#include <utility>

namespace linkup::sdk {

namespace {

constexpr std::uint8_t kKnownFlags = 0x03;  // sampled, random trace id
constexpr std::size_t kMaxStateBytes = 512;
constexpr int kMaxStateMembers = 32;

thread_local const TraceContext* t_current = nullptr;

constexpr unsigned kNoDigit = 16;

/// Of each character; a branch for each would be guessed wrong every other time.
constexpr auto kDigits = [] {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(kNoDigit);
    for (unsigned digit = 0; digit < 16; ++digit)
        digits.at(static_cast<unsigned char>("0123456789abcdef"[digit])) = static_cast<std::uint8_t>(digit);
    return digits;
}();

/// The value of lower-case hexadecimal digits; upper case is against the rules.
bool readHex(std::string_view digits, std::uint64_t& value) {
    value = 0;
    unsigned all = 0;
    for (const char c : digits) {
        const unsigned digit = kDigits[static_cast<unsigned char>(c)];
        all |= digit;
        value = value << 4U | (digit & 15U);
    }
    return (all & kNoDigit) == 0;
}

void appendHex(std::string& out, std::uint64_t value, std::size_t digits = 16) {
    std::array<char, 16> text{};
    for (std::size_t i = digits; i-- > 0; value >>= 4U) text[i] = "0123456789abcdef"[value & 15U];
    out.append(text.data(), digits);
}

bool isLowerOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// `simple-key`, or `tenant@system`.
bool isStateKey(std::string_view key) {
    const auto at = key.find('@');
    const std::string_view system = at == std::string_view::npos ? std::string_view() : key.substr(at + 1);
    const std::string_view first = key.substr(0, at);
    const auto is_key = [](std::string_view part, std::size_t most) {
        return !part.empty() && part.size() <= most && isLowerOrDigit(part.front()) &&
               std::all_of(part.begin(), part.end(), [](char c) {
                   return isLowerOrDigit(c) || c == '_' || c == '-' || c == '*' || c == '/';
               });
    };
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    if (at == std::string_view::npos) return is_key(first, 256) && is_letter(first.front());
    return is_key(first, 241) && is_key(system, 14) && is_letter(system.front());
}

bool isStateValue(std::string_view value) {
    return !value.empty() && value.size() <= 256 && value.back() != ' ' &&
           std::all_of(value.begin(), value.end(),
                       [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

std::string_view withoutBlanks(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool isTracestate(std::string_view text) {
    if (text.size() > kMaxStateBytes) return false;
    int members = 0;
    for (bool more = true; more;) {
        const auto comma = text.find(',');
        const std::string_view member = withoutBlanks(text.substr(0, comma));
        more = comma != std::string_view::npos;
        if (more) text.remove_prefix(comma + 1);
        if (member.empty()) continue;  // is allowed
        const auto equals = member.find('=');
        if (equals == std::string_view::npos || ++members > kMaxStateMembers) return false;
        if (!isStateKey(member.substr(0, equals)) || !isStateValue(member.substr(equals + 1))) return false;
    }
    return members > 0;
}

}  // namespace

std::optional<TraceContext> TraceContext::parse(std::string_view traceparent, std::string_view tracestate) {
    // version "-" trace id "-" parent id "-" flags; later versions may say more behind another "-".
    if (traceparent.size() < kTextBytes || traceparent[2] != '-' || traceparent[35] != '-' ||
        traceparent[52] != '-')
        return std::nullopt;
    TraceContext trace;
    std::uint64_t version = 0;
    std::uint64_t flags = 0;
    if (!readHex(traceparent.substr(0, 2), version) ||
        !readHex(traceparent.substr(3, 16), trace.trace_high) ||
        !readHex(traceparent.substr(19, 16), trace.trace_low) ||
        !readHex(traceparent.substr(36, 16), trace.span) || !readHex(traceparent.substr(53, 2), flags))
        return std::nullopt;
    if (version == 0xff || !trace.valid()) return std::nullopt;
    if (traceparent.size() > kTextBytes && (version == 0 || traceparent[kTextBytes] != '-'))
        return std::nullopt;
    trace.flags = static_cast<std::uint8_t>(flags & kKnownFlags);
    if (isTracestate(tracestate)) trace.state = tracestate;
    return trace;
}

std::string TraceContext::traceId() const {
    std::string text;
    text.reserve(32);
    appendHex(text, trace_high);
    appendHex(text, trace_low);
    return text;
}

std::string TraceContext::spanId() const {
    std::string text;
    text.reserve(16);
    appendHex(text, span);
    return text;
}

std::string TraceContext::traceparent() const {
    std::string text;
    text.reserve(kTextBytes);
    appendTraceparent(text);
    return text;
}

void TraceContext::appendTraceparent(std::string& out) const {
    out.append("00-");
    appendHex(out, trace_high);
    appendHex(out, trace_low);
    out.push_back('-');
    appendHex(out, span);
    out.push_back('-');
    appendHex(out, flags, 2);
}

TraceScope::TraceScope(const TraceContext& trace) noexcept : outer_(std::exchange(t_current, &trace)) {}

TraceScope::~TraceScope() {
    t_current = outer_;
}

const TraceContext& TraceScope::current() noexcept {
    static const TraceContext kNone;
    return t_current == nullptr ? kNone : *t_current;
}

}  // namespace linkup::sdk
