#include "signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace webhooks {

namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kLeastBytes = 24;
constexpr std::size_t kMostBytes = 64;

std::string base64(const unsigned char* bytes, std::size_t size) {
    std::string text((size + 2) / 3 * 4 + 1, '\0');
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

std::string hmacSha256(const std::string& key, const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
    unsigned int size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data(),
             &size) == nullptr) {
        throw std::runtime_error("HMAC-SHA256 failed");
    }
    return base64(hash.data(), size);
}

}  // namespace

std::optional<std::string> keyOf(std::string_view secret) {
    if (!secret.starts_with(kPrefix)) return std::nullopt;
    const std::string_view text = secret.substr(kPrefix.size());
    if (text.empty() || text.size() % 4 != 0 || text.size() > kMostBytes * 2) return std::nullopt;
    std::string key(text.size() / 4 * 3, '\0');
    const int length =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (length < 0) return std::nullopt;
    // What `=` stands for is decoded to zeros.
    const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
    key.resize(static_cast<std::size_t>(length) - padding);
    if (key.size() < kLeastBytes || key.size() > kMostBytes) return std::nullopt;
    return key;
}

std::string signatureOf(const std::vector<std::string>& keys, std::string_view id, std::int64_t seconds,
                        std::string_view body) {
    std::string content(id);
    content.append(".").append(std::to_string(seconds)).append(".").append(body);
    std::string header;
    for (const std::string& key : keys) {
        if (!header.empty()) header += ' ';
        header += "v1," + hmacSha256(key, content);
    }
    return header;
}

std::string newMessageId() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<unsigned char, 16> bytes;
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("there are no random bytes");
    std::string id = "msg_";
    for (const unsigned char byte : bytes) {
        id += kDigits[byte >> 4U];
        id += kDigits[byte & 15U];
    }
    return id;
}

}  // namespace webhooks
