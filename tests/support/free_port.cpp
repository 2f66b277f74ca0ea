#include "free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace linkup::test {
namespace {

[[noreturn]] void fail(int socket, const char* what) {
    const int error = errno;
    if (socket >= 0) close(socket);
    throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

FreePort::FreePort() {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) fail(socket_, "socket");

    const int on = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) fail(socket_, "SO_REUSEADDR");
    if (bind(socket_, generic, size) != 0) fail(socket_, "bind");
    if (getsockname(socket_, generic, &size) != 0) fail(socket_, "getsockname");
    number_ = ntohs(address.sin_port);
}

FreePort::~FreePort() {
    close(socket_);
}

}  // namespace linkup::test
