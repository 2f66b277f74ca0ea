// The reader of voice notes: what it takes has an ending and a duration that make sense.

#include "fuzz_input.h"
#include "plugins/media/audio.h"

using linkup::test::expectThat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto audio = linkup::media::probeAudio({reinterpret_cast<const char*>(data), size});
    if (!audio) return 0;
    expectThat(!audio->format.empty(), "what is taken has an ending");
    expectThat(audio->duration_ms.value_or(0) >= 0, "no duration is negative");
    return 0;
}
