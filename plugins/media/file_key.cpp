#include "file_key.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <map>

namespace linkup::media {

namespace {

std::string randomUuid() {
    std::array<unsigned char, 16> bytes;
    randombytes_buf(bytes.data(), bytes.size());
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0Fu) | 0x40u);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3Fu) | 0x80u);
    std::string text(bytes.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    text.pop_back();
    for (const std::size_t dash : {20u, 16u, 12u, 8u}) text.insert(dash, 1, '-');
    return text;
}

}  // namespace

std::string newFileKey(std::string_view folder, sdk::UserId user, std::string_view ending) {
    std::string key = "sw/";
    key.append(folder).append("/").append(std::to_string(user)).append("/").append(randomUuid());
    return key.append(".").append(ending);
}

bool belongsTo(std::string_view file_key, sdk::UserId user) {
    const std::string folder = "/" + std::to_string(user) + "/";
    return file_key.starts_with("sw/media" + folder) || file_key.starts_with("sw/profile_pictures" + folder);
}

bool isPlain(std::string_view file_key) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '-' || c == '/';
    };
    return file_key.starts_with("sw/") && file_key.size() <= 203 &&
           file_key.find("..") == std::string_view::npos && file_key.find("//") == std::string_view::npos &&
           file_key.find("/./") == std::string_view::npos && !file_key.ends_with('/') &&
           !file_key.ends_with("/.") && std::all_of(file_key.begin(), file_key.end(), plain);
}

std::string_view contentTypeOf(std::string_view file_key) {
    static const std::map<std::string_view, std::string_view> kTypes = {
        {"webp", "image/webp"}, {"jpg", "image/jpeg"},  {"jpeg", "image/jpeg"}, {"png", "image/png"},
        {"gif", "image/gif"},   {"m4a", "audio/mp4"},   {"aac", "audio/aac"},   {"mp3", "audio/mpeg"},
        {"ogg", "audio/ogg"},   {"webm", "audio/webm"}, {"wav", "audio/wav"},   {"amr", "audio/amr"}};
    const auto dot = file_key.rfind('.');
    const auto found = kTypes.find(dot == std::string_view::npos ? file_key : file_key.substr(dot + 1));
    return found == kTypes.end() ? "application/octet-stream" : found->second;
}

}  // namespace linkup::media
