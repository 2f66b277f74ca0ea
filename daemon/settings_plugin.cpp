#include "settings_plugin.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "settings_values.h"

namespace linkup::daemon {

namespace {

std::string print(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}

template <class Number>
std::string range(const Number& min, const Number& max, const std::string& what) {
    if constexpr (std::is_same_v<Number, double>) {
        return what + " from " + print(min) + " to " + print(max);
    } else {
        return what + " from " + std::to_string(min) + " to " + std::to_string(max);
    }
}

}  // namespace

void refuseValue(std::string_view origin, std::string_view key, std::string_view found,
                 std::string_view allowed) {
    throw SettingError(std::string(origin) + ": " + std::string(key) + ": found \"" + std::string(found) +
                       "\", allowed is " + std::string(allowed));
}

void refuseUnknown(std::string_view key, std::string_view origin, const std::vector<std::string>& known,
                   const std::string& reason) {
    std::string message = std::string(origin) + ": unknown option \"" + std::string(key) + "\"";
    if (!reason.empty()) message += ": " + reason;
    if (const auto nearest = nearestKey(key, known)) message += "; did you mean " + *nearest + "?";
    throw SettingError(message);
}

PluginConfig::PluginConfig(const Settings& settings, std::string plugin)
    : settings_(settings), plugin_(std::move(plugin)), production_(settings.production()) {}

std::optional<std::string> PluginConfig::read(const sdk::OptionSpec& option, const std::string& fallback,
                                              std::string allowed) {
    const auto found = settings_.sources_.find(full(option.key));
    std::string shown = found ? found->value : fallback;
    if (option.secret && !shown.empty()) shown = kHidden;
    declared_.push_back({full(option.key), std::move(shown), found ? found->origin : "default", option.help,
                         std::move(allowed)});
    if (!found) return std::nullopt;
    return found->value;
}

void PluginConfig::refuseRead(const sdk::OptionSpec& option, const std::string& found) const {
    refuseValue(declared_.back().origin, full(option.key), option.secret ? kHidden : found,
                declared_.back().allowed);
}

std::string PluginConfig::text(const sdk::OptionSpec& option, std::string_view fallback) {
    return read(option, std::string(fallback), "a text").value_or(std::string(fallback));
}

std::int64_t PluginConfig::integer(const sdk::OptionSpec& option, std::int64_t fallback, std::int64_t min,
                                   std::int64_t max) {
    const auto found = read(option, std::to_string(fallback), range(min, max, "a whole number"));
    if (!found) return fallback;
    const auto number = parseInteger(*found);
    if (!number || *number < min || *number > max) refuseRead(option, *found);
    return *number;
}

double PluginConfig::real(const sdk::OptionSpec& option, double fallback, double min, double max) {
    const auto found = read(option, print(fallback), range(min, max, "a number"));
    if (!found) return fallback;
    const auto number = parseReal(*found);
    if (!number || *number < min || *number > max) refuseRead(option, *found);
    return *number;
}

bool PluginConfig::boolean(const sdk::OptionSpec& option, bool fallback) {
    const auto found = read(option, fallback ? "true" : "false", "true or false");
    if (!found) return fallback;
    const auto value = parseBoolean(*found);
    if (!value) refuseRead(option, *found);
    return *value;
}

std::string PluginConfig::choice(const sdk::OptionSpec& option, std::string_view fallback,
                                 std::vector<std::string> allowed) {
    const auto found = read(option, std::string(fallback), "one of " + joined(allowed, ", "));
    if (!found) return std::string(fallback);
    if (std::find(allowed.begin(), allowed.end(), *found) == allowed.end()) {
        refuseRead(option, *found);
    }
    return *found;
}

std::vector<std::string> PluginConfig::list(const sdk::OptionSpec& option,
                                            std::vector<std::string> fallback) {
    const auto found = read(option, joined(fallback), "a list, separated by commas");
    if (!found) return fallback;
    return parseList(*found);
}

std::vector<std::string> PluginConfig::groups(std::string_view prefix) {
    const std::string base = full(prefix) + ".";
    std::set<std::string> names;
    for (const std::string& key : settings_.keysBelow(base)) {
        const auto end = key.find('.', base.size());
        if (end != std::string::npos) names.insert(key.substr(base.size(), end - base.size()));
    }
    return {names.begin(), names.end()};
}

void PluginConfig::refuse(std::string_view key, std::string_view why) {
    const auto found = settings_.sources_.find(full(key));
    throw SettingError((found ? found->origin : "default") + ": " + full(key) + ": " + std::string(why));
}

std::vector<std::string> PluginConfig::keys() const {
    std::vector<std::string> keys;
    for (const DeclaredOption& option : declared_) keys.push_back(option.key);
    return keys;
}

}  // namespace linkup::daemon
