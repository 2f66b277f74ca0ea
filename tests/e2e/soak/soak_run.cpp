#include "soak_run.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "verdict.h"

namespace linkup::soak {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kNodes = 2;
constexpr auto kCalm = 60s;
constexpr int kHeld = 7;  // sockets of each kind, at the end
/// Connections to database and Redis that are opened when they are needed.
constexpr std::size_t kMoreDescriptors = 16;
/// libvips starts its threads when it has something to do.
constexpr std::size_t kMoreThreads = 8;

std::map<std::string, std::string> settings(const test::TemporaryFolder& media) {
    return {{"media.storage.folder", media.path().string()},
            {"match.likes_per_day", "10000"},
            // What a slow machine gives up is no fault.
            {"database.wait_ms", "30000"},
            {"overload.sign_in_ms", "0"},
            {"overload.discovery_ms", "0"},
            {"overload.live_ms", "0"},
            {"overload.core_ms", "0"},
            {"lobby.events.soak.cron", "*/10 * * * * *"},
            {"lobby.events.soak.zone", "UTC"},
            {"lobby.events.soak.waiting_ms", "4000"},
            {"lobby.seat_kept_ms", "1000"}};
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

std::string text(const char* format, const std::string& what, double one, double other) {
    std::array<char, 200> line{};
    std::snprintf(line.data(), line.size(), format, what.c_str(), one, other);
    return line.data();
}

}  // namespace

SoakRun::SoakRun(const SoakPlan& plan)
    : plan_(plan),
      random_(1),
      town_(plan.pairs, settings(media_), plan.visitors),
      crowd_(town_.ports(), random_) {
    for (int person = 1; person <= 2 * plan.pairs; ++person) crowd_.add(town_.device(person));
    for (int person = 1; person <= plan.pairs; ++person) crowd_.add(town_.device(person));  // a second phone
}

std::vector<std::string> SoakRun::run() {
    load();
    judgeMemory();
    judgeChat();
    judgeCounters();
    judgeSockets();
    judgeRest();
    return faults_;
}

void SoakRun::load() {
    visitors_ =
        std::make_unique<Visitors>(std::vector{town_.node(0).url(), town_.node(1).url()}, 2 * plan_.pairs + 1,
                                   2 * plan_.pairs + plan_.visitors, plan_.threads);
    crowd_.behave({.messages_per_second = plan_.messages_per_second,
                   .resends = 0.1,
                   .cuts = 0.1,
                   .connection = 5000ms});
    const auto end = Clock::now() + plan_.duration;
    const auto pause = std::max<std::chrono::milliseconds>(plan_.duration / 120, 100ms);
    for (auto next = Clock::now(); Clock::now() < end; next += pause) {
        sample();
        crowd_.run([&] { return Clock::now() >= std::min(next + pause, end); });
    }
    visitors_->stop();
}

void SoakRun::sample() {
    Sample now{Clock::now(), {}};
    for (std::size_t i = 0; i < kNodes; ++i) now.nodes.push_back(ProcessLook::of(town_.node(i).pid()));
    samples_.push_back(std::move(now));
}

double SoakRun::sum(const std::string& name, const std::string& label) {
    double sum = 0;
    for (std::size_t i = 0; i < kNodes; ++i) sum += Gauges::of(town_.node(i).url()).sum(name, label);
    return sum;
}

std::int64_t SoakRun::rows(const std::string& sql) {
    return std::stoll(town_.query(sql).at(0));
}

void SoakRun::expect(const std::string& what, double wanted, double found) {
    report_.push_back(text("%-48s %.0f", what, found, 0));
    if (found != wanted) faults_.push_back(text("%s: %.0f, and should be %.0f", what, found, wanted));
}

void SoakRun::expectSoon(const std::string& what, double wanted, const std::string& gauge,
                         const std::string& label) {
    double found = 0;
    // The outcome is looked at below.
    static_cast<void>(test::waitFor([&] { return (found = sum(gauge, label)) == wanted; }));
    expect(what, wanted, found);
}

void SoakRun::judgeMemory() {
    for (std::size_t node = 0; node < kNodes; ++node) {
        const auto quarter = samples_.size() / 4;
        const auto medianOf = [&](std::size_t from, std::size_t to) {
            std::vector<double> values;
            for (auto i = from; i < to; ++i) values.push_back(samples_[i].nodes[node].resident_mib);
            return median(std::move(values));
        };
        const auto before = medianOf(quarter, 2 * quarter);
        const auto after = medianOf(3 * quarter, samples_.size());
        const auto name = "memory of node " + std::to_string(node) + ", MiB, second and last quarter";
        report_.push_back(text("%-48s %.1f %.1f", name, before, after));
        if (after > before * plan_.memory_factor + plan_.memory_mib)
            faults_.push_back(text("%s: grew from %.1f to %.1f", name, before, after));
    }
}

void SoakRun::judgeChat() {
    crowd_.calmDown([this] { return town_.lastSeqs(); }, kCalm);
    for (auto& fault : chaos::judge(crowd_, town_)) faults_.push_back(std::move(fault));
    expect("messages acknowledged", static_cast<double>(crowd_.messages().size()),
           static_cast<double>(crowd_.acknowledged()));
}

/// Counters of both nodes against what people saw, and both against the database.
void SoakRun::judgeCounters() {
    for (const auto& [what, count] : visitors_->done())
        report_.push_back(text("%-48s %.0f", what, static_cast<double>(count), 0));
    for (const auto& [what, count] : visitors_->faults())
        faults_.push_back(std::to_string(count) + " times: " + what);
    const auto done = [this](const std::string& what) {
        const auto found = visitors_->done().find(what);
        return found == visitors_->done().end() ? 0.0 : static_cast<double>(found->second);
    };
    const auto count = [this](const std::string& sql) {
        return static_cast<double>(rows("SELECT count(*) FROM " + sql));
    };
    expect("sessions", 2 * plan_.pairs + done("sign-ins") - done("sign-outs"),
           count("auth_sessions WHERE revoked_at IS NULL"));
    const auto stored = count("chat_messages");
    expect("messages stored, by /metrics", stored, sum("chat_messages_stored_total"));
    expect("likes, by /metrics", done("likes") + done("likes back"), sum("match_likes_total"));
    expect("passes, by /metrics", done("passes") + done("likes passed on"), sum("match_passes_total"));
    expect("bonds, by /metrics", count("match_bonds"), sum("match_matches_total"));
    expect("lobby results, by /metrics", count("lobby_results"), sum("lobby_results_total"));
    expect("files", done("uploads"), count("media_files"));
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(media_.path()))
        files += entry.is_regular_file() ? 1 : 0;
    expect("files on disk", done("uploads"), static_cast<double>(files));
    for (const char* const zero :
         {"daemon_task_failures_total", "daemon_pool_refused_total", "daemon_bus_dropped_total",
          "daemon_bus_gaps_total", "daemon_database_refusals", "daemon_overload_shed_total",
          "daemon_slow_sockets_total", "daemon_connections_refused_total"})
        expect(zero, 0, sum(zero));
    expect("replies with 5xx", 0, sum("daemon_replies_total", "5xx"));
}

