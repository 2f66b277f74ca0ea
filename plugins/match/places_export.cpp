// Build tool: writes the places of libgeonames as the source file behind places_table.h.

#include <geonames.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

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

/// As people there write it: "Uttar Pradesh", not "State of Uttar Pradesh"; "Meghalaya", not "Meghālaya".
std::string indianRegion(std::string region) {
    for (const std::string prefix : {"State of ", "National Capital Territory of "}) {
        if (region.starts_with(prefix)) region.erase(0, prefix.size());
    }
    const std::unique_ptr<char, decltype(&g_free)> ascii(g_str_to_ascii(region.c_str(), "C"), &g_free);
    return ascii.get();
}

Row rowOf(GeonamesCity* city) {
    Row row{text(geonames_city_get_name(city)),         text(geonames_city_get_state(city)),
            text(geonames_city_get_country_code(city)), text(geonames_city_get_country(city)),
            geonames_city_get_latitude(city),           geonames_city_get_longitude(city),
            geonames_city_get_population(city)};
    if (row.code == "IN") row.region = indianRegion(row.region);
    return row;
}

std::vector<Row> readAll() {
    std::vector<Row> rows;
    for (int index = 0; index < geonames_get_n_cities(); ++index) {
        const std::unique_ptr<GeonamesCity, decltype(&geonames_city_free)> city(geonames_get_city(index),
                                                                                &geonames_city_free);
        rows.push_back(rowOf(city.get()));
    }
    // A campus town below the 15,000 people from which on the package lists places.
    rows.push_back({"Manipal", "Karnataka", "IN", "India", 13.35, 74.79, 0});
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& one, const Row& other) { return one.population > other.population; });
    return rows;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: places_export FILE.cpp\n";
        return 64;
    }
    std::ofstream out(argv[1]);
    out << "// Places: GeoNames, geonames.org, CC BY 4.0.\n"
           "#include \"places_table.h\"\n\n"
           "namespace linkup::match {\n\n"
           "const std::string_view kPlacesTable = R\"places(";
    for (const Row& row : readAll()) {
        char numbers[64];
        std::snprintf(numbers, sizeof numbers, "%.5f\t%.5f\t%u", row.latitude, row.longitude, row.population);
        out << row.name << '\t' << row.region << '\t' << row.code << '\t' << row.country << '\t' << numbers
            << '\n';
    }
    out << ")places\";\n\n}  // namespace linkup::match\n";
    out.close();
    return out ? 0 : 74;
}
