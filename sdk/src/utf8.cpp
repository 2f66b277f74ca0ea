#include "utf8.h"

namespace linkup::sdk {

std::size_t utf8SequenceLength(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
    const unsigned first = byte(0);
    if (at >= text.size()) return 0;
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned low = first == 0xE0 ? 0xA0u : 0x80u;
        const unsigned high = first == 0xED ? 0x9Fu : 0xBFu;
        return byte(1) >= low && byte(1) <= high && follows(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned low = first == 0xF0 ? 0x90u : 0x80u;
        const unsigned high = first == 0xF4 ? 0x8Fu : 0xBFu;
        return byte(1) >= low && byte(1) <= high && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

std::size_t utf8Length(std::string_view text) noexcept {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
    return count;
}

std::string_view utf8Prefix(std::string_view text, std::size_t count) noexcept {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0u) != 0x80u;
        if (begins && count-- == 0) break;
    }
    return text.substr(0, at);
}

}  // namespace linkup::sdk
