#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace linkup::auth {

/// Makes libsodium ready; throws std::runtime_error if the system has no randomness. Call before anything
/// else here.
void prepareCrypto();

std::string toHex(std::span<const unsigned char> bytes);
/// `bytes` random bytes in hex.
std::string randomHex(std::size_t bytes);
/// A random UUID (RFC 9562, version 4).
std::string randomUuid();
/// Uniform in [0, bound).
std::uint32_t randomBelow(std::uint32_t bound);
/// A one-time code, 100000 … 999999.
std::string randomCode();

}  // namespace linkup::auth
