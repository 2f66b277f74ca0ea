// What a socket has had: messages that come out of order, without a database and without threads.

#include <cppunit/extensions/HelperMacros.h>
#include <linkup/sdk/testing/fake_sockets.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "chat_feeds.h"
#include "message_frame.h"

namespace linkup::test {

using chat::SocketFeed;
using sdk::Json;
using sdk::testing::FakeSocketHub;
using sdk::testing::FakeSocketSession;

class SocketFeedTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SocketFeedTest);
    CPPUNIT_TEST(whatAResumeClaimsIsAskedForThoughItComesWhileTheSocketOpens);
    CPPUNIT_TEST(whatOvertookIsHeldAndNotRead);
    CPPUNIT_TEST(whatDoesNotComeSoonIsRead);
    CPPUNIT_TEST(whatCameFirstDecidesWhenAllIsRead);
    CPPUNIT_TEST(noMoreIsHeldThanSome);
    CPPUNIT_TEST(aResumeReadsWhatWasHeld);
    CPPUNIT_TEST(afterAGapWhatWasHeldIsRead);
    CPPUNIT_TEST(theSenderIsNotSentItsOwnMessageThatWasHeld);
    CPPUNIT_TEST_SUITE_END();

public:
    void whatAResumeClaimsIsAskedForThoughItComesWhileTheSocketOpens() {
        FakeSocketHub hub;
        const auto phone = hub.open(std::string(chat::kChatPath), 2);
        SocketFeed feed(phone);
        CPPUNIT_ASSERT(feed.needs({}) == SocketFeed::Needs::kPlaces && feed.claimed().empty());
        CPPUNIT_ASSERT(feed.resume({{kRoom, 4}}));
        feed.setPlaces({{kRoom, 4}});
        CPPUNIT_ASSERT(phone->takeEvents().empty());
        CPPUNIT_ASSERT(feed.needs({}) == SocketFeed::Needs::kPlaces);
        CPPUNIT_ASSERT(feed.claimed() == std::vector<SocketFeed::Place>({{kRoom, 4}}));
        feed.setPlaces({{kRoom, 4}});
        CPPUNIT_ASSERT_EQUAL(std::string("resumed"), phone->takeEvents().at(0)["type"].asString());
        CPPUNIT_ASSERT(feed.needs({}) == SocketFeed::Needs::kNothing);
    }

    void whatOvertookIsHeldAndNotRead() {
        Feed one;
        CPPUNIT_ASSERT(one.offer(3) == Reader::kNeededSoon);
        CPPUNIT_ASSERT(one.offer(5) == Reader::kNotNeeded);
        CPPUNIT_ASSERT(one.offer(3) == Reader::kNotNeeded);
        CPPUNIT_ASSERT(one.feed.needs(kLongAgo) == Needs::kPatience);
        expectSeqs(one.phone->takeEvents(), {1});
        CPPUNIT_ASSERT(one.offer(2) == Reader::kNotNeeded);
        expectSeqs(one.phone->takeEvents(), {2, 3});
        CPPUNIT_ASSERT(one.feed.needs(kLongAgo) == Needs::kPatience);
        CPPUNIT_ASSERT(one.offer(4) == Reader::kNotNeeded);
        expectSeqs(one.phone->takeEvents(), {4, 5});
        CPPUNIT_ASSERT(one.feed.needs(kLater) == Needs::kNothing);
    }

    void whatDoesNotComeSoonIsRead() {
        Feed one;
        CPPUNIT_ASSERT(one.offer(3) == Reader::kNeededSoon);
        CPPUNIT_ASSERT(one.feed.needs(kLater) == Needs::kMessages);
        CPPUNIT_ASSERT(one.offer(2) == Reader::kNeeded);  // it is being read
        expectSeqs(one.phone->takeEvents(), {1});
        one.read(3);
        expectSeqs(one.phone->takeEvents(), {2, 3});
        CPPUNIT_ASSERT(one.offer(4) == Reader::kNotNeeded);
        expectSeqs(one.phone->takeEvents(), {4});
    }

    void whatCameFirstDecidesWhenAllIsRead() {
        Feed one;
        const auto first = one.now;
        CPPUNIT_ASSERT(one.offer(4) == Reader::kNeededSoon);
        one.now += std::chrono::milliseconds(1);
        CPPUNIT_ASSERT(one.offer(3) == Reader::kNotNeeded);
        CPPUNIT_ASSERT(one.feed.needs(first) == Needs::kMessages);
    }

    void noMoreIsHeldThanSome() {
        Feed one;
        std::int64_t seq = 2;
        auto reader = one.offer(++seq);
        while (reader != Reader::kNeeded && seq < 1000) reader = one.offer(++seq);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{67}, seq);
        CPPUNIT_ASSERT(one.feed.needs(kLongAgo) == Needs::kMessages);
        CPPUNIT_ASSERT_EQUAL(seq, one.feed.range().target);
    }

    void aResumeReadsWhatWasHeld() {
        Feed one;
        CPPUNIT_ASSERT(one.offer(3) == Reader::kNeededSoon);
        CPPUNIT_ASSERT(one.feed.resume({{kRoom, 1}}));
        CPPUNIT_ASSERT(one.feed.needs(kLongAgo) == Needs::kPlaces);
        CPPUNIT_ASSERT(one.offer(2) == Reader::kNeeded);
        one.feed.claimed();
        one.feed.setPlaces({{kRoom, 3}});
        expectSeqs(one.phone->takeEvents(), {1});
        CPPUNIT_ASSERT(one.feed.needs(kLongAgo) == Needs::kMessages);
        one.read(3);
        const auto events = one.phone->takeEvents();
        expectSeqs(events, {2, 3});
        CPPUNIT_ASSERT_EQUAL(std::string("resumed"), events.back()["type"].asString());
        CPPUNIT_ASSERT(one.feed.needs(kLater) == Needs::kNothing);
    }

    void afterAGapWhatWasHeldIsRead() {
        Feed one;
        CPPUNIT_ASSERT(one.offer(3) == Reader::kNeededSoon);
        CPPUNIT_ASSERT(one.feed.gap());
        CPPUNIT_ASSERT(one.feed.needs(kLongAgo) == Needs::kPlaces);
        one.feed.setPlaces({{kRoom, 4}});
        CPPUNIT_ASSERT(one.feed.needs(kLongAgo) == Needs::kMessages);
        one.read(4);
        expectSeqs(one.phone->takeEvents(), {1, 2, 3, 4});
        CPPUNIT_ASSERT(one.feed.needs(kLater) == Needs::kNothing);
    }

    void theSenderIsNotSentItsOwnMessageThatWasHeld() {
        Feed one;
        one.feed.sending(messageId(3));
        CPPUNIT_ASSERT(one.offer(3, true) == Reader::kNeededSoon);
        CPPUNIT_ASSERT(one.offer(2) == Reader::kNotNeeded);
        CPPUNIT_ASSERT(one.offer(4) == Reader::kNotNeeded);
        expectSeqs(one.phone->takeEvents(), {1, 2, 4});
        one.feed.sending(messageId(6));
        CPPUNIT_ASSERT(one.offer(6, true, false) == Reader::kNeededSoon);  // over another node first
        CPPUNIT_ASSERT(one.offer(6, true) == Reader::kNotNeeded);
        CPPUNIT_ASSERT(one.offer(5) == Reader::kNotNeeded);
        expectSeqs(one.phone->takeEvents(), {5});
    }

