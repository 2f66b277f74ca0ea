#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "temporary_folder.h"

namespace linkup::test {

/// The socket at which a service manager hears of its service (sd_notify(3)).
///
/// Threading: one thread.
class NotifySocket {
public:
    /// Errors: std::runtime_error when it cannot be made.
    NotifySocket();
    ~NotifySocket();
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    /// For the service's environment, as NOTIFY_SOCKET.
    std::string address() const { return (folder_ / "notify").string(); }
    /// All messages so far, in order.
    const std::vector<std::string>& messages();
    /// How many of them are just this.
    std::size_t count(const std::string& message);

private:
    TemporaryFolder folder_;
    int handle_ = -1;
    std::vector<std::string> messages_;
};

/// A TCP socket that listens on a port of the loopback address which the kernel chose, as a socket unit's.
class ListeningSocket {
public:
    /// Errors: std::runtime_error when it cannot be made.
    ListeningSocket();
    ~ListeningSocket();
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;

    int handle() const { return handle_; }
    std::uint16_t port() const { return port_; }

private:
    int handle_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace linkup::test
