#pragma once

#include <linkup/sdk/registrar.h>

#include "session_service.h"

namespace linkup::auth {

/// logout, logout-all, sessions. The service must outlive the registration.
void registerSessionEndpoints(sdk::Registrar& registrar, SessionService& sessions);

}  // namespace linkup::auth
