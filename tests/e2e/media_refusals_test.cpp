#include <Poco/URI.h>
#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/testing/fake_clock.h>
#include <vips/vips.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "deployment.h"
#include "person.h"
#include "refusals.h"
#include "tests/plugins/media/test_images.h"
#include "url_service.h"

namespace linkup::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kKey = "6b65792d6f662d746869732d746573742c2d6f662d33322d62797465732b";
constexpr const char* kSalt = "73616c742d6f662d74686973";
constexpr const char* kBase = "http://127.0.0.1:8002/media";
constexpr std::size_t kMebibyte = 1024 * 1024;

std::string bytesOf(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

/// The URL that the daemon made for this file so long ago.
std::string urlOf(const std::string& file_key, std::chrono::hours ago = 0h) {
    sdk::testing::FakeClock clock(std::chrono::floor<sdk::Time::duration>(std::chrono::system_clock::now()) -
                                  ago);
    media::UrlService urls(media::MediaOptions{bytesOf(kKey), bytesOf(kSalt), "linkup-media", kBase}, clock);
    return urls.url(file_key);
}

std::string pathOf(const std::string& url) {
    return Poco::URI(url).getPathAndQuery();
}

FormPart file(const std::string& content) {
    return {"file", content, "x.bin", "application/octet-stream"};
}

std::vector<fs::path> filesBelow(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    return files;
}

}  // namespace

/// Every refusal of the contract's 2.6, as a phone meets it; nothing is left of what was refused.
class MediaRefusalsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MediaRefusalsTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { CPPUNIT_ASSERT_EQUAL(0, VIPS_INIT("media_refusals_test")); }
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

