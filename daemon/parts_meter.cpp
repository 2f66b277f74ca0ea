#include "parts_meter.h"

#include <charconv>
#include <chrono>

#include "daemon/gateway/request_ids.h"

namespace linkup::daemon {

namespace {

using Steady = std::chrono::steady_clock;

}  // namespace

PartsMeter::PartsMeter(PooledDatabase& database, HostBus& bus, sdk::Metrics& metrics)
    : database_(database),
      bus_(bus),
      topic_("lag-" + RequestIds().make()),
      sessions_(metrics.gauge("database_sessions", "Database sessions that there may be.")),
      busy_(metrics.gauge("database_sessions_busy", "Database sessions in use.")),
      refusals_(metrics.gauge("database_refusals", "Calls that got no database session, since the start.")),
      waits_{metrics.counter("database_waits_total", "Calls that had to wait for a database session.")},
      connects_{metrics.counter("database_connects_total", "Connections made to the database.")},
      prepared_{metrics.counter("database_prepared_total", "Statements prepared; a cache keeps them.")},
      retries_{metrics.counter("database_retries_total", "Transactions run again after a lost race.")},
      published_{metrics.counter("bus_published_total", "Messages sent over the bus.")},
      delivered_{metrics.counter("bus_delivered_total", "Messages that came over the bus for somebody.")},
      dropped_{metrics.counter("bus_dropped_total", "Messages that could not be sent.")},
      gaps_{metrics.counter("bus_gaps_total", "Times when this node may have missed messages.")},
      queued_(metrics.gauge("bus_queued", "Messages that wait to be sent.")),
      lag_(metrics.histogram("bus_lag_seconds",
                             "From this node over the bus to itself, measured once a second.",
                             {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5})) {}

PartsMeter::~PartsMeter() = default;

void PartsMeter::Followed::reach(std::uint64_t now) {
    if (now > seen) counter.add(static_cast<double>(now - seen));
    seen = now;
}

void PartsMeter::measure() {
    if (subscription_ == nullptr) {
        subscription_ = bus_.subscribe(
            topic_,
            [this](std::string_view sent) {
                Steady::rep then = 0;
                std::from_chars(sent.data(), sent.data() + sent.size(), then);
                const Steady::duration lag(Steady::now().time_since_epoch().count() - then);
                lag_.observe(std::chrono::duration<double>(lag).count());
            },
            [] {});
    }
    const DatabaseStatistics database = database_.statistics();
    sessions_.set(database.sessions);
    busy_.set(database.busy);
    refusals_.set(static_cast<double>(database.refusals));
    waits_.reach(database.waits);
    connects_.reach(database.connects);
    prepared_.reach(database.prepared);
    retries_.reach(database.retries);

    const BusStatistics bus = bus_.statistics();
    published_.reach(bus.published);
    delivered_.reach(bus.delivered);
    dropped_.reach(bus.dropped);
    gaps_.reach(bus.gaps);
    queued_.set(static_cast<double>(bus.queued));

    bus_.publish(topic_, std::to_string(Steady::now().time_since_epoch().count()));  // which is not counted
}

}  // namespace linkup::daemon
