#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "linkup/sdk/error.h"
#include "linkup/sdk/http.h"
#include "linkup/sdk/trace.h"

namespace linkup::daemon {

/// The replies that the gateway itself gives; their texts are the contract's (0.3).
namespace replies {
sdk::Response detail(int status, std::string_view text);
sdk::Response notFound();
sdk::Response methodNotAllowed(const std::string& allow);
sdk::Response tooLarge();
sdk::Response tooMany(std::chrono::milliseconds wait);
sdk::Response busy(std::chrono::seconds retry_after);
sdk::Response internal();
sdk::Response notAuthenticated(int status);
sdk::Response invalidToken();
sdk::Response redirect(std::string location);
/// What a handler's Error becomes. Those of our own faults show the stranger nothing of the message.
sdk::Response of(const sdk::Error& error, std::chrono::seconds default_retry_after);
}  // namespace replies

/// What a socket is told before it is closed because this process ends.
std::string drainingNotice(std::chrono::milliseconds retry_after);

/// What a reply's head needs beside the reply.
struct ReplyFrame {
    std::string_view request_id;
    const sdk::TraceContext& trace;
    std::string_view date;
    bool keep_alive = true;
    bool http_1_0 = false;
    std::uint64_t content_length = 0;
};

/// Appends status line and headers. Headers of a handler that could forge a line are left out.
void writeHead(std::string& out, const sdk::Response& response, const ReplyFrame& frame);

}  // namespace linkup::daemon
