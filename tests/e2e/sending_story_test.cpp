#include <cppunit/extensions/HelperMacros.h>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <cstdio>
#include <memory>
#include <string>

#include "deployment.h"
#include "person.h"

namespace linkup::test {
namespace {

std::string about(const char* key, const Person& person) {
    return R"({")" + std::string(key) + R"(":)" + std::to_string(person.id()) + "}";
}

int startChat(Person& alice, Person& bob) {
    alice.get("/api/v1/matches/get-matches");
    alice.post("/api/v1/swipe/right", about("liked_id", bob));
    bob.post("/api/v1/likes/" + std::to_string(alice.id()) + "/like-back");
    return alice.post("/api/v1/chats/start-chat", about("id", bob))->getValue<int>("chat_room_id");
}

/// A voice note of the person's; returns its key.
std::string upload(Person& person) {
    std::string bytes = "#!AMR\n";
    for (int i = 0; i < 50; ++i) bytes += '\x3c' + std::string(31, 'x');
    const auto reply = person.http().postMultipart(
        "/api/v1/upload/media",
        {{"media_type", "voice"}, {"file", bytes, "x.bin", "application/octet-stream"}});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(reply.body, 200, reply.status);
    return reply.text("file_key");
}

}  // namespace

/// What a message may hold: one's own files, and what other plugins let pass.
class SendingStoryTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SendingStoryTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

private:
    void tell(Deployment::Kind kind) {
        const TemporaryFolder shared;
        Deployment deployment(
            kind, {{"media.storage.folder", shared.path().string()},
                   {"plugins.enabled", std::string("auth,match,chat,lobby,media,") + LINKUP_WORD_FILTER},
                   {"word_filter.refuse", "scam, Bitcoin"},
                   {"word_filter.mask", "darn"}});
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        from_ = &alice;
        to_ = &bob;
        room_ = startChat(alice, bob);
        phone_ = alice.open("chat");
        partner_ = bob.open("chat");
        filesOfOthersAreRefused();
        wordsAreRefusedOrMasked();
        phone_.reset();
        partner_.reset();
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
    }

    void filesOfOthersAreRefused() {
        const std::string own = upload(*from_);
        const std::string foreign = upload(*to_);
        const std::string folder = "sw/media/" + std::to_string(from_->id()) + "/";
        for (const std::string& key : {foreign, folder + "nothing.m4a", folder + "../" + own.substr(9)}) {
            CPPUNIT_ASSERT_EQUAL(std::string("media_not_allowed"),
                                 send("", key)->getValue<std::string>("code"));
        }
        CPPUNIT_ASSERT_EQUAL(1, send("", own)->getValue<int>("seq"));
        const auto media = partner_->receiveType("chats")->getObject("media");
        CPPUNIT_ASSERT_EQUAL(own, media->getValue<std::string>("file_key"));
        CPPUNIT_ASSERT(!media->getObject("metadata")->getValue<std::string>("file_url").empty());
    }

    void wordsAreRefusedOrMasked() {
        const auto refused = send("a small scam only");
        CPPUNIT_ASSERT_EQUAL(std::string("message_refused"), refused->getValue<std::string>("code"));
        CPPUNIT_ASSERT_EQUAL(std::string("Please do not write \"scam\"."),
                             refused->getValue<std::string>("detail"));
        CPPUNIT_ASSERT_EQUAL(lastId(), refused->getValue<std::string>("message_id"));
        CPPUNIT_ASSERT_EQUAL(std::string("Please do not write \"bitcoin\"."),
                             send("BITCOIN!")->getValue<std::string>("detail"));

        CPPUNIT_ASSERT_EQUAL(2, send("Darn, no scampi")->getValue<int>("seq"));
        CPPUNIT_ASSERT_EQUAL(std::string("****, no scampi"),
                             partner_->receiveType("chats")->getValue<std::string>("message"));
        const auto history =
            from_->post("/api/v1/chats/get/chat", R"({"chat_room_id":)" + std::to_string(room_) + "}")
                ->getArray("messages");
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, history->size());
        CPPUNIT_ASSERT_EQUAL(std::string("****, no scampi"),
                             history->getObject(1)->getValue<std::string>("message"));
    }

    std::string lastId() const {
        char id[40];
        std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", number_);
        return id;
    }
    /// The ack or the error.
    Poco::JSON::Object::Ptr send(const std::string& text, const std::string& file_key = {}) {
        ++number_;
        std::string event = R"({"type":"chats","chats_type":"message","message_id":")" + lastId() +
                            R"(","message":")" + text + R"(","to":)" + std::to_string(to_->id()) +
                            R"(,"from_":)" + std::to_string(from_->id()) + R"(,"chat_room_id":)" +
                            std::to_string(room_);
        if (!file_key.empty())
            event += R"(,"media":{"media_type":"voice","file_key":")" + file_key + R"(","metadata":{}})";
        phone_->send(event + "}");
        for (;;) {
            const auto reply = phone_->receive();
            if (reply->getValue<std::string>("type") != "delivered") return reply;
        }
    }

    Person* from_ = nullptr;
    Person* to_ = nullptr;
    int room_ = 0;
    int number_ = 0;
    std::unique_ptr<SocketClient> phone_;
    std::unique_ptr<SocketClient> partner_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SendingStoryTest);

}  // namespace linkup::test
