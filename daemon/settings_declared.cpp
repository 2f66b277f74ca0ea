#include "settings_declared.h"

#include <array>
#include <utility>

namespace linkup::daemon {

namespace {

// The longer ones first where one ends in another.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kUnits = {{
    {"per_second", "per second"},
    {"per_day", "per day"},
    {"_hour", "per hour"},
    {"_ms", "ms"},
    {"_seconds", "s"},
    {"_minutes", "minutes"},
    {"_hours", "hours"},
    {"_days", "days"},
    {"_bytes", "bytes"},
    {"_percent", "percent"},
    {"threads", "threads"},
    {"connections", "connections"},
}};

std::string_view nameOf(OptionType type) {
    switch (type) {
        case OptionType::kInteger:
            return "whole number";
        case OptionType::kReal:
            return "number";
        case OptionType::kBoolean:
            return "true or false";
        case OptionType::kChoice:
            return "one of";
        case OptionType::kList:
            return "list, separated by commas";
        case OptionType::kText:
            break;
    }
    return "text";
}

}  // namespace

std::string DeclaredOption::shown() const {
    return secret && origin != "default" && !value.empty() ? kHidden : value;
}

DeclaredOption describe(const Option& option) {
    DeclaredOption declared;
    declared.key = option.key;
    declared.type = option.type;
    declared.help = option.help;
    declared.unit = option.unit;
    declared.fallback = option.fallback;
    declared.secret = option.secret;
    declared.live = option.live;
    declared.value = option.fallback;
    declared.origin = "default";
    if (option.type == OptionType::kInteger)
        declared.range = std::to_string(option.min) + " to " + std::to_string(option.max);
    if (option.type == OptionType::kChoice) declared.range = option.choices;
    return declared;
}

std::string allowedFor(const DeclaredOption& option) {
    std::string name(nameOf(option.type));
    switch (option.type) {
        case OptionType::kInteger:
        case OptionType::kReal:
            return "a " + name + " from " + option.range;
        case OptionType::kChoice:
            return name + " " + option.range;
        case OptionType::kBoolean:
            return name;
        case OptionType::kList:
        case OptionType::kText:
            break;
    }
    return "a " + name;
}

std::string formOf(const DeclaredOption& option) {
    std::string form(nameOf(option.type));
    if (!option.range.empty()) form += (option.type == OptionType::kChoice ? " " : ", ") + option.range;
    if (!option.unit.empty()) form += ", " + option.unit;
    if (option.secret) form += "; secret";
    if (option.live) form += "; live";
    return form;
}

std::string unitOf(std::string_view key) {
    for (const auto& [end, unit] : kUnits) {
        if (key.ends_with(end)) return std::string(unit);
    }
    return {};
}

}  // namespace linkup::daemon
