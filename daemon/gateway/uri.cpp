#include "uri.h"

#include <algorithm>
#include <cstdint>

namespace linkup::daemon {

namespace {

int hexDigit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The length of a well-formed sequence that starts at `text[0]`, or 0.
std::size_t sequenceLength(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const auto follows = [&](std::size_t i, std::uint8_t low = 0x80, std::uint8_t high = 0xBF) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const bool second = lead == 0xE0   ? follows(1, 0xA0)
                            : lead == 0xED ? follows(1, 0x80, 0x9F)
                                           : follows(1);
        return second && follows(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const bool second = lead == 0xF0   ? follows(1, 0x90)
                            : lead == 0xF4 ? follows(1, 0x80, 0x8F)
                                           : follows(1);
        return second && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

Target splitTarget(std::string_view target) noexcept {
    if (!target.empty() && target.front() != '/') {
        const std::size_t scheme = target.find("://");
        if (scheme != std::string_view::npos && scheme < target.find_first_of("/?")) {
            const std::size_t path = target.find_first_of("/?", scheme + 3);
            target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
        }
    }
    const std::size_t question = target.find('?');
    if (question == std::string_view::npos) return {target, {}, false};
    return {target.substr(0, question), target.substr(question + 1), true};
}

bool percentDecode(std::string_view text, Plus plus, std::string& out) {
    out.reserve(out.size() + text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return false;
            const int high = hexDigit(text[i + 1]);
            const int low = hexDigit(text[i + 2]);
            if (high < 0 || low < 0) return false;
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else {
            out.push_back(text[i] == '+' && plus == Plus::kBlank ? ' ' : text[i]);
        }
    }
    return true;
}

bool isUtf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t length = sequenceLength(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace linkup::daemon
