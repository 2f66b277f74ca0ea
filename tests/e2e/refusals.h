#pragma once

#include <string>

#include "http_client.h"

namespace linkup::test {

/// Fails unless the reply has this status and this sentence, and Retry-After where the contract wants it.
void assertRefused(int status, const std::string& detail, const HttpReply& reply);

/// Fails unless the reply is a 422 whose `number`th fault is this one. `location` is written with slashes,
/// such as `body/photos/0/file_key`; an empty `message` may be any.
void assertFault(const std::string& type, const std::string& location, const std::string& message,
                 const HttpReply& reply, std::size_t number = 0);

}  // namespace linkup::test
