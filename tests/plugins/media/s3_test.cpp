// Files in an S3 store: a real one, and the daemon's clock, as the store looks at the time of each request.

#include <Poco/URI.h>
#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/error.h>
#include <linkup/sdk/testing/fake_config.h>
#include <linkup/sdk/testing/fake_metrics.h>
#include <linkup/sdk/testing/recording_log.h>
#include <sodium.h>

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "daemon/system_clock.h"
#include "file_key.h"
#include "http_client.h"
#include "media_options.h"
#include "private_s3.h"
#include "s3_storage.h"
#include "tcp_proxy.h"

namespace linkup::test {
namespace {

using namespace std::chrono_literals;
using sdk::testing::FakeConfig;

std::string contentOf(const sdk::File& file) {
    std::string bytes(file.size(), '\0');
    bytes.resize(file.read(0, bytes));
    return bytes;
}

template <class Call>
std::string refusalOf(sdk::ErrorCode code, Call call) {
    try {
        call();
    } catch (const sdk::Error& error) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(error.what(), std::string(sdk::toString(code)),
                                     std::string(sdk::toString(error.code())));
        return error.what();
    }
    CPPUNIT_FAIL("it was not refused");
    return {};
}

void expectPart(const std::string& part, const std::string& text) {
    CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in: " + text, text.find(part) != std::string::npos);
}

/// What a phone that was redirected there gets.
HttpReply fetch(const std::string& method, const std::string& url, const Fields& headers = {}) {
    HttpClient client(url);
    return client.send(method, Poco::URI(url).getPathAndQuery(), {}, {}, headers);
}

}  // namespace

