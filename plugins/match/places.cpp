#include "places.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include "place_text.h"

namespace linkup::match {
namespace {

constexpr std::size_t kFields = 7;

struct FormerName {
    std::string_view former;
    std::string_view present;
};

/// What people in India still say, and GeoNames' present names; both folded.
constexpr FormerName kFormerNames[] = {{"bangalore", "bengaluru"},
                                       {"bombay", "mumbai"},
                                       {"calcutta", "kolkata"},
                                       {"madras", "chennai"},
                                       {"mysore", "mysuru"},
                                       {"mangalore", "mangaluru"},
                                       {"gurgaon", "gurugram"},
                                       {"allahabad", "prayagraj"},
                                       {"baroda", "vadodara"},
                                       {"cochin", "kochi"},
                                       {"trivandrum", "thiruvananthapuram"},
                                       {"calicut", "kozhikode"},
                                       {"pondicherry", "puducherry"},
                                       {"poona", "pune"},
                                       {"benares", "varanasi"},
                                       {"banaras", "varanasi"},
                                       {"vizag", "visakhapatnam"},
                                       {"trichy", "tiruchirappalli"},
                                       {"hubli", "hubballi"},
                                       {"belgaum", "belagavi"},
                                       {"gulbarga", "kalaburagi"},
                                       {"simla", "shimla"},
                                       {"cawnpore", "kanpur"},
                                       {"tuticorin", "thoothukudi"},
                                       {"quilon", "kollam"},
                                       {"alleppey", "alappuzha"}};

std::array<std::string_view, kFields> fieldsOf(std::string_view line) {
    std::array<std::string_view, kFields> fields;
    for (std::size_t field = 0; field < kFields; ++field) {
        const auto end = line.find('\t');
        if ((end == std::string_view::npos) != (field + 1 == kFields)) {
            throw std::invalid_argument("places: a line has not " + std::to_string(kFields) + " fields");
        }
        fields[field] = line.substr(0, end);
        line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    }
    return fields;
}

double degrees(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::invalid_argument("places: a line has no number where degrees belong");
    }
    return value;
}

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(by);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// The parts, without those that are empty or say the same as the one before.
std::string joined(std::initializer_list<std::string_view> parts) {
    std::string label;
    std::string_view last;
    for (const auto part : parts) {
        if (part.empty() || part == last) continue;
        if (!label.empty()) label += ", ";
        label += part;
        last = part;
    }
    return label;
}

}  // namespace

Places::Places(std::string_view table) {
    while (!table.empty()) {
        const auto end = table.find('\n');
        const auto [name, region, code, country, latitude, longitude, population] =
            fieldsOf(table.substr(0, end));
        places_.push_back({name, region, country, code == "IN", degrees(latitude), degrees(longitude)});
        add(static_cast<std::uint32_t>(places_.size() - 1), foldPlaceText(name));
        table.remove_prefix(end == std::string_view::npos ? table.size() : end + 1);
    }
    sort(words_);
    addFormerNames();
    sort(words_);
    sort(india_);
}

void Places::add(std::uint32_t place, std::string_view name) {
    const auto start = static_cast<std::uint32_t>(folded_.size());
    const auto& found = places_[place];
    folded_ += name;
    const auto name_end = folded_.size();
    folded_ += ' ' + foldPlaceText(found.region);
    const auto region_end = folded_.size();
    folded_ += ' ' + foldPlaceText(found.country);
    folded_ += '\0';
    for (auto at = start; at < name_end; ++at) {
        if (at == start || folded_[at - 1] == ' ') {
            words_.push_back({at, place, at == start ? static_cast<std::uint32_t>(name.size()) : 0});
        }
    }
    if (!found.in_india) return;
    for (auto at = start; at < region_end; ++at) india_.push_back({at, place});
}

