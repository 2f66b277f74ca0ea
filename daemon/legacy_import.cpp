#include "legacy_import.h"

#include <array>
#include <ostream>

#include "daemon/services/migrations.h"

namespace linkup::daemon {

namespace {

constexpr std::string_view kHook = "legacy.import";

struct Table {
    std::string_view name;
    std::string_view sql;  ///< of rows with an id above $1: the id, and the row as JSON
};

// Times are without zone there, and taken as UTC. Of user_metadata the newest of a key counts. `exact_key` is
// true for an account that must give the lower-case form of its address to another one.
constexpr std::string_view kUsers = R"(
WITH twins AS (
    SELECT lower(email) AS address, bool_or(email = lower(email)) AS has_lower, min(id) AS first_id
    FROM users WHERE NOT coalesce(is_deleted, false) GROUP BY lower(email) HAVING count(*) > 1)
SELECT u.id, json_build_object(
    'id', u.id, 'email', u.email, 'username', u.username, 'password_hash', u.password_hash, 'gender', u.gender,
    'profile_picture', u.profile_picture, 'complete', coalesce(u.is_profile_complete, false),
    'deleted', coalesce(u.is_deleted, false), 'times_queued', coalesce(u.times_queued, 0),
    'exact_key', u.email <> lower(u.email) AND t.address IS NOT NULL AND (t.has_lower OR t.first_id <> u.id),
    'created_us', (extract(epoch FROM coalesce(u.created_at, timestamp '2025-01-01')) * 1000000)::bigint,
    'metadata', coalesce((SELECT json_object_agg(m.key, m.value) FROM
        (SELECT DISTINCT ON (key) key, value FROM user_metadata WHERE user_id = u.id ORDER BY key, id DESC) m), '{}'),
    'preferences', coalesce((SELECT json_object_agg(p.key, p.value) FROM user_preferences p WHERE p.user_id = u.id),
                            '{}'))::text
FROM users u LEFT JOIN twins t ON t.address = lower(u.email) WHERE u.id > $1 ORDER BY u.id LIMIT 500)";

constexpr std::string_view kLikes = R"(
SELECT l.id, json_build_object(
    'id', l.id, 'one', l.liker_id, 'other', l.liked_id, 'liked', coalesce(l.liked, false),
    'live', NOT coalesce(a.is_deleted, true) AND NOT coalesce(b.is_deleted, true),
    'seen_us', (extract(epoch FROM l.seen_at) * 1000000)::bigint,
    'created_us', (extract(epoch FROM l.created_at) * 1000000)::bigint)::text
FROM likes l LEFT JOIN users a ON a.id = l.liker_id LEFT JOIN users b ON b.id = l.liked_id
WHERE l.id > $1 ORDER BY l.id LIMIT 1000)";

constexpr std::string_view kMatches = R"(
SELECT m.id, json_build_object(
    'id', m.id, 'one', m.user1_id, 'other', m.user2_id,
    'live', NOT coalesce(a.is_deleted, true) AND NOT coalesce(b.is_deleted, true),
    'created_us', (extract(epoch FROM m.matched_at) * 1000000)::bigint)::text
FROM matches m LEFT JOIN users a ON a.id = m.user1_id LEFT JOIN users b ON b.id = m.user2_id
WHERE m.id > $1 ORDER BY m.id LIMIT 1000)";

// Chats of the same two people are one here, with the lowest id; one without two people stays by itself, to
// be skipped.
constexpr std::string_view kChats = R"(
WITH rooms AS (
    SELECT c.id, c.created_at, min(p.user_id) AS low, max(p.user_id) AS high, count(p.user_id) AS people
    FROM chats c LEFT JOIN chat_participants p ON p.chat_id = c.id GROUP BY c.id, c.created_at),
