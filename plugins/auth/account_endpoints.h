#pragma once

#include <linkup/sdk/registrar.h>

#include "account_service.h"
#include "code_service.h"
#include "data_request_service.h"
#include "session_service.h"

namespace linkup::auth {

/// The plugin's pool for whatever hashes a password.
inline constexpr const char* kPasswordPool = "passwords";

/// verify-email, verify-otp, signup, token, refresh. All services must outlive the registration.
void registerAccountEndpoints(sdk::Registrar& registrar, CodeService& codes, AccountService& accounts,
                              SessionService& sessions, DataRequestService& requests,
                              std::chrono::seconds access_lifetime);

}  // namespace linkup::auth
