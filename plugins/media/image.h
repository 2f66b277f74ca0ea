#pragma once

#include <linkup/sdk/file.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "blurhash.h"

namespace linkup::media {

/// A part of an image, in its pixels.
struct Box {
    int left = 0;
    int top = 0;
    int width = 0;
    int height = 0;
    friend bool operator==(const Box&, const Box&) = default;
};

/// One byte a pixel, row by row without gaps.
struct GreyPixels {
    int width = 0;
    int height = 0;
    std::vector<unsigned char> values;
};

/// Once in the process, before anything else here; again does nothing. It closes libvips to all formats but
/// those that are taken. Errors: std::runtime_error.
void prepareImages();

/// A picture as it will be shown: upright, in sRGB, fitted, in memory, without what the camera wrote about
/// it.
///
/// Threading: one thread at a time; any number of them at once.
class Image {
public:
    static constexpr int kMaxSide = 1600;
    static constexpr std::int64_t kMaxPixels = 50'000'000;

    /// Reads JPEG, PNG, WebP, GIF (its first frame) or HEIF; only the content says which.
    /// Errors: Error{kInvalidArgument} for what is none or is cut off; Error{kTooLarge} beyond kMaxPixels,
    /// before a pixel is decoded.
    static Image read(const sdk::File& file);

    Image(Image&&) noexcept;
    Image& operator=(Image&&) noexcept;
    ~Image();

    int width() const;
    int height() const;
    /// `box` lies within the image.
    Image part(const Box& box) const;
    std::string webp(int quality) const;
    /// Of 9 by 9 components.
    std::string blurhash() const;
    /// Made smaller until no side is longer than `max_side`.
    GreyPixels grey(int max_side) const;
    RgbPixels rgb(int max_side) const;

private:
    struct Pixels;
    explicit Image(std::unique_ptr<Pixels> pixels);
    std::unique_ptr<Pixels> pixels_;
};

}  // namespace linkup::media
