#include "town.h"

#include "daemon/services/migrations.h"
#include "tests/support/private_postgres.h"

namespace linkup::test {
namespace {

sdk::Json picture() {
    return sdk::Json::object(
        {{"file_key", "sw/media/1/x.webp"}, {"blurhash", "L0IE|gfQ"}, {"url", "https://pictures/x"}});
}

/// Reads the town's own table.
class TownProfiles : public sdk::Profiles, public sdk::Candidates {
public:
    bool complete(sdk::Connection& connection, sdk::UserId user) override { return active(connection, user); }

    bool active(sdk::Connection& connection, sdk::UserId user) override {
        return !connection.execute("SELECT 1 FROM town_people WHERE user_id = $1 AND NOT deleted", {user})
                    .empty();
    }

    std::vector<sdk::PersonCard> cards(sdk::Connection& connection,
                                       std::span<const sdk::UserId> users) override {
        std::vector<sdk::PersonCard> cards;
        for (const auto user : users) {
            const auto rows =
                connection.execute("SELECT deleted FROM town_people WHERE user_id = $1", {user});
            if (rows.empty()) continue;
            cards.push_back({user, "Person " + std::to_string(user), picture(), rows.boolean(0, 0)});
        }
        return cards;
    }

    std::vector<sdk::Json> candidates(sdk::Connection& connection,
                                      std::span<const sdk::UserId> users) override {
        std::vector<sdk::Json> candidates;
        for (const auto& card : cards(connection, users)) {
            candidates.push_back(sdk::Json::object({{"id", card.id},
                                                    {"profile_picture", card.picture},
                                                    {"hometown", hometownOf(connection, card.id)}}));
        }
        return candidates;
    }

    std::vector<sdk::Json> find(sdk::Connection& connection,
                                std::span<const sdk::ProfileVersion> profiles) override {
        std::vector<sdk::UserId> users;
        for (const auto& profile : profiles) users.push_back(profile.user);
        return candidates(connection, users);
    }

    sdk::Json preferences(sdk::Connection& connection, sdk::UserId user) override {
        const auto rows = connection.execute(
            "SELECT interested_gender, max_distance_km, wished_height FROM town_people WHERE user_id = $1",
            {user});
        const auto max_distance = rows.optionalInteger(0, 1);
        const auto height = rows.optionalInteger(0, 2);
        auto preferences =
            sdk::Json::object({{"interested_gender", rows.text(0, 0)},
                               {"height", height ? sdk::Json(*height) : sdk::Json()},
                               {"max_distance_km", max_distance ? sdk::Json(*max_distance) : sdk::Json()}});
        for (const char* key : {"weight", "religion", "drinking_status", "smoking_status", "looking_for",
                                "currently_staying"}) {
            preferences.set(key, nullptr);
        }
        return preferences;
    }

private:
    static std::string hometownOf(sdk::Connection& connection, sdk::UserId user) {
        return connection.execute("SELECT hometown FROM town_people WHERE user_id = $1", {user}).text(0, 0);
    }
};

const std::vector<sdk::Migration>& townMigrations() {
    static const std::string text =
        "CREATE TABLE town_people (user_id BIGINT PRIMARY KEY, gender TEXT NOT NULL, interested_gender TEXT "
        "NOT NULL, "
        "deleted BOOLEAN NOT NULL, height BIGINT, weight BIGINT, religion TEXT, drinking_status BOOLEAN, "
        "smoking_status BOOLEAN, looking_for TEXT, currently_staying TEXT, hometown TEXT NOT NULL, "
        "wished_height BIGINT, max_distance_km BIGINT, sample_key BIGINT NOT NULL);"
        "CREATE VIEW auth_candidates_v1 AS SELECT user_id, 1 AS university_id, gender, interested_gender, "
        "height, weight, "
        "religion, drinking_status, smoking_status, looking_for, currently_staying, sample_key, 0 AS version "
        "FROM town_people WHERE "
        "NOT deleted;"
        "CREATE VIEW auth_preferences_v1 AS SELECT user_id, wished_height AS height, CAST(NULL AS BIGINT) AS "
        "weight, CAST(NULL AS TEXT) AS religion, CAST(NULL AS BOOLEAN) AS drinking_status, CAST(NULL AS "
        "BOOLEAN) AS smoking_status, CAST(NULL AS TEXT) AS looking_for, CAST(NULL AS TEXT) AS "
        "currently_staying FROM town_people;";
    static const std::vector<sdk::Migration> migrations = {{1, "create_town", text, text}};
    return migrations;
}

}  // namespace

Town::Town(Backend backend) {
    daemon::DatabaseSettings settings;
    url_ = backend == Backend::kSqlite ? "sqlite:" + (folder_ / "town.db").string()
                                       : PrivatePostgres::shared().createDatabase();
    settings.url = url_;
    database_ = daemon::openDatabase(settings, log_);
    host_ = std::make_unique<sdk::testing::FakeHost>(*database_);
    auto profiles = std::make_unique<TownProfiles>();
    candidates_ = profiles.get();
    profiles_ = std::move(profiles);
    migrate("town", townMigrations());
}

Town::~Town() = default;

void Town::migrate(const std::string& owner, const std::vector<sdk::Migration>& migrations) {
    daemon::Migrator(*database_, log_).apply(owner, migrations);
}

void Town::addPerson(sdk::UserId id, const std::string& gender, const std::string& interested_gender) {
    database_->transaction([&](sdk::Connection& connection) {
        connection.execute(
            "INSERT INTO town_people (user_id, gender, interested_gender, deleted, hometown, sample_key) "
            "VALUES ($1, $2, $3, FALSE, '', $4)",
            {id, gender, interested_gender, id * 1'000'003 % (std::int64_t{1} << 31)});
    });
}

void Town::setHometown(sdk::UserId id, const std::string& hometown) {
    database_->transaction([&](sdk::Connection& connection) {
        connection.execute("UPDATE town_people SET hometown = $1 WHERE user_id = $2", {hometown, id});
    });
}

void Town::setMaxDistance(sdk::UserId id, std::int64_t kilometres) {
    database_->transaction([&](sdk::Connection& connection) {
        connection.execute("UPDATE town_people SET max_distance_km = $1 WHERE user_id = $2",
                           {kilometres, id});
    });
}

void Town::deletePerson(sdk::UserId id) {
    database_->transaction([&](sdk::Connection& connection) {
        connection.execute("UPDATE town_people SET deleted = TRUE WHERE user_id = $1", {id});
    });
}

std::int64_t Town::number(std::string_view sql) {
    return sdk::read(*database_,
                     [&](sdk::Connection& connection) { return connection.execute(sql).integer(0, 0); });
}

}  // namespace linkup::test
