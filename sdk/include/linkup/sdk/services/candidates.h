#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "linkup/sdk/database.h"
#include "linkup/sdk/json.h"
#include "linkup/sdk/principal.h"

namespace linkup::sdk {

/// Somebody's profile as it was after one of its changes.
/// Held by: both sides.   Since: ABI 1.7.
struct ProfileVersion {
    UserId user = 0;           ///< whose
    std::int64_t version = 0;  ///< as in the SQL view `auth_candidates_v1`: another one after each change
};

/// Profiles in the form in which they are put before members, for who reads the view `auth_candidates_v1`
/// anyway: by the version found there, a profile that has not changed need not be read again.
///
/// Implemented by: plugin auth.   Lifetime: the plugin's.   Threading: any thread but an I/O thread.
/// Errors: as Connection::execute.   Since: ABI 1.7.
class Candidates {
public:
    /// Its name for Services::find.
    static constexpr std::string_view kServiceName = "linkup.candidates/1";
    virtual ~Candidates() = default;
    /// The contract's Candidate (18 keys) of each, at that version or a newer one, in the same order; people
    /// whose profile lacks what it needs are left out. At most one statement.
    virtual std::vector<Json> find(Connection& connection, std::span<const ProfileVersion> profiles) = 0;
};

}  // namespace linkup::sdk
