#include "plugin_version.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace linkup::daemon {

namespace {

constexpr std::string_view kRelations = "<>=";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool holds(const Version& version, const Dependency::Bound& bound) {
    if (bound.relation == ">=") return version >= bound.version;
    if (bound.relation == ">") return version > bound.version;
    if (bound.relation == "<=") return version <= bound.version;
    if (bound.relation == "<") return version < bound.version;
    return version == bound.version;
}

Dependency parseDependency(std::string_view text) {
    const std::string quoted = "\"" + std::string(text) + "\"";
    Dependency dependency;
    if (text.ends_with('?')) {
        dependency.kind = Dependency::Kind::kSoft;
        text = trimmed(text.substr(0, text.size() - 1));
    }
    const auto name_end = std::min(text.find_first_of(kRelations), text.size());
    dependency.name = trimmed(text.substr(0, name_end));
    if (!isPluginName(dependency.name))
        throw std::invalid_argument(quoted + " does not begin with a plugin's name");
    text.remove_prefix(name_end);
    while (!text.empty()) {
        const auto version_start = std::min(text.find_first_not_of(kRelations), text.size());
        const std::string_view relation = text.substr(0, version_start);
        text.remove_prefix(version_start);
        const auto version_end = std::min(text.find_first_of(kRelations), text.size());
        const auto version = parseVersion(trimmed(text.substr(0, version_end)));
        text.remove_prefix(version_end);
        constexpr std::array<std::string_view, 5> kKnown = {">=", ">", "<=", "<", "="};
        if (std::find(kKnown.begin(), kKnown.end(), relation) == kKnown.end() || !version) {
            throw std::invalid_argument(quoted + " is not of the form name>=1.0.0<2.0.0");
        }
        dependency.bounds.push_back({std::string(relation), *version});
    }
    return dependency;
}

}  // namespace

std::optional<Version> parseVersion(std::string_view text) {
    Version version;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (int* part : {&version.major, &version.minor, &version.patch}) {
        if (part != &version.major) {
            if (at == end || *at != '.') return std::nullopt;
            ++at;
        }
        const auto [next, fault] = std::from_chars(at, end, *part);
        if (fault != std::errc() || *part < 0) return std::nullopt;
        at = next;
    }
    if (at != end) return std::nullopt;
    return version;
}

std::string toString(const Version& version) {
    return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
           std::to_string(version.patch);
}

bool Dependency::accepts(const Version& version) const {
    return std::all_of(bounds.begin(), bounds.end(),
                       [&](const Bound& bound) { return holds(version, bound); });
}

std::string Dependency::range() const {
    if (bounds.empty()) return "any version";
    std::string text;
    for (const Bound& bound : bounds) {
        if (!text.empty()) text += ' ';
        text += bound.relation + toString(bound.version);
    }
    return text;
}

std::vector<Dependency> parseDependencies(std::string_view text) {
    std::vector<Dependency> dependencies;
    if (trimmed(text).empty()) return dependencies;
    for (;;) {
        const auto comma = text.find(',');
        dependencies.push_back(parseDependency(trimmed(text.substr(0, comma))));
        if (comma == std::string_view::npos) return dependencies;
        text.remove_prefix(comma + 1);
    }
}

bool isPluginName(std::string_view text) {
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    return !text.empty() && lower(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
        return lower(c) || (c >= '0' && c <= '9') || c == '_';
    });
}

}  // namespace linkup::daemon
