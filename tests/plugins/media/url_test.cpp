// URLs of pictures; Poco's HMAC is the independent second opinion.

#include <Poco/Base64Decoder.h>
#include <Poco/Base64Encoder.h>
#include <Poco/Crypto/DigestEngine.h>
#include <Poco/HMACEngine.h>
#include <Poco/SHA2Engine.h>
#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/testing/fake_clock.h>
#include <linkup/sdk/testing/fake_config.h>

#include <iterator>
#include <sstream>

#include "url_service.h"

using namespace linkup;
using namespace linkup::media;
using sdk::testing::FakeConfig;

namespace {

constexpr const char* kGrey = "L0IE|gfQfQfQfQfQfQfQfQfQfQfQ";

std::string decoded(std::string text) {
    while (text.size() % 4 != 0) text += '=';
    std::istringstream in(text);
    Poco::Base64Decoder decoder(in, Poco::BASE64_URL_ENCODING);
    return {std::istreambuf_iterator<char>(decoder), {}};
}

/// Poco 1.11 has no HMAC of SHA-256 under one name, only a template that wants a fixed digest size.
struct Sha256 : Poco::SHA2Engine {
    enum { BLOCK_SIZE = 64, DIGEST_SIZE = 32 };
    Sha256() : SHA2Engine(SHA_256) {}
};

class UrlTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(UrlTest);
    CPPUNIT_TEST(signatureIsThatOfSaltAndPath);
    CPPUNIT_TEST(signatureIsThatOfImgproxysDocumentation);
    CPPUNIT_TEST(ownUrlLeadsBackToItsFile);
    CPPUNIT_TEST(urlsOfOthersLeadNowhere);
    CPPUNIT_TEST(urlIsTheSameForAnHourAndGoodForTwo);
    CPPUNIT_TEST(eachOfManyFilesHasItsOwnUrl);
    CPPUNIT_TEST(pictureHasItsThreeTexts);
    CPPUNIT_TEST(malformedBlurhashBecomesGrey);
    CPPUNIT_TEST(placeholderIsThatOfADeletedAccount);
    CPPUNIT_TEST(productionRefusesTheKeysOfDevelopment);
    CPPUNIT_TEST(wrongOptionsAreRefused);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { CPPUNIT_ASSERT(sodium_init() >= 0); }

    void signatureIsThatOfSaltAndPath() {
        UrlService urls({"key of files", "salt", "bucket-1", "https://pictures.example/media"}, clock_);
        const std::string url = urls.url("sw/media/1/a.webp");
        const std::string base = "https://pictures.example/media/";
        CPPUNIT_ASSERT(url.starts_with(base));
        const auto slash = url.find('/', base.size());
        const std::string signature = url.substr(base.size(), slash - base.size());
        const std::string path = url.substr(slash);
        Poco::HMACEngine<Sha256> hmac("key of files");
        hmac.update("salt" + path);
        const auto& digest = hmac.digest();
        CPPUNIT_ASSERT_EQUAL(std::string(digest.begin(), digest.end()), decoded(signature));
        CPPUNIT_ASSERT_EQUAL(std::string("s3://bucket-1/sw/media/1/a.webp"),
                             decoded(url.substr(url.rfind('/') + 1)));
        CPPUNIT_ASSERT(url.find('=') == std::string::npos);
    }

    void signatureIsThatOfImgproxysDocumentation() {
        // Source: docs.imgproxy.net, "Signing a URL".
        const UrlService urls({"secret", "hello", "bucket", "https://x"}, clock_);
        CPPUNIT_ASSERT_EQUAL(
            std::string("oKfUtW34Dvo2BGQehJFR4Nr0_rIjOtdtzJ3QFsUcXH8"),
            urls.sign("/rs:fill:300:400:0/g:sm/aHR0cDovL2V4YW1w/bGUuY29tL2ltYWdl/cy9jdXJpb3NpdHku/anBn.png"));
    }

    void ownUrlLeadsBackToItsFile() {
        CPPUNIT_ASSERT_EQUAL(std::string("sw/media/1/a.webp"),
                             urls_.keyOf(urls_.url("sw/media/1/a.webp")).value());
        clock_.advance(std::chrono::hours(100));
        const std::string old = urls_.url("sw/a");
        clock_.advance(std::chrono::hours(100));
        CPPUNIT_ASSERT_EQUAL(std::string("sw/a"), urls_.keyOf(old).value());
    }

    void urlsOfOthersLeadNowhere() {
        const std::string url = urls_.url("sw/a");
        UrlService elsewhere({"key", "salt", "bucket", "https://others.example/media"}, clock_);
        UrlService other_bucket({"key", "salt", "cellar", "https://pictures.example/media"}, clock_);
        UrlService other_key({"kex", "salt", "bucket", "https://pictures.example/media"}, clock_);
        for (const std::string& odd :
             {std::string(), std::string("https://pictures.example/media/"), url + "/", url + "A",
              url + "?x=1", url.substr(0, url.size() - 1), "x" + url, elsewhere.url("sw/a"),
              other_bucket.url("sw/a"), other_key.url("sw/a"),
              std::string("https://pictures.example/media/a/b/c/d"),
              std::string("https://pictures.example/media/a/exp:1/c")}) {
            CPPUNIT_ASSERT_MESSAGE(odd, !urls_.keyOf(odd).has_value());
        }
        // Signed by us, but with what means nothing here.
        for (const std::string path :
             {"/exp:x/czM", "/exp:-1/czM", "/exp:99999999999999999999/czM", "/rs:1/czM"}) {
            const auto slash = path.rfind('/');
            CPPUNIT_ASSERT_MESSAGE(
                path, !urls_.verify(urls_.sign(path), path.substr(1, slash - 1), path.substr(slash + 1)));
        }
    }

