#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/host.h>
#include <linkup/sdk/json.h>

namespace linkup::auth {

/// Takes over the accounts of the original server: handler of hook `legacy.import` for the table `users`,
/// with their profiles and preferences. Adds "files" to the payload: {"file_key", "user_id"} of each picture.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as Connection::execute.
class LegacyService {
public:
    explicit LegacyService(const sdk::Clock& clock) : clock_(clock) {}
    void import(sdk::Connection& connection, sdk::Json& payload);

private:
    void importUser(sdk::Connection& connection, const sdk::Json& row, sdk::Json& notes, sdk::Json& files);

    const sdk::Clock& clock_;
};

}  // namespace linkup::auth
