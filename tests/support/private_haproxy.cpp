#include "private_haproxy.h"

#include <Poco/Exception.h>

#include <sstream>
#include <stdexcept>
#include <vector>

#include "http_client.h"

namespace linkup::test {
namespace {

std::string local(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
}

std::vector<std::string> fieldsOf(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream text(line);
    for (std::string field; std::getline(text, field, ',');) fields.push_back(field);
    return fields;
}

}  // namespace

PrivateHaproxy::PrivateHaproxy(std::uint16_t node_a, std::uint16_t node_b) {
    ProcessOptions haproxy;
    haproxy.command = {"haproxy", "-db", "-f", LINKUP_TEST_HAPROXY_CONFIG};
    haproxy.environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
                           {"LINKUP_PUBLIC", local(port())},
                           {"LINKUP_STATISTICS", local(statistics_.number())},
                           {"LINKUP_NODE_A", local(node_a)},
                           {"LINKUP_NODE_B", local(node_b)}};
    server_ = std::make_unique<Process>(haproxy);
    const auto ready = [this] {
        if (!server_->running())
            throw std::runtime_error("HAProxy ended at its start; it printed:\n" + log());
        try {
            return isUp("a") && isUp("b") && statistic("a", "check_status") == "L7OK" &&
                   statistic("b", "check_status") == "L7OK";
        } catch (const Poco::Exception&) {
            return false;  // it does not listen yet
        }
    };
    if (!waitFor(ready)) throw std::runtime_error("HAProxy finds no nodes; it printed:\n" + log());
}

std::string PrivateHaproxy::statistic(const std::string& server, const std::string& field) const {
    HttpClient client("http://" + local(statistics_.number()));
    std::istringstream lines(client.get("/;csv").body);
    std::string line;
    std::getline(lines, line);
    const auto names = fieldsOf(line);
    while (std::getline(lines, line)) {
        const auto values = fieldsOf(line);
        if (values.size() < 2 || values[0] != "linkup_nodes" || values[1] != server) continue;
        for (std::size_t i = 0; i < values.size() && i < names.size(); ++i) {
            if (names[i] == field) return values[i];
        }
    }
    throw std::runtime_error("HAProxy has no " + field + " of " + server + "; it printed:\n" + log());
}

}  // namespace linkup::test
