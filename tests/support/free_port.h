#pragma once

#include <cstdint>

namespace linkup::test {

/// A TCP port of the loopback address, chosen by the kernel and kept for a server that the test starts.
///
/// The object holds a bound socket that does not listen: a server that sets SO_REUSEADDR (all of ours do) can
/// listen on the port, again and again, while the kernel gives it to nobody else, not even as the source of a
/// connection. A test can so stop a server and start it again. With no server there, a connection is refused.
class FreePort {
public:
    /// Errors: std::system_error when there is none.
    FreePort();
    ~FreePort();

    FreePort(const FreePort&) = delete;
    FreePort& operator=(const FreePort&) = delete;

    std::uint16_t number() const { return number_; }

private:
    int socket_ = -1;
    std::uint16_t number_ = 0;
};

}  // namespace linkup::test
