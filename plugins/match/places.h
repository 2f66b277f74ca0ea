#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
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
/// Lifetime: no longer than the table.   Threading: immutable, any thread.   Cost: about 5 MB and a tenth of
/// a second to make; a search takes microseconds.
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
    struct Word {
        std::uint32_t at = 0;
        std::uint32_t place = 0;
        std::uint32_t name_length = 0;  ///< at the begin of a name; else 0
    };
    /// Where in `india_` the text of a place begins.
    struct Start {
        std::uint32_t at = 0;
        std::uint32_t place = 0;
    };

    /// A name of the last place.
    void add(std::string_view name);
    /// Adds the place whose text this position is in; returns where the next one begins, or npos.
    std::size_t addPlaceAt(std::vector<std::string>& labels, std::size_t at) const;
    /// Those that begin with it, and go on as they like.
    std::span<const Word> wordsWith(std::string_view prefix) const;

    std::vector<Place> places_;  ///< most populous first
    std::string folded_;         ///< name, region and country for each name, each ended by a NUL
    std::vector<Word> words_;    ///< words of names, in the order of what stands there
    std::string india_;          ///< name and state for each name in India, each ended by a NUL
    std::vector<Start> india_starts_;
    std::vector<std::uint32_t> india_suffixes_;  ///< positions in `india_`, in the order of what stands there
};

}  // namespace linkup::match
