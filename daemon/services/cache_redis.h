#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cache.h"
#include "redis_pool.h"

namespace linkup::daemon {

/// The cache that all nodes share. Each call is one command or one script in Redis, so it is atomic for all
/// nodes, and all time is Redis's.
class RedisCache : public HostCache {
public:
    /// Errors: Error{kInvalidArgument} for a URL that is none.
    RedisCache(const RedisSettings& settings, std::string node, sdk::Log& log);
    ~RedisCache() override;

    std::optional<std::string> get(std::string_view key) override;
    void set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) override;
    bool setIfAbsent(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) override;
    void remove(std::string_view key) override;
    std::int64_t add(std::string_view key, std::int64_t amount, std::chrono::milliseconds ttl) override;
    std::chrono::milliseconds take(std::string_view key, double per_second, int burst) override;
    std::optional<sdk::Lease> acquire(std::string_view name, std::chrono::milliseconds ttl) override;
    bool renew(const sdk::Lease& lease, std::chrono::milliseconds ttl) override;
    void release(const sdk::Lease& lease) override;
    void ping() override;

private:
    struct Script;
    struct Scripts;

    std::string keyOf(std::string_view kind, std::string_view key) const;
    RedisReply call(const std::vector<std::string_view>& words);
    RedisReply run(const Script& script, std::initializer_list<std::string_view> keys,
                   std::initializer_list<std::string_view> arguments);
    [[noreturn]] void refused(const RedisRefusal& refusal);

    const std::string prefix_;
    const std::string node_;
    sdk::Log& log_;
    RedisPool pool_;
    const std::unique_ptr<const Scripts> scripts_;
};

}  // namespace linkup::daemon
