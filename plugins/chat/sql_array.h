#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace linkup::chat {

/// A list as PostgreSQL reads it, to be bound in place of many values: `{1,2}`, `{"one","two",NULL}`. For
/// unnest it is less work than rows out of JSON, each of which makes a table of its members.
class SqlArray {
public:
    void add(std::int64_t number) {
        next();
        text_ += std::to_string(number);
    }
    void add(std::string_view text) {
        next();
        text_ += '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') text_ += '\\';
            text_ += c;
        }
        text_ += '"';
    }
    void addIfAny(const std::optional<std::string>& text) {
        if (text) return add(std::string_view(*text));
        next();
        text_ += "NULL";
    }
    /// All of it; nothing is to be added any more.
    std::string done() {
        text_ += '}';
        return std::move(text_);
    }

private:
    void next() {
        if (text_.size() > 1) text_ += ',';
    }

    std::string text_ = "{";
};

}  // namespace linkup::chat