void Places::addFormerNames() {
    std::vector<std::pair<std::uint32_t, std::string_view>> former;
    for (const auto& name : kFormerNames) {
        const auto [begin, end] = range(words_, name.present);
        std::uint32_t best = static_cast<std::uint32_t>(places_.size());
        for (auto entry = begin; entry != end; ++entry) {
            if (entry->name_length == name.present.size() && places_[entry->place].in_india) {
                best = std::min(best, entry->place);
            }
        }
        if (best < places_.size()) former.emplace_back(best, name.former);
    }
    for (const auto& [place, name] : former) add(place, name);
}

void Places::sort(Entries& entries) const {
    std::sort(entries.begin(), entries.end(), [this](const Entry& one, const Entry& other) {
        return std::strcmp(folded_.data() + one.at, folded_.data() + other.at) < 0;
    });
}

std::pair<Places::Entries::const_iterator, Places::Entries::const_iterator> Places::range(
    const Entries& entries, std::string_view prefix) const {
    const auto compare = [&](const Entry& entry) {
        return std::strncmp(folded_.data() + entry.at, prefix.data(), prefix.size());
    };
    const auto begin = std::partition_point(entries.begin(), entries.end(),
                                            [&](const Entry& entry) { return compare(entry) < 0; });
    const auto end =
        std::partition_point(begin, entries.end(), [&](const Entry& entry) { return compare(entry) == 0; });
    return {begin, end};
}

std::vector<std::string> Places::search(std::string_view query) const {
    const auto wanted = foldPlaceText(query);
    if (wanted.empty()) return {};
    const auto [begin, end] = range(words_, wanted);
    std::vector<std::pair<bool, std::uint32_t>> hits;  // later word, place
    hits.reserve(static_cast<std::size_t>(end - begin));
    for (auto entry = begin; entry != end; ++entry) hits.emplace_back(entry->name_length == 0, entry->place);
    // A place is hit once for each word that fits; few of them are, so a small surplus is enough.
    const auto kept = std::min(hits.size(), 8 * kMostFound);
    std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(kept), hits.end());
    hits.resize(kept);

    std::vector<std::uint32_t> found;
    for (const auto& [later, place] : hits) {
        if (found.size() == kMostFound) break;
        if (std::find(found.begin(), found.end(), place) == found.end()) found.push_back(place);
    }
    std::vector<std::string> labels;
    labels.reserve(found.size());
    for (const auto place : found) {
        labels.push_back(joined({places_[place].name, places_[place].region, places_[place].country}));
    }
    return labels;
}

std::vector<std::string> Places::searchIndia(std::string_view query) const {
    const auto wanted = foldPlaceText(query);
    if (wanted.empty()) return {};
    const auto [begin, end] = range(india_, wanted);
    std::vector<std::string> labels;
    if (begin == end) return labels;
    // One letter is hit many thousand times; marking is cheaper than sorting.
    std::vector<char> hit(places_.size(), 0);
    for (auto entry = begin; entry != end; ++entry) hit[entry->place] = 1;
    for (auto next = std::find(hit.begin(), hit.end(), 1); next != hit.end() && labels.size() < kMostFound;
         next = std::find(next + 1, hit.end(), 1)) {
        const Place& place = places_[static_cast<std::size_t>(next - hit.begin())];
        labels.push_back(std::string(place.name) + ", " + std::string(place.region));
    }
    return labels;
}

const Place* Places::resolve(std::string_view text) const {
    std::vector<std::string> parts;
    for (const auto part : split(text, ',')) {
        if (auto folded = foldPlaceText(part); !folded.empty()) parts.push_back(std::move(folded));
    }
    if (parts.empty()) return nullptr;
    const auto fits = [&](const Place& place) {
        const auto region = foldPlaceText(place.region);
        const auto country = foldPlaceText(place.country);
        return std::all_of(parts.begin() + 1, parts.end(),
                           [&](const auto& part) { return part == region || part == country; });
    };
    const Place* best = nullptr;
    const auto [begin, end] = range(words_, parts.front());
    for (auto entry = begin; entry != end; ++entry) {
        const Place& place = places_[entry->place];
        if (entry->name_length == parts.front().size() && (best == nullptr || &place < best) && fits(place)) {
            best = &place;
        }
    }
    return best;
}

}  // namespace linkup::match
