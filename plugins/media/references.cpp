#include "references.h"

namespace linkup::media {

std::set<std::string> referenced(sdk::Hooks& hooks, sdk::Connection& connection,
                                 const std::vector<FileOfUser>& files) {
    sdk::Json list = sdk::Json::array();
    for (const FileOfUser& file : files)
        list.push(sdk::Json::object({{"file_key", file.file_key}, {"user_id", file.user}}));
    sdk::Json payload = sdk::Json::object({{"files", std::move(list)}, {"referenced", sdk::Json::array()}});
    hooks.run("media.referenced", connection, payload);
    std::set<std::string> keys;
    for (const sdk::Json& key : payload.at("referenced").items()) keys.insert(key.asString());
    return keys;
}

}  // namespace linkup::media
