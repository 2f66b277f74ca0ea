#include "linkup/sdk/json.h"

#include <stdexcept>

namespace linkup::sdk {

Json::Json() noexcept : value_(nullptr) {}
Json::Json(std::nullptr_t) noexcept : value_(nullptr) {}
Json::Json(bool value) noexcept : value_(value) {}
Json::Json(int value) noexcept : value_(static_cast<std::int64_t>(value)) {}
Json::Json(std::int64_t value) noexcept : value_(value) {}
Json::Json(double value) noexcept : value_(value) {}
Json::Json(const char* value) : value_(std::string(value)) {}
Json::Json(std::string value) noexcept : value_(std::move(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(Array value) noexcept : value_(std::move(value)) {}
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json Json::object(std::initializer_list<Member> members) {
    Json result;
    Object& object = result.value_.emplace<Object>();
    object.reserve(members.size());
    for (const Member& member : members) result.set(member.first, member.second);
    return result;
}

Json Json::object(Object members) {
    Json result;
    result.value_.emplace<Object>(std::move(members));
    return result;
}

Json Json::array(std::initializer_list<Json> items) {
    return Json(Array(items));
}

Json::Type Json::type() const noexcept {
    return static_cast<Type>(value_.index());
}

bool Json::asBool() const {
    return std::get<bool>(value_);
}
std::int64_t Json::asInteger() const {
    return std::get<std::int64_t>(value_);
}
double Json::asDouble() const {
    if (const auto* integer = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*integer);
    return std::get<double>(value_);
}
const std::string& Json::asString() const {
    return std::get<std::string>(value_);
}
const Json::Array& Json::items() const {
    return std::get<Array>(value_);
}
Json::Array& Json::items() {
    return std::get<Array>(value_);
}
const Json::Object& Json::members() const {
    return std::get<Object>(value_);
}

const Json* Json::find(std::string_view key) const noexcept {
    const auto* object = std::get_if<Object>(&value_);
    if (object == nullptr) return nullptr;
    for (const Member& member : *object) {
        if (member.first == key) return &member.second;
    }
    return nullptr;
}

const Json& Json::operator[](std::string_view key) const noexcept {
    static const Json kNull;
    const Json* found = find(key);
    return found == nullptr ? kNull : *found;
}

const Json& Json::at(std::string_view key) const {
    const Json* found = find(key);
    if (found == nullptr) throw std::out_of_range("no member \"" + std::string(key) + "\"");
    return *found;
}

Json& Json::set(std::string_view key, Json value) {
    if (isNull()) value_.emplace<Object>();
    auto& object = std::get<Object>(value_);
    for (Member& member : object) {
        if (member.first == key) {
            member.second = std::move(value);
            return *this;
        }
    }
    object.emplace_back(std::string(key), std::move(value));
    return *this;
}

void Json::erase(std::string_view key) {
    auto* object = std::get_if<Object>(&value_);
    if (object == nullptr) return;
    std::erase_if(*object, [key](const Member& member) { return member.first == key; });
}

Json& Json::push(Json value) {
    if (isNull()) value_.emplace<Array>();
    std::get<Array>(value_).push_back(std::move(value));
    return *this;
}

std::size_t Json::size() const noexcept {
    if (const auto* array = std::get_if<Array>(&value_)) return array->size();
    if (const auto* object = std::get_if<Object>(&value_)) return object->size();
    return 0;
}

// The order of keys says nothing, so two objects are equal whatever it is.
bool operator==(const Json& left, const Json& right) {
    if (!left.isObject() || !right.isObject()) return left.value_ == right.value_;
    const auto& mine = left.members();
    const auto& theirs = right.members();
    if (mine.size() != theirs.size()) return false;
    for (std::size_t i = 0; i < mine.size(); ++i) {
        const Json* other = mine[i].first == theirs[i].first ? &theirs[i].second : right.find(mine[i].first);
        if (other == nullptr || !(mine[i].second == *other)) return false;
    }
    return true;
}

}  // namespace linkup::sdk
