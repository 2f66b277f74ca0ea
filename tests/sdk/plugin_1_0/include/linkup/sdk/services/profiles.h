#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "linkup/sdk/database.h"
#include "linkup/sdk/json.h"
#include "linkup/sdk/principal.h"

namespace linkup::sdk {

/// What a list shows of a person. A deleted account has the placeholder name and picture, never nothing.
struct PersonCard {
    UserId id = 0;
    std::string username;
    Json picture;  ///< contract's Picture: file_key, blurhash, url
    bool deleted = false;
};

/// What others may read of accounts. Published SQL view `auth_candidates_v1` (see plugins/auth/README.md) for
/// joins.
///
/// Implemented by: plugin auth.   Lifetime: the plugin's.   Threading: any thread but an I/O thread.
/// Errors: as Connection::execute.   Since: ABI 1.0.
class Profiles {
public:
    static constexpr std::string_view kServiceName = "linkup.profiles/1";
    virtual ~Profiles() = default;
    /// Registered, complete and not deleted.
    virtual bool complete(Connection& connection, UserId user) = 0;
    /// Exists and is not deleted.
    virtual bool active(Connection& connection, UserId user) = 0;
    /// In the order of `users`; unknown ids are left out. One statement whatever their number.
    virtual std::vector<PersonCard> cards(Connection& connection, std::span<const UserId> users) = 0;
    /// The contract's Candidate (18 keys), only of those that have everything it needs; order as `users`.
    virtual std::vector<Json> candidates(Connection& connection, std::span<const UserId> users) = 0;
    /// The contract's eight preference keys of one user, and `max_distance_km`; null where unset.
    virtual Json preferences(Connection& connection, UserId user) = 0;
};

}  // namespace linkup::sdk
