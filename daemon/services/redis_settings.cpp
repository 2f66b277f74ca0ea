#include "redis_settings.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <charconv>

#include "linkup/sdk/error.h"

namespace linkup::daemon {
namespace {

[[noreturn]] void refuse(const std::string& reason) {
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                     "redis.url: " + reason + "; expected redis://[[user]:password@]host[:port][/database]");
}

int parseDatabase(const std::string& path) {
    if (path.empty() || path == "/") return 0;
    int number = 0;
    const char* const end = path.data() + path.size();
    const auto [stop, error] = std::from_chars(path.data() + 1, end, number);
    if (error != std::errc() || stop != end || number < 0) refuse("the database is not a number");
    return number;
}

}  // namespace

RedisAddress parseRedisUrl(const std::string& url) {
    try {
        const Poco::URI uri(url);
        if (uri.getScheme() != "redis") refuse("the scheme is not redis");
        if (uri.getHost().empty()) refuse("no host");
        RedisAddress address;
        address.host = uri.getHost();
        if (uri.getPort() != 0) address.port = uri.getPort();
        const auto& credentials = uri.getUserInfo();
        const auto colon = credentials.find(':');
        if (!credentials.empty() && colon == std::string::npos) refuse("a user without password");
        if (colon != std::string::npos) {
            // Poco 1.11 decodes every part of a URL but this one.
            Poco::URI::decode(credentials.substr(0, colon), address.user);
            Poco::URI::decode(credentials.substr(colon + 1), address.password);
        }
        address.database = parseDatabase(uri.getPath());
        return address;
    } catch (const Poco::Exception&) {
        refuse("not a URL");
    }
}

}  // namespace linkup::daemon
