#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace linkup::match {

/// A town or city, in degrees.
struct Place {
    std::string_view name;
    std::string_view region;
    std::string_view country;
    bool in_india = false;
    double latitude = 0;
    double longitude = 0;
};

/// All places, to be looked up by name. Case and accents do not count.
///
/// Lifetime: no longer than the table.   Threading: immutable, any thread.   Cost: about 5 MB and a fraction
/// of a second to make; a search takes microseconds.
class Places {
public:
    static constexpr std::size_t kMostFound = 20;

    /// `table` as places_table.h describes it. Throws std::invalid_argument for a line of another form.
    explicit Places(std::string_view table);

    /// "City, Region, Country" of places with a word that the query begins; those whose name it begins come
    /// first, then the more populous.
    std::vector<std::string> search(std::string_view query) const;
    /// "City, State" of India's places whose name or state contains the query, most populous first.
    std::vector<std::string> searchIndia(std::string_view query) const;
    /// The most populous place that `text` names: "City", or "City, Region" and the like, all parts of which
    /// must fit. Null if there is none.
    const Place* resolve(std::string_view text) const;

    std::size_t size() const noexcept { return places_.size(); }

private:
    /// A position in `folded_` from which on a place may be found.
    struct Entry {
        std::uint32_t at = 0;
        std::uint32_t place = 0;
        std::uint32_t name_length = 0;  ///< at the begin of a name; else 0
    };
    using Entries = std::vector<Entry>;

    void add(std::uint32_t place, std::string_view name);
    void addFormerNames();
    void sort(Entries& entries) const;
    std::pair<Entries::const_iterator, Entries::const_iterator> range(const Entries& entries,
                                                                      std::string_view prefix) const;

    std::vector<Place> places_;  ///< most populous first
    std::string folded_;         ///< name, region and country of each place, each place ended by a NUL
    Entries words_;              ///< words of names
    Entries india_;              ///< all positions in names and states
};

}  // namespace linkup::match
