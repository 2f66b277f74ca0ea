#pragma once

#include <string>
#include <string_view>

namespace linkup::match {

/// A text as places are compared: small letters without accents, apostrophes left out, one blank for whatever
/// else stands between words. Letters that have no Latin base stay as they are. Safe on any bytes.
std::string foldPlaceText(std::string_view text);

}  // namespace linkup::match
