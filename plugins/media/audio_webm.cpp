#include "audio_webm.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "byte_reader.h"

namespace linkup::media {

namespace {

// Source: RFC 8794 (EBML), RFC 9559 (Matroska).
constexpr std::uint64_t kEbml = 0x1A45DFA3;
constexpr std::uint64_t kDocType = 0x4282;
constexpr std::uint64_t kSegment = 0x18538067;
constexpr std::uint64_t kInfo = 0x1549A966;
constexpr std::uint64_t kTimestampScale = 0x2AD7B1;
constexpr std::uint64_t kDuration = 0x4489;
constexpr std::uint64_t kTracks = 0x1654AE6B;
constexpr std::uint64_t kTrackEntry = 0xAE;
constexpr std::uint64_t kTrackType = 0x83;
constexpr std::uint64_t kCluster = 0x1F43B675;
constexpr std::uint64_t kTimestamp = 0xE7;
constexpr std::uint64_t kBlockGroup = 0xA0;
constexpr std::uint64_t kBlock = 0xA1;
constexpr std::uint64_t kSimpleBlock = 0xA3;
constexpr std::uint64_t kUnknownSize = ~std::uint64_t{0};

struct Webm {
    bool webm = false;
    bool sound = false;
    bool pictures = false;
    double scale_ns = 1'000'000;
    double duration = 0;
    std::uint64_t cluster = 0;
    double last_block = 0;
};

/// A number whose first byte says how long it is; an id keeps that mark.
std::uint64_t readVint(ByteReader& reader, bool keep_mark) {
    const auto first = static_cast<unsigned>(reader.big(1));
    const int length = std::countl_zero(static_cast<unsigned char>(first)) + 1;
    if (length > 8) {
        reader.skip(reader.left() + 1);
        return 0;
    }
    std::uint64_t value = keep_mark ? first : first & (0xFFu >> length);
    bool all_ones = !keep_mark && (first | (0xFF00u >> length & 0xFFu)) == 0xFF;
    for (int i = 1; i < length; ++i) {
        const std::uint64_t next = reader.big(1);
        all_ones = all_ones && next == 0xFF;
        value = value << 8 | next;
    }
    return all_ones ? kUnknownSize : value;
}

/// Whose content is read as if it stood beside it: that way an unknown size needs no care.
bool isOpened(std::uint64_t id) {
    return id == kEbml || id == kSegment || id == kInfo || id == kTracks || id == kTrackEntry ||
           id == kCluster || id == kBlockGroup;
}

double readFloat(ByteReader reader, std::size_t size) {
    if (size == 4) return std::bit_cast<float>(static_cast<std::uint32_t>(reader.big(4)));
    if (size == 8) return std::bit_cast<double>(reader.big(8));
    return 0;
}

void readElement(std::uint64_t id, std::string_view content, Webm& found) {
    ByteReader reader(content);
    const auto number = [&] { return reader.big(std::min<std::size_t>(content.size(), 8)); };
    if (id == kDocType) found.webm = content.substr(0, 4) == "webm";
    if (id == kTimestampScale) found.scale_ns = static_cast<double>(number());
    if (id == kDuration) found.duration = readFloat(reader, content.size());
    if (id == kTimestamp) found.cluster = number();
    if (id == kTrackType) {
        const std::uint64_t type = number();
        found.pictures |= type == 1;
        found.sound |= type == 2;
    }
    if (id == kBlock || id == kSimpleBlock) {
        readVint(reader, false);
        const auto offset = static_cast<std::int16_t>(reader.big(2));
        found.last_block = std::max(found.last_block, static_cast<double>(found.cluster) + offset);
    }
}

}  // namespace

std::optional<Audio> probeWebm(std::string_view bytes) {
    if (!bytes.starts_with("\x1A\x45\xDF\xA3")) return std::nullopt;
    Webm found;
    ByteReader elements(bytes);
    while (elements.left() > 0) {
        const std::uint64_t id = readVint(elements, true);
        const std::uint64_t size = readVint(elements, false);
        if (elements.overrun()) return std::nullopt;
        if (isOpened(id)) continue;
        const std::string_view content = elements.take(size);
        if (elements.overrun()) return std::nullopt;
        readElement(id, content, found);
    }
    if (!found.webm || !found.sound || found.pictures) return std::nullopt;
    Audio audio{"webm", std::nullopt};
    const double ms = std::max(found.duration, found.last_block) * found.scale_ns / 1e6;
    if (ms >= 1 && ms < 1e12) audio.duration_ms = std::llround(ms);
    return audio;
}

}  // namespace linkup::media
