#include "discovery_store.h"

#include <algorithm>
#include <string>

#include "id_list.h"

namespace linkup::match::discovery_store {
namespace {

sdk::SqlValue toSql(const sdk::Json& value) {
    if (value.isInteger()) return value.asInteger();
    if (value.isBool()) return value.asBool();
    if (value.isString()) return value.asString();
    return nullptr;
}

std::optional<Point> pointAt(const sdk::Rows& rows, std::size_t row, std::size_t column) {
    if (rows.isNull(row, column)) return std::nullopt;
    return Point{rows.real(row, column), rows.real(row, column + 1), rows.real(row, column + 2)};
}

}  // namespace

LockedQueue lockQueue(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "INSERT INTO match_members (user_id, decisions) VALUES ($1, 1) "
        "ON CONFLICT (user_id) DO UPDATE SET decisions = match_members.decisions + 1 "
        "RETURNING queue_preferences, queue_current",
        {user});
    return {rows.optionalText(0, 0), rows.boolean(0, 1)};
}

void setQueuePreferences(sdk::Connection& connection, sdk::UserId user, const std::string& preferences) {
    connection.execute(
        "UPDATE match_members SET queue_preferences = $1, queue_current = TRUE WHERE user_id = $2",
        {preferences, user});
}

void doubtQueue(sdk::Connection& connection, sdk::UserId user) {
    connection.execute("UPDATE match_members SET queue_current = FALSE WHERE user_id = $1", {user});
}

void emptyQueue(sdk::Connection& connection, sdk::UserId user, sdk::Time now) {
    connection.execute("UPDATE match_cards SET queued = FALSE, handed_at = $1 WHERE user_id = $2 AND queued",
                       {sdk::toMicros(now), user});
}

void dropExpired(sdk::Connection& connection, sdk::UserId user, sdk::Time until) {
    connection.execute("DELETE FROM match_cards WHERE user_id = $1 AND NOT queued AND handed_at <= $2",
                       {user, sdk::toMicros(until)});
}

bool contains(const Circle& circle, const std::optional<Point>& point) {
    if (circle.everywhere) return true;
    return point && chordSquared(circle.centre, *point) <= circle.chord_squared;
}

// LIMIT with OFFSET keeps PostgreSQL from finding everybody who is eligible for anybody first, as it does
// while it has no statistics: it asks for each card, by keys.
void dropIneligible(sdk::Connection& connection, sdk::UserId user, const Circle& circle, sdk::Time now) {
    connection.execute(
        "UPDATE match_cards SET queued = FALSE, handed_at = $1 WHERE user_id = $2 AND queued AND NOT (EXISTS "
        "(SELECT 1 FROM match_eligible e WHERE e.user_id = match_cards.user_id AND e.candidate_id = "
        "match_cards.candidate_id LIMIT 1 OFFSET 0) "
        "AND ($3 OR COALESCE((SELECT (p.x - $4) * (p.x - $4) + (p.y - $5) * (p.y - $5) + (p.z - $6) * "
        "(p.z - $6) FROM match_positions p WHERE p.user_id = match_cards.candidate_id), 9.0) <= $7))",
        {sdk::toMicros(now), user, circle.everywhere, circle.centre.x, circle.centre.y, circle.centre.z,
         circle.chord_squared});
}

std::vector<QueuedPerson> queued(sdk::Connection& connection, sdk::UserId user) {
    const auto rows = connection.execute(
        "SELECT c.candidate_id, p.x, p.y, p.z, (SELECT o.version FROM auth_candidates_v1 o WHERE o.user_id = "
        "c.candidate_id) FROM match_cards c LEFT JOIN match_positions p ON p.user_id = c.candidate_id "
        "WHERE c.user_id = $1 AND c.queued",
        {user});
    std::vector<QueuedPerson> people;
    people.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (const auto version = rows.optionalInteger(row, 4))
            people.push_back({rows.integer(row, 0), *version, pointAt(rows, row, 1)});
    }
    return people;
}

