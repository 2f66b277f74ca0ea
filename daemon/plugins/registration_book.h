#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registration_set.h"

namespace linkup::daemon {

enum class RegistrationKind { kRoute, kSocket, kTask, kPool, kService, kHook, kHeartbeat };
std::string_view toString(RegistrationKind kind) noexcept;

/// Who registered what: refuses the second of a name, and lists all for `--check`.
///
/// Lifetime: outlives the handles that it gives.   Threading: one thread.
class RegistrationBook {
public:
    struct Entry {
        std::string owner;
        std::string name;    ///< as registered
        std::string detail;  ///< for people
    };

    /// Takes the place `key` of that kind, until the handle goes.
    /// Errors: sdk::Error{kConflict} naming both owners.
    [[nodiscard]] RegistrationHandle claim(RegistrationKind kind, std::string key, Entry entry);

    /// Sorted by key.
    std::vector<Entry> list(RegistrationKind kind) const;
    std::size_t size() const noexcept { return entries_.size(); }

private:
    std::map<std::pair<RegistrationKind, std::string>, Entry> entries_;
};

/// Everything in it, by kind: what `--check` prints.
void printRegistrations(const RegistrationBook& book, std::ostream& out);

/// "/a/{x}/b" and "/a/{y}/b" are one place: the names of parameters are left out.
std::string routeKey(std::string_view method, std::string_view path);

}  // namespace linkup::daemon
