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

std::string print(std::int64_t value) {
    return std::to_string(value);
}

template <class Number>
std::optional<Number> within(std::optional<Number> number, Number min, Number max) {
    return number && *number >= min && *number <= max ? number : std::nullopt;
}

}  // namespace

void refuseValue(std::string_view origin, std::string_view key, std::string_view found,
                 std::string_view allowed) {
    throw SettingError(std::string(origin) + ": " + std::string(key) + ": found \"" + std::string(found) +
                           "\", allowed is " + std::string(allowed),
                       std::string(key));
}

void refuseUnknown(std::string_view key, std::string_view origin, const std::vector<std::string>& known,
                   const std::string& reason) {
    std::string message = std::string(origin) + ": unknown option \"" + std::string(key) + "\"";
    if (!reason.empty()) message += ": " + reason;
    if (const auto nearest = nearestKey(key, known)) message += "; did you mean " + *nearest + "?";
    throw SettingError(message, std::string(key));
}

PluginConfig::PluginConfig(const Settings& settings, std::string plugin)
    : settings_(settings), plugin_(std::move(plugin)), production_(settings.production()) {}

template <class Value>
Value PluginConfig::read(const sdk::OptionSpec& option, DeclaredOption declared, Value fallback,
                         const std::function<std::optional<Value>(const std::string&)>& parse) {
    declared.key = full(option.key);
    declared.help = option.help;
    declared.secret = option.secret;
    declared.value = declared.fallback;
    declared.origin = "default";
    Value value = std::move(fallback);
    if (const auto found = settings_.sources_.find(declared.key)) {
        declared.value = found->value;
        declared.origin = found->origin;
        collectFaults(faults_, [&] {
            auto parsed = parse(found->value);
            if (!parsed) refuseValue(declared.origin, declared.key, declared.shown(), allowedFor(declared));
            value = std::move(*parsed);
        });
    }
    values_.insert_or_assign(declared.key, value);
    declared_.push_back(std::move(declared));
    return value;
}

std::string PluginConfig::text(const sdk::OptionSpec& option, std::string_view fallback) {
    return read<std::string>(option, {.type = OptionType::kText, .fallback = std::string(fallback)},
                             std::string(fallback), [](const std::string& text) { return text; });
}

std::int64_t PluginConfig::integer(const sdk::OptionSpec& option, std::int64_t fallback, std::int64_t min,
                                   std::int64_t max) {
    return read<std::int64_t>(option,
                              {.type = OptionType::kInteger,
                               .range = print(min) + " to " + print(max),
                               .unit = unitOf(option.key),
                               .fallback = print(fallback)},
                              fallback,
                              [&](const std::string& text) { return within(parseInteger(text), min, max); });
}

double PluginConfig::real(const sdk::OptionSpec& option, double fallback, double min, double max) {
    return read<double>(option,
                        {.type = OptionType::kReal,
                         .range = print(min) + " to " + print(max),
                         .unit = unitOf(option.key),
                         .fallback = print(fallback)},
                        fallback, [&](const std::string& text) { return within(parseReal(text), min, max); });
}

bool PluginConfig::boolean(const sdk::OptionSpec& option, bool fallback) {
    return read<bool>(option, {.type = OptionType::kBoolean, .fallback = fallback ? "true" : "false"},
                      fallback, parseBoolean);
}

std::string PluginConfig::choice(const sdk::OptionSpec& option, std::string_view fallback,
                                 std::vector<std::string> allowed) {
    return read<std::string>(
        option,
        {.type = OptionType::kChoice, .range = joined(allowed, ", "), .fallback = std::string(fallback)},
        std::string(fallback), [&](const std::string& text) {
            const bool known = std::find(allowed.begin(), allowed.end(), text) != allowed.end();
            return known ? std::optional(text) : std::nullopt;
        });
}

std::vector<std::string> PluginConfig::list(const sdk::OptionSpec& option,
                                            std::vector<std::string> fallback) {
    DeclaredOption declared{.type = OptionType::kList, .fallback = joined(fallback)};
    return read<std::vector<std::string>>(option, std::move(declared), std::move(fallback), parseList);
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
    throw SettingError((found ? found->origin : "default") + ": " + full(key) + ": " + std::string(why),
                       full(key));
}

void PluginConfig::live(std::string_view key, std::function<void(const sdk::OptionValue&)> change) {
    const auto found = std::find_if(declared_.begin(), declared_.end(),
                                    [&](const DeclaredOption& option) { return option.key == full(key); });
    if (found == declared_.end()) {
        throw SettingError("plugin " + plugin_ + ": option " + full(key) +
                           " is to be live, but the plugin has not read it");
    }
    found->live = true;
    changes_.insert_or_assign(found->key, std::move(change));
}

std::vector<std::string> PluginConfig::keys() const {
    std::vector<std::string> keys;
    for (const DeclaredOption& option : declared_) keys.push_back(option.key);
    return keys;
}

}  // namespace linkup::daemon
