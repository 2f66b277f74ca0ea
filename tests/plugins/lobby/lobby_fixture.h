#pragma once

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <linkup/sdk/testing/fake_heartbeat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "lobby_migrations.h"
#include "lobby_service.h"
#include "lobby_sockets.h"
#include "tests/support/wait.h"
#include "town.h"

namespace linkup::test {

/// Waits with the patience that a busy machine wants.
inline bool eventually(const std::function<bool()>& condition) {
    return waitFor(condition, std::chrono::seconds(30));
}

/// Makes every match that it is asked for, unless it is to refuse the couple.
class ObligingMatches : public sdk::Matches {
public:
    bool exists(sdk::Connection&, sdk::UserId, sdk::UserId) override { return false; }
    bool blocked(sdk::Connection&, sdk::UserId, sdk::UserId) override { return false; }
    bool create(sdk::Connection&, sdk::UserId one, sdk::UserId other) override {
        if (vetoed.contains({std::min(one, other), std::max(one, other)})) {
            throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "not these two");
        }
        return true;
    }
    bool consume(sdk::Connection&, sdk::UserId, sdk::UserId) override { return false; }
    int likesPerDay() const noexcept override { return 10; }

    std::set<lobby::Couple> vetoed;
};

/// A database that can be away, and in which something can happen between a read and what its reader does
/// next.
class LeavingDatabase : public sdk::Database {
public:
    explicit LeavingDatabase(sdk::Database& database) : database_(database) {}
    void read(const std::function<void(sdk::Connection&)>& work) override {
        refuseIfAway();
        database_.read(work);
        ++reads;
        if (std::this_thread::get_id() == reader_) std::exchange(after_read_, nullptr)();
    }
    void transaction(const std::function<void(sdk::Connection&)>& work) override {
        refuseIfAway();
        database_.transaction(work);
    }
    sdk::Dialect dialect() const noexcept override { return database_.dialect(); }

    /// `action` once, when the next read of this thread has its rows.
    void afterMyNextRead(std::function<void()> action) {
        after_read_ = [this, action = std::move(action)] {
            reader_ = std::thread::id();
            action();
        };
        reader_ = std::this_thread::get_id();
    }

    std::atomic<bool> away{false};
    std::atomic<int> reads{0};

private:
    void refuseIfAway() const {
        if (away) throw sdk::Error(sdk::ErrorCode::kUnavailable, "away");
    }
    sdk::Database& database_;
    std::atomic<std::thread::id> reader_;
    std::function<void()> after_read_;  ///< of the thread reader_
};

/// A lobby on a real database, with fake sockets and a clock that the test moves.
class LobbyFixture : public CppUnit::TestFixture {
public:
    void tearDown() override {
        stopService();
        database_.reset();
        town_.reset();
    }

protected:
    using Device = std::shared_ptr<sdk::testing::FakeSocketSession>;
    static constexpr const char* kPath = "/api/v1/ws/lobby";

    /// Four people, of whom those with odd ids are women, and everybody fits.
    void open(Backend backend) {
        town_ = std::make_unique<Town>(backend);
        town_->migrate("lobby_neighbour", neighbourMigrations());
        town_->migrate("lobby", lobby::sql::migrations());
        for (sdk::UserId id = 1; id <= 4; ++id) {
            town_->addPerson(id, id % 2 != 0 ? "Female" : "Male", id % 2 != 0 ? "Male" : "Female");
        }
        database_ = std::make_unique<LeavingDatabase>(town_->database());
        startService();
    }

    sdk::testing::FakeClock& clock() { return town_->host().fake_clock; }
    void startService() {
        auto& host = town_->host();
        sockets_ = std::make_unique<lobby::LobbySockets>(host.sockets(), host.bus());
        service_ = std::make_unique<lobby::LobbyService>(
            *database_, host.clock(), host.log(), host.metrics(), *sockets_,
            lobby::LobbyRules{.look_again = std::chrono::milliseconds(20)});
        sockets_->start(*service_);
        service_->start(matches_, town_->profiles(), heartbeat_);
    }
    void stopService() {
        if (sockets_) sockets_->stop();
        if (service_) service_->stop();
        service_.reset();
        sockets_.reset();
    }

