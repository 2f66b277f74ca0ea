#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include "bonds_service.h"
#include "neighbours.h"

namespace linkup::match {

/// Whether the unswiped queue is kept or made anew.
enum class Queue { kKeep, kRefresh };

/// Puts people before each other: a queue of up to ten, kept until decided or refreshed.
/// Lifetime: the plugin's.   Threading: any thread.   Errors: Error{kConflict} before the profile is
/// complete.
class DiscoveryService {
public:
    DiscoveryService(sdk::Database& database, sdk::Clock& clock, BondsService& bonds,
                     const Neighbours& neighbours);
    /// The reply of get-matches.
    sdk::Json candidates(sdk::UserId user, Queue queue);

private:
    sdk::Database& database_;
    sdk::Clock& clock_;
    BondsService& bonds_;
    const Neighbours& neighbours_;
};

}  // namespace linkup::match
