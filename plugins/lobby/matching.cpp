#include "matching.h"

#include <algorithm>
#include <utility>

namespace linkup::lobby {
namespace {

std::size_t at(Place place) {
    return static_cast<std::size_t>(place);
}

}  // namespace

std::size_t FitGraph::strangerCount() const {
    std::size_t count = 0;
    for (const auto& list : strangers) count += list.size();
    return count;
}

bool FitGraph::areStrangers(Place one, Place other) const {
    return std::binary_search(strangers[at(one)].begin(), strangers[at(one)].end(), other);
}

void Matching::Bag::add(Place place) {
    (*positions_)[at(place)] = static_cast<Place>(places_.size());
    places_.push_back(place);
}

void Matching::Bag::remove(Place place) {
    const Place position = (*positions_)[at(place)];
    const Place last = places_.back();
    places_[at(position)] = last;
    (*positions_)[at(last)] = position;
    places_.pop_back();
}

Matching::Matching(const FitGraph& graph, std::span<const std::int64_t> waited)
    : graph_(graph),
      waited_(waited),
      root_(static_cast<Place>(graph.size())),
      mate_(graph.size(), kNobody),
      positions_(graph.size()),
      free_{Bag(positions_), Bag(positions_)},
      unreached_{Bag(positions_), Bag(positions_)},
      reach_(graph.size() + 1, Reach::kNot),
      label_(graph.size() + 1, kNobody),
      label_to_(graph.size() + 1, kNobody),
      first_(graph.size() + 1, kNobody),
      flag_(graph.size() + 1, 0),
      bases_positions_(graph.size() + 1),
      bases_(bases_positions_),
      head_(graph.size() + 1, kNobody),
      tail_(graph.size() + 1, kNobody),
      next_(graph.size() + 1, kNobody),
      stranger_to_(graph.size(), kNobody) {}

void Matching::join(Place one, Place other) {
    mateOf(one) = other;
    mateOf(other) = one;
}

bool Matching::complete(std::size_t steps) {
    for (Place place = 0; place < root_; ++place) {
        (mate(place) == kNobody ? free_ : unreached_)[graph_.side[at(place)]].add(place);
    }
    steps_ = steps;
    for (Place place = 0; place < root_; ++place) {
        if (mate(place) == kNobody && serve(place) == End::kOutOfSteps) return false;
    }
    return true;
}

/// Looks for an alternating path from `root` to somebody free, or to somebody who has waited less.
Matching::End Matching::serve(Place root) {
    begin(root);
    std::size_t scanned = 0;
    while (scanned < queue_.size()) {
        const Place place = queue_[scanned++];
        noteStrangersOf(place);
        if (const Place friendly = freeFriend(root); friendly != kNobody) {
            free_[graph_.side[at(root)]].remove(root);
            free_[graph_.side[at(friendly)]].remove(friendly);
            mateOf(friendly) = place;
            rematch(place, friendly);
            touched_.push_back(friendly);
            forgetReach();
            return End::kServed;
        }
        reachFriends(place);
        if (graph_.one_side) joinBlossomsWith(place);
        if (steps_ == 0) return End::kOutOfSteps;
    }
    free_[graph_.side[at(root)]].remove(root);
    if (waited_[at(shortest_wait_)] == waited_[at(root)]) return End::kInVain;
    rematch(shortest_wait_, kNobody);
    forgetReach();
    return End::kServed;
}

void Matching::begin(Place root) {
    queue_.clear();
    touched_.clear();
    bases_.clear();
    shortest_wait_ = root;
    reach(root_) = Reach::kOdd;
    head_[at(root_)] = tail_[at(root_)] = kNobody;
    if (graph_.one_side) bases_.add(root_);
    reachEven(root, kNobody, kNobody, root_);
    touched_.push_back(root);
}

void Matching::noteStrangersOf(Place place) {
    scanning_ = place;
    stranger_to_[at(place)] = place;
    for (const Place stranger : graph_.strangers[at(place)]) stranger_to_[at(stranger)] = place;
}

Place Matching::freeFriend(Place root) {
    const Bag& candidates = free_[graph_.otherSideOf(scanning_)];
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (steps_ > 0) --steps_;
        if (candidates[i] != root && !isStranger(candidates[i])) return candidates[i];
    }
    return kNobody;
}