pairs AS (
    SELECT min(id) AS id, min(created_at) AS created_at, array_agg(id) AS ids, people,
           CASE WHEN people = 2 THEN low ELSE -id END AS low, CASE WHEN people = 2 THEN high ELSE -id END AS high
    FROM rooms GROUP BY people, CASE WHEN people = 2 THEN low ELSE -id END, CASE WHEN people = 2 THEN high ELSE -id END),
page AS (SELECT * FROM pairs WHERE id > $1 ORDER BY id LIMIT 100),
files AS (
    SELECT DISTINCT ON (message_id) message_id,
           json_build_object('file_key', file_key, 'media_type', media_type, 'metadata', metadata) AS media
    FROM media_files WHERE message_id IS NOT NULL ORDER BY message_id, uploaded_at, id)
SELECT page.id, json_build_object(
    'id', page.id, 'one', page.low, 'other', page.high, 'people', page.people,
    'one_live', coalesce((SELECT NOT coalesce(is_deleted, false) FROM users WHERE users.id = page.low), false),
    'other_live', coalesce((SELECT NOT coalesce(is_deleted, false) FROM users WHERE users.id = page.high), false),
    'created_us', (extract(epoch FROM coalesce(page.created_at, timestamp '2025-01-01')) * 1000000)::bigint,
    'readers', coalesce((SELECT json_agg(json_build_object('user_id', r.user_id, 'unseen', r.unseen, 'last', r.last))
        FROM (SELECT p.user_id, sum(coalesce(p.unseen_count, 0)) AS unseen,
                     CASE WHEN count(*) = 1 THEN min(p.last_seen_message_id::text) END AS last
              FROM chat_participants p WHERE p.chat_id = ANY (page.ids) GROUP BY p.user_id) r), '[]'),
    'messages', coalesce((SELECT json_agg(json_build_object(
        'id', m.id, 'sender_id', m.sender_id, 'message', m.message, 'reply_id', m.reply_id, 'media', f.media,
        'created_us', (extract(epoch FROM m.timestamp) * 1000000)::bigint) ORDER BY m.timestamp, m.id)
        FROM messages m LEFT JOIN files f ON f.message_id = m.id WHERE m.chat_id = ANY (page.ids)), '[]'))::text
FROM page ORDER BY page.id)";

constexpr std::string_view kBlocks = R"(
SELECT k.id, json_build_object(
    'id', k.id, 'one', k.blocker_id, 'other', k.blocked_id,
    'live', NOT coalesce(a.is_deleted, true) AND NOT coalesce(b.is_deleted, true),
    'created_us', (extract(epoch FROM k.created_at) * 1000000)::bigint)::text
FROM blocked_users k LEFT JOIN users a ON a.id = k.blocker_id LEFT JOIN users b ON b.id = k.blocked_id
WHERE k.id > $1 ORDER BY k.id LIMIT 1000)";

/// In this order: who, what ties them, and last of all what parts them.
constexpr std::array kTables{Table{"users", kUsers}, Table{"likes", kLikes}, Table{"matches", kMatches},
                             Table{"chats", kChats}, Table{"blocked_users", kBlocks}};

std::span<const sdk::Migration> migrations() {
    static const std::string kText =
        "CREATE TABLE linkup_import_progress (table_name TEXT NOT NULL PRIMARY KEY, last_id BIGINT NOT NULL, "
        "row_count BIGINT NOT NULL);"
        "CREATE TABLE linkup_import_skipped (table_name TEXT NOT NULL, row_id TEXT NOT NULL, reason TEXT NOT "
        "NULL, "
        "PRIMARY KEY (table_name, row_id, reason));";
    static const std::array<sdk::Migration, 1> kMigrations{
        sdk::Migration{1, "import progress", kText, kText}};
    return kMigrations;
}

std::int64_t progressOf(sdk::Connection& connection, std::string_view table) {
    return connection
        .execute("SELECT last_id FROM linkup_import_progress WHERE table_name = $1", {std::string(table)})
        .integer(0, 0);
}

