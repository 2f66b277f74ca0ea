#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace linkup::lobby {

/// A place among people who gathered. Smaller means: has waited for longer.
using Place = std::int32_t;
inline constexpr Place kNobody = -1;

/// People of whom each fits everybody on the other side (where there is one side only: everybody else), but
/// for the strangers. In a lobby those are few, so this holds what is missing of the graph and not its edges:
/// it takes as much room as there are people and strangers, not as there are couples.
struct FitGraph {
    std::vector<std::uint8_t> side;             ///< 0 or 1, for each place
    bool one_side = false;                      ///< all are on side 0, and fit each other
    std::vector<std::vector<Place>> strangers;  ///< for each place whom it must not meet; sorted, mutual

    std::size_t size() const { return side.size(); }
    std::size_t strangerCount() const;
    int otherSideOf(Place place) const { return one_side ? 0 : 1 - side[static_cast<std::size_t>(place)]; }
    bool areStrangers(Place one, Place other) const;
};

/// A matching of as many couples as there can be, and of these one that serves those who wait the longest.
///
/// H. N. Gabow's labels ("An efficient implementation of Edmonds' algorithm for maximum matching on graphs",
/// J. ACM 23, 1976) on the complement of a graph: a search takes each person off the list of those not
/// reached the first time that it comes by, and whom it passes over are strangers, so it costs as much as
/// there are people and strangers (with Gabow's and Tarjan's sets of bases, 1983, times a factor that hardly
/// grows). A search that finds nothing leaves a Hungarian tree, which no later search needs to enter, so all
/// of those together cost no more than one.
///
/// The sets of people whom some matching serves are the independent sets of a matroid (J. Edmonds and D. R.
/// Fulkerson, 1965). So taking people in order, and serving each who can be served beside those before, is
/// right for every weight that falls with the order; what it ends with is a maximum matching.
///
/// Threading: one thread.
class Matching {
public:
    /// `waited` of each place, never rising; only where it falls one person goes before another.
    Matching(const FitGraph& graph, std::span<const std::int64_t> waited);

    /// Begins with a couple of people who are free and no strangers.
    void join(Place one, Place other);
    /// Makes the matching maximum. Gives up, with a matching that may be smaller, after so many `steps`; true
    /// if it did not.
    bool complete(std::size_t steps = std::numeric_limits<std::size_t>::max());
    /// Whom the place meets, or kNobody.
    Place mate(Place place) const { return mate_[static_cast<std::size_t>(place)]; }

private:
    enum class Reach : std::uint8_t {
        kNot,
        kOdd,
        kEven
    };  ///< by alternating paths from where a search began
    enum class End : std::uint8_t { kServed, kInVain, kOutOfSteps };

    /// Places in no order, from which any one goes in no time.
    class Bag {
    public:
        explicit Bag(std::vector<Place>& positions) : positions_(&positions) {}
        std::size_t size() const { return places_.size(); }
        Place operator[](std::size_t position) const { return places_[position]; }
        void add(Place place);
        void remove(Place place);
        void clear() { places_.clear(); }

    private:
        std::vector<Place> places_;
        std::vector<Place>* positions_;
    };

    End serve(Place root);
    void begin(Place root);
    void noteStrangersOf(Place place);
    bool isStranger(Place place) const { return stranger_to_[static_cast<std::size_t>(place)] == scanning_; }
    Place freeFriend(Place root);
    void reachFriends(Place place);
    void reachEven(Place place, Place label, Place label_to, Place first);
    void joinBlossomsWith(Place place);
    void makeBlossom(Place one, Place other);
    void absorb(Place odd, Place one, Place other, Place join);
    void moveMembers(Place from, Place to);
    Place firstOdd(Place place);
    void rematch(Place place, Place mate);
    void forgetReach();

    Reach& reach(Place place) { return reach_[static_cast<std::size_t>(place)]; }
    Place& mateOf(Place place) { return mate_[static_cast<std::size_t>(place)]; }

    const FitGraph& graph_;
    std::span<const std::int64_t> waited_;
    const Place root_;  ///< the place that stands for "no odd place on the path": one past the last
    std::vector<Place> mate_;
    std::vector<Place> positions_;
    Bag free_[2];       ///< by side: have no mate, and may yet get one
    Bag unreached_[2];  ///< by side: have a mate, and the search has not come by

    // Of the search under way.
    std::vector<Reach> reach_;
    std::vector<Place> label_;     ///< of an even place: where its path goes on
    std::vector<Place> label_to_;  ///< if label_ is one end of an edge that made a blossom: the other
    std::vector<Place> first_;     ///< of an even place: the first odd one on its path; see firstOdd()
    std::vector<Place> flag_;
    Place flags_ = 0;
    std::vector<Place> queue_;    ///< even places, in the order in which they are scanned
    std::vector<Place> touched_;  ///< places that are not in a bag of those unreached any more
    // With one side: the even places by their first odd one; these sets are the blossoms.
    std::vector<Place> bases_positions_;
    Bag bases_;
    std::vector<Place> head_, tail_, next_;
    std::vector<Place> stranger_to_;
    Place scanning_ = kNobody;
    Place shortest_wait_ = kNobody;  ///< of the even places the one that waited the least
    std::size_t steps_ = 0;
    std::vector<std::pair<Place, Place>> rematches_;
};

}  // namespace linkup::lobby
