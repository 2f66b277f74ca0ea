#include "json_members.h"

#include <algorithm>
#include <functional>

namespace linkup::sdk {
namespace {

constexpr std::size_t kFewMembers = 16;  // up to here, comparing each with each beats sorting

// Sorted by hash first, so that few keys are compared; whoever finds keys of one hash still meets a sort.
struct Slot {
    std::size_t hash;
    std::size_t index;
};

bool hasDuplicate(const Json::Object& members) {
    for (std::size_t i = 1; i < members.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (members[i].first == members[j].first) return true;
        }
    }
    return false;
}

}  // namespace

void keepLastOfEachKey(Json::Object& members) {
    if (members.size() <= kFewMembers && !hasDuplicate(members)) return;
    std::vector<Slot> order;
    order.reserve(members.size());
    for (const auto& [key, value] : members) order.push_back({std::hash<std::string>()(key), order.size()});
    std::sort(order.begin(), order.end(), [&](const Slot& left, const Slot& right) {
        if (left.hash != right.hash) return left.hash < right.hash;
        const int order_of_keys = members[left.index].first.compare(members[right.index].first);
        return order_of_keys != 0 ? order_of_keys < 0 : left.index < right.index;
    });
    std::vector<bool> dead(members.size(), false);
    bool any_dead = false;
    for (std::size_t first = 0, next = 1; next <= order.size(); ++next) {
        if (next < order.size() && members[order[next].index].first == members[order[first].index].first) {
            dead[order[next].index] = true;
            any_dead = true;
            continue;
        }
        if (next - first > 1)
            members[order[first].index].second = std::move(members[order[next - 1].index].second);
        first = next;
    }
    if (!any_dead) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (dead[i]) continue;
        if (kept != i) members[kept] = std::move(members[i]);
        ++kept;
    }
    members.resize(kept);
}

}  // namespace linkup::sdk
