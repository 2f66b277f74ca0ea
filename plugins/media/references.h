#pragma once

#include <linkup/sdk/hooks.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "file_store.h"

namespace linkup::media {

/// How long a file may be there without anybody referring to it.
inline constexpr std::chrono::hours kUnreferencedLife{24};

struct FileOfUser {
    std::string file_key;
    sdk::UserId user = 0;
};

/// Which of these files their users' profiles or messages refer to. Other plugins know, by the hook
/// `media.referenced`: its payload is {"files": [{"file_key", "user_id"}], "referenced": []}, and a handler
/// adds the keys that it knows to the second list.
std::set<std::string> referenced(sdk::Hooks& hooks, sdk::Connection& connection,
                                 const std::vector<FileOfUser>& files);

}  // namespace linkup::media
