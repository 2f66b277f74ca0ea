#include "raw_connection.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include <algorithm>
#include <array>
#include <thread>

namespace linkup::test {
namespace {

Poco::Net::SocketAddress addressOf(const std::string& url) {
    const Poco::URI uri(url);
    return {uri.getHost(), uri.getPort()};
}

}  // namespace

RawConnection::RawConnection(const std::string& url) : socket_(addressOf(url)) {
    socket_.setNoDelay(true);
    socket_.setSendTimeout(Poco::Timespan(std::chrono::microseconds(kPatience).count()));
}

bool RawConnection::send(std::string_view bytes) {
    try {
        while (!bytes.empty()) {
            const int sent = socket_.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    } catch (const Poco::Exception&) {
        return false;
    }
}

bool RawConnection::sendSlowly(std::string_view bytes, std::size_t piece, std::chrono::milliseconds pause) {
    while (!bytes.empty()) {
        const std::size_t size = std::min(piece, bytes.size());
        if (!send(bytes.substr(0, size))) return false;
        bytes.remove_prefix(size);
        std::this_thread::sleep_for(pause);
    }
    return true;
}

std::string RawConnection::receive(std::chrono::milliseconds deadline) {
    const std::size_t before = received_.size();
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!closed_) {
        const auto left = end - std::chrono::steady_clock::now();
        if (left <= left.zero()) break;
        readSome(std::chrono::duration_cast<std::chrono::microseconds>(left));
    }
    return received_.substr(before);
}

std::string RawConnection::receiveUntil(std::string_view text, std::chrono::milliseconds deadline) {
    const std::size_t before = received_.size();
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!closed_ && received_.find(text) == std::string::npos) {
        const auto left = end - std::chrono::steady_clock::now();
        if (left <= left.zero()) break;
        readSome(std::chrono::duration_cast<std::chrono::microseconds>(left));
    }
    return received_.substr(before);
}

void RawConnection::readSome(std::chrono::microseconds timeout) {
    std::array<char, 16384> buffer;
    try {
        if (!socket_.poll(Poco::Timespan(timeout.count()), Poco::Net::Socket::SELECT_READ)) return;
        const int size = socket_.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
        if (size <= 0) closed_ = true;
        if (size > 0) received_.append(buffer.data(), static_cast<std::size_t>(size));
    } catch (const Poco::Exception&) {
        closed_ = true;  // a reset
    }
}

void RawConnection::shutdownSend() {
    socket_.shutdownSend();
}

void RawConnection::reset() {
    socket_.setLinger(true, 0);
    socket_.close();
    closed_ = true;
}

}  // namespace linkup::test