void noteSkipped(sdk::Connection& connection, std::string_view table, const sdk::Json& skipped) {
    for (const sdk::Json& one : skipped.items()) {
        const sdk::Json& id = one.at("id");
        connection.execute(
            "INSERT INTO linkup_import_skipped (table_name, row_id, reason) VALUES ($1, $2, $3) "
            "ON CONFLICT (table_name, row_id, reason) DO NOTHING",
            {std::string(table), id.isString() ? id.asString() : id.dump(), one.at("why").asString()});
    }
}

}  // namespace

LegacyImport::LegacyImport(PooledDatabase& target, PooledDatabase& source, sdk::Hooks& hooks, sdk::Log& log)
    : target_(target), source_(source), hooks_(hooks), log_(log) {}

void LegacyImport::run() {
    prepare();
    for (const Table& table : kTables) copyTable(table.name, table.sql);
}

void LegacyImport::prepare() {
    Migrator(target_, log_).apply("import", migrations());
    target_.transaction([](sdk::Connection& connection) {
        for (const Table& table : kTables) {
            connection.execute(
                "INSERT INTO linkup_import_progress (table_name, last_id, row_count) VALUES ($1, 0, 0) "
                "ON CONFLICT (table_name) DO NOTHING",
                {std::string(table.name)});
        }
    });
}

void LegacyImport::copyTable(std::string_view table, std::string_view sql) {
    while (copyPage(table, sql)) {
    }
    log_.info("imported", {{"table", std::string(table)}});
}

bool LegacyImport::copyPage(std::string_view table, std::string_view sql) {
    const std::int64_t last = sdk::read(target_, [&](sdk::Connection& c) { return progressOf(c, table); });
    const auto rows = sdk::read(source_, [&](sdk::Connection& c) { return c.execute(sql, {last}); });
    if (rows.empty()) return false;
    sdk::Json page = sdk::Json::array();
    for (std::size_t row = 0; row < rows.size(); ++row) page.push(sdk::parseTrustedJson(rows.text(row, 1)));
    const std::int64_t reached = rows.integer(rows.size() - 1, 0);

    target_.transaction([&](sdk::Connection& connection) {
        const auto moved = connection.execute(
            "UPDATE linkup_import_progress SET last_id = $1, row_count = row_count + $2 WHERE table_name = "
            "$3 AND "
            "last_id = $4",
            {reached, static_cast<std::int64_t>(rows.size()), std::string(table), last});
        if (moved.affected() != 1) {
            throw sdk::Error(sdk::ErrorCode::kConflict, "another import into this database is running");
        }
        sdk::Json payload =
            sdk::Json::object({{"table", table}, {"rows", page}, {"skipped", sdk::Json::array()}});
        hooks_.run(kHook, connection, payload);
        noteSkipped(connection, table, payload.at("skipped"));
    });
    return true;
}

void LegacyImport::printReport(std::ostream& out) {
    target_.read([&](sdk::Connection& connection) {
        const auto tables = connection.execute(
            "SELECT p.table_name, p.row_count, (SELECT COUNT(*) FROM linkup_import_skipped s WHERE "
            "s.table_name = "
            "p.table_name) FROM linkup_import_progress p ORDER BY p.table_name");
        for (std::size_t row = 0; row < tables.size(); ++row) {
            out << tables.text(row, 0) << ": " << tables.integer(row, 1) << " read, "
                << tables.integer(row, 2) << " notes\n";
        }
        const auto skipped = connection.execute(
            "SELECT table_name, row_id, reason FROM linkup_import_skipped ORDER BY table_name, row_id, "
            "reason");
        for (std::size_t row = 0; row < skipped.size(); ++row) {
            out << skipped.text(row, 0) << ' ' << skipped.text(row, 1) << ": " << skipped.text(row, 2)
                << '\n';
        }
    });
}

}  // namespace linkup::daemon
