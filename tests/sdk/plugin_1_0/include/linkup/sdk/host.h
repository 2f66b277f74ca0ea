#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "linkup/sdk/bus.h"
#include "linkup/sdk/cache.h"
#include "linkup/sdk/clock.h"
#include "linkup/sdk/database.h"
#include "linkup/sdk/export.h"
#include "linkup/sdk/hooks.h"
#include "linkup/sdk/log.h"
#include "linkup/sdk/mailer.h"
#include "linkup/sdk/metrics.h"
#include "linkup/sdk/socket.h"

namespace linkup::sdk {

/// Runs work on a bounded pool of threads.
///
/// Implemented by: host.   Lifetime: the Host's.   Threading: any thread; never blocks.   Since: ABI 1.0.
class LINKUP_SDK_API Workers {
public:
    virtual ~Workers();
    /// False if the pool's queue is full. What `work` throws is logged. `pool` is "requests" or one of one's
    /// own.
    [[nodiscard]] virtual bool post(std::string_view pool, std::function<void()> work) = 0;
};

/// Interfaces that plugins offer each other; see `services/`. A reference found is valid until the provider
/// stops, which is after everything that depends on it. Resolve once, in Plugin::start, and keep it.
///
/// Implemented by: host.   Lifetime: the Host's.   Threading: any thread.   Since: ABI 1.0.
class LINKUP_SDK_API Services {
public:
    virtual ~Services();
    /// Null if nobody provides it. Known to all from the end of registration, so also to plugins that start
    /// earlier than the provider; such a one must not call it before its own first request.
    virtual void* find(std::string_view interface_name) const noexcept = 0;

    /// By type; `T::kServiceName` names it, with its major version, such as "linkup.matches/1".
    template <class T>
    T* find() const noexcept {
        return static_cast<T*>(find(T::kServiceName));
    }
};

/// All that a plugin may use.
///
/// Implemented by: host, one for each plugin.   Lifetime: from Plugin::registerWith until the plugin is
/// destroyed. Threading: any thread.   Since: ABI 1.0.
class LINKUP_SDK_API Host {
public:
    virtual ~Host();
    virtual Log& log() noexcept = 0;
    virtual Database& database() noexcept = 0;
    virtual Cache& cache() noexcept = 0;
    virtual Bus& bus() noexcept = 0;
    virtual SocketHub& sockets() noexcept = 0;
    virtual Mailer& mailer() noexcept = 0;
    virtual Metrics& metrics() noexcept = 0;
    virtual Workers& workers() noexcept = 0;
    virtual Clock& clock() noexcept = 0;
    virtual Hooks& hooks() noexcept = 0;
    virtual Services& services() noexcept = 0;
};

}  // namespace linkup::sdk
