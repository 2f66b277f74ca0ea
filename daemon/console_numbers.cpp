#include "console_numbers.h"

#include <cmath>
#include <cstdlib>
#include <map>
#include <string>

namespace linkup::daemon {

namespace {

bool isAddedUp(std::string_view label) {
    return label == "method" || label == "route";
}

/// Where the label that begins at `begin` ends: at the comma or brace behind its quoted value.
std::size_t endOfLabel(std::string_view line, std::size_t begin) {
    std::size_t at = line.find('"', begin);
    if (at == std::string_view::npos) return line.size();
    for (++at; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] == '\\') ++at;
    }
    return std::min(at + 1, line.size());
}

/// Takes the name with the labels that stay from the beginning of `line`, which then is the value.
std::string takeKey(std::string_view& line) {
    const std::size_t name_end = std::min(line.find_first_of("{ "), line.size());
    std::string key(line.substr(0, name_end));
    std::string labels;
    std::size_t at = name_end;
    if (at < line.size() && line[at] == '{') {
        for (++at; at < line.size() && line[at] != '}';) {
            const std::size_t end = endOfLabel(line, at);
            const std::string_view label = line.substr(at, end - at);
            if (!isAddedUp(label.substr(0, label.find('='))))
                labels.append(labels.empty() ? "" : ",").append(label);
            at = end < line.size() && line[end] == ',' ? end + 1 : end;
        }
        ++at;
    }
    line.remove_prefix(std::min(at, line.size()));
    return labels.empty() ? key : key + '{' + labels + '}';
}

}  // namespace

sdk::Json consoleNumbers(std::string_view metrics) {
    std::map<std::string, double> sums;
    while (!metrics.empty()) {
        const std::size_t end = std::min(metrics.find('\n'), metrics.size());
        std::string_view line = metrics.substr(0, end);
        metrics.remove_prefix(std::min(end + 1, metrics.size()));
        if (line.empty() || line.front() == '#') continue;
        const std::string key = takeKey(line);
        const double value = std::strtod(std::string(line).c_str(), nullptr);
        if (std::isfinite(value)) sums[key] += value;
    }
    sdk::Json numbers = sdk::Json::object();
    for (const auto& [key, value] : sums) numbers.set(key, value);
    return numbers;
}

}  // namespace linkup::daemon
