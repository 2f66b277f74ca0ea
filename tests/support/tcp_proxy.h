#pragma once

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace linkup::test {

/// Stands between a client and a server on the loopback address, and cuts where a test says.
///
/// Threading: any.
class TcpProxy {
public:
    explicit TcpProxy(std::uint16_t server_port);
    ~TcpProxy();

    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;

    std::uint16_t port() const;

    enum class Cut { kBeforeRequest, kAfterAnswer };
    /// Cuts the connection at the next piece from a client that holds `request`: before the server gets it,
    /// or when the server has answered it and before the client gets that.
    void cutAt(std::string request, Cut cut);
    /// Whether that has happened.
    bool hasCut() const { return cut_; }
    /// While shut, new connections are closed at once; those that are open stay.
    void shut(bool shut) { shut_ = shut; }
    /// While frozen, nothing is carried: a server that hangs. Connections are taken and stay open.
    void freeze(bool frozen) { frozen_ = frozen; }
    /// As shut(true), from the moment of the cut on.
    void shutAfterCut() { shut_after_cut_ = true; }

private:
    struct Pair {
        Poco::Net::StreamSocket client;
        Poco::Net::StreamSocket server;
        std::atomic<bool> drop_answer{false};
        std::thread up;
        std::thread down;
    };

    void accept();
    bool receive(Poco::Net::StreamSocket& socket, std::string& bytes);
    void carryUp(Pair& pair);
    void carryDown(Pair& pair);
    bool isCutHere(std::string_view bytes, Cut& cut);
    void close(Pair& pair);

    const std::uint16_t server_port_;
    Poco::Net::ServerSocket listener_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> shut_{false};
    std::atomic<bool> frozen_{false};
    std::atomic<bool> shut_after_cut_{false};
    std::atomic<bool> cut_{false};
    std::mutex mutex_;
    std::string request_;
    Cut where_ = Cut::kBeforeRequest;
    std::list<Pair> pairs_;
    std::thread acceptor_;
};

}  // namespace linkup::test
