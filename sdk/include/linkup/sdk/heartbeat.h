#pragma once

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// Tells the host that a thread of the plugin's own makes progress. While one that is at work stays silent,
/// the service manager is not told that all is well, and in the end restarts linkupd (`WatchdogSec` of its
/// unit, a minute as shipped).
///
/// Implemented by: host.   Lifetime: the Host's.   Threading: any thread; costs one store.
/// Errors: none.   Since: ABI 1.2.
class LINKUP_SDK_API Heartbeat {
public:
    virtual ~Heartbeat();
    /// The thread begins a piece of work, or goes on with one.
    virtual void beat() noexcept = 0;
    /// The thread waits for work: nothing is expected until its next beat. So it is at first.
    virtual void rest() noexcept = 0;
};

}  // namespace linkup::sdk
