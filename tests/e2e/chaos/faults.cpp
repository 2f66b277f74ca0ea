#include "faults.h"

#include <exception>
#include <stdexcept>
#include <utility>

namespace linkup::chaos {
namespace {

using namespace std::chrono_literals;

constexpr auto kGlance = 10ms;
constexpr auto kRecovery = 60s;  // for the crowd to be well again

}  // namespace

Faults::Faults(const Crowd& crowd, Random& random, std::size_t between, std::vector<Step> steps) {
    std::vector<std::pair<std::size_t, Step>> plan;
    for (auto& step : steps) plan.emplace_back(1 + random() % between, std::move(step));
    thread_ = std::thread([this, &crowd, plan = std::move(plan)] { run(crowd, plan); });
}

Faults::~Faults() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void Faults::run(const Crowd& crowd, const std::vector<std::pair<std::size_t, Step>>& steps) {
    try {
        for (const auto& [messages, step] : steps) {
            const auto wanted = crowd.acknowledged() + messages;
            const auto end = Clock::now() + kRecovery;
            while (!stopping_ && crowd.acknowledged() < wanted) {
                if (Clock::now() > end) throw std::runtime_error("nothing is acknowledged any more");
                std::this_thread::sleep_for(kGlance);
            }
            if (stopping_) break;
            step();
        }
    } catch (...) {
        failure_ = std::current_exception();
    }
    finished_ = true;
}

void Faults::join() {
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
}

Faults::Step Faults::killNode(ChaosTown& town, std::size_t node) {
    return [&town, node] {
        town.node(node).kill();
        town.node(node).start();
    };
}

Faults::Step Faults::stopPostgres(ChaosTown& town) {
    return [&town] {
        town.postgres().stop();
        town.postgres().start();
    };
}

Faults::Step Faults::crashPostgres(ChaosTown& town) {
    return [&town] {
        town.postgres().kill();
        town.postgres().start();
    };
}

Faults::Step Faults::stopRedis(ChaosTown& town, std::chrono::milliseconds away) {
    return [&town, away] {
        town.redis().stop();
        std::this_thread::sleep_for(away);
        town.redis().start();
    };
}

}  // namespace linkup::chaos
