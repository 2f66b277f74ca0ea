#include "database_postgresql_url.h"

#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>

namespace linkup::daemon {

namespace {

struct OptionsFreer {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

std::string quoted(std::string_view value) {
    std::string result = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') result += '\\';
        result += c;
    }
    return result + "'";
}

}  // namespace

std::string postgresqlConninfo(const DatabaseSettings& settings) {
    char* reason = nullptr;
    const std::unique_ptr<PQconninfoOption, OptionsFreer> options(
        PQconninfoParse(settings.url.c_str(), &reason));
    PQfreemem(reason);  // it quotes the URL, and so perhaps the password
    if (options == nullptr) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "database.url must be sqlite:FILE or postgresql://user:password@host:port/name");
    }
    const int connect_seconds = std::max(2, (settings.connect_timeout_ms + 999) / 1000);
    std::map<std::string, std::string> values{
        {"application_name", "linkupd"},
        {"client_encoding", "UTF8"},
        {"connect_timeout", std::to_string(connect_seconds)},
        {"keepalives_idle", "10"},
        {"keepalives_interval", "5"},
        {"keepalives_count", "3"},
        // A peer that is gone without a farewell; longer than any statement may take is no use.
        {"tcp_user_timeout", std::to_string(settings.statement_timeout_ms)},
    };
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) values[option->keyword] = option->val;
    }
    std::string result;
    for (const auto& [key, value] : values) result += key + "=" + quoted(value) + " ";
    return result;
}

}  // namespace linkup::daemon
