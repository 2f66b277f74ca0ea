#pragma once

#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <span>

#include "http_parser.h"
#include "http_route.h"
#include "http_session.h"
#include "upload.h"
#include "uri.h"

namespace linkup::daemon {

// The inside of HttpSession, for its two source files.

struct HttpSession::Buffer : boost::beast::flat_buffer {};

/// What is known of the request in hand.
struct HttpSession::Exchange {
    explicit Exchange(std::size_t max_header_bytes) : parser(max_header_bytes) {}

    HttpParser parser;
    Target target;  // into parser.target
    Verb verb = Verb::kGet;
    std::shared_ptr<HttpRoute> route;
    std::shared_ptr<SocketPath> socket;
    std::array<std::string_view, RouteTree::kMaxParameters> parameters{};
    std::size_t parameter_count = 0;
    std::unique_ptr<Upload> upload;
    sdk::Request request;
    sdk::TraceContext trace;                // `span` is this request
    std::optional<sdk::Response> response;  // set: nothing more to find out
    SteadyTime began;

    std::span<const std::string_view> parameterValues() const { return {parameters.data(), parameter_count}; }
};

}  // namespace linkup::daemon
