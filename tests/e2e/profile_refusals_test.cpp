#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "deployment.h"
#include "person.h"
#include "refusals.h"

namespace linkup::test {
namespace {

constexpr const char* kHash = R"("blurhash":"LEHV6nWB2yk8pyo0adR*.7kCMdnj")";

std::string picture(const std::string& key) {
    return R"({"file_key":")" + key + R"(",)" + kHash + R"(,"url":"https://elsewhere.example/x"})";
}

std::string photos(int count) {
    std::string list = "[";
    for (int i = 0; i < count; ++i)
        list += (i > 0 ? "," : "") + picture("sw/media/x/" + std::to_string(i) + ".webp");
    return list + "]";
}

using Values = std::map<std::string, std::string>;  ///< of fields, as JSON

std::string body(const Values& values) {
    std::string text;
    for (const auto& [name, value] : values)
        text += (text.empty() ? R"({")" : R"(,")") + name + R"(":)" + value;
    return text.empty() ? "{}" : text + "}";
}

Values goodProfile() {
    return {{"username", R"("Alice")"},
            {"profile_picture", picture("sw/media/x/face.webp")},
            {"gender", R"("Female")"},
            {"interested_gender", R"("Male")"},
            {"dob", R"("2003-05-17T00:00:00.000")"},
            {"university_major", R"("Computer Science")"},
            {"photos", photos(2)},
            {"about", R"("")"},
            {"hometown", R"("Goa")"},
            {"currently_staying", R"("PG")"}};
}

/// A day so many years ago, and so many days later.
std::string day(int years_ago, int days_later) {
    using namespace std::chrono;
    const year_month_day today(floor<days>(system_clock::now()));
    const year_month_day then(floor<days>(
        sys_days{year_month_day(today.year() - years(years_ago), today.month(), std::chrono::day(1))} +
        days(static_cast<int>(static_cast<unsigned>(today.day())) - 1 + days_later)));
    char text[32];
    std::snprintf(text, sizeof text, "\"%04d-%02u-%02u\"", static_cast<int>(then.year()),
                  static_cast<unsigned>(then.month()), static_cast<unsigned>(then.day()));
    return text;
}

struct Odd {
    const char* field;
    std::string value;
    const char* type;
    const char* message;
    const char* location = nullptr;  ///< of what is in the field; null: of the field
};

const std::vector<Odd> kOddInProfiles = {
    {"username", R"("")", "string_too_short", "String should have at least 1 character"},
    {"username", "\"" + std::string(101, 'x') + "\"", "string_too_long",
     "String should have at most 100 characters"},
    {"username", "5", "string_type", "Input should be a valid string"},
    {"gender", R"("male")", "literal_error", "Input should be 'Male' or 'Female'"},
    {"interested_gender", "null", "literal_error", "Input should be 'Male' or 'Female'"},
    {"dob", R"("2003-05-17T00:00:01Z")", "date_from_datetime_inexact",
     "Datetimes provided to dates should have zero time - e.g. be exact dates"},
    {"dob", R"("17.5.2003")", "date_from_datetime_parsing", ""},
    {"dob", "7", "date_type", "Input should be a valid date"},
    {"dob", day(18, 1), "value_error", "Value error, You must be at least 18 years old"},
    {"university_major", R"("Alchemy")", "value_error", "Value error, Invalid university major"},
    {"university_year", "0", "greater_than_equal", "Input should be greater than or equal to 1"},
    {"university_year", R"("11")", "less_than_equal", "Input should be less than or equal to 10"},
    {"university_year", "1.5", "int_from_float",
     "Input should be a valid integer, got a number with a fractional part"},
    {"university_year", "true", "int_type", "Input should be a valid integer"},
    {"photos", photos(1), "value_error", "Value error, At least two photos are required"},
    {"photos", photos(11), "too_long", ""},
    {"photos", R"("none")", "list_type", "Input should be a valid list"},
    {"photos", "[" + picture("sw/media/x/1.webp") + ",{}]", "missing", "Field required",
     "body/photos/1/file_key"},
    {"photos", "[" + picture("sw/media/x/1.webp") + "," + picture("../x") + "]", "value_error",
     "Value error, Invalid file key", "body/photos/1/file_key"},
    {"profile_picture", picture("sw/media/99/1.webp"), "value_error", "Value error, Invalid file key",
     "body/profile_picture/file_key"},
    {"about", "\"" + std::string(2001, 'x') + "\"", "string_too_long",
     "String should have at most 2000 characters"},
    {"about", R"("a\u0000b")", "value_error", ""},
    {"hometown", "\"" + std::string(201, 'x') + "\"", "string_too_long",
     "String should have at most 200 characters"},
    {"currently_staying", R"("Tent")", "literal_error", ""},
    {"height", "49", "greater_than_equal", "Input should be greater than or equal to 50"},
    {"weight", "501", "less_than_equal", "Input should be less than or equal to 500"},
    {"religion", R"("Jedi")", "literal_error", ""},
    {"smoking_info", R"("No, prefer non-drinkers")", "literal_error", ""},
    {"drinking_info", R"("no")", "literal_error", ""},
    {"looking_for", R"("Don't mind")", "literal_error", ""},
};

}  // namespace

/// Every refusal of the contract's 2.2, and what is taken, as a phone meets it.
class ProfileRefusalsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ProfileRefusalsTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

private:
    void tell(Deployment::Kind kind) {
        Deployment deployment(kind);
        Person alice(deployment, deployment.first(), "alice");
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        comeWithoutAProfile(alice, bob);
        registerOddly(alice);
        registerAgain(alice);
        changeOddly(alice);
        preferOddly(alice);
        lookAtOthers(alice, bob);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    static void comeWithoutAProfile(Person& alice, Person& bob) {
        const auto me = alice.get("/api/v1/me");
        CPPUNIT_ASSERT_EQUAL(std::size_t{22}, me->size());
        CPPUNIT_ASSERT_EQUAL(-1, me->getValue<int>("university_id"));
        CPPUNIT_ASSERT_EQUAL(10, me->getValue<int>("swipes_remaining"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, me->getArray("photos")->size());
        CPPUNIT_ASSERT(me->isNull("username") && me->isNull("profile_picture") && me->isNull("about"));
        assertRefused(404, "User not found", bob.http().get(detailOf(alice)));
        CPPUNIT_ASSERT_EQUAL(std::size_t{22}, alice.get(detailOf(alice))->size());
        for (const char* change : {"{}", R"({"about":"x"})"})
            assertRefused(409, "Complete your profile first",
                          alice.http().post("/api/v1/user/update/metadata", change));
        CPPUNIT_ASSERT_EQUAL(std::string("No preferences found for this user"),
                             alice.get("/api/v1/user/get/preferences")->getValue<std::string>("message"));
    }

    static std::string detailOf(const Person& person) {
        return "/api/v1/user/get/detail/" + std::to_string(person.id());
    }

    static void registerOddly(Person& alice) {
        const auto attempt = [&](const std::string& text) {
            return alice.http().post("/api/v1/register", text);
        };
        const auto nothing = attempt("{}");
        std::size_t fault = 0;
        for (const char* field : {"username", "profile_picture", "gender", "interested_gender", "dob",
                                  "university_major", "photos", "about", "hometown", "currently_staying"}) {
            assertFault("missing", std::string("body/") + field, "Field required", nothing, fault++);
        }
        CPPUNIT_ASSERT_EQUAL(fault, nothing.object()->getArray("detail")->size());
        for (const Odd& odd : kOddInProfiles) {
            Values values = goodProfile();
            values[odd.field] = odd.value;
            assertFault(odd.type, odd.location != nullptr ? odd.location : std::string("body/") + odd.field,
                        odd.message, attempt(body(values)));
        }
        CPPUNIT_ASSERT_EQUAL(-1, alice.get("/api/v1/me")->getValue<int>("university_id"));
    }

    /// The second time replaces the first; what is optional may be left out, and numbers come as texts.
    static void registerAgain(Person& alice) {
        Values values = goodProfile();
        values["dob"] = day(18, 0);
        values["university_year"] = R"(" 3 ")";
        values["height"] = "170.0";
        values["weight"] = "null";
        values["smoking_info"] = R"("No, prefer non-smokers")";
        values["is_sent"] = "true";
        const auto first = alice.post("/api/v1/register", body(values));
        CPPUNIT_ASSERT_EQUAL(alice.id(), first->getValue<int>("msg"));
        auto me = alice.get("/api/v1/me");
        CPPUNIT_ASSERT_EQUAL(3, me->getValue<int>("university_year"));
        CPPUNIT_ASSERT_EQUAL(170, me->getValue<int>("height"));
        CPPUNIT_ASSERT(!me->getValue<bool>("smoking_status"));
        CPPUNIT_ASSERT(me->isNull("drinking_status"));
        CPPUNIT_ASSERT_EQUAL(
            std::string(kHash),
            R"("blurhash":")" + me->getObject("profile_picture")->getValue<std::string>("blurhash") + "\"");
        CPPUNIT_ASSERT(me->getObject("profile_picture")->getValue<std::string>("url").find("elsewhere") ==
                       std::string::npos);
        const auto again = alice.http().send("POST", "/api/v1/register", body(goodProfile()));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(again.body, 200, again.status);  // without Content-Type
        CPPUNIT_ASSERT_EQUAL(alice.id(), again.at("msg").convert<int>());
        me = alice.get("/api/v1/me");
        CPPUNIT_ASSERT_EQUAL(1, me->getValue<int>("university_year"));
        CPPUNIT_ASSERT(me->isNull("height") && me->isNull("smoking_status"));
    }

    static void changeOddly(Person& alice) {
        const auto attempt = [&](const std::string& text, const std::string& query = {}) {
            return alice.http().post("/api/v1/user/update/metadata" + query, text);
        };
        for (const Odd& odd : kOddInProfiles) {
            static const std::vector<std::string> kOthers = {
                "username", "gender", "interested_gender", "dob", "university_major", "university_year"};
            if (std::find(kOthers.begin(), kOthers.end(), odd.field) != kOthers.end()) {
                CPPUNIT_ASSERT_EQUAL(200, attempt(body({{odd.field, odd.value}})).status);  // ignored
            } else {
                assertFault(odd.type,
                            odd.location != nullptr ? odd.location : std::string("body/") + odd.field,
                            odd.message, attempt(body({{odd.field, odd.value}})));
            }
        }
        assertFault("bool_parsing", "query/update_pfp",
                    "Input should be a valid boolean, unable to interpret input",
                    attempt("{}", "?update_pfp=maybe"));
        CPPUNIT_ASSERT_EQUAL(200, attempt("{}", "?update_pfp=ON").status);
        CPPUNIT_ASSERT_EQUAL(
            200,
            attempt(body({{"profile_picture", picture("sw/media/x/new.webp")}, {"about", "null"}})).status);
        const auto me = alice.get("/api/v1/me");
        CPPUNIT_ASSERT_EQUAL(std::string("sw/media/x/new.webp"),
                             me->getObject("profile_picture")->getValue<std::string>("file_key"));
        CPPUNIT_ASSERT_EQUAL(std::string("Alice"), me->getValue<std::string>("username"));
        CPPUNIT_ASSERT_EQUAL(std::string(), me->getValue<std::string>("about"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, me->getArray("photos")->size());
    }

    static void preferOddly(Person& alice) {
        const auto attempt = [&](const std::string& text) {
            return alice.http().post("/api/v1/user/update/preferences", text);
        };
        for (const Odd& odd : std::vector<Odd>{
                 {"interested_gender", R"("Any")", "literal_error", "Input should be 'Male' or 'Female'"},
                 {"height", R"("tall")", "int_parsing", ""},
                 {"weight", "19", "greater_than_equal", ""},
                 {"religion", R"("Don't mind")", "literal_error", ""},
                 {"drinking_status", R"("sometimes")", "bool_parsing", ""},
                 {"smoking_status", "1", "bool_type", "Input should be a valid boolean"},
                 {"looking_for", R"("Not sure yet")", "literal_error",
                  "Input should be 'Casual', 'Open to anything', 'Serious' or 'Friends'"},
                 {"currently_staying", R"("tent")", "literal_error", ""}}) {
            assertFault(odd.type, std::string("body/") + odd.field, odd.message,
                        attempt(body({{odd.field, odd.value}})));
        }
        CPPUNIT_ASSERT_EQUAL(200, attempt(R"({"height":180,"smoking_status":"false"})").status);
        auto stored = alice.get("/api/v1/user/get/preferences");
        CPPUNIT_ASSERT_EQUAL(180, stored->getValue<int>("height"));
        CPPUNIT_ASSERT(!stored->getValue<bool>("smoking_status"));
        CPPUNIT_ASSERT(stored->isNull("interested_gender"));
        CPPUNIT_ASSERT_EQUAL(200, attempt(R"({"religion":"Islam","height":null})").status);
        stored = alice.get("/api/v1/user/get/preferences");
        CPPUNIT_ASSERT(stored->isNull("height") && stored->isNull("smoking_status"));
        CPPUNIT_ASSERT_EQUAL(std::string("Islam"), stored->getValue<std::string>("religion"));
    }

    static void lookAtOthers(Person& alice, Person& bob) {
        const auto seen = bob.get(detailOf(alice));
        CPPUNIT_ASSERT_EQUAL(std::size_t{22}, seen->size());
        CPPUNIT_ASSERT(seen->isNull("interested_gender") && seen->isNull("swipes_remaining"));
        assertRefused(404, "User not found", bob.http().get("/api/v1/user/get/detail/2147483647"));
        assertFault("int_parsing", "path/user_id", "", bob.http().get("/api/v1/user/get/detail/me"));
        assertFault("greater_than_equal", "path/user_id", "Input should be greater than or equal to 1",
                    bob.http().get("/api/v1/user/get/detail/0"));
        assertFault("less_than_equal", "path/user_id", "Input should be less than or equal to 2147483647",
                    bob.http().get("/api/v1/user/get/detail/2147483648"));
        bob.post("/api/v1/user/block", R"({"blocked_user_id":)" + std::to_string(alice.id()) + "}");
        assertRefused(404, "User not found", bob.http().get(detailOf(alice)));
        assertRefused(404, "User not found", alice.http().get(detailOf(bob)));
        CPPUNIT_ASSERT_EQUAL(std::string("Account deleted successfully"),
                             bob.http().del("/api/v1/user/delete").text("message"));
        assertRefused(404, "User not found", alice.http().get(detailOf(bob)));
        assertRefused(401, "Invalid token", bob.http().del("/api/v1/user/delete"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProfileRefusalsTest);

}  // namespace linkup::test
