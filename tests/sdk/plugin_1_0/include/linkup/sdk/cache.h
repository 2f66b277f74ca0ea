#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// A right to do something alone in the cluster until it expires. `token` grows with each holder: pass it
/// along with what you write, and let the store refuse a smaller one than it has seen (a fencing token).
struct Lease {
    std::string name;
    std::int64_t token = 0;
    std::string holder;
};

/// Shared, short-lived state: keys with a time to live, counters, token buckets, leases. In one process's
/// memory, or in Redis for all nodes. May be lost at any time: what must survive belongs in the database.
///
/// Implemented by: host; keys are prefixed with the plugin's name.   Lifetime: the Host's.   Threading: any
/// thread but an I/O thread.   Errors: Error{kUnavailable} when Redis cannot be reached.   Since: ABI 1.0.
class LINKUP_SDK_API Cache {
public:
    virtual ~Cache();
    virtual std::optional<std::string> get(std::string_view key) = 0;
    virtual void set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) = 0;
    /// Sets the key only if it is not there; true if it was set.
    virtual bool setIfAbsent(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) = 0;
    virtual void remove(std::string_view key) = 0;
    /// Adds to a counter that starts at 0 and lives for `ttl` from its first addition; returns the new value.
    virtual std::int64_t add(std::string_view key, std::int64_t amount, std::chrono::milliseconds ttl) = 0;
    /// Takes one token from `key`'s bucket of `burst` tokens, refilled at `per_second`. Returns zero if
    /// granted, else the time until one is there; nothing is taken then. Source: GCRA, ITU-T I.371.
    virtual std::chrono::milliseconds take(std::string_view key, double per_second, int burst) = 0;
    /// The lease if it was free or expired, else nothing.
    virtual std::optional<Lease> acquire(std::string_view name, std::chrono::milliseconds ttl) = 0;
    /// Extends a lease that is still ours; false if it is not.
    virtual bool renew(const Lease& lease, std::chrono::milliseconds ttl) = 0;
    virtual void release(const Lease& lease) = 0;
};

}  // namespace linkup::sdk
