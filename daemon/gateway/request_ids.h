#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "linkup/sdk/trace.h"

namespace linkup::daemon {

/// Sixteen hexadecimal digits.
inline std::string hexOf(std::uint64_t value) {
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
    return text;
}

/// Ids of requests, spans and traces, which do not repeat in a process and hardly ever between two.
///
/// Threading: any thread.
class RequestIds {
public:
    RequestIds() : next_(random()), trace_high_(random()) {}

    std::string make() { return hexOf(makeSpan()); }

    /// Not zero, which is no id.
    std::uint64_t makeSpan() {
        for (;;) {
            const std::uint64_t span = mixed(next_.fetch_add(1, std::memory_order_relaxed));
            if (span != 0) return span;
        }
    }

    /// A span in the caller's trace, or if there is none, in a trace of its own.
    sdk::TraceContext makeTrace(std::optional<sdk::TraceContext> caller = std::nullopt) {
        sdk::TraceContext trace = caller.has_value() ? std::move(*caller) : sdk::TraceContext();
        trace.span = makeSpan();
        if (!caller.has_value()) {
            trace.trace_high = mixed(trace_high_ + trace.span);
            trace.trace_low = mixed(trace.span);
        }
        return trace;
    }

private:
    static std::uint64_t random() {
        std::random_device source;
        return std::uint64_t{source()} << 32 ^ source();
    }

    /// A bijection (splitmix64's finaliser, Steele et al. 2014), so that distinct counts stay distinct.
    static std::uint64_t mixed(std::uint64_t z) {
        z *= 0x9E3779B97F4A7C15U;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31);
    }

    std::atomic<std::uint64_t> next_;
    const std::uint64_t trace_high_;
};

}  // namespace linkup::daemon
