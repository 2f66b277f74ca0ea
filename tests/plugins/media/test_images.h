#pragma once

#include <string>

namespace linkup::test {

/// Files of images, made by libvips for the tests.
struct ImageSpec {
    int width = 64;
    int height = 48;
    int orientation = 1;   ///< as Exif says it
    bool located = false;  ///< with coordinates and the maker's name in its Exif
    int bands = 3;         ///< 1: grey; 4: with alpha
    bool flat = false;     ///< one colour
    bool noise = false;    ///< which nothing makes smaller
};

/// `suffix` is what libvips writes: ".jpg", ".png", ".webp", ".gif", ".heic", ".tif"; options may follow it,
/// in brackets.
std::string makeImage(const std::string& suffix, const ImageSpec& spec = {});
/// As makeImage, of pixels (7x + 3y, x² + 5y, 255y / (height − 1)), each modulo 256.
std::string makePattern(int width, int height);
/// Whether an image has any of Exif, XMP, IPTC or a colour profile.
bool hasMetadata(const std::string& bytes);
/// The loader that libvips takes for it, such as "VipsForeignLoadWebpBuffer".
std::string loaderOf(const std::string& bytes);
/// One of "red", "green", "blue" or "grey", by the largest value at that place.
std::string colourAt(const std::string& bytes, int x, int y);

}  // namespace linkup::test
