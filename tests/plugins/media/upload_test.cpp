#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/error.h>

#include <filesystem>
#include <memory>

#include "cleanup_service.h"
#include "delivery_service.h"
#include "file_key.h"
#include "local_storage.h"
#include "media_migrations.h"
#include "ownership_service.h"
#include "temporary_folder.h"
#include "test_images.h"
#include "town.h"
#include "upload_service.h"

namespace linkup::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr const char* kCascade = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml";
constexpr const char* kAstronaut = "/usr/lib/python3/dist-packages/skimage/data/astronaut.png";
constexpr sdk::UserId kAlice = 1;
constexpr sdk::UserId kBob = 2;

/// Fails when it is told to.
class MoodyStorage : public media::LocalStorage {
public:
    using LocalStorage::LocalStorage;
    bool full = false;
    bool slow = false;  ///< it answers that it cannot, and stores it all the same when it is told to
    int room = 1000;
    bool away = false;
    int removals = 0;
    void put(const std::string& file_key, const sdk::File& content) override {
        if (slow) {
            std::string bytes(content.size(), '\0');
            bytes.resize(content.read(0, bytes));
            late_.emplace_back(file_key, bytes);
        }
        if (slow || full || room-- == 0) throw sdk::Error(sdk::ErrorCode::kUnavailable, "full");
        LocalStorage::put(file_key, content);
    }
    void remove(const std::string& file_key) override {
        ++removals;
        if (away) throw sdk::Error(sdk::ErrorCode::kUnavailable, "away");
        LocalStorage::remove(file_key);
    }
    void storeWhatIsLate() {
        for (const auto& [file_key, bytes] : late_) LocalStorage::put(file_key, *sdk::File::holding(bytes));
    }

private:
    std::vector<std::pair<std::string, std::string>> late_;
};

}  // namespace

