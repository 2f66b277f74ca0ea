// What the stores promise, on SQLite and PostgreSQL.

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "account_store.h"
#include "auth_town.h"
#include "code_store.h"
#include "profile_store.h"
#include "session_store.h"

using namespace linkup;
using namespace linkup::auth;
using namespace linkup::test;
using namespace std::chrono_literals;
using sdk::Connection;

namespace {

const sdk::Time kNow = sdk::fromMicros(1'795'485'600'123'456);

Profile fullProfile() {
    Profile profile;
    profile.username = "Ålice 😀 'quoted'";
    profile.gender = "Female";
    profile.interested_gender = "Male";
    profile.university_id = 1;
    profile.dob = "2003-05-17";
    profile.university_major = "BTech";
    profile.university_year = 2;
    profile.about = "";
    profile.currently_staying = "PG";
    profile.hometown = "Kochi";
    profile.height = 170;
    profile.smoking_info = "No";
    profile.smoking_status = false;
    profile.drinking_info = "Yes";
    profile.drinking_status = true;
    profile.picture = StoredPicture{"sw/face", "hash"};
    profile.photos = {{"sw/1", "one"}, {"sw/2", ""}};
    profile.complete = true;
    return profile;
}

class StoreTest : public CppUnit::TestFixture {
    template <class Work>
    auto in(Work work) {
        return sdk::transaction(**database_, work);
    }

    CPPUNIT_TEST_SUITE(StoreTest);
    CPPUNIT_TEST(addressHasOneAccount);
    CPPUNIT_TEST(tokenIsUsedOnce);
    CPPUNIT_TEST(madeUpKeyStays);
    CPPUNIT_TEST(codeIsReplacedCountedAndExpires);
    CPPUNIT_TEST(triesAtOnceComeOneAfterTheOther);
    CPPUNIT_TEST(sessionLivesUntilRevokedExpiredOrDeleted);
    CPPUNIT_TEST(severalSessionsAreFoundInOneStatement);
    CPPUNIT_TEST(rotationNeedsThePresentToken);
    CPPUNIT_TEST(profileComesBackAsItWasPut);
    CPPUNIT_TEST(profileOfNobodyAndOfANewcomer);
    CPPUNIT_TEST(manyAreFoundInOneStatement);
    CPPUNIT_TEST(preferencesComeBackAsTheyWerePut);
    CPPUNIT_TEST(candidatesAreTheCompleteOnes);
    CPPUNIT_TEST(sampleKeyStaysWhenTheProfileChanges);
    CPPUNIT_TEST(discoveryUsesItsIndex);
    CPPUNIT_TEST_SUITE_END_ABSTRACT();

public:
    void setUp() override { database_ = std::make_unique<AuthDatabase>(backend()); }
    void tearDown() override { database_.reset(); }

    void addressHasOneAccount() {
        const auto first = in([](Connection& c) {
            return account_store::insert(c, {"A@b.c", "a@b.c", "h", kNow});
        });
        const auto second = in([](Connection& c) {
            return account_store::insert(c, {"a@B.c", "a@b.c", "i", kNow});
        });
        CPPUNIT_ASSERT(first && !second);
        const auto found = in([](Connection& c) { return account_store::findByEmail(c, "a@b.c"); });
        CPPUNIT_ASSERT(found);
        CPPUNIT_ASSERT_EQUAL(*first, found->id);
        CPPUNIT_ASSERT_EQUAL(std::string("A@b.c"), found->email);
        CPPUNIT_ASSERT_EQUAL(std::string("h"), found->password_hash);
        CPPUNIT_ASSERT(!in([](Connection& c) { return account_store::findByEmail(c, "x@b.c"); }));
        // As an import leaves it: its lower case was taken.
        const auto twin = in([](Connection& c) {
            return account_store::insert(c, {"A@B.c", "A@B.c", "t", kNow});
        });
        CPPUNIT_ASSERT_EQUAL(*twin,
                             in([](Connection& c) { return account_store::findByEmail(c, " A@B.c"); })->id);
        CPPUNIT_ASSERT_EQUAL(*first,
                             in([](Connection& c) { return account_store::findByEmail(c, "A@b.C"); })->id);
        in([&](Connection& c) { return account_store::setPasswordHash(c, *first, "new"), 0; });
        CPPUNIT_ASSERT_EQUAL(std::string("new"), in([](Connection& c) {
                                                     return account_store::findByEmail(c, "a@b.c");
                                                 })->password_hash);
        CPPUNIT_ASSERT(in([&](Connection& c) { return account_store::active(c, *first); }));
        CPPUNIT_ASSERT(!in([&](Connection& c) { return account_store::active(c, *first + 1); }));
    }

    void tokenIsUsedOnce() {
        CPPUNIT_ASSERT(in([](Connection& c) { return account_store::useToken(c, "j", kNow); }));
        CPPUNIT_ASSERT(!in([](Connection& c) { return account_store::useToken(c, "j", kNow); }));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0},
                             in([](Connection& c) { return account_store::removeExpiredTokens(c, kNow); }));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, in([](Connection& c) {
                                 return account_store::removeExpiredTokens(c, kNow + 1us);
                             }));
    }

    void madeUpKeyStays() {
        for (const char* value : {"first", "second"}) {
            in([&](Connection& c) { return account_store::insertKeyIfAbsent(c, "k", value), 0; });
        }
        CPPUNIT_ASSERT_EQUAL(std::string("first"),
                             in([](Connection& c) { return account_store::key(c, "k"); }));
    }

    void codeIsReplacedCountedAndExpires() {
        const auto count = [&](sdk::Time now) {
            return in([&](Connection& c) { return code_store::countTry(c, "a", now); });
        };
        CPPUNIT_ASSERT(!count(kNow));
        in([](Connection& c) { return code_store::put(c, "a", "one", kNow + 10min), 0; });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count(kNow)->tries);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, count(kNow)->tries);
        in([](Connection& c) { return code_store::put(c, "a", "two", kNow + 10min), 0; });
        const auto tried = count(kNow + 10min - 1us);
        CPPUNIT_ASSERT(tried && tried->hash == "two" && tried->tries == 1);
        CPPUNIT_ASSERT(!count(kNow + 10min));
        in([](Connection& c) { return code_store::remove(c, "a"), 0; });
        CPPUNIT_ASSERT(!count(kNow));
    }

    void triesAtOnceComeOneAfterTheOther() {
        in([](Connection& c) { return code_store::put(c, "a", "hash", kNow + 10min), 0; });
        std::atomic<int> taken = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                const bool mine = in([&](Connection& c) {
                    if (!code_store::countTry(c, "a", kNow)) return false;
                    code_store::remove(c, "a");
                    return true;
                });
                taken += mine ? 1 : 0;
            });
        }
        for (std::thread& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(1, taken.load());
    }

    void sessionLivesUntilRevokedExpiredOrDeleted() {
        const auto user = newUser("a");
        const auto live = [&](const std::string& id, sdk::Time now = kNow) {
            return in([&](Connection& c) { return session_store::findLive(c, id, now); });
        };
        for (const char* id : {"s1", "s2", "s3"}) {
            in([&](Connection& c) {
                return session_store::insert(c, {id, user, "jti", kNow, kNow + 1h, "agent", "1.2.3.4"}), 0;
            });
        }
        CPPUNIT_ASSERT(live("s1") && live("s1")->user == user && live("s1")->email == "a@b.c");
        CPPUNIT_ASSERT(!live("s1", kNow + 1h));
        CPPUNIT_ASSERT(!live("other"));
        CPPUNIT_ASSERT(!in([&](Connection& c) { return session_store::revoke(c, "s1", user + 1, kNow); }));
        CPPUNIT_ASSERT(in([&](Connection& c) { return session_store::revoke(c, "s1", user, kNow); }));
        CPPUNIT_ASSERT(!in([&](Connection& c) { return session_store::revoke(c, "s1", user, kNow); }));
        CPPUNIT_ASSERT(!live("s1"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, in([&](Connection& c) {
                                                 return session_store::listOfUser(c, user, kNow);
                                             }).size());
        const std::vector<std::string> used{"s2"};
        in([&](Connection& c) { return session_store::touch(c, used, kNow + 1min), 0; });
        CPPUNIT_ASSERT(live("s2")->last_used_at == kNow + 1min);
        CPPUNIT_ASSERT(live("s3")->last_used_at == kNow);
        in([&](Connection& c) {
            return c.execute("UPDATE auth_users SET deleted_at = 1 WHERE id = $1", {user});
        });
        CPPUNIT_ASSERT(!live("s2"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, in([&](Connection& c) {
                                                 return session_store::revokeAll(c, user, kNow);
                                             }).size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3},
                             in([&](Connection& c) { return session_store::removeExpired(c, kNow + 2h); }));
    }

    void severalSessionsAreFoundInOneStatement() {
        const auto user = newUser("a");
        for (const char* id : {"s1", "s2"}) {
            in([&](Connection& c) {
                return session_store::insert(c, {id, user, "jti", kNow, kNow + 1h, "", ""}), 0;
            });
        }
        const std::vector<std::string> ids{"s1", "other", "s2"};
        const auto found = in([&](Connection& c) { return session_store::findLive(c, ids, kNow); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
        CPPUNIT_ASSERT(found[0].id != found[1].id && found[0].user == user && found[1].email == "a@b.c");
        in([&](Connection& c) { return session_store::touch(c, ids, kNow + 1min), 0; });
        for (const LiveSession& each :
             in([&](Connection& c) { return session_store::findLive(c, ids, kNow); }))
            CPPUNIT_ASSERT(each.last_used_at == kNow + 1min);
        in([&](Connection& c) { return session_store::revoke(c, "s1", user, kNow); });
        const auto left = in([&](Connection& c) { return session_store::findLive(c, ids, kNow); });
        CPPUNIT_ASSERT(left.size() == 1 && left[0].id == "s2");
    }

    void rotationNeedsThePresentToken() {
        const auto user = newUser("a");
        in([&](Connection& c) {
            return session_store::insert(c, {"s", user, "one", kNow, kNow + 1h, "", ""}), 0;
        });
        const auto fresh = in([&](Connection& c) { return session_store::findLive(c, "s", kNow); });
        CPPUNIT_ASSERT(!fresh->spent_jti && !fresh->rotated_at);
        const auto rotate = [&](const char* from, const char* to) {
            return in(
                [&](Connection& c) { return session_store::rotate(c, "s", from, to, kNow, kNow + 2h); });
        };
        CPPUNIT_ASSERT(rotate("one", "two"));
        CPPUNIT_ASSERT(!rotate("one", "three"));
        const auto found = in([&](Connection& c) { return session_store::findLive(c, "s", kNow + 90min); });
        CPPUNIT_ASSERT_EQUAL(std::string("two"), found->refresh_jti);
        CPPUNIT_ASSERT(found->spent_jti == "one" && found->rotated_at == kNow);
        in([&](Connection& c) { return session_store::revoke(c, "s", user, kNow); });
        CPPUNIT_ASSERT(!rotate("two", "four"));
    }

    void profileComesBackAsItWasPut() {
        const auto user = newUser("a");
        Profile profile = fullProfile();
        for (int round = 0; round < 2; ++round) {
            in([&](Connection& c) { return profile_store::put(c, user, profile, 5, kNow), 0; });
            const Profile found = in([&](Connection& c) { return profile_store::find(c, user); })->profile;
            CPPUNIT_ASSERT(found.username == profile.username && found.gender == profile.gender);
            CPPUNIT_ASSERT(found.interested_gender == profile.interested_gender && found.dob == profile.dob);
            CPPUNIT_ASSERT(found.university_id == 1 && found.university_major == profile.university_major);
            CPPUNIT_ASSERT(found.university_year == profile.university_year && found.about == profile.about);
            CPPUNIT_ASSERT(found.currently_staying == profile.currently_staying &&
                           found.hometown == profile.hometown);
            CPPUNIT_ASSERT(found.height == profile.height && found.weight == profile.weight);
            CPPUNIT_ASSERT(found.religion == profile.religion && found.looking_for == profile.looking_for);
            CPPUNIT_ASSERT(found.smoking_info == profile.smoking_info &&
                           found.smoking_status == profile.smoking_status);
            CPPUNIT_ASSERT(found.drinking_info == profile.drinking_info);
            CPPUNIT_ASSERT(found.drinking_status == profile.drinking_status);
            CPPUNIT_ASSERT(found.picture == profile.picture && found.photos == profile.photos &&
                           found.complete);
            // Nulls become values and values nulls.
            profile.height.reset();
            profile.smoking_info.reset();
            profile.smoking_status.reset();
            profile.weight = 60;
            profile.religion = "Others";
            profile.looking_for = "Friends";
        }
    }

    void profileOfNobodyAndOfANewcomer() {
        CPPUNIT_ASSERT(!in([](Connection& c) { return profile_store::find(c, 1); }));
        const auto user = newUser("a");
        const auto person = in([&](Connection& c) { return profile_store::find(c, user); });
        CPPUNIT_ASSERT(person && person->id == user && !person->deleted);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{-1}, person->profile.university_id);
        CPPUNIT_ASSERT(person->profile.photos.empty() && !person->profile.complete &&
                       !person->profile.picture);
        CPPUNIT_ASSERT(!in([&](Connection& c) { return profile_store::complete(c, user); }));
    }

    void manyAreFoundInOneStatement() {
        const auto a = newUser("a");
        const auto b = newUser("b");
        in([&](Connection& c) { return profile_store::put(c, b, fullProfile(), 5, kNow), 0; });
        const std::vector<sdk::UserId> wanted = {b, 999'999, a};
        const auto found = in([&](Connection& c) { return profile_store::findMany(c, wanted); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
        for (const Person& person : found) CPPUNIT_ASSERT_EQUAL(person.id == b, person.profile.complete);
        CPPUNIT_ASSERT(in([&](Connection& c) { return profile_store::findMany(c, {}); }).empty());
    }

    void preferencesComeBackAsTheyWerePut() {
        const auto user = newUser("a");
        const auto find = [&] {
            return in([&](Connection& c) { return profile_store::findPreferences(c, user); });
        };
        CPPUNIT_ASSERT(!find());
        Preferences wishes;
        wishes.interested_gender = "Male";
        wishes.height = 180;
        wishes.drinking_status = false;
        wishes.smoking_status = true;
        in([&](Connection& c) { return profile_store::putPreferences(c, user, wishes), 0; });
        CPPUNIT_ASSERT(find() == wishes);
        wishes = {};
        wishes.weight = 70;
        wishes.religion = "Islam";
        wishes.looking_for = "Serious";
        wishes.currently_staying = "PG";
        in([&](Connection& c) { return profile_store::putPreferences(c, user, wishes), 0; });
        CPPUNIT_ASSERT(find() == wishes);
        in([&](Connection& c) { return profile_store::putPreferredGender(c, user, "Female"), 0; });
        wishes.interested_gender = "Female";
        CPPUNIT_ASSERT(find() == wishes);
        in([&](Connection& c) { return profile_store::removePreferences(c, user), 0; });
        CPPUNIT_ASSERT(!find());
    }

    void candidatesAreTheCompleteOnes() {
        const auto user = newUser("a");
        newUser("b");
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, number("SELECT COUNT(*) FROM auth_candidates_v1"));
        in([&](Connection& c) { return profile_store::put(c, user, fullProfile(), 5, kNow), 0; });
        const auto rows = in([](Connection& c) {
            return c.execute(
                "SELECT user_id, university_id, gender, interested_gender, height, weight, religion, "
                "drinking_status, smoking_status, looking_for, currently_staying, sample_key "
                "FROM auth_candidates_v1");
        });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rows.size());
        CPPUNIT_ASSERT_EQUAL(user, rows.integer(0, 0));
        CPPUNIT_ASSERT_EQUAL(std::string("Male"), rows.text(0, 3));
        CPPUNIT_ASSERT(rows.isNull(0, 5));
        CPPUNIT_ASSERT(rows.boolean(0, 7) && !rows.boolean(0, 8));
        in([&](Connection& c) { return profile_store::setInterestedGender(c, user, std::nullopt), 0; });
        CPPUNIT_ASSERT_EQUAL(
            std::int64_t{1},
            number("SELECT COUNT(*) FROM auth_candidates_v1 WHERE interested_gender IS NULL"));
        Profile unfinished = fullProfile();
        unfinished.complete = false;
        in([&](Connection& c) { return profile_store::put(c, user, unfinished, 5, kNow), 0; });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, number("SELECT COUNT(*) FROM auth_candidates_v1"));
    }

    void sampleKeyStaysWhenTheProfileChanges() {
        const auto user = newUser("a");
        for (const int key : {5, 6}) {
            in([&](Connection& c) { return profile_store::put(c, user, fullProfile(), key, kNow), 0; });
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, number("SELECT sample_key FROM auth_profiles"));
    }

    void discoveryUsesItsIndex() {
        constexpr std::string_view kSqlite =
            "EXPLAIN QUERY PLAN SELECT user_id FROM auth_candidates_v1 WHERE university_id = 1 AND gender = "
            "'Male' "
            "AND interested_gender = 'Female' AND sample_key >= 7 ORDER BY sample_key LIMIT 10";
        constexpr std::string_view kPostgresql =
            "EXPLAIN SELECT user_id FROM auth_candidates_v1 WHERE university_id = 1 AND gender = 'Male' "
            "AND interested_gender = 'Female' AND sample_key >= 7 ORDER BY sample_key LIMIT 10";
        const std::string plan = in([&](Connection& c) {
            const bool sqlite = c.dialect() == sdk::Dialect::kSqlite;
            const auto rows = c.execute(sqlite ? kSqlite : kPostgresql);
            std::string text;
            for (std::size_t row = 0; row < rows.size(); ++row) text += rows.text(row, sqlite ? 3 : 0) + "\n";
            return text;
        });
        CPPUNIT_ASSERT_MESSAGE(plan, plan.find("auth_profiles_discovery") != std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(
            plan, plan.find("Sort") == std::string::npos && plan.find("B-TREE") == std::string::npos);
    }

protected:
    virtual AuthBackend backend() const = 0;

private:
    std::int64_t number(std::string_view sql) { return database_->number(sql); }
    sdk::UserId newUser(const std::string& name) {
        return in([&](Connection& c) {
            return *account_store::insert(c, {name + "@b.c", name + "@b.c", "h", kNow});
        });
    }

    std::unique_ptr<AuthDatabase> database_;
};

class StoreOnSqlite : public StoreTest {
    CPPUNIT_TEST_SUB_SUITE(StoreOnSqlite, StoreTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kSqlite; }
};
class StoreOnPostgresql : public StoreTest {
    CPPUNIT_TEST_SUB_SUITE(StoreOnPostgresql, StoreTest);
    CPPUNIT_TEST_SUITE_END();
    AuthBackend backend() const override { return AuthBackend::kPostgresql; }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoreOnSqlite);
CPPUNIT_TEST_SUITE_REGISTRATION(StoreOnPostgresql);

}  // namespace
