#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>

namespace linkup::chat {

/// What happens here when an account goes, or its owner asks for their data. Both run as handlers of hooks,
/// inside the transaction of plugin auth.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as Connection::execute.
class AccountService {
public:
    explicit AccountService(const sdk::Clock& clock) : clock_(clock) {}

    /// Of hook `account.deleted`: nobody can write into the user's rooms any more.
    void remove(sdk::Connection& connection, const sdk::Json& payload);
    /// Of hook `account.export`: adds the member `chat`.
    void addExport(sdk::Connection& connection, sdk::Json& payload);

private:
    const sdk::Clock& clock_;
};

}  // namespace linkup::chat
