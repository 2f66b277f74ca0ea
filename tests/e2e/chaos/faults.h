#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "chaos_town.h"
#include "crowd.h"

namespace linkup::chaos {

/// What goes wrong, on a thread of its own, while a crowd talks.
class Faults {
public:
    using Step = std::function<void()>;
    /// Before each step it waits until the crowd has got between one and `between` more messages
    /// acknowledged, by which the crowd is well again after the step before.
    Faults(const Crowd& crowd, Random& random, std::size_t between, std::vector<Step> steps);
    ~Faults();

    bool finished() const { return finished_; }
    /// Ends the thread. Errors: what a step threw.
    void join();

    /// SIGKILL, and up again.
    static Step killNode(ChaosTown& town, std::size_t node);
    /// Stopped in good order, cutting all connections; or as in a crash.
    static Step stopPostgres(ChaosTown& town);
    static Step crashPostgres(ChaosTown& town);
    /// Away for so long.
    static Step stopRedis(ChaosTown& town, std::chrono::milliseconds away);

private:
    void run(const Crowd& crowd, const std::vector<std::pair<std::size_t, Step>>& steps);

    std::atomic<bool> finished_{false};
    std::atomic<bool> stopping_{false};
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace linkup::chaos
