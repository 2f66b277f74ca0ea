#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/hooks.h>
#include <linkup/sdk/log.h>

#include "file_storage.h"
#include "file_store.h"

namespace linkup::media {

/// Removes files that nobody refers to, a day after they came or later, and those of deleted accounts.
///
/// Threading: any thread but an I/O thread.
class CleanupService {
public:
    CleanupService(sdk::Database& database, sdk::Hooks& hooks, const sdk::Clock& clock, sdk::Log& log);
    /// In Plugin::start.
    void use(FileStorage& storage) { storage_ = &storage; }

    /// Looks at every file whose time has come. What cannot be removed now is tried again an hour later.
    void run();
    /// Handler of hook `account.deleted`, inside its transaction.
    void abandon(sdk::Connection& connection, sdk::UserId user);

private:
    std::vector<FileRow> takeUnreferenced(std::size_t& looked_at);
    bool remove(const FileRow& file);

    sdk::Database& database_;
    sdk::Hooks& hooks_;
    const sdk::Clock& clock_;
    sdk::Log& log_;
    FileStorage* storage_ = nullptr;
};

}  // namespace linkup::media