class S3Test : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(S3Test);
    CPPUNIT_TEST(fileIsStoredReadAndRemoved);
    CPPUNIT_TEST(largeFileComesBackByteForByte);
    CPPUNIT_TEST(fileThatIsGoneIsNotFound);
    CPPUNIT_TEST(removingWhatIsNotThereIsFine);
    CPPUNIT_TEST(keysLeadNowhereElse);
    CPPUNIT_TEST(presignedUrlServesTheFileItsPartsAndItsHead);
    CPPUNIT_TEST(presignedUrlIsGoodForOneMethodAndOneFile);
    CPPUNIT_TEST(presignedUrlExpires);
    CPPUNIT_TEST(oneUrlOfOursLeadsToOnePresignedUrl);
    CPPUNIT_TEST(clientsAreSentToThePublicEndpoint);
    CPPUNIT_TEST(deliveryByTheDaemonHasNoLocation);
    CPPUNIT_TEST(connectionsAreUsedAgain);
    CPPUNIT_TEST(requestWhoseAnswerIsLostIsTriedAgain);
    CPPUNIT_TEST(storeThatIsAwayIsUnavailableUntilItIsBack);
    CPPUNIT_TEST(storeThatHangsIsUnavailable);
    CPPUNIT_TEST(startRefusesAWrongSecretAndSaysWhatToCheck);
    CPPUNIT_TEST(startRefusesAWrongBucketAndSaysWhatToCheck);
    CPPUNIT_TEST(startDoesNotWaitForAStoreThatIsAway);
    CPPUNIT_TEST(startLeavesNothingInTheBucket);
    CPPUNIT_TEST(httpsIsSpokenWithAStoreThatIsTrustedAlone);
    CPPUNIT_TEST(optionsAreReadOnceTheStoreIsUsed);
    CPPUNIT_TEST(wrongOptionsAreRefusedWithKeyFoundAndAllowed);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        CPPUNIT_ASSERT(sodium_init() >= 0);
        // One store for all tests that leave it running.
        static PrivateS3 shared;
        store_ = &shared;
        key_ = media::newFileKey("media", 1, "webp");
    }

    void fileIsStoredReadAndRemoved() {
        const auto storage = open();
        storage->put(key_, *sdk::File::holding("picture"));
        CPPUNIT_ASSERT_EQUAL(std::string("picture"), contentOf(*storage->open(key_)));
        storage->put(key_, *sdk::File::holding("picture"));  // as another try would
        storage->remove(key_);
        refusalOf(sdk::ErrorCode::kNotFound, [&] { storage->open(key_); });
        CPPUNIT_ASSERT(std::filesystem::is_empty(folder_.path()));
    }
    void largeFileComesBackByteForByte() {
        const auto storage = open();
        std::string bytes(5 * 1024 * 1024 + 1, '\0');
        randombytes_buf(bytes.data(), bytes.size());
        storage->put(key_, *sdk::File::holding(bytes));
        CPPUNIT_ASSERT(bytes == contentOf(*storage->open(key_)));
        storage->remove(key_);
    }
    void fileThatIsGoneIsNotFound() {
        const auto storage = open();
        CPPUNIT_ASSERT_EQUAL(std::string("Not Found"),
                             refusalOf(sdk::ErrorCode::kNotFound, [&] { storage->open(key_); }));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, log_.lines().size());
    }
    void removingWhatIsNotThereIsFine() {
        open()->remove(key_);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, log_.lines().size());
    }
    void keysLeadNowhereElse() {
        const auto storage = open();
        for (const char* key : {"", "sw/../x", "/etc/passwd", "sw/a b", "other/a"}) {
            refusalOf(sdk::ErrorCode::kNotFound, [&] { storage->open(key); });
            refusalOf(sdk::ErrorCode::kNotFound, [&] { storage->put(key, *sdk::File::holding("x")); });
            refusalOf(sdk::ErrorCode::kNotFound, [&] { storage->remove(key); });
            refusalOf(sdk::ErrorCode::kNotFound, [&] { storage->location("GET", key, inTwoHours()); });
        }
    }
    void presignedUrlServesTheFileItsPartsAndItsHead() {
        const auto storage = open();
        storage->put(key_, *sdk::File::holding("picture"));
        const std::string url = *storage->location("GET", key_, inTwoHours());
        const auto whole = fetch("GET", url);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(whole.body, 200, whole.status);
        CPPUNIT_ASSERT_EQUAL(std::string("picture"), whole.body);
        CPPUNIT_ASSERT_EQUAL(std::string("image/webp"), whole.header("Content-Type"));
        const auto part = fetch("GET", url, {{"Range", "bytes=1-3"}});
        CPPUNIT_ASSERT_EQUAL(206, part.status);
        CPPUNIT_ASSERT_EQUAL(std::string("ict"), part.body);
        const auto head = fetch("HEAD", *storage->location("HEAD", key_, inTwoHours()));
        CPPUNIT_ASSERT_EQUAL(200, head.status);
        CPPUNIT_ASSERT_EQUAL(std::string("7"), head.header("Content-Length"));
        storage->remove(key_);
    }
    void presignedUrlIsGoodForOneMethodAndOneFile() {
        const auto storage = open();
        storage->put(key_, *sdk::File::holding("picture"));
        const std::string url = *storage->location("GET", key_, inTwoHours());
        std::string other = url;
        other.replace(url.find("sw/media/1/"), 11, "sw/media/2/");
        for (const auto& [method, forged] :
             {std::pair("DELETE", url), std::pair("PUT", url), std::pair("GET", other),
              std::pair("GET", url.substr(0, url.find("&X-Amz-Signature"))), std::pair("GET", url + "0")}) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(method + forged, 403, fetch(method, forged).status);
        }
        CPPUNIT_ASSERT_EQUAL(200, fetch("GET", url).status);
        storage->remove(key_);
    }
    void presignedUrlExpires() {
        const auto storage = open();
        storage->put(key_, *sdk::File::holding("picture"));
        const auto late = fetch("GET", *storage->location("GET", key_, clock_.now() - 2s));
        CPPUNIT_ASSERT_EQUAL(403, late.status);
        expectPart("expired", late.body);
        CPPUNIT_ASSERT_EQUAL(200, fetch("GET", *storage->location("GET", key_, clock_.now() + 10min)).status);
        storage->remove(key_);
    }
    void oneUrlOfOursLeadsToOnePresignedUrl() {
        const auto storage = open();
        const auto expires = inTwoHours();
        CPPUNIT_ASSERT_EQUAL(*storage->location("GET", key_, expires),
                             *storage->location("GET", key_, expires));
        CPPUNIT_ASSERT(*storage->location("GET", key_, expires) != *storage->location("HEAD", key_, expires));
    }
    void clientsAreSentToThePublicEndpoint() {
        auto options = optionsOf(*store_);
        options.public_endpoint = {true, "pictures.example", 443};
        const std::string url = *open(options)->location("GET", key_, inTwoHours());
        CPPUNIT_ASSERT_MESSAGE(url, url.starts_with("https://pictures.example/linkup-media/sw/media/1/"));
        // With the bucket in the host, which a certificate for *.HOST covers.
        options.path_style = false;
        const media::S3Client client(options, clock_, log_, metrics_);
        const std::string other = client.presigned("GET", key_, clock_.now(), 1h);
        CPPUNIT_ASSERT_MESSAGE(other, other.starts_with("https://linkup-media.pictures.example/sw/media/1/"));
    }
    void deliveryByTheDaemonHasNoLocation() {
        auto options = optionsOf(*store_);
        options.delivery = media::S3Delivery::kDaemon;
        CPPUNIT_ASSERT(!open(options)->location("GET", key_, inTwoHours()));
    }
    void connectionsAreUsedAgain() {
        TcpProxy proxy(store_->port());
        auto options = optionsOf(*store_);
        options.endpoint.port = proxy.port();
        const auto storage = open(options);
        proxy.shut(true);  // a new connection would fail
        for (int i = 0; i < 3; ++i) {
            storage->put(key_, *sdk::File::holding("picture"));
            CPPUNIT_ASSERT_EQUAL(std::string("picture"), contentOf(*storage->open(key_)));
            storage->remove(key_);
            refusalOf(sdk::ErrorCode::kNotFound, [&] { storage->open(key_); });
        }
        CPPUNIT_ASSERT_EQUAL(0.0, metrics_.value("s3_failures"));
    }
    void requestWhoseAnswerIsLostIsTriedAgain() {
        TcpProxy proxy(store_->port());
        auto options = optionsOf(*store_);
        options.endpoint.port = proxy.port();
        const auto storage = open(options);
        for (const auto cut : {TcpProxy::Cut::kBeforeRequest, TcpProxy::Cut::kAfterAnswer}) {
            proxy.cutAt("PUT ", cut);
            storage->put(key_, *sdk::File::holding("picture"));
            proxy.cutAt("GET ", cut);
            CPPUNIT_ASSERT_EQUAL(std::string("picture"), contentOf(*storage->open(key_)));
            proxy.cutAt("DELETE ", cut);
            storage->remove(key_);
            refusalOf(sdk::ErrorCode::kNotFound, [&] { storage->open(key_); });
        }
        CPPUNIT_ASSERT_EQUAL(6.0, metrics_.value("s3_failures"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, log_.lines().size());
    }
    void storeThatIsAwayIsUnavailableUntilItIsBack() {
        PrivateS3 store;
        const auto storage = open(optionsOf(store));
        store.stop();
        for (const auto& call : std::vector<std::function<void()>>{
                 [&] { storage->put(key_, *sdk::File::holding("picture")); }, [&] { storage->open(key_); },
                 [&] { storage->remove(key_); }}) {
            const std::string said = refusalOf(sdk::ErrorCode::kUnavailable, call);
            CPPUNIT_ASSERT_EQUAL(std::string("The file store cannot be reached. Please try again."), said);
        }
        CPPUNIT_ASSERT_EQUAL(9.0, metrics_.value("s3_failures"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, log_.lines().size());
        store.start();
        storage->put(key_, *sdk::File::holding("picture"));
        CPPUNIT_ASSERT_EQUAL(std::string("picture"), contentOf(*storage->open(key_)));
    }
    void storeThatHangsIsUnavailable() {
        PrivateS3 store;
        auto options = optionsOf(store);
        options.timeout = 300ms;
        const auto storage = open(options);
        store.freeze();
        refusalOf(sdk::ErrorCode::kUnavailable, [&] { storage->open(key_); });
        store.thaw();
    }
    void startRefusesAWrongSecretAndSaysWhatToCheck() {
        auto options = optionsOf(*store_);
        options.secret = "another";
        const std::string said = refusalOf(sdk::ErrorCode::kInvalidArgument, [&] { open(options); });
        expectPart("bucket linkup-media, answers PUT with 403 SignatureDoesNotMatch", said);
        expectPart("check media.s3.access_key and media.s3.secret", said);
        CPPUNIT_ASSERT(said.find("another") == std::string::npos);
    }
    void startRefusesAWrongBucketAndSaysWhatToCheck() {
        auto options = optionsOf(*store_);
        options.bucket = "cellar";
        const std::string said = refusalOf(sdk::ErrorCode::kInvalidArgument, [&] { open(options); });
        expectPart("bucket cellar, answers PUT with 404 NoSuchBucket; check media.bucket", said);
    }
    void startDoesNotWaitForAStoreThatIsAway() {
        const FreePort nobody;
        auto options = optionsOf(*store_);
        options.endpoint.port = nobody.number();
        open(options);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log_.lines().size());
        expectPart("the file store does not answer", log_.lines().front().text);
    }
    void startLeavesNothingInTheBucket() {
        const std::size_t before = store_->objects();
        open();
        CPPUNIT_ASSERT_EQUAL(before, store_->objects());
    }
    void httpsIsSpokenWithAStoreThatIsTrustedAlone() {
        const PrivateS3 store(PrivateS3::Scheme::kHttps);
        auto options = optionsOf(store);
        expectPart("a certificate that is not trusted",
                   refusalOf(sdk::ErrorCode::kInvalidArgument, [&] { open(options); }));
        options.ca_file = store.certificate();
        const auto storage = open(options);
        storage->put(key_, *sdk::File::holding("picture"));
        CPPUNIT_ASSERT_EQUAL(std::string("picture"), contentOf(*storage->open(key_)));
        options.ca_file = folder_.path() / "none.pem";
        expectPart("media.s3.ca_file", refusalOf(sdk::ErrorCode::kInvalidArgument, [&] { open(options); }));
    }

    void optionsAreReadOnceTheStoreIsUsed() {
        FakeConfig unused{{"s3.endpoint", "nonsense"}};
        CPPUNIT_ASSERT(media::readOptions(unused).storage == media::StorageKind::kLocal);
        FakeConfig config{{"storage", "s3"},
                          {"bucket", "pictures"},
                          {"s3.endpoint", "https://s3.example"},
                          {"s3.public_endpoint", "http://127.0.0.1:9000/"},
                          {"s3.access_key", "key"},
                          {"s3.secret", "secret"},
                          {"s3.delivery", "daemon"}};
        const auto options = media::readOptions(config);
        CPPUNIT_ASSERT(config.unknownKeys().empty());
        CPPUNIT_ASSERT(options.storage == media::StorageKind::kS3);
        CPPUNIT_ASSERT_EQUAL(std::string("pictures"), options.s3.bucket);
        CPPUNIT_ASSERT_EQUAL(std::string("s3.example"), options.s3.endpoint.authority());
        CPPUNIT_ASSERT(options.s3.endpoint.tls && options.s3.path_style);
        CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:9000"), options.s3.public_endpoint.authority());
        CPPUNIT_ASSERT(options.s3.delivery == media::S3Delivery::kDaemon);
    }
    void wrongOptionsAreRefusedWithKeyFoundAndAllowed() {
        const std::map<std::string, std::string> good = {{"storage", "s3"},
                                                         {"s3.endpoint", "https://s3.example"},
                                                         {"s3.access_key", "key"},
                                                         {"s3.secret", "secret"}};
        for (const auto& [key, value, allowed] : std::vector<std::array<std::string, 3>>{
                 {"storage", "cloud", ""},
                 {"bucket", "No", "3 to 63 of a-z"},
                 {"s3.endpoint", "", "http://HOST[:PORT]"},
                 {"s3.endpoint", "s3.example", "http://HOST[:PORT]"},
                 {"s3.endpoint", "ftp://s3.example", "http://HOST[:PORT]"},
                 {"s3.endpoint", "https://s3.example/path", "without a path"},
                 {"s3.endpoint", "https://me:pass@s3.example", "http://HOST[:PORT]"},
                 {"s3.endpoint", "https://s3.example:99999", "http://HOST[:PORT]"},
                 {"s3.public_endpoint", "x", "http://HOST[:PORT]"},
                 {"s3.region", "", "a region"},
                 {"s3.access_key", "", "the name of a key"},
                 {"s3.secret", "", "the secret of s3.access_key"},
                 {"s3.path_style", "maybe", ""},
                 {"s3.delivery", "pigeon", ""},
                 {"s3.threads", "0", ""},
                 {"s3.timeout_ms", "1", ""},
                 {"s3.ca_file", "/nowhere.pem", "a PEM file"}}) {
            FakeConfig config;
            for (const auto& [name, right] : good) config.set(name, right);
            config.set(key, value);
            const std::string said =
                refusalOf(sdk::ErrorCode::kInvalidArgument, [&] { media::readOptions(config); });
            expectPart(key, said);
            if (allowed.empty()) continue;
            expectPart("found \"" + value + "\"", said);
            expectPart(allowed, said);
        }
    }

private:
    media::S3Options optionsOf(const PrivateS3& store) {
        media::S3Options options;
        options.bucket = PrivateS3::kBucket;
        options.endpoint = {store.url().starts_with("https"), "127.0.0.1", store.port()};
        options.public_endpoint = options.endpoint;
        options.region = PrivateS3::kRegion;
        options.access_key = PrivateS3::kAccessKey;
        options.secret = PrivateS3::kSecret;
        options.timeout = 30s;
        options.folder = folder_.path();
        return options;
    }
    std::unique_ptr<media::S3Storage> open() { return open(optionsOf(*store_)); }
    std::unique_ptr<media::S3Storage> open(const media::S3Options& options) {
        return std::make_unique<media::S3Storage>(options, clock_, log_, metrics_);
    }
    sdk::Time inTwoHours() const { return std::chrono::ceil<std::chrono::hours>(clock_.now() + 2h); }

    PrivateS3* store_ = nullptr;
    const TemporaryFolder folder_;
    daemon::SystemClock clock_;
    sdk::testing::RecordingLog log_;
    sdk::testing::FakeMetrics metrics_;
    std::string key_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(S3Test);

}  // namespace linkup::test
