#include "rolling.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "http_client.h"

namespace linkup::chaos {
namespace {

using namespace std::chrono_literals;

constexpr int kRequesters = 4;
constexpr int kOnOneConnection = 20;
constexpr auto kPause = 5ms;       // between the requests of one
constexpr auto kNoSooner = 200ms;  // a drain tells nobody to be back before
constexpr auto kNodeIsBack = 30s;
constexpr std::array kNodes{"a", "b"};

/// Kolmogorov's distance of these times from an even spread over `length` from `begin` on.
double distanceFromEven(std::vector<Clock::time_point> times, Clock::time_point begin,
                        std::chrono::milliseconds length) {
    std::sort(times.begin(), times.end());
    const auto count = static_cast<double>(times.size());
    double distance = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const auto even = std::clamp(
            std::chrono::duration<double>(times[i] - begin) / std::chrono::duration<double>(length), 0.0,
            1.0);
        const auto place = static_cast<double>(i);
        distance = std::max({distance, std::abs(even - place / count), std::abs(even - (place + 1) / count)});
    }
    return distance;
}

}  // namespace

std::map<std::string, std::string> RollingPlan::settings() const {
    return {{"server.shutdown_delay_ms", std::to_string(shutdown_delay.count())},
            {"server.drain_ms", std::to_string(drain.count())},
            {"server.trusted_proxies", "127.0.0.1"}};
}

RollingRestart::RollingRestart(ChaosTown& town, const RollingPlan& plan)
    : town_(town), plan_(plan), proxy_(town.node(0).port(), town.node(1).port()) {
    for (int person = 1; person <= kRequesters; ++person)
        requests_.emplace_back([this, person] { makeRequests(person); });
}

RollingRestart::~RollingRestart() {
    stopRequests();
}

void RollingRestart::stopRequests() {
    stopping_ = true;
    for (auto& thread : requests_) thread.join();
    requests_.clear();
}

void RollingRestart::makeRequests(int person) {
    test::HttpClient client(proxy_.url());
    const auto device = town_.device(person);
    client.setBearer(device.token);
    const std::string start = R"({"id":)" + std::to_string(device.partner) + "}";
    for (int number = 0; !stopping_; ++number) {
        if (number % kOnOneConnection == 0) client.disconnect();
        const bool reads = number % 2 == 0;
        std::string answer = reads ? "get-connections: " : "start-chat: ";
        try {
            const auto reply = reads ? client.get("/api/v1/matches/get-connections")
                                     : client.post("/api/v1/chats/start-chat", start);
            answer += std::to_string(reply.status);
        } catch (const Poco::Exception& error) {
            answer += error.displayText();
        }
        const std::lock_guard lock(mutex_);
        ++answers_[answer];
        std::this_thread::sleep_for(kPause);
    }
}

std::vector<Faults::Step> RollingRestart::steps() {
    return {[this] { restart(0); }, [this] { restart(1); }};
}

void RollingRestart::restart(std::size_t node) {
    const auto begin = Clock::now();
    const auto code = town_.node(node).stop(plan_.shutdown_delay + plan_.drain + kNodeIsBack);
    if (code != 0) throw std::runtime_error("a node ended with " + std::to_string(code));
    rounds_.emplace_back(begin, Clock::now());
    town_.node(node).start();
    if (!test::waitFor([&] { return proxy_.isUp(kNodes.at(node)); }, kNodeIsBack))
        throw std::runtime_error("HAProxy does not take the node back; it printed:\n" + proxy_.log());
}

std::vector<std::string> RollingRestart::judge(Crowd& crowd) {
    stopRequests();
    std::vector<std::string> faults;
    std::size_t served = 0;
    for (const auto& [answer, count] : answers_) {
        if (answer.ends_with(": 200")) {
            served += count;
        } else {
            faults.push_back(std::to_string(count) + " requests answered otherwise: " + answer);
        }
    }
    if (served == 0) faults.emplace_back("no request was made");
    for (const auto& [what, count] : crowd.sightings().counts) {
        if (what.starts_with("closed with ") && what != "closed with 1001")
            faults.push_back(std::to_string(count) + " sockets " + what);
    }
    for (const char* const field : {"hrsp_4xx", "hrsp_5xx", "econ", "eresp", "dreq", "dresp"}) {
        const auto number = proxy_.statistic("BACKEND", field);
        if (number != "0") faults.push_back("HAProxy counts " + number + " of " + field);
    }
    for (std::size_t i = 0; i < rounds_.size(); ++i) judgeRound(i, crowd, faults);
    report_.push_back(std::to_string(served) + " requests answered with 200");
    return faults;
}

void RollingRestart::judgeRound(std::size_t number, const Crowd& crowd, std::vector<std::string>& faults) {
    const auto& [begin, end] = rounds_[number];
    std::vector<Return> returns;
    for (const auto& one : crowd.returns()) {
        if (one.sent_away >= begin && one.sent_away <= end + 1s) returns.push_back(one);
    }
    const auto name = "restart of node " + std::string(kNodes.at(number)) + ": ";
    if (returns.size() < crowd.devices().size() / 4)
        return faults.push_back(name + "only " + std::to_string(returns.size()) + " devices came back");
    const auto first =
        std::min_element(returns.begin(), returns.end(), [](const Return& one, const Return& other) {
            return one.sent_away < other.sent_away;
        })->sent_away;
    for (const bool was_told : {false, true}) {
        std::vector<Clock::time_point> times;
        for (const auto& one : returns) {
            if (one.was_told == was_told) times.push_back(one.back);
        }
        const auto window = first + (was_told ? kNoSooner + plan_.drain : plan_.after_drain);
        const auto distance = distanceFromEven(times, window, plan_.drain);
        std::array<char, 160> line{};
        std::snprintf(line.data(), line.size(), "%zu who wait %s are back, at most %.3f from an even spread",
                      times.size(), was_told ? "as told" : "a fixed time", distance);
        report_.push_back(name + line.data());
        if (distance > plan_.farthest) faults.push_back(report_.back());
    }
}

}  // namespace linkup::chaos