/// What becomes of files, on both databases; profiles and messages are faked.
template <Backend kBackend>
class UploadTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(UploadTest);
    CPPUNIT_TEST(uploadIsStoredAndServed);
    CPPUNIT_TEST(urlThatExpiredIsRefused);
    CPPUNIT_TEST(fileThatIsGoneIsNotFound);
    CPPUNIT_TEST(pictureOfADeletedAccountIsServed);
    CPPUNIT_TEST(uploadThatCannotBeStoredIsLookedAfter);
    CPPUNIT_TEST(nothingIsLeftOfAPortraitWithoutItsOriginal);
    CPPUNIT_TEST(nothingIsStoredWithoutAFace);
    CPPUNIT_TEST(urlOfAnOwnFileIsTakenEvenIfItExpired);
    CPPUNIT_TEST(unreferencedFileGoesAfterADay);
    CPPUNIT_TEST(referencedFileStaysUntilNobodyRefersToIt);
    CPPUNIT_TEST(fileThatCannotBeRemovedIsTriedAgain);
    CPPUNIT_TEST(cleanUpEndsWhenTheStorageIsAway);
    CPPUNIT_TEST(manyFilesAreLookedAt);
    CPPUNIT_TEST(filesOfADeletedAccountGoAtOnce);
    CPPUNIT_TEST(fileThatComesAfterTheDeletionGoesToo);
    CPPUNIT_TEST(exportListsOnesOwnFiles);
    CPPUNIT_TEST(fileIsOfWhoUploadedItWhileItIsThere);
    CPPUNIT_TEST(keysLeadNowhereElse);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        CPPUNIT_ASSERT(sodium_init() >= 0);
        media::prepareImages();
        folder_ = std::make_unique<TemporaryFolder>();
        town_ = std::make_unique<Town>(kBackend);
        town_->migrate("media", media::sql::migrations());
        auto& host = town_->host();
        host.fake_hooks.on("media.referenced", [this](sdk::Connection&, sdk::Json& payload) {
            sdk::Json list = payload.at("referenced");
            for (const auto& file : payload.at("files").items()) {
                const std::string& key = file.at("file_key").asString();
                if (referenced_.contains({key, file.at("user_id").asInteger()})) list.push(key);
            }
            payload.set("referenced", std::move(list));
            return sdk::HookVerdict::pass();
        });
        urls_ = std::make_unique<media::UrlService>(
            media::MediaOptions{"key", "salt", "bucket", "https://pictures.example/media"}, host.clock());
        storage_ = std::make_unique<MoodyStorage>(folder_->path() / "files");
        faces_ = std::make_unique<media::FaceFinder>(kCascade);
        uploads_ = std::make_unique<media::UploadService>(host.database(), host.hooks(), host.clock(), *urls_,
                                                          80, 1);
        uploads_->use(*storage_, *faces_);
        delivery_ = std::make_unique<media::DeliveryService>(*urls_, host.clock());
        delivery_->use(*storage_);
        cleanup_ =
            std::make_unique<media::CleanupService>(host.database(), host.hooks(), host.clock(), host.log());
        cleanup_->use(*storage_);
        referenced_.clear();
    }
    void tearDown() override {
        town_.reset();
        folder_.reset();
    }

    void uploadIsStoredAndServed() {
        const auto image = store();
        CPPUNIT_ASSERT_EQUAL(64, image.width);
        CPPUNIT_ASSERT(media::belongsTo(image.file_key, kAlice));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, rows());
        const auto delivery = fetch(image.file_key);
        CPPUNIT_ASSERT_EQUAL(static_cast<std::uint64_t>(image.size_bytes), delivery.file->size());
        CPPUNIT_ASSERT(delivery.max_age == 2h);
        CPPUNIT_ASSERT_EQUAL(delivery.etag, fetch(image.file_key).etag);
        CPPUNIT_ASSERT(delivery.etag != fetch(store().file_key).etag);
    }
    void urlThatExpiredIsRefused() {
        const auto image = store();
        const std::string url = urls_->url(image.file_key);
        town_->host().fake_clock.advance(2h);
        expect(sdk::ErrorCode::kForbidden, "URL expired", [&] { fetchUrl(url); });
        expect(sdk::ErrorCode::kForbidden, "Invalid signature", [&] { fetchUrl(url + "A"); });
    }
    void fileThatIsGoneIsNotFound() {
        expect(sdk::ErrorCode::kNotFound, "Not Found", [&] { fetch("sw/media/1/none.webp"); });
        expect(sdk::ErrorCode::kNotFound, "Not Found", [&] { fetch("../../secret"); });
    }
    void pictureOfADeletedAccountIsServed() {
        const auto delivery = fetchUrl(urls_->placeholder().at("url").asString());
        CPPUNIT_ASSERT_EQUAL(16, media::Image::read(*delivery.file).width());
    }
    void uploadThatCannotBeStoredIsLookedAfter() {
        storage_->full = true;
        CPPUNIT_ASSERT_THROW(store(), sdk::Error);
        CPPUNIT_ASSERT_EQUAL(0, files());
        // A store that did not answer may have it all the same, and even later than now.
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, rows());
        town_->host().fake_clock.advance(24h);
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(1, storage_->removals);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, rows());
    }
    void nothingIsLeftOfAPortraitWithoutItsOriginal() {
        storage_->room = 1;
        CPPUNIT_ASSERT_THROW(uploads_->portrait(kAlice, *sdk::File::open(kAstronaut)), sdk::Error);
        CPPUNIT_ASSERT_EQUAL(0, files());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, rows());  // of the original
    }
    void nothingIsStoredWithoutAFace() {
        expect(sdk::ErrorCode::kUnprocessable, "Face not detected in the image.",
               [&] { uploads_->portrait(kAlice, *sdk::File::holding(makeImage(".png"))); });
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, rows());
        CPPUNIT_ASSERT_EQUAL(0, files());
    }
    void urlOfAnOwnFileIsTakenEvenIfItExpired() {
        // That no face is in it says that the file was read.
        const char* read = "Face not detected in the image.";
        const std::string url = urls_->url(store().file_key);
        town_->host().fake_clock.advance(30h);
        expect(sdk::ErrorCode::kUnprocessable, read, [&] { uploads_->portraitOf(kAlice, url); });
        const char* refused = "Image URL is not allowed";
        expect(sdk::ErrorCode::kInvalidArgument, refused, [&] { uploads_->portraitOf(kBob, url); });
        expect(sdk::ErrorCode::kInvalidArgument, refused, [&] { uploads_->portraitOf(kAlice, url + "A"); });
        expect(sdk::ErrorCode::kInvalidArgument, refused,
               [&] { uploads_->portraitOf(kAlice, "http://169.254.169.254/latest"); });
        referenced_.insert({"sw/old/picture.webp", kBob});
        expect(sdk::ErrorCode::kInvalidArgument, "Invalid image file.",
               [&] { uploads_->portraitOf(kBob, urls_->url("sw/old/picture.webp")); });
    }
    void unreferencedFileGoesAfterADay() {
        store();
        town_->host().fake_clock.advance(24h - 1s);
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(1, files());
        town_->host().fake_clock.advance(1s);
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(0, files());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, rows());
    }
    void referencedFileStaysUntilNobodyRefersToIt() {
        const auto image = store();
        referenced_.insert({image.file_key, kAlice});
        for (int day = 0; day < 3; ++day) {
            town_->host().fake_clock.advance(24h);
            cleanup_->run();
            CPPUNIT_ASSERT_EQUAL(1, files());
        }
        referenced_.clear();
        town_->host().fake_clock.advance(24h);
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(0, files());
    }
    void fileThatCannotBeRemovedIsTriedAgain() {
        store();
        town_->host().fake_clock.advance(24h);
        storage_->away = true;
        cleanup_->run();
        storage_->away = false;
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(1, files());
        town_->host().fake_clock.advance(1h);
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(0, files());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, rows());
    }
    void cleanUpEndsWhenTheStorageIsAway() {
        for (int i = 0; i < 5; ++i) store();
        town_->host().fake_clock.advance(24h);
        storage_->away = true;
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(3, storage_->removals);
        storage_->away = false;
        town_->host().fake_clock.advance(1h);
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(0, files());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, rows());
    }
    void manyFilesAreLookedAt() {
        town_->database().transaction([&](sdk::Connection& connection) {
            for (int i = 0; i < 450; ++i) {
                const media::FileRow row{media::newFileKey("media", kBob, "webp"), kBob, 1};
                media::file_store::insert(connection, row, sdk::Time{});
            }
        });
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, rows());
    }
    void filesOfADeletedAccountGoAtOnce() {
        const auto image = store();
        const auto other = uploads_->image(kBob, *sdk::File::holding(makeImage(".png")));
        referenced_ = {{image.file_key, kAlice}, {other.file_key, kBob}};
        town_->database().transaction(
            [&](sdk::Connection& connection) { cleanup_->abandon(connection, kAlice); });
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(1, files());
        CPPUNIT_ASSERT(fetch(other.file_key).file != nullptr);
    }
    /// Of a store that was given up on, or of an upload that was under way.
    void fileThatComesAfterTheDeletionGoesToo() {
        storage_->slow = true;
        CPPUNIT_ASSERT_THROW(store(), sdk::Error);
        town_->database().transaction(
            [&](sdk::Connection& connection) { cleanup_->abandon(connection, kAlice); });
        cleanup_->run();
        storage_->storeWhatIsLate();
        CPPUNIT_ASSERT_EQUAL(1, files());
        town_->host().fake_clock.advance(1h);
        cleanup_->run();
        CPPUNIT_ASSERT_EQUAL(0, files());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, rows());
    }
    void exportListsOnesOwnFiles() {
        const auto image = store();
        uploads_->image(kBob, *sdk::File::holding(makeImage(".png")));
        const auto files = sdk::read(town_->database(), [](sdk::Connection& connection) {
            return media::file_store::ofUser(connection, kAlice);
        });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, files.size());
        CPPUNIT_ASSERT_EQUAL(image.file_key, files.items().front().at("file_key").asString());
        CPPUNIT_ASSERT_EQUAL(image.size_bytes, files.items().front().at("size_bytes").asInteger());
    }
    void fileIsOfWhoUploadedItWhileItIsThere() {
        const auto image = store();
        const auto other = uploads_->image(kBob, *sdk::File::holding(makeImage(".png")));
        using File = sdk::MediaFiles::File;
        const std::vector<File> asked = {{kAlice, image.file_key},
                                         {kBob, image.file_key},
                                         {kBob, other.file_key},
                                         {kAlice, "sw/media/1/never.webp"}};
        CPPUNIT_ASSERT(uploaded(asked) == (std::vector<File>{asked[0], asked[2]}));
        referenced_ = {{other.file_key, kBob}};
        storage_->away = true;
        town_->host().fake_clock.advance(24h);
        cleanup_->run();  // the one that nobody refers to is on its way out
        CPPUNIT_ASSERT(uploaded(asked) == (std::vector<File>{asked[2]}));
        CPPUNIT_ASSERT(uploaded({}).empty());
    }
    void keysLeadNowhereElse() {
        for (const char* key :
             {"", "sw/", "sw/../x", "sw//x", "/etc/passwd", "sw/a b", "sw/a/", "x/a", "sw/./x", "sw/x/."}) {
            CPPUNIT_ASSERT_MESSAGE(key, !media::isPlain(key));
            CPPUNIT_ASSERT_THROW(storage_->open(key), sdk::Error);
        }
        CPPUNIT_ASSERT(media::isPlain(media::newFileKey("media", 7, "webp")));
        CPPUNIT_ASSERT(!media::belongsTo("sw/media/12/x.webp", 1));
        CPPUNIT_ASSERT_EQUAL(std::string("audio/ogg"), std::string(media::contentTypeOf("sw/media/1/x.ogg")));
    }

