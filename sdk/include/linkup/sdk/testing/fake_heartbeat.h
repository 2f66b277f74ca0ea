#pragma once

#include <atomic>

#include "linkup/sdk/heartbeat.h"

namespace linkup::sdk::testing {

/// Remembers what a thread said last. Threading: any thread.   Since: ABI 1.2.
class FakeHeartbeat : public Heartbeat {
public:
    void beat() noexcept override {
        ++beats;
        rests = false;
    }
    void rest() noexcept override { rests = true; }

    std::atomic<int> beats{0};      ///< how often it beat
    std::atomic<bool> rests{true};  ///< whether nothing is expected
};

}  // namespace linkup::sdk::testing
