#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linkup::daemon {

/// "1.2.3".
struct Version {
    int major = 0;
    int minor = 0;
    int patch = 0;
    friend auto operator<=>(const Version&, const Version&) = default;
};

/// Nothing unless it is three whole numbers.
std::optional<Version> parseVersion(std::string_view text);
std::string toString(const Version& version);

/// What one plugin wants of another.
struct Dependency {
    enum class Kind { kHard, kSoft };  ///< soft: only the order and, if it is there, the version
    struct Bound {
        std::string relation;  ///< one of >= > <= < =
        Version version;
    };
    std::string name;
    std::vector<Bound> bounds;  ///< all must hold
    Kind kind = Kind::kHard;

    bool accepts(const Version& version) const;
    /// ">=1.0.0 <2.0.0", or "any version".
    std::string range() const;
};

/// Reads "auth>=1.0.0<2.0.0,media?": names with any number of bounds, `?` at the end for a soft one.
/// Errors: std::invalid_argument naming the part that cannot be read.
std::vector<Dependency> parseDependencies(std::string_view text);

/// [a-z][a-z0-9_]*
bool isPluginName(std::string_view text);

}  // namespace linkup::daemon
