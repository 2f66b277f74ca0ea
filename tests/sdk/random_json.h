#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <random>
#include <string>

#include "linkup/sdk/json.h"

namespace linkup::test {

/// Random JSON values of every kind, the same for the same seed.
class RandomJson {
public:
    explicit RandomJson(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
    }

    std::string text() {
        static constexpr std::array<const char*, 12> kPieces = {
            "a", "\"", "\\", "\n", "\x01", "/", "\x7f", "é", "\xED\x9F\xBF", "語", "😀", "z"};
        std::string out;
        for (std::size_t count = below(6); count > 0; --count) out += kPieces[below(kPieces.size())];
        if (below(20) == 0) out += '\0';
        return out;
    }

    double real() {
        while (true) {
            const auto value = std::bit_cast<double>(std::uniform_int_distribution<std::uint64_t>()(random_));
            if (std::isfinite(value)) return value;
        }
    }

    std::int64_t integer() {
        const auto value =
            std::bit_cast<std::int64_t>(std::uniform_int_distribution<std::uint64_t>()(random_));
        return value >> below(64);
    }

    sdk::Json value(int depth = 4) {
        switch (below(depth > 0 ? 8 : 6)) {
            case 0:
                return {};
            case 1:
                return sdk::Json(below(2) == 0);
            case 2:
                return sdk::Json(integer());
            case 3:
                return sdk::Json(real());
            case 4:
                return sdk::Json(static_cast<double>(integer() % 1000));
            case 5:
                return sdk::Json(text());
            case 6:
                return list(depth - 1);
            default:
                return object(depth - 1);
        }
    }

private:
    sdk::Json list(int depth) {
        sdk::Json out = sdk::Json::array();
        for (std::size_t count = below(5); count > 0; --count) out.push(value(depth));
        return out;
    }
    sdk::Json object(int depth) {
        sdk::Json out = sdk::Json::object();
        for (std::size_t count = below(30) == 0 ? 40 : below(5); count > 0; --count)
            out.set(text(), value(depth));
        return out;
    }

    std::mt19937 random_;
};

}  // namespace linkup::test
