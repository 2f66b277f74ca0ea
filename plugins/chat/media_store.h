#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>

namespace linkup::chat::media_store {

/// Handler of hook `media.referenced`: of its payload's "files" ({"file_key", "user_id"}) adds the keys of
/// those that a message of that user holds to "referenced". Errors: as Connection::execute.
void addReferenced(sdk::Connection& connection, sdk::Json& payload);

}  // namespace linkup::chat::media_store
