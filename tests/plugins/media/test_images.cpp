#include "test_images.h"

#include <vips/vips.h>

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

namespace linkup::test {
namespace {

struct Unref {
    void operator()(void* object) const { g_object_unref(object); }
};
using ImagePtr = std::unique_ptr<VipsImage, Unref>;

void expect(int result) {
    if (result != 0) throw std::runtime_error(std::string("libvips: ") + vips_error_buffer());
}

ImagePtr ofPixels(std::vector<unsigned char> pixels, int width, int height, int bands) {
    const ImagePtr view(vips_image_new_from_memory_copy(pixels.data(), pixels.size(), width, height, bands,
                                                        VIPS_FORMAT_UCHAR));
    VipsImage* copy = nullptr;
    expect(vips_copy(view.get(), &copy, "interpretation",
                     bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, nullptr));
    return ImagePtr(copy);
}

std::string written(VipsImage* image, const std::string& suffix) {
    void* data = nullptr;
    std::size_t size = 0;
    expect(vips_image_write_to_buffer(image, suffix.c_str(), &data, &size, nullptr));
    std::string bytes(static_cast<const char*>(data), size);
    g_free(data);
    return bytes;
}

/// A red quarter at the left top, else green; blue along the bottom.
void paint(unsigned char* pixel, int x, int y, const ImageSpec& spec) {
    const bool red = !spec.flat && x < spec.width / 2 && y < spec.height / 2;
    const bool blue = !spec.flat && y >= spec.height * 3 / 4;
    pixel[0] = red ? 220 : 20;
    if (spec.bands >= 3) {
        pixel[1] = !red && !blue ? 220 : 20;
        pixel[2] = blue ? 220 : 20;
    }
    if (spec.bands == 4) pixel[3] = 255;
}

ImagePtr opened(const std::string& bytes) {
    ImagePtr image(vips_image_new_from_buffer(bytes.data(), bytes.size(), "", nullptr));
    if (!image) throw std::runtime_error(std::string("no image: ") + vips_error_buffer());
    return image;
}

}  // namespace

std::string makeImage(const std::string& suffix, const ImageSpec& spec) {
    const auto size = static_cast<std::size_t>(spec.width) * static_cast<std::size_t>(spec.height);
    std::vector<unsigned char> pixels(size * static_cast<std::size_t>(spec.bands));
    for (int y = 0; y < spec.height; ++y) {
        for (int x = 0; x < spec.width; ++x) {
            const auto at = static_cast<std::size_t>(y) * static_cast<std::size_t>(spec.width) +
                            static_cast<std::size_t>(x);
            paint(&pixels[at * static_cast<std::size_t>(spec.bands)], x, y, spec);
        }
    }
    if (spec.noise) {
        std::minstd_rand random;
        std::generate(pixels.begin(), pixels.end(),
                      [&] { return static_cast<unsigned char>(random() >> 8); });
    }
    const ImagePtr image = ofPixels(std::move(pixels), spec.width, spec.height, spec.bands);
    if (spec.orientation != 1) vips_image_set_int(image.get(), VIPS_META_ORIENTATION, spec.orientation);
    if (spec.located) {
        vips_image_set_string(image.get(), "exif-ifd0-Make", "Maker (Maker, ASCII, 6 components, 6 bytes)");
        vips_image_set_string(image.get(), "exif-ifd3-GPSLatitude",
                              "13/1 21/1 0/1 (13, 21, 0, Rational, 3 components, 24 bytes)");
    }
    return written(image.get(), suffix);
}

std::string makePattern(int width, int height) {
    std::vector<unsigned char> pixels;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            for (const int value : {x * 7 + y * 3, x * x + 5 * y, 255 * y / std::max(1, height - 1)})
                pixels.push_back(static_cast<unsigned char>(value % 256));
        }
    }
    return written(ofPixels(std::move(pixels), width, height, 3).get(), ".png");
}

bool hasMetadata(const std::string& bytes) {
    const ImagePtr image = opened(bytes);
    for (const char* field :
         {VIPS_META_EXIF_NAME, VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME, VIPS_META_ICC_NAME}) {
        if (vips_image_get_typeof(image.get(), field) != 0) return true;
    }
    return false;
}

std::string loaderOf(const std::string& bytes) {
    const char* loader = vips_foreign_find_load_buffer(bytes.data(), bytes.size());
    return loader == nullptr ? "" : loader;
}

std::string colourAt(const std::string& bytes, int x, int y) {
    const ImagePtr image = opened(bytes);
    double* values = nullptr;
    int count = 0;
    expect(vips_getpoint(image.get(), &values, &count, x, y, nullptr));
    const std::vector<double> colours(values, values + std::min(count, 3));
    g_free(values);
    const auto largest = std::max_element(colours.begin(), colours.end());
    if (colours.size() < 3 || *largest - *std::min_element(colours.begin(), colours.end()) < 60)
        return "grey";
    return std::vector<std::string>{"red", "green",
                                    "blue"}[static_cast<std::size_t>(largest - colours.begin())];
}

}  // namespace linkup::test
