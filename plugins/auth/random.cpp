#include "random.h"

#include <sodium.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace linkup::auth {

void prepareCrypto() {
    if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
}

std::string toHex(std::span<const unsigned char> bytes) {
    std::string text(bytes.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    text.pop_back();
    return text;
}

std::string randomHex(std::size_t bytes) {
    std::vector<unsigned char> buffer(bytes);
    randombytes_buf(buffer.data(), buffer.size());
    return toHex(buffer);
}

std::string randomUuid() {
    std::array<unsigned char, 16> buffer;
    randombytes_buf(buffer.data(), buffer.size());
    buffer[6] = static_cast<unsigned char>((buffer[6] & 0x0Fu) | 0x40u);
    buffer[8] = static_cast<unsigned char>((buffer[8] & 0x3Fu) | 0x80u);
    std::string text = toHex(buffer);
    for (const std::size_t dash : {20u, 16u, 12u, 8u}) text.insert(dash, 1, '-');
    return text;
}

std::uint32_t randomBelow(std::uint32_t bound) {
    return randombytes_uniform(bound);
}

std::string randomCode() {
    return std::to_string(100'000 + randomBelow(900'000));
}

}  // namespace linkup::auth
