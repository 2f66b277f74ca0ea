#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>

#include "daemon/gateway/file_reply.h"
#include "daemon/gateway/multipart_reader.h"
#include "gateway_fixture.h"
#include "temporary_folder.h"

namespace linkup::test {

using namespace std::chrono_literals;
using sdk::Json;
using sdk::Request;
using sdk::Response;

namespace {

constexpr std::size_t kMaxFile = 1'000'000;

/// A long text without a period, so that what is out of place shows.
std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t x = 1;
    for (char& c : text) c = static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
    return text;
}

class HeardParts : public daemon::MultipartReader::Sink {
public:
    std::string text;
    void onPart(const daemon::MultipartReader::Part& part) override {
        text += "[" + part.name + "|" + part.filename.value_or("-") + "|";
    }
    void onData(std::string_view bytes) override { text.append(bytes); }
    void onPartEnd() override { text += "]"; }
};

/// What is heard of a body that comes in pieces of `piece` bytes; "!" if it is malformed, "…" if not
/// complete.
std::string heard(const std::string& body, std::size_t piece) {
    HeardParts sink;
    daemon::MultipartReader reader("X", sink);
    for (std::size_t at = 0; at < body.size(); at += piece) {
        if (!reader.feed(std::string_view(body).substr(at, piece))) return "!";
    }
    return reader.complete() ? sink.text : "…";
}

}  // namespace

