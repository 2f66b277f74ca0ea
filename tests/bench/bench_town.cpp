#include "bench_town.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "http_client.h"
#include "http_load.h"

namespace linkup::bench {

BenchTown::BenchTown(Store store, int people, const std::map<std::string, std::string>& settings,
                     std::vector<std::string> postgres_settings) {
    options_.settings = {{"auth.password.passes", "1"},
                         {"auth.password.memory_bytes", "65536"},
                         {"log.level", "warning"},
                         {"paths.state", (folder_ / "state").string()}};
    std::filesystem::create_directories(folder_ / "state");
    if (store == Store::kPostgresql) {
        postgres_ = std::make_unique<test::PrivatePostgres>(
            test::PostgresOptions{.fsync = true, .settings = std::move(postgres_settings)});
        options_.settings["database.url"] = postgres_->createDatabase("linkup");
    }
    for (const auto& [key, value] : settings) options_.settings[key] = value;
    test::DaemonOptions filling = options_;
    filling.arguments = {"--demo", std::to_string(people)};
    const test::ProcessResult filled =
        test::LinkupDaemon::runToEnd(std::move(filling), std::chrono::minutes{10});
    if (filled.exitCode != 0) throw std::runtime_error("--demo failed:\n" + filled.output);
    daemon_ = std::make_unique<test::LinkupDaemon>(options_);
}

std::vector<std::string> BenchTown::tokens(int count) {
    test::HttpClient client(daemon_->url());
    std::vector<std::string> tokens;
    for (int i = 1; i <= count; ++i) {
        const test::HttpReply reply = client.postForm(
            "/api/v1/token",
            {{"username", "demo" + std::to_string(i) + "@example.com"}, {"password", "Demo-pass1!"}});
        if (reply.status != 200) throw std::runtime_error("no token: " + reply.body);
        tokens.push_back(reply.text("access_token"));
    }
    return tokens;
}

BareServer::BareServer(int threads) {
    test::ProcessOptions options;
    options.command = {LINKUP_BARE_SERVER, std::to_string(port_.number()), std::to_string(threads)};
    process_ = std::make_unique<test::Process>(options);
    const bool up = test::waitFor([&] {
        try {
            ::close(dial(port_.number()));
            return true;
        } catch (const std::system_error&) {
            return false;
        }
    });
    if (!up) throw std::runtime_error("the bare server does not start:\n" + process_->output());
}

std::size_t residentBytes(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

int threadCount(pid_t process) {
    const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(process) + "/task");
    return static_cast<int>(std::distance(begin(tasks), end(tasks)));
}

double machineLoad() {
    double load = 0;
    return ::getloadavg(&load, 1) == 1 ? load : -1;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.at(values.size() / 2);
}

const char* verdict(bool met) {
    return met ? "met" : "MISSED";
}

}  // namespace linkup::bench
