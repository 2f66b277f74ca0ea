#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/registrar.h>

#include <string>
#include <vector>

#include "profile_service.h"

namespace linkup::auth {

/// register, me, user/get/detail, user/get/preferences, user/update/preferences. Service and clock must
/// outlive the registration.
void registerProfileEndpoints(sdk::Registrar& registrar, ProfileService& profiles, const sdk::Clock& clock,
                              const std::vector<std::string>& majors);

}  // namespace linkup::auth