/// Files in forms and files as replies.
class FilesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FilesTest);
    CPPUNIT_TEST(formsReadTheSameInPiecesOfAnySize);
    CPPUNIT_TEST(formsMayComeInOnePiece);
    CPPUNIT_TEST(formsThatAreNoneAreRefusedInPiecesOfAnySize);
    CPPUNIT_TEST(handlerGetsTheFileAndTheFields);
    CPPUNIT_TEST(fileThatIsMissingIsAFaultOfTheSchema);
    CPPUNIT_TEST(bodyThatIsNoFormIs422);
    CPPUNIT_TEST(fileBeyondTheLimitIs413WithTheRoutesText);
    CPPUNIT_TEST(chunkedFileBeyondTheLimitIs413WhileItComes);
    CPPUNIT_TEST(badTokenIsRefusedBeforeTheFileIsRead);
    CPPUNIT_TEST(nothingIsLeftOfAnUploadThatIsCutOff);
    CPPUNIT_TEST(uploadsBeyondTheLimitAre503);
    CPPUNIT_TEST(folderThatIsAwayIs503);
    CPPUNIT_TEST(fileGoesOutWholeAndInRanges);
    CPPUNIT_TEST(fileThatTheClientHasIs304);
    CPPUNIT_TEST(headOfAFileHasItsLengthAndNoBody);
    CPPUNIT_TEST(rangesThatMakeNoSenseAreOverlooked);
    CPPUNIT_TEST(clientThatDoesNotReadAFileIsCutOff);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.upload_folder = folder_.path().string();
        options.settings.max_uploads = 2;
        options.settings.write_timeout = 1000ms;
        server_ = std::make_unique<TestGateway>(options);
        sdk::RouteSpec spec = getSpec("/upload", sdk::Auth::kBearer);
        spec.method = sdk::Method::kPost;
        spec.body_kind = sdk::BodyKind::kForm;
        spec.body = sdk::Schema::object(
            {{"file", sdk::Schema::string()}, {"media_type", sdk::Schema::enumeration({"image", "voice"})}});
        spec.upload = sdk::UploadSpec{"file", kMaxFile, "File too large. Max 1MB"};
        server_->route(spec, [this](const Request& request) {
            ++handled_;
            received_.assign(request.files.at(0).content->size(), '\0');
            request.files.at(0).content->read(0, received_);
            return Response::json(Json::object({{"type", request.body.at("media_type")},
                                                {"size", static_cast<std::int64_t>(received_.size())}}));
        });
        spec = getSpec("/file");
        spec.answers_head = true;
        server_->route(spec, [this](const Request& request) {
            heads_ += request.head_only ? 1 : 0;
            Response response;
            response.file = sdk::File::open((folder_ / "served").string());
            response.content_type = "image/webp";
            response.headers = {{"ETag", "\"tag\""}};
            return response;
        });
        client_ = std::make_unique<HttpClient>(server_->url());
        client_->setBearer("good-7");
    }
    void tearDown() override {
        client_.reset();
        server_.reset();
    }

    void formsReadTheSameInPiecesOfAnySize() {
        const std::string head = "preamble\r\n--X \t\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        const std::string body =
            head +
            "1\r\n--\r\n-X\r\n--X\r\ncontent-disposition: form-data; filename=\"f\\\"; name=x\"; "
            "name=b\r\nContent-Type: x\r\n\r\n\r\n\r\n--X\r\n"
            "Content-Disposition: form-data; name=\"empty\"\r\n\r\n--X\r\nOther: 1\r\n\r\nz\r\n--X--\r\n"
            "--X epilogue";
        const std::string expected = "[a|-|1\r\n--\r\n-X][b|f\"; name=x|\r\n][empty|-|][|-|z]";
        for (std::size_t piece = 1; piece <= body.size(); ++piece)
            CPPUNIT_ASSERT_EQUAL(expected, heard(body, piece));
        CPPUNIT_ASSERT_EQUAL(std::string(""), heard("--X--", 1));
    }
    /// As a phone sends them, by the packet and not by the part.
    void formsMayComeInOnePiece() {
        const std::string content(60'000, 'x');
        const std::string body = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n" +
                                 partHead() + content + "\r\n--X--\r\n";
        CPPUNIT_ASSERT_EQUAL("[a|-|1][file|a|" + content + "]", heard(body, body.size()));
        RawConnection connection(server_->url());
        const std::string good =
            "--X\r\nContent-Disposition: form-data; name=\"media_type\"\r\n\r\nimage\r\n" + partHead() +
            content + "\r\n--X--\r\n";
        connection.send(uploadHead("Content-Length: " + std::to_string(good.size())) + good);
        CPPUNIT_ASSERT(connection.receiveUntil("\r\n\r\n").find("HTTP/1.1 200 ") != std::string::npos);
        CPPUNIT_ASSERT(received_ == content);
    }
    void formsThatAreNoneAreRefusedInPiecesOfAnySize() {
        const std::string part = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        for (std::size_t piece : {1, 7, 5000, 100'000}) {
            CPPUNIT_ASSERT_EQUAL(std::string("…"), heard("no form", piece));
            CPPUNIT_ASSERT_EQUAL(std::string("…"), heard(part + "cut off", piece));
            CPPUNIT_ASSERT_EQUAL(std::string("…"), heard(part + "v\r\n--X-", piece));
            CPPUNIT_ASSERT_EQUAL(std::string("!"), heard(part + "v\r\n--Xy\r\n", piece));
            CPPUNIT_ASSERT_EQUAL(std::string("!"), heard("--X\r\nA: " + std::string(9000, 'a'), piece));
            CPPUNIT_ASSERT_EQUAL(std::string("!"), heard("--X" + std::string(9000, ' '), piece));
            std::string many;
            for (int i = 0; i < 101; ++i) many += part + "v\r\n";
            CPPUNIT_ASSERT_EQUAL(std::string("!"), heard(many + "--X--", piece));
        }
    }
    void handlerGetsTheFileAndTheFields() {
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{262'144}, kMaxFile}) {
            const std::string content = noise(size);
            const auto reply = upload(content);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
            CPPUNIT_ASSERT(received_ == content);
            CPPUNIT_ASSERT_EQUAL(std::string("image"), reply.text("type"));
        }
        CPPUNIT_ASSERT(waitFor([&] { return filesLeft() == 0; }));
    }
    void fileThatIsMissingIsAFaultOfTheSchema() {
        const auto without =
            client_->postMultipart("/upload", {{"media_type", "image"}, {"other", "x", "f"}});
        CPPUNIT_ASSERT_EQUAL(422, without.status);
        CPPUNIT_ASSERT_EQUAL(std::string("missing"), without.text("detail[0].type"));
        CPPUNIT_ASSERT_EQUAL(std::string("file"), without.text("detail[0].loc[1]"));
        CPPUNIT_ASSERT_EQUAL(
            422, client_->postMultipart("/upload", {{"media_type", "image"}, {"file", "text"}}).status);
        const auto odd = client_->postMultipart("/upload", {{"media_type", "film"}, {"file", "x", "f"}});
        CPPUNIT_ASSERT_EQUAL(std::string("enum"), odd.text("detail[0].type"));
        CPPUNIT_ASSERT_EQUAL(422, client_->post("/upload", "{}").status);
        CPPUNIT_ASSERT_EQUAL(0, handled_.load());
    }
    void bodyThatIsNoFormIs422() {
        for (const char* type : {"multipart/form-data", "multipart/form-data; boundary=\"\"",
                                 "multipart/form-data; boundary=Y", "multipart/form-data; boundary=X"}) {
            CPPUNIT_ASSERT_EQUAL(422, client_->send("POST", "/upload", "--X\r\nrubbish", type).status);
        }
        const auto twice = client_->postMultipart(
            "/upload", {{"media_type", "image"}, {"file", "1", "a"}, {"file", "2", "b"}});
        CPPUNIT_ASSERT_EQUAL(422, twice.status);
        CPPUNIT_ASSERT_EQUAL(0, handled_.load());
    }
    void fileBeyondTheLimitIs413WithTheRoutesText() {
        for (const std::size_t size : {kMaxFile + 1, 3 * kMaxFile}) {
            const auto reply = upload(std::string(size, 'x'));
            CPPUNIT_ASSERT_EQUAL(413, reply.status);
            CPPUNIT_ASSERT_EQUAL(std::string("File too large. Max 1MB"), reply.text("detail"));
            client_->disconnect();
        }
        CPPUNIT_ASSERT_EQUAL(0, handled_.load());
    }
    void chunkedFileBeyondTheLimitIs413WhileItComes() {
        RawConnection connection(server_->url());
        connection.send(uploadHead("Transfer-Encoding: chunked") + chunk(partHead()));
        for (int i = 0; i < 20 && connection.send(chunk(std::string(100'000, 'x'))); ++i) {
        }
        CPPUNIT_ASSERT(connection.receive().find("File too large. Max 1MB") != std::string::npos);
        CPPUNIT_ASSERT(waitFor([&] { return filesLeft() == 0; }));
    }
    void badTokenIsRefusedBeforeTheFileIsRead() {
        RawConnection connection(server_->url());
        connection.send(
            "POST /upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer bad\r\nContent-Type: "
            "multipart/form-data; boundary=X\r\nContent-Length: 900000\r\n\r\n");
        CPPUNIT_ASSERT(connection.receiveUntil("\r\n\r\n").starts_with("HTTP/1.1 401 "));
    }
    void nothingIsLeftOfAnUploadThatIsCutOff() {
        {
            RawConnection connection(server_->url());
            connection.send(uploadHead("Content-Length: 900000") + partHead() + std::string(500'000, 'x'));
            CPPUNIT_ASSERT(waitFor([&] { return openUploads() == 1; }));
            CPPUNIT_ASSERT_EQUAL(std::size_t{0}, filesLeft());
            connection.reset();
        }
        CPPUNIT_ASSERT(waitFor([&] { return openUploads() == 0; }));
        CPPUNIT_ASSERT_EQUAL(0, handled_.load());
        CPPUNIT_ASSERT_EQUAL(200, upload("x").status);
    }
    void uploadsBeyondTheLimitAre503() {
        std::vector<std::unique_ptr<RawConnection>> slow;
        for (int i = 0; i < 2; ++i) {
            slow.push_back(std::make_unique<RawConnection>(server_->url()));
            slow.back()->send(uploadHead("Content-Length: 900000") + partHead() + std::string(500'000, 'x'));
        }
        CPPUNIT_ASSERT(waitFor([&] { return openUploads() == 2; }));
        CPPUNIT_ASSERT_EQUAL(503, upload("x").status);
        slow.clear();
        CPPUNIT_ASSERT(waitFor([&] { return openUploads() == 0; }));
        CPPUNIT_ASSERT_EQUAL(200, upload("x").status);
    }
    void folderThatIsAwayIs503() {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.upload_folder = (folder_ / "nowhere").string();
        TestGateway server(options);
        sdk::RouteSpec spec = getSpec("/upload");
        spec.method = sdk::Method::kPost;
        spec.body_kind = sdk::BodyKind::kForm;
        spec.upload = sdk::UploadSpec{};
        server.route(spec, [](const Request&) { return Response::json(Json::object()); });
        HttpClient client(server.url());
        const auto reply = client.postMultipart("/upload", {{"file", "x", "f"}});
        CPPUNIT_ASSERT_EQUAL(503, reply.status);
        CPPUNIT_ASSERT(reply.body.find("nowhere") == std::string::npos);
    }
    void fileGoesOutWholeAndInRanges() {
        const std::string content = serve(700'000);
        const auto whole = client_->get("/file");
        CPPUNIT_ASSERT_EQUAL(200, whole.status);
        CPPUNIT_ASSERT(whole.body == content);
        CPPUNIT_ASSERT_EQUAL(std::string("bytes"), whole.header("accept-ranges"));
        CPPUNIT_ASSERT_EQUAL(std::string("image/webp"), whole.header("content-type"));
        for (const auto& [range, first, size] :
             std::vector<std::tuple<std::string, std::size_t, std::size_t>>{
                 {"bytes=0-0", 0, 1},
                 {"bytes=5-699999", 5, 699'995},
                 {"bytes=300000-", 300'000, 400'000},
                 {"bytes=-7", 699'993, 7},
                 {"bytes=1-9999999", 1, 699'999},
                 {"bytes=-9999999", 0, 700'000}}) {
            const auto part = client_->send("GET", "/file", "", "", {{"Range", range}});
            CPPUNIT_ASSERT_EQUAL_MESSAGE(range, 206, part.status);
            CPPUNIT_ASSERT_MESSAGE(range, part.body == content.substr(first, size));
            CPPUNIT_ASSERT_EQUAL(
                "bytes " + std::to_string(first) + "-" + std::to_string(first + size - 1) + "/700000",
                part.header("content-range"));
        }
        const auto beyond = client_->send("GET", "/file", "", "", {{"Range", "bytes=700000-"}});
        CPPUNIT_ASSERT_EQUAL(416, beyond.status);
        CPPUNIT_ASSERT_EQUAL(std::string("bytes */700000"), beyond.header("content-range"));
        serve(0);
        CPPUNIT_ASSERT_EQUAL(std::string(), client_->get("/file").body);
        CPPUNIT_ASSERT_EQUAL(416, client_->send("GET", "/file", "", "", {{"Range", "bytes=-1"}}).status);
    }
    void fileThatTheClientHasIs304() {
        serve(10);
        for (const char* tags : {"\"tag\"", "W/\"tag\"", "\"a\", \"tag\"", "*"}) {
            const auto same = client_->send("GET", "/file", "", "", {{"If-None-Match", tags}});
            CPPUNIT_ASSERT_EQUAL_MESSAGE(tags, 304, same.status);
            CPPUNIT_ASSERT_EQUAL(std::string("\"tag\""), same.header("etag"));
            CPPUNIT_ASSERT(same.body.empty());
        }
        CPPUNIT_ASSERT_EQUAL(200, client_->send("GET", "/file", "", "", {{"If-None-Match", "\"t\""}}).status);
        const Fields stale{{"Range", "bytes=1-2"}, {"If-Range", "\"old\""}};
        CPPUNIT_ASSERT_EQUAL(200, client_->send("GET", "/file", "", "", stale).status);
        const Fields fresh{{"Range", "bytes=1-2"}, {"If-Range", "\"tag\""}};
        CPPUNIT_ASSERT_EQUAL(206, client_->send("GET", "/file", "", "", fresh).status);
    }
    void headOfAFileHasItsLengthAndNoBody() {
        serve(12'345);
        CPPUNIT_ASSERT_EQUAL(0, heads_.load());
        const auto head = client_->send("HEAD", "/file", "", "", {{"Range", "bytes=1-2"}});
        CPPUNIT_ASSERT_EQUAL(1, heads_.load());  // the handler knows
        CPPUNIT_ASSERT_EQUAL(200, head.status);
        CPPUNIT_ASSERT_EQUAL(std::string("12345"), head.header("content-length"));
        CPPUNIT_ASSERT(head.body.empty());
        CPPUNIT_ASSERT_EQUAL(405, client_->send("HEAD", "/upload").status);
    }
    void rangesThatMakeNoSenseAreOverlooked() {
        serve(10);
        for (const char* range : {"bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "lines=1-2", "bytes=1-2,4-5",
                                  "bytes=99999999999999999999-", "bytes=+1-2"}) {
            const auto reply = client_->send("GET", "/file", "", "", {{"Range", range}});
            CPPUNIT_ASSERT_EQUAL_MESSAGE(range, 200, reply.status);
            CPPUNIT_ASSERT_EQUAL(std::size_t{10}, reply.body.size());
        }
    }
    void clientThatDoesNotReadAFileIsCutOff() {
        serve(50'000'000);
        RawConnection connection(server_->url());
        connection.send("GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
        CPPUNIT_ASSERT(waitFor([&] { return server_->metrics.value("connections") == 0; }));
    }

private:
    HttpReply upload(const std::string& content) {
        return client_->postMultipart(
            "/upload", {{"media_type", "image"}, {"file", content, "a.png", "application/octet-stream"}});
    }
    static std::string uploadHead(const std::string& length) {
        return "POST /upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good-7\r\nContent-Type: "
               "multipart/form-data; boundary=X\r\n" +
               length + "\r\n\r\n";
    }
    static std::string partHead() {
        return "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
    }
    static std::string chunk(const std::string& text) {
        std::ostringstream out;
        out << std::hex << text.size() << "\r\n" << text << "\r\n";
        return out.str();
    }
    std::string serve(std::size_t size) {
        const std::string content = noise(size);
        std::ofstream(folder_ / "served", std::ios::binary) << content;
        return content;
    }
    /// Entries of the folder, which the nameless files are not among.
    std::size_t filesLeft() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
    }
    /// Nameless files of the folder that this process has open.
    std::size_t openUploads() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
            std::error_code gone;
            const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
            if (target.starts_with(folder_.path().string()) && target.ends_with("(deleted)")) ++count;
        }
        return count;
    }

    TemporaryFolder folder_;
    std::atomic<int> handled_{0};
    std::atomic<int> heads_{0};
    std::string received_;
    std::unique_ptr<TestGateway> server_;
    std::unique_ptr<HttpClient> client_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(FilesTest);

}  // namespace linkup::test
