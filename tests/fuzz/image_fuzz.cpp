// The intake of images: whatever comes is an image of bounded size, or refused. The fuzzer's own limits
// (./dev fuzz) say how much time and memory one may take.

#include <linkup/sdk/error.h>
#include <linkup/sdk/file.h>

#include "fuzz_input.h"
#include "plugins/media/image.h"

using namespace linkup;
using namespace linkup::media;
using linkup::test::expectThat;

namespace {

/// Encoding a large image takes long and shows nothing that a small one does not.
constexpr int kMaxEncodedPixels = 128 * 128;

void process(const Image& image) {
    expectThat(image.width() >= 1 && image.width() <= Image::kMaxSide, "the width is bounded");
    expectThat(image.height() >= 1 && image.height() <= Image::kMaxSide, "the height is bounded");
    const GreyPixels grey = image.grey(64);
    expectThat(
        grey.values.size() == static_cast<std::size_t>(grey.width) * static_cast<std::size_t>(grey.height),
        "grey is one byte a pixel");
    if (image.width() * image.height() > kMaxEncodedPixels) return;
    expectThat(image.blurhash().size() == 4 + 2 * 81, "a blurhash has 9 by 9 components");
    const Image again = Image::read(*sdk::File::holding(image.webp(70)));
    expectThat(again.width() == image.width() && again.height() == image.height(),
               "what is stored can be read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    prepareImages();
    const auto file = sdk::File::holding({reinterpret_cast<const char*>(data), size});
    try {
        process(Image::read(*file));
    } catch (const sdk::Error& error) {
        expectThat(
            error.code() == sdk::ErrorCode::kInvalidArgument || error.code() == sdk::ErrorCode::kTooLarge,
            error.what());
    }
    return 0;
}
