#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace linkup::media {

/// Numbers and parts of bytes that a stranger sent. Reading past the end gives zero and marks the reader as
/// overrun, so that a parser looks once, at its end.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

    std::size_t left() const { return bytes_.size() - at_; }
    bool overrun() const { return overrun_; }

    std::uint64_t big(std::size_t size) {
        std::uint64_t value = 0;
        for (const char c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
        return value;
    }
    std::uint64_t little(std::size_t size) {
        const std::string_view part = take(size);
        std::uint64_t value = 0;
        for (std::size_t i = part.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(part[i]);
        return value;
    }
    /// Empty if there are not so many bytes.
    std::string_view take(std::uint64_t size) {
        if (size > left()) {
            overrun_ = true;
            at_ = bytes_.size();
            return {};
        }
        const std::string_view part = bytes_.substr(at_, static_cast<std::size_t>(size));
        at_ += static_cast<std::size_t>(size);
        return part;
    }
    void skip(std::uint64_t size) { take(size); }
    std::string_view rest() const { return bytes_.substr(at_); }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
    bool overrun_ = false;
};

}  // namespace linkup::media
