#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared_value.h"

namespace linkup::daemon {

/// The proxies whose word about a client's address is taken. Empty: nobody's.
class TrustedProxies {
public:
    TrustedProxies() = default;
    /// Addresses or networks, such as "10.0.0.0/8", "::1".
    /// Errors: Error{kInvalidArgument} naming the entry that is neither.
    explicit TrustedProxies(const std::vector<std::string>& networks);

    bool trusts(std::string_view text) const noexcept;

    /// The client's address: the peer's own, or, while the one who speaks is trusted, the next entry from the
    /// right of X-Forwarded-For. A malformed entry ends the walk.
    std::string clientOf(const std::string& peer, std::string_view forwarded_for) const;

    using Address = std::array<std::uint8_t, 16>;  ///< IPv4 as ::ffff:a.b.c.d
    /// Nothing if the text is no address.
    static std::optional<Address> parse(std::string_view text) noexcept;

private:
    struct Network {
        Address address;
        unsigned bits;
    };
    static bool parse(std::string_view text, Address& address, bool& is_v4) noexcept;

    std::vector<Network> networks_;
};

/// A list of them that may change while others look at it; copies share it, as those of sdk::Live do.
///
/// Threading: any thread.   Errors: as TrustedProxies.
class LiveProxies {
public:
    LiveProxies(std::initializer_list<std::string> networks = {})
        : LiveProxies(std::vector<std::string>(networks)) {}
    explicit LiveProxies(const std::vector<std::string>& networks)
        : shared_(std::make_shared<Shared>(std::make_shared<const TrustedProxies>(networks))) {}

    std::shared_ptr<const TrustedProxies> get() const { return shared_->load(); }
    bool trusts(std::string_view address) const { return get()->trusts(address); }
    /// For all copies.
    void set(const LiveProxies& next) { shared_->store(next.get()); }

private:
    using Shared = SharedValue<const TrustedProxies>;
    std::shared_ptr<Shared> shared_;
};

}  // namespace linkup::daemon
