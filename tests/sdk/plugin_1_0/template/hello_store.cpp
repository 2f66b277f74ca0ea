#include "hello_store.h"

namespace hello {

using namespace linkup;

// One text serves SQLite and PostgreSQL. It is a literal: each database session prepares it once and keeps
// it.
std::int64_t SqlGreetingStore::count(const std::string& name, sdk::Time now) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        const sdk::Rows rows = connection.execute(
            "INSERT INTO hello_greetings (name, times, last_at) VALUES ($1, 1, $2) "
            "ON CONFLICT (name) DO UPDATE SET times = hello_greetings.times + 1, last_at = excluded.last_at "
            "RETURNING times",
            {name, sdk::toMicros(now)});
        return rows.integer(0, 0);
    });
}

std::size_t SqlGreetingStore::removeBefore(sdk::Time time) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        return connection.execute("DELETE FROM hello_greetings WHERE last_at < $1", {sdk::toMicros(time)})
            .affected();
    });
}

}  // namespace hello
