#include "url_service.h"

#include <array>
#include <charconv>
#include <chrono>

namespace linkup::media {

namespace {

using namespace std::chrono_literals;

constexpr auto kLifetime = 2h;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string toBase64(const unsigned char* data, std::size_t size) {
    constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string text(sodium_base64_encoded_len(size, kVariant), '\0');
    sodium_bin2base64(text.data(), text.size(), data, size, kVariant);
    text.pop_back();
    return text;
}

std::optional<std::string> fromBase64(std::string_view text) {
    std::string bytes(text.size(), '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                          text.size(), nullptr, &size, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        end != text.data() + text.size()) {
        return std::nullopt;
    }
    bytes.resize(size);
    return bytes;
}

/// Of "exp:1795496400".
std::optional<std::chrono::seconds> secondsOf(std::string_view expiry) {
    constexpr std::string_view kPrefix = "exp:";
    if (!expiry.starts_with(kPrefix)) return std::nullopt;
    expiry.remove_prefix(kPrefix.size());
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(expiry.data(), expiry.data() + expiry.size(), seconds);
    constexpr std::int64_t kLatest = 100'000'000'000;
    if (error != std::errc() || end != expiry.data() + expiry.size() || seconds < 0 || seconds > kLatest)
        return std::nullopt;
    return std::chrono::seconds(seconds);
}

}  // namespace

UrlService::UrlService(const MediaOptions& options, const sdk::Clock& clock)
    : base_url_(options.base_url), source_prefix_("s3://" + options.bucket + "/"), clock_(clock) {
    crypto_auth_hmacsha256_init(&signing_, bytes(options.key), options.key.size());
    crypto_auth_hmacsha256_update(&signing_, bytes(options.salt), options.salt.size());
}

std::string UrlService::url(std::string_view file_key) {
    const sdk::Time expires = std::chrono::ceil<std::chrono::hours>(clock_.now() + kLifetime);
    Shard& shard = shards_[Hash{}(file_key) % kShards];
    const std::lock_guard lock(shard.mutex);
    const bool full = shard.urls.size() >= kUrlsInAShard;
    if (shard.expires == expires) {
        const auto known = shard.urls.find(file_key);
        if (known != shard.urls.end()) return known->second;
    }
    if (shard.expires != expires || full) shard.urls.clear();
    shard.expires = expires;
    return shard.urls.emplace(file_key, signedUrl(file_key, expires)).first->second;
}

std::string UrlService::signedUrl(std::string_view file_key, sdk::Time expires) const {
    const std::string source = source_prefix_ + std::string(file_key);
    std::string path =
        "/exp:" +
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count()) +
        "/" + toBase64(bytes(source), source.size());
    return base_url_ + "/" + sign(path) + path;
}

sdk::Json UrlService::picture(std::string_view file_key, std::string_view blurhash) {
    sdk::Json::Object picture;
    picture.reserve(3);
    picture.emplace_back("file_key", file_key);
    picture.emplace_back("blurhash", isBlurhash(blurhash) ? blurhash : kGreyBlurhash);
    picture.emplace_back("url", url(file_key));
    return sdk::Json::object(std::move(picture));
}

sdk::Json UrlService::placeholder() {
    return picture(kDeletedKey, kGreyBlurhash);
}

std::optional<SignedFile> UrlService::verify(std::string_view signature, std::string_view expiry,
                                             std::string_view source) const {
    const std::string path = "/" + std::string(expiry) + "/" + std::string(source);
    const std::string ours = sign(path);
    if (signature.size() != ours.size() || sodium_memcmp(signature.data(), ours.data(), ours.size()) != 0)
        return std::nullopt;
    // Signed by us, but perhaps for an imgproxy in front and with options that mean nothing here.
    const auto expires = secondsOf(expiry);
    const auto text = fromBase64(source);
    if (!expires || !text || !text->starts_with(source_prefix_)) return std::nullopt;
    return SignedFile{text->substr(source_prefix_.size()), sdk::Time(*expires)};
}

std::optional<std::string> UrlService::keyOf(std::string_view url) const {
    const std::string base = base_url_ + "/";
    if (!url.starts_with(base)) return std::nullopt;
    url.remove_prefix(base.size());
    const auto first = url.find('/');
    const auto second = url.find('/', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
    const auto file =
        verify(url.substr(0, first), url.substr(first + 1, second - first - 1), url.substr(second + 1));
    if (!file) return std::nullopt;
    return file->file_key;
}

std::string UrlService::sign(std::string_view path) const {
    crypto_auth_hmacsha256_state state = signing_;
    crypto_auth_hmacsha256_update(&state, bytes(path), path.size());
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> signature;
    crypto_auth_hmacsha256_final(&state, signature.data());
    return toBase64(signature.data(), signature.size());
}

}  // namespace linkup::media
