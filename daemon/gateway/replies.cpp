#include "replies.h"

#include <algorithm>
#include <cctype>

namespace linkup::daemon {

namespace {

std::string_view reasonOf(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 409:
            return "Conflict";
        case 413:
            return "Content Too Large";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        default:
            return "Status";
    }
}

bool isSafe(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::chrono::seconds roundedUp(std::chrono::milliseconds time, std::chrono::seconds otherwise) {
    return time > time.zero() ? std::chrono::ceil<std::chrono::seconds>(time) : otherwise;
}

void addRetryAfter(sdk::Response& response, std::chrono::seconds time) {
    response.headers.emplace_back("Retry-After", std::to_string(time.count()));
}

void addLine(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

namespace replies {

sdk::Response detail(int status, std::string_view text) {
    return sdk::Response::json(sdk::Json::object({{"detail", sdk::Json(text)}}), status);
}

sdk::Response notFound() {
    return detail(404, "Not Found");
}

sdk::Response methodNotAllowed(const std::string& allow) {
    sdk::Response response = detail(405, "Method Not Allowed");
    response.headers.emplace_back("Allow", allow);
    return response;
}

sdk::Response tooLarge() {
    return detail(413, "Request body too large");
}

sdk::Response tooMany(std::chrono::milliseconds wait) {
    sdk::Response response = detail(429, "Too many requests. Please try again later.");
    addRetryAfter(response, roundedUp(wait, std::chrono::seconds(1)));
    return response;
}

sdk::Response busy(std::chrono::seconds retry_after) {
    sdk::Response response = detail(503, "Server is busy. Please try again in a moment.");
    addRetryAfter(response, retry_after);
    return response;
}

sdk::Response internal() {
    return detail(500, "Internal Server Error");
}

sdk::Response notAuthenticated(int status) {
    sdk::Response response = detail(status, "Not authenticated");
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

sdk::Response invalidToken() {
    sdk::Response response = detail(401, "Invalid token");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

sdk::Response redirect(std::string location) {
    sdk::Response response;
    response.status = 307;
    response.headers.emplace_back("Location", std::move(location));
    response.content_type.clear();
    return response;
}

sdk::Response of(const sdk::Error& error, std::chrono::seconds default_retry_after) {
    const int status = sdk::httpStatus(error.code());
    sdk::Response response;
    if (!error.detail().isNull()) {
        response = sdk::Response::json(sdk::Json::object({{"detail", error.detail()}}), status);
    } else if (status == 500) {
        return internal();
    } else {
        const std::string_view message = error.what();
        response = status == 503 && message.empty() ? busy(default_retry_after) : detail(status, message);
    }
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    if (status == 429 || status == 503) {
        std::erase_if(response.headers, [](const auto& header) { return header.first == "Retry-After"; });
        addRetryAfter(response, roundedUp(error.retryAfter(), default_retry_after));
    }
    return response;
}

}  // namespace replies

std::string drainingNotice(std::chrono::milliseconds retry_after) {
    return sdk::Json::object({{"type", "server"},
                              {"event", "draining"},
                              {"retry_after_ms", static_cast<std::int64_t>(retry_after.count())}})
        .dump();
}

void writeHead(std::string& out, const sdk::Response& response, const ReplyFrame& frame) {
    out.append("HTTP/1.1 ")
        .append(std::to_string(response.status))
        .append(" ")
        .append(reasonOf(response.status));
    out.append("\r\n");
    const bool has_body = response.status != 204 && response.status != 304 && response.status >= 200;
    if (has_body) {
        if (!response.content_type.empty() && isSafe(response.content_type)) {
            addLine(out, "Content-Type", response.content_type);
        }
        addLine(out, "Content-Length", std::to_string(frame.content_length));
    }
    for (const auto& [name, value] : response.headers) {
        if (isSafe(name) && isSafe(value)) addLine(out, name, value);
    }
    addLine(out, "X-Request-Id", frame.request_id);
    out.append("traceresponse: ");
    frame.trace.appendTraceparent(out);
    out.append("\r\n");
    addLine(out, "Date", frame.date);
    if (!frame.keep_alive) {
        addLine(out, "Connection", "close");
    } else if (frame.http_1_0) {
        addLine(out, "Connection", "keep-alive");
    }
    out.append("\r\n");
}

}  // namespace linkup::daemon
