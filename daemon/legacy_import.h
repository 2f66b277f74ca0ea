#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "daemon/services/database.h"
#include "linkup/sdk/hooks.h"

namespace linkup::daemon {

/// Copies what the original server's database holds, page by page: each page is read there as JSON and handed
/// to hook `legacy.import`, whose handlers store what is theirs. Page and progress are one transaction here,
/// so that a pass that was broken off goes on where it was, and nothing comes twice.
///
/// Threading: one thread.   Errors: sdk::Error{kUnavailable} for either database, {kConflict} while another
/// pass is running.
class LegacyImport {
public:
    LegacyImport(PooledDatabase& target, PooledDatabase& source, sdk::Hooks& hooks, sdk::Log& log);

    /// Copies all that is left.
    void run();
    /// How many rows of each table came in all, and what was skipped, and why.
    void printReport(std::ostream& out);

private:
    void prepare();
    void copyTable(std::string_view table, std::string_view sql);
    /// False if there was no further row.
    bool copyPage(std::string_view table, std::string_view sql);

    PooledDatabase& target_;
    PooledDatabase& source_;
    sdk::Hooks& hooks_;
    sdk::Log& log_;
};

}  // namespace linkup::daemon