private:
    void tell(Deployment::Kind kind) {
        const TemporaryFolder folder;
        Deployment deployment(kind, {{"media.storage.folder", folder.path().string()},
                                     {"media.url.key", kKey},
                                     {"media.url.salt", kSalt},
                                     {"media.images.quality", "100"}});
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        sendOddForms(alice);
        sendOddPictures(alice);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, filesBelow(folder.path()).size());
        cutOutOddly(alice, bob, folder.path());
        fetchOddly(bob, alice, folder.path());
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    static HttpReply send(Person& person, const std::string& route, const std::vector<FormPart>& parts) {
        return person.http().postMultipart("/api/v1/upload/" + route, parts);
    }

    static void sendOddForms(Person& alice) {
        for (const char* route : {"media", "media-user", "media-user-pfp"}) {
            const auto nothing = send(alice, route, {{"x", "y"}});
            assertFault("missing", "body/file", "Field required", nothing);
            assertFault("missing", "body/media_type", "Field required", nothing, 1);
            assertFault("enum", "body/media_type", "Input should be 'image' or 'voice'",
                        send(alice, route, {file("x"), {"media_type", "video"}}));
            // A text is no file, whatever its name.
            assertFault("missing", "body/file", "Field required",
                        send(alice, route, {{"media_type", "image"}, {"file", "x"}}));
            assertRefused(400, "Invalid image file.",
                          send(alice, route, {{"media_type", "image"}, file("")}));
        }
        HttpClient stranger(alice.url());
        assertRefused(401, "Not authenticated",
                      stranger.postMultipart("/api/v1/upload/media", {file(std::string(kMebibyte, 'x'))}));
        stranger.setBearer("x");
        assertRefused(401, "Invalid token",
                      stranger.postMultipart("/api/v1/upload/media", {file(std::string(kMebibyte, 'x'))}));
    }

    static void sendOddPictures(Person& alice) {
        const std::vector<std::pair<std::string, std::string>> limits = {
            {"media", "File too large. Max 5MB"},
            {"media-user", "File too large. Max 20MB"},
            {"media-user-pfp", "File too large. Max 20MB"}};
        for (const auto& [route, sentence] : limits) {
            const std::size_t most = (route == "media" ? 5 : 20) * kMebibyte;
            assertRefused(413, sentence,
                          send(alice, route, {{"media_type", "image"}, file(std::string(most + 1, 'x'))}));
            assertRefused(400, "Invalid image file.",
                          send(alice, route, {{"media_type", "image"}, file(std::string(most, 'x'))}));
        }
        const std::string bomb =
            makeImage(".png[compression=9]", {.width = 30'000, .height = 1'700, .bands = 1});
        const std::string whole = makeImage(".jpg", {.width = 640, .height = 480});
        for (const char* route : {"media", "media-user", "media-user-pfp"}) {
            assertRefused(413, "Image dimensions too large.",
                          send(alice, route, {{"media_type", "image"}, file(bomb)}));
            for (const std::string& odd : {whole.substr(0, whole.size() / 2), makeImage(".tif"),
                                           std::string("<svg xmlns='http://www.w3.org/2000/svg'/>")})
                assertRefused(400, "Invalid image file.",
                              send(alice, route, {{"media_type", "image"}, file(odd)}));
        }
        assertRefused(400, "Invalid audio file.",
                      send(alice, "media", {{"media_type", "voice"}, file(whole)}));
        assertRefused(413, "Converted file too large.",
                      send(alice, "media-user",
                           {{"media_type", "image"},
                            file(makeImage(".png[compression=1]",
                                           {.width = 1'600, .height = 1'600, .bands = 4, .noise = true}))}));
        assertRefused(422, "Face not detected in the image.",
                      send(alice, "media-user-pfp", {{"media_type", "image"}, file(whole)}));
    }

    static void cutOutOddly(Person& alice, Person& bob, const fs::path& folder) {
        const auto cut = [](Person& person, const std::string& url) {
            return person.http().postForm("/api/v1/upload/media-user-pfp-from-url", {{"image_url", url}});
        };
        assertFault("missing", "body/image_url", "Field required",
                    alice.http().postForm("/api/v1/upload/media-user-pfp-from-url", {{"x", "y"}}));
        const std::string own = "sw/media/" + std::to_string(alice.id()) + "/";
        const auto stored =
            send(alice, "media-user",
                 {{"media_type", "image"}, file(makeImage(".jpg", {.width = 64, .height = 48}))});
        const std::string key = stored.text("metadata.file_key");
        CPPUNIT_ASSERT(key.starts_with(own));
        for (const std::string& url :
             {std::string("http://169.254.169.254/latest"), std::string(kBase) + "/x", urlOf(key) + "x",
              "https" + urlOf(key).substr(4), urlOf("sw/media/" + std::to_string(bob.id()) + "/x.webp"),
              urlOf("sw/static/deleted.webp"), urlOf("../../etc/passwd")}) {
            assertRefused(400, "Image URL is not allowed", cut(alice, url));
        }
        assertRefused(400, "Image URL is not allowed", cut(bob, urlOf(key)));
        for (const auto ago : {0h, 1'000h}) {  // one that expired is as good
            assertRefused(422, "Face not detected in the image.", cut(alice, urlOf(key, ago)));
            assertRefused(400, "Invalid image file.", cut(alice, urlOf(own + "gone.webp", ago)));
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, filesBelow(folder).size());
        assertRefused(422, "Face not detected in the image.",
                      alice.http().postMultipart("/api/v1/upload/media-user-pfp-from-url",
                                                 {{"image_url", urlOf(key)}}));
    }

    static void fetchOddly(Person& bob, Person& alice, const fs::path& folder) {
        const std::string key = fs::relative(filesBelow(folder).front(), folder).generic_string();  // Alice's
        CPPUNIT_ASSERT_EQUAL(200, bob.http().get(pathOf(urlOf(key))).status);
        assertRefused(403, "URL expired", bob.http().get(pathOf(urlOf(key, 4h))));
        assertRefused(403, "Invalid signature", bob.http().get(pathOf(urlOf(key)) + "x"));
        assertRefused(403, "Invalid signature", bob.http().get("/media/x/exp:1/x"));
        assertRefused(404, "Not Found", bob.http().get(pathOf(urlOf("sw/media/1/none.webp"))));
        // Nobody names a file of somebody else's in another way.
        for (const char* way : {"sw/./media/", "sw/media//", "sw/media/./", "sw/media/../media/"}) {
            const std::string other = way + key.substr(std::string("sw/media/").size());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(other, 404, bob.http().get(pathOf(urlOf(other))).status);
            assertRefused(
                400, "Image URL is not allowed",
                bob.http().postForm("/api/v1/upload/media-user-pfp-from-url", {{"image_url", urlOf(other)}}));
        }
        assertRefused(
            400, "Image URL is not allowed",
            bob.http().postForm("/api/v1/upload/media-user-pfp-from-url", {{"image_url", urlOf(key)}}));
        CPPUNIT_ASSERT_EQUAL(200, alice.http().del("/api/v1/user/delete").status);
        CPPUNIT_ASSERT(waitFor([&] { return bob.http().get(pathOf(urlOf(key))).status == 404; }));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MediaRefusalsTest);

}  // namespace linkup::test
