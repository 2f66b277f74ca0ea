#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/schema.h>

#include <string>
#include <vector>

/// What the routes of this plugin take, field by field in the contract's order. Built once, at registration.
namespace linkup::auth::schemas {

sdk::Schema emailQuery();
sdk::Schema code();
sdk::Schema newPassword();
sdk::Schema loginForm();
sdk::Schema refresh();
sdk::Schema userPath();
sdk::Schema sessionPath();

/// A picture as a client sends it: file_key and blurhash; whose file it may be is not checked here.
sdk::Schema picture();
/// Two to ten pictures.
sdk::Schema photos();
/// The clock, which has to outlive the schema, says who is 18.
sdk::Schema profile(const sdk::Clock& clock, std::vector<std::string> majors);
sdk::Schema preferences();
/// Any of the profile's fields that may change later.
sdk::Schema profileChanges();
sdk::Schema profileChangesQuery();

}  // namespace linkup::auth::schemas
