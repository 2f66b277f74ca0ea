#pragma once

#include <linkup/sdk/config.h>

#include <chrono>
#include <string>
#include <vector>

namespace webhooks {

/// Somebody who wants to be told.
struct Endpoint {
    std::string name;
    std::string url;
    std::vector<std::string> keys;    ///< decoded; the first is the newest
    std::vector<std::string> events;  ///< which it wants
};

/// How often and how long something is tried.
struct DeliveryOptions {
    std::chrono::milliseconds timeout{10'000};
    int attempts = 14;
    std::chrono::milliseconds first_retry{5'000};
    std::chrono::milliseconds longest_retry{3'600'000};
    std::int64_t queue = 10'000;  ///< of each endpoint
    std::chrono::days keep_failed{7};
};

struct Options {
    DeliveryOptions delivery;
    std::vector<Endpoint> endpoints;
};

/// The events of the domain that can be subscribed to.
const std::vector<std::string>& knownEvents();

/// Reads all. Errors: Error{kInvalidArgument} that says which option is wrong, and why.
Options readOptions(linkup::sdk::Config& config);

}  // namespace webhooks