// Likes, bonds and blocks are not asked for: who makes one takes the card away, under the lock of its owner.
// The members are found first, by themselves (OFFSET, LIMIT), so that the likes of each are counted once and
// not for each card. OFFSET also keeps PostgreSQL from beginning with all cards, as it does when it has no
// statistics of those in queues; SQLite knows no LATERAL, and needs none. Of several members, the last fills
// the places that are left: were they an array, PostgreSQL would plan anew each time.
std::vector<StandingQueue> standingQueues(sdk::Connection& connection, std::span<const sdk::UserId> users,
                                          sdk::Time since) {
#define LINKUP_MATCH_SELECT_QUEUES(members, cards)                                                         \
    "SELECT m.user_id, m.queue_preferences, m.x, m.y, m.z, m.given, c.candidate_id, p.x, p.y, p.z, "       \
    "(SELECT o.version FROM auth_candidates_v1 o WHERE o.user_id = c.candidate_id AND o.university_id = "  \
    "m.university_id AND o.gender = m.interested_gender AND o.interested_gender = m.gender AND NOT "       \
    "EXISTS (SELECT 1 FROM match_withdrawn w WHERE w.user_id = o.user_id)) "                               \
    "FROM (SELECT q.user_id, q.queue_preferences, own.x, own.y, own.z, me.university_id, me.gender, "      \
    "me.interested_gender, (SELECT COUNT(*) FROM match_likes_given g WHERE g.user_id = q.user_id AND "     \
    "g.given_at > $1) AS given FROM match_members q JOIN auth_candidates_v1 me ON me.user_id = q.user_id " \
    "JOIN match_positions own ON own.user_id = q.user_id WHERE q.queue_current AND q.user_id " members     \
    ") m " cards "LEFT JOIN match_positions p ON p.user_id = c.candidate_id"
#define LINKUP_MATCH_QUEUES_SQLITE(users)                                         \
    LINKUP_MATCH_SELECT_QUEUES(users " LIMIT -1",                                 \
                               "JOIN match_cards c ON c.user_id = m.user_id AND " \
                               "c.queued ")
#define LINKUP_MATCH_QUEUES_POSTGRESQL(users)                                                        \
    LINKUP_MATCH_SELECT_QUEUES(users " OFFSET 0",                                                    \
                               "CROSS JOIN LATERAL (SELECT k.candidate_id FROM match_cards k WHERE " \
                               "k.user_id = m.user_id AND k.queued OFFSET 0) c ")
#define LINKUP_MATCH_SEVERAL "IN ($2, $3, $4, $5, $6, $7, $8, $9)"
    constexpr std::string_view kSqlite[] = {LINKUP_MATCH_QUEUES_SQLITE("= $2"),
                                            LINKUP_MATCH_QUEUES_SQLITE(LINKUP_MATCH_SEVERAL)};
    constexpr std::string_view kPostgresql[] = {LINKUP_MATCH_QUEUES_POSTGRESQL("= $2"),
                                                LINKUP_MATCH_QUEUES_POSTGRESQL(LINKUP_MATCH_SEVERAL)};
#undef LINKUP_MATCH_SELECT_QUEUES
#undef LINKUP_MATCH_QUEUES_SQLITE
#undef LINKUP_MATCH_QUEUES_POSTGRESQL
#undef LINKUP_MATCH_SEVERAL
    std::vector<sdk::SqlValue> values{sdk::toMicros(since)};
    values.insert(values.end(), users.begin(), users.end());
    if (users.size() > 1) values.resize(1 + kMostQueues, users.back());
    const std::size_t several = users.size() > 1 ? 1 : 0;
    const auto rows = connection.execute(
        connection.dialect() == sdk::Dialect::kSqlite ? kSqlite[several] : kPostgresql[several], values);
    std::vector<StandingQueue> queues;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto user = rows.integer(row, 0);
        auto queue = std::find_if(queues.begin(), queues.end(),
                                  [user](const StandingQueue& one) { return one.user == user; });
        if (queue == queues.end()) {
            queue = queues.insert(queue,
                                  {user, rows.text(row, 1), pointAt(rows, row, 2), rows.integer(row, 5), {}});
        }
        if (const auto version = rows.optionalInteger(row, 10))
            queue->eligible.push_back({rows.integer(row, 6), *version, pointAt(rows, row, 7)});
    }
    return queues;
}

std::optional<Member> memberOf(sdk::Connection& connection, sdk::UserId user, sdk::Time since) {
    const auto rows = connection.execute(
        "SELECT (SELECT COUNT(*) FROM match_likes_given g WHERE g.user_id = c.user_id AND g.given_at > $1), "
        "c.university_id, c.gender, c.interested_gender FROM auth_candidates_v1 c WHERE c.user_id = $2",
        {sdk::toMicros(since), user});
    if (rows.empty()) return std::nullopt;
    Member member{rows.integer(0, 0), std::nullopt};
    if (!rows.isNull(0, 3)) member.wish = Wish{rows.integer(0, 1), rows.text(0, 2), rows.text(0, 3)};
    return member;
}

bool Eligible::before(const Eligible& other) const {
    if (score != other.score) return score > other.score;
    if (times_queued != other.times_queued) return times_queued < other.times_queued;
    return chance < other.chance;
}