    Device enter(sdk::UserId user) {
        auto device = town_->host().fake_sockets.open(kPath, user);
        sockets_->onOpen(device);
        return device;
    }
    void leave(const Device& device) {
        device->close(sdk::CloseCode::kNormal, "");
        sockets_->onClose(device, 1000);
    }

    std::int64_t finished() {
        return town_->number("SELECT COUNT(*) FROM lobby_events WHERE state = 'finished'");
    }
    std::int64_t events() { return town_->number("SELECT COUNT(*) FROM lobby_events"); }
    std::int64_t resultsStored() { return town_->number("SELECT COUNT(*) FROM lobby_results"); }

    void begin() {
        service_->begin("evening", clock().now(), std::chrono::minutes(5));
        waitUntilSeated();
    }
    /// The seats of those who are there are kept by a look after the one that learned of the event.
    void waitUntilSeated() {
        CPPUNIT_ASSERT(eventually([&] { return service_->current().has_value(); }));
        CPPUNIT_ASSERT(eventually([&] {
            return town_->number(
                       "SELECT COUNT(*) FROM lobby_seats WHERE event_id = (SELECT MAX(id) FROM "
                       "lobby_events)") >= static_cast<std::int64_t>(sockets_->present().size());
        }));
    }
    void end(std::int64_t events_by_then = 1) {
        clock().advance(std::chrono::seconds(290));
        waitUntilKept();
        clock().advance(std::chrono::seconds(10));
        service_->wake();
        CPPUNIT_ASSERT(eventually([&] { return finished() == events_by_then; }));
    }

    /// Until a look has kept the seats of all who are there.
    void waitUntilKept() {
        service_->wake();
        CPPUNIT_ASSERT(eventually([&] {
            return sockets_->present().empty() ||
                   town_->number(
                       "SELECT MIN(present_until) FROM lobby_seats WHERE event_id = (SELECT MAX(id) "
                       "FROM lobby_events)") >= sdk::toMicros(clock().now() + std::chrono::seconds(15));
        }));
    }

    static std::vector<sdk::Json> events(sdk::testing::FakeSocketSession& device, std::size_t count) {
        std::vector<sdk::Json> events;
        const bool came = eventually([&] {
            for (auto& event : device.takeEvents()) events.push_back(std::move(event));
            return events.size() >= count;
        });
        CPPUNIT_ASSERT_MESSAGE("an event did not come", came);
        return events;
    }
    static std::vector<sdk::Json> results(sdk::testing::FakeSocketSession& device) {
        std::vector<sdk::Json> results;
        const bool came = eventually([&] {
            for (auto& event : device.takeEvents()) {
                if (event["event"].asString() == "match-event") results.push_back(std::move(event));
            }
            return !results.empty();
        });
        CPPUNIT_ASSERT_MESSAGE("no result came", came);
        return results;
    }

    std::unique_ptr<Town> town_;
    std::unique_ptr<LeavingDatabase> database_;
    ObligingMatches matches_;
    std::unique_ptr<lobby::LobbySockets> sockets_;
    sdk::testing::FakeHeartbeat heartbeat_;
    std::unique_ptr<lobby::LobbyService> service_;

private:
    static const std::vector<sdk::Migration>& neighbourMigrations() {
        static const std::string text =
            "CREATE TABLE match_bonds_v1 (low_id BIGINT, high_id BIGINT);"
            "CREATE TABLE match_blocks_v1 (blocker_id BIGINT, blocked_id BIGINT);"
            "CREATE TABLE match_withdrawn_v1 (user_id BIGINT);";
        static const std::vector<sdk::Migration> migrations = {{1, "create_neighbour", text, text}};
        return migrations;
    }
};

}  // namespace linkup::test
