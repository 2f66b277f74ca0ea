#include "plugin_order.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>

namespace linkup::daemon {

namespace {

using ByName = std::map<std::string, std::size_t, std::less<>>;

ByName indexByName(const std::vector<PluginInfo>& plugins) {
    ByName by_name;
    for (std::size_t i = 0; i < plugins.size(); ++i) {
        const auto [place, added] = by_name.emplace(plugins[i].name, i);
        if (added) continue;
        throw PluginError(plugins[i].file.string() + ": field \"name\": plugin " + plugins[i].name +
                          " is already loaded from " + plugins[place->second].file.string());
    }
    return by_name;
}

void checkDependencies(const std::vector<PluginInfo>& plugins, const ByName& by_name) {
    for (const PluginInfo& plugin : plugins) {
        for (const Dependency& wanted : plugin.depends) {
            const std::string who =
                plugin.file.string() + ": field \"depends\": plugin " + plugin.name + " needs " + wanted.name;
            const auto found = by_name.find(wanted.name);
            if (found == by_name.end()) {
                if (wanted.kind == Dependency::Kind::kSoft) continue;
                throw PluginError(who + " (" + wanted.range() + "), which is not enabled");
            }
            const Version& version = plugins[found->second].version;
            if (wanted.accepts(version)) continue;
            throw PluginError(who + ": found version " + toString(version) + ", expected " + wanted.range());
        }
    }
}

/// Visits depth first, so that what a plugin needs is placed before it; `path` holds those under way, for the
/// cycle.
class Sorter {
public:
    Sorter(const std::vector<PluginInfo>& plugins, const ByName& by_name)
        : plugins_(plugins), by_name_(by_name), state_(plugins.size(), State::kNew) {}

    void visit(std::size_t index) {
        if (state_[index] == State::kPlaced) return;
        path_.push_back(index);
        if (state_[index] == State::kUnderWay)
            throw PluginError("plugins depend on each other in a cycle: " + cycle());
        state_[index] = State::kUnderWay;
        for (const Dependency& wanted : plugins_[index].depends) {
            const auto found = by_name_.find(wanted.name);
            if (found != by_name_.end()) visit(found->second);
        }
        path_.pop_back();
        state_[index] = State::kPlaced;
        order.push_back(index);
    }

    std::vector<std::size_t> order;

private:
    enum class State { kNew, kUnderWay, kPlaced };

    std::string cycle() const {
        auto at = std::find(path_.begin(), path_.end(), path_.back());
        std::string text = plugins_[*at].name;
        while (++at != path_.end()) text += " → " + plugins_[*at].name;
        return text;
    }

    const std::vector<PluginInfo>& plugins_;
    const ByName& by_name_;
    std::vector<State> state_;
    std::vector<std::size_t> path_;
};

}  // namespace

std::vector<PluginInfo> sortByDependency(std::vector<PluginInfo> plugins) {
    const ByName by_name = indexByName(plugins);
    checkDependencies(plugins, by_name);
    Sorter sorter(plugins, by_name);
    for (std::size_t i = 0; i < plugins.size(); ++i) sorter.visit(i);
    std::vector<PluginInfo> sorted;
    sorted.reserve(plugins.size());
    for (const std::size_t index : sorter.order) sorted.push_back(std::move(plugins[index]));
    return sorted;
}

}  // namespace linkup::daemon
