#include "aws_signature.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <map>

namespace linkup::media {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex(std::string_view raw) {
    std::string text(raw.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes(raw), raw.size());
    text.pop_back();
    return text;
}

std::string sha256(std::string_view text) {
    std::string hash(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()), bytes(text), text.size());
    return hash;
}

std::string hmac(std::string_view key, std::string_view text) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
    crypto_auth_hmacsha256_update(&state, bytes(text), text.size());
    std::string code(crypto_auth_hmacsha256_BYTES, '\0');
    crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(code.data()));
    return code;
}

/// "20130524T000000Z"; its first eight letters are the day.
std::string amazonTime(sdk::Time time) {
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - days));
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::string encoded(std::string_view text, std::string_view plain) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool letter = byte < 0x80 && std::isalnum(byte) != 0;
        if (letter || plain.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out.append({'%', kDigits[byte >> 4U], kDigits[byte & 0x0FU]});
        }
    }
    return out;
}

std::string canonicalQuery(const AwsRequest& request) {
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto& [name, value] : request.query)
        fields.emplace_back(awsEncodedValue(name), awsEncodedValue(value));
    std::sort(fields.begin(), fields.end());
    std::string text;
    for (const auto& [name, value] : fields)
        text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
    return text;
}

std::string signedHeaders(const AwsRequest& request) {
    std::vector<std::string> names;
    for (const auto& header : request.headers) names.push_back(header.first);
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text.append(text.empty() ? "" : ";").append(name);
    return text;
}

std::string canonical(const AwsRequest& request, std::string_view content_sha256) {
    std::string text = request.method + "\n" + awsEncodedPath(request.path) + "\n" + canonicalQuery(request);
    text += "\n";
    const std::map<std::string, std::string> sorted(request.headers.begin(), request.headers.end());
    for (const auto& [name, value] : sorted) text.append(name).append(":").append(value).append("\n");
    return text.append("\n").append(signedHeaders(request)).append("\n").append(content_sha256);
}

}  // namespace

std::string awsEncodedPath(std::string_view path) {
    return encoded(path, "-._~/");
}

std::string awsEncodedValue(std::string_view value) {
    return encoded(value, "-._~");
}

AwsSignature::AwsSignature(std::string access_key, std::string secret, std::string region)
    : access_key_(std::move(access_key)), secret_(std::move(secret)), region_(std::move(region)) {}

std::vector<std::pair<std::string, std::string>> AwsSignature::headers(const AwsRequest& request,
                                                                       std::string_view content_sha256,
                                                                       sdk::Time now) const {
    const std::string time = amazonTime(now);
    std::vector<std::pair<std::string, std::string>> added = {
        {"x-amz-content-sha256", std::string(content_sha256)}, {"x-amz-date", time}};
    AwsRequest whole = request;
    whole.headers.insert(whole.headers.end(), added.begin(), added.end());
    std::string authorization(kAlgorithm);
    authorization.append(" Credential=").append(access_key_).append("/").append(scope(time.substr(0, 8)));
    authorization.append(",SignedHeaders=").append(signedHeaders(whole));
    authorization.append(",Signature=").append(sign(canonical(whole, content_sha256), time));
    added.emplace_back("Authorization", std::move(authorization));
    return added;
}

std::string AwsSignature::presigned(const AwsRequest& request, sdk::Time signed_at,
                                    std::chrono::seconds lifetime) const {
    const std::string time = amazonTime(signed_at);
    AwsRequest whole = request;
    whole.query.insert(whole.query.end(), {{"X-Amz-Algorithm", std::string(kAlgorithm)},
                                           {"X-Amz-Credential", access_key_ + "/" + scope(time.substr(0, 8))},
                                           {"X-Amz-Date", time},
                                           {"X-Amz-Expires", std::to_string(lifetime.count())},
                                           {"X-Amz-SignedHeaders", signedHeaders(request)}});
    return awsEncodedPath(request.path) + "?" + canonicalQuery(whole) +
           "&X-Amz-Signature=" + sign(canonical(whole, "UNSIGNED-PAYLOAD"), time);
}

std::string AwsSignature::scope(std::string_view day) const {
    return std::string(day) + "/" + region_ + "/s3/aws4_request";
}

std::string AwsSignature::sign(std::string_view canonical_request, std::string_view time) const {
    const std::string_view day = time.substr(0, 8);
    std::string text(kAlgorithm);
    text.append("\n").append(time).append("\n").append(scope(day));
    text.append("\n").append(hex(sha256(canonical_request)));
    const std::string key = hmac(hmac(hmac(hmac("AWS4" + secret_, day), region_), "s3"), "aws4_request");
    return hex(hmac(key, text));
}

}  // namespace linkup::media
