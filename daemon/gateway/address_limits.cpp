#include "address_limits.h"

#include <algorithm>
#include <cstring>

namespace linkup::daemon {

namespace {

using Steady = std::chrono::steady_clock;

Steady::duration perRequest(double requests, double per_second) {
    return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(requests / per_second));
}

}  // namespace

void AddressSettings::takeLive(const AddressSettings& next) {
    connections.set(next.connections);
    requests_per_second.set(next.requests_per_second);
    request_burst.set(next.request_burst);
    exempt.set(next.exempt);
}

AddressLimits::AddressLimits(const AddressSettings& settings, sdk::Metrics& metrics)
    : settings_(settings),
      refused_connections_(metrics.counter("address_connections_refused_total",
                                           "Connections refused because their address had too many.")),
      refused_requests_(metrics.counter("address_requests_refused_total",
                                        "Requests answered with 429 because their address sent too many.")) {}

std::size_t AddressLimits::Hash::operator()(const AddressKey& key) const noexcept {
    std::uint64_t z = (key.high ^ (key.low * 0x9E3779B97F4A7C15U)) * 0xBF58476D1CE4E5B9U;
    return (z ^ (z >> 31U)) * 0x94D049BB133111EBU;
}

AddressKey AddressLimits::keyOf(std::string_view address) const {
    const auto bytes = TrustedProxies::parse(address);
    if (!bytes.has_value() || settings_.exempt.trusts(address)) return {};
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
    const std::size_t most = settings_.connections;
    if (!key.limited || most == 0) return Lease();
    Shard& shard = shardOf(key);
    const std::lock_guard lock(shard.mutex);
    Entry& entry = entryOf(shard, key);
    if (entry.connections >= most) {
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
    const double per_second = settings_.requests_per_second;
    if (!key.limited || per_second <= 0) return {};
    const auto cost = perRequest(1, per_second);  // of one request
    const auto capacity =
        perRequest(std::max(1.0, settings_.request_burst.get()), per_second);  // of the bucket
    Shard& shard = shardOf(key);
    const std::lock_guard lock(shard.mutex);
    Entry& entry = entryOf(shard, key);
    // GCRA (ITU-T I.371): the time at which the bucket would be full again stands for what is in it.
    const auto full = std::max(entry.full, now) + cost;
    if (full - now > capacity) {
        refused_requests_.add();
        return std::chrono::ceil<std::chrono::milliseconds>(full - now - capacity);
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
