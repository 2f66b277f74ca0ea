#include "audio.h"

#include <array>
#include <cmath>

#include "audio_webm.h"
#include "byte_reader.h"

namespace linkup::media {

namespace {

// Sources: ISO 14496-12 (MP4), 14496-3 (ADTS), 11172-3 and 13818-3 (MP3); RFC 3533, RFC 7845 (Ogg, Opus); RFC
// 4867 (AMR); Multimedia Programming Interface 1.0 (WAV).

// ---- MP4
// ------------------------------------------------------------------------------------------------------------

struct Mp4 {
    bool sound = false;
    bool pictures = false;
    std::uint64_t scale = 0;
    std::uint64_t duration = 0;
};

bool isMp4Container(std::string_view type) {
    return type == "moov" || type == "trak" || type == "mdia";
}

void readMovieHeader(ByteReader box, Mp4& found) {
    const bool wide = box.big(1) == 1;
    box.skip(wide ? 3 + 8 + 8 : 3 + 4 + 4);
    found.scale = box.big(4);
    found.duration = box.big(wide ? 8 : 4);
}

/// False if a box claims more than there is.
bool readMp4(ByteReader boxes, int depth, Mp4& found) {
    while (boxes.left() >= 8) {
        std::uint64_t size = boxes.big(4);
        const std::string_view type = boxes.take(4);
        std::uint64_t head = 8;
        if (size == 1) {
            size = boxes.big(8);
            head = 16;
        }
        if (size != 0 && size < head) return false;
        const ByteReader content(boxes.take(size == 0 ? boxes.left() : size - head));
        if (boxes.overrun()) return false;
        if (type == "mvhd") readMovieHeader(content, found);
        if (type == "hdlr") {
            ByteReader handler(content);
            handler.skip(8);
            const std::string_view kind = handler.take(4);
            found.sound |= kind == "soun";
            found.pictures |= kind == "vide";
        }
        if (isMp4Container(type) && depth < 4 && !readMp4(content, depth + 1, found)) return false;
    }
    return true;
}

std::optional<Audio> probeMp4(std::string_view bytes) {
    if (bytes.size() < 8 || bytes.substr(4, 4) != "ftyp") return std::nullopt;
    Mp4 found;
    if (!readMp4(ByteReader(bytes), 0, found) || !found.sound || found.pictures) return std::nullopt;
    Audio audio{"m4a", std::nullopt};
    // All ones: unknown.
    const bool known = found.scale > 0 && found.duration > 0 && found.duration < 0xFFFF'FFFFu;
    if (known) audio.duration_ms = static_cast<std::int64_t>(found.duration * 1000 / found.scale);
    return audio;
}

// ---- frames: AAC, MP3, AMR
// ------------------------------------------------------------------------------------------

/// One frame of a stream of them: its bytes and how long it sounds. Size 0: there is none here.
struct Frame {
    std::size_t size = 0;
    double ms = 0;
};
using FrameReader = Frame (*)(std::string_view);

/// Walks frame after frame; the last may be cut off, as recorders do, but three quarters have to be frames.
std::optional<std::int64_t> durationOfFrames(std::string_view bytes, FrameReader next, int at_least) {
    double ms = 0;
    int frames = 0;
    std::size_t at = 0;
    while (at < bytes.size()) {
        const Frame frame = next(bytes.substr(at));
        if (frame.size == 0 || frame.size > bytes.size() - at) break;
        at += frame.size;
        ms += frame.ms;
        ++frames;
    }
    if (frames < at_least || at < bytes.size() / 4 * 3) return std::nullopt;
    return std::llround(ms);
}

std::string_view withoutId3(std::string_view bytes) {
    if (!bytes.starts_with("ID3") || bytes.size() < 10) return bytes;
    std::size_t size = 10;
    std::size_t length = 0;
    for (std::size_t i = 6; i < 10; ++i)
        length = length << 7 | (static_cast<unsigned char>(bytes[i]) & 0x7Fu);
    size += length;
    return size < bytes.size() ? bytes.substr(size) : std::string_view{};
}

Frame adtsFrame(std::string_view bytes) {
    static constexpr std::array<int, 13> kRates = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                                   22050, 16000, 12000, 11025, 8000,  7350};
    ByteReader reader(bytes);
    const std::uint64_t head = reader.big(7);
    if (reader.overrun() || (head >> 44 & 0xFFF) != 0xFFF || (head >> 41 & 3) != 0) return {};
    const auto rate = static_cast<std::size_t>(head >> 34 & 0xF);
    const auto size = static_cast<std::size_t>(head >> 13 & 0x1FFF);
    if (rate >= kRates.size() || size < 7) return {};
    const auto blocks = static_cast<double>((head & 3) + 1);
    return {size, blocks * 1024 * 1000 / kRates[rate]};
}

Frame mp3Frame(std::string_view bytes) {
    static constexpr std::array<int, 15> kFirst = {0,   32,  40,  48,  56,  64,  80, 96,
                                                   112, 128, 160, 192, 224, 256, 320};
    static constexpr std::array<int, 15> kSecond = {0,  8,  16, 24,  32,  40,  48, 56,
                                                    64, 80, 96, 112, 128, 144, 160};
    static constexpr std::array<int, 3> kRates = {44100, 48000, 32000};
    ByteReader reader(bytes);
    const std::uint64_t head = reader.big(4);
    const auto version = head >> 19 & 3;  // 0: 2.5, 2: 2, 3: 1
    const auto rate_index = static_cast<std::size_t>(head >> 10 & 3);
    const auto bitrate_index = static_cast<std::size_t>(head >> 12 & 0xF);
    if (reader.overrun() || (head >> 21 & 0x7FF) != 0x7FF || version == 1 || (head >> 17 & 3) != 1) return {};
    if (rate_index == 3 || bitrate_index == 0 || bitrate_index == 15) return {};
    const bool first = version == 3;
    const int rate = kRates[rate_index] / (first ? 1 : version == 2 ? 2 : 4);
    const int kilobits = (first ? kFirst : kSecond)[bitrate_index];
    const int samples = first ? 1152 : 576;
    const auto padding = static_cast<int>(head >> 9 & 1);
    return {static_cast<std::size_t>(samples / 8 * kilobits * 1000 / rate + padding),
            samples * 1000.0 / rate};
}

Frame amrFrame(std::string_view bytes) {
    static constexpr std::array<std::size_t, 9> kSizes = {12, 13, 15, 17, 19, 20, 26, 31, 5};
    const auto mode = static_cast<std::size_t>(static_cast<unsigned char>(bytes.front()) >> 3 & 0xF);
    if (mode == 15) return {1, 20};
    if (mode >= kSizes.size()) return {};
    return {kSizes[mode] + 1, 20};
}

Frame wideAmrFrame(std::string_view bytes) {
    static constexpr std::array<std::size_t, 10> kSizes = {17, 23, 32, 36, 40, 46, 50, 58, 60, 5};
    const auto mode = static_cast<std::size_t>(static_cast<unsigned char>(bytes.front()) >> 3 & 0xF);
    if (mode >= 14) return {1, 20};
    if (mode >= kSizes.size()) return {};
    return {kSizes[mode] + 1, 20};
}

std::optional<Audio> probeFrames(std::string_view bytes, std::string_view format, FrameReader next,
                                 int at_least) {
    const auto duration = durationOfFrames(bytes, next, at_least);
    if (!duration) return std::nullopt;
    return Audio{format, duration};
}

std::optional<Audio> probeAmr(std::string_view bytes) {
    constexpr std::string_view kNarrow = "#!AMR\n";
    constexpr std::string_view kWide = "#!AMR-WB\n";
    if (bytes.starts_with(kNarrow)) return probeFrames(bytes.substr(kNarrow.size()), "amr", amrFrame, 1);
    if (bytes.starts_with(kWide)) return probeFrames(bytes.substr(kWide.size()), "amr", wideAmrFrame, 1);
    return std::nullopt;
}

// ---- Ogg
// ------------------------------------------------------------------------------------------------------------

struct Ogg {
    double samples_per_ms = 0;  ///< of the granule positions
    std::uint64_t skipped = 0;
    std::uint64_t last = 0;
    std::uint64_t serial = 0;
};

/// The first page of a stream says what is in it.
bool readOggHead(std::string_view packet, Ogg& found) {
    ByteReader reader(packet);
    if (packet.starts_with("OpusHead")) {
        reader.skip(10);
        found.skipped = reader.little(2);
        found.samples_per_ms = 48;
    } else if (packet.starts_with("\x01vorbis")) {
        reader.skip(12);
        found.samples_per_ms = static_cast<double>(reader.little(4)) / 1000;
    }
    return !reader.overrun() && found.samples_per_ms > 0;
}

std::optional<Audio> probeOgg(std::string_view bytes) {
    constexpr std::uint64_t kNoPacketEnds = ~std::uint64_t{0};
    Ogg found;
    ByteReader pages(bytes);
    for (bool first = true; pages.left() > 0; first = false) {
        if (pages.take(4) != "OggS") return std::nullopt;
        pages.skip(2);
        const std::uint64_t granule = pages.little(8);
        const std::uint64_t serial = pages.little(4);
        pages.skip(8);
        const std::string_view lacing = pages.take(pages.big(1));
        std::uint64_t size = 0;
        for (const char c : lacing) size += static_cast<unsigned char>(c);
        const std::string_view content = pages.take(size);
        if (pages.overrun()) return std::nullopt;
        if (first) {
            if (!readOggHead(content, found)) return std::nullopt;
            found.serial = serial;
        } else if (serial != found.serial) {
            return std::nullopt;  // more than one stream: no voice note
        }
        if (granule != kNoPacketEnds) found.last = granule;
    }
    if (found.samples_per_ms == 0) return std::nullopt;
    const std::uint64_t samples = found.last > found.skipped ? found.last - found.skipped : 0;
    Audio audio{"ogg", std::nullopt};
    const double ms = static_cast<double>(samples) / found.samples_per_ms;
    if (samples > 0 && ms < 1e12) audio.duration_ms = std::llround(ms);
    return audio;
}

// ---- WAV
// ------------------------------------------------------------------------------------------------------------

std::optional<Audio> probeWav(std::string_view bytes) {
    if (!bytes.starts_with("RIFF") || bytes.size() < 12 || bytes.substr(8, 4) != "WAVE") return std::nullopt;
    ByteReader chunks(bytes.substr(12));
    std::uint64_t bytes_per_second = 0;
    while (chunks.left() >= 8) {
        const std::string_view type = chunks.take(4);
        const std::uint64_t size = chunks.little(4);
        if (type == "data") {
            if (bytes_per_second == 0 || chunks.left() == 0) return std::nullopt;
            // Recorders that stream leave the size at nothing or at all ones.
            const std::uint64_t known = size == 0 || size > chunks.left() ? chunks.left() : size;
            return Audio{"wav", static_cast<std::int64_t>(known * 1000 / bytes_per_second)};
        }
        ByteReader content(chunks.take(size + size % 2));
        if (chunks.overrun()) return std::nullopt;
        if (type == "fmt ") {
            content.skip(8);
            bytes_per_second = content.little(4);
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<Audio> probeAudio(std::string_view bytes) {
    for (const auto probe : {probeMp4, probeOgg, probeWebm, probeWav, probeAmr}) {
        if (auto audio = probe(bytes)) return audio;
    }
    const std::string_view stream = withoutId3(bytes);
    if (auto audio = probeFrames(stream, "aac", adtsFrame, 2)) return audio;
    return probeFrames(stream, "mp3", mp3Frame, 2);
}

}  // namespace linkup::media
