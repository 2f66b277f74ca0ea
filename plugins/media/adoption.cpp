#include "adoption.h"

#include "file_key.h"
#include "file_store.h"
#include "references.h"

namespace linkup::media {

namespace {

void adopt(sdk::Connection& connection, const sdk::Json& file_key, const sdk::Json& user, sdk::Time now) {
    if (!file_key.isString() || !user.isInteger()) return;
    const std::string& key = file_key.asString();
    if (!isPlain(key) || !belongsTo(key, user.asInteger())) return;
    file_store::insertIfNew(connection, {key, user.asInteger(), 0, now}, now + kUnreferencedLife);
}

}  // namespace

void adoptFiles(sdk::Connection& connection, const sdk::Json& payload, sdk::Time now) {
    if (payload["files"].isArray()) {
        for (const sdk::Json& file : payload.at("files").items())
            adopt(connection, file["file_key"], file["user_id"], now);
    }
    if (payload.at("table").asString() != "chats") return;
    for (const sdk::Json& chat : payload.at("rows").items()) {
        for (const sdk::Json& message : chat.at("messages").items())
            adopt(connection, message["media"]["file_key"], message["sender_id"], now);
    }
}

}  // namespace linkup::media
