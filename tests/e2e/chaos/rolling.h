#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chaos_town.h"
#include "crowd.h"
#include "faults.h"
#include "private_haproxy.h"

namespace linkup::chaos {

/// How the nodes are restarted, and what is expected of it.
struct RollingPlan {
    std::chrono::milliseconds shutdown_delay{1500};  ///< longer than HAProxy needs to see it
    std::chrono::milliseconds drain{0};
    std::chrono::milliseconds after_drain{0};  ///< as in Behaviour
    /// How far the share of those who are back may at any time be from an even spread, of 1.
    double farthest = 0;

    /// For the nodes.
    std::map<std::string, std::string> settings() const;
};

/// A rolling restart behind HAProxy, as etc/haproxy/linkup.cfg tells operators to do it, while some make
/// requests through the proxy without a pause.
class RollingRestart {
public:
    RollingRestart(ChaosTown& town, const RollingPlan& plan);
    ~RollingRestart();

    /// Where a crowd comes in.
    std::vector<std::uint16_t> ports() const { return {proxy_.port()}; }
    /// One for each node.
    std::vector<Faults::Step> steps();
    /// To be called when all are back. Returns what is wrong, each with where: a request that was refused, a
    /// device that was turned away, those who came back in a heap.
    std::vector<std::string> judge(Crowd& crowd);
    /// A line for each round.
    const std::vector<std::string>& report() const { return report_; }

private:
    using Round = std::pair<Clock::time_point, Clock::time_point>;
    void restart(std::size_t node);
    void makeRequests(int person);
    void stopRequests();
    void judgeRound(std::size_t number, const Crowd& crowd, std::vector<std::string>& faults);

    ChaosTown& town_;
    const RollingPlan plan_;
    test::PrivateHaproxy proxy_;
    std::vector<Round> rounds_;
    std::vector<std::string> report_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;                            // guards answers_
    std::map<std::string, std::size_t> answers_;  // by request and status, or failure
    std::vector<std::thread> requests_;
};

}  // namespace linkup::chaos
