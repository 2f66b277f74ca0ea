#include <Poco/URI.h>
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "deployment.h"
#include "person.h"
#include "private_s3.h"

namespace linkup::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAstronaut = "/usr/lib/python3/dist-packages/skimage/data/astronaut.png";

std::string contentOf(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    CPPUNIT_ASSERT_MESSAGE(path, in.good());
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string voiceNote() {
    std::string bytes = "#!AMR\n";
    for (int i = 0; i < 50; ++i) bytes += '\x3c' + std::string(31, 'x');
    return bytes;
}

HttpReply upload(Person& person, const std::string& route, const std::string& type,
                 const std::string& content) {
    return person.http().postMultipart(
        "/api/v1/upload/" + route,
        {{"media_type", type}, {"file", content, "x.bin", "application/octet-stream"}});
}

/// The path of a URL of ours, which names the port that the deployment is told to put there, not the node's.
std::string pathOf(const std::string& url) {
    return Poco::URI(url).getPathAndQuery();
}

std::size_t filesBelow(const fs::path& folder) {
    std::size_t count = 0;
    if (!fs::exists(folder)) return 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        count += entry.is_regular_file() ? 1 : 0;
    return count;
}

void expectError(int status, const std::string& detail, const HttpReply& reply) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, status, reply.status);
    CPPUNIT_ASSERT_EQUAL(detail, reply.text("detail"));
}

}  // namespace

/// Pictures and voice notes over a real connection, from upload to deletion.
class MediaStoryTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MediaStoryTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST(inAnS3StoreThatClientsAreSentTo);
    CPPUNIT_TEST(inAnS3StoreBehindTheDaemon);
    CPPUNIT_TEST(startRefusesAStoreThatRefusesTheKey);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tellInAFolder(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tellInAFolder(Deployment::Kind::kTwoNodes); }
    void inAnS3StoreThatClientsAreSentTo() {
        PrivateS3 store;
        Deployment deployment(Deployment::Kind::kTwoNodes, settingsFor(store, "redirect"));
        sendClientsThere(deployment, store);
        tell(deployment, [&] { return store.objects(); });
    }
    void inAnS3StoreBehindTheDaemon() {
        PrivateS3 store;
        Deployment deployment(Deployment::Kind::kEmbedded, settingsFor(store, "daemon"));
        bearAnOutage(deployment, store);
        tell(deployment, [&] { return store.objects(); });
    }
    void startRefusesAStoreThatRefusesTheKey() {
        PrivateS3 store;
        DaemonOptions options;
        options.settings = settingsFor(store, "redirect");
        options.settings.erase("media.s3.secret");
        options.environment = {{"LINKUP_MEDIA_S3_SECRET", "another"}};
        const auto result = LinkupDaemon::runToEnd(options);
        CPPUNIT_ASSERT(result.exitCode != 0);
        CPPUNIT_ASSERT_MESSAGE(
            result.output,
            result.output.find("answers PUT with 403 SignatureDoesNotMatch; check media.s3.access_key and "
                               "media.s3.secret") != std::string::npos);
    }

