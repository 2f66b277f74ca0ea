#include <cppunit/extensions/HelperMacros.h>

#include <crypt.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "daemon/services/database.h"
#include "deployment.h"
#include "http_client.h"
#include "linkup/sdk/testing/recording_log.h"

namespace linkup::test {
namespace {

/// The original server's schema, and a few people in it with all that is odd there.
constexpr std::string_view kSchema = R"(
CREATE TABLE users (id serial PRIMARY KEY, email varchar UNIQUE, username varchar, password_hash text, university_id int,
    gender varchar, profile_picture json, is_profile_complete bool, is_deleted bool, times_queued int,
    created_at timestamp DEFAULT now());
CREATE TABLE user_metadata (id serial PRIMARY KEY, user_id int, key varchar, value text);
CREATE TABLE user_preferences (id serial PRIMARY KEY, user_id int, key varchar, value text, UNIQUE (user_id, key));
CREATE TABLE chats (id serial PRIMARY KEY, group_name varchar, created_at timestamp DEFAULT now(),
    last_message_media_type varchar, last_message_id uuid);
CREATE TABLE chat_participants (chat_id int, user_id int, unseen_count int, last_seen_message_id uuid,
    last_seen_at timestamp, PRIMARY KEY (chat_id, user_id));
CREATE TABLE messages (id uuid PRIMARY KEY, chat_id int, sender_id int, message text, timestamp timestamp, reply_id uuid);
CREATE TABLE media_files (id uuid PRIMARY KEY, message_id uuid, file_key text, media_type text, size_bytes int,
    metadata jsonb, uploaded_at timestamp DEFAULT now(), user_id int);
CREATE TABLE likes (id serial PRIMARY KEY, liker_id int, liked_id int, liked bool, seen_at timestamp,
    created_at timestamp DEFAULT now(), UNIQUE (liker_id, liked_id));
CREATE TABLE matches (id serial PRIMARY KEY, user1_id int, user2_id int, matched_at timestamp DEFAULT now());
)";

constexpr std::string_view kBlocks = R"(
CREATE TABLE blocked_users (id serial PRIMARY KEY, blocker_id int, blocked_id int, created_at timestamp DEFAULT now(),
    UNIQUE (blocker_id, blocked_id));
INSERT INTO blocked_users (blocker_id, blocked_id) VALUES (3, 6);
)";

constexpr std::string_view kPeople = R"(
INSERT INTO users (id, email, username, password_hash, university_id, gender, profile_picture, is_profile_complete,
                   is_deleted, times_queued, created_at) VALUES
    (3, 'Alice@Example.com', 'Alice', '@HASH@', 1, 'Female', '{"file_key": "old/alice.webp", "blurhash": "L1"}', true,
     false, 4, '2025-03-01 10:00:00.5'),
    (4, 'bob@example.com', 'Bob', '@HASH@', 1, 'Male', '{"file_key": "sw/profile_pictures/4/bob.webp", "blurhash": "L2"}', true, false, 0,
     '2025-03-02'),
    (5, 'gone@example.com', 'Gone', 'deleted', 1, 'Male', NULL, false, true, 0, '2025-03-03'),
    (6, 'CAROL@example.com', 'Carol', '@HASH@', 1, 'Male', NULL, true, false, 0, '2025-03-04'),
    (7, 'carol@example.com', 'Other Carol', 'md5', 1, NULL, NULL, false, false, 0, '2025-03-05');
INSERT INTO user_metadata (user_id, key, value)
SELECT u, k, v FROM (VALUES (3, 'Alice'), (4, 'Bob')) p (u, n), LATERAL (VALUES
    ('dob', '2001-01-01'), ('dob', '2003-05-17'), ('university_major', 'BTech'), ('university_year', '2'),
    ('about', n || ' says "it''s None of your business"'), ('currently_staying', 'PG'), ('hometown', 'Goa'),
    ('height', '170'), ('weight', 'None'), ('religion', 'Jedi'), ('smoking_info', 'No, prefer non-smokers'),
    ('smoking_status', 'True'), ('drinking_info', 'None'), ('looking_for', 'Serious'),
    ('photos', '[{''file_key'': ''sw/m/' || n || '/1.webp'', ''blurhash'': "L''3"}, {''file_key'': ''b'', ''blurhash'': None}]')) m (k, v);
