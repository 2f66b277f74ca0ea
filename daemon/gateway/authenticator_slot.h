#pragma once

#include <mutex>
#include <string_view>

#include "gate.h"
#include "linkup/sdk/error.h"
#include "linkup/sdk/services/authenticator.h"

namespace linkup::daemon {

/// Holds whoever tells tokens apart, while that plugin runs.
///
/// Threading: any thread.   Errors: Error{kUnavailable} while there is nobody.
class AuthenticatorSlot {
public:
    /// Null: nobody. Waits until no call into the one before is running.
    void set(sdk::Authenticator* authenticator) {
        const std::lock_guard lock(mutex_);
        gate_.closeAndWait();
        authenticator_ = authenticator;
        if (authenticator != nullptr) gate_.open();
    }
    sdk::Authenticator::Answer verifyFast(std::string_view token) {
        const Passage passage(gate_);
        return present(passage).verifyFast(token);
    }
    sdk::Authenticator::Answer verify(std::string_view token) {
        const Passage passage(gate_);
        return present(passage).verify(token);
    }

private:
    sdk::Authenticator& present(const Passage& passage) {
        if (!passage) throw sdk::Error(sdk::ErrorCode::kUnavailable, "");
        return *authenticator_;
    }

    std::mutex mutex_;
    Gate gate_{false};
    sdk::Authenticator* authenticator_ = nullptr;
};

}  // namespace linkup::daemon
