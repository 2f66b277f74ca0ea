#include "cleanup_service.h"

#include <linkup/sdk/error.h>

#include "references.h"

namespace linkup::media {

namespace {

using namespace std::chrono_literals;

/// Files that one transaction asks about.
constexpr std::size_t kBatch = 200;
/// One that is referred to is asked about again after this time, as profiles change.
constexpr auto kRecheck = 24h;
constexpr auto kRetry = 1h;
/// So long after its row was made a file may still come: of an upload under way, or of a store that was given
/// up on.
constexpr auto kMayStillCome = 1h;
/// When so many cannot be removed one after the other, the storage is away, and the rest is left for later.
constexpr int kPatience = 3;

}  // namespace

CleanupService::CleanupService(sdk::Database& database, sdk::Hooks& hooks, const sdk::Clock& clock,
                               sdk::Log& log)
    : database_(database), hooks_(hooks), clock_(clock), log_(log) {}

void CleanupService::run() {
    std::int64_t removed = 0;
    int failures = 0;
    std::size_t looked_at = kBatch;
    while (looked_at == kBatch && failures < kPatience) {
        for (const FileRow& file : takeUnreferenced(looked_at)) {
            const bool gone = remove(file);
            removed += gone ? 1 : 0;
            failures = gone ? 0 : failures + 1;
            if (failures == kPatience) break;
        }
    }
    if (removed > 0) log_.info("files that nobody refers to were removed", {{"files", removed}});
}

/// Whatever was looked at is due again later, so a file that cannot be removed holds nothing up.
std::vector<FileRow> CleanupService::takeUnreferenced(std::size_t& looked_at) {
    return sdk::transaction(database_, [&](sdk::Connection& connection) {
        const sdk::Time now = clock_.now();
        const auto due = file_store::lockDue(connection, now, kBatch);
        looked_at = due.size();
        std::vector<FileOfUser> asked;
        for (const FileRow& file : due) {
            if (!file.abandoned) asked.push_back({file.file_key, file.user});
        }
        const auto known = asked.empty() ? std::set<std::string>{} : referenced(hooks_, connection, asked);
        std::vector<FileRow> unreferenced;
        for (const FileRow& file : due) {
            const bool stays = known.contains(file.file_key);
            file_store::setCheck(connection, file.file_key, now + (stays ? kRecheck : kRetry));
            if (stays) continue;
            // In this transaction, so that nobody comes to refer to it between now and its end.
            file_store::abandonOne(connection, file.file_key);
            unreferenced.push_back(file);
        }
        return unreferenced;
    });
}

bool CleanupService::remove(const FileRow& file) {
    try {
        storage_->remove(file.file_key);
        // Its row is due again, and only then says that nothing is left.
        if (clock_.now() < file.created_at + kMayStillCome) return true;
        database_.transaction(
            [&](sdk::Connection& connection) { file_store::erase(connection, file.file_key); });
        return true;
    } catch (const std::exception& error) {
        log_.warning("a file cannot be removed", {{"file_key", file.file_key}, {"why", error.what()}});
        return false;
    }
}

void CleanupService::abandon(sdk::Connection& connection, sdk::UserId user) {
    file_store::abandon(connection, user, clock_.now());
}

}  // namespace linkup::media
