#include "notify_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace linkup::test {

NotifySocket::NotifySocket() : handle_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    std::strncpy(place.sun_path, address().c_str(), sizeof place.sun_path - 1);
    if (bind(handle_, reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0)
        throw std::runtime_error("cannot bind " + address() + ": " + std::strerror(errno));
}

NotifySocket::~NotifySocket() {
    close(handle_);
}

const std::vector<std::string>& NotifySocket::messages() {
    std::array<char, 4096> text{};
    for (;;) {
        const ssize_t size = recv(handle_, text.data(), text.size(), 0);
        if (size < 0) return messages_;
        messages_.emplace_back(text.data(), static_cast<std::size_t>(size));
    }
}

std::size_t NotifySocket::count(const std::string& message) {
    return static_cast<std::size_t>(std::count(messages().begin(), messages().end(), message));
}

ListeningSocket::ListeningSocket() : handle_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    if (bind(handle_, reinterpret_cast<const sockaddr*>(&place), size) != 0 || listen(handle_, 1024) != 0 ||
        getsockname(handle_, reinterpret_cast<sockaddr*>(&place), &size) != 0)
        throw std::runtime_error(std::string("cannot listen: ") + std::strerror(errno));
    port_ = ntohs(place.sin_port);
}

ListeningSocket::~ListeningSocket() {
    close(handle_);
}

}  // namespace linkup::test
