#include "blurhash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace linkup::media {

namespace {

constexpr std::string_view kBase83 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

using Colour = std::array<double, 3>;

const std::array<double, 256>& linearValues() {
    static const std::array<double, 256> kValues = [] {
        std::array<double, 256> made{};
        for (std::size_t i = 0; i < made.size(); ++i) {
            const double v = static_cast<double>(i) / 255;
            made[i] = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
        }
        return made;
    }();
    return kValues;
}

int toSrgb(double linear) {
    const double v = std::clamp(linear, 0.0, 1.0);
    const double encoded = v <= 0.0031308 ? v * 12.92 : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
    return static_cast<int>(std::lround(encoded * 255));
}

/// Where the value of a row and a column stands when all rows stand one behind the other.
std::size_t indexOf(int row, int width, int column) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column);
}

/// cos(π · component · place / size) for each component and place.
std::vector<double> waves(int components, int size) {
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(components) * static_cast<std::size_t>(size));
    for (int component = 0; component < components; ++component) {
        for (int place = 0; place < size; ++place)
            values.push_back(std::cos(std::numbers::pi * component * place / size));
    }
    return values;
}

/// The share of each pair of waves in the picture. A row is summed up for all horizontal waves before the
/// vertical ones come in, so a pixel is looked at `x` times, not `x · y` times.
std::vector<Colour> factors(const RgbPixels& pixels, int x, int y) {
    const auto& linear = linearValues();
    const auto across = waves(x, pixels.width);
    const auto down = waves(y, pixels.height);
    std::vector<Colour> sums(static_cast<std::size_t>(x * y), Colour{});
    const unsigned char* value = pixels.values.data();
    for (int row = 0; row < pixels.height; ++row) {
        std::vector<Colour> of_row(static_cast<std::size_t>(x), Colour{});
        for (int column = 0; column < pixels.width; ++column, value += 3) {
            const Colour colour = {linear[value[0]], linear[value[1]], linear[value[2]]};
            for (int i = 0; i < x; ++i) {
                const double wave = across[indexOf(i, pixels.width, column)];
                for (std::size_t c = 0; c < 3; ++c)
                    of_row[static_cast<std::size_t>(i)][c] += wave * colour[c];
            }
        }
        for (int j = 0; j < y; ++j) {
            const double wave = down[indexOf(j, pixels.height, row)];
            for (int i = 0; i < x; ++i) {
                for (std::size_t c = 0; c < 3; ++c) {
                    sums[indexOf(j, x, i)][c] += wave * of_row[static_cast<std::size_t>(i)][c];
                }
            }
        }
    }
    const double pixel_count = static_cast<double>(pixels.width) * pixels.height;
    for (std::size_t k = 0; k < sums.size(); ++k) {
        for (double& sum : sums[k]) sum *= (k == 0 ? 1 : 2) / pixel_count;
    }
    return sums;
}

void append83(std::string& text, int value, int digits) {
    int divisor = 1;
    for (int i = 1; i < digits; ++i) divisor *= 83;
    for (; digits > 0; --digits, divisor /= 83)
        text += kBase83[static_cast<std::size_t>(value / divisor % 83)];
}

int quantised(double value, double maximum) {
    const double ratio = value / maximum;
    const double root = std::copysign(std::sqrt(std::abs(ratio)), ratio);
    return std::clamp(static_cast<int>(std::floor(root * 9 + 9.5)), 0, 18);
}

}  // namespace

std::string blurhash(const RgbPixels& pixels, int x, int y) {
    const auto all = factors(pixels, x, y);
    double largest = 0;
    for (std::size_t k = 1; k < all.size(); ++k) {
        for (const double part : all[k]) largest = std::max(largest, std::abs(part));
    }
    std::string text;
    append83(text, (x - 1) + (y - 1) * 9, 1);
    double maximum = 1;
    if (all.size() > 1) {
        const int step = std::clamp(static_cast<int>(std::floor(largest * 166 - 0.5)), 0, 82);
        maximum = (step + 1) / 166.0;
        append83(text, step, 1);
    } else {
        append83(text, 0, 1);
    }
    append83(text, (toSrgb(all[0][0]) << 16) + (toSrgb(all[0][1]) << 8) + toSrgb(all[0][2]), 4);
    for (std::size_t k = 1; k < all.size(); ++k) {
        append83(text,
                 quantised(all[k][0], maximum) * 19 * 19 + quantised(all[k][1], maximum) * 19 +
                     quantised(all[k][2], maximum),
                 2);
    }
    return text;
}

bool isBlurhash(std::string_view text) {
    if (text.size() < 6) return false;
    if (text.find_first_not_of(kBase83) != std::string_view::npos) return false;
    const std::size_t size = kBase83.find(text.front());
    const std::size_t components = (size % 9 + 1) * (size / 9 + 1);
    return text.size() == 4 + 2 * components;
}

}  // namespace linkup::media
