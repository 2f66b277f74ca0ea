#include "delivery_store.h"

namespace webhooks {

using namespace linkup;

bool DeliveryStore::insert(sdk::Connection& connection, const std::string& endpoint,
                           const std::string& message_id, const std::string& body, sdk::Time now,
                           std::int64_t most) {
    const sdk::Rows full = connection.execute(
        "SELECT 1 FROM webhooks_deliveries WHERE endpoint = $1 AND failed_at IS NULL LIMIT 1 OFFSET $2",
        {endpoint, most - 1});
    if (!full.empty()) return false;
    connection.execute(
        "INSERT INTO webhooks_deliveries (endpoint, message_id, body, due_at) VALUES ($1, $2, $3, $4)",
        {endpoint, message_id, body, sdk::toMicros(now)});
    return true;
}

std::optional<Delivery> DeliveryStore::claim(const std::string& endpoint, sdk::Time now, sdk::Time until) {
    const sdk::Rows due = sdk::read(database_, [&](sdk::Connection& connection) {
        return connection.execute(
            "SELECT id FROM webhooks_deliveries WHERE endpoint = $1 AND failed_at IS NULL AND due_at <= $2 "
            "ORDER BY due_at, id LIMIT 1",
            {endpoint, sdk::toMicros(now)});
    });
    if (due.empty()) return std::nullopt;
    // Of several nodes that found the same one, only the first still finds it due.
    const sdk::Rows taken = sdk::transaction(database_, [&](sdk::Connection& connection) {
        return connection.execute(
            "UPDATE webhooks_deliveries SET due_at = $1, attempts = attempts + 1 "
            "WHERE id = $2 AND failed_at IS NULL AND due_at <= $3 RETURNING id, message_id, body, attempts",
            {sdk::toMicros(until), due.integer(0, 0), sdk::toMicros(now)});
    });
    if (taken.empty()) return claim(endpoint, now, until);
    return Delivery{taken.integer(0, 0), taken.text(0, 1), taken.text(0, 2), taken.integer(0, 3)};
}

void DeliveryStore::remove(const Delivery& delivery) {
    database_.transaction([&](sdk::Connection& connection) {
        connection.execute("DELETE FROM webhooks_deliveries WHERE id = $1 AND attempts = $2",
                           {delivery.id, delivery.attempt});
    });
}

void DeliveryStore::postpone(const Delivery& delivery, sdk::Time due, const std::string& error) {
    database_.transaction([&](sdk::Connection& connection) {
        connection.execute(
            "UPDATE webhooks_deliveries SET due_at = $1, last_error = $2 WHERE id = $3 AND attempts = $4",
            {sdk::toMicros(due), error, delivery.id, delivery.attempt});
    });
}

void DeliveryStore::giveUp(const Delivery& delivery, sdk::Time now, const std::string& error) {
    database_.transaction([&](sdk::Connection& connection) {
        connection.execute(
            "UPDATE webhooks_deliveries SET failed_at = $1, last_error = $2 WHERE id = $3 AND attempts = $4",
            {sdk::toMicros(now), error, delivery.id, delivery.attempt});
    });
}

void DeliveryStore::putBack(const Delivery& delivery, sdk::Time due) {
    database_.transaction([&](sdk::Connection& connection) {
        connection.execute(
            "UPDATE webhooks_deliveries SET due_at = $1, attempts = attempts - 1 WHERE id = $2 AND attempts "
            "= $3",
            {sdk::toMicros(due), delivery.id, delivery.attempt});
    });
}

std::int64_t DeliveryStore::waiting(const std::string& endpoint) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        return connection
            .execute("SELECT count(*) FROM webhooks_deliveries WHERE endpoint = $1 AND failed_at IS NULL",
                     {endpoint})
            .integer(0, 0);
    });
}

std::optional<sdk::Time> DeliveryStore::nextDue(const std::string& endpoint) {
    return sdk::read(database_, [&](sdk::Connection& connection) -> std::optional<sdk::Time> {
        const sdk::Rows rows = connection.execute(
            "SELECT due_at FROM webhooks_deliveries WHERE endpoint = $1 AND failed_at IS NULL "
            "ORDER BY due_at LIMIT 1",
            {endpoint});
        if (rows.empty()) return std::nullopt;
        return rows.time(0, 0);
    });
}

std::size_t DeliveryStore::removeFailed(sdk::Time time) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        return connection
            .execute("DELETE FROM webhooks_deliveries WHERE failed_at < $1", {sdk::toMicros(time)})
            .affected();
    });
}

}  // namespace webhooks
