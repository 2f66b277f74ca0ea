#include "pairing.h"

#include <algorithm>
#include <map>
#include <span>
#include <unordered_map>

#include "matching.h"

namespace linkup::lobby {
namespace {

constexpr std::size_t kFirstChoices = 32;  ///< people whom the first couple-making compares for somebody
constexpr std::size_t kExchanges = 128;    ///< couples with whom each tries an exchange
constexpr std::size_t kReplacements = 32;  ///< people left over whom each tries in the place of either
constexpr int kRounds = 4;                 ///< how often, unless nothing gets better before
constexpr std::size_t kStepsEach = 100;    ///< for each guest and stranger, above PairingLimits

std::size_t at(Place place) {
    return static_cast<std::size_t>(place);
}

/// Those who fit each other, and nobody else: people of two genders who wish for the other one, or of one
/// who wish for the same.
class Circle {
public:
    explicit Circle(bool one_side) { graph_.one_side = one_side; }

    Place add(const Guest& guest, int side) {
        graph_.side.push_back(static_cast<std::uint8_t>(side));
        graph_.strangers.emplace_back();
        waited_.push_back(guest.misses);
        people_.push_back({guest.traits, guest.wishes});
        ids_.push_back(guest.id);
        return static_cast<Place>(ids_.size()) - 1;
    }
    void makeStrangers(Place one, Place other) {
        graph_.strangers[at(one)].push_back(other);
        graph_.strangers[at(other)].push_back(one);
    }
    void pairUp(std::mt19937_64& random, PairingLimits limits);
    void appendTo(std::vector<Couple>& couples) const {
        for (const auto& pair : couples_) couples.emplace_back(ids_[at(pair.one)], ids_[at(pair.other)]);
    }

private:
    struct Person {
        Traits traits;
        Traits wishes;
    };
    /// What an exchange looks at, side by side: reading it from where each person is would be most of the
    /// work.
    struct Pair {
        Place one;
        Place other;
        int score;
        Person persons[2];  ///< one, other
    };
    static int fulfilled(const Traits& wishes, const Traits& traits);
    static int score(const Person& one, const Person& other);
    int score(Place one, Place other) const { return score(people_[at(one)], people_[at(other)]); }

    void sortStrangers();
    void joinFirst(Matching& matching) const;
    Place firstChoice(Place place, const std::vector<Place>& next) const;
    void takeCouples(const Matching& matching);
    void improve(std::mt19937_64& random);
    bool exchangeWithNext(std::size_t position);
    bool exchange(Pair& a, Pair& b) const;
    bool replace(Pair& pair, std::mt19937_64& random);
    std::span<Place> leftOverLike(Place place);

