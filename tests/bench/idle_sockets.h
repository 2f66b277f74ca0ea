#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace linkup::bench {

/// Many WebSockets that say nothing, without a thread each on our side either.
class IdleSockets {
public:
    IdleSockets() = default;
    ~IdleSockets();
    IdleSockets(const IdleSockets&) = delete;
    IdleSockets& operator=(const IdleSockets&) = delete;

    /// Opens one more and takes the answer to its handshake. Errors: std::runtime_error when it is refused.
    void open(std::uint16_t port, const std::string& path, const std::string& token);

    /// Reads each to its end and counts those that were told `code` in a close frame.
    std::size_t closedWith(int code);

    /// Lets this process have as many as `count` open files. Errors: std::runtime_error.
    static void allowFiles(std::size_t count);
    /// The same as far as the system lets us. Returns how many it may have.
    static std::size_t allowFilesUpTo(std::size_t count);

private:
    std::vector<int> handles_;
};

}  // namespace linkup::bench