/// From the back, so that what takes the place of somebody removed has been looked at.
void Matching::reachFriends(Place place) {
    Bag& candidates = unreached_[graph_.otherSideOf(place)];
    for (std::size_t i = candidates.size(); i > 0; i = std::min(i - 1, candidates.size())) {
        if (steps_ > 0) --steps_;
        const Place odd = candidates[i - 1];
        if (isStranger(odd)) continue;
        const Place even = mate(odd);
        candidates.remove(odd);
        unreached_[graph_.side[at(even)]].remove(even);
        touched_.push_back(odd);
        touched_.push_back(even);
        reach(odd) = Reach::kOdd;
        head_[at(odd)] = tail_[at(odd)] = kNobody;
        if (graph_.one_side) bases_.add(odd);
        reachEven(even, place, kNobody, odd);
    }
}

void Matching::reachEven(Place place, Place label, Place label_to, Place first) {
    reach(place) = Reach::kEven;
    label_[at(place)] = label;
    label_to_[at(place)] = label_to;
    first_[at(place)] = first;
    queue_.push_back(place);
    if (waited_[at(place)] < waited_[at(shortest_wait_)]) shortest_wait_ = place;
    next_[at(place)] = kNobody;
    const Place tail = std::exchange(tail_[at(first)], place);
    (tail == kNobody ? head_[at(first)] : next_[at(tail)]) = place;
}

void Matching::joinBlossomsWith(Place place) {
    for (std::size_t i = bases_.size(); i > 0; i = std::min(i - 1, bases_.size())) {
        const Place base = bases_[i - 1];
        if (base == firstOdd(place)) continue;
        for (Place even = head_[at(base)]; even != kNobody; even = next_[at(even)]) {
            if (steps_ > 0) --steps_;
            if (isStranger(even)) continue;
            makeBlossom(place, even);
            break;
        }
    }
}

/// The edge between two even places closes an odd cycle: all on it can be reached by even paths.
void Matching::makeBlossom(Place one, Place other) {
    ++flags_;
    Place near = firstOdd(one);
    Place far = firstOdd(other);
    flag_[at(near)] = flag_[at(far)] = flags_;
    for (;;) {
        if (far != root_) std::swap(near, far);
        near = firstOdd(label_[at(mate(near))]);
        if (std::exchange(flag_[at(near)], flags_) == flags_) break;
    }
    const Place join = near;
    absorb(firstOdd(one), one, other, join);
    absorb(firstOdd(other), one, other, join);
}

void Matching::absorb(Place odd, Place one, Place other, Place join) {
    while (odd != join) {
        bases_.remove(odd);
        moveMembers(odd, join);
        const Place next = firstOdd(label_[at(mate(odd))]);
        reachEven(odd, one, other, join);
        odd = next;
    }
}

void Matching::moveMembers(Place from, Place to) {
    const Place head = head_[at(from)];
    if (head == kNobody) return;
    const Place tail = std::exchange(tail_[at(to)], tail_[at(from)]);
    (tail == kNobody ? head_[at(to)] : next_[at(tail)]) = head;
}

/// What first_ says was true when it was written; odd places that have become even since lead on.
Place Matching::firstOdd(Place place) {
    Place odd = first_[at(place)];
    while (reach(odd) == Reach::kEven) odd = first_[at(odd)];
    while (first_[at(place)] != odd) place = std::exchange(first_[at(place)], odd);
    return odd;
}

/// Gives `place` another mate, and the old one the next on the path, and so on to where the search began.
void Matching::rematch(Place place, Place mate) {
    rematches_.assign(1, {place, mate});
    while (!rematches_.empty()) {
        const auto [one, other] = rematches_.back();
        rematches_.pop_back();
        const Place left = std::exchange(mateOf(one), other);
        if (left == kNobody || this->mate(left) != one) continue;
        const Place label = label_[at(one)];
        const Place label_to = label_to_[at(one)];
        if (label_to == kNobody) {
            mateOf(left) = label;
            rematches_.emplace_back(label, left);
        } else {
            rematches_.emplace_back(label_to, label);
            rematches_.emplace_back(label, label_to);
        }
    }
}

void Matching::forgetReach() {
    for (const Place place : touched_) {
        reach(place) = Reach::kNot;
        (mate(place) == kNobody ? free_ : unreached_)[graph_.side[at(place)]].add(place);
    }
}

}  // namespace linkup::lobby
