#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>

namespace linkup::media {

/// Handler of hook `legacy.import`: takes the files of imported profiles ("files", which auth adds) and
/// messages for uploads of who they are of, so that they go when that account does. Keys that do not say
/// whose they are stay as they are, for good.   Errors: as sdk::Connection::execute.
void adoptFiles(sdk::Connection& connection, const sdk::Json& payload, sdk::Time now);

}  // namespace linkup::media
