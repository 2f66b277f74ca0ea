#include "cache_prefixed.h"

#include <utility>

namespace linkup::daemon {

PrefixedCache::PrefixedCache(sdk::Cache& cache, std::string prefix)
    : cache_(cache), prefix_(std::move(prefix)) {}

std::optional<std::string> PrefixedCache::get(std::string_view key) {
    return cache_.get(own(key));
}

void PrefixedCache::set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    cache_.set(own(key), value, ttl);
}

bool PrefixedCache::setIfAbsent(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    return cache_.setIfAbsent(own(key), value, ttl);
}

void PrefixedCache::remove(std::string_view key) {
    cache_.remove(own(key));
}

std::int64_t PrefixedCache::add(std::string_view key, std::int64_t amount, std::chrono::milliseconds ttl) {
    return cache_.add(own(key), amount, ttl);
}

std::chrono::milliseconds PrefixedCache::take(std::string_view key, double per_second, int burst) {
    return cache_.take(own(key), per_second, burst);
}

std::optional<sdk::Lease> PrefixedCache::acquire(std::string_view name, std::chrono::milliseconds ttl) {
    auto lease = cache_.acquire(own(name), ttl);
    if (lease) lease->name = name;
    return lease;
}

bool PrefixedCache::renew(const sdk::Lease& lease, std::chrono::milliseconds ttl) {
    return cache_.renew(own(lease), ttl);
}

void PrefixedCache::release(const sdk::Lease& lease) {
    cache_.release(own(lease));
}

std::string PrefixedCache::own(std::string_view key) const {
    return prefix_ + std::string(key);
}

sdk::Lease PrefixedCache::own(const sdk::Lease& lease) const {
    return {own(lease.name), lease.token, lease.holder};
}

}  // namespace linkup::daemon
