// Profiles and preferences, and what other plugins see of them, on SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/services/matches.h>

#include <set>
#include <thread>
#include <vector>

#include "auth_town.h"
#include "profile_service.h"

using namespace linkup;
using namespace linkup::test;
using sdk::ErrorCode;
using sdk::Json;

namespace {

/// Everybody has blocked everybody, and three likes may be given.
class Blocking : public sdk::Matches {
public:
    bool exists(sdk::Connection&, sdk::UserId, sdk::UserId) override { return false; }
    bool blocked(sdk::Connection&, sdk::UserId, sdk::UserId) override { return true; }
    bool create(sdk::Connection&, sdk::UserId, sdk::UserId) override { return false; }
    bool consume(sdk::Connection&, sdk::UserId, sdk::UserId) override { return false; }
    int likesPerDay() const noexcept override { return 3; }
};

class ProfileTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ProfileTest);
    CPPUNIT_TEST(meBeforeRegister);
    CPPUNIT_TEST(meAfterRegister);
    CPPUNIT_TEST(eachOfManyWhoAskTogetherGetsTheirOwnProfile);
    CPPUNIT_TEST(statusesFollowTheirInfo);
    CPPUNIT_TEST(registeringAgainReplaces);
    CPPUNIT_TEST(faultsComeInTheOrderOfTheFields);
    CPPUNIT_TEST(eighteenOnTheDay);
    CPPUNIT_TEST(photosAreTwoToTen);
    CPPUNIT_TEST(fileOfAnotherUserIsRefused);
    CPPUNIT_TEST(fileThatTheProfileHoldsIsFine);
    CPPUNIT_TEST(changesTouchWhatTheyNameOnly);
    CPPUNIT_TEST(changesNeedAProfile);
    CPPUNIT_TEST(oddChangesAreRefused);
    CPPUNIT_TEST(changesAtOnceAllHold);
    CPPUNIT_TEST(detailHidesWhatIsPrivate);
    CPPUNIT_TEST(detailOfWhomOneMayNotSee);
    CPPUNIT_TEST(preferencesAreReplaced);
    CPPUNIT_TEST(emptyPreferencesAreNone);
    CPPUNIT_TEST(oddPreferencesAreRefused);
    CPPUNIT_TEST(likesLeftComeFromMatches);
    CPPUNIT_TEST(cardsKeepTheOrderAndShowDeletedOnes);
    CPPUNIT_TEST(candidatesAreCompleteOnly);
    CPPUNIT_TEST(aCandidateIsReadAnewWhenItsVersionIsAnotherOne);
    CPPUNIT_TEST(everyChangeThatOthersSeeMakesAnotherVersion);
    CPPUNIT_TEST(candidatesByVersionKeepTheOrderAndLeaveOutWhoCannotBeShown);
    CPPUNIT_TEST(demoPeopleAreManyAndStay);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void setUp() override { town_ = std::make_unique<AuthTown>(backend()); }
    void tearDown() override { town_.reset(); }

    void meBeforeRegister() {
        const Citizen alice = town_->signUp("alice@example.com");
        const Json me = town_->get("/me", alice.access_token);
        CPPUNIT_ASSERT_EQUAL(std::size_t{22}, me.size());
        for (const auto& [key, value] : me.members()) {
            if (key == "id")
                CPPUNIT_ASSERT_EQUAL(alice.id, value.asInteger());
            else if (key == "university_id")
                CPPUNIT_ASSERT_EQUAL(std::int64_t{-1}, value.asInteger());
            else if (key == "photos")
                CPPUNIT_ASSERT(value.isArray() && value.size() == 0);
            else if (key == "swipes_remaining")
                CPPUNIT_ASSERT_EQUAL(std::int64_t{10}, value.asInteger());
            else
                CPPUNIT_ASSERT_MESSAGE(key, value.isNull());
        }
    }

    void eachOfManyWhoAskTogetherGetsTheirOwnProfile() {
        std::vector<Citizen> citizens;
        for (const char* name : {"alice", "bob", "carol"})
            citizens.push_back(town_->settle(name + std::string("@example.com")));
        std::vector<sdk::Request> requests(5);
        std::vector<sdk::PendingRequest> pending;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            const Citizen& citizen = citizens[i % citizens.size()];
            requests[i].principal = sdk::Principal{citizen.id, "", citizen.email};
            pending.push_back({requests[i]});
        }
        town_->erase("/user/delete", citizens[1].access_token);
        town_->registrar().find(sdk::Method::kGet, "/api/v1/me")->batch(pending);
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (i % citizens.size() == 1) {
                CPPUNIT_ASSERT(!pending[i].response);
                CPPUNIT_ASSERT(pending[i].error->code() == sdk::ErrorCode::kUnauthenticated);
            } else {
                const Json me = std::get<Json>(sdk::parseJson(pending[i].response->body));
                CPPUNIT_ASSERT(me == town_->get("/me", citizens[i % citizens.size()].access_token));
            }
        }
    }

    void meAfterRegister() {
        const Citizen alice = town_->signUp("alice@example.com");
        const Json reply = town_->post("/register", AuthTown::profileBody(), alice.access_token);
        CPPUNIT_ASSERT_EQUAL(alice.id, reply.at("msg").asInteger());
        const Json me = town_->get("/me", alice.access_token);
        CPPUNIT_ASSERT_EQUAL(std::size_t{22}, me.size());
        CPPUNIT_ASSERT_EQUAL(std::string("2003-05-17"), me.at("dob").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("Male"), me.at("interested_gender").asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, me.at("university_id").asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{170}, me.at("height").asInteger());
        CPPUNIT_ASSERT(me.at("weight").isNull() && me.at("religion").isNull());
        CPPUNIT_ASSERT(!me.at("smoking_status").asBool() && me.at("drinking_status").asBool());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, me.at("photos").size());
        for (const char* key : {"file_key", "blurhash", "url"}) {
            CPPUNIT_ASSERT(me.at("profile_picture").at(key).isString());
            CPPUNIT_ASSERT(me.at("photos").items()[1].at(key).isString());
        }
        // What the client sent as URL is not kept.
        CPPUNIT_ASSERT(me.at("profile_picture").at("url").asString().find("elsewhere") == std::string::npos);
    }

    void statusesFollowTheirInfo() {
        CPPUNIT_ASSERT(auth::statusOf("No") == false);
        CPPUNIT_ASSERT(auth::statusOf("No, prefer non-smokers") == false);
        CPPUNIT_ASSERT(auth::statusOf("Trying to quit") == true);
        CPPUNIT_ASSERT(!auth::statusOf(std::nullopt));
    }

    void registeringAgainReplaces() {
        const Citizen alice = town_->settle("alice@example.com");
        town_->post("/user/update/preferences",
                    Json::object({{"interested_gender", "Male"}, {"height", 180}}), alice.access_token);
        Json body = AuthTown::profileBody();
        body.set("username", "Alix")
            .set("height", Json())
            .set("interested_gender", "Female")
            .erase("university_year");
        town_->post("/register", body, alice.access_token);
        const Json me = town_->get("/me", alice.access_token);
        CPPUNIT_ASSERT_EQUAL(std::string("Alix"), me.at("username").asString());
        CPPUNIT_ASSERT(me.at("height").isNull());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, me.at("university_year").asInteger());
        const Json preferences = town_->get("/user/get/preferences", alice.access_token);
        CPPUNIT_ASSERT_EQUAL(std::string("Female"), preferences.at("interested_gender").asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{180}, preferences.at("height").asInteger());
    }

    void faultsComeInTheOrderOfTheFields() {
        const Citizen alice = town_->signUp("alice@example.com");
        Json body = AuthTown::profileBody();
        body.set("username", "").set("gender", "male").set("university_major", "Alchemy").set("height", 49);
        body.erase("hometown");
        const auto error = errorOf([&] { town_->post("/register", body, alice.access_token); });
        std::vector<std::string> found;
        for (const Json& fault : error.detail().items()) {
            found.push_back(fault.at("loc").items().at(1).asString() + " " + fault.at("type").asString());
        }
        const std::vector<std::string> expected = {"username string_too_short", "gender literal_error",
                                                   "university_major value_error", "hometown missing",
                                                   "height greater_than_equal"};
        CPPUNIT_ASSERT(found == expected);
    }

    void eighteenOnTheDay() {
        const Citizen alice = town_->signUp("alice@example.com");  // today is 2026-11-24
        Json body = AuthTown::profileBody();
        town_->post("/register", body.set("dob", "2008-11-24"), alice.access_token);
        const auto error =
            errorOf([&] { town_->post("/register", body.set("dob", "2008-11-25"), alice.access_token); });
        CPPUNIT_ASSERT_EQUAL(std::string("Value error, You must be at least 18 years old"),
                             error.detail().items().at(0).at("msg").asString());
    }

    void photosAreTwoToTen() {
        const Citizen alice = town_->signUp("alice@example.com");
        const auto with = [&](int count) {
            Json photos = Json::array();
            for (int i = 0; i < count; ++i)
                photos.push(Json::object({{"file_key", "sw/media/a/" + std::to_string(i)}}));
            town_->post("/register", AuthTown::profileBody().set("photos", photos), alice.access_token);
        };
        with(2);
        with(10);
        CPPUNIT_ASSERT_EQUAL(std::string("Value error, At least two photos are required"),
                             errorOf([&] { with(1); }).detail().items().at(0).at("msg").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("too_long"),
                             errorOf([&] { with(11); }).detail().items().at(0).at("type").asString());
        CPPUNIT_ASSERT_EQUAL(std::size_t{10}, town_->get("/me", alice.access_token).at("photos").size());
    }

    void fileOfAnotherUserIsRefused() {
        const Citizen alice = town_->signUp("alice@example.com");
        Json body = AuthTown::profileBody();
        body.set("photos", Json::array({picture("sw/media/" + std::to_string(alice.id) + "/a.webp"),
                                        picture("sw/media/" + std::to_string(alice.id + 1) + "/b.webp")}));
        const auto error = errorOf([&] { town_->post("/register", body, alice.access_token); });
        CPPUNIT_ASSERT(error.code() == ErrorCode::kUnprocessable);
        const Json& fault = error.detail().items().at(0);
        CPPUNIT_ASSERT(fault.at("loc") == Json::array({"body", "photos", 1, "file_key"}));
        CPPUNIT_ASSERT_EQUAL(std::string("Value error, Invalid file key"), fault.at("msg").asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{-1},
                             town_->get("/me", alice.access_token).at("university_id").asInteger());
    }

    void fileThatTheProfileHoldsIsFine() {
        const Citizen alice = town_->settle("alice@example.com");
        const Json body = AuthTown::profileBody().set("profile_picture", picture("old store/face.jpg"));
        CPPUNIT_ASSERT_THROW(town_->post("/register", body, alice.access_token), sdk::Error);
        town_->database().transaction([](sdk::Connection& c) {
            c.execute("UPDATE auth_profiles SET picture_key = 'old store/face.jpg'");
        });
        town_->post("/register", body, alice.access_token);
    }

    void changesTouchWhatTheyNameOnly() {
        const Citizen alice = town_->settle("alice@example.com");
        Json expected = town_->get("/me", alice.access_token);
        assertChanged(alice, Json::object());
        assertChanged(alice, Json::object({{"username", "Mallory"}, {"gender", "Male"}, {"about", Json()}}));
        CPPUNIT_ASSERT_EQUAL(expected.dump(), town_->get("/me", alice.access_token).dump());

        assertChanged(alice, Json::object({{"about", ""}, {"height", "180"}, {"smoking_info", "Yes"}}));
        expected.set("about", "");
        expected.set("height", 180);
        expected.set("smoking_info", "Yes");
        expected.set("smoking_status", true);
        CPPUNIT_ASSERT_EQUAL(expected.dump(), town_->get("/me", alice.access_token).dump());

        const auto picture = [](const char* key) { return Json::object({{"file_key", key}, {"url", "x"}}); };
        assertChanged(
            alice, Json::object({{"profile_picture", picture("sw/new/face.webp")},
                                 {"photos", Json::array({picture("sw/a/3.webp"), picture("sw/a/4.webp")})}}));
        const Json me = town_->get("/me", alice.access_token);
        CPPUNIT_ASSERT_EQUAL(std::string("sw/new/face.webp"),
                             me.at("profile_picture").at("file_key").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("sw/a/4.webp"),
                             me.at("photos").items().at(1).at("file_key").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("profile.changed"), town_->host().fake_hooks.runs().back().event);
    }

    void changesNeedAProfile() {
        const Citizen alice = town_->signUp("alice@example.com");
        for (const Json& body : {Json::object(), Json::object({{"about", "x"}})}) {
            const auto error = errorOf([&] { change(alice, body); });
            CPPUNIT_ASSERT(error.code() == ErrorCode::kConflict);
            CPPUNIT_ASSERT_EQUAL(std::string("Complete your profile first"), std::string(error.what()));
        }
    }

    void oddChangesAreRefused() {
        const Citizen alice = town_->settle("alice@example.com");
        const std::string before = town_->get("/me", alice.access_token).dump();
        const Json foreign = Json::object({{"file_key", "sw/media/999999/x.webp"}});
        for (const Json& body :
             {Json::object({{"height", 10}, {"about", "x"}}), Json::object({{"religion", "None"}}),
              Json::object({{"photos", Json::array({foreign})}}),
              Json::object({{"profile_picture", foreign}}), Json::object({{"about", std::string(2001, 'x')}}),
              Json::object({{"looking_for", "Fun"}})}) {
            CPPUNIT_ASSERT(errorOf([&] { change(alice, body); }).code() == ErrorCode::kUnprocessable);
        }
        CPPUNIT_ASSERT_EQUAL(before, town_->get("/me", alice.access_token).dump());
    }

    void changesAtOnceAllHold() {
        const Citizen alice = town_->settle("alice@example.com");
        std::vector<std::thread> threads;
        const std::vector<Json> changes{Json::object({{"about", "new"}}), Json::object({{"hometown", "Goa"}}),
                                        Json::object({{"height", 190}}), Json::object({{"weight", 90}})};
        for (const Json& body : changes) threads.emplace_back([&] { change(alice, body); });
        for (auto& thread : threads) thread.join();
        const Json me = town_->get("/me", alice.access_token);
        CPPUNIT_ASSERT_EQUAL(std::string("new"), me.at("about").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("Goa"), me.at("hometown").asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{190}, me.at("height").asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{90}, me.at("weight").asInteger());
    }

    void detailHidesWhatIsPrivate() {
        const Citizen alice = town_->settle("alice@example.com");
        const Citizen bob = town_->settle("bob@example.com", "Male");
        const Json other = detail(alice, bob.id);
        CPPUNIT_ASSERT_EQUAL(std::size_t{22}, other.size());
        CPPUNIT_ASSERT(other.at("interested_gender").isNull() && other.at("swipes_remaining").isNull());
        CPPUNIT_ASSERT_EQUAL(std::string("Male"), other.at("gender").asString());
        CPPUNIT_ASSERT(detail(alice, alice.id) == town_->get("/me", alice.access_token));
    }

    void detailOfWhomOneMayNotSee() {
        const Citizen alice = town_->settle("alice@example.com");
        const Citizen unfinished = town_->signUp("carol@example.com");
        const Citizen bob = town_->settle("bob@example.com");
        for (const sdk::UserId user : {unfinished.id, bob.id + 1000}) {
            const auto error = errorOf([&] { detail(alice, user); });
            CPPUNIT_ASSERT(error.code() == ErrorCode::kNotFound);
            CPPUNIT_ASSERT_EQUAL(std::string("User not found"), std::string(error.what()));
        }
        CPPUNIT_ASSERT_EQUAL(unfinished.id, detail(unfinished, unfinished.id).at("id").asInteger());
        erase(bob);
        CPPUNIT_ASSERT(errorOf([&] { detail(alice, bob.id); }).code() == ErrorCode::kNotFound);
        CPPUNIT_ASSERT(errorOf([&] { detail(alice, 0); }).code() == ErrorCode::kUnprocessable);
    }

    void preferencesAreReplaced() {
        const Citizen alice = town_->settle("alice@example.com");
        const Json full = Json::object({{"interested_gender", "Female"},
                                        {"height", 170},
                                        {"weight", "60"},
                                        {"religion", "Islam"},
                                        {"drinking_status", true},
                                        {"smoking_status", false},
                                        {"looking_for", "Serious"},
                                        {"currently_staying", "PG"},
                                        {"max_distance_km", 25}});
        CPPUNIT_ASSERT_EQUAL(std::string("Preferences updated successfully"),
                             update(alice, full).at("message").asString());
        Json expected = full;
        expected.set("weight", 60);
        CPPUNIT_ASSERT(town_->get("/user/get/preferences", alice.access_token) == expected);
        CPPUNIT_ASSERT_EQUAL(std::string("Female"),
                             town_->get("/me", alice.access_token).at("interested_gender").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("preferences.changed"),
                             town_->host().fake_hooks.runs().back().event);

        update(alice, Json::object({{"smoking_status", true}, {"height", Json()}}));
        const Json left = town_->get("/user/get/preferences", alice.access_token);
        CPPUNIT_ASSERT_EQUAL(std::size_t{9}, left.size());
        CPPUNIT_ASSERT(left.at("smoking_status").asBool() && left.at("height").isNull());
        CPPUNIT_ASSERT(town_->get("/me", alice.access_token).at("interested_gender").isNull());
    }

    void emptyPreferencesAreNone() {
        const Citizen alice = town_->settle("alice@example.com");
        update(alice, Json::object());
        const Json none = town_->get("/user/get/preferences", alice.access_token);
        CPPUNIT_ASSERT_EQUAL(std::string("No preferences found for this user"),
                             none.at("message").asString());
        const Citizen bob = town_->signUp("bob@example.com");
        CPPUNIT_ASSERT(town_->get("/user/get/preferences", bob.access_token) == none);
    }

    void oddPreferencesAreRefused() {
        const Citizen alice = town_->settle("alice@example.com");
        for (const auto& [key, value] : std::vector<sdk::Json::Member>{{"looking_for", "Not sure yet"},
                                                                       {"religion", "Don't mind"},
                                                                       {"interested_gender", "male"},
                                                                       {"smoking_status", "maybe"},
                                                                       {"height", 301}}) {
            CPPUNIT_ASSERT(errorOf([&] {
                               update(alice, Json::object({{key, value}}));
                           }).code() == ErrorCode::kUnprocessable);
        }
    }

    void likesLeftComeFromMatches() {
        const Citizen alice = town_->settle("alice@example.com");
        const Citizen bob = town_->settle("bob@example.com");
        auth::PictureService pictures;
        auth::ProfileService profiles(town_->host(), pictures);
        Blocking matches;
        profiles.use(&matches);
        town_->host().database().transaction([&](sdk::Connection& c) {
            c.execute("CREATE TABLE match_likes_given_v1 (user_id BIGINT, given_at BIGINT)");
            for (const std::chrono::hours ago : {std::chrono::hours(1), std::chrono::hours(25)})
                c.execute("INSERT INTO match_likes_given_v1 VALUES ($1, $2)",
                          {alice.id, sdk::toMicros(town_->host().clock().now() - ago)});
        });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, profiles.me(alice.id).at("swipes_remaining").asInteger());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, profiles.me(bob.id).at("swipes_remaining").asInteger());
        CPPUNIT_ASSERT(errorOf([&] { profiles.detail(alice.id, bob.id); }).code() == ErrorCode::kNotFound);
    }

    void cardsKeepTheOrderAndShowDeletedOnes() {
        const Citizen alice = town_->settle("alice@example.com");
        const Citizen bob = town_->settle("bob@example.com");
        const Citizen carol = town_->signUp("carol@example.com");
        erase(bob);
        const std::vector<sdk::UserId> wanted = {carol.id, bob.id, 999'999, alice.id};
        const auto cards = sdk::read(town_->database(),
                                     [&](sdk::Connection& c) { return town_->profiles().cards(c, wanted); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, cards.size());
        CPPUNIT_ASSERT_EQUAL(carol.id, cards[0].id);
        CPPUNIT_ASSERT_EQUAL(bob.id, cards[1].id);
        CPPUNIT_ASSERT(cards[1].deleted && cards[1].username == "Deleted Account");
        CPPUNIT_ASSERT_EQUAL(std::string("sw/static/deleted.webp"),
                             cards[1].picture.at("file_key").asString());
        CPPUNIT_ASSERT(!cards[2].deleted && cards[2].username == "Alice");
        for (const auto& card : cards) CPPUNIT_ASSERT(card.picture.at("url").isString());
    }

    void candidatesAreCompleteOnly() {
        const Citizen alice = town_->settle("alice@example.com");
        const Citizen bob = town_->settle("bob@example.com");
        const Citizen carol = town_->signUp("carol@example.com");
        sdk::read(town_->database(), [&](sdk::Connection& c) {
            auto& profiles = town_->profiles();
            const std::vector<sdk::UserId> wanted = {bob.id, carol.id, alice.id};
            const auto found = profiles.candidates(c, wanted);
            CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
            CPPUNIT_ASSERT_EQUAL(bob.id, found[0].at("id").asInteger());
            CPPUNIT_ASSERT_EQUAL(std::size_t{18}, found[0].size());
            CPPUNIT_ASSERT(profiles.complete(c, alice.id) && !profiles.complete(c, carol.id));
            CPPUNIT_ASSERT(profiles.active(c, carol.id) && !profiles.active(c, 999'999));
            CPPUNIT_ASSERT_EQUAL(std::size_t{9}, profiles.preferences(c, carol.id).size());
            return 0;
        });
    }

    void aCandidateIsReadAnewWhenItsVersionIsAnotherOne() {
        const Citizen alice = town_->settle("alice@example.com");
        const auto version = versionOf(alice);
        const auto before = candidatesAt({{alice.id, version}}).at(0);
        town_->database().transaction([&](sdk::Connection& c) {
            c.execute("UPDATE auth_profiles SET about = 'behind the back' WHERE user_id = $1", {alice.id});
        });
        CPPUNIT_ASSERT(candidatesAt({{alice.id, version}}).at(0) == before);
        const auto after = candidatesAt({{alice.id, version + 1}}).at(0);
        CPPUNIT_ASSERT_EQUAL(std::string("behind the back"), after.at("about").asString());
    }

    void everyChangeThatOthersSeeMakesAnotherVersion() {
        const Citizen alice = town_->settle("alice@example.com");
        std::set<std::int64_t> versions = {versionOf(alice)};
        change(alice, Json::object({{"about", "Another about me"}}));
        versions.insert(versionOf(alice));
        const auto seen = candidatesAt({{alice.id, versionOf(alice)}}).at(0);
        CPPUNIT_ASSERT_EQUAL(std::string("Another about me"), seen.at("about").asString());
        town_->post("/register", AuthTown::profileBody(), alice.access_token);
        versions.insert(versionOf(alice));
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, versions.size());
        const auto again = candidatesAt({{alice.id, versionOf(alice)}}).at(0);
        CPPUNIT_ASSERT(again.at("about").asString() != "Another about me");
    }

    void candidatesByVersionKeepTheOrderAndLeaveOutWhoCannotBeShown() {
        const Citizen alice = town_->settle("alice@example.com");
        const Citizen bob = town_->settle("bob@example.com");
        const Citizen carol = town_->signUp("carol@example.com");
        candidatesAt({{alice.id, versionOf(alice)}});
        const auto found = candidatesAt({{bob.id, versionOf(bob)},
                                         {alice.id, versionOf(alice)},
                                         {carol.id, 0},
                                         {bob.id, versionOf(bob)},
                                         {999'999, 0}});
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, found.size());
        CPPUNIT_ASSERT_EQUAL(bob.id, found[0].at("id").asInteger());
        CPPUNIT_ASSERT_EQUAL(alice.id, found[1].at("id").asInteger());
        CPPUNIT_ASSERT(found[2] == found[0]);
        CPPUNIT_ASSERT_EQUAL(std::size_t{18}, found[1].size());
    }

    void demoPeopleAreManyAndStay() {
        town_->registrar().fill_demo(30);
        town_->registrar().fill_demo(1500);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1500}, town_->number("SELECT COUNT(*) FROM auth_candidates_v1"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2},
                             town_->number("SELECT COUNT(DISTINCT password_hash) FROM auth_users"));
        const Citizen first = town_->logIn("demo1@example.com", "Demo-pass1!");
        const Citizen second = town_->logIn("demo1500@example.com", "Demo-pass1!");
        CPPUNIT_ASSERT_EQUAL(std::string("Male"),
                             town_->get("/me", first.access_token).at("gender").asString());
        const Json me = town_->get("/me", second.access_token);
        CPPUNIT_ASSERT_EQUAL(std::string("Female"), me.at("gender").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("Male"), me.at("interested_gender").asString());
        CPPUNIT_ASSERT(town_->number("SELECT COUNT(DISTINCT username) FROM auth_profiles") > 20);
        // Nobody is a minor, and everything that they say is something that /register takes.
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0},
                             town_->number("SELECT COUNT(*) FROM auth_profiles WHERE dob > '2008-11-24'"));
        Json body = me;
        town_->post("/register", body, second.access_token);
    }

protected:
    Json change(const Citizen& citizen, const Json& body) {
        return town_->post("/user/update/metadata", body, citizen.access_token);
    }
    void assertChanged(const Citizen& citizen, const Json& body) {
        CPPUNIT_ASSERT_EQUAL(std::string("User metadata updated successfully"),
                             change(citizen, body).at("message").asString());
    }
    virtual AuthBackend backend() const = 0;

private:
    static Json picture(const std::string& key) { return Json::object({{"file_key", key}}); }
    Json detail(const Citizen& viewer, sdk::UserId user) {
        return town_->get("/user/get/detail/{user_id}", viewer.access_token,
                          Json::object({{"user_id", std::to_string(user)}}));
    }
    Json update(const Citizen& citizen, const Json& body) {
        return town_->post("/user/update/preferences", body, citizen.access_token);
    }
    void erase(const Citizen& citizen) {
        town_->database().transaction([&](sdk::Connection& c) {
            c.execute("UPDATE auth_users SET deleted_at = 1, email = NULL, email_key = NULL WHERE id = $1",
                      {citizen.id});
            c.execute("DELETE FROM auth_profiles WHERE user_id = $1", {citizen.id});
        });
    }

    std::int64_t versionOf(const Citizen& citizen) {
        return town_->number("SELECT version FROM auth_candidates_v1 WHERE user_id = " +
                             std::to_string(citizen.id));
    }
    std::vector<Json> candidatesAt(const std::vector<sdk::ProfileVersion>& profiles) {
        return sdk::read(town_->database(),
                         [&](sdk::Connection& c) { return town_->candidates().find(c, profiles); });
    }

    std::unique_ptr<AuthTown> town_;
};

class ProfileOnSqlite : public ProfileTest {
    CPPUNIT_TEST_SUB_SUITE(ProfileOnSqlite, ProfileTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kSqlite; }
};
class ProfileOnPostgresql : public ProfileTest {
    CPPUNIT_TEST_SUB_SUITE(ProfileOnPostgresql, ProfileTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kPostgresql; }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProfileOnSqlite);
CPPUNIT_TEST_SUITE_REGISTRATION(ProfileOnPostgresql);

}  // namespace