INSERT INTO user_preferences (user_id, key, value) VALUES (3, 'interested_gender', 'Male'), (3, 'height', '180'),
    (3, 'drinking_status', 'False'), (3, 'religion', 'None'), (4, 'interested_gender', 'Female');
INSERT INTO likes (liker_id, liked_id, liked, created_at) VALUES (4, 3, true, '2025-04-01'), (5, 3, true, '2025-04-01'),
    (6, 3, false, '2025-04-02');
INSERT INTO matches (user1_id, user2_id) VALUES (6, 3), (3, 6), (4, 4);
INSERT INTO chats (id, created_at) VALUES (10, '2025-04-01'), (11, '2025-04-02'), (12, '2025-04-02'), (13, '2025-04-02');
INSERT INTO chat_participants (chat_id, user_id, unseen_count) VALUES (10, 3, 1), (10, 4, 0), (11, 4, 0), (11, 3, 0),
    (12, 3, 0), (13, 5, 0), (13, 3, 0);
INSERT INTO messages VALUES
    ('00000000-0000-4000-8000-000000000001', 10, 4, 'one', '2025-04-01 10:00:00', NULL),
    ('00000000-0000-4000-8000-000000000002', 11, 3, 'two', '2025-04-01 10:00:01', '00000000-0000-4000-8000-000000000001'),
    ('00000000-0000-4000-8000-000000000003', 10, 9, 'stranger', '2025-04-01 10:00:02', NULL),
    ('00000000-0000-4000-8000-000000000004', 10, 4, 'three', '2025-04-01 10:00:02', NULL),
    ('00000000-0000-4000-8000-000000000005', 13, 5, 'bye', '2025-04-03', NULL);
INSERT INTO media_files (id, message_id, file_key, media_type, metadata) VALUES
    (gen_random_uuid(), '00000000-0000-4000-8000-000000000004', 'sw/media/4/x.webp', 'image',
     '{"width": 640, "height": 480, "blurhash": "L4", "format": "webp"}');
)";

std::string peopleWithHashes() {
    auto workspace = std::make_unique<crypt_data>();
    const std::string hash = crypt_r("Passw0rd!", "$2b$05$abcdefghijklmnopqrstuu", workspace.get());
    std::string text(kPeople);
    for (auto at = text.find("@HASH@"); at != std::string::npos; at = text.find("@HASH@"))
        text.replace(at, 6, hash);
    return text;
}

}  // namespace

/// The original server's people find everything in its place.
class LegacyImportTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LegacyImportTest);
    CPPUNIT_TEST(peopleMoveIntoSqlite);
    CPPUNIT_TEST(peopleMoveIntoPostgresql);
    CPPUNIT_TEST_SUITE_END();

public:
    void peopleMoveIntoSqlite() { move(Deployment::Kind::kEmbedded); }
    void peopleMoveIntoPostgresql() { move(Deployment::Kind::kPostgres); }

