#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "linkup/sdk/live.h"
#include "linkup/sdk/metrics.h"
#include "trusted_proxies.h"

namespace linkup::daemon {

/// What one address may take. Phones of a carrier and students of a university share one, so it is much.
struct AddressSettings {
    sdk::Live<std::size_t> connections = 4096;     ///< open at the same time; 0: no limit
    sdk::Live<double> requests_per_second = 500;   ///< in the long run; 0: no limit
    sdk::Live<double> request_burst = 2000;        ///< at once after a rest
    LiveProxies exempt{"127.0.0.0/8", "::1/128"};  ///< addresses and networks

    void takeLive(const AddressSettings& next);
};

/// Whom a limit counts for: an IPv4 address, or the /64 network that one customer has of IPv6.
struct AddressKey {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool limited = false;  ///< false: exempt, or no address
    bool operator==(const AddressKey& other) const noexcept { return high == other.high && low == other.low; }
};

/// Connections and requests of each address, so that one cannot take what is there for all.
///
/// Threading: any.   Lifetime: outlives its leases.
class AddressLimits {
public:
    AddressLimits(const AddressSettings& settings, sdk::Metrics& metrics);

    /// A connection's place; given back when it goes.
    class Lease {
    public:
        Lease() = default;
        Lease(AddressLimits& limits, const AddressKey& key) : limits_(&limits), key_(key) {}
        Lease(Lease&& other) noexcept : limits_(std::exchange(other.limits_, nullptr)), key_(other.key_) {}
        Lease& operator=(Lease&& other) noexcept {
            std::swap(limits_, other.limits_);
            std::swap(key_, other.key_);
            return *this;
        }
        ~Lease() {
            if (limits_ != nullptr) limits_->giveBack(key_);
        }

    private:
        AddressLimits* limits_ = nullptr;
        AddressKey key_;
    };

    AddressKey keyOf(std::string_view address) const;
    /// Nothing: that address has as many connections as it may.
    std::optional<Lease> connect(const AddressKey& key);
    /// Counts a request. How long it would have to wait, rounded up; zero: it may go on.
    std::chrono::milliseconds request(const AddressKey& key, std::chrono::steady_clock::time_point now);
    /// How many addresses are remembered.
    std::size_t size() const;

private:
    struct Hash {
        std::size_t operator()(const AddressKey& key) const noexcept;
    };
    struct Entry {
        std::size_t connections = 0;
        std::chrono::steady_clock::time_point full{};  // when its bucket will be full again
    };
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<AddressKey, Entry, Hash> entries;
        std::size_t sweep_at = 1024;
    };
    Shard& shardOf(const AddressKey& key) noexcept { return shards_[Hash()(key) >> 60U]; }
    Entry& entryOf(Shard& shard, const AddressKey& key);
    void giveBack(const AddressKey& key) noexcept;

    const AddressSettings settings_;
    sdk::Counter& refused_connections_;
    sdk::Counter& refused_requests_;
    std::array<Shard, 16> shards_;
};

}  // namespace linkup::daemon
