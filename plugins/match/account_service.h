#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>

#include "connection_events.h"

namespace linkup::match {

/// What happens here when an account goes, or its owner asks for their data. Both run as handlers of hooks,
/// inside the transaction of plugin auth.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as Connection::execute.
class AccountService {
public:
    explicit AccountService(ConnectionEvents& events) : events_(events) {}

    /// Of hook `account.deleted`. After the commit, everybody tied to the user hears `removed`.
    void remove(sdk::Connection& connection, const sdk::Json& payload);
    /// Of hook `account.export`: adds the member `match`.
    void addExport(sdk::Connection& connection, sdk::Json& payload);

private:
    ConnectionEvents& events_;
};

}  // namespace linkup::match
