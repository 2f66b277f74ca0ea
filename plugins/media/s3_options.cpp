#include "s3_options.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace linkup::media {

namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

std::optional<S3Endpoint> parseEndpoint(const std::string& text) {
    try {
        const Poco::URI uri(text);
        const bool tls = uri.getScheme() == "https";
        const std::string rest = uri.getPathAndQuery() + uri.getFragment() + uri.getUserInfo();
        if ((!tls && uri.getScheme() != "http") || uri.getHost().empty() || (!rest.empty() && rest != "/"))
            return std::nullopt;
        return S3Endpoint{tls, uri.getHost(), uri.getPort()};
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
}

std::string wrong(const std::string& found, const std::string& allowed) {
    return "found \"" + found + "\", allowed is " + allowed;
}

S3Endpoint readEndpoint(sdk::Config& config, const char* key, const std::string& text) {
    const auto endpoint = parseEndpoint(text);
    if (!endpoint)
        config.refuse(key, wrong(text, "http://HOST[:PORT] or https://HOST[:PORT], without a path"));
    return *endpoint;
}

/// Source: Amazon S3 user guide, "Bucket naming rules".
bool isBucket(const std::string& name) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return name.size() >= 3 && name.size() <= 63 && std::all_of(name.begin(), name.end(), plain);
}

}  // namespace

std::string S3Endpoint::authority() const {
    return port == (tls ? kHttpsPort : kHttpPort) ? host : host + ":" + std::to_string(port);
}

S3Options readS3Options(sdk::Config& config, const std::string& bucket, bool is_used) {
    S3Options options;
    options.bucket = bucket;
    const std::string endpoint =
        config.text({"s3.endpoint",
                     "With storage = s3: where the store is, such as https://s3.eu-central-1.amazonaws.com."},
                    "");
    const std::string public_endpoint = config.text(
        {"s3.public_endpoint", "Where clients reach the store, if that is elsewhere; empty: as s3.endpoint."},
        "");
    options.region =
        config.text({"s3.region", "The store's region; most others than Amazon take any."}, "us-east-1");
    options.access_key = config.text({"s3.access_key", "Name of the key to the bucket."}, "");
    options.secret = config.text(
        {"s3.secret", "That key's secret; better in the environment, as LINKUP_MEDIA_S3_SECRET.", true}, "");
    options.path_style =
        config.boolean({"s3.path_style",
                        "Whether the bucket stands in the path of a URL (HOST/BUCKET) or in its host "
                        "(BUCKET.HOST)."},
                       true);
    const std::string delivery =
        config.choice({"s3.delivery",
                       "redirect: clients are sent to the store, by presigned URLs; daemon: files go through "
                       "this server, and only it needs to reach the store."},
                      "redirect", {"redirect", "daemon"});
    options.delivery = delivery == "daemon" ? S3Delivery::kDaemon : S3Delivery::kRedirect;
    options.threads = static_cast<int>(
        config.integer({"s3.threads", "Threads that fetch files for delivery = daemon."}, 8, 1, 256));
    options.ca_file = config.text(
        {"s3.ca_file", "Certificate authorities to trust instead of the system's, a PEM file."}, "");
    options.timeout = std::chrono::milliseconds(config.integer(
        {"s3.timeout_ms", "How long to wait for a connection, and for each piece of an answer."}, 5000, 100,
        60'000));
    if (!is_used) return options;

    if (!isBucket(bucket))
        config.refuse("bucket", wrong(bucket, "with storage = s3, 3 to 63 of a-z, 0-9, hyphen and dot"));
    options.endpoint = readEndpoint(config, "s3.endpoint", endpoint);
    options.public_endpoint = public_endpoint.empty()
                                  ? options.endpoint
                                  : readEndpoint(config, "s3.public_endpoint", public_endpoint);
    if (options.region.empty()) config.refuse("s3.region", wrong("", "a region, such as us-east-1"));
    if (options.access_key.empty()) config.refuse("s3.access_key", wrong("", "the name of a key"));
    if (options.secret.empty()) config.refuse("s3.secret", wrong("", "the secret of s3.access_key"));
    if (!options.ca_file.empty() && !std::filesystem::is_regular_file(options.ca_file))
        config.refuse("s3.ca_file", wrong(options.ca_file, "a PEM file that is there"));
    return options;
}

}  // namespace linkup::media
