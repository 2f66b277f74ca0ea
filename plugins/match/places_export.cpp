// Build tool: writes the places of libgeonames, and the towns of places_india.tsv that it lacks, as the
// source file behind places_table.h.

#include <geonames.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "place_text.h"

namespace {

struct Row {
    std::string name;
    std::string region;
    std::string code;
    std::string country;
    double latitude;
    double longitude;
    unsigned population;
};

std::string text(const char* found) {
    std::string text = found != nullptr ? found : "";
    std::replace(text.begin(), text.end(), '\t', ' ');
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

/// As people in India write it: "Meghalaya", not "Meghālaya".
std::string withoutMarks(const std::string& name) {
    const std::unique_ptr<char, decltype(&g_free)> ascii(g_str_to_ascii(name.c_str(), "C"), &g_free);
    return ascii.get();
}

/// "Uttar Pradesh", not "State of Uttar Pradesh".
std::string indianRegion(std::string region) {
    for (const std::string prefix : {"State of ", "National Capital Territory of "}) {
        if (region.starts_with(prefix)) region.erase(0, prefix.size());
    }
    return withoutMarks(region);
}

Row rowOf(GeonamesCity* city) {
    Row row{text(geonames_city_get_name(city)),         text(geonames_city_get_state(city)),
            text(geonames_city_get_country_code(city)), text(geonames_city_get_country(city)),
            geonames_city_get_latitude(city),           geonames_city_get_longitude(city),
            geonames_city_get_population(city)};
    if (row.code == "IN") {
        row.name = withoutMarks(row.name);
        row.region = indianRegion(row.region);
    }
    return row;
}

/// GeoNames moves a place, or spells it in another way, but hardly both.
bool isSamePlace(const Row& one, const Row& other) {
    const double apart =
        std::max(std::abs(one.latitude - other.latitude), std::abs(one.longitude - other.longitude));
    if (apart < 0.0001) return true;
    return apart < 0.3 && linkup::match::foldPlaceText(one.name) == linkup::match::foldPlaceText(other.name);
}

/// Rows without population, of a file with name, region, latitude and longitude in each line.
std::vector<Row> readIndia(const std::string& file) {
    std::vector<Row> rows;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        std::istringstream fields(line);
        Row row{{}, {}, "IN", "India", 0, 0, 0};
        std::getline(fields, row.name, '\t');
        std::getline(fields, row.region, '\t');
        if (!(fields >> row.latitude >> row.longitude)) throw std::runtime_error("bad line: " + line);
        rows.push_back(row);
    }
    if (rows.empty()) throw std::runtime_error("nothing in " + file);
    return rows;
}

/// Adds those that are none of `rows`.
void addSmaller(std::vector<Row>& rows, const std::vector<Row>& candidates) {
    std::multimap<double, Row> large;
    for (const Row& row : rows) {
        if (row.code == "IN") large.emplace(row.latitude, row);
    }
    for (const Row& candidate : candidates) {
        const bool known = std::any_of(large.lower_bound(candidate.latitude - 0.3),
                                       large.upper_bound(candidate.latitude + 0.3),
                                       [&](const auto& one) { return isSamePlace(one.second, candidate); });
        if (!known) rows.push_back(candidate);
    }
}

std::vector<Row> readAll(const std::string& india) {
    std::vector<Row> rows;
    for (int index = 0; index < geonames_get_n_cities(); ++index) {
        const std::unique_ptr<GeonamesCity, decltype(&geonames_city_free)> city(geonames_get_city(index),
                                                                                &geonames_city_free);
        rows.push_back(rowOf(city.get()));
    }
    addSmaller(rows, readIndia(india));
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& one, const Row& other) { return one.population > other.population; });
    return rows;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: places_export INDIA.tsv FILE.cpp\n";
        return 64;
    }
    std::ofstream out(argv[2]);
    out << "// Places: GeoNames, geonames.org, CC BY 4.0.\n"
           "#include \"places_table.h\"\n\n"
           "namespace linkup::match {\n\n"
           "const std::string_view kPlacesTable = R\"places(";
    for (const Row& row : readAll(argv[1])) {
        char numbers[64];
        std::snprintf(numbers, sizeof numbers, "%.5f\t%.5f\t%u", row.latitude, row.longitude, row.population);
        out << row.name << '\t' << row.region << '\t' << row.code << '\t' << row.country << '\t' << numbers
            << '\n';
    }
    out << ")places\";\n\n}  // namespace linkup::match\n";
    out.close();
    return out ? 0 : 74;
}
