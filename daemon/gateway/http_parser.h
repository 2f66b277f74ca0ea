#pragma once

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "upload.h"

namespace linkup::daemon {

/// Beast's HTTP/1 parser, putting what it finds straight into what a handler gets. Only for http_session.cpp.
class HttpParser final : public boost::beast::http::basic_parser<true> {
public:
    explicit HttpParser(std::size_t max_header_bytes) {
        header_limit(static_cast<std::uint32_t>(max_header_bytes));
        // Ours is checked below: the route, which has the limit, comes after the header. Trap of 1.74: with
        // boost::none every declared length is too large.
        body_limit(std::numeric_limits<std::uint64_t>::max());
    }

    /// The value of the first header of that name (in lower case); null if there is none.
    const std::string* find(std::string_view name) const noexcept {
        for (const auto& [key, value] : headers) {
            if (key == name) return &value;
        }
        return nullptr;
    }
    std::string_view get(std::string_view name) const noexcept {
        const std::string* value = find(name);
        return value == nullptr ? std::string_view() : std::string_view(*value);
    }

    /// The values of all headers of that name as one list (RFC 9110 §5.3): HAProxy adds a line of its own to
    /// what the client has sent.
    std::string joined(std::string_view name) const {
        std::string all;
        for (const auto& [key, value] : headers) {
            if (key == name) all.append(all.empty() ? "" : ",").append(value);
        }
        return all;
    }
    std::size_t count(std::string_view name) const noexcept {
        return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(),
                                                      [&](const auto& one) { return one.first == name; }));
    }

    std::string method;
    std::string target;
    int version = 11;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::uint64_t body_bytes = 0;
    std::uint64_t max_body_bytes = 0;
    bool keep_body = true;
    Upload* upload = nullptr;  // takes the body, if set

private:
    using error_code = boost::beast::error_code;
    using Text = boost::beast::string_view;
    using Field = boost::beast::http::field;

    void on_request_impl(boost::beast::http::verb, Text method_text, Text target_text, int http_version,
                         error_code&) override {
        method.assign(method_text.data(), method_text.size());
        target.assign(target_text.data(), target_text.size());
        version = http_version;
    }
    void on_response_impl(int, Text, int, error_code&) override {}
    void on_field_impl(Field field, Text name, Text value, error_code& fault) override {
        if (is_header_done()) return;  // a trailer, which no proxy in front has looked at
        // Trap of 1.74: of a list that does not end in "chunked" it knows nothing, and takes the body for the
        // next request (RFC 9112 §6.3).
        if (field == Field::transfer_encoding && (!chunked() || version < 11 || value.size() != 7))
            fault = boost::beast::http::error::bad_transfer_encoding;
        if (headers.empty()) headers.reserve(12);
        auto& [key, content] = headers.emplace_back();
        key.reserve(name.size());
        for (const char c : name) key.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
        content.assign(value.data(), value.size());
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        // What is declared is reserved only in part, lest a few bytes of header take a lot of memory.
        if (keep_body && upload == nullptr && length.has_value())
            body.reserve(std::min<std::uint64_t>(*length, 16 * 1024));
    }
    std::size_t take(Text piece, error_code& fault) {
        body_bytes += piece.size();
        if (body_bytes > max_body_bytes) {
            fault = boost::beast::http::error::body_limit;
            return 0;
        }
        if (upload != nullptr) {
            upload->feed({piece.data(), piece.size()});
        } else if (keep_body) {
            body.append(piece.data(), piece.size());
        }
        return piece.size();
    }
    std::size_t on_body_impl(Text piece, error_code& fault) override { return take(piece, fault); }
    void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, Text piece, error_code& fault) override {
        return take(piece, fault);
    }
    void on_finish_impl(error_code&) override {}
};

}  // namespace linkup::daemon
