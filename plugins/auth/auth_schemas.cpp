#include "auth_schemas.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "password_service.h"

namespace linkup::auth::schemas {

namespace {

using sdk::Json;
using sdk::Schema;

constexpr int kAdult = 18;

Schema lookingFor() {
    return Schema::literal({"Casual", "Open to anything", "Serious", "Friends", "Not sure yet"});
}

Schema gender() {
    return Schema::literal({"Male", "Female"});
}

Schema staying() {
    return Schema::literal({"Campus Hostel", "PG", "Home", "Flat", "Other"});
}

Schema religion() {
    return Schema::literal({"Islam", "Sikhism", "Jainism", "Christianity", "Hinduism", "Buddhism", "Others"});
}

Schema habit(const char* refusing) {
    return Schema::literal({"Yes", "Trying to quit", "Occasionally", "No", refusing});
}

Schema height() {
    return Schema::integer().min(50).max(300);
}

Schema weight() {
    return Schema::integer().min(20).max(500);
}

/// Eighteen by the calendar, UTC; who was born on 29 February is so on 1 March.
bool isAdult(std::chrono::year_month_day birth, sdk::Time now) {
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const std::chrono::year_month_day birthday{birth.year() + std::chrono::years(kAdult), birth.month(),
                                               birth.day()};
    return birthday <= today;
}

Schema dateOfBirth(const sdk::Clock& clock) {
    return Schema::date().rule([&clock](const Json& value) -> std::optional<std::string> {
        const auto birth = sdk::parseDate(value.asString());
        if (birth && isAdult(*birth, clock.now())) return std::nullopt;
        return "You must be at least 18 years old";
    });
}

Schema major(std::vector<std::string> majors) {
    return Schema::string().rule(
        [majors = std::move(majors)](const Json& value) -> std::optional<std::string> {
            if (std::find(majors.begin(), majors.end(), value.asString()) != majors.end())
                return std::nullopt;
            return "Invalid university major";
        });
}

}  // namespace

Schema emailQuery() {
    return Schema::object({{"email", Schema::email().describe("Where the code goes.")}});
}

Schema code() {
    return Schema::object({{"email", Schema::email()},
                           {"otp", Schema::integer().secret().describe("The six digits from the mail.")},
                           {"subject", Schema::enumeration({"email_verification", "forgot_password"})}});
}

Schema newPassword() {
    const auto rule = [](const Json& value) { return passwordFault(value.asString()); };
    return Schema::object(
        {{"email_hash", Schema::string().secret().describe("From /verify-otp; good for one use.")},
         {"password", Schema::string().secret().rule(rule)}});
}

Schema loginForm() {
    const auto is_password = [](std::string_view text) { return text == "password"; };
    return Schema::object({{"grant_type", Schema::string().pattern("^password$", is_password).optional()},
                           {"username", Schema::string().describe("The e-mail address.")},
                           {"password", Schema::string().secret()}});
}

Schema refresh() {
    const auto not_empty = [](const Json& value) -> std::optional<std::string> {
        if (value.asString().find_first_not_of(" \t\r\n") != std::string::npos) return std::nullopt;
        return "Refresh token cannot be empty";
    };
    return Schema::object(
        {{"refresh_token", Schema::string().secret().rule(not_empty)},
         {"rotate", Schema::boolean().optional().describe("Also give a new refresh token.")}});
}

Schema userPath() {
    return Schema::object({{"user_id", Schema::id()}});
}

Schema sessionPath() {
    return Schema::object({{"id", Schema::string()}});
}

Schema picture() {
    return Schema::object({{"file_key", Schema::string()}, {"blurhash", Schema::string().optional()}});
}

Schema photos() {
    const auto two = [](const Json& value) -> std::optional<std::string> {
        if (value.size() >= 2) return std::nullopt;
        return "At least two photos are required";
    };
    return Schema::list(picture()).maxItems(10).rule(two);
}

Schema profile(const sdk::Clock& clock, std::vector<std::string> majors) {
    return Schema::object({{"username", Schema::string().minLength(1).maxLength(100)},
                           {"profile_picture", picture()},
                           {"gender", gender()},
                           {"interested_gender", gender()},
                           {"dob", dateOfBirth(clock)},
                           {"university_major", major(std::move(majors))},
                           {"university_year", Schema::integer().min(1).max(10).withDefault(1)},
                           {"photos", photos()},
                           {"about", Schema::string().maxLength(2000)},
                           {"hometown", Schema::string().maxLength(200)},
                           {"currently_staying", staying()},
                           {"height", height().optional()},
                           {"weight", weight().optional()},
                           {"religion", religion().optional()},
                           {"smoking_info", habit("No, prefer non-smokers").optional()},
                           {"drinking_info", habit("No, prefer non-drinkers").optional()},
                           {"looking_for", lookingFor().optional()}});
}

Schema profileChanges() {
    return Schema::object({{"photos", photos().optional()},
                           {"profile_picture", picture().optional()},
                           {"about", Schema::string().maxLength(2000).optional()},
                           {"currently_staying", staying().optional()},
                           {"hometown", Schema::string().maxLength(200).optional()},
                           {"height", height().optional()},
                           {"weight", weight().optional()},
                           {"religion", religion().optional()},
                           {"smoking_info", habit("No, prefer non-smokers").optional()},
                           {"drinking_info", habit("No, prefer non-drinkers").optional()},
                           {"looking_for", lookingFor().optional()}});
}

Schema profileChangesQuery() {
    return Schema::object({{"update_pfp", Schema::boolean().optional().describe(
                                              "Without effect; the picture is applied always.")}});
}

Schema preferences() {
    return Schema::object(
        {{"interested_gender", gender().optional()},
         {"height", height().optional()},
         {"weight", weight().optional()},
         {"religion", religion().optional()},
         {"drinking_status", Schema::boolean().optional()},
         {"smoking_status", Schema::boolean().optional()},
         {"looking_for", Schema::literal({"Casual", "Open to anything", "Serious", "Friends"}).optional()},
         {"currently_staying", staying().optional()},
         {"max_distance_km", Schema::integer().min(1).max(20'000).optional().describe(
                                 "Only people within this distance are shown.")}});
}

}  // namespace linkup::auth::schemas
