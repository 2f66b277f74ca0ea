#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace linkup::chat {

/// What a node tells the others in one publication: lines of words, each line ended. The first is the node's
/// own name. A frame, which is JSON on one line, is a line as it is, so that nobody prints or reads it twice.
class NodeLines {
public:
    explicit NodeLines(std::string_view node) { line(node); }

    NodeLines& line(std::string_view text) {
        text_.append(text).push_back('\n');
        return *this;
    }
    const std::string& text() const& noexcept { return text_; }
    std::string text() && noexcept { return std::move(text_); }

private:
    std::string text_;
};

/// Reads lines, or the words of one.   Errors: std::invalid_argument if the next is not there or no number.
class NodeWords {
public:
    NodeWords(std::string_view text, char end) noexcept : text_(text), end_(end) {}

    bool atEnd() const noexcept { return text_.empty(); }
    /// Up to the next end, or all that is left.
    std::string_view next();
    std::int64_t number();
    /// All that is left.
    std::string_view rest() const noexcept { return text_; }

private:
    std::string_view text_;
    char end_;
};

}  // namespace linkup::chat
