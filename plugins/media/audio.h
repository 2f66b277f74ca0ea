#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace linkup::media {

/// What a voice note is.
struct Audio {
    std::string_view format;  ///< the ending of its file key: m4a, aac, mp3, ogg, webm, wav, amr
    std::optional<std::int64_t> duration_ms;  ///< of recordings made while they were sent: not always known
};

/// Recognises MP4, AAC (ADTS), MP3, Ogg (Opus, Vorbis), WebM, WAV and AMR that hold sound and no moving
/// pictures, by the structure of the whole file; nothing for all else, and for what is cut off where that
/// shows. Reads the containers only: no sound is decoded.
std::optional<Audio> probeAudio(std::string_view bytes);

}  // namespace linkup::media