// Whom the member is done with is one list, made once and looked up for each of the others. Distance is
// scalar, so that it is looked up only if it matters, and exposure only for those whose score may be enough.
Sample sample(sdk::Connection& connection, sdk::UserId user, const Wish& wish, const sdk::Json& preferences,
              const Circle& circle, KeyRange keys, std::int64_t size, std::int64_t places) {
    const auto rows = connection.execute(
        "SELECT s.user_id, s.score, COALESCE((SELECT x.times_queued FROM match_exposure x WHERE x.user_id = "
        "s.user_id), 0) AS times_queued, RANDOM() AS chance, s.size FROM "
        "(SELECT e.user_id, e.score, COUNT(*) OVER () AS size, RANK() OVER (ORDER BY e.score DESC) AS place "
        "FROM "
        "(SELECT o.user_id, CASE WHEN o.height = $2 THEN 1 ELSE 0 END + CASE WHEN o.weight = $3 THEN 1 ELSE "
        "0 END + CASE WHEN o.religion = $4 THEN 1 ELSE 0 END + CASE WHEN o.drinking_status = $5 THEN 1 ELSE "
        "0 END + CASE WHEN o.smoking_status = $6 THEN 1 ELSE 0 END + CASE WHEN o.looking_for = $7 THEN 1 "
        "ELSE 0 END + CASE WHEN o.currently_staying = $8 THEN 1 ELSE 0 END AS score "
        "FROM auth_candidates_v1 o "
        "WHERE o.university_id = $9 AND o.gender = $10 AND o.interested_gender = $11 "
        "AND o.sample_key >= $12 AND o.sample_key < $13 AND o.user_id <> $1 "
        "AND o.user_id NOT IN (SELECT l.liked_id FROM match_likes l WHERE l.liker_id = $1 "
        "UNION ALL SELECT c.candidate_id FROM match_cards c WHERE c.user_id = $1 AND c.queued "
        "UNION ALL SELECT b.high_id FROM match_bonds b WHERE b.low_id = $1 "
        "UNION ALL SELECT b.low_id FROM match_bonds b WHERE b.high_id = $1 "
        "UNION ALL SELECT k.blocked_id FROM match_blocks k WHERE k.blocker_id = $1 "
        "UNION ALL SELECT k.blocker_id FROM match_blocks k WHERE k.blocked_id = $1) "
        "AND NOT EXISTS (SELECT 1 FROM match_withdrawn w WHERE w.user_id = o.user_id) "
        "AND ($14 OR COALESCE((SELECT (p.x - $15) * (p.x - $15) + (p.y - $16) * (p.y - $16) + (p.z - $17) * "
        "(p.z - $17) FROM match_positions p WHERE p.user_id = o.user_id), 9.0) <= $18) "
        "ORDER BY o.sample_key LIMIT $19) e) s "
        "WHERE s.place <= $20 ORDER BY s.score DESC, times_queued, chance LIMIT $20",
        {user,
         toSql(preferences["height"]),
         toSql(preferences["weight"]),
         toSql(preferences["religion"]),
         toSql(preferences["drinking_status"]),
         toSql(preferences["smoking_status"]),
         toSql(preferences["looking_for"]),
         toSql(preferences["currently_staying"]),
         wish.university,
         wish.gender,
         wish.own_gender,
         keys.from,
         keys.to,
         circle.everywhere,
         circle.centre.x,
         circle.centre.y,
         circle.centre.z,
         circle.chord_squared,
         size,
         places});
    Sample sample;
    if (!rows.empty()) sample.size = rows.integer(0, 4);
    sample.best.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        sample.best.push_back(
            {rows.integer(row, 0), rows.integer(row, 1), rows.integer(row, 2), rows.real(row, 3)});
    }
    return sample;
}

// Both in ascending order, as every transaction does, so that two of them cannot wait for each other.
void queue(sdk::Connection& connection, sdk::UserId user, const std::vector<sdk::UserId>& people) {
    constexpr std::string_view kCardsSqlite =
        "INSERT INTO match_cards (user_id, candidate_id, queued) SELECT $1, value, TRUE FROM json_each($2) "
        "WHERE TRUE ORDER BY value ON CONFLICT (user_id, candidate_id) DO UPDATE SET queued = TRUE";
    constexpr std::string_view kCardsPostgresql =
        "INSERT INTO match_cards (user_id, candidate_id, queued) SELECT $1, value, TRUE FROM "
        "unnest(CAST($2 AS bigint[])) AS value "
        "ORDER BY value ON CONFLICT (user_id, candidate_id) DO UPDATE SET queued = TRUE";
    constexpr std::string_view kExposureSqlite =
        "INSERT INTO match_exposure (user_id, times_queued) SELECT value, 1 FROM json_each($1) "
        "WHERE TRUE ORDER BY value ON CONFLICT (user_id) DO UPDATE SET times_queued = "
        "match_exposure.times_queued + 1";
    constexpr std::string_view kExposurePostgresql =
        "INSERT INTO match_exposure (user_id, times_queued) SELECT value, 1 FROM "
        "unnest(CAST($1 AS bigint[])) AS value ORDER BY value "
        "ON CONFLICT (user_id) DO UPDATE SET times_queued = match_exposure.times_queued + 1";
    const bool sqlite = connection.dialect() == sdk::Dialect::kSqlite;
    const auto list = idList(connection.dialect(), people);
    connection.execute(sqlite ? kCardsSqlite : kCardsPostgresql, {user, list});
    connection.execute(sqlite ? kExposureSqlite : kExposurePostgresql, {list});
}

bool maySwipe(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate, sdk::Time since) {
    return !connection
                .execute(
                    "SELECT 1 FROM match_cards WHERE user_id = $1 AND candidate_id = $2 AND (queued OR "
                    "handed_at > $3)",
                    {user, candidate, sdk::toMicros(since)})
                .empty();
}

void removeCard(sdk::Connection& connection, sdk::UserId user, sdk::UserId candidate) {
    connection.execute("DELETE FROM match_cards WHERE user_id = $1 AND candidate_id = $2", {user, candidate});
}

}  // namespace linkup::match::discovery_store
