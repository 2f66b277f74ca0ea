#include "visitors.h"

#include <Poco/Exception.h>

#include <stdexcept>

#include "temporary_folder.h"

namespace linkup::soak {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPicture = "/usr/lib/python3/dist-packages/skimage/data/astronaut.png";
constexpr unsigned kDecisions = 3;     // at most, in one visit
constexpr unsigned kOneOfSo = 4;       // signs out no more, uploads, and so on
constexpr unsigned kPictureEvery = 8;  // uploads; voice notes else
constexpr auto kPause = 20ms;          // between the visits of one thread

std::string voiceNote() {
    std::string bytes = "#!AMR\n";
    for (int i = 0; i < 50; ++i) bytes += '\x3c' + std::string(31, 'x');
    return bytes;
}

}  // namespace

Visitors::Visitors(std::vector<std::string> urls, int first, int last, int threads)
    : urls_(std::move(urls)),
      first_(first),
      last_(last),
      thread_count_(threads),
      picture_(test::readFile(kPicture)) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this, i] { run(i); });
}

Visitors::~Visitors() {
    stop();
}

void Visitors::stop() {
    stopping_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

void Visitors::count(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++done_[what];
}

void Visitors::blame(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++faults_[what];
}

bool Visitors::expectOk(const std::string& what, const test::HttpReply& reply) {
    if (reply.status == 200) {
        count(what);
        return true;
    }
    blame(what + ": " + std::to_string(reply.status) + " " + reply.body);
    return false;
}

void Visitors::run(int thread) {
    std::mt19937 random(static_cast<unsigned>(thread) + 1);
    // Nobody is on two threads at once, and so decides twice about the same person.
    const auto people = static_cast<unsigned>((last_ - first_ + 1) / thread_count_);
    while (!stopping_) {
        const int person = first_ + thread_count_ * static_cast<int>(random() % people) + thread;
        std::string what;
        try {
            visit(person, random, what);
        } catch (const Poco::Exception& error) {
            blame(what + ": " + error.displayText());
        } catch (const std::exception& error) {
            blame(what + ": " + error.what());
        }
        ++visits_;
        std::this_thread::sleep_for(kPause);
    }
}

void Visitors::visit(int person, std::mt19937& random, std::string& what) {
    what = "signing in";
    const auto& url = urls_[random() % urls_.size()];
    test::HttpClient client(url);
    const auto signed_in = client.postForm(
        "/api/v1/token",
        {{"username", "demo" + std::to_string(person) + "@example.com"}, {"password", "Demo-pass1!"}});
    if (!expectOk("sign-ins", signed_in)) return;
    auto token = signed_in.text("access_token");
    client.setBearer(token);
    what = "opening sockets";
    test::SocketClient lobby(url, "/api/v1/ws/lobby", {token, {}, {}});
    test::SocketClient connections(url, "/api/v1/ws/connections", {token, {}, {}});
    count("sockets");
    count("sockets");
    what = "deciding about people";
    decide(client, random);
    what = "answering likes";
    answerLikes(client, random);
    what = "looking at connections";
    expectOk("connections looked at", client.get("/api/v1/matches/get-connections"));
    what = "uploading, refreshing and signing out";
    if (random() % kOneOfSo == 0) upload(client, random);
    if (random() % kOneOfSo == 0) {
        const auto fresh = client.post("/api/v1/refresh",
                                       R"({"refresh_token":")" + signed_in.text("refresh_token") + R"("})");
        if (expectOk("refreshes", fresh)) client.setBearer(fresh.text("access_token"));
    }
    if (random() % kOneOfSo != 0) expectOk("sign-outs", client.post("/api/v1/logout"));
}

void Visitors::decide(test::HttpClient& client, std::mt19937& random) {
    const auto found = client.get("/api/v1/matches/get-matches");
    if (!expectOk("discoveries", found)) return;
    const auto people = found.object()->getArray("matches");
    for (unsigned i = 0; i < people->size() && i < kDecisions; ++i) {
        const auto id = people->getObject(i)->getValue<int>("id");
        const bool likes = random() % 2 == 0;
        const auto reply = client.post(likes ? "/api/v1/swipe/right" : "/api/v1/swipe/left",
                                       R"({"liked_id":)" + std::to_string(id) + "}");
        // Another visit of the same person may have come first, with the same cards.
        if (reply.status == 200) {
            count(likes ? "likes" : "passes");
        } else if (reply.status >= 500 || reply.status == 401) {
            expectOk("decisions", reply);
        } else {
            count("decisions that came too late");
        }
    }
}

void Visitors::answerLikes(test::HttpClient& client, std::mt19937& random) {
    const auto received = client.get("/api/v1/likes/received");
    if (!expectOk("likes looked at", received)) return;
    const auto entries = received.object()->getArray("entries");
    if (entries->size() == 0) return;
    const auto id = std::to_string(entries->getObject(0)->getValue<int>("id"));
    const bool likes = random() % 2 == 0;
    const auto reply = client.post("/api/v1/likes/" + id + (likes ? "/like-back" : "/pass"));
    if (reply.status == 200) {
        count(likes ? "likes back" : "likes passed on");
    } else if (reply.status >= 500 || reply.status == 401) {
        expectOk("answers", reply);
    } else {
        count("answers that came too late");
    }
}

void Visitors::upload(test::HttpClient& client, std::mt19937& random) {
    const bool is_picture = random() % kPictureEvery == 0;
    expectOk("uploads",
             client.postMultipart("/api/v1/upload/media", {{"media_type", is_picture ? "image" : "voice"},
                                                           {"file", is_picture ? picture_ : voiceNote(),
                                                            "x.bin", "application/octet-stream"}}));
}

}  // namespace linkup::soak
