#include "match_population.h"

#include <stdexcept>
#include <string>

namespace linkup::bench {
namespace {

constexpr std::chrono::minutes kDeadline{20};
constexpr std::int64_t kStep = 7919;  // a prime: cards of one asker show different people

/// How many people of each gender are not askers.
std::int64_t othersOfOneGender(std::int64_t people) {
    return (people - kAskers) / 2 - 1;
}

/// In the SQL below: the first who is no asker, the last, how many of a gender there are between them, and
/// now in microseconds.
std::string filledIn(std::string sql, std::int64_t people) {
    const std::pair<std::string, std::string> words[] = {
        {"ASKERS", std::to_string(kAskers)},
        {"CARDS", std::to_string(kCards)},
        {"PEOPLE", std::to_string(people)},
        {"STEP", std::to_string(kStep)},
        {"OTHERS", std::to_string(othersOfOneGender(people))},
        {"NOW", "(EXTRACT(EPOCH FROM now()) * 1000000)::bigint"},
        // People are spread over universities as 1 : 1/2 : 1/3 : …, and there is one for every 1,250 people.
        {"UNIVERSITY",
         "floor(exp(random() * ln(" + std::to_string(1 + std::max<std::int64_t>(3, people / 1250)) + ")))"},
        {"ANYBODY", "(1 + floor(random() * " + std::to_string(people) + "))::bigint"}};
    for (const auto& [word, meaning] : words) {
        for (auto at = sql.find(word); at != std::string::npos; at = sql.find(word, at + meaning.size())) {
            sql.replace(at, word.size(), meaning);
        }
    }
    return sql;
}

constexpr const char* kFill[] = {
    "INSERT INTO auth_users (id, email, email_key, created_at) "
    "SELECT i, 'p' || i || '@example.com', 'p' || i || '@example.com', NOW "
    "FROM generate_series(ASKERS + 1, PEOPLE) i",

    "INSERT INTO auth_profiles (user_id, username, gender, interested_gender, university_id, dob, "
    "university_major, university_year, about, currently_staying, hometown, height, weight, religion, "
    "smoking_info, smoking_status, drinking_info, drinking_status, looking_for, picture_key, "
    "picture_blurhash, photos, complete, sample_key, updated_at) "
    "SELECT i, d.username, d.gender, CASE WHEN random() < 0.1 THEN d.gender ELSE d.interested_gender END, "
    "UNIVERSITY, d.dob, d.university_major, d.university_year, d.about, d.currently_staying, d.hometown, "
    "d.height, d.weight, d.religion, d.smoking_info, d.smoking_status, d.drinking_info, d.drinking_status, "
    "d.looking_for, d.picture_key, d.picture_blurhash, d.photos, random() > 0.05, "
    "floor(random() * 2147483648), d.updated_at "
    "FROM generate_series(ASKERS + 1, PEOPLE) i JOIN auth_profiles d ON d.user_id = 1 + (i - 1) % ASKERS",

    "INSERT INTO auth_preferences (user_id, interested_gender) "
    "SELECT i, p.interested_gender FROM generate_series(ASKERS + 1, PEOPLE) i "
    "JOIN auth_profiles p ON p.user_id = i",

    "UPDATE auth_preferences SET looking_for = 'Serious', height = 170, smoking_status = FALSE, "
    "max_distance_km = CASE WHEN user_id % 4 = 0 THEN 1000 END WHERE user_id <= ASKERS",

    "INSERT INTO match_positions (user_id, home_latitude, home_longitude, x, y, z) "
    "SELECT i, latitude * 100, longitude * 100, cosd(latitude) * cosd(longitude), "
    "cosd(latitude) * sind(longitude), sind(latitude) "
    "FROM (SELECT i, 8 + floor(random() * 2000) / 100 AS latitude, 70 + floor(random() * 2000) / 100 AS "
    "longitude FROM generate_series(1, PEOPLE) i) somewhere",

    "INSERT INTO match_members (user_id, decisions) SELECT i, 3 FROM generate_series(1, PEOPLE) i",

    "INSERT INTO match_exposure (user_id, times_queued) "
    "SELECT i, floor(random() * 50) FROM generate_series(1, PEOPLE) i",

    "INSERT INTO match_likes (liker_id, liked_id, liked, created_at) "
    "SELECT 1 + i % PEOPLE, ANYBODY, random() < 0.5, NOW - i FROM generate_series(1, 3 * PEOPLE) i "
    "ON CONFLICT DO NOTHING",

    "INSERT INTO match_likes_given (user_id, given_at, liked_id) "
    "SELECT liker_id, created_at, liked_id FROM match_likes WHERE liked AND liker_id % 10 = 0",

    "INSERT INTO match_bonds (low_id, high_id, state, created_at) "
    "SELECT LEAST(one, other), GREATEST(one, other), CASE WHEN one % 2 = 0 THEN 'chat' ELSE 'match' END, NOW "
    "FROM (SELECT ANYBODY AS one, ANYBODY AS other FROM generate_series(1, PEOPLE / 2)) pairs "
    "WHERE one <> other ON CONFLICT DO NOTHING",

    "INSERT INTO match_blocks (blocker_id, blocked_id, created_at) "
    "SELECT ANYBODY, ANYBODY, NOW FROM generate_series(1, PEOPLE / 20) ON CONFLICT DO NOTHING",

    "INSERT INTO match_cards (user_id, candidate_id, queued, handed_at) "
    "SELECT u, ASKERS + 2 * ((u * CARDS + n) * STEP % OTHERS) + CASE WHEN u % 2 = 0 THEN 1 ELSE 2 END, "
    "FALSE, NOW FROM generate_series(1, ASKERS) u, generate_series(0, CARDS - 1) n",

    "DELETE FROM match_bonds b USING match_cards c WHERE b.low_id = c.user_id AND b.high_id = c.candidate_id",
    "DELETE FROM match_blocks b USING match_cards c WHERE (b.blocker_id = c.user_id AND b.blocked_id = "
    "c.candidate_id) OR (b.blocker_id = c.candidate_id AND b.blocked_id = c.user_id)",
    "DELETE FROM match_likes l USING match_cards c WHERE (l.liker_id = c.user_id AND l.liked_id = "
    "c.candidate_id) OR (l.liker_id = c.candidate_id AND l.liked_id = c.user_id)",

    "VACUUM ANALYZE",
    "CHECKPOINT"};

}  // namespace

void populate(BenchTown& town, std::int64_t people) {
    if (people <= 2 * kAskers) {
        throw std::runtime_error("a population is of more than " + std::to_string(2 * kAskers));
    }
    for (const char* sql : kFill) town.postgres().query(filledIn(sql, people), "linkup", kDeadline);
}

std::int64_t cardOf(std::int64_t asker, int nth, std::int64_t people) {
    return kAskers + 2 * ((asker * kCards + nth) * kStep % othersOfOneGender(people)) +
           (asker % 2 == 0 ? 1 : 2);
}

}  // namespace linkup::bench
