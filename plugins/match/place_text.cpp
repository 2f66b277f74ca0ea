#include "place_text.h"

#include <cstdint>

namespace linkup::match {
namespace {

/// The base letters of a run of code points; '?' where there is none.
struct Run {
    char32_t first;
    std::string_view letters;
};

constexpr Run kRuns[] = {
    {0xC0,
     "aaaaaa?ceeeeiiiidnooooo?ouuuuy??aaaaaa?ceeeeiiiidnooooo?ouuuuy?"
     "yaaaaaaccccccccddddeeeeeeeeeegggggggghhhh"
     "iiiiiiiiii??jjkkkllllllllllnnnnnnnnnoooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"},
    {0x1A0, "oo"},
    {0x1AF, "uu"},
    {0x1CD, "aaiioouuuuuuuuuu"},
    {0x1E6, "ggkkoooo"},
    {0x1F8, "nnaa"},
    {0x200, "aaaaeeeeiiiioooorrrruuuusstt??hh"},
    {0x226, "aaeeooooooooyy"},
    {0x1E00,
     "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrsssssss"
     "s"
     "ssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy?s????aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiiooo"
     "ooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy"}};

std::string_view baseOf(char32_t point) {
    switch (point) {
        case 0xC6:
        case 0xE6:
            return "ae";
        case 0x152:
        case 0x153:
            return "oe";
        case 0xDE:
        case 0xFE:
            return "th";
        case 0xDF:
            return "ss";
        case 0x18F:
        case 0x259:
            return "e";
        default:
            break;
    }
    for (const auto& [first, letters] : kRuns) {
        if (point < first || point >= first + letters.size()) continue;
        const auto letter = letters.substr(point - first, 1);
        return letter == "?" ? std::string_view{} : letter;
    }
    return {};
}

bool isMark(char32_t point) {
    return (point >= 0x300 && point <= 0x36F) || point == 0x2018 || point == 0x2019 ||
           (point >= 0x2BB && point <= 0x2BF);
}

/// Length of the UTF-8 sequence at the begin of `rest`; 1 for a byte that begins none.
std::size_t lengthOf(std::string_view rest) {
    const auto lead = static_cast<unsigned char>(rest[0]);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return length <= rest.size() ? length : 1;
}

char32_t pointOf(std::string_view sequence) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(sequence[at]); };
    char32_t point = byte(0);
    if (sequence.size() > 1) point &= 0xFFU >> (sequence.size() + 1);
    for (std::size_t at = 1; at < sequence.size(); ++at) point = (point << 6) | (byte(at) & 0x3FU);
    return point;
}

void appendAscii(std::string& folded, char c) {
    if (c >= 'A' && c <= 'Z') {
        folded += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
        folded += c;
    } else if (c != '\'' && c != '`' && !folded.empty() && folded.back() != ' ') {
        folded += ' ';
    }
}

}  // namespace

std::string foldPlaceText(std::string_view text) {
    std::string folded;
    folded.reserve(text.size());
    while (!text.empty()) {
        const auto sequence = text.substr(0, lengthOf(text));
        text.remove_prefix(sequence.size());
        if (sequence.size() == 1 && static_cast<unsigned char>(sequence[0]) < 0x80) {
            appendAscii(folded, sequence[0]);
            continue;
        }
        const char32_t point = pointOf(sequence);
        if (isMark(point)) continue;
        if (const auto base = baseOf(point); !base.empty()) {
            folded += base;
        } else if (point >= 0x2010 && point <= 0x2015) {
            appendAscii(folded, '-');
        } else {
            folded += sequence;
        }
    }
    while (!folded.empty() && folded.back() == ' ') folded.pop_back();
    return folded;
}

}  // namespace linkup::match
