#include "sync_cursor.h"

#include <limits>

namespace linkup::chat {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kVersion = 1;

// Unpadded base64url. Source: RFC 4648 §5.
std::string lettersOf(const std::string& bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char byte : bytes) {
        bits = bits << 8 | static_cast<std::uint8_t>(byte);
        for (count += 8; count >= 6; count -= 6) text += kLetters[bits >> (count - 6) & 63];
    }
    if (count > 0) text += kLetters[bits << (6 - count) & 63];
    return text;
}

std::optional<std::string> bytesOf(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char letter : text) {
        const auto value = kLetters.find(letter);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> count & 255);
        }
    }
    return bytes;
}

/// Numbers of seven bits a byte, the lowest first; the highest bit says that more follow.
void append(std::string& bytes, std::int64_t number) {
    auto rest = static_cast<std::uint64_t>(number);
    for (; rest >= 128; rest >>= 7) bytes += static_cast<char>(128 | (rest & 127));
    bytes += static_cast<char>(rest);
}

class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}
    bool atEnd() const { return bytes_.empty(); }
    bool failed() const { return failed_; }
    std::int64_t number() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 63 && !bytes_.empty(); shift += 7) {
            const auto byte = static_cast<std::uint8_t>(bytes_.front());
            bytes_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 127) << shift;
            if (byte < 128) return static_cast<std::int64_t>(value);
        }
        failed_ = true;
        return 0;
    }

private:
    std::string_view bytes_;
    bool failed_ = false;
};

}  // namespace

std::string cursorOf(const SyncPositions& positions) {
    std::string bytes(1, static_cast<char>(kVersion));
    std::int64_t before = 0;
    for (const auto& [chat, position] : positions) {
        append(bytes, chat - before);
        before = chat;
        for (const auto number : {position.seq, position.revision, position.seen_seq, position.other_seen_seq,
                                  position.other_delivered_seq, position.muted_until}) {
            append(bytes, number);
        }
    }
    return lettersOf(bytes);
}

std::optional<SyncPositions> positionsOf(std::string_view cursor) {
    const auto bytes = bytesOf(cursor);
    if (!bytes || bytes->empty() || static_cast<std::uint8_t>(bytes->front()) != kVersion)
        return std::nullopt;
    Reader reader(std::string_view(*bytes).substr(1));
    SyncPositions positions;
    std::int64_t chat = 0;
    while (!reader.atEnd()) {
        const auto step = reader.number();
        SyncPosition position;
        for (auto* number : {&position.seq, &position.revision, &position.seen_seq, &position.other_seen_seq,
                             &position.other_delivered_seq, &position.muted_until}) {
            *number = reader.number();
        }
        if (reader.failed() || step < 1 || step > std::numeric_limits<std::int64_t>::max() - chat) {
            return std::nullopt;
        }
        chat += step;
        positions.emplace_hint(positions.end(), chat, position);
    }
    return positions;
}

}  // namespace linkup::chat
