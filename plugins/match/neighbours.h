#pragma once

#include <linkup/sdk/services/candidates.h>
#include <linkup/sdk/services/chats.h>
#include <linkup/sdk/services/profiles.h>

namespace linkup::match {

/// What other plugins offer; filled in by MatchPlugin::start, before the first request.
struct Neighbours {
    sdk::Profiles* profiles = nullptr;
    sdk::Candidates* candidates = nullptr;
    sdk::Chats* chats = nullptr;  ///< null where no plugin keeps chats
};

}  // namespace linkup::match
