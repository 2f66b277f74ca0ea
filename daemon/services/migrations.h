#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "database.h"
#include "linkup/sdk/log.h"

namespace linkup::daemon {

/// Brings each owner's part of the schema up to date, and refuses one that this build did not make.
///
/// What was applied stands in the table `linkup_migrations`, with a checksum of the text for the database's
/// dialect. Each migration runs in one transaction with its row. That transaction holds a lock, and looks
/// again at what was applied under it: any number of nodes may start at once, and a node that dies leaves no
/// lock behind.
///
/// Threading: any thread.   Errors: Error{kConflict} for a diverged schema, Error{kInternal} for a text that
/// fails; both name owner and version.
class Migrator {
public:
    Migrator(PooledDatabase& database, sdk::Log& log);

    /// Applies what is missing, in order. Returns the versions that this call has applied.
    std::vector<int> apply(std::string_view owner, std::span<const sdk::Migration> migrations);

    /// The versions that `apply` would apply; changes nothing. Throws as apply does for a diverged schema.
    std::vector<int> pending(std::string_view owner, std::span<const sdk::Migration> migrations);

private:
    struct Applied {
        int version = 0;
        std::string title;
        std::string checksum;
    };

    std::optional<int> applyNext(ScriptConnection& connection, std::string_view owner,
                                 std::span<const sdk::Migration> migrations);
    void lockAndCreateTable(ScriptConnection& connection);
    void insertApplied(sdk::Connection& connection, std::string_view owner, const sdk::Migration& migration);
    std::vector<Applied> readApplied(sdk::Connection& connection, std::string_view owner);
    bool tableExists(sdk::Connection& connection);
    void checkHistory(std::string_view owner, std::span<const sdk::Migration> migrations,
                      const std::vector<Applied>& applied) const;
    const std::string& textOf(const sdk::Migration& migration) const;

    PooledDatabase& database_;
    sdk::Log& log_;
};

}  // namespace linkup::daemon
