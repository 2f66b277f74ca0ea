#pragma once

#include "linkup/sdk/json.h"

namespace linkup::sdk {

/// Makes the keys of a parsed object unique: the last value of a key wins and stands where the key came
/// first. O(n log n), so that a body of nothing but keys costs its sender as much as us.
void keepLastOfEachKey(Json::Object& members);

}  // namespace linkup::sdk
