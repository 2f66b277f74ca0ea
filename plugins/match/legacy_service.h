#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/hooks.h>
#include <linkup/sdk/json.h>

namespace linkup::match {

/// Takes over what ties people in the original server: handler of hook `legacy.import`.
///
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: as Connection::execute.
class LegacyService {
public:
    LegacyService(sdk::Hooks& hooks, const sdk::Clock& clock) : hooks_(hooks), clock_(clock) {}
    void import(sdk::Connection& connection, sdk::Json& payload);

private:
    void importLike(sdk::Connection& connection, const sdk::Json& row);
    void importBlock(sdk::Connection& connection, const sdk::Json& row);

    sdk::Hooks& hooks_;
    const sdk::Clock& clock_;
};

}  // namespace linkup::match
