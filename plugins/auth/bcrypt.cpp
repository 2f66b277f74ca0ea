#include "bcrypt.h"

#include <crypt.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace linkup::auth::bcrypt {

namespace {

constexpr std::size_t kLength = 60;
constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

std::optional<int> costOf(std::string_view hash) {
    if (hash.size() != kLength) return std::nullopt;
    const std::string_view kind = hash.substr(0, 4);
    if (kind != "$2a$" && kind != "$2b$" && kind != "$2y$") return std::nullopt;
    if (!isDigit(hash[4]) || !isDigit(hash[5]) || hash[6] != '$') return std::nullopt;
    return (hash[4] - '0') * 10 + (hash[5] - '0');
}

bool verify(std::string_view password, const std::string& hash) {
    // crypt_r would stop at a zero byte, and take what stands before it for the whole.
    if (!costOf(hash) || password.find('\0') != std::string_view::npos) return false;
    auto workspace = std::make_unique<crypt_data>();
    std::string text(password);
    const char* made = crypt_r(text.c_str(), hash.c_str(), workspace.get());
    const bool same = made != nullptr && std::strlen(made) == hash.size() &&
                      sodium_memcmp(made, hash.data(), hash.size()) == 0;
    sodium_memzero(text.data(), text.size());
    sodium_memzero(workspace.get(), sizeof *workspace);
    return same;
}

std::string hashOfNobody(int cost) {
    std::string hash = "$2b$" + std::string(cost < 10 ? "0" : "") + std::to_string(cost) + "$";
    // The last letters of salt and hash have spare bits, which have to be zero.
    for (int i = 0; i < 21; ++i) hash += kAlphabet[randombytes_uniform(64)];
    hash += '.';
    for (int i = 0; i < 30; ++i) hash += kAlphabet[randombytes_uniform(64)];
    hash += '.';
    return hash;
}

}  // namespace linkup::auth::bcrypt
