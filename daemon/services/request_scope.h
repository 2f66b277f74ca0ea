#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "linkup/sdk/trace.h"

namespace linkup::daemon {

/// Makes the lines that this thread logs carry a request's id, until the scope ends; the one around it then
/// holds again. With a trace it is a sdk::TraceScope as well.
///
/// Lifetime: `id` and `trace` must live as long as the scope.   Threading: one thread; take a WorkOrigin
/// along to another.
class RequestScope {
public:
    explicit RequestScope(std::string_view id,
                          const sdk::TraceContext& trace = sdk::TraceScope::current()) noexcept
        : outer_(std::exchange(t_current, id)), trace_(trace) {}
    ~RequestScope() { t_current = outer_; }
    RequestScope(const RequestScope&) = delete;
    RequestScope& operator=(const RequestScope&) = delete;

    /// Empty outside any scope.
    static std::string_view current() noexcept { return t_current; }

private:
    static inline thread_local std::string_view t_current;
    const std::string_view outer_;
    const sdk::TraceScope trace_;
};

/// What the present thread works for, to be taken to another: a copy of the RequestScope's id and trace.
struct WorkOrigin {
    std::string request_id{RequestScope::current()};
    sdk::TraceContext trace = sdk::TraceScope::current();
};

}  // namespace linkup::daemon
