#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// The place of a piece of work in a trace that may span several systems. Source: W3C Trace Context.
///
/// Held by: both sides; nothing is allocated unless `state` is long.   Since: ABI 1.4.
struct TraceContext {
    std::uint64_t trace_high = 0;  ///< the first half of the trace id
    std::uint64_t trace_low = 0;   ///< the second
    std::uint64_t span = 0;        ///< the id of the request, or of the socket's event, that this is part of
    std::uint8_t flags = 0;        ///< 1: the caller records this trace
    /// `tracestate` as the client sent it; to be sent on, beside `traceparent()`, to systems that we ask.
    std::string state{};

    static constexpr std::size_t kTextBytes = 55;  ///< of `traceparent()`

    /// What two headers say, `tracestate` being empty if there is none; one that breaks the rules is left
    /// out. Nothing, if `traceparent` breaks them.
    LINKUP_SDK_API static std::optional<TraceContext> parse(std::string_view traceparent,
                                                            std::string_view tracestate = {});
    /// False of one that was never set.
    bool valid() const noexcept { return (trace_high | trace_low) != 0 && span != 0; }
    LINKUP_SDK_API std::string traceId() const;  ///< 32 hexadecimal digits
    LINKUP_SDK_API std::string spanId() const;   ///< 16 hexadecimal digits
    /// The header for systems that we ask.
    LINKUP_SDK_API std::string traceparent() const;
    LINKUP_SDK_API void appendTraceparent(std::string& out) const;  ///< the same, behind `out`
};

/// Says what this thread works for, until the scope ends; what was said before then holds again. Lines of the
/// log and messages of the bus carry it. The host says it around handlers, hooks, work on pools and callbacks
/// of the bus; say it yourself only on a thread of your own, with a copy of `current()` that came along with
/// the work.
///
/// Held by: both sides; `trace` must live as long as the scope.   Threading: one thread.   Since: ABI 1.4.
class LINKUP_SDK_API TraceScope {
public:
    explicit TraceScope(const TraceContext& trace) noexcept;  ///< from now on this
    ~TraceScope();
    TraceScope(const TraceScope&) = delete;
    TraceScope& operator=(const TraceScope&) = delete;

    /// What this thread works for; not valid outside any scope.
    static const TraceContext& current() noexcept;

private:
    const TraceContext* outer_;
};

}  // namespace linkup::sdk
