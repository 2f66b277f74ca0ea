#include "socket_client.h"

#include <Poco/Buffer.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/URI.h>

#include <algorithm>
#include <sstream>
#include <utility>

using Poco::Net::HTTPRequest;
using Poco::Net::WebSocket;

namespace linkup::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kNoClose = 1006;
constexpr int kLastFrame = WebSocket::FRAME_FLAG_FIN;

std::string pathWithToken(const std::string& path, const SocketOptions& options) {
    if (options.queryToken.empty()) return path;
    std::string token;
    Poco::URI::encode(options.queryToken, "!#$%&'()*+,/:;=?@[]", token);
    return path + (path.find('?') == std::string::npos ? "?token=" : "&token=") + token;
}

std::chrono::milliseconds until(Clock::time_point end) {
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()),
                    std::chrono::milliseconds{0});
}

SocketFrame closeFrame(const std::string& payload) {
    constexpr int kNoCode = 1005;
    SocketFrame frame{SocketFrame::Kind::kClose, {}, kNoCode};
    if (payload.size() < 2) return frame;
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(payload[index]); };
    frame.closeCode = byte(0) << 8 | byte(1);
    frame.payload = payload.substr(2);
    return frame;
}

std::string describe(const SocketFrame& frame) {
    if (frame.kind == SocketFrame::Kind::kClose)
        return "close " + std::to_string(frame.closeCode) + " " + frame.payload;
    return (frame.kind == SocketFrame::Kind::kText ? "text " : "binary ") + frame.payload;
}

bool isControl(const SocketFrame& frame) {
    return frame.kind == SocketFrame::Kind::kPing || frame.kind == SocketFrame::Kind::kPong;
}

}  // namespace

SocketClient::SocketClient(const std::string& url, const std::string& path, const SocketOptions& options) {
    const Poco::URI uri(url);
    session_.setHost(uri.getHost());
    session_.setPort(uri.getPort());
    session_.setTimeout(Poco::Timespan(std::chrono::microseconds(kPatience).count()));
    HTTPRequest request(HTTPRequest::HTTP_GET, pathWithToken(path, options), HTTPRequest::HTTP_1_1);
    if (!options.bearer.empty()) request.set("Authorization", "Bearer " + options.bearer);
    for (const auto& [name, value] : options.headers) request.set(name, value);
    Poco::Net::HTTPResponse response;
    socket_ = std::make_unique<WebSocket>(session_, request, response);
    socket_->setNoDelay(true);
    socket_->setMaxPayloadSize(16 << 20);
}

SocketClient::~SocketClient() = default;

HttpReply SocketClient::handshake(const std::string& url, const std::string& path,
                                  const SocketOptions& options) {
    HttpClient client(url);
    client.setBearer(options.bearer);
    Fields headers{{"Connection", "Upgrade"},
                   {"Upgrade", "websocket"},
                   {"Sec-WebSocket-Version", "13"},
                   {"Sec-WebSocket-Key", "bGlua3VwIHRlc3Qga2V5IQ=="}};
    for (const auto& [name, value] : options.headers) headers[name] = value;
    return client.send("GET", pathWithToken(path, options), {}, {}, headers);
}

void SocketClient::send(const std::string& text) {
    sendFrame(text, WebSocket::FRAME_TEXT);
}

void SocketClient::send(const Poco::JSON::Object& json) {
    std::ostringstream text;
    json.stringify(text);
    send(text.str());
}

void SocketClient::sendBinary(const std::string& bytes) {
    sendFrame(bytes, WebSocket::FRAME_BINARY);
}

void SocketClient::ping(const std::string& payload) {
    sendFrame(payload, kLastFrame | WebSocket::FRAME_OP_PING);
}

void SocketClient::sendFrame(const std::string& bytes, int flags) {
    socket_->sendFrame(bytes.data(), static_cast<int>(bytes.size()), flags);
}

void SocketClient::sendClose(int code) {
    socket_->shutdown(static_cast<Poco::UInt16>(code));
}

