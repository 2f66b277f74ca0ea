#include "page_cache.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace linkup::chat {
namespace {

/// Well below the life of a file's URL, which is two hours or more.
constexpr std::chrono::milliseconds kKeptFor = std::chrono::minutes(10);

}  // namespace

PageCache::PageCache() : pages_(kPages, kKeptFor.count()) {}

std::optional<std::string> PageCache::find(const Key& key, const room_store::Standing& standing) {
    const auto kept = pages_.get(key);
    if (kept.isNull() || kept->standing.revision != standing.revision) return std::nullopt;
    // What was seen before or behind the page does not show in it.
    const auto same = [&](std::int64_t one, std::int64_t other) {
        return std::clamp(one, kept->first - 1, kept->last) == std::clamp(other, kept->first - 1, kept->last);
    };
    const bool is_same = same(kept->standing.own.seen_seq, standing.own.seen_seq) &&
                         same(kept->standing.others.seen_seq, standing.others.seen_seq);
    return is_same ? std::optional(kept->page) : std::nullopt;
}

void PageCache::keep(const Key& key, const room_store::Standing& standing, std::int64_t first,
                     std::int64_t last, std::string page) {
    if (page.size() > kMostBytes) return;
    pages_.update(key, Kept{first, last, standing, std::move(page)});
}

}  // namespace linkup::chat
