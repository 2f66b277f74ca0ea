#pragma once

#include <linkup/sdk/host.h>

#include <cstddef>
#include <functional>

namespace linkup::match {

/// Calls `each`, which must not throw, with 0 … count − 1: on this thread, and on others of the pool
/// "requests" that are free. Waits for nobody who has not begun, so it may be called from that pool.
void forEach(sdk::Workers& workers, std::size_t count, const std::function<void(std::size_t)>& each);

}  // namespace linkup::match
