#pragma once

#include <linkup/sdk/host.h>
#include <linkup/sdk/principal.h>

#include "session_service.h"

namespace linkup::auth {

/// What someone may ask of those who keep their data: to go, or to get it all. Other plugins take part
/// through hooks, in the same transaction.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as sdk::Database.
class DataRequestService {
public:
    DataRequestService(sdk::Host& host, SessionService& sessions);

    /// Makes the account one of nobody: address free, credentials, profile and preferences gone, all sessions
    /// ended. Runs `account.deleted`. Error{kUnauthenticated} if it is gone already.
    void erase(sdk::UserId user);

    /// For operators: takes and fills the payloads of hooks `account.erase` and `account.export`, which hold
    /// an `email` and get a `user_id`, null if no account has the address.
    void eraseByEmail(sdk::Connection& connection, sdk::Json& payload);
    void exportByEmail(sdk::Connection& connection, sdk::Json& payload);

private:
    bool erase(sdk::Connection& connection, sdk::UserId user);

    sdk::Host& host_;
    SessionService& sessions_;
};

}  // namespace linkup::auth