private:
    using Count = std::function<std::size_t()>;

    void tellInAFolder(Deployment::Kind kind) {
        const TemporaryFolder shared;
        Deployment deployment(kind, {{"media.storage.folder", shared.path().string()}});
        tell(deployment, [&] { return filesBelow(shared.path()); });
    }

    void tell(Deployment& deployment, const Count& files) {
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        refuseWhatIsNone(alice, files);
        const std::string url = shareAPicture(alice, bob);
        sendAVoiceNote(alice, bob);
        haveAPortrait(alice, bob);
        bearManyAtOnce(alice);
        CPPUNIT_ASSERT(files() > 4);
        CPPUNIT_ASSERT_EQUAL(200, alice.http().del("/api/v1/user/delete").status);
        CPPUNIT_ASSERT(waitFor([&] { return files() == 0; }));
        CPPUNIT_ASSERT_EQUAL(404, fetch(bob, pathOf(url)).status);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    static std::map<std::string, std::string> settingsFor(const PrivateS3& store,
                                                          const std::string& delivery) {
        return {{"media.storage", "s3"},
                {"media.bucket", PrivateS3::kBucket},
                {"media.s3.endpoint", store.url()},
                {"media.s3.region", PrivateS3::kRegion},
                {"media.s3.access_key", PrivateS3::kAccessKey},
                {"media.s3.secret", PrivateS3::kSecret},
                {"media.s3.delivery", delivery}};
    }

    static void sendClientsThere(Deployment& deployment, PrivateS3& store) {
        Person dora(deployment, deployment.first(), "dora", Person::Gender::kFemale);
        const std::string path =
            pathOf(upload(dora, "media", "voice", voiceNote()).text("metadata.file_url"));
        const auto first = dora.http().get(path);
        CPPUNIT_ASSERT_EQUAL(307, first.status);
        CPPUNIT_ASSERT(first.header("Location").starts_with(store.url() + "/linkup-media/sw/media/"));
        CPPUNIT_ASSERT_EQUAL(first.header("Location"), dora.http().get(path).header("Location"));
        CPPUNIT_ASSERT(first.header("Location") != dora.http().send("HEAD", path).header("Location"));
        expectError(403, "Invalid signature", dora.http().get(path + "A"));
        CPPUNIT_ASSERT_EQUAL(200, dora.http().del("/api/v1/user/delete").status);
        CPPUNIT_ASSERT(waitFor([&] { return store.objects() == 0; }));
    }

    static void bearAnOutage(Deployment& deployment, PrivateS3& store) {
        Person carol(deployment, deployment.first(), "carol", Person::Gender::kFemale);
        const auto before = upload(carol, "media", "voice", voiceNote());
        const std::string path = pathOf(before.text("metadata.file_url"));
        store.stop();
        const auto refused = upload(carol, "media", "voice", voiceNote());
        expectError(503, "The file store cannot be reached. Please try again.", refused);
        CPPUNIT_ASSERT(!refused.header("Retry-After").empty());
        CPPUNIT_ASSERT_EQUAL(503, carol.http().get(path).status);
        CPPUNIT_ASSERT_EQUAL(200, carol.http().get("/readyz").status);
        store.start();
        CPPUNIT_ASSERT_EQUAL(200, upload(carol, "media", "voice", voiceNote()).status);
        CPPUNIT_ASSERT_EQUAL(200, carol.http().del("/api/v1/user/delete").status);
        CPPUNIT_ASSERT(waitFor([&] { return store.objects() == 0; }));
    }

    /// As an app does: where a redirect leads, too.
    static HttpReply fetch(Person& person, const std::string& path, const std::string& method = "GET",
                           const Fields& headers = {}) {
        auto reply = person.http().send(method, path, {}, {}, headers);
        if (reply.status != 307) return reply;
        CPPUNIT_ASSERT(reply.header("Cache-Control").starts_with("private, immutable, max-age="));
        const std::string location = reply.header("Location");
        HttpClient store(location);
        return store.send(method, pathOf(location), {}, {}, headers);
    }

    static void refuseWhatIsNone(Person& alice, const Count& files) {
        expectError(400, "Invalid image file.", upload(alice, "media", "image", "this is a text"));
        expectError(400, "Invalid image file.", upload(alice, "media", "image", ""));
        expectError(400, "Invalid image file.", upload(alice, "media-user", "voice", voiceNote()));
        expectError(400, "Invalid audio file.", upload(alice, "media", "voice", contentOf(kAstronaut)));
        expectError(413, "File too large. Max 5MB",
                    upload(alice, "media", "image", std::string(5 * 1024 * 1024 + 1, 'x')));
        expectError(413, "File too large. Max 20MB",
                    upload(alice, "media-user", "image", std::string(20 * 1024 * 1024 + 1, 'x')));
        CPPUNIT_ASSERT_EQUAL(422, upload(alice, "media", "video", "x").status);
        HttpClient stranger(alice.url());
        CPPUNIT_ASSERT_EQUAL(
            401, stranger.postMultipart("/api/v1/upload/media", {{"media_type", "image"}}).status);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, files());
    }

    static std::string shareAPicture(Person& alice, Person& bob) {
        const auto reply = upload(alice, "media", "image", contentOf(kAstronaut));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
        CPPUNIT_ASSERT(reply.text("file_key").starts_with("sw/media/" + std::to_string(alice.id()) + "/"));
        CPPUNIT_ASSERT(reply.body.find("\"width\":512.0,\"height\":512.0") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(std::size_t{166}, reply.text("metadata.blurhash").size());
        const std::string url = reply.text("metadata.file_url");
        const auto file = fetch(bob, pathOf(url));
        CPPUNIT_ASSERT_EQUAL(200, file.status);
        CPPUNIT_ASSERT_EQUAL(std::string("image/webp"), file.header("Content-Type"));
        CPPUNIT_ASSERT(file.body.starts_with("RIFF"));
        CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(reply.at("metadata.size_bytes").convert<int>()),
                             file.body.size());
        CPPUNIT_ASSERT(file.header("Cache-Control").starts_with("private, immutable, max-age="));
        serveLikeAFile(bob, pathOf(url), file);
        return url;
    }

    static void serveLikeAFile(Person& bob, const std::string& path, const HttpReply& whole) {
        const auto part = fetch(bob, path, "GET", {{"Range", "bytes=4-7"}});
        CPPUNIT_ASSERT_EQUAL(206, part.status);
        CPPUNIT_ASSERT_EQUAL(whole.body.substr(4, 4), part.body);
        const auto same = fetch(bob, path, "GET", {{"If-None-Match", whole.header("ETag")}});
        CPPUNIT_ASSERT_EQUAL(304, same.status);
        const auto head = fetch(bob, path, "HEAD");
        CPPUNIT_ASSERT_EQUAL(200, head.status);
        CPPUNIT_ASSERT_EQUAL(std::to_string(whole.body.size()), head.header("Content-Length"));
        std::string forged = path;
        forged[8] = forged[8] == 'A' ? 'B' : 'A';
        expectError(403, "Invalid signature", bob.http().get(forged));
        const auto exp = path.find("exp:") + 4;
        expectError(403, "Invalid signature", bob.http().get(path.substr(0, exp) + "9" + path.substr(exp)));
    }

    static void sendAVoiceNote(Person& alice, Person& bob) {
        const auto reply = upload(alice, "media", "voice", voiceNote());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
        CPPUNIT_ASSERT_EQUAL(std::string("voice"), reply.text("media_type"));
        CPPUNIT_ASSERT_EQUAL(1000, reply.at("metadata.duration_ms").convert<int>());
        const auto file = fetch(bob, pathOf(reply.text("metadata.file_url")));
        CPPUNIT_ASSERT_EQUAL(std::string("audio/amr"), file.header("Content-Type"));
        CPPUNIT_ASSERT(file.body == voiceNote());
    }

    static void haveAPortrait(Person& alice, Person& bob) {
        const auto reply = upload(alice, "media-user-pfp", "image", contentOf(kAstronaut));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
        CPPUNIT_ASSERT(reply.text("profile_metadata.file_key").starts_with("sw/profile_pictures/"));
        CPPUNIT_ASSERT_EQUAL(200, fetch(bob, pathOf(reply.text("profile_picture_url"))).status);
        const std::string original = reply.text("original_image_url");
        const auto again =
            alice.http().postForm("/api/v1/upload/media-user-pfp-from-url", {{"image_url", original}});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(again.body, 200, again.status);
        CPPUNIT_ASSERT(again.text("profile_metadata.file_key") != reply.text("profile_metadata.file_key"));
        for (const std::string& foreign : {original + "x", std::string("http://127.0.0.1:8002/metrics")}) {
            expectError(
                400, "Image URL is not allowed",
                alice.http().postForm("/api/v1/upload/media-user-pfp-from-url", {{"image_url", foreign}}));
        }
        expectError(400, "Image URL is not allowed",
                    bob.http().postForm("/api/v1/upload/media-user-pfp-from-url", {{"image_url", original}}));
    }

    static void bearManyAtOnce(Person& alice) {
        const std::string content = contentOf(kAstronaut);
        std::vector<std::thread> phones;
        std::atomic<int> stored{0};
        std::atomic<int> odd{0};
        for (int i = 0; i < 6; ++i) {
            phones.emplace_back([&] {
                HttpClient http(alice.url());
                http.setBearer(alice.token());
                const auto reply = http.postMultipart(
                    "/api/v1/upload/media-user",
                    {{"media_type", "image"}, {"file", content, "x", "application/octet-stream"}});
                ++(reply.status == 200 ? stored : odd);
            });
        }
        for (auto& phone : phones) phone.join();
        CPPUNIT_ASSERT_EQUAL(0, odd.load());
        CPPUNIT_ASSERT_EQUAL(6, stored.load());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MediaStoryTest);

}  // namespace linkup::test
