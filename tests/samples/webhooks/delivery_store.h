#pragma once

#include <linkup/sdk/database.h>

#include <optional>
#include <string>

namespace webhooks {

/// One message for one endpoint, on an attempt.
struct Delivery {
    std::int64_t id = 0;
    std::string message_id;
    std::string body;
    std::int64_t attempt = 0;  ///< 1 for the first; with `id`, the right to say what became of it
};

/// The table `webhooks_deliveries`: what is to be delivered, and what was given up. What was delivered is
/// removed.
///
/// Threading: any thread, any number of nodes.   Errors: as Connection::execute.
class DeliveryStore {
public:
    explicit DeliveryStore(linkup::sdk::Database& database) : database_(database) {}

    /// False if as many as `most` wait for the endpoint already.
    bool insert(linkup::sdk::Connection& connection, const std::string& endpoint,
                const std::string& message_id, const std::string& body, linkup::sdk::Time now,
                std::int64_t most);
    /// Takes the one that is due first, for an attempt that nobody else makes until `until`.
    std::optional<Delivery> claim(const std::string& endpoint, linkup::sdk::Time now,
                                  linkup::sdk::Time until);
    void remove(const Delivery& delivery);
    /// To be tried again at `due`.
    void postpone(const Delivery& delivery, linkup::sdk::Time due, const std::string& error);
    /// Not to be tried again.
    void giveUp(const Delivery& delivery, linkup::sdk::Time now, const std::string& error);
    /// The attempt did not count.
    void putBack(const Delivery& delivery, linkup::sdk::Time due);

    std::int64_t waiting(const std::string& endpoint);
    /// When the first that waits is due.
    std::optional<linkup::sdk::Time> nextDue(const std::string& endpoint);
    /// Removes what was given up before `time`; returns how many.
    std::size_t removeFailed(linkup::sdk::Time time);

private:
    linkup::sdk::Database& database_;
};

}  // namespace webhooks
