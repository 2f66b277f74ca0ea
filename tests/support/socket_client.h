#pragma once

#include <Poco/JSON/Object.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/WebSocket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "http_client.h"
#include "wait.h"

namespace linkup::test {

/// How a client of a WebSocket shows who it is.
struct SocketOptions {
    std::string bearer = {};      ///< sent as `Authorization: Bearer …`
    std::string queryToken = {};  ///< sent as `?token=…`
    Fields headers = {};          ///< more of them
};

/// A control frame, or a message put together from its fragments.
struct SocketFrame {
    enum class Kind { kText, kBinary, kPing, kPong, kClose };
    Kind kind = Kind::kText;
    std::string payload;
    int closeCode = 0;  ///< of a close; 1005 when it has none, 1006 when the connection ended without one
};

/// A WebSocket client. Pings are answered while it reads, as phones do.
///
/// Threading: one thread may send while another receives. Errors: std::runtime_error when something else
/// comes than what was asked for, saying what; Poco::Exception when the connection fails.
class SocketClient {
public:
    /// Connects. `url` is `http://host:port`. Errors: Poco::Net::WebSocketException when the server refuses.
    SocketClient(const std::string& url, const std::string& path, const SocketOptions& options = {});
    /// Ends the connection without a close frame.
    ~SocketClient();

    /// Sends the request for a WebSocket and returns the answer as it came: what a refused client sees.
    static HttpReply handshake(const std::string& url, const std::string& path,
                               const SocketOptions& options = {});

    void send(const std::string& text);
    void send(const Poco::JSON::Object& json);
    void sendBinary(const std::string& bytes);
    void ping(const std::string& payload = {});
    /// Sends a frame with opcode and FIN bit of one's own choice (`Poco::Net::WebSocket::FrameFlags |
    /// FrameOpcodes`).
    void sendFrame(const std::string& bytes, int flags);
    void sendClose(int code = 1000);

    /// The next text message.
    std::string receiveText(std::chrono::milliseconds deadline = kPatience);
    /// The same as JSON.
    Poco::JSON::Object::Ptr receive(std::chrono::milliseconds deadline = kPatience);
    /// The next text message whose `type` is `type`; others before it are skipped.
    Poco::JSON::Object::Ptr receiveType(const std::string& type,
                                        std::chrono::milliseconds deadline = kPatience);
    /// The next frame of any kind; nothing when none comes in time. Pings are answered before they are
    /// returned.
    std::optional<SocketFrame> receiveFrame(std::chrono::milliseconds deadline = kPatience);

    /// Watches for as long: errors if a message or the end comes.
    void expectQuiet(std::chrono::milliseconds duration);
    /// Waits for the end and returns its code (see SocketFrame); messages before it are skipped.
    int receiveClose(std::chrono::milliseconds deadline = kPatience);

    /// Whether pings are answered; on at first.
    void answerPings(bool answer) { answerPings_ = answer; }

    /// Drops the connection with a reset, as a lost network would.
    void reset();

private:
    /// Takes one frame; returns it, or the message that it completes, or nothing when more fragments are to
    /// come.
    std::optional<SocketFrame> take(const std::string& payload, int flags);

    Poco::Net::HTTPClientSession session_;
    std::unique_ptr<Poco::Net::WebSocket> socket_;
    SocketFrame message_;  ///< fragments so far
    bool answerPings_ = true;
};

}  // namespace linkup::test
