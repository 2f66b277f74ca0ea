#include "tcp_proxy.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Timespan.h>

#include <array>
#include <chrono>
#include <utility>

namespace linkup::test {
namespace {

using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;

const Poco::Timespan kGlance(0, 20'000);

void sendAll(StreamSocket& socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const int sent = socket.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

}  // namespace

TcpProxy::TcpProxy(std::uint16_t server_port)
    : server_port_(server_port), listener_(SocketAddress("127.0.0.1", 0)) {
    acceptor_ = std::thread([this] { accept(); });
}

TcpProxy::~TcpProxy() {
    stopping_ = true;
    acceptor_.join();
    for (auto& pair : pairs_) {
        pair.up.join();
        pair.down.join();
    }
}

std::uint16_t TcpProxy::port() const {
    return listener_.address().port();
}

void TcpProxy::cutAt(std::string request, Cut cut) {
    const std::lock_guard lock(mutex_);
    request_ = std::move(request);
    where_ = cut;
    cut_ = false;
}

void TcpProxy::accept() {
    while (!stopping_) {
        if (!listener_.poll(kGlance, Poco::Net::Socket::SELECT_READ)) continue;
        StreamSocket client = listener_.acceptConnection();
        if (shut_) continue;  // its destructor closes it
        auto& pair = pairs_.emplace_back();
        pair.client = client;
        try {
            pair.server.connect(SocketAddress("127.0.0.1", server_port_));
        } catch (const Poco::Exception&) {
            close(pair);
        }
        pair.up = std::thread([this, &pair] { carryUp(pair); });
        pair.down = std::thread([this, &pair] { carryDown(pair); });
    }
}

bool TcpProxy::isCutHere(std::string_view bytes, Cut& cut) {
    const std::lock_guard lock(mutex_);
    if (request_.empty() || bytes.find(request_) == std::string_view::npos) return false;
    request_.clear();
    cut = where_;
    if (shut_after_cut_) shut_ = true;
    return true;
}

/// What came within a glance; nothing if nothing did. False when the other side has closed.
bool TcpProxy::receive(StreamSocket& socket, std::string& bytes) {
    bytes.clear();
    if (!socket.poll(kGlance, Poco::Net::Socket::SELECT_READ)) return true;
    if (frozen_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return true;
    }
    std::array<char, 16384> buffer{};
    const int count = socket.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
    if (count <= 0) return false;
    bytes.assign(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

void TcpProxy::carryUp(Pair& pair) {
    try {
        std::string bytes;
        while (!stopping_ && receive(pair.client, bytes)) {
            if (bytes.empty()) continue;
            Cut cut{};
            if (isCutHere(bytes, cut)) {
                if (cut == Cut::kBeforeRequest) {
                    cut_ = true;
                    close(pair);
                    return;
                }
                pair.drop_answer = true;
            }
            sendAll(pair.server, bytes);
        }
    } catch (const Poco::Exception&) {
        // The other direction has closed it.
    }
    close(pair);
}

void TcpProxy::carryDown(Pair& pair) {
    try {
        std::string bytes;
        while (!stopping_ && receive(pair.server, bytes)) {
            if (bytes.empty()) continue;
            if (pair.drop_answer) {
                cut_ = true;
                close(pair);
                return;
            }
            sendAll(pair.client, bytes);
        }
    } catch (const Poco::Exception&) {
        // As above.
    }
    close(pair);
}

/// The files stay open until the end, as the other direction may be about to read from them.
void TcpProxy::close(Pair& pair) {
    for (auto* socket : {&pair.client, &pair.server}) {
        try {
            socket->shutdown();
        } catch (const Poco::Exception&) {
            // Shut already.
        }
    }
}

}  // namespace linkup::test
