#pragma once

#include <string_view>

namespace linkup::match {

/// The places of GeoNames (geonames.org, CC BY 4.0) that Debian's libgeonames0 ships, and the smaller ones of
/// India from places_india.tsv, made by places_export at build time. One place a line, most populous first,
/// then those whose population is not known; fields by tabs: name, region, country code, country, latitude,
/// longitude, population.
extern const std::string_view kPlacesTable;

}  // namespace linkup::match
