#pragma once

#include <string>

#include "linkup/sdk/cache.h"

namespace linkup::daemon {

/// A plugin's own part of a cache: every key and lease has `prefix` in front, which the plugin does not see.
///
/// Lifetime: `cache` must outlive it.
class PrefixedCache : public sdk::Cache {
public:
    PrefixedCache(sdk::Cache& cache, std::string prefix);

    std::optional<std::string> get(std::string_view key) override;
    void set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) override;
    bool setIfAbsent(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) override;
    void remove(std::string_view key) override;
    std::int64_t add(std::string_view key, std::int64_t amount, std::chrono::milliseconds ttl) override;
    std::chrono::milliseconds take(std::string_view key, double per_second, int burst) override;
    std::optional<sdk::Lease> acquire(std::string_view name, std::chrono::milliseconds ttl) override;
    bool renew(const sdk::Lease& lease, std::chrono::milliseconds ttl) override;
    void release(const sdk::Lease& lease) override;

private:
    std::string own(std::string_view key) const;
    sdk::Lease own(const sdk::Lease& lease) const;

    sdk::Cache& cache_;
    const std::string prefix_;
};

}  // namespace linkup::daemon
