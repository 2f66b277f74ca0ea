#include "statement_log.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <algorithm>

#include "http_client.h"

namespace linkup::test {
namespace {

/// An entry of a server's log: what stands behind its level, and the lines that belong to it.
struct Entry {
    std::string level;
    std::string text;
};

/// "2026-01-31 12:00:00.123 UTC [77] LOG:  text"; lines that go on begin with a tabulator.
std::vector<Entry> entriesOf(std::string_view log) {
    std::vector<Entry> entries;
    while (!log.empty()) {
        const auto end = std::min(log.find('\n'), log.size());
        const auto line = log.substr(0, end);
        log.remove_prefix(std::min(end + 1, log.size()));
        if (line.starts_with('\t')) {
            if (!entries.empty()) entries.back().text.append("\n").append(line.substr(1));
            continue;
        }
        const auto process = line.find("] ");
        const auto level = process == std::string_view::npos ? process : line.find(":  ", process);
        if (level == std::string_view::npos) continue;
        entries.push_back({std::string(line.substr(process + 2, level - process - 2)),
                           std::string(line.substr(level + 3))});
    }
    return entries;
}

/// "$1 = '5', $2 = NULL"; a quote within a value is doubled.
std::vector<std::string> valuesOf(std::string_view text) {
    std::vector<std::string> values;
    while (true) {
        const auto sign = text.find(" = ");
        if (sign == std::string_view::npos) return values;
        text.remove_prefix(sign + 3);
        std::size_t end = std::min(text.find(','), text.size());
        if (text.starts_with('\'')) {
            end = 1;
            while (end < text.size() && (text[end] != '\'' || text.substr(end, 2) == "''")) {
                end += text[end] == '\'' ? 2 : 1;
            }
            ++end;
        }
        values.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end, text.size()));
    }
}

double numberAt(const Poco::JSON::Object& node, const std::string& key) {
    return node.optValue<double>(key, 0);
}

double mostRows(const Poco::JSON::Object& node) {
    double rows = numberAt(node, "Actual Rows");
    for (const char* key :
         {"Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck"}) {
        rows += numberAt(node, key);
    }
    rows *= numberAt(node, "Actual Loops");
    if (const auto parts = node.getArray("Plans")) {
        for (unsigned i = 0; i < parts->size(); ++i) rows = std::max(rows, mostRows(*parts->getObject(i)));
    }
    return rows;
}

}  // namespace

std::vector<LoggedStatement> loggedStatements(std::string_view log) {
    std::vector<LoggedStatement> statements;
    for (const auto& [level, text] : entriesOf(log)) {
        if (level == "DETAIL" && text.starts_with("parameters: ") && !statements.empty()) {
            statements.back().values = valuesOf(text);
        }
        if (level != "LOG" || !(text.starts_with("execute ") || text.starts_with("statement: "))) continue;
        statements.push_back({text.substr(text.find(": ") + 2), {}});
    }
    return statements;
}

std::vector<std::pair<std::string, std::string>> planLogSettings() {
    return {{"auto_explain.log_min_duration", "0"},
            {"auto_explain.log_analyze", "on"},
            {"auto_explain.log_timing", "off"},
            {"auto_explain.log_format", "json"}};
}

std::vector<ExecutedPlan> executedPlans(std::string_view log) {
    std::vector<ExecutedPlan> plans;
    for (const auto& [level, text] : entriesOf(log)) {
        const auto begin = text.find("  plan:\n");
        if (level != "LOG" || !text.starts_with("duration: ") || begin == std::string::npos) continue;
        auto json = text.substr(begin + 8);
        const auto whole = parseJson(json).extract<Poco::JSON::Object::Ptr>();
        plans.push_back({whole->getValue<std::string>("Query Text"), mostRows(*whole->getObject("Plan")),
                         std::move(json)});
    }
    return plans;
}

}  // namespace linkup::test
