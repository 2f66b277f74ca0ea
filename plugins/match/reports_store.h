#pragma once

#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/principal.h>

#include <optional>
#include <string>
#include <vector>

namespace linkup::match::reports_store {

struct Report {
    sdk::UserId reported = 0;
    sdk::UserId reporter = 0;
    std::string category;
    std::string reason;
};
/// Does nothing if the reporter said something of the same person at the same microsecond.
void insert(sdk::Connection& connection, const Report& report, sdk::Time now);

/// Reports that `reporter` gave after `since`, and when the oldest of them was.
struct GivenReports {
    std::int64_t count = 0;
    std::optional<sdk::Time> oldest;
};
GivenReports givenSince(sdk::Connection& connection, sdk::UserId reporter, sdk::Time since);

/// How many different people have an open report of `reported` that was given after `since`.
std::int64_t reportersSince(sdk::Connection& connection, sdk::UserId reported, sdk::Time since);

void withdraw(sdk::Connection& connection, sdk::UserId user, sdk::Time now);
/// Closes all open reports of the user and puts them back into discovery. Returns how many were open.
std::size_t review(sdk::Connection& connection, sdk::UserId user, sdk::Time now);

struct OpenReport {
    Report report;
    sdk::Time at;
    bool withdrawn = false;
};
/// Up to `limit`, newest first.
std::vector<OpenReport> open(sdk::Connection& connection, std::int64_t limit);

/// What the user reported of others.
sdk::Json given(sdk::Connection& connection, sdk::UserId user);
/// Reports of a user who is gone. What that user said of others stays, for the operators.
void forget(sdk::Connection& connection, sdk::UserId user);

}  // namespace linkup::match::reports_store
