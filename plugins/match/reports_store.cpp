#include "reports_store.h"

namespace linkup::match::reports_store {

void insert(sdk::Connection& connection, const Report& report, sdk::Time now) {
    connection.execute(
        "INSERT INTO match_reports (reported_id, reporter_id, created_at, category, reason) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (reported_id, reporter_id, created_at) DO NOTHING",
        {report.reported, report.reporter, sdk::toMicros(now), report.category, report.reason});
}

GivenReports givenSince(sdk::Connection& connection, sdk::UserId reporter, sdk::Time since) {
    const auto rows = connection.execute(
        "SELECT COUNT(*), MIN(created_at) FROM match_reports WHERE reporter_id = $1 AND created_at > $2",
        {reporter, sdk::toMicros(since)});
    GivenReports given{rows.integer(0, 0), std::nullopt};
    if (const auto oldest = rows.optionalInteger(0, 1)) given.oldest = sdk::fromMicros(*oldest);
    return given;
}

std::int64_t reportersSince(sdk::Connection& connection, sdk::UserId reported, sdk::Time since) {
    return connection
        .execute(
            "SELECT COUNT(DISTINCT reporter_id) FROM match_reports "
            "WHERE reported_id = $1 AND created_at > $2 AND reviewed_at IS NULL",
            {reported, sdk::toMicros(since)})
        .integer(0, 0);
}

void withdraw(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    connection.execute(
        "INSERT INTO match_withdrawn (user_id, withdrawn_at) VALUES ($1, $2) ON CONFLICT (user_id) DO "
        "NOTHING",
        {user, sdk::toMicros(now)});
}

std::size_t review(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    connection.execute("DELETE FROM match_withdrawn WHERE user_id = $1", {user});
    return connection
        .execute("UPDATE match_reports SET reviewed_at = $1 WHERE reported_id = $2 AND reviewed_at IS NULL",
                 {sdk::toMicros(now), user})
        .affected();
}

std::vector<OpenReport> open(sdk::Connection& connection, std::int64_t limit) {
    const auto rows = connection.execute(
        "SELECT r.reported_id, r.reporter_id, r.category, r.reason, r.created_at, w.user_id "
        "FROM match_reports r LEFT JOIN match_withdrawn w ON w.user_id = r.reported_id "
        "WHERE r.reviewed_at IS NULL ORDER BY r.created_at DESC, r.reported_id, r.reporter_id LIMIT $1",
        {limit});
    std::vector<OpenReport> reports;
    reports.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        reports.push_back({{rows.integer(row, 0), rows.integer(row, 1), rows.text(row, 2), rows.text(row, 3)},
                           rows.time(row, 4),
                           !rows.isNull(row, 5)});
    }
    return reports;
}

sdk::Json given(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT reported_id, category, reason, created_at FROM match_reports WHERE reporter_id = $1 "
        "ORDER BY created_at, reported_id",
        {user});
    sdk::Json list = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        list.push(sdk::Json::object({{"user_id", rows.integer(row, 0)},
                                     {"category", rows.text(row, 1)},
                                     {"reason", rows.text(row, 2)},
                                     {"at", sdk::formatTime(rows.time(row, 3))}}));
    }
    return list;
}

void forget(sdk::Connection& connection, sdk::UserId user) {
    connection.execute("DELETE FROM match_reports WHERE reported_id = $1", {user});
    connection.execute("DELETE FROM match_withdrawn WHERE user_id = $1", {user});
}

}  // namespace linkup::match::reports_store
