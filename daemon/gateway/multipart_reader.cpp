#include "multipart_reader.h"

#include <algorithm>

#include "bearer.h"

namespace linkup::daemon {

namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Takes a token or a quoted text off the front of `rest`.
std::string takeValue(std::string_view& rest) {
    std::string value;
    if (!rest.starts_with('"')) {
        const auto end = std::min(rest.find(';'), rest.size());
        value = trimmed(rest.substr(0, end));
        rest.remove_prefix(end);
        return value;
    }
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
        // Some browsers send a backslash as it is; only before these two it escapes.
        if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
        value += rest[i];
    }
    rest.remove_prefix(std::min(i + 1, rest.size()));
    return value;
}

/// The value of the header `name` in a block of lines.
std::string_view lineOf(std::string_view block, std::string_view name) {
    while (!block.empty()) {
        const auto end = std::min(block.find("\r\n"), block.size());
        const std::string_view line = block.substr(0, end);
        const auto colon = line.find(':');
        if (colon != std::string_view::npos && equalsIgnoringCase(line.substr(0, colon), name)) {
            return trimmed(line.substr(colon + 1));
        }
        block.remove_prefix(std::min(end + 2, block.size()));
    }
    return {};
}

}  // namespace

std::optional<std::string> headerParameter(std::string_view value, std::string_view name) {
    std::string_view rest = value;
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    while (rest.starts_with(';')) {
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size()));
        const auto end = rest.find_first_of("=;");
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view key = trimmed(rest.substr(0, end));
        rest.remove_prefix(end);
        if (!rest.starts_with('=')) continue;
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size()));
        std::string found = takeValue(rest);
        if (equalsIgnoringCase(key, name)) return found;
        rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    }
    return std::nullopt;
}

MultipartReader::MultipartReader(std::string_view boundary, Sink& sink)
    : delimiter_("\r\n--" + std::string(boundary)), sink_(sink), buffer_("\r\n") {}

bool MultipartReader::feed(std::string_view bytes) {
    if (complete()) return true;  // an epilogue means nothing
    buffer_.append(bytes);
    Step taken = Step::kGoOn;
    while (taken == Step::kGoOn) taken = step();
    buffer_.erase(0, at_);
    at_ = 0;
    return taken != Step::kMalformed;
}

MultipartReader::Step MultipartReader::step() {
    switch (state_) {
        case State::kPreamble:
        case State::kData:
            return untilDelimiter();
        case State::kDelimiter:
            return afterDelimiter();
        case State::kHeader:
            return header();
        case State::kComplete:
            break;
    }
    return Step::kWantsMore;
}

MultipartReader::Step MultipartReader::untilDelimiter() {
    const auto found = buffer_.find(delimiter_, at_);
    // Its beginning may stand at the end of what is there.
    const std::size_t end =
        found != std::string::npos
            ? found
            : std::max(at_, buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1));
    if (state_ == State::kData && end > at_) sink_.onData(std::string_view(buffer_).substr(at_, end - at_));
    at_ = end;
    if (found == std::string::npos) return Step::kWantsMore;
    at_ += delimiter_.size();
    if (state_ == State::kData) sink_.onPartEnd();
    state_ = State::kDelimiter;
    return Step::kGoOn;
}

MultipartReader::Step MultipartReader::afterDelimiter() {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    if (rest.starts_with("--")) {
        state_ = State::kComplete;
        return Step::kWantsMore;
    }
    const auto end = rest.find_first_not_of(kBlank);
    if (std::min(end, rest.size()) > kMaxPartHeader) return Step::kMalformed;
    if (rest == "-" || end == std::string_view::npos || rest.substr(end) == "\r") return Step::kWantsMore;
    if (!rest.substr(end).starts_with("\r\n")) return Step::kMalformed;
    at_ += end + 2;
    if (++parts_ > kMaxParts) return Step::kMalformed;
    state_ = State::kHeader;
    return Step::kGoOn;
}

MultipartReader::Step MultipartReader::header() {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    const auto end = rest.starts_with("\r\n") ? 0 : rest.find("\r\n\r\n");
    if (end == std::string_view::npos || end > kMaxPartHeader) {
        return rest.size() > kMaxPartHeader ? Step::kMalformed : Step::kWantsMore;
    }
    // The end of the blank line may already belong to the delimiter, of a part without content.
    const std::string_view blank = rest.substr(end == 0 ? 0 : end + 2);
    if (blank.size() < delimiter_.size()) return Step::kWantsMore;
    const std::string_view disposition = lineOf(rest.substr(0, end), "content-disposition");
    sink_.onPart(
        {headerParameter(disposition, "name").value_or(""), headerParameter(disposition, "filename")});
    at_ = buffer_.size() - blank.size() + (blank.starts_with(delimiter_) ? 0 : 2);
    state_ = State::kData;
    return Step::kGoOn;
}

}  // namespace linkup::daemon
