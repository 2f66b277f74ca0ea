#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linkup::media {

/// Colours in sRGB, three bytes a pixel, row by row without gaps.
struct RgbPixels {
    int width = 0;
    int height = 0;
    std::vector<unsigned char> values;
};

/// What a phone draws until the picture itself is there, of `x` by `y` components (1 … 9 each).
/// Source: the blurhash algorithm, github.com/woltapp/blurhash.
std::string blurhash(const RgbPixels& pixels, int x, int y);

/// True for a text in the form of a blurhash: its length follows from its first character.
bool isBlurhash(std::string_view text);

/// The one that stands for a picture without one.
inline constexpr std::string_view kGreyBlurhash = "L0IE|gfQfQfQfQfQfQfQfQfQfQfQ";

}  // namespace linkup::media
