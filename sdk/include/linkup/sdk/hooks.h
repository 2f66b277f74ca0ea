#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "linkup/sdk/database.h"
#include "linkup/sdk/json.h"

namespace linkup::sdk {

/// A handler's answer: pass (leave `payload` as it is), change it, or veto with a sentence that a client may
/// see.
/// Made by: plugin.   Since: ABI 1.0.
struct HookVerdict {
    std::optional<std::string> veto;  ///< the reason; nothing: pass
    /// Leaves the decision to others.
    static HookVerdict pass() { return {}; }
    /// Ends the publisher's work with a sentence that a client may see.
    static HookVerdict refuse(std::string reason) { return {std::move(reason)}; }
};

/// Runs inside the publisher's transaction, so keep to `connection` and be quick; it may change `payload` in
/// place. Several calls may run at once, each on its own thread.
using HookHandler = std::function<HookVerdict(Connection& connection, Json& payload)>;

/// What becomes of the publisher's work when a handler throws or is late.
enum class HookFailure {
    kOpen,    ///< it goes on as if the handler had passed
    kClosed,  ///< it ends as if the handler had vetoed, with HookSpec::refusal as the reason
};

/// A handler that its publisher need not trust. When it throws or is late, what it wrote is undone, its
/// changes to the payload and its actions after the commit are dropped, and `on_failure` decides. A lost race
/// (kSerialization) or a lost database still ends the transaction.
///
/// With a budget it runs on a thread of the host's, on a copy of the payload; when the budget is over, the
/// publisher goes on without it, after the statement that is under way. The handler's thread cannot be ended:
/// it goes on, and its next use of the connection throws Error{kUnavailable}. A handler that is late three
/// times in a row is left out for ten seconds (`on_failure` decides), and until those calls have ended.
/// Made by: plugin.   Since: ABI 1.2.
struct HookSpec {
    std::string event;  ///< such as "message.sending"
    int priority = 0;   ///< lower runs first
    /// Zero: on the publisher's thread, without a deadline; for what only computes, and costs the least.
    std::chrono::milliseconds budget{0};
    HookFailure on_failure = HookFailure::kClosed;  ///< what becomes of the publisher's work
    std::string refusal =
        "This cannot be checked at the moment. Please try again later.";  ///< the reason, for a client to see
};

/// Events of the domain that other plugins take part in. A plugin that keeps anything of a user handles two
/// of plugin auth's: `account.deleted`, to remove it, and `account.export`, to add it to the payload under
/// its own name; see plugins/auth/README.md. Handlers run by priority (lower first), then plugin name.
///
/// Implemented by: host.   Lifetime: the Host's.   Threading: the caller's thread.   Errors: what a handler
/// throws leaves `run`, so that the transaction rolls back, unless it was registered with a HookSpec. Since:
/// ABI 1.0.
class LINKUP_SDK_API Hooks {
public:
    virtual ~Hooks();
    /// The first veto ends it.
    virtual HookVerdict run(std::string_view event, Connection& connection, Json& payload) = 0;
    /// Whether anybody has a say in it: without, there is no need to make a payload, or to have a connection.
    /// The same from the start of all plugins to their stop.   Since: ABI 1.8.
    virtual bool handled(std::string_view event) const noexcept = 0;
};

}  // namespace linkup::sdk
