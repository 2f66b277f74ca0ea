#include "demo_service.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "account_store.h"
#include "auth_options.h"
#include "profile_service.h"
#include "profile_store.h"
#include "random.h"

namespace linkup::auth {

namespace {

constexpr std::string_view kPassword = "Demo-pass1!";
constexpr int kBatch = 1000;
constexpr std::string_view kBlurhash = "LEHV6nWB2yk8pyo0adR*.7kCMdnj";

constexpr std::array<const char*, 12> kMen = {"Aarav",  "Kabir",  "Rohan", "Vikram", "Arjun", "Dev",
                                              "Ishaan", "Nikhil", "Rahul", "Samir",  "Tarun", "Yash"};
constexpr std::array<const char*, 12> kWomen = {"Aditi", "Kavya", "Meera", "Nisha", "Priya", "Riya",
                                                "Sana",  "Tara",  "Anika", "Diya",  "Isha",  "Zoya"};
constexpr std::array<const char*, 7> kTowns = {
    "Mumbai, Maharashtra", "Bengaluru, Karnataka", "Kochi, Kerala",      "Jaipur, Rajasthan",
    "Pune, Maharashtra",   "New Delhi, Delhi",     "Chennai, Tamil Nadu"};
constexpr std::array<const char*, 5> kHomes = {"Campus Hostel", "PG", "Home", "Flat", "Other"};
constexpr std::array<const char*, 5> kSmoking = {"No", "Yes", "Occasionally", "Trying to quit",
                                                 "No, prefer non-smokers"};
constexpr std::array<const char*, 5> kDrinking = {"Occasionally", "No", "No, prefer non-drinkers", "Yes",
                                                  "Trying to quit"};
constexpr std::array<const char*, 5> kGoals = {"Serious", "Casual", "Friends", "Open to anything",
                                               "Not sure yet"};
constexpr std::array<const char*, 7> kReligions = {"Hinduism", "Islam",    "Christianity", "Sikhism",
                                                   "Jainism",  "Buddhism", "Others"};
constexpr std::array<const char*, 4> kAbout = {
    "Early riser, late reader. Ask me about the hills behind the campus.",
    "I cook better than the mess does. Low bar, but still.",
    "Cricket on weekends, deadlines on all other days.",
    "Looking for someone to share filter coffee and bad puns with."};

template <class List>
auto pick(const List& list, int number) {
    return list[static_cast<std::size_t>(number) % list.size()];
}

/// Spread over the ages of 18 to 25, and never under 18 whatever the day.
std::string dateOfBirth(int number, sdk::Time now) {
    const auto today = std::chrono::floor<std::chrono::days>(now);
    const auto age = std::chrono::days(19 * 366 + (number * 37) % (6 * 365));
    return sdk::formatDate(std::chrono::year_month_day(today - age));
}

StoredPicture picture(int number, const char* which) {
    return {"sw/demo/people/" + std::to_string(number) + "-" + which + ".webp", std::string(kBlurhash)};
}

Profile profileOf(int number, sdk::Time now, const std::vector<std::string>& majors) {
    const bool man = number % 2 == 1;
    const int nth = number / 2;
    Profile profile;
    profile.username = man ? pick(kMen, nth) : pick(kWomen, nth);
    profile.gender = man ? "Male" : "Female";
    profile.interested_gender = man ? "Female" : "Male";
    profile.university_id = 1;
    profile.dob = dateOfBirth(number, now);
    profile.university_major = pick(majors, nth);
    profile.university_year = 1 + nth % 5;
    profile.about = pick(kAbout, nth);
    profile.currently_staying = pick(kHomes, nth / 2);
    profile.hometown = pick(kTowns, nth);
    profile.height = (man ? 165 : 152) + (nth * 7) % 25;
    profile.weight = (man ? 60 : 48) + (nth * 11) % 25;
    profile.religion = pick(kReligions, nth / 3);
    profile.smoking_info = pick(kSmoking, nth);
    profile.smoking_status = statusOf(profile.smoking_info);
    profile.drinking_info = pick(kDrinking, nth / 2);
    profile.drinking_status = statusOf(profile.drinking_info);
    profile.looking_for = pick(kGoals, nth);
    profile.picture = picture(number, "face");
    for (const char* which : {"1", "2", "3", "4"}) {
        if (profile.photos.size() < static_cast<std::size_t>(2 + nth % 3)) {
            profile.photos.push_back(picture(number, which));
        }
    }
    profile.complete = true;
    return profile;
}

}  // namespace

DemoService::DemoService(sdk::Host& host, const PasswordService& passwords)
    : host_(host), passwords_(passwords) {}

void DemoService::fill(int count) {
    const std::string hash = passwords_.hash(kPassword);
    for (int first = 1; first <= count; first += kBatch) {
        const int last = std::min(count, first + kBatch - 1);
        host_.database().transaction(
            [&](sdk::Connection& connection) { fillBatch(connection, first, last, hash); });
    }
}

void DemoService::fillBatch(sdk::Connection& connection, int first, int last,
                            const std::string& password_hash) {
    static const std::vector<std::string> kMajors = defaultMajors();
    const sdk::Time now = host_.clock().now();
    for (int number = first; number <= last; ++number) {
        const std::string email = "demo" + std::to_string(number) + "@example.com";
        const auto user = account_store::insert(connection, {email, email, password_hash, now});
        if (!user) continue;
        const Profile profile = profileOf(number, now, kMajors);
        profile_store::put(connection, *user, profile, randomBelow(1u << 31u), now);
        profile_store::putPreferredGender(connection, *user, profile.interested_gender);
    }
}

}  // namespace linkup::auth
