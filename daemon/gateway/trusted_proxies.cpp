#include "trusted_proxies.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "linkup/sdk/error.h"

namespace linkup::daemon {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace

bool TrustedProxies::parse(std::string_view text, Address& address, bool& is_v4) noexcept {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.empty() || text.size() >= terminated.size()) return false;
    std::copy(text.begin(), text.end(), terminated.begin());
    in_addr v4{};
    is_v4 = inet_pton(AF_INET, terminated.data(), &v4) == 1;
    if (is_v4) {
        address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
        std::memcpy(address.data() + 12, &v4, 4);
        return true;
    }
    return inet_pton(AF_INET6, terminated.data(), address.data()) == 1;
}

std::optional<TrustedProxies::Address> TrustedProxies::parse(std::string_view text) noexcept {
    Address address{};
    bool is_v4 = false;
    if (!parse(text, address, is_v4)) return std::nullopt;
    return address;
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
    for (const std::string& entry : networks) {
        const std::size_t slash = entry.find('/');
        Network network{};
        bool is_v4 = false;
        bool good = parse(std::string_view(entry).substr(0, slash), network.address, is_v4);
        const unsigned width = is_v4 ? 32 : 128;
        unsigned bits = width;
        if (slash != std::string::npos) {
            const char* end = entry.data() + entry.size();
            const auto [rest, fault] = std::from_chars(entry.data() + slash + 1, end, bits);
            good = good && fault == std::errc() && rest == end && bits <= width;
        }
        if (!good) {
            throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                             "'" + entry + "' is neither an address nor a network such as 10.0.0.0/8");
        }
        network.bits = bits + (128 - width);
        networks_.push_back(network);
    }
}

bool TrustedProxies::trusts(std::string_view text) const noexcept {
    Address address{};
    bool is_v4 = false;
    if (networks_.empty() || !parse(text, address, is_v4)) return false;
    return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
        const unsigned whole = network.bits / 8;
        if (std::memcmp(address.data(), network.address.data(), whole) != 0) return false;
        const unsigned rest = network.bits % 8;
        return rest == 0 || (address[whole] ^ network.address[whole]) >> (8 - rest) == 0;
    });
}

std::string TrustedProxies::clientOf(const std::string& peer, std::string_view forwarded_for) const {
    std::string client = peer;
    while (!forwarded_for.empty() && trusts(client)) {
        const std::size_t comma = forwarded_for.rfind(',');
        const std::string_view last =
            trimmed(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
        Address address{};
        bool is_v4 = false;
        if (!parse(last, address, is_v4)) break;
        client = std::string(last);
        forwarded_for = comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
    }
    return client;
}

}  // namespace linkup::daemon
