#include "reports_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <utility>

#include "bonds_store.h"
#include "reports_store.h"

namespace linkup::match {
namespace {

constexpr auto kDay = std::chrono::hours(24);
constexpr std::int64_t kMostListed = 1000;

/// The open reports of one person; begins with the newest.
struct ReportedPerson {
    sdk::UserId user = 0;
    bool withdrawn = false;
    sdk::Json reports = sdk::Json::array();
};

std::vector<ReportedPerson> byPerson(const std::vector<reports_store::OpenReport>& open) {
    std::vector<ReportedPerson> people;
    for (const auto& [report, at, withdrawn] : open) {
        auto person = std::find_if(people.begin(), people.end(),
                                   [&](const auto& one) { return one.user == report.reported; });
        if (person == people.end()) {
            person = people.insert(people.end(), ReportedPerson{report.reported, withdrawn});
        }
        person->reports.push(sdk::Json::object({{"reporter_id", report.reporter},
                                                {"category", report.category},
                                                {"reason", report.reason},
                                                {"at", sdk::formatTime(at)}}));
    }
    return people;
}

}  // namespace

ReportsService::ReportsService(sdk::Database& database, sdk::Clock& clock, const Neighbours& neighbours,
                               ReportRules rules)
    : database_(database), clock_(clock), neighbours_(neighbours), rules_(std::move(rules)) {}

const std::vector<std::string>& ReportsService::categories() {
    static const std::vector<std::string> kCategories = {"spam",     "fake_profile", "harassment",
                                                         "indecent", "underage",     "other"};
    return kCategories;
}

void ReportsService::requireLeft(sdk::Connection& connection, sdk::UserId reporter) {
    const auto now = clock_.now();
    const auto given = reports_store::givenSince(connection, reporter, now - kDay);
    if (given.count < rules_.per_day) return;
    sdk::Error error(sdk::ErrorCode::kTooManyRequests, "Too many requests. Please try again later.");
    if (given.oldest) {
        error.withRetryAfter(std::chrono::ceil<std::chrono::milliseconds>(*given.oldest + kDay - now));
    }
    throw error;
}

void ReportsService::report(sdk::UserId reporter, sdk::UserId reported, const std::string& category,
                            const std::string& reason) {
    if (reporter == reported) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "You cannot report yourself");
    }
    database_.transaction([&](sdk::Connection& connection) {
        // So that neither the limit of the one nor the count of the other can be run past.
        bonds_store::lock(connection, {reporter, reported});
        if (!neighbours_.profiles->active(connection, reported)) {
            throw sdk::Error(sdk::ErrorCode::kNotFound, "User not found");
        }
        requireLeft(connection, reporter);
        const auto now = clock_.now();
        reports_store::insert(connection, {reported, reporter, category, reason}, now);
        if (rules_.withdraw_at > 0 &&
            reports_store::reportersSince(connection, reported, now - rules_.window) >= rules_.withdraw_at) {
            reports_store::withdraw(connection, reported, now);
        }
    });
}

void ReportsService::list(sdk::Connection& connection, sdk::Json& payload) {
    const auto people = byPerson(reports_store::open(connection, kMostListed));
    std::vector<sdk::UserId> ids;
    ids.reserve(people.size());
    for (const auto& person : people) ids.push_back(person.user);
    const auto cards = neighbours_.profiles->cards(connection, ids);

    sdk::Json reported = sdk::Json::array();
    for (const auto& person : people) {
        const auto card =
            std::find_if(cards.begin(), cards.end(), [&](const auto& one) { return one.id == person.user; });
        reported.push(
            sdk::Json::object({{"user_id", person.user},
                               {"username", card == cards.end() ? sdk::Json() : sdk::Json(card->username)},
                               {"withdrawn", person.withdrawn},
                               {"reports", person.reports}}));
    }
    payload.set("reported", std::move(reported));
}

void ReportsService::clear(sdk::Connection& connection, sdk::Json& payload) {
    const sdk::UserId user = payload["user_id"].asInteger();
    bonds_store::lockOne(connection, user);
    payload.set("cleared", static_cast<std::int64_t>(reports_store::review(connection, user, clock_.now())));
}

}  // namespace linkup::match
