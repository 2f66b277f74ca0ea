// What a token has to look like. Poco::JWT is the independent second opinion: it reads ours and makes the odd
// ones.

#include <Poco/JWT/Signer.h>
#include <Poco/JWT/Token.h>
#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/testing/fake_clock.h>

#include <random>

#include "keyring.h"
#include "random.h"
#include "token_service.h"

using namespace linkup;
using namespace linkup::auth;

namespace {

constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";

class TokenTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TokenTest);
    CPPUNIT_TEST(accessTokenComesBackAsItWasMade);
    CPPUNIT_TEST(ourTokensAreReadByAnotherLibrary);
    CPPUNIT_TEST(tokensOfAnotherLibraryAreReadByUs);
    CPPUNIT_TEST(kindsAreNotInterchangeable);
    CPPUNIT_TEST(tokenEndsOnTheSecond);
    CPPUNIT_TEST(otherAlgorithmsAreRefused);
    CPPUNIT_TEST(unsignedTokenIsRefused);
    CPPUNIT_TEST(criticalHeaderIsRefused);
    CPPUNIT_TEST(missingOrOddClaimsAreRefused);
    CPPUNIT_TEST(otherSecretIsRefused);
    CPPUNIT_TEST(anyChangedByteIsRefused);
    CPPUNIT_TEST(anyTruncationIsRefused);
    CPPUNIT_TEST(garbageIsRefused);
    CPPUNIT_TEST(emailTokenTellsExpiredFromInvalid);
    CPPUNIT_TEST(codesHashDifferentlyForOtherAddressesAndSecrets);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        prepareCrypto();
        keyring_.load({{"", kSecret}});
    }

    void accessTokenComesBackAsItWasMade() {
        const auto claims = tokens_.readAccess(tokens_.accessToken(kAlice));
        CPPUNIT_ASSERT(claims);
        CPPUNIT_ASSERT_EQUAL(kAlice.user, claims->principal.user);
        CPPUNIT_ASSERT_EQUAL(kAlice.session, claims->principal.session);
        CPPUNIT_ASSERT_EQUAL(kAlice.email, claims->principal.email);
        CPPUNIT_ASSERT(!claims->jti.empty());
        CPPUNIT_ASSERT(tokens_.refreshToken(kAlice).jti != tokens_.refreshToken(kAlice).jti);
    }

    void ourTokensAreReadByAnotherLibrary() {
        const Poco::JWT::Signer signer(kSecret);
        const auto token = signer.verify(tokens_.accessToken(kAlice));
        const auto& payload = token.payload();
        CPPUNIT_ASSERT_EQUAL(std::string("HS256"), token.getAlgorithm());
        CPPUNIT_ASSERT(payload.get("id").isInteger());
        CPPUNIT_ASSERT_EQUAL(7, payload.getValue<int>("id"));
        CPPUNIT_ASSERT_EQUAL(std::string("access"), payload.getValue<std::string>("typ"));
        CPPUNIT_ASSERT_EQUAL(payload.getValue<int>("iat") + 3600, payload.getValue<int>("exp"));
    }

    void tokensOfAnotherLibraryAreReadByUs() {
        const auto claims = tokens_.readAccess(foreign(goodClaims()));
        CPPUNIT_ASSERT(claims);
        CPPUNIT_ASSERT_EQUAL(kAlice.user, claims->principal.user);
    }

    void kindsAreNotInterchangeable() {
        const std::string access = tokens_.accessToken(kAlice);
        const std::string refresh = tokens_.refreshToken(kAlice).token;
        const std::string email = tokens_.emailToken("email_verification", kAlice.email);
        EmailClaims claims;
        CPPUNIT_ASSERT(!tokens_.readAccess(refresh) && !tokens_.readAccess(email));
        CPPUNIT_ASSERT(!tokens_.readRefresh(access) && !tokens_.readRefresh(email));
        CPPUNIT_ASSERT(tokens_.readEmail(access, claims) == TokenService::EmailFault::kInvalid);
        CPPUNIT_ASSERT(tokens_.readEmail(refresh, claims) == TokenService::EmailFault::kInvalid);
    }

    void tokenEndsOnTheSecond() {
        const std::string token = tokens_.accessToken(kAlice);
        clock_.advance(std::chrono::seconds(3599));
        CPPUNIT_ASSERT(tokens_.readAccess(token));
        clock_.advance(std::chrono::seconds(1));
        CPPUNIT_ASSERT(!tokens_.readAccess(token));
    }

    void otherAlgorithmsAreRefused() {
        for (const char* algorithm : {"HS384", "HS512"}) {
            CPPUNIT_ASSERT(!tokens_.readAccess(foreign(goodClaims(), algorithm)));
        }
        // Signed as HS256 should be, under a header that says something else.
        for (const char* header : {R"({"alg":"none","typ":"JWT"})", R"({"alg":"hs256"})", R"({"alg":256})",
                                   R"({"typ":"JWT"})", R"([])", R"({"alg":["HS256"]})", ""}) {
            CPPUNIT_ASSERT(!tokens_.readAccess(signedWith(header, goodClaims().dump())));
        }
        CPPUNIT_ASSERT(tokens_.readAccess(signedWith(R"({"typ":"JWT","alg":"HS256"})", goodClaims().dump())));
    }

    void unsignedTokenIsRefused() {
        const std::string token = tokens_.accessToken(kAlice);
        CPPUNIT_ASSERT(!tokens_.readAccess(token.substr(0, token.rfind('.') + 1)));
        CPPUNIT_ASSERT(!tokens_.readAccess(token.substr(0, token.rfind('.'))));
        const std::string none = base64(R"({"alg":"none"})") + "." + base64(goodClaims().dump()) + ".";
        CPPUNIT_ASSERT(!tokens_.readAccess(none));
    }

    void criticalHeaderIsRefused() {
        CPPUNIT_ASSERT(
            !tokens_.readAccess(signedWith(R"({"alg":"HS256","crit":["exp"]})", goodClaims().dump())));
    }

    void missingOrOddClaimsAreRefused() {
        for (const char* claim : {"id", "email", "typ", "sid", "jti", "exp"}) {
            sdk::Json claims = goodClaims();
            claims.erase(claim);
            CPPUNIT_ASSERT_MESSAGE(claim, !tokens_.readAccess(signedToken(claims)));
            for (const sdk::Json& odd :
                 {sdk::Json(), sdk::Json(""), sdk::Json(true), sdk::Json::object(), sdk::Json(-1)}) {
                CPPUNIT_ASSERT_MESSAGE(claim, !tokens_.readAccess(signedToken(goodClaims().set(claim, odd))));
            }
        }
        const std::int64_t exp = goodClaims()["exp"].asInteger();
        for (const sdk::Json& id :
             {sdk::Json("7"), sdk::Json(7.0), sdk::Json(0), sdk::Json(std::int64_t{1} << 31)}) {
            CPPUNIT_ASSERT(!tokens_.readAccess(signedToken(goodClaims().set("id", id))));
        }
        CPPUNIT_ASSERT(!tokens_.readAccess(signedToken(goodClaims().set("exp", std::to_string(exp)))));
        CPPUNIT_ASSERT(tokens_.readAccess(signedToken(goodClaims())));
    }

    void otherSecretIsRefused() {
        Keyring other;
        other.load({{"", "another secret, of 32 bytes or more"}});
        const TokenService stranger(other, {}, clock_);
        CPPUNIT_ASSERT(!tokens_.readAccess(stranger.accessToken(kAlice)));
        CPPUNIT_ASSERT(stranger.readAccess(stranger.accessToken(kAlice)));
    }

    void anyChangedByteIsRefused() {
        const std::string token = tokens_.accessToken(kAlice);
        for (std::size_t at = 0; at < token.size(); ++at) {
            for (const char other : {'A', 'Q', '.', '=', ' ', '\0'}) {
                if (token[at] == other) continue;
                std::string changed = token;
                changed[at] = other;
                CPPUNIT_ASSERT_MESSAGE(changed, !tokens_.readAccess(changed));
            }
        }
    }

    void anyTruncationIsRefused() {
        const std::string token = tokens_.accessToken(kAlice);
        for (std::size_t size = 0; size < token.size(); ++size) {
            CPPUNIT_ASSERT(!tokens_.readAccess(token.substr(0, size)));
            CPPUNIT_ASSERT(!tokens_.readAccess(token.substr(size + 1)));
        }
        CPPUNIT_ASSERT(!tokens_.readAccess(token + "A"));
        CPPUNIT_ASSERT(!tokens_.readAccess(token + "="));
        CPPUNIT_ASSERT(!tokens_.readAccess(token + "." + token));
    }

    void garbageIsRefused() {
        std::mt19937 random(20261124);
        std::uniform_int_distribution<int> byte(0, 255);
        std::uniform_int_distribution<int> length(0, 300);
        for (int round = 0; round < 2000; ++round) {
            std::string text(static_cast<std::size_t>(length(random)), '\0');
            for (char& c : text) c = static_cast<char>(byte(random));
            if (round % 2 == 0)
                text = base64(R"({"alg":"HS256","typ":"JWT"})") + "." + base64(text) + "." + base64(text);
            CPPUNIT_ASSERT(!tokens_.readAccess(text));
        }
        CPPUNIT_ASSERT(!tokens_.readAccess(std::string(1'000'000, 'a')));
        // Well signed, and still no claims.
        for (const char* payload : {"", "[]", "null", "{", "{\"exp\":1e400}", "\xff\xfe"}) {
            CPPUNIT_ASSERT(!tokens_.readAccess(signedWith(R"({"alg":"HS256"})", payload)));
        }
    }

    void emailTokenTellsExpiredFromInvalid() {
        const std::string token = tokens_.emailToken("forgot_password", "a@b.example");
        EmailClaims claims;
        CPPUNIT_ASSERT(tokens_.readEmail(token, claims) == TokenService::EmailFault::kNone);
        CPPUNIT_ASSERT_EQUAL(std::string("forgot_password"), claims.purpose);
        CPPUNIT_ASSERT_EQUAL(std::string("a@b.example"), claims.email);
        clock_.advance(std::chrono::hours(1));
        CPPUNIT_ASSERT(tokens_.readEmail(token, claims) == TokenService::EmailFault::kExpired);
        std::string changed = token;
        changed.back() = changed.back() == 'A' ? 'Q' : 'A';
        CPPUNIT_ASSERT(tokens_.readEmail(changed, claims) == TokenService::EmailFault::kInvalid);
    }

    void codesHashDifferentlyForOtherAddressesAndSecrets() {
        Keyring other;
        other.load({{"", "another secret, of 32 bytes or more"}});
        const std::string hash = keyring_.hashCode("a@b.example", "123456");
        CPPUNIT_ASSERT_EQUAL(hash, keyring_.hashCode("a@b.example", "123456"));
        CPPUNIT_ASSERT(hash != keyring_.hashCode("a@b.example", "123457"));
        CPPUNIT_ASSERT(hash != keyring_.hashCode("c@b.example", "123456"));
        CPPUNIT_ASSERT(hash != other.hashCode("a@b.example", "123456"));
        CPPUNIT_ASSERT(hash.find("123456") == std::string::npos);
    }