    void eachOfManyFilesHasItsOwnUrl() {
        constexpr int kFiles = 50'000;  // more than are kept
        const auto name = [](int i) { return "sw/media/1/" + std::to_string(i) + ".webp"; };
        const std::string first = urls_.url(name(0));
        for (int i = 1; i < kFiles; ++i)
            CPPUNIT_ASSERT_EQUAL(name(i), urls_.keyOf(urls_.url(name(i))).value());
        CPPUNIT_ASSERT_EQUAL(first, urls_.url(name(0)));
    }

    void urlIsTheSameForAnHourAndGoodForTwo() {
        // The fake clock begins on a full hour.
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2 * 3600}, secondsLeft());
        clock_.advance(std::chrono::microseconds(1));
        const std::string first = urls_.url("sw/a");
        CPPUNIT_ASSERT_EQUAL(std::int64_t{3 * 3600}, secondsLeft() + 1);
        clock_.advance(std::chrono::minutes(59));
        CPPUNIT_ASSERT_EQUAL(first, urls_.url("sw/a"));
        clock_.advance(std::chrono::minutes(2));
        CPPUNIT_ASSERT(first != urls_.url("sw/a"));
        CPPUNIT_ASSERT(urls_.url("sw/a") != urls_.url("sw/b"));
    }

    void pictureHasItsThreeTexts() {
        const auto picture = urls_.picture("sw/a", "LEHV6nWB2yk8pyo0adR*.7kCMdnj");
        CPPUNIT_ASSERT_EQUAL(std::string("sw/a"), picture.at("file_key").asString());
        CPPUNIT_ASSERT_EQUAL(std::string("LEHV6nWB2yk8pyo0adR*.7kCMdnj"), picture.at("blurhash").asString());
        CPPUNIT_ASSERT_EQUAL(urls_.url("sw/a"), picture.at("url").asString());
    }

    void malformedBlurhashBecomesGrey() {
        for (const char* odd :
             {"", "L", "LEHV6nWB2yk8pyo0adR*.7kCMdn", "LEHV6nWB2yk8pyo0adR*.7kCMdnjj",
              "LEHV6nWB2yk8pyo0adR*.7kCMdn ", "not a blurhash", "ÄEHV6nWB2yk8pyo0adR*.7kCMdnj"}) {
            CPPUNIT_ASSERT_EQUAL(std::string(kGrey), urls_.picture("sw/a", odd).at("blurhash").asString());
        }
        CPPUNIT_ASSERT(isBlurhash(kGrey));
        CPPUNIT_ASSERT(isBlurhash("00OZZy"));
    }

    void placeholderIsThatOfADeletedAccount() {
        const auto picture = urls_.placeholder();
        CPPUNIT_ASSERT_EQUAL(std::string("sw/static/deleted.webp"), picture.at("file_key").asString());
        CPPUNIT_ASSERT_EQUAL(std::string(kGrey), picture.at("blurhash").asString());
        CPPUNIT_ASSERT_EQUAL(urls_.url("sw/static/deleted.webp"), picture.at("url").asString());
    }

    void productionRefusesTheKeysOfDevelopment() {
        FakeConfig development;
        CPPUNIT_ASSERT_EQUAL(std::size_t{32}, readOptions(development).key.size());
        FakeConfig config;
        config.setProduction();
        CPPUNIT_ASSERT_THROW(readOptions(config), sdk::Error);
        const std::string key(64, 'a');
        config.set("url.key", key);
        CPPUNIT_ASSERT_THROW(readOptions(config), sdk::Error);
        config.set("url.salt", key);
        CPPUNIT_ASSERT_EQUAL(std::string(32, '\xaa'), readOptions(config).key);
        config.set("url.key", std::string(62, 'a'));
        CPPUNIT_ASSERT_THROW(readOptions(config), sdk::Error);
    }

    void wrongOptionsAreRefused() {
        for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
                 {"url.key", "abc"}, {"url.key", "zz"}, {"url.base", "ftp://x"}, {"bucket", ""}}) {
            FakeConfig config;
            config.set(key, value);
            CPPUNIT_ASSERT_THROW_MESSAGE(key + value, readOptions(config), sdk::Error);
        }
        FakeConfig config{{"url.base", "https://pictures.example/media//"}};
        CPPUNIT_ASSERT_EQUAL(std::string("https://pictures.example/media"), readOptions(config).base_url);
    }

private:
    std::int64_t secondsLeft() {
        const std::string url = urls_.url("sw/a");
        const auto at = url.find("/exp:") + 5;
        const auto expires = std::stoll(url.substr(at));
        return expires - std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count() -
               (sdk::toMicros(clock_.now()) % 1'000'000 > 0 ? 1 : 0);
    }

    sdk::testing::FakeClock clock_;
    UrlService urls_{{"key", "salt", "bucket", "https://pictures.example/media"}, clock_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(UrlTest);

}  // namespace