private:
    static constexpr std::int64_t kRoom = 7;
    using Reader = SocketFeed::Reader;
    using Needs = SocketFeed::Needs;
    static constexpr SocketFeed::Clock::time_point kLongAgo{};
    static constexpr SocketFeed::Clock::time_point kLater{std::chrono::hours(2)};

    /// A feed by itself, which has had the first message of the chat, on a socket of its second person.
    struct Feed {
        Feed() : phone(hub.open(std::string(chat::kChatPath), 2)), feed(phone) {
            feed.setPlaces({{kRoom, 0}});
            CPPUNIT_ASSERT(offer(1) == Reader::kNotNeeded);
        }
        chat::StoredMessage message(std::int64_t seq, bool is_own) const {
            chat::StoredMessage message;
            message.chat_id = kRoom;
            message.seq = seq;
            message.message_id = messageId(seq);
            message.sender = is_own ? 2 : 1;
            message.receiver = is_own ? 1 : 2;
            return message;
        }
        Reader offer(std::int64_t seq) { return offer(seq, false); }
        Reader offer(std::int64_t seq, bool is_own) { return offer(seq, is_own, is_own); }
        Reader offer(std::int64_t seq, bool is_own, bool is_sender) {
            const auto one = message(seq, is_own);
            const auto frame = chat::messageFrame(one, false, nullptr).dump();
            return feed.offer(one, frame, is_sender, now, kPlain);
        }
        /// What a reader finds up to `last`.
        void read(std::int64_t last) {
            const auto range = feed.range();
            SocketFeed::Page page;
            for (auto seq = range.above + 1; seq <= last; ++seq) {
                const auto one = message(seq, false);
                page.emplace_back(one, chat::messageFrame(one, false, nullptr).dump());
            }
            CPPUNIT_ASSERT(feed.give(range, page, kPlain) == SocketFeed::Given::kGoOn);
        }
        static inline const SocketFeed::Options kPlain = [](const chat::StoredMessage&, SocketFeed::After) {
            return sdk::SendOptions();
        };

        FakeSocketHub hub;
        std::shared_ptr<FakeSocketSession> phone;
        SocketFeed feed;
        SocketFeed::Clock::time_point now{std::chrono::hours(1)};
    };

    static std::string messageId(std::int64_t seq) { return "message " + std::to_string(seq); }
    static void expectSeqs(const std::vector<Json>& events, const std::vector<std::int64_t>& expected) {
        std::vector<std::int64_t> seqs;
        for (const auto& event : events) {
            if (event["type"] == Json("chats")) seqs.push_back(event["seq"].asInteger());
        }
        CPPUNIT_ASSERT(seqs == expected);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SocketFeedTest);

}  // namespace linkup::test
