#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// A JSON value. Integers and floats are different types and stay so when printed: 320 is an integer, 320.0 a
/// float. Objects keep the order in which their keys were added; setting a key again replaces its value in
/// place.
///
/// Implemented by: SDK.   Lifetime: a value; copying copies everything below it.   Threading: as std::string.
/// Errors: reading as another type throws std::bad_variant_access; `at` of a key that is not there
/// std::out_of_range. Since: ABI 1.0.
class LINKUP_SDK_API Json {
public:
    using Array = std::vector<Json>;
    using Member = std::pair<std::string, Json>;
    using Object = std::vector<Member>;
    enum class Type { kNull, kBool, kInteger, kFloat, kString, kArray, kObject };

    Json() noexcept;  ///< null
    Json(std::nullptr_t) noexcept;
    Json(bool value) noexcept;
    Json(int value) noexcept;
    Json(std::int64_t value) noexcept;
    Json(double value) noexcept;
    Json(const char* value);
    Json(std::string value) noexcept;
    Json(std::string_view value);
    Json(Array value) noexcept;
    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(const Json& other);
    Json& operator=(Json&& other) noexcept;
    ~Json();

    /// `Json::object({{"id", 1}, {"name", "x"}})`; `Json::array({1, 2})`.
    static Json object(std::initializer_list<Member> members = {});
    static Json object(Object members);
    static Json array(std::initializer_list<Json> items = {});

    Type type() const noexcept;
    bool isNull() const noexcept { return type() == Type::kNull; }
    bool isBool() const noexcept { return type() == Type::kBool; }
    bool isInteger() const noexcept { return type() == Type::kInteger; }
    bool isFloat() const noexcept { return type() == Type::kFloat; }
    bool isNumber() const noexcept { return isInteger() || isFloat(); }
    bool isString() const noexcept { return type() == Type::kString; }
    bool isArray() const noexcept { return type() == Type::kArray; }
    bool isObject() const noexcept { return type() == Type::kObject; }

    bool asBool() const;
    std::int64_t asInteger() const;
    double asDouble() const;  ///< of an integer or a float
    const std::string& asString() const;
    const Array& items() const;
    Array& items();
    const Object& members() const;

    /// The member's value, or a null that lives for ever if there is none or this is no object.
    const Json& operator[](std::string_view key) const noexcept;
    const Json& operator[](const char* key) const noexcept { return (*this)[std::string_view(key)]; }
    /// The member's value; throws std::out_of_range.
    const Json& at(std::string_view key) const;
    /// Null if there is no such member or this is no object.
    const Json* find(std::string_view key) const noexcept;
    bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }
    /// Adds or replaces a member; a null value becomes an object first. Returns *this.
    Json& set(std::string_view key, Json value);
    /// Removes a member if it is there.
    void erase(std::string_view key);
    /// Appends to an array; a null value becomes an array first. Returns *this.
    Json& push(Json value);
    std::size_t size() const noexcept;  ///< of an array or object, else 0

    /// On one line, UTF-8, no blanks. Invalid UTF-8 inside strings is printed as U+FFFD, NaN and infinities
    /// as null.
    std::string dump() const;
    void dumpTo(std::string& out) const;

    friend LINKUP_SDK_API bool operator==(const Json& left, const Json& right);

private:
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_;
};

/// What is wrong with a text that should be JSON. `offset` counts bytes from the start.
struct JsonFault {
    std::size_t offset = 0;
    std::string reason;
};

/// Parses one JSON document, strictly: valid UTF-8, nothing behind it, at most `max_depth` levels, no
/// duplicate-key magic (the last one wins), integers beyond 64 bits become floats. Parsed by simdjson.
/// Threading: any thread.   Errors: in the variant, never thrown.   Since: ABI 1.0.
LINKUP_SDK_API std::variant<Json, JsonFault> parseJson(std::string_view text, std::size_t max_depth = 64);
/// As above for texts that we wrote ourselves; throws std::invalid_argument.
LINKUP_SDK_API Json parseTrustedJson(std::string_view text);

}  // namespace linkup::sdk
