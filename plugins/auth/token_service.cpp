#include "token_service.h"

#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <utility>

#include "random.h"

namespace linkup::auth {

namespace {

constexpr std::string_view kHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";  // {"alg":"HS256","typ":"JWT"}
constexpr std::string_view kLegacyPrefix = "legacy:";
constexpr std::size_t kMaxTokenBytes = 4096;
constexpr int kMaxClaimDepth = 4;
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

std::string toBase64(const unsigned char* data, std::size_t size) {
    std::string text(sodium_base64_encoded_len(size, kBase64), '\0');
    sodium_bin2base64(text.data(), text.size(), data, size, kBase64);
    text.pop_back();
    return text;
}

/// Strict: no padding, no blanks, no stray bits at the end.
std::optional<std::string> fromBase64(std::string_view text) {
    std::string data(text.size() * 3 / 4 + 1, '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(data.data()), data.size(), text.data(),
                          text.size(), nullptr, &size, &end, kBase64) != 0 ||
        end != text.data() + text.size()) {
        return std::nullopt;
    }
    data.resize(size);
    return data;
}

std::optional<sdk::Json> parseObject(std::string_view text) {
    auto parsed = sdk::parseJson(text, kMaxClaimDepth);
    auto* json = std::get_if<sdk::Json>(&parsed);
    if (json == nullptr || !json->isObject()) return std::nullopt;
    return std::move(*json);
}

/// The name of the key, empty if there is none. Other makers may order a header as they like, but only HS256
/// counts, and nothing that we would have to understand.
std::optional<std::string> keyNameIn(std::string_view encoded) {
    if (encoded == kHeader) return std::string();
    const auto text = fromBase64(encoded);
    if (!text) return std::nullopt;
    const auto header = parseObject(*text);
    if (!header) return std::nullopt;
    const sdk::Json& algorithm = (*header)["alg"];
    if (!algorithm.isString() || algorithm.asString() != "HS256" || header->contains("crit"))
        return std::nullopt;
    const sdk::Json& name = (*header)["kid"];
    if (name.isNull()) return std::string();
    return name.isString() ? std::optional(name.asString()) : std::nullopt;
}

std::string headerOf(const std::string& key_name) {
    if (key_name.empty()) return std::string(kHeader);
    const std::string text = sdk::Json::object({{"alg", "HS256"}, {"typ", "JWT"}, {"kid", key_name}}).dump();
    return toBase64(reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

bool filled(const sdk::Json& value) {
    return value.isString() && !value.asString().empty();
}

bool equals(const sdk::Json& value, std::string_view text) {
    return value.isString() && value.asString() == text;
}

}  // namespace

struct TokenService::Signed {
    std::string key_name;
    std::string_view text;  ///< what the signature is of
    std::string_view payload;
    Keyring::Signature signature{};
};

TokenService::TokenService(const Keyring& keyring, const TokenLifetimes& lifetimes, const sdk::Clock& clock,
                           Legacy legacy)
    : keyring_(keyring), lifetimes_(lifetimes), clock_(clock), legacy_(legacy) {}

std::string TokenService::accessToken(const sdk::Principal& principal) const {
    return sessionToken(principal, "access", lifetimes_.access).token;
}

IssuedToken TokenService::refreshToken(const sdk::Principal& principal) const {
    return sessionToken(principal, "refresh", lifetimes_.refresh);
}

std::string TokenService::emailToken(std::string_view purpose, std::string_view email) const {
    const std::int64_t now = nowSeconds();
    return encode(sdk::Json::object({{"sub", purpose},
                                     {"email", email},
                                     {"typ", "email"},
                                     {"jti", randomHex(16)},
                                     {"iat", now},
                                     {"exp", now + static_cast<std::int64_t>(lifetimes_.email.count())}}));
}

std::optional<SessionClaims> TokenService::readAccess(std::string_view token) const {
    return readSession(token, "access");
}

std::optional<SessionClaims> TokenService::readRefresh(std::string_view token) const {
    return readSession(token, "refresh");
}

TokenService::EmailFault TokenService::readEmail(std::string_view token, EmailClaims& claims) const {
    const auto json = decode(token);
    if (!json || !equals((*json)["typ"], "email") || !filled((*json)["sub"]) || !filled((*json)["email"]) ||
        !filled((*json)["jti"]) || !(*json)["exp"].isInteger()) {
        return EmailFault::kInvalid;
    }
    const std::int64_t expires = (*json)["exp"].asInteger();
    if (expires <= nowSeconds()) return EmailFault::kExpired;
    claims.purpose = (*json)["sub"].asString();
    claims.email = (*json)["email"].asString();
    claims.jti = (*json)["jti"].asString();
    claims.expires = sdk::Time(std::chrono::seconds(expires));
    return EmailFault::kNone;
}

std::string TokenService::encode(const sdk::Json& claims) const {
    const std::string payload = claims.dump();
    std::string token = headerOf(keyring_.signingName());
    token += '.';
    token += toBase64(reinterpret_cast<const unsigned char*>(payload.data()), payload.size());
    const Keyring::Signature signature = keyring_.sign(token);
    token += '.';
    token += toBase64(signature.data(), signature.size());
    return token;
}

std::optional<TokenService::Signed> TokenService::split(std::string_view token) {
    if (token.size() > kMaxTokenBytes) return std::nullopt;
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    if (first == std::string_view::npos || first == last) return std::nullopt;
    Signed parts;
    parts.text = token.substr(0, last);
    parts.payload = token.substr(first + 1, last - first - 1);
    if (parts.payload.find('.') != std::string_view::npos) return std::nullopt;
    auto name = keyNameIn(token.substr(0, first));
    if (!name) return std::nullopt;
    parts.key_name = std::move(*name);
    const auto signature = fromBase64(token.substr(last + 1));
    if (!signature || signature->size() != parts.signature.size()) return std::nullopt;
    std::copy(signature->begin(), signature->end(), parts.signature.begin());
    return parts;
}

std::optional<sdk::Json> TokenService::decode(std::string_view token) const {
    const auto parts = split(token);
    if (!parts || !keyring_.signedBy(parts->key_name, parts->text, parts->signature)) return std::nullopt;
    const auto text = fromBase64(parts->payload);
    if (!text) return std::nullopt;
    return parseObject(*text);
}

std::optional<sdk::Principal> TokenService::principalOf(const sdk::Json& claims) const {
    const sdk::Json& expires = claims["exp"];
    const sdk::Json& id = claims["id"];
    if (!expires.isInteger() || expires.asInteger() <= nowSeconds()) return std::nullopt;
    if (!id.isInteger() || id.asInteger() < 1 || id.asInteger() > std::numeric_limits<std::int32_t>::max()) {
        return std::nullopt;
    }
    if (!filled(claims["email"])) return std::nullopt;
    return sdk::Principal{id.asInteger(), {}, claims["email"].asString()};
}

std::optional<SessionClaims> TokenService::readSession(std::string_view token, std::string_view type) const {
    const auto json = decode(token);
    if (!json || !equals((*json)["typ"], type)) return std::nullopt;
    auto principal = principalOf(*json);
    if (!principal || !filled((*json)["sid"]) || !filled((*json)["jti"])) return std::nullopt;
    principal->session = (*json)["sid"].asString();
    return SessionClaims{std::move(*principal), (*json)["jti"].asString()};
}

std::optional<SessionClaims> TokenService::readLegacy(std::string_view token) const {
    if (legacy_ == Legacy::kRefuse) return std::nullopt;
    const auto parts = split(token);
    if (!parts || !parts->key_name.empty() || !keyring_.signedByOriginal(parts->text, parts->signature)) {
        return std::nullopt;
    }
    const auto text = fromBase64(parts->payload);
    const auto json = text ? parseObject(*text) : std::nullopt;
    // Its e-mail tokens have a purpose; ours have a type.
    if (!json || json->contains("typ") || json->contains("sid") || json->contains("sub")) return std::nullopt;
    auto principal = principalOf(*json);
    if (!principal) return std::nullopt;
    principal->session = legacySession(principal->user);
    return SessionClaims{std::move(*principal), std::string(kLegacyPrefix)};
}

std::string legacySession(sdk::UserId user) {
    return std::string(kLegacyPrefix) + std::to_string(user);
}

std::optional<sdk::UserId> legacyUser(std::string_view session) {
    if (!session.starts_with(kLegacyPrefix)) return std::nullopt;
    return std::strtoll(std::string(session.substr(kLegacyPrefix.size())).c_str(), nullptr, 10);
}

IssuedToken TokenService::sessionToken(const sdk::Principal& principal, std::string_view type,
                                       std::chrono::seconds life) const {
    const std::int64_t now = nowSeconds();
    IssuedToken issued;
    issued.jti = randomHex(16);
    issued.token = encode(sdk::Json::object({{"id", principal.user},
                                             {"email", principal.email},
                                             {"typ", type},
                                             {"sid", principal.session},
                                             {"jti", issued.jti},
                                             {"iat", now},
                                             {"exp", now + static_cast<std::int64_t>(life.count())}}));
    return issued;
}

std::int64_t TokenService::nowSeconds() const {
    return std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
}

}  // namespace linkup::auth
