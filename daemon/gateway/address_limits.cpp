#include "address_limits.h"

#include <algorithm>
#include <cstring>

namespace linkup::daemon {

namespace {

using Steady = std::chrono::steady_clock;

Steady::duration perRequest(double requests, double per_second) {
    if (per_second <= 0) return {};
    return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(requests / per_second));
}

}  // namespace

AddressLimits::AddressLimits(const AddressSettings& settings, sdk::Metrics& metrics)
    : settings_(settings),
      exempt_(settings.exempt),
      cost_(perRequest(1, settings.requests_per_second)),
      capacity_(perRequest(std::max(1.0, settings.request_burst), settings.requests_per_second)),
      refused_connections_(metrics.counter("address_connections_refused_total",
                                           "Connections refused because their address had too many.")),
      refused_requests_(metrics.counter("address_requests_refused_total",
                                        "Requests answered with 429 because their address sent too many.")) {}

std::size_t AddressLimits::Hash::operator()(const AddressKey& key) const noexcept {
    std::uint64_t z = (key.high ^ (key.low * 0x9E3779B97F4A7C15U)) * 0xBF58476D1CE4E5B9U;
    return (z ^ (z >> 31U)) * 0x94D049BB133111EBU;
}

AddressKey AddressLimits::keyOf(std::string_view address) const noexcept {
    const auto bytes = TrustedProxies::parse(address);
    if (!bytes.has_value() || exempt_.trusts(address)) return {};
    AddressKey key{.limited = true};
    std::memcpy(&key.high, bytes->data(), 8);
    if (key.high == 0) std::memcpy(&key.low, bytes->data() + 8, 8);  // IPv4 as ::ffff:a.b.c.d
    return key;
}

/// With the shard's lock held. Forgets those who have rested, now and then: as often as the table doubles.
AddressLimits::Entry& AddressLimits::entryOf(Shard& shard, const AddressKey& key) {
    if (shard.entries.size() >= shard.sweep_at) {
        const auto now = Steady::now();
        std::erase_if(shard.entries, [now](const auto& entry) {
            return entry.second.connections == 0 && entry.second.full <= now;
        });
        shard.sweep_at = std::max<std::size_t>(1024, shard.entries.size() * 2);
    }
    return shard.entries[key];
}

std::optional<AddressLimits::Lease> AddressLimits::connect(const AddressKey& key) {
    if (!key.limited || settings_.connections == 0) return Lease();
    Shard& shard = shardOf(key);
    const std::lock_guard lock(shard.mutex);
    Entry& entry = entryOf(shard, key);
    if (entry.connections >= settings_.connections) {
        refused_connections_.add();
        return std::nullopt;
    }
    ++entry.connections;
    return std::make_optional<Lease>(*this, key);
}

void AddressLimits::giveBack(const AddressKey& key) noexcept {
    Shard& shard = shardOf(key);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end()) return;
    Entry& entry = found->second;
    if (--entry.connections == 0 && entry.full == Steady::time_point{}) shard.entries.erase(found);
}

std::chrono::milliseconds AddressLimits::request(const AddressKey& key, Steady::time_point now) {
    if (!key.limited || cost_.count() == 0) return {};
    Shard& shard = shardOf(key);
    const std::lock_guard lock(shard.mutex);
    Entry& entry = entryOf(shard, key);
    // GCRA (ITU-T I.371): the time at which the bucket would be full again stands for what is in it.
    const auto full = std::max(entry.full, now) + cost_;
    if (full - now > capacity_) {
        refused_requests_.add();
        return std::chrono::ceil<std::chrono::milliseconds>(full - now - capacity_);
    }
    entry.full = full;
    return {};
}

std::size_t AddressLimits::size() const {
    std::size_t count = 0;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        count += shard.entries.size();
    }
    return count;
}

}  // namespace linkup::daemon
