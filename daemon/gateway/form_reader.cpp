#include "form_reader.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "uri.h"

namespace linkup::daemon {

namespace {

std::optional<sdk::Json> readUrlEncoded(std::string_view body) {
    sdk::Json fields = sdk::Json::object();
    const bool good = forEachField(body, Plus::kBlank, [&](const std::string& name, std::string value) {
        if (!value.empty()) fields.set(name, std::move(value));
    });
    if (!good) return std::nullopt;
    return fields;
}

std::optional<sdk::Json> readMultipart(std::string_view content_type, std::string_view body) {
    const auto boundary = headerParameter(content_type, "boundary");
    if (!boundary.has_value() || boundary->empty()) return std::nullopt;
    TextFields fields;
    MultipartReader reader(*boundary, fields);
    if (!reader.feed(body) || !reader.complete()) return std::nullopt;
    return fields.take();
}

}  // namespace

void TextFields::onPart(const MultipartReader::Part& part) {
    name_ = part.name;
    wanted_ = !part.name.empty() && !part.filename.has_value();
    value_.clear();
}

void TextFields::onData(std::string_view bytes) {
    if (wanted_) value_.append(bytes);
}

void TextFields::onPartEnd() {
    if (!wanted_) return;
    readable_ = readable_ && isUtf8(name_) && isUtf8(value_);
    if (!value_.empty()) fields_.set(name_, std::move(value_));
    value_.clear();
}

std::optional<sdk::Json> TextFields::take() {
    if (!readable_) return std::nullopt;
    return std::move(fields_);
}

std::string mediaTypeOf(std::string_view content_type) {
    std::string type(content_type.substr(0, content_type.find(';')));
    std::erase_if(type, [](unsigned char c) { return std::isspace(c) != 0; });
    std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
    return type;
}

std::optional<sdk::Json> readForm(std::string_view content_type, std::string_view body) {
    const std::string type = mediaTypeOf(content_type);
    if (type == "application/x-www-form-urlencoded") return readUrlEncoded(body);
    if (type == "multipart/form-data") return readMultipart(content_type, body);
    return sdk::Json::object();
}

}  // namespace linkup::daemon
