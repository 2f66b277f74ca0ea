#pragma once

#include <memory>

#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// While it lives, this thread computes for milliseconds, such as a password's hash, and everybody else goes
/// first: it keeps off the first of the process's cores, so that what is soon done settles there, and every
/// half a millisecond it offers the core that it has to whoever waits for it. Left alone, a request that
/// comes to a busy core waits there for up to a tick of the kernel, 4 ms, though another core be idle:
/// schedulers let a thread finish its slice, and look for idle cores less the busier the machine is.
///
/// For what only computes: in its scope signals come (SIGURG, which does nothing else), so that a system call
/// that waits may end with EINTR. Where the kernel refuses one of the two wishes, all goes on without it.
///
/// Held by: both sides.   Threading: lives and dies on one thread.   Errors: none.   Since: ABI 1.6.
class LINKUP_SDK_API LongComputation {
public:
    /// `at_once`: how many threads compute so; if they need the first core too, they have it.
    explicit LongComputation(int at_once);
    ~LongComputation();
    LongComputation(const LongComputation&) = delete;
    LongComputation& operator=(const LongComputation&) = delete;

    /// How many threads may do so at once and leave a core to everybody else.
    static int cores() noexcept;

private:
    struct State;
    const std::unique_ptr<State> state_;
};

}  // namespace linkup::sdk
