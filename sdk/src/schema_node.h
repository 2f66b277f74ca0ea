#pragma once

#include <limits>

#include "linkup/sdk/schema.h"

namespace linkup::sdk {

enum class SchemaKind {
    kString,
    kInteger,
    kNumber,
    kBoolean,
    kLiteral,
    kEnumeration,
    kDate,
    kDateTime,
    kUuid,
    kEmail,
    kAny,
    kList,
    kObject,
    kMap
};

/// What a Schema shares with its copies.
struct Schema::Node {
    static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

    SchemaKind kind = SchemaKind::kAny;
    bool required = true;
    Json fallback;        ///< what absent or null comes out as
    bool secret = false;  ///< itself, or something below it
    bool trimmed = false;
    std::size_t min_size = 0;  ///< characters or items
    std::size_t max_size = kNoLimit;
    std::optional<std::int64_t> least;
    std::optional<std::int64_t> most;
    std::string pattern;
    Matcher matches;
    std::vector<std::string> allowed;
    std::string expected;      ///< "'a', 'b' or 'c'"
    std::vector<Schema> item;  ///< of a list or map: one
    std::vector<Field> fields;
    std::vector<Rule> rules;
    std::string description;
    std::vector<std::string> aliases;
};

}  // namespace linkup::sdk
