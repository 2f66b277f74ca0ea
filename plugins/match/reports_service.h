#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/live.h>
#include <linkup/sdk/principal.h>

#include <string>
#include <vector>

#include "neighbours.h"

namespace linkup::match {

struct ReportRules {
    sdk::Live<int> per_day = 20;  ///< that one may give in 24 hours
    sdk::Live<int> withdraw_at =
        5;  ///< different people whose open reports take one out of discovery; 0: never
    std::chrono::days window{30};  ///< in which they count
};

/// What members say of others to the operators, and what follows from it.
/// Lifetime: the plugin's.   Threading: any thread but an I/O thread.   Errors: sdk::Error with the
/// contract's sentences.
class ReportsService {
public:
    ReportsService(sdk::Database& database, sdk::Clock& clock, const Neighbours& neighbours,
                   ReportRules rules);

    /// What a report may be about; the last one is what a report without a category gets.
    static const std::vector<std::string>& categories();

    /// Keeps a report. Whom enough people reported leaves discovery in the same transaction. Throws Error:
    /// oneself, unknown user, more than one may give in a day.
    void report(sdk::UserId reporter, sdk::UserId reported, const std::string& category,
                const std::string& reason);

    /// Of hook `reports.list`: adds the member `reported`, with the open reports of each person.
    void list(sdk::Connection& connection, sdk::Json& payload);
    /// Of hook `reports.clear`: closes the open reports of `user_id`, who is shown again; adds the member
    /// `cleared`, how many these were.
    void clear(sdk::Connection& connection, sdk::Json& payload);

private:
    void requireLeft(sdk::Connection& connection, sdk::UserId reporter);

    sdk::Database& database_;
    sdk::Clock& clock_;
    const Neighbours& neighbours_;
    ReportRules rules_;
};

}  // namespace linkup::match
