#include "pgbench.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "postgres_cluster.h"
#include "process.h"

namespace linkup::bench {
namespace {

/// The middle of the times of all transactions, from the files that `--log` leaves: the third column.
std::chrono::microseconds medianOf(const std::filesystem::path& folder) {
    std::vector<long> times;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        if (!file.path().filename().string().starts_with("times")) continue;
        std::ifstream lines(file.path());
        long client = 0;
        long number = 0;
        long time = 0;
        for (std::string rest; lines >> client >> number >> time && std::getline(lines, rest);)
            times.push_back(time);
    }
    if (times.empty()) throw std::runtime_error("pgbench has logged nothing");
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return std::chrono::microseconds(*middle);
}

}  // namespace

PgbenchResult runPgbench(test::PrivatePostgres& postgres, const std::string& script, int clients,
                         std::chrono::seconds duration) {
    constexpr std::string_view kBeforeRate = "tps = ";
    const test::TemporaryFolder folder;
    test::writeFile(folder / "script.sql", "\\set n :n + 1\n" + script + "\n");
    test::ProcessOptions pgbench;
    pgbench.command = {test::postgresProgram("pgbench").string(),
                       "--no-vacuum",
                       "--protocol=prepared",
                       "--define=n=0",
                       "--file=" + (folder / "script.sql").string(),
                       "--client=" + std::to_string(clients),
                       "--jobs=" + std::to_string(std::min(clients, 2)),
                       "--time=" + std::to_string(duration.count()),
                       "--log",
                       "--log-prefix=" + (folder / "times").string(),
                       postgres.url("linkup")};
    const std::string output = test::runOrThrow(pgbench, duration + std::chrono::minutes{1});
    const auto rate = output.find(kBeforeRate);
    if (rate == std::string::npos) throw std::runtime_error("pgbench says no rate:\n" + output);
    return {std::stod(output.substr(rate + kBeforeRate.size())), medianOf(folder.path())};
}

}  // namespace linkup::bench
