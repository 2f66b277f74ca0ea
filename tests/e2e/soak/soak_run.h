#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "chaos_town.h"
#include "crowd.h"
#include "node_look.h"
#include "temporary_folder.h"
#include "visitors.h"

namespace linkup::soak {

struct SoakPlan {
    std::chrono::seconds duration{0};
    int pairs = 0;     ///< of people who chat
    int visitors = 0;  ///< other people, who come and go
    int threads = 0;   ///< of those
    double messages_per_second = 0;
    /// Memory is flat if its median in the last quarter is no more than this above that of the second one.
    double memory_factor = 0;
    double memory_mib = 0;
};

/// Mixed load on two nodes with one PostgreSQL and one Redis, and what is left when it ends.
class SoakRun {
public:
    explicit SoakRun(const SoakPlan& plan);

    /// Runs for the plan's duration and judges. Returns what is wrong.
    std::vector<std::string> run();
    /// What was done and measured, a line each.
    const std::vector<std::string>& report() const { return report_; }

private:
    struct Sample {
        std::chrono::steady_clock::time_point at;
        std::vector<ProcessLook> nodes;
    };
    void load();
    void sample();
    double sum(const std::string& name, const std::string& label = {});
    std::int64_t rows(const std::string& sql);
    void expect(const std::string& what, double wanted, double found);
    /// The same of a number that may yet settle.
    void expectSoon(const std::string& what, double wanted, const std::string& gauge,
                    const std::string& label = {});
    void judgeChat();
    void judgeMemory();
    void judgeCounters();
    void judgeSockets();
    void judgeRest();
    void judgeProcess(std::size_t node);

    const SoakPlan plan_;
    test::TemporaryFolder media_;
    chaos::Random random_;
    chaos::ChaosTown town_;
    chaos::Crowd crowd_;
    std::unique_ptr<Visitors> visitors_;
    std::vector<Sample> samples_;
    std::vector<std::string> report_;
    std::vector<std::string> faults_;
};

}  // namespace linkup::soak