private:
    media::StoredImage store() { return uploads_->image(kAlice, *sdk::File::holding(makeImage(".png"))); }
    std::vector<sdk::MediaFiles::File> uploaded(const std::vector<sdk::MediaFiles::File>& files) {
        media::OwnershipService ownership;
        return sdk::transaction(town_->database(), [&](sdk::Connection& connection) {
            return ownership.uploaded(connection, files);
        });
    }
    media::Delivery fetch(const std::string& key) { return fetchUrl(urls_->url(key)); }
    media::Delivery fetchUrl(const std::string& url) {
        const auto source = url.rfind('/');
        const auto expiry = url.rfind('/', source - 1);
        const auto signature = url.rfind('/', expiry - 1);
        return delivery_->find("GET", url.substr(signature + 1, expiry - signature - 1),
                               url.substr(expiry + 1, source - expiry - 1), url.substr(source + 1));
    }
    std::int64_t rows() { return town_->number("SELECT COUNT(*) FROM media_files"); }
    int files() {
        int count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder_->path()))
            count += entry.is_regular_file() && entry.path().extension() == ".webp" ? 1 : 0;
        return count;
    }
    template <class Call>
    void expect(sdk::ErrorCode code, const std::string& message, Call call) {
        try {
            call();
            CPPUNIT_FAIL("it was not refused: " + message);
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT_EQUAL(message, std::string(error.what()));
            CPPUNIT_ASSERT(error.code() == code);
        }
    }

    std::unique_ptr<TemporaryFolder> folder_;
    std::unique_ptr<Town> town_;
    std::set<std::pair<std::string, sdk::UserId>> referenced_;
    std::unique_ptr<media::UrlService> urls_;
    std::unique_ptr<MoodyStorage> storage_;
    std::unique_ptr<media::FaceFinder> faces_;
    std::unique_ptr<media::UploadService> uploads_;
    std::unique_ptr<media::DeliveryService> delivery_;
    std::unique_ptr<media::CleanupService> cleanup_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(UploadTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(UploadTest<Backend::kPostgresql>);

}  // namespace linkup::test