private:
    void move(Deployment::Kind kind) {
        source_url_ = PrivatePostgres::shared().createDatabase();
        run(kSchema);
        run(peopleWithHashes());
        const TemporaryFolder files;
        Deployment deployment(kind, {{"media.storage.folder", files.path().string()}});
        interruptedPassGoesOn(deployment);
        everybodyLogsInAsBefore(deployment);
        profileIsAsItWas(deployment);
        chatsOfTwoAreOne(deployment);
        newcomersGetNewIds(deployment);
        filesGoWithTheirAccount(deployment, files.path());
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    void run(std::string_view script) {
        sdk::testing::RecordingLog log;
        daemon::DatabaseSettings settings;
        settings.url = source_url_;
        daemon::openDatabase(settings, log)->script([&](daemon::ScriptConnection& c) {
            c.runScript(script);
        });
    }

    /// The last table is missing at first, so that the pass breaks off there.
    void interruptedPassGoesOn(Deployment& deployment) {
        const auto broken = deployment.command({"--import-legacy", source_url_});
        CPPUNIT_ASSERT_MESSAGE(broken.output, broken.exitCode != 0);
        run(kBlocks);
        run("INSERT INTO users (id, email, is_profile_complete, is_deleted) VALUES (8, 'late@example.com', "
            "false, false)");
        const auto done = deployment.command({"--import-legacy", source_url_});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(done.output, 0, done.exitCode);
        for (const char* line :
             {"users: 6 read", "likes: 3 read", "matches: 3 read", "chats: 3 read", "blocked_users: 1 read",
              "users 6: copied, but the profile lacks profile_picture, dob, university_major, "
              "university_year, photos, "
              "about, currently_staying, hometown and is not shown to others",
              "users 7: copied, but the password is unknown", "likes 2: skipped: one of the two is deleted",
              "matches 3: skipped: both are the same person", "chats 12: skipped: a chat has two people",
              "00000000-0000-4000-8000-000000000003: message skipped: its sender is not in the chat"}) {
            CPPUNIT_ASSERT_MESSAGE(std::string(line) + " in\n" + done.output,
                                   done.output.find(line) != std::string::npos);
        }
        const auto again = deployment.command({"--import-legacy", source_url_});
        CPPUNIT_ASSERT_MESSAGE(again.output, again.output.find("users: 6 read") != std::string::npos);
    }

    static HttpReply logIn(Deployment& deployment, const std::string& email) {
        HttpClient http(deployment.first().url());
        return http.postForm("/api/v1/token", {{"username", email}, {"password", "Passw0rd!"}});
    }

    void everybodyLogsInAsBefore(Deployment& deployment) {
        const auto alice = logIn(deployment, "alice@example.com");
        CPPUNIT_ASSERT_EQUAL(200, alice.status);
        CPPUNIT_ASSERT_EQUAL(3, alice.at("user_id").convert<int>());
        alice_ = alice.text("access_token");
        bob_ = logIn(deployment, "BOB@example.com").text("access_token");
        // Two that differ by case only: the exact spelling wins.
        CPPUNIT_ASSERT_EQUAL(6, logIn(deployment, "CAROL@example.com").at("user_id").convert<int>());
        CPPUNIT_ASSERT_EQUAL(400, logIn(deployment, "carol@example.com").status);
        CPPUNIT_ASSERT_EQUAL(400, logIn(deployment, "gone@example.com").status);
    }

    void profileIsAsItWas(Deployment& deployment) const {
        HttpClient http(deployment.first().url());
        http.setBearer(alice_);
        const auto me = http.get("/api/v1/me");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(me.body, 200, me.status);
        CPPUNIT_ASSERT_EQUAL(std::string("2003-05-17"), me.text("dob"));
        CPPUNIT_ASSERT_EQUAL(std::string("Alice says \"it's None of your business\""), me.text("about"));
        CPPUNIT_ASSERT_EQUAL(std::string("old/alice.webp"), me.text("profile_picture.file_key"));
        CPPUNIT_ASSERT_EQUAL(std::string("sw/m/Alice/1.webp"), me.text("photos[0].file_key"));
        CPPUNIT_ASSERT_EQUAL(std::string("b"), me.text("photos[1].file_key"));
        CPPUNIT_ASSERT_EQUAL(170, me.at("height").convert<int>());
        for (const char* key : {"weight", "religion", "drinking_info"})
            CPPUNIT_ASSERT(me.object()->isNull(key));
        CPPUNIT_ASSERT(!me.at("smoking_status").convert<bool>());
        const auto preferences = http.get("/api/v1/user/get/preferences");
        CPPUNIT_ASSERT_EQUAL(180, preferences.at("height").convert<int>());
        CPPUNIT_ASSERT(!preferences.at("drinking_status").convert<bool>());
        CPPUNIT_ASSERT(preferences.object()->isNull("religion"));
    }

    void chatsOfTwoAreOne(Deployment& deployment) const {
        HttpClient http(deployment.first().url());
        http.setBearer(alice_);
        const auto list = http.get("/api/v1/matches/get-connections");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(list.body, std::size_t{0}, list.object()->getArray("matches")->size());
        const auto chats = list.object()->getArray("chats");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(list.body, std::size_t{2}, chats->size());
        CPPUNIT_ASSERT_EQUAL(std::string("Deleted Account"), list.text("chats[0].username"));
        CPPUNIT_ASSERT_EQUAL(std::string("Bob"), list.text("chats[1].username"));
        CPPUNIT_ASSERT_EQUAL(1, list.at("chats[1].unseen_counter").convert<int>());
        CPPUNIT_ASSERT_EQUAL(0, http.get("/api/v1/likes/unseen-count").at("unseen_count").convert<int>());

        const auto chat = http.post("/api/v1/chats/get/chat", R"({"chat_room_id":10})");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(chat.body, 3, chat.at("last_seq").convert<int>());
        CPPUNIT_ASSERT_EQUAL(std::string("one"), chat.text("messages[0].message"));
        CPPUNIT_ASSERT_EQUAL(std::string("two"), chat.text("messages[1].message"));
        CPPUNIT_ASSERT_EQUAL(std::string("00000000-0000-4000-8000-000000000001"),
                             chat.text("messages[1].reply_id"));
        CPPUNIT_ASSERT_EQUAL(std::string("2025-04-01T10:00:02.000000Z"), chat.text("messages[2].timestamp"));
        CPPUNIT_ASSERT(chat.body.find("\"width\":640.0") != std::string::npos);
    }

    /// The next account and the next chat do not collide with what was imported.
    static void newcomersGetNewIds(Deployment& deployment) {
        HttpClient http(deployment.first().url());
        CPPUNIT_ASSERT_EQUAL(200, http.get("/api/v1/verify-email?email=new@example.com").status);
        const auto proof = http.post("/api/v1/verify-otp", R"({"email":"new@example.com","otp":)" +
                                                               deployment.codeFor("new@example.com") +
                                                               R"(,"subject":"email_verification"})");
        const auto made = http.post("/api/v1/signup", R"({"email_hash":")" + proof.text("email_hash") +
                                                          R"(","password":"Passw0rd!"})");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(made.body, 200, made.status);
        CPPUNIT_ASSERT_EQUAL(9, made.at("user_id").convert<int>());
    }

    /// Those that are told by their key to be of that account.
    void filesGoWithTheirAccount(Deployment& deployment, const std::filesystem::path& files) const {
        const auto put = [&](const char* key) {
            std::filesystem::create_directories((files / key).parent_path());
            std::ofstream(files / key) << "content";
            return files / key;
        };
        const auto sent = put("sw/media/4/x.webp");
        const auto shown = put("sw/profile_pictures/4/bob.webp");
        const auto others = put("sw/m/Bob/1.webp");
        HttpClient http(deployment.first().url());
        http.setBearer(bob_);
        CPPUNIT_ASSERT_EQUAL(200, http.del("/api/v1/user/delete").status);
        CPPUNIT_ASSERT(
            waitFor([&] { return !std::filesystem::exists(sent) && !std::filesystem::exists(shown); }));
        CPPUNIT_ASSERT(std::filesystem::exists(others));
    }

    std::string source_url_;
    std::string alice_;
    std::string bob_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LegacyImportTest);

}  // namespace linkup::test
