#include "webhooks_options.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>

#include "signature.h"

namespace webhooks {

using namespace linkup;

namespace {

std::string readUrl(sdk::Config& config, const std::string& key) {
    std::string url = config.text({.key = key, .help = "Where events are sent to: https://host/path."}, "");
    std::string scheme;
    std::string host;
    try {
        const Poco::URI uri(url);
        scheme = uri.getScheme();
        host = uri.getHost();
    } catch (const Poco::Exception&) {
        host.clear();
    }
    if (host.empty() || (scheme != "https" && scheme != "http"))
        config.refuse(key, "must be https://host/path or http://host/path");
    if (config.production() && scheme != "https")
        config.refuse(key, "must be https:// in the profile production");
    return url;
}

std::vector<std::string> readKeys(sdk::Config& config, const std::string& key) {
    std::vector<std::string> keys;
    const auto secrets =
        config.list({.key = key,
                     .help = "What signs: whsec_ and base64 of 24 to 64 bytes; two while changing it.",
                     .secret = true},
                    {});
    for (const std::string& secret : secrets) {
        const auto decoded = keyOf(secret);
        if (!decoded) config.refuse(key, "each must be whsec_ and base64 of 24 to 64 bytes");
        keys.push_back(*decoded);
    }
    if (keys.empty()) config.refuse(key, "must be given; whsec_ and the output of: openssl rand -base64 32");
    return keys;
}

std::vector<std::string> readEvents(sdk::Config& config, const std::string& key) {
    auto events = config.list({.key = key, .help = "The events that are sent there."}, knownEvents());
    for (const std::string& event : events) {
        if (std::ranges::find(knownEvents(), event) != knownEvents().end()) continue;
        std::string allowed;
        for (const std::string& known : knownEvents()) allowed += (allowed.empty() ? "" : ", ") + known;
        config.refuse(key, "\"" + event + "\" is no event; there are " + allowed);
    }
    return events;
}

}  // namespace

const std::vector<std::string>& knownEvents() {
    static const std::vector<std::string> kEvents = {"account.registered", "account.deleted",
                                                     "session.revoked", "match.created", "user.blocked"};
    return kEvents;
}

Options readOptions(sdk::Config& config) {
    using std::chrono::milliseconds;
    Options options;
    DeliveryOptions& delivery = options.delivery;
    const auto read = [&](const char* key, const char* help, std::int64_t fallback, std::int64_t min,
                          std::int64_t max) {
        return config.integer({.key = key, .help = help}, fallback, min, max);
    };
    delivery.timeout = milliseconds(
        read("timeout_ms", "How long a receiver may take to answer.", delivery.timeout.count(), 100, 60'000));
    delivery.attempts = static_cast<int>(
        read("attempts", "How often a delivery is tried before it is given up.", delivery.attempts, 1, 100));
    delivery.first_retry = milliseconds(read("first_retry_ms",
                                             "The longest wait before the second attempt; each one after it "
                                             "may be twice as long.",
                                             delivery.first_retry.count(), 10, 3'600'000));
    delivery.longest_retry = milliseconds(
        read("longest_retry_ms", "The longest wait of all.", delivery.longest_retry.count(), 10, 86'400'000));
    delivery.queue = read("queue", "Deliveries that may wait for one endpoint; beyond, events are dropped.",
                          delivery.queue, 1, 1'000'000);
    delivery.keep_failed =
        std::chrono::days(read("keep_failed_days", "How long what was given up can be looked at.",
                               delivery.keep_failed.count(), 0, 365));
    if (delivery.longest_retry < delivery.first_retry)
        config.refuse("longest_retry_ms", "must not be less than first_retry_ms");
    for (const std::string& name : config.groups("endpoint")) {
        const std::string prefix = "endpoint." + name + ".";
        options.endpoints.push_back({name, readUrl(config, prefix + "url"),
                                     readKeys(config, prefix + "secret"),
                                     readEvents(config, prefix + "events")});
    }
    return options;
}

}  // namespace webhooks
