#include "file_reply.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "replies.h"

namespace linkup::daemon {

namespace {

std::string_view headerOf(const sdk::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return {};
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Whether a list of tags has this one, weak ones included.
bool listsTag(std::string_view list, std::string_view tag) {
    if (trimmed(list) == "*") return true;
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        std::string_view one = trimmed(list.substr(0, end));
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == tag) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

std::optional<std::uint64_t> number(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
    return value;
}

struct Wish {
    bool satisfiable = false;
    FileRange range;
};

/// Nothing if this is no single byte range: then the header is to be overlooked.
std::optional<Wish> readRange(std::string_view text, std::uint64_t size) {
    text = trimmed(text);
    if (!text.starts_with("bytes=")) return std::nullopt;
    text.remove_prefix(6);
    const auto dash = text.find('-');
    if (dash == std::string_view::npos || text.find(',') != std::string_view::npos) return std::nullopt;
    const std::string_view first_text = trimmed(text.substr(0, dash));
    const std::string_view last_text = trimmed(text.substr(dash + 1));
    if (first_text.empty()) {
        const auto count = number(last_text);
        if (!count.has_value()) return std::nullopt;
        const std::uint64_t length = std::min(*count, size);
        return Wish{length > 0, {size - length, length}};
    }
    const auto first = number(first_text);
    const auto last = last_text.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : number(last_text);
    if (!first.has_value() || !last.has_value() || *last < *first) return std::nullopt;
    if (*first >= size) return Wish{};
    return Wish{true, {*first, std::min(*last, size - 1) - *first + 1}};
}

}  // namespace

FileRange applyConditions(const sdk::Request& request, bool ranges, sdk::Response& response) {
    const std::uint64_t size = response.file->size();
    const FileRange whole{0, size};
    if (response.status != 200) return whole;
    const std::string_view tag = headerOf(response, "ETag");
    const std::string_view if_none_match = request.header("if-none-match");
    if (!tag.empty() && !if_none_match.empty() && listsTag(if_none_match, tag)) {
        response.status = 304;
        response.file.reset();
        return {};
    }
    const std::string_view if_range = request.header("if-range");
    const bool unchanged = if_range.empty() || (!tag.empty() && trimmed(if_range) == tag);
    const auto wish = ranges && unchanged ? readRange(request.header("range"), size) : std::nullopt;
    response.headers.emplace_back("Accept-Ranges", "bytes");
    if (!wish.has_value()) return whole;
    if (!wish->satisfiable) {
        response = replies::detail(416, "Range Not Satisfiable");
        response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
        return {};
    }
    response.status = 206;
    const FileRange range = wish->range;
    response.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.offset) + "-" +
                                                       std::to_string(range.offset + range.size - 1) + "/" +
                                                       std::to_string(size));
    return range;
}

}  // namespace linkup::daemon