/// Those that are open, kind by kind, and that none is left when all have gone.
void SoakRun::judgeSockets() {
    const auto chat = static_cast<double>(crowd_.devices().size());
    const auto gauge = [&](const char* what, double wanted, const char* path) {
        expectSoon(what, wanted, "daemon_sockets", path);
    };
    gauge("sockets for chat", chat, "/ws/chat");
    gauge("sockets for the lobby", 0, "/ws/lobby");
    // The request for the numbers has a connection, too.
    expectSoon("connections", chat + kNodes, "daemon_connections");
    {
        std::vector<std::unique_ptr<test::SocketClient>> held;
        for (int i = 0; i < kHeld; ++i) {
            const auto url = town_.node(static_cast<std::size_t>(i) % kNodes).url();
            const test::SocketOptions options{town_.device(i % (2 * plan_.pairs) + 1).token, {}, {}};
            held.push_back(std::make_unique<test::SocketClient>(url, "/api/v1/ws/lobby", options));
            held.push_back(std::make_unique<test::SocketClient>(url, "/api/v1/ws/connections", options));
        }
        gauge("sockets for the lobby, held", kHeld, "/ws/lobby");
        gauge("sockets for connections, held", kHeld, "/ws/connections");
        expectSoon("connections with those", chat + kNodes + 2 * kHeld, "daemon_connections");
    }
    crowd_.leave();
    gauge("sockets when all have left", 0, "");
    expectSoon("connections when all have left", kNodes, "daemon_connections");
}

/// Queues, pools, database and processes with nobody there.
void SoakRun::judgeRest() {
    expectSoon("pieces of work that wait", 0, "daemon_pool_depth");
    expectSoon("messages that wait for the bus", 0, "daemon_bus_queued");
    expectSoon("database sessions in use", 0, "daemon_database_sessions_busy");
    const std::string ours =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
        "application_name <> 'psql'";
    std::int64_t stuck = 0;
    static_cast<void>(test::waitFor([&] { return (stuck = rows(ours + " AND state <> 'idle'")) == 0; }));
    expect("database sessions that do something", 0, static_cast<double>(stuck));
    const auto open = static_cast<double>(rows(ours));
    const auto most = sum("daemon_database_sessions");
    report_.push_back(text("%-48s %.0f of %.0f", "database sessions open", open, most));
    if (open > most) faults_.push_back(text("%s: %.0f open, and there may be %.0f", "database", open, most));
    for (std::size_t node = 0; node < kNodes; ++node) judgeProcess(node);
    const auto code = town_.stop();
    expect("exit code", 0, code);
}

/// Descriptors against those before anybody came, threads against the most of the first half.
void SoakRun::judgeProcess(std::size_t node) {
    std::size_t threads = 0;
    for (std::size_t i = 0; i <= samples_.size() / 2; ++i)
        threads = std::max(threads, samples_[i].nodes[node].threads);
    const auto now = ProcessLook::of(town_.node(node).pid());
    const auto compare = [&](const char* what, std::size_t before, std::size_t after, std::size_t more) {
        const auto name = std::string(what) + " of node " + std::to_string(node) + ", before and after";
        report_.push_back(
            text("%-48s %.0f %.0f", name, static_cast<double>(before), static_cast<double>(after)));
        if (after > before + more) faults_.push_back("left behind: " + report_.back());
    };
    compare("descriptors", samples_.front().nodes[node].descriptors, now.descriptors, kMoreDescriptors);
    compare("threads", threads, now.threads, kMoreThreads);
}

}  // namespace linkup::soak
