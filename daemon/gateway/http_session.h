#pragma once

#include <memory>
#include <string>

#include "file_reply.h"
#include "front_stream.h"
#include "io_thread.h"

namespace linkup::daemon {

/// Who is at the other end.
struct HttpPeer {
    std::string address;
    AddressKey key{};
    bool is_proxy = false;
    AddressLimits::Lease lease{};  ///< of a connection that is no proxy's
};

/// One HTTP connection: takes its requests one after the other, so that replies keep their order, and hands
/// itself over when one asks for a WebSocket.
///
/// Threading: its I/O thread; handlers run on their pool while it waits.   Lifetime: ends itself.
class HttpSession final : public Connection, public std::enable_shared_from_this<HttpSession> {
public:
    /// On the I/O thread.
    static void start(IoThread& io, TcpSocket socket, HttpPeer peer);
    HttpSession(IoThread& io, TcpSocket socket, HttpPeer peer);
    ~HttpSession() override;

    void onDeadline(SteadyTime now) noexcept override;
    void shutDown() noexcept override;
    void kill() noexcept override;

private:
    struct Exchange;

    Awaitable<void> serve();
    Awaitable<bool> shakeHands();
    Awaitable<bool> receiveHead();
    Awaitable<bool> receiveBody();
    Awaitable<bool> fill(std::size_t bytes);
    Awaitable<void> spool();
    Awaitable<bool> write(std::string_view head, std::string_view body);
    Awaitable<bool> writeFile(std::string_view head, const sdk::File& file, FileRange range);
    Awaitable<void> refuseHead(int status, std::string_view text);
    void admit();
    void admitRequest(const std::shared_ptr<HttpRoute>& route);
    bool isWithinLimits();
    void expectUpload();
    void refuseUpload();
    Awaitable<void> authenticate(std::string_view token);
    Awaitable<void> handle();
    Awaitable<bool> reply();
    Awaitable<void> upgrade();
    Awaitable<void> lingeringClose();
    bool wantsSocket() const;
    void callHandler() noexcept;
    void setDeadline(std::chrono::milliseconds time) noexcept;
    void log(int status) const noexcept;

    FrontStream socket_;
    HttpPeer peer_;
    struct Buffer;
    std::unique_ptr<Buffer> buffer_;
    std::unique_ptr<Exchange> exchange_;
    bool first_ = true;     // no request has come yet
    bool waiting_ = false;  // for a request
    bool ending_ = false;   // asked to shut down
};

}  // namespace linkup::daemon
