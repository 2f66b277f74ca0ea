#include "node_lines.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace linkup::chat {

std::string_view NodeWords::next() {
    const auto end = std::min(text_.find(end_), text_.size());
    const auto word = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    return word;
}

std::int64_t NodeWords::number() {
    const auto word = next();
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (fault != std::errc() || end != word.data() + word.size())
        throw std::invalid_argument("no number in a line of another node");
    return value;
}

}  // namespace linkup::chat