    FitGraph graph_;
    std::vector<std::int64_t> waited_;
    std::vector<Person> people_;
    std::vector<sdk::UserId> ids_;
    std::vector<Pair> couples_;
    std::vector<Place> left_over_[2];  ///< by side, those who have missed the most first
};

int Circle::fulfilled(const Traits& wishes, const Traits& traits) {
    int count = 0;
    for (std::size_t i = 0; i < wishes.size(); ++i) {
        count += static_cast<int>(wishes[i] != 0) & static_cast<int>(wishes[i] == traits[i]);
    }
    return count;
}

int Circle::score(const Person& one, const Person& other) {
    return fulfilled(one.wishes, other.traits) + fulfilled(other.wishes, one.traits);
}

void Circle::pairUp(std::mt19937_64& random, PairingLimits limits) {
    sortStrangers();
    Matching matching(graph_, waited_);
    joinFirst(matching);
    if (graph_.size() <= limits.exact_up_to) {
        matching.complete();
    } else {
        matching.complete(kStepsEach * (graph_.size() + graph_.strangerCount()));
    }
    takeCouples(matching);
    improve(random);
}

void Circle::sortStrangers() {
    for (auto& list : graph_.strangers) {
        std::sort(list.begin(), list.end());
        list.erase(std::unique(list.begin(), list.end()), list.end());
    }
}

/// In order, each with the best company among the first who are free and have waited as long as the first of
/// them. Nearly all couples come about here.
void Circle::joinFirst(Matching& matching) const {
    // Lists by side of those who are free, in order, each begun and ended by a place past the last.
    const auto size = static_cast<Place>(graph_.size());
    std::vector<Place> next(graph_.size() + 2);
    std::vector<Place> previous(graph_.size() + 2);
    Place tails[2] = {size, size + 1};
    for (Place place = 0; place < size; ++place) {
        Place& tail = tails[graph_.side[at(place)]];
        next[at(tail)] = place;
        previous[at(place)] = tail;
        tail = place;
    }
    for (int side = 0; side < 2; ++side) {
        next[at(tails[side])] = size + side;
        previous[at(size + side)] = tails[side];
    }
    const auto unlink = [&](Place place) {
        next[at(previous[at(place)])] = next[at(place)];
        previous[at(next[at(place)])] = previous[at(place)];
    };
    for (Place place = 0; place < size; ++place) {
        if (matching.mate(place) != kNobody) continue;
        unlink(place);
        const Place choice = firstChoice(place, next);
        if (choice == kNobody) continue;
        unlink(choice);
        matching.join(place, choice);
    }
}

Place Circle::firstChoice(Place place, const std::vector<Place>& next) const {
    const Place end = static_cast<Place>(graph_.size()) + graph_.otherSideOf(place);
    Place best = kNobody;
    int best_score = -1;
    std::size_t choices = 0;
    for (Place other = next[at(end)]; other != end && choices < kFirstChoices; other = next[at(other)]) {
        if (graph_.areStrangers(place, other)) continue;
        if (best != kNobody && waited_[at(other)] != waited_[at(best)]) break;
        ++choices;
        if (const int its_score = score(place, other); its_score > best_score) {
            best = other;
            best_score = its_score;
        }
    }
    return best;
}

void Circle::takeCouples(const Matching& matching) {
    for (Place place = 0; at(place) < graph_.size(); ++place) {
        const Place mate = matching.mate(place);
        if (mate == kNobody) {
            left_over_[graph_.side[at(place)]].push_back(place);
        } else if (graph_.one_side ? place < mate : graph_.side[at(place)] == 0) {
            couples_.push_back({place, mate, score(place, mate), {people_[at(place)], people_[at(mate)]}});
        }
    }
}

/// Whom the matching serves stays so, or is somebody who has missed as much: 1 and 2 hold.
void Circle::improve(std::mt19937_64& random) {
    bool better = true;
    for (int round = 0; round < kRounds && better; ++round) {
        std::shuffle(couples_.begin(), couples_.end(), random);
        better = false;
        for (std::size_t i = 0; i < couples_.size(); ++i) {
            better |= exchangeWithNext(i);
            better |= replace(couples_[i], random);
        }
    }
}

bool Circle::exchangeWithNext(std::size_t position) {
    bool better = false;
    const std::size_t count = std::min(kExchanges, couples_.size() - 1);
    for (std::size_t next = position + 1; next <= position + count; ++next) {
        better |=
            exchange(couples_[position], couples_[next < couples_.size() ? next : next - couples_.size()]);
    }
    return better;
}

/// The second of `a` for one of `b`, if that is better.
bool Circle::exchange(Pair& a, Pair& b) const {
    const auto& [a_one, a_other] = a.persons;
    for (int end = graph_.one_side ? 0 : 1; end < 2; ++end) {
        Place& leaves = end == 0 ? b.one : b.other;
        const Place stays = end == 0 ? b.other : b.one;
        const int score_a = score(a_one, b.persons[end]);
        const int score_b = score(a_other, b.persons[1 - end]);
        if (score_a + score_b <= a.score + b.score) continue;
        if (graph_.areStrangers(a.one, leaves) || graph_.areStrangers(a.other, stays)) continue;
        std::swap(a.other, leaves);
        std::swap(a.persons[1], b.persons[end]);
        a.score = score_a;
        b.score = score_b;
        return true;
    }
    return false;
}

/// Either of the two for somebody left over, if that is better.
bool Circle::replace(Pair& pair, std::mt19937_64& random) {
    bool better = false;
    for (int end = 0; end < 2; ++end) {
        Place& leaves = end == 0 ? pair.one : pair.other;
        const Place stays = end == 0 ? pair.other : pair.one;
        const auto others = leftOverLike(leaves);
        const std::size_t tries = std::min(kReplacements, others.size());
        const std::size_t first = tries < others.size() ? random() % (others.size() - tries) : 0;
        for (Place& other : others.subspan(first, tries)) {
            const int its_score = score(other, stays);
            if (its_score <= pair.score || graph_.areStrangers(other, stays)) continue;
            std::swap(leaves, other);
            pair.persons[end] = people_[at(leaves)];
            pair.score = its_score;
            better = true;
        }
    }
    return better;
}

/// Those left over who could stand in for `place` without its being a pity for anybody.
std::span<Place> Circle::leftOverLike(Place place) {
    auto& all = left_over_[graph_.side[at(place)]];
    const auto misses = waited_[at(place)];
    const auto first =
        std::partition_point(all.begin(), all.end(), [&](Place one) { return waited_[at(one)] > misses; });
    const auto last =
        std::partition_point(first, all.end(), [&](Place one) { return waited_[at(one)] == misses; });
    return {first, last};
}

/// The circles of all guests, and where each guest is.
class Circles {
public:
    void add(const Guest& guest) {
        const bool swapped = guest.gender > guest.interested_gender;
        auto key = std::pair(guest.gender, guest.interested_gender);
        if (swapped) std::swap(key.first, key.second);
        Circle& circle = circles_.try_emplace(key, guest.gender == guest.interested_gender).first->second;
        seats_[guest.id] = {&circle, circle.add(guest, swapped ? 1 : 0)};
    }
    void forbid(Couple couple) {
        const auto one = seats_.find(couple.first);
        const auto other = seats_.find(couple.second);
        if (one == seats_.end() || other == seats_.end() || one == other) return;
        if (one->second.circle != other->second.circle) return;
        one->second.circle->makeStrangers(one->second.place, other->second.place);
    }
    std::vector<Couple> pairUp(std::mt19937_64& random, PairingLimits limits) {
        std::vector<Couple> couples;
        for (auto& [key, circle] : circles_) {
            circle.pairUp(random, limits);
            circle.appendTo(couples);
        }
        return couples;
    }

private:
    struct Seat {
        Circle* circle;
        Place place;
    };
    std::map<std::pair<std::string, std::string>, Circle> circles_;
    std::unordered_map<sdk::UserId, Seat> seats_;
};

}  // namespace

std::vector<Couple> pairUp(std::vector<Guest> guests, const std::vector<Couple>& forbidden,
                           std::mt19937_64& random, PairingLimits limits) {
    std::shuffle(guests.begin(), guests.end(), random);
    std::stable_sort(guests.begin(), guests.end(),
                     [](const Guest& one, const Guest& other) { return one.misses > other.misses; });
    Circles circles;
    for (const auto& guest : guests) circles.add(guest);
    for (const auto& couple : forbidden) circles.forbid(couple);
    return circles.pairUp(random, limits);
}

}  // namespace linkup::lobby
