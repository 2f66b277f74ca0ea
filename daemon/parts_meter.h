#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/services/bus.h"
#include "daemon/services/database.h"
#include "linkup/sdk/metrics.h"

namespace linkup::daemon {

/// The numbers that database and bus keep of themselves, put where /metrics finds them, and how long the bus
/// takes from this node to itself.
///
/// Lifetime: what it is given outlives it.   Threading: one thread.
class PartsMeter {
public:
    PartsMeter(PooledDatabase& database, HostBus& bus, sdk::Metrics& metrics);
    ~PartsMeter();

    /// Once a second. Starts with the bus when first called.
    void measure();

private:
    /// A counter that follows a number which somebody else counts up.
    struct Followed {
        sdk::Counter& counter;
        std::uint64_t seen = 0;
        void reach(std::uint64_t now);
    };

    PooledDatabase& database_;
    HostBus& bus_;
    const std::string topic_;
    sdk::Gauge& sessions_;
    sdk::Gauge& busy_;
    sdk::Gauge& refusals_;
    Followed waits_;
    Followed connects_;
    Followed prepared_;
    Followed retries_;
    Followed published_;
    Followed delivered_;
    Followed dropped_;
    Followed gaps_;
    sdk::Gauge& queued_;
    sdk::Histogram& lag_;
    std::unique_ptr<sdk::Subscription> subscription_;
};

}  // namespace linkup::daemon
