#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "linkup/sdk/database.h"
#include "linkup/sdk/json.h"

namespace linkup::sdk {

/// A handler's answer: pass (leave `payload` as it is), change it, or veto with a sentence that a client may
/// see.
struct HookVerdict {
    std::optional<std::string> veto;
    static HookVerdict pass() { return {}; }
    static HookVerdict refuse(std::string reason) { return {std::move(reason)}; }
};

/// Runs inside the publisher's transaction, so keep to `connection` and be quick; it may change `payload` in
/// place.
using HookHandler = std::function<HookVerdict(Connection& connection, Json& payload)>;

/// Events of the domain that other plugins take part in. A plugin that keeps anything of a user handles two
/// of plugin auth's: `account.deleted`, to remove it, and `account.export`, to add it to the payload under
/// its own name; see plugins/auth/README.md. Handlers run by priority (lower first), then plugin name.
///
/// Implemented by: host.   Lifetime: the Host's.   Threading: the caller's thread.   Errors: what a handler
/// throws leaves `run`, so that the transaction rolls back.   Since: ABI 1.0.
class LINKUP_SDK_API Hooks {
public:
    virtual ~Hooks();
    /// The first veto ends it.
    virtual HookVerdict run(std::string_view event, Connection& connection, Json& payload) = 0;
};

}  // namespace linkup::sdk