private:
    const sdk::Principal kAlice{7, "0b0f6c1e-5f0e-4c53-9a5a-0c6f2b1d7c11", "alice@example.com"};

    sdk::Json goodClaims() const {
        const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
        return sdk::Json::object({{"id", kAlice.user},
                                  {"email", kAlice.email},
                                  {"typ", "access"},
                                  {"sid", kAlice.session},
                                  {"jti", "j"},
                                  {"iat", static_cast<std::int64_t>(now)},
                                  {"exp", static_cast<std::int64_t>(now + 60)}});
    }

    static std::string base64(std::string_view text) {
        constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
        std::string out(sodium_base64_encoded_len(text.size(), kVariant), '\0');
        sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size(), kVariant);
        out.pop_back();
        return out;
    }

    std::string signedWith(std::string_view header, std::string_view payload) const {
        const std::string text = base64(header) + "." + base64(payload);
        const auto signature = keyring_.sign(text);
        return text + "." +
               base64(std::string_view(reinterpret_cast<const char*>(signature.data()), signature.size()));
    }

    std::string signedToken(const sdk::Json& claims) const {
        return signedWith(R"({"alg":"HS256","typ":"JWT"})", claims.dump());
    }

    /// As another library makes it: other order, other blanks.
    static std::string foreign(const sdk::Json& claims, const char* algorithm = "HS256") {
        Poco::JWT::Token token;
        for (const auto& [name, value] : claims.members()) {
            if (value.isInteger()) {
                token.payload().set(name, value.asInteger());
            } else {
                token.payload().set(name, value.asString());
            }
        }
        Poco::JWT::Signer signer(kSecret);
        signer.addAllAlgorithms();
        return signer.sign(token, algorithm);
    }

    sdk::testing::FakeClock clock_;
    Keyring keyring_;
    TokenService tokens_{keyring_, {}, clock_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenTest);

}  // namespace
