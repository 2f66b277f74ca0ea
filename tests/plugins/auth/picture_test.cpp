#include <cppunit/extensions/HelperMacros.h>

#include <memory>

#include "account_store.h"
#include "auth_town.h"
#include "picture_store.h"
#include "profile_store.h"

namespace linkup::test {

/// Which files profiles refer to, on both databases.
template <AuthBackend kBackend>
class PictureTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PictureTest);
    CPPUNIT_TEST(picturesOfAProfileAreReferredTo);
    CPPUNIT_TEST_SUITE_END();

public:
    void picturesOfAProfileAreReferredTo() {
        AuthDatabase database(kBackend);
        sdk::Json payload = sdk::Json::object({{"referenced", sdk::Json::array({"x"})}});
        (*database).transaction([&](sdk::Connection& connection) {
            const auto shown = signUp(connection, "a@example.com", {"sw/face", {"sw/1", "sw/2"}});
            const auto other = signUp(connection, "b@example.com", {"sw/other", {}});
            sdk::Json files = sdk::Json::array();
            for (const auto& [key, user] : {std::pair{"sw/1", shown},
                                            {"sw/face", shown},
                                            {"sw/3", shown},
                                            {"sw/2", other},
                                            {"sw/other", other},
                                            {"sw/face", other + 7}}) {
                files.push(sdk::Json::object({{"file_key", key}, {"user_id", user}}));
            }
            payload.set("files", std::move(files));
            auth::picture_store::addReferenced(connection, payload);
        });
        CPPUNIT_ASSERT_EQUAL(std::string(R"(["x","sw/1","sw/face","sw/other"])"),
                             payload.at("referenced").dump());
    }

private:
    struct Keys {
        std::string picture;
        std::vector<std::string> photos;
    };
    static sdk::UserId signUp(sdk::Connection& connection, const std::string& email, const Keys& keys) {
        const auto user = auth::account_store::insert(connection, {email, email, "h", sdk::Time{}});
        auth::Profile profile;
        profile.picture = auth::StoredPicture{keys.picture, ""};
        for (const auto& key : keys.photos) profile.photos.push_back({key, ""});
        auth::profile_store::put(connection, *user, profile, 5, sdk::Time{});
        return *user;
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PictureTest<AuthBackend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(PictureTest<AuthBackend::kPostgresql>);

}  // namespace linkup::test
