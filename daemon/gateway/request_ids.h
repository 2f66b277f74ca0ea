#pragma once

#include <atomic>
#include <cstdint>
#include <random>
#include <string>

namespace linkup::daemon {

/// Sixteen hexadecimal digits.
inline std::string hexOf(std::uint64_t value) {
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
    return text;
}

/// Ids that do not repeat in a process and hardly ever between two.
///
/// Threading: any thread.
class RequestIds {
public:
    RequestIds() : next_((std::uint64_t{std::random_device{}()} << 32) ^ std::random_device{}()) {}
    std::string make() {
        // A bijection (splitmix64's finaliser, Steele et al. 2014), so that distinct counts stay distinct.
        std::uint64_t z = next_.fetch_add(1, std::memory_order_relaxed) * 0x9E3779B97F4A7C15U;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
        return hexOf(z ^ (z >> 31));
    }

private:
    std::atomic<std::uint64_t> next_;
};

}  // namespace linkup::daemon
