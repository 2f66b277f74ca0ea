// The long form of chaos_test. usage: chaos [--seed N] [PART...], of resends, kills, outages, slow, rolling.
// Prints its seed; with the same seed the same messages, cuts and faults are drawn again, part by part.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string_view>

#include <unistd.h>

#include "chaos_town.h"
#include "crowd.h"
#include "faults.h"
#include "rolling.h"
#include "verdict.h"

using namespace linkup::chaos;
using namespace std::chrono_literals;

namespace {

constexpr int kPairs = 80;
constexpr int kSecondPhones = 40;  // 200 clients with those
constexpr auto kPatience = 120s;
constexpr std::size_t kShown = 20;  // violations that are printed

constexpr int kCrowdPairs = 250;  // beside the slow one
constexpr std::size_t kSlowRate = 1024;
constexpr std::size_t kSlowTextBytes = 3000;
constexpr auto kSlowRound = 20s;
constexpr double kSlowerAtMost = 1.5;   // times, and
constexpr double kSlowerAtMostMs = 10;  // above: what the machine itself does between two rounds

/// Where the memory of a node has to be again, of what it had before: what malloc keeps is not lost.
constexpr double kMemoryFactor = 1.5;
constexpr double kMemoryMib = 32;

double residentMib(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/statm");
    double all = 0;
    double resident = 0;
    file >> all >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// All that one part does, and what came of it.
class Part {
public:
    Part(const char* name, std::uint64_t seed, int pairs, const std::optional<RollingPlan>& plan = {})
        : name_(name),
          random_(seed),
          town_(pairs, plan ? plan->settings() : std::map<std::string, std::string>()),
          rolling_(plan ? std::make_unique<RollingRestart>(town_, *plan) : nullptr),
          crowd_(rolling_ ? rolling_->ports() : town_.ports(), random_) {
        std::printf("\n== %s\n", name);
        std::fflush(stdout);
    }

    ChaosTown& town() { return town_; }
    Crowd& crowd() { return crowd_; }
    Random& random() { return random_; }
    RollingRestart& rolling() { return *rolling_; }

    void addClients() {
        for (int person = 1; person <= 2 * kPairs; ++person) crowd_.add(town_.device(person));
        for (int person = 1; person <= kSecondPhones; ++person) crowd_.add(town_.device(person));
    }

    void violate(const std::string& what) { violations_.push_back(what); }

    /// Calms the crowd and judges. Returns the number of violations.
    std::size_t end() {
        crowd_.calmDown([this] { return town_.lastSeqs(); }, kPatience);
        for (auto& violation : judge(crowd_, town_)) violations_.push_back(std::move(violation));
        crowd_.leave();
        std::printf("%-32s %zu\n", "messages sent", crowd_.messages().size());
        std::printf("%-32s %zu\n", "messages acknowledged", crowd_.acknowledged());
        for (const auto& [what, count] : crowd_.sightings().counts)
            std::printf("%-32s %zu\n", what.c_str(), count);
        std::printf("%-32s %zu\n", "violations", violations_.size());
        for (std::size_t i = 0; i < std::min(violations_.size(), kShown); ++i)
            std::printf("    %s\n", violations_[i].c_str());
        std::fflush(stdout);
        return violations_.size();
    }

private:
    const char* name_;
    Random random_;
    ChaosTown town_;
    std::unique_ptr<RollingRestart> rolling_;
    Crowd crowd_;
    std::vector<std::string> violations_;
};

/// 100,000 messages, a third sent again, a fifth of the connections cut at a random byte; and the memory
/// after.
std::size_t resends(std::uint64_t seed) {
    constexpr std::size_t kWarm = 5000;
    constexpr std::size_t kMessages = 100'000;
    Part part("resends", seed, kPairs);
    auto& crowd = part.crowd();
    part.addClients();
    const Behaviour behaviour{.messages_per_second = 1500, .resends = 0.3, .cuts = 0.2, .connection = 2000ms};
    const auto talk = [&](std::size_t messages) {
        crowd.behave(behaviour);
        crowd.run([&] { return crowd.messages().size() >= messages; });
        crowd.calmDown([&] { return part.town().lastSeqs(); }, kPatience);
        crowd.leave();
    };
    const auto memory = [&] {
        return residentMib(part.town().node(0).pid()) + residentMib(part.town().node(1).pid());
    };
    talk(kWarm);
    const auto before = memory();
    talk(kWarm + kMessages);
    const auto violations = part.end();
    const auto after = memory();
    const bool grew = after > before * kMemoryFactor + kMemoryMib;
    std::printf("memory of both nodes: %.0f MiB before, %.0f MiB after%s\n", before, after,
                grew ? ": VIOLATION" : "");
    return violations + (grew ? 1 : 0);
}

/// Each node is killed now and then, fifty times in all.
std::size_t kills(std::uint64_t seed) {
    constexpr int kKills = 50;
    Part part("kills", seed, kPairs);
    part.addClients();
    std::vector<Faults::Step> steps;
    for (int i = 0; i < kKills; ++i) steps.push_back(Faults::killNode(part.town(), part.random()() % 2));
    auto& crowd = part.crowd();
    crowd.behave({.messages_per_second = 500, .resends = 0.3, .cuts = 0.1, .connection = 5000ms});
    Faults faults(crowd, part.random(), 600, std::move(steps));
    crowd.run([&] { return faults.finished(); });
    faults.join();
    std::printf("%-32s %d\n", "kills of a node", kKills);
    return part.end();
}

/// Database and bus go and come back, under load.
std::size_t outages(std::uint64_t seed) {
    constexpr int kRounds = 3;
    Part part("outages", seed, kPairs);
    part.addClients();
    auto& town = part.town();
    std::vector<Faults::Step> steps;
    for (int i = 0; i < kRounds; ++i) {
        for (auto& step :
             {Faults::stopPostgres(town), Faults::stopRedis(town, 10s), Faults::crashPostgres(town)})
            steps.push_back(step);
    }
    std::shuffle(steps.begin(), steps.end(), part.random());
    auto& crowd = part.crowd();
    crowd.behave({.messages_per_second = 500, .resends = 0.3, .cuts = 0.1, .connection = 5000ms});
    Faults faults(crowd, part.random(), 1500, std::move(steps));
    crowd.run([&] { return faults.finished(); });
    faults.join();
    std::printf("%-32s %d\n", "outages", 3 * kRounds);
    return part.end();
}

/// The time at which 99 of 100 of the messages from `first` on had come to the partner, in ms.
double p99(const Crowd& crowd, std::size_t first, std::int64_t but_chat) {
    std::vector<double> times;
    for (auto i = first; i < crowd.messages().size(); ++i) {
        const auto& message = crowd.messages()[i];
        if (message.chat == but_chat || message.delivered == Clock::time_point{}) continue;
        times.push_back(
            std::chrono::duration<double, std::milli>(message.delivered - message.wanted).count());
    }
    std::sort(times.begin(), times.end());
    return times.at(times.size() * 99 / 100);
}

/// Somebody reads 1 KB/s of what a partner writes without end, among 500 others.
std::size_t slow(std::uint64_t seed) {
    Part part("slow", seed, kCrowdPairs + 1);
    auto& crowd = part.crowd();
    auto& town = part.town();
    for (int person = 1; person <= 2 * kCrowdPairs; ++person) crowd.add(town.device(person));
    const int writer = 2 * kCrowdPairs + 1;
    crowd.add(town.device(writer));
    crowd.add(town.device(writer + 1));
    const std::size_t writing_device = 2 * kCrowdPairs;
    const std::size_t slow_device = writing_device + 1;
    const auto round = [&] {
        const auto first = crowd.messages().size();
        crowd.behave({.messages_per_second = 500});
        const auto end = Clock::now() + kSlowRound;
        auto next = Clock::now();
        crowd.run([&] {
            for (; next <= Clock::now(); next += 20ms) crowd.speak(writing_device, kSlowTextBytes);
            return Clock::now() >= end;
        });
        crowd.behave({});
        return p99(crowd, first, writer / 2 + 1);
    };
    const auto connected = Clock::now() + 2s;
    crowd.run([&] { return Clock::now() >= connected; });
    round();  // warm
    std::vector<double> before;
    std::vector<double> beside;
    for (int i = 0; i < 2; ++i) {
        before.push_back(round());
        crowd.slowDown(slow_device, kSlowRate);
        beside.push_back(round());
        crowd.slowDown(slow_device, 0);
    }
    const double without = std::max(before[0], before[1]);
    const double with = std::max(beside[0], beside[1]);
    std::printf("p99 of the others: %.1f and %.1f ms, beside the slow one %.1f and %.1f ms\n", before[0],
                before[1], beside[0], beside[1]);
    if (with > without * kSlowerAtMost + kSlowerAtMostMs) part.violate("the slow one has slowed the others");
    return part.end();
}

/// Two nodes behind HAProxy are restarted, one after the other, under 2,000 clients that chat.
std::size_t rolling(std::uint64_t seed) {
    constexpr int kPeople = 2000;
    const RollingPlan plan{.drain = 20s, .after_drain = 5s, .farthest = 0.15};
    Part part("rolling", seed, kPeople / 2, plan);
    auto& crowd = part.crowd();
    for (int person = 1; person <= kPeople; ++person) crowd.add(part.town().device(person));
    crowd.behave({.messages_per_second = 500, .after_drain = plan.after_drain});
    Faults faults(crowd, part.random(), 2500, part.rolling().steps());
    crowd.run([&] { return faults.finished(); });
    faults.join();
    // Those who were told to wait come back when the nodes have long been there.
    const auto end = Clock::now() + 2 * plan.drain;
    crowd.run([&] { return crowd.allOpen() || Clock::now() >= end; });
    for (const auto& fault : part.rolling().judge(crowd)) part.violate(fault);
    for (const auto& line : part.rolling().report()) std::printf("%s\n", line.c_str());
    return part.end();
}

}  // namespace

int main(int count, char** arguments) {
    std::uint64_t seed = std::random_device{}();
    std::vector<std::string_view> wanted;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--seed" && i + 1 < count) {
            seed = std::stoull(arguments[++i]);
        } else {
            wanted.push_back(argument);
        }
    }
    const std::vector<std::pair<std::string_view, std::size_t (*)(std::uint64_t)>> parts{
        {"resends", resends}, {"kills", kills}, {"outages", outages}, {"slow", slow}, {"rolling", rolling}};
    for (const auto& name : wanted) {
        if (std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return part.first == name; }))
            continue;
        std::fprintf(stderr, "usage: chaos [--seed N] [resends] [kills] [outages] [slow] [rolling]\n");
        return 64;
    }
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::size_t violations = 0;
    try {
        for (const auto& [name, run] : parts) {
            if (wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end())
                violations += run(seed);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "chaos: %s\n", error.what());
        return 1;
    }
    std::printf("\n%zu violations, seed %llu\n", violations, static_cast<unsigned long long>(seed));
    return violations == 0 ? 0 : 1;
}
