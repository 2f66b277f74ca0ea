#include <cppunit/extensions/HelperMacros.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/SecureServerSocket.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "certificate.h"
#include "deployment.h"
#include "http_client.h"
#include "person.h"
#include "receiver.h"
#include "temporary_folder.h"
#include "wait.h"

namespace linkup::test {
namespace {

using webhooks::test::Receiver;

/// 24 letters `k`, as a secret.
constexpr const char* kSecret = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tr";

std::string signatureOf(const Receiver::Message& message) {
    const std::string key(24, 'k');
    const std::string content =
        message.headers.at("webhook-id") + "." + message.headers.at("webhook-timestamp") + "." + message.body;
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(content.data()), content.size(), hash, &size);
    unsigned char text[64];
    EVP_EncodeBlock(text, hash, static_cast<int>(size));
    return std::string("v1,") + reinterpret_cast<const char*>(text);
}

Poco::JSON::Object::Ptr bodyOf(const Receiver::Message& message) {
    return Poco::JSON::Parser().parse(message.body).extract<Poco::JSON::Object::Ptr>();
}

}  // namespace

/// What happens on linkupd reaches others, signed, whatever happens to them and to us.
class WebhooksStoryTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(WebhooksStoryTest);
    CPPUNIT_TEST(onOneNodeWithSqliteAndMemory);
    CPPUNIT_TEST(onTwoNodesWithPostgresAndRedis);
    CPPUNIT_TEST(overHttpsToWhomTheMachineTrusts);
    CPPUNIT_TEST(notOverHttpsToWhomTheMachineDoesNotTrust);
    CPPUNIT_TEST_SUITE_END();

public:
    void onOneNodeWithSqliteAndMemory() { tell(Deployment::Kind::kEmbedded); }
    void onTwoNodesWithPostgresAndRedis() { tell(Deployment::Kind::kTwoNodes); }

    void overHttpsToWhomTheMachineTrusts() {
        const SecureReceiver receiver;
        // What OpenSSL takes for the machine's authorities.
        setenv("SSL_CERT_FILE", receiver.certificate().c_str(), 1);
        Deployment deployment(Deployment::Kind::kEmbedded, telling(receiver->url()));
        unsetenv("SSL_CERT_FILE");
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        expectEvent(receiver->wait(1).at(0), "account.registered", {{"user_id", alice.id()}});
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, receiver->messages().size());
    }

    void notOverHttpsToWhomTheMachineDoesNotTrust() {
        const SecureReceiver receiver;
        Deployment deployment(Deployment::Kind::kEmbedded, telling(receiver->url()));
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        CPPUNIT_ASSERT(waitFor([&] {
            return HttpClient(deployment.first().url())
                       .get("/metrics")
                       .body.find(R"(deliveries_total{endpoint="shop",outcome="retried"} 2)") !=
                   std::string::npos;
        }));
        CPPUNIT_ASSERT(deployment.first().log().find("certificate verify failed") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());
        CPPUNIT_ASSERT(receiver->messages().empty());
    }

private:
    /// One with a certificate of its own.
    class SecureReceiver {
    public:
        SecureReceiver() {
            makeCertificate(folder_.path());
            using Poco::Net::Context;
            const Context::Ptr context = new Context(Context::TLS_SERVER_USE, folder_ / "key.pem",
                                                     certificate(), "", Context::VERIFY_NONE);
            receiver_ = std::make_unique<Receiver>(
                "https", [context] { return Poco::Net::SecureServerSocket(context); });
        }
        std::string certificate() const { return folder_ / "certificate.pem"; }
        Receiver* operator->() const { return receiver_.get(); }

    private:
        TemporaryFolder folder_;
        std::unique_ptr<Receiver> receiver_;
    };

    static std::map<std::string, std::string> telling(const std::string& url) {
        return {{"plugins.enabled", std::string("auth,match,") + LINKUP_WEBHOOKS},
                {"webhooks.endpoint.shop.url", url},
                {"webhooks.endpoint.shop.secret", kSecret},
                {"webhooks.endpoint.shop.events", "account.registered,match.created"},
                {"webhooks.attempts", "100"},
                {"webhooks.first_retry_ms", "50"},
                {"webhooks.longest_retry_ms", "1000"},
                {"webhooks.timeout_ms", "1000"}};
    }

    void tell(Deployment::Kind kind) {
        Receiver receiver;
        Deployment deployment(kind, telling(receiver.url()));

        // It fails, then it takes too long, then it takes the message: three times the same one.
        receiver.answer({{.status = 500}, {.never = true}});
        Person alice(deployment, deployment.first(), "alice", Person::Gender::kFemale);
        const auto tried = receiver.wait(3);
        for (const Receiver::Message& message : tried) {
            expectEvent(message, "account.registered", {{"user_id", alice.id()}});
            CPPUNIT_ASSERT_EQUAL(tried[0].headers.at("webhook-id"), message.headers.at("webhook-id"));
        }

        Person bob(deployment, deployment.second(), "bob", Person::Gender::kMale);
        expectTold(receiver, "account.registered", {{"user_id", bob.id()}});
        alice.get("/api/v1/matches/get-matches");
        alice.post("/api/v1/swipe/right", R"({"liked_id":)" + std::to_string(bob.id()) + "}");
        bob.post("/api/v1/likes/" + std::to_string(alice.id()) + "/like-back");
        expectEvent(
            receiver.wait(5).at(4), "match.created",
            {{"low_id", std::min(alice.id(), bob.id())}, {"high_id", std::max(alice.id(), bob.id())}});

        // What happens while it is down, and a node dies, is kept.
        receiver.down();
        Person carol(deployment, deployment.first(), "carol", Person::Gender::kFemale);
        deployment.first().kill();
        deployment.first().start();
        receiver.up();
        expectTold(receiver, "account.registered", {{"user_id", carol.id()}});
        CPPUNIT_ASSERT_EQUAL(0, deployment.stop());

        std::set<std::string> ids;
        for (const Receiver::Message& message : receiver.messages())
            ids.insert(message.headers.at("webhook-id"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, ids.size());
    }

    /// Whatever else comes, and however often.
    static void expectTold(Receiver& receiver, const std::string& type,
                           const std::map<std::string, int>& data) {
        expectEvent(receiver.waitFor([&](const Receiver::Message& message) {
            const auto body = bodyOf(message);
            const auto [name, value] = *data.begin();
            return body->getValue<std::string>("type") == type &&
                   body->getObject("data")->getValue<int>(name) == value;
        }),
                    type, data);
    }

    static void expectEvent(const Receiver::Message& message, const std::string& type,
                            const std::map<std::string, int>& data) {
        CPPUNIT_ASSERT_EQUAL(signatureOf(message), message.headers.at("webhook-signature"));
        const auto body = bodyOf(message);
        CPPUNIT_ASSERT_EQUAL(type, body->getValue<std::string>("type"));
        const auto found = body->getObject("data");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(message.body, data.size(), found->size());
        for (const auto& [name, value] : data) CPPUNIT_ASSERT_EQUAL(value, found->getValue<int>(name));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebhooksStoryTest);

}  // namespace linkup::test
