#include <cppunit/extensions/HelperMacros.h>

#include "account_service.h"
#include "chat_fixture.h"
#include "presence_service.h"

namespace linkup::test {

using namespace std::chrono_literals;
using sdk::Json;
using sdk::testing::FakeSocketSession;

/// Another node: its own sockets, on the bus and the database of the first one.
struct PresenceNode {
    explicit PresenceNode(ChatTown& chat)
        : events(hub, chat.town.host().fake_bus, chat.town.host().clock()),
          presence(chat.town.database(), chat.town.host().fake_bus, chat.town.host().clock(),
                   chat.town.host().log(), events, {}),
          receipts(chat.town.database(), chat.town.host().log(), events),
          feeds(chat.town.database(), hub, chat.town.host().log(), receipts) {
        events.start(feeds, nullptr);
        presence.start();
    }
    ~PresenceNode() { events.stop(); }

    sdk::testing::FakeSocketHub hub;
    chat::ChatEvents events;
    chat::PresenceService presence;
    chat::ReceiptService receipts;
    chat::ChatFeeds feeds;
};

/// Who sees whom, on one node and on two, on both databases.
template <Backend kBackend>
class PresenceTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PresenceTest);
    CPPUNIT_TEST(nobodyIsSeenWhoDoesNotShare);
    CPPUNIT_TEST(onlyThoseWhoShareSeeAndOnlyWhomTheyChatWith);
    CPPUNIT_TEST(comingAndGoingIsToldOnce);
    CPPUNIT_TEST(whoComesBackInTimeWasNeverGone);
    CPPUNIT_TEST(severalDevicesOnSeveralNodesAreOnePerson);
    CPPUNIT_TEST(deadNodeTakesNobodyWithItForLong);
    CPPUNIT_TEST(nodeThatWasTakenForDeadComesBack);
    CPPUNIT_TEST(nodeThatStopsIsGoneAfterTheGrace);
    CPPUNIT_TEST(whoBeginsToShareIsSeenOnWhicheverNode);
    CPPUNIT_TEST(whoStopsSharingIsSeenNoMore);
    CPPUNIT_TEST(blockedAndDeletedPeopleSeeNothing);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        chat_ = std::make_unique<ChatTown>(kBackend);
        chat_->openRoom(1, 2);
        chat_->openRoom(1, 3);
        node_ = std::make_unique<PresenceNode>(*chat_);
        other_ = std::make_unique<PresenceNode>(*chat_);
    }
    void tearDown() override {
        devices_.clear();
        other_.reset();
        node_.reset();
        chat_.reset();
    }

    void nobodyIsSeenWhoDoesNotShare() {
        share({2});
        const auto watcher = open(*node_, 2);
        open(*node_, 1);
        settle();
        CPPUNIT_ASSERT(watcher->takeEvents().empty());
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"share":true,"people":[]})"), visible(2));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"share":false,"people":[]})"), visible(1));
    }

    void onlyThoseWhoShareSeeAndOnlyWhomTheyChatWith() {
        share({1, 2, 4});
        const auto friendly = open(*node_, 2);
        const auto silent = open(*node_, 3);
        const auto stranger = open(*node_, 4);
        settle();
        open(*node_, 1);
        settle();
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"type":"presence","user_id":1,"online":true,"last_seen":null})"),
                             friendly->takeEvents().back().dump());
        CPPUNIT_ASSERT(silent->takeEvents().empty() && stranger->takeEvents().empty());
        CPPUNIT_ASSERT(visible(2).find(R"({"user_id":1,"online":true)") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"share":true,"people":[]})"), visible(4));
    }

    void comingAndGoingIsToldOnce() {
        share({1, 2});
        const auto watcher = open(*node_, 2);
        settle();
        const auto phone = open(*node_, 1);
        settle();
        settle();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, watcher->takeEvents().size());
        close(*node_, phone);
        settle();
        CPPUNIT_ASSERT(watcher->takeEvents().empty());
        advance(10s);
        settle();
        settle();
        const auto events = watcher->takeEvents();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, events.size());
        CPPUNIT_ASSERT(!events[0]["online"].asBool());
        CPPUNIT_ASSERT_EQUAL(sdk::formatTime(chat_->town.host().clock().now()),
                             events[0]["last_seen"].asString());
        CPPUNIT_ASSERT_EQUAL(R"({"share":true,"people":[{"user_id":1,"online":false,"last_seen":")" +
                                 events[0]["last_seen"].asString() + R"("}]})",
                             visible(2));
    }

    void whoComesBackInTimeWasNeverGone() {
        share({1, 2});
        const auto watcher = open(*node_, 2);
        auto phone = open(*node_, 1);
        settle();
        watcher->takeEvents();
        close(*node_, phone);
        settle();
        advance(9s);
        phone = open(*node_, 1);
        settle();
        advance(9s);
        settle();
        CPPUNIT_ASSERT(watcher->takeEvents().empty());
    }

    void severalDevicesOnSeveralNodesAreOnePerson() {
        share({1, 2});
        const auto watcher = open(*other_, 2);
        const auto phone = open(*node_, 1);
        const auto tablet = open(*node_, 1);
        const auto laptop = open(*other_, 1);
        settle();
        // The watcher may come before or after the one it watches: told once at the most.
        CPPUNIT_ASSERT(watcher->takeEvents().size() <= 1);
        for (const auto& device : {phone, tablet}) {
            close(*node_, device);
            advance(11s);
            settle();
        }
        CPPUNIT_ASSERT(watcher->takeEvents().empty());
        close(*other_, laptop);
        advance(11s);
        settle();
        const auto events = watcher->takeEvents();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, events.size());
        CPPUNIT_ASSERT(!events[0]["online"].asBool());
    }

    void deadNodeTakesNobodyWithItForLong() {
        share({1, 2});
        const auto watcher = open(*node_, 2);
        open(*other_, 1);
        settle();
        watcher->takeEvents();
        const auto died_at = chat_->town.host().clock().now();
        for (int i = 0; i < 3; ++i) {
            advance(10s);
            node_->presence.settle();
        }
        const auto events = watcher->takeEvents();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, events.size());
        CPPUNIT_ASSERT(!events[0]["online"].asBool());
        CPPUNIT_ASSERT_EQUAL(sdk::formatTime(died_at + 30s), events[0]["last_seen"].asString());
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, chat_->town.number("SELECT COUNT(*) FROM chat_nodes"));
    }

    void nodeThatWasTakenForDeadComesBack() {
        deadNodeTakesNobodyWithItForLong();
        other_->presence.settle();
        CPPUNIT_ASSERT(visible(2).find(R"("online":true)") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, chat_->town.number("SELECT COUNT(*) FROM chat_nodes"));
    }

    void nodeThatStopsIsGoneAfterTheGrace() {
        share({1, 2});
        open(*other_, 1);
        settle();
        other_->presence.stop();
        advance(9s);
        CPPUNIT_ASSERT(visible(2).find(R"("online":true)") != std::string::npos);
        advance(1s);
        CPPUNIT_ASSERT(visible(2).find(R"("online":false)") != std::string::npos);
    }

    void whoBeginsToShareIsSeenOnWhicheverNode() {
        share({2});
        const auto watcher = open(*node_, 2);
        open(*other_, 1);
        settle();
        CPPUNIT_ASSERT(watcher->takeEvents().empty());
        node_->presence.setShared(1, true);
        settle();
        CPPUNIT_ASSERT(watcher->takeEvents().at(0)["online"].asBool());
        node_->presence.setShared(1, true);
        settle();
        CPPUNIT_ASSERT(watcher->takeEvents().empty());
    }

    void whoStopsSharingIsSeenNoMore() {
        share({1, 2});
        const auto watcher = open(*node_, 2);
        open(*node_, 1);
        settle();
        watcher->takeEvents();
        node_->presence.setShared(1, false);
        CPPUNIT_ASSERT_EQUAL(
            std::string(R"({"type":"presence","user_id":1,"online":false,"last_seen":null})"),
            watcher->takeEvents().at(0).dump());
        settle();
        CPPUNIT_ASSERT(watcher->takeEvents().empty());
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"share":true,"people":[]})"), visible(2));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, chat_->town.number("SELECT COUNT(*) FROM chat_online"));
    }

    void blockedAndDeletedPeopleSeeNothing() {
        share({1, 2, 3});
        const auto blocked = open(*node_, 2);
        const auto deleted = open(*node_, 3);
        settle();
        chat::AccountService accounts(chat_->town.host().clock());
        chat_->town.database().transaction([&](sdk::Connection& connection) {
            chat_->rooms.removeBetween(connection, 1, 2);
            accounts.remove(connection, Json::object({{"user_id", 3}}));
        });
        open(*node_, 1);
        settle();
        CPPUNIT_ASSERT(blocked->takeEvents().empty() && deleted->takeEvents().empty());
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"share":true,"people":[]})"), visible(1));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"share":false,"people":[]})"), visible(3));
        Json request = Json::object({{"user_id", 1}});
        chat_->town.database().read([&](sdk::Connection& c) { accounts.addExport(c, request); });
        CPPUNIT_ASSERT(request["chat"]["presence"]["share"].asBool());
    }

private:
    void share(std::initializer_list<sdk::UserId> users) {
        for (const auto user : users) node_->presence.setShared(user, true);
    }
    std::shared_ptr<FakeSocketSession> open(PresenceNode& node, sdk::UserId user) {
        auto device = node.hub.open(std::string(chat::kChatPath), user);
        devices_.push_back(device);
        node.presence.opened(user);
        return device;
    }
    static void close(PresenceNode& node, const std::shared_ptr<FakeSocketSession>& device) {
        device->close(sdk::CloseCode::kGoingAway, "");
        node.presence.closed(device->user());
    }
    void settle() {
        node_->presence.settle();
        other_->presence.settle();
    }
    void advance(std::chrono::milliseconds time) { chat_->town.host().fake_clock.advance(time); }
    std::string visible(sdk::UserId user) { return node_->presence.visible(user).dump(); }

    std::unique_ptr<ChatTown> chat_;
    std::unique_ptr<PresenceNode> node_;
    std::unique_ptr<PresenceNode> other_;
    std::vector<std::shared_ptr<FakeSocketSession>> devices_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PresenceTest<Backend::kSqlite>);
CPPUNIT_TEST_SUITE_REGISTRATION(PresenceTest<Backend::kPostgresql>);

}  // namespace linkup::test
