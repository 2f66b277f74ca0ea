#pragma once

#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <string_view>

namespace linkup::match {

/// Tells people that their list of connections changed; call it after the commit.
/// Lifetime: the plugin's.   Threading: any thread.
class ConnectionEvents {
public:
    virtual ~ConnectionEvents() = default;
    /// `sub_type` is one of the contract's: like, match, chat, removed.
    virtual void reload(sdk::UserId to, sdk::UserId from, std::string_view sub_type, sdk::Json data) = 0;

    void reloadBoth(sdk::UserId one, sdk::UserId other, std::string_view sub_type) {
        reload(one, other, sub_type, nullptr);
        reload(other, one, sub_type, nullptr);
    }
};

}  // namespace linkup::match
