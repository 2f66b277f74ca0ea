#include "node_look.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "http_client.h"

namespace linkup::soak {
namespace {

std::size_t entriesOf(const std::string& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

Gauges Gauges::of(const std::string& url) {
    test::HttpClient client(url);
    const auto reply = client.get("/metrics");
    if (reply.status != 200) throw std::runtime_error("/metrics: " + std::to_string(reply.status));
    Gauges gauges;
    std::istringstream lines(reply.body);
    for (std::string line; std::getline(lines, line);) {
        const auto blank = line.rfind(' ');
        if (line.empty() || line.front() == '#' || blank == std::string::npos) continue;
        gauges.values_[line.substr(0, blank)] = std::stod(line.substr(blank + 1));
    }
    return gauges;
}

double Gauges::sum(const std::string& name, const std::string& label) const {
    double sum = 0;
    bool found = false;
    for (const auto& [full, value] : values_) {
        if (full.substr(0, full.find('{')) != "linkup_" + name) continue;
        if (full.find(label) == std::string::npos) continue;
        sum += value;
        found = true;
    }
    if (!found) throw std::runtime_error("no linkup_" + name + " " + label + " in /metrics");
    return sum;
}

ProcessLook ProcessLook::of(pid_t process) {
    const std::string folder = "/proc/" + std::to_string(process);
    std::ifstream file(folder + "/statm");
    double all = 0;
    double resident = 0;
    file >> all >> resident;
    return {resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20), entriesOf(folder + "/fd"),
            entriesOf(folder + "/task")};
}

}  // namespace linkup::soak
