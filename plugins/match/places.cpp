#include "places.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "place_text.h"

namespace linkup::match {
namespace {

constexpr std::size_t kFields = 7;
constexpr std::ptrdiff_t kFewSuffixes = 256;

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

/// Whether what stands at a position of a text comes before a prefix, after it, or begins with it.
struct BeginsIn {
    const std::string& text;
    int compare(std::uint32_t at, std::string_view prefix) const {
        return std::strncmp(text.data() + at, prefix.data(), prefix.size());
    }
    bool operator()(std::uint32_t at, std::string_view prefix) const { return compare(at, prefix) < 0; }
    bool operator()(std::string_view prefix, std::uint32_t at) const { return compare(at, prefix) > 0; }
};

/// Unless it is there: some places are called alike.
void addNew(std::vector<std::string>& labels, std::string label) {
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(std::move(label));
}

}  // namespace

Places::Places(std::string_view table) {
    std::array<bool, std::size(kFormerNames)> taken{};
    while (!table.empty()) {
        const auto end = table.find('\n');
        const auto [name, region, code, country, latitude, longitude, population] =
            fieldsOf(table.substr(0, end));
        places_.push_back({name, region, country, code == "IN", degrees(latitude), degrees(longitude)});
        const auto folded = foldPlaceText(name);
        add(folded);
        for (std::size_t i = 0; code == "IN" && i < taken.size(); ++i) {
            // The most populous one: it comes first.
            if (kFormerNames[i].present == folded && !std::exchange(taken[i], true))
                add(kFormerNames[i].former);
        }
        table.remove_prefix(end == std::string_view::npos ? table.size() : end + 1);
    }
    folded_.shrink_to_fit();
    india_.shrink_to_fit();
    india_suffixes_.shrink_to_fit();
    std::sort(india_suffixes_.begin(), india_suffixes_.end(), [this](std::uint32_t one, std::uint32_t other) {
        return std::strcmp(india_.data() + one, india_.data() + other) < 0;
    });
    std::sort(words_.begin(), words_.end(), [this](const Word& one, const Word& other) {
        return std::strcmp(folded_.data() + one.at, folded_.data() + other.at) < 0;
    });
    words_.shrink_to_fit();
}

void Places::add(std::string_view name) {
    const auto place = static_cast<std::uint32_t>(places_.size() - 1);
    const auto start = static_cast<std::uint32_t>(folded_.size());
    const auto& found = places_[place];
    folded_ += name;
    const auto name_end = folded_.size();
    folded_ += ' ' + foldPlaceText(found.region);
    if (found.in_india) {
        const auto text = std::string_view(folded_).substr(start);
        india_starts_.push_back({static_cast<std::uint32_t>(india_.size()), place});
        for (std::size_t at = 0; at < text.size(); ++at) {
            india_suffixes_.push_back(static_cast<std::uint32_t>(india_.size() + at));
        }
        india_ += text;
        india_ += '\0';
    }
    folded_ += ' ' + foldPlaceText(found.country);
    folded_ += '\0';
    for (auto at = start; at < name_end; ++at) {
        if (at == start || folded_[at - 1] == ' ') {
            words_.push_back({at, place, at == start ? static_cast<std::uint32_t>(name.size()) : 0});
        }
    }
}

std::span<const Places::Word> Places::wordsWith(std::string_view prefix) const {
    const auto compare = [&](const Word& word) {
        return std::strncmp(folded_.data() + word.at, prefix.data(), prefix.size());
    };
    const auto begin = std::partition_point(words_.begin(), words_.end(),
                                            [&](const Word& word) { return compare(word) < 0; });
    const auto end =
        std::partition_point(begin, words_.end(), [&](const Word& word) { return compare(word) == 0; });
    return {begin, end};
}

std::vector<std::string> Places::search(std::string_view query) const {
    const auto wanted = foldPlaceText(query);
    if (wanted.empty()) return {};
    const auto words = wordsWith(wanted);
    std::vector<std::pair<bool, std::uint32_t>> hits;  // later word, place
    hits.reserve(words.size());
    for (const Word& word : words) hits.emplace_back(word.name_length == 0, word.place);
    // A place is hit once for each word that fits, and some are called alike; few of them, so a small surplus
    // is enough.
    const auto kept = std::min(hits.size(), 8 * kMostFound);
    std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(kept), hits.end());
    hits.resize(kept);

    std::vector<std::string> labels;
    for (const auto& [later, place] : hits) {
        if (labels.size() == kMostFound) break;
        addNew(labels, joined({places_[place].name, places_[place].region, places_[place].country}));
    }
    return labels;
}

std::vector<std::string> Places::searchIndia(std::string_view query) const {
    const auto wanted = foldPlaceText(query);
    if (wanted.empty()) return {};
    const auto [begin, end] =
        std::equal_range(india_suffixes_.begin(), india_suffixes_.end(), wanted, BeginsIn{india_});
    std::vector<std::string> labels;
    // Of many the first ones are soon found by going through the text, of few by sorting them.
    if (end - begin > kFewSuffixes) {
        for (std::size_t at = 0; at != std::string::npos && labels.size() < kMostFound;) {
            at = india_.find(wanted, at);
            if (at != std::string::npos) at = addPlaceAt(labels, at);
        }
    } else {
        std::vector<std::uint32_t> hits(begin, end);
        std::sort(hits.begin(), hits.end());
        for (std::size_t i = 0; i < hits.size() && labels.size() < kMostFound; ++i)
            addPlaceAt(labels, hits[i]);
    }
    return labels;
}

std::size_t Places::addPlaceAt(std::vector<std::string>& labels, std::size_t at) const {
    const auto next =
        std::upper_bound(india_starts_.begin(), india_starts_.end(), at,
                         [](std::size_t position, const Start& start) { return position < start.at; });
    const Place& place = places_[std::prev(next)->place];
    addNew(labels, std::string(place.name) + ", " + std::string(place.region));
    return next == india_starts_.end() ? std::string::npos : next->at;
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
    for (const Word& word : wordsWith(parts.front())) {
        const Place& place = places_[word.place];
        if (word.name_length == parts.front().size() && (best == nullptr || &place < best) && fits(place)) {
            best = &place;
        }
    }
    return best;
}

}  // namespace linkup::match
