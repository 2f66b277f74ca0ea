#include "picture_service.h"

#include <algorithm>
#include <string>

namespace linkup::auth {

namespace {

constexpr std::string_view kPrefix = "sw/";
constexpr std::size_t kMaxRest = 200;
constexpr std::string_view kGreyBlurhash = "L0IE|gfQfQfQfQfQfQfQfQfQfQfQ";
constexpr std::string_view kDeletedKey = "sw/static/deleted.webp";

bool plainCharacter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '/' || c == '-';
}

/// "c" of "a/b/c/d"; empty if there is none.
std::string_view thirdPart(std::string_view key) {
    for (int i = 0; i < 2; ++i) {
        const auto slash = key.find('/');
        if (slash == std::string_view::npos) return {};
        key.remove_prefix(slash + 1);
    }
    return key.substr(0, key.find('/'));
}

bool isNumber(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

sdk::Json withoutUrl(std::string_view file_key, std::string_view blurhash) {
    return sdk::Json::object({{"file_key", file_key}, {"blurhash", blurhash}, {"url", ""}});
}

}  // namespace

bool fileKeyAllowed(std::string_view file_key, sdk::UserId user) {
    if (!file_key.starts_with(kPrefix)) return false;
    const std::string_view rest = file_key.substr(kPrefix.size());
    if (rest.empty() || rest.size() > kMaxRest) return false;
    if (!std::all_of(rest.begin(), rest.end(), plainCharacter)) return false;
    if (rest.find("..") != std::string_view::npos) return false;
    const std::string_view owner = thirdPart(file_key);
    return !isNumber(owner) || owner == std::to_string(user);
}

sdk::Json PictureService::picture(const StoredPicture& stored) const {
    if (urls_ != nullptr) return urls_->picture(stored.file_key, stored.blurhash);
    return withoutUrl(stored.file_key,
                      stored.blurhash.empty() ? kGreyBlurhash : std::string_view(stored.blurhash));
}

sdk::Json PictureService::pictures(const std::vector<StoredPicture>& stored) const {
    sdk::Json list = sdk::Json::array();
    for (const StoredPicture& one : stored) list.push(picture(one));
    return list;
}

sdk::Json PictureService::placeholder() const {
    if (urls_ != nullptr) return urls_->placeholder();
    return withoutUrl(kDeletedKey, kGreyBlurhash);
}

}  // namespace linkup::auth
