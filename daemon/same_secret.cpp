#include "same_secret.h"

#include <sodium.h>

#include <array>

namespace linkup::daemon {

bool sameSecret(std::string_view left, std::string_view right) {
    using Digest = std::array<unsigned char, crypto_generichash_BYTES>;
    const auto digest = [](std::string_view text) {
        Digest result{};
        crypto_generichash(result.data(), result.size(), reinterpret_cast<const unsigned char*>(text.data()),
                           text.size(), nullptr, 0);
        return result;
    };
    const Digest first = digest(left);
    const Digest second = digest(right);
    return sodium_memcmp(first.data(), second.data(), first.size()) == 0;
}

}  // namespace linkup::daemon
