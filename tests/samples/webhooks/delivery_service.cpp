#include "delivery_service.h"

#include <algorithm>
#include <utility>

#include "signature.h"

namespace webhooks {

using namespace linkup;
using std::chrono::milliseconds;

namespace {

constexpr const char* kHelp = "Webhooks, by endpoint and what became of them.";
/// How long an attempt is this node's alone, beyond the time that the receiver has to answer.
constexpr std::chrono::seconds kSpare{5};

sdk::Counter& counter(sdk::Host& host, const std::string& endpoint, const char* outcome) {
    return host.metrics().counter("deliveries_total", kHelp, {{"endpoint", endpoint}, {"outcome", outcome}});
}

}  // namespace

DeliveryService::DeliveryService(Endpoint endpoint, const DeliveryOptions& options, sdk::Host& host,
                                 std::unique_ptr<Transport> transport, std::function<double()> random)
    : endpoint_(std::move(endpoint)),
      options_(options),
      clock_(host.clock()),
      log_(host.log()),
      store_(host.database()),
      transport_(std::move(transport)),
      random_(std::move(random)),
      delivered_(counter(host, endpoint_.name, "delivered")),
      retried_(counter(host, endpoint_.name, "retried")),
      given_up_(counter(host, endpoint_.name, "given_up")),
      dropped_(counter(host, endpoint_.name, "dropped")),
      waiting_(host.metrics().gauge("deliveries_waiting", "Webhooks that wait, by endpoint.",
                                    {{"endpoint", endpoint_.name}})) {}

void DeliveryService::enqueue(sdk::Connection& connection, const std::string& message_id,
                              const std::string& body) {
    if (store_.insert(connection, endpoint_.name, message_id, body, clock_.now(), options_.queue)) return;
    connection.afterCommit([this] {
        dropped_.add();
        log_.warning("an event was dropped, as too many wait", {{"endpoint", endpoint_.name}});
    });
}

bool DeliveryService::deliverNext() {
    const sdk::Time now = clock_.now();
    // A receiver has the timeout for each: to be reached, to take the request, to answer.
    const auto delivery = store_.claim(endpoint_.name, now, now + options_.timeout * 3 + kSpare);
    if (!delivery) return false;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    try {
        settle(*delivery,
               transport_->post({{"Content-Type", "application/json"},
                                 {"User-Agent", "linkupd-webhooks/1.0"},
                                 {"webhook-id", delivery->message_id},
                                 {"webhook-timestamp", std::to_string(seconds)},
                                 {"webhook-signature", signatureOf(endpoint_.keys, delivery->message_id,
                                                                   seconds, delivery->body)}},
                                delivery->body));
    } catch (const NoAnswer& error) {
        if (giving_way_) {
            store_.putBack(*delivery, clock_.now());
        } else {
            failed(*delivery, error.what(), milliseconds(0));
        }
    }
    waiting_.set(static_cast<double>(store_.waiting(endpoint_.name)));
    return true;
}

void DeliveryService::settle(const Delivery& delivery, const Answer& answer) {
    if (answer.status >= 200 && answer.status < 300) {
        store_.remove(delivery);
        delivered_.add();
        return;
    }
    const std::string error = "answered " + std::to_string(answer.status);
    if (answer.status == 410) {  // Gone: it wants no more of this
        giveUp(delivery, error);
    } else {
        failed(delivery, error, answer.retry_after.value_or(std::chrono::seconds(0)));
    }
}

void DeliveryService::failed(const Delivery& delivery, const std::string& error, milliseconds least_wait) {
    if (delivery.attempt >= options_.attempts) return giveUp(delivery, error);
    const milliseconds wait =
        std::min(std::max(waitAfter(delivery.attempt), least_wait), options_.longest_retry);
    store_.postpone(delivery, clock_.now() + wait, error);
    retried_.add();
    log_.info("a webhook will be tried again", {{"endpoint", endpoint_.name},
                                                {"message", delivery.message_id},
                                                {"attempt", delivery.attempt},
                                                {"wait_ms", static_cast<std::int64_t>(wait.count())},
                                                {"reason", error}});
}

void DeliveryService::giveUp(const Delivery& delivery, const std::string& error) {
    store_.giveUp(delivery, clock_.now(), error);
    given_up_.add();
    log_.warning("a webhook was given up", {{"endpoint", endpoint_.name},
                                            {"message", delivery.message_id},
                                            {"attempts", delivery.attempt},
                                            {"reason", error}});
}

std::optional<sdk::Time> DeliveryService::nextDue() {
    return store_.nextDue(endpoint_.name);
}

milliseconds DeliveryService::waitAfter(std::int64_t attempt) const {
    milliseconds longest = options_.first_retry;
    for (std::int64_t i = 1; i < attempt && longest < options_.longest_retry; ++i) longest *= 2;
    longest = std::min(longest, options_.longest_retry);
    return longest / 2 +
           milliseconds(static_cast<std::int64_t>(static_cast<double>((longest / 2).count()) * random_()));
}

void DeliveryService::giveWay() noexcept {
    giving_way_ = true;
    transport_->interrupt();
}

}  // namespace webhooks