std::optional<SocketFrame> SocketClient::receiveFrame(std::chrono::milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    while (true) {
        Poco::Buffer<char> buffer(0);
        int flags = 0;
        try {
            // poll() would not see what the socket object has read ahead; a timeout of 0 would mean for ever.
            const auto timeout =
                std::max(std::chrono::microseconds(until(end)), std::chrono::microseconds{1000});
            socket_->setReceiveTimeout(Poco::Timespan(timeout.count()));
            const int size = socket_->receiveFrame(buffer, flags);
            if (size <= 0 && flags == 0)
                return SocketFrame{SocketFrame::Kind::kClose, "connection ended", kNoClose};
        } catch (const Poco::TimeoutException&) {
            return std::nullopt;
        } catch (const Poco::Net::NetException& fault) {
            return SocketFrame{SocketFrame::Kind::kClose, fault.displayText(), kNoClose};
        }
        if (auto frame = take(std::string(buffer.begin(), buffer.size()), flags)) return frame;
    }
}

std::optional<SocketFrame> SocketClient::take(const std::string& payload, int flags) {
    const int opcode = flags & WebSocket::FRAME_OP_BITMASK;
    switch (opcode) {
        case WebSocket::FRAME_OP_CLOSE:
            return closeFrame(payload);
        case WebSocket::FRAME_OP_PONG:
            return SocketFrame{SocketFrame::Kind::kPong, payload};
        case WebSocket::FRAME_OP_PING:
            if (answerPings_) sendFrame(payload, kLastFrame | WebSocket::FRAME_OP_PONG);
            return SocketFrame{SocketFrame::Kind::kPing, payload};
        case WebSocket::FRAME_OP_CONT:
            message_.payload += payload;
            break;
        default:
            message_.kind =
                opcode == WebSocket::FRAME_OP_TEXT ? SocketFrame::Kind::kText : SocketFrame::Kind::kBinary;
            message_.payload = payload;
    }
    if ((flags & kLastFrame) == 0) return std::nullopt;
    return std::exchange(message_, {});
}

std::string SocketClient::receiveText(std::chrono::milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    while (const auto frame = receiveFrame(until(end))) {
        if (frame->kind == SocketFrame::Kind::kText) return frame->payload;
        if (!isControl(*frame))
            throw std::runtime_error("expected a text message, came: " + describe(*frame));
    }
    throw std::runtime_error("no message came in time");
}

Poco::JSON::Object::Ptr SocketClient::receive(std::chrono::milliseconds deadline) {
    const std::string text = receiveText(deadline);
    const auto value = parseJson(text);
    if (value.type() != typeid(Poco::JSON::Object::Ptr))
        throw std::runtime_error("not a JSON object: " + text);
    return value.extract<Poco::JSON::Object::Ptr>();
}

Poco::JSON::Object::Ptr SocketClient::receiveType(const std::string& type,
                                                  std::chrono::milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    std::string skipped;
    while (Clock::now() < end) {
        try {
            auto message = receive(until(end));
            if (message->optValue<std::string>("type", "") == type) return message;
            std::ostringstream text;
            message->stringify(text);
            skipped += "\n  " + text.str();
        } catch (const std::runtime_error& fault) {
            throw std::runtime_error("waiting for type " + type + ": " + fault.what() +
                                     "; skipped:" + skipped);
        }
    }
    throw std::runtime_error("no message of type " + type + " came in time; skipped:" + skipped);
}

void SocketClient::expectQuiet(std::chrono::milliseconds duration) {
    const auto end = Clock::now() + duration;
    while (const auto frame = receiveFrame(until(end)))
        if (!isControl(*frame)) throw std::runtime_error("expected silence, came: " + describe(*frame));
}

int SocketClient::receiveClose(std::chrono::milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    while (const auto frame = receiveFrame(until(end)))
        if (frame->kind == SocketFrame::Kind::kClose) return frame->closeCode;
    throw std::runtime_error("the server has not closed in time");
}

void SocketClient::reset() {
    socket_->setLinger(true, 0);
    socket_->close();
}

}  // namespace linkup::test
