// The key function of each interface lives here, so that its type information exists once in the process.
#include "linkup/sdk/bus.h"
#include "linkup/sdk/cache.h"
#include "linkup/sdk/clock.h"
#include "linkup/sdk/database.h"
#include "linkup/sdk/log.h"

namespace linkup::sdk {

Clock::~Clock() = default;
Log::~Log() = default;
Connection::~Connection() = default;
Database::~Database() = default;

Rows Database::executeAlone(std::string_view sql, std::span<const SqlValue> values) {
    const Statement statement{sql, values};
    return executeTogether({&statement, 1});
}

Rows Database::executeTogether(std::span<const Statement> statements) {
    Rows rows;
    transaction([&](Connection& connection) {
        for (const auto& [sql, values] : statements) rows = connection.execute(sql, values);
    });
    return rows;
}

Cache::~Cache() = default;
Subscription::~Subscription() = default;
Bus::~Bus() = default;

}  // namespace linkup::sdk
