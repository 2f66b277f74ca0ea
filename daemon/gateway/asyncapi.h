#pragma once

#include <string>
#include <vector>

#include "linkup/sdk/socket.h"

namespace linkup::daemon {

struct DescribedSocket {
    std::string owner;  ///< becomes the tag
    sdk::SocketSpec spec;
};

/// An AsyncAPI 3.0 document of the sockets: what a client may send on each, and what the host itself sends.
/// Source: asyncapi.com/docs/reference/specification/v3.0.0.
sdk::Json describeSockets(const std::string& title, const std::string& version,
                          const std::vector<DescribedSocket>& sockets);

}  // namespace linkup::daemon
