#include "offline_database.h"

namespace linkup::daemon {

namespace {

[[noreturn]] void refuse() {
    throw sdk::Error(sdk::ErrorCode::kUnavailable,
                     "The database is not open while the configuration is checked.");
}

sdk::Dialect dialectOf(std::string_view url) {
    if (url.starts_with("sqlite:")) return sdk::Dialect::kSqlite;
    if (url.starts_with("postgresql:") || url.starts_with("postgres:")) return sdk::Dialect::kPostgresql;
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                     "database.url: allowed is sqlite:FILE or postgresql://user:password@host:port/name");
}

}  // namespace

OfflineDatabase::OfflineDatabase(std::string_view url) : dialect_(dialectOf(url)) {}

void OfflineDatabase::read(const std::function<void(sdk::Connection&)>&) {
    refuse();
}
void OfflineDatabase::transaction(const std::function<void(sdk::Connection&)>&) {
    refuse();
}
void OfflineDatabase::script(const std::function<void(ScriptConnection&)>&) {
    refuse();
}
void OfflineDatabase::ping() {
    refuse();
}

}  // namespace linkup::daemon
