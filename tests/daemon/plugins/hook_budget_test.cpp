// A handler that is slow or broken costs its publisher its budget, and nothing else.

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "daemon/plugins/hook_registry.h"
#include "linkup/sdk/error.h"

using namespace linkup;
using namespace linkup::daemon;
using namespace std::chrono_literals;

namespace {

class CountingConnection final : public sdk::Connection {
public:
    using sdk::Connection::execute;
    sdk::Rows execute(std::string_view sql, std::span<const sdk::SqlValue>) override {
        log += std::string(sql) + "; ";
        return {};
    }
    sdk::Dialect dialect() const noexcept override { return sdk::Dialect::kSqlite; }
    void afterCommit(std::function<void()>) override { log += "afterCommit; "; }

    std::string log;
};

/// A handler that hangs until the test lets it go.
class Hanging {
public:
    ~Hanging() { release(); }
    sdk::HookHandler handler() {
        return [this](sdk::Connection& connection, sdk::Json& payload) {
            ++calls;
            payload = sdk::Json("half done");
            released_.wait();
            try {
                connection.execute("TOO LATE");
            } catch (const sdk::Error& error) {
                code = error.code();
                throw;
            }
            return sdk::HookVerdict::pass();
        };
    }
    void release() {
        if (!std::exchange(gone_, true)) release_.set_value();
    }

    std::atomic<int> calls = 0;
    std::atomic<sdk::ErrorCode> code = sdk::ErrorCode::kInternal;

private:
    bool gone_ = false;
    std::promise<void> release_;
    const std::shared_future<void> released_ = release_.get_future().share();
};

class HookBudgetTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(HookBudgetTest);
    CPPUNIT_TEST(handlerInTimeChangesPayloadAndConnection);
    CPPUNIT_TEST(lateHandlerThatFailsOpenIsAsIfItHadPassed);
    CPPUNIT_TEST(lateHandlerThatFailsClosedVetoesWithItsReason);
    CPPUNIT_TEST(lateHandlerCanNoLongerUseTheConnection);
    CPPUNIT_TEST(brokenHandlerThatFailsOpenLeavesNoTrace);
    CPPUNIT_TEST(brokenHandlerThatFailsClosedVetoesWithItsReason);
    CPPUNIT_TEST(lostRaceReachesThePublisherAllTheSame);
    CPPUNIT_TEST(othersRunAfterALateOne);
    CPPUNIT_TEST(alwaysLateHandlerIsLeftOut);
    CPPUNIT_TEST(handlerLeftOutIsTriedAgainAfterAPause);
    CPPUNIT_TEST(undoingWaitsForALateCall);
    CPPUNIT_TEST(manyPublishersAtOnceAllGetTheirAnswer);
    CPPUNIT_TEST(eachOutcomeIsMeasured);
    CPPUNIT_TEST_SUITE_END();

    CountingConnection connection_;
    std::atomic<std::chrono::seconds> clock_{0s};

    SteadyClock clock() {
        return [this] { return std::chrono::steady_clock::time_point{} + clock_.load(); };
    }

    static sdk::HookSpec spec(std::chrono::milliseconds budget, sdk::HookFailure on_failure) {
        sdk::HookSpec result;
        result.event = "e";
        result.budget = budget;
        result.on_failure = on_failure;
        result.refusal = "Not now.";
        return result;
    }
    static constexpr auto kOpen = sdk::HookFailure::kOpen;
    static constexpr auto kClosed = sdk::HookFailure::kClosed;

    std::string run(HookRegistry& hooks) {
        sdk::Json payload("as it was");
        const auto verdict = hooks.run("e", connection_, payload);
        return verdict.veto ? "veto: " + *verdict.veto : payload.asString();
    }

    void handlerInTimeChangesPayloadAndConnection() {
        HookRegistry hooks;
        const auto handle =
            hooks.add("a", spec(60s, kClosed), [](sdk::Connection& connection, sdk::Json& payload) {
                payload = sdk::Json("changed");
                connection.execute("INSERT");
                connection.afterCommit([] {});
                return sdk::HookVerdict::pass();
            });
        CPPUNIT_ASSERT_EQUAL(std::string("changed"), run(hooks));
        CPPUNIT_ASSERT_EQUAL(std::string("SAVEPOINT hook; INSERT; RELEASE SAVEPOINT hook; afterCommit; "),
                             connection_.log);
    }

    void lateHandlerThatFailsOpenIsAsIfItHadPassed() {
        HookRegistry hooks;
        Hanging hanging;
        const auto handle = hooks.add("a", spec(1ms, kOpen), hanging.handler());
        CPPUNIT_ASSERT_EQUAL(std::string("as it was"), run(hooks));
        hanging.release();
    }

    void lateHandlerThatFailsClosedVetoesWithItsReason() {
        HookRegistry hooks;
        Hanging hanging;
        const auto handle = hooks.add("a", spec(1ms, kClosed), hanging.handler());
        CPPUNIT_ASSERT_EQUAL(std::string("veto: Not now."), run(hooks));
        hanging.release();
    }

    /// Has the handler called until it is late for the number of times, and at least one of the calls has
    /// begun: on a busy machine a short budget may be over before.
    template <class Check>
    void withLateCalls(int times, Check&& check) {
        for (auto budget = 20ms;; budget *= 2) {
            HookRegistry hooks({}, clock());
            Hanging hanging;
            auto handle = hooks.add("a", spec(budget, kClosed), hanging.handler());
            for (int i = 0; i < times; ++i) run(hooks);
            if (hanging.calls > 0) check(hooks, hanging, handle);
            hanging.release();
            if (hanging.calls > 0) return;
        }
    }

    void lateHandlerCanNoLongerUseTheConnection() {
        withLateCalls(1, [&](HookRegistry&, Hanging& hanging, RegistrationHandle& handle) {
            hanging.release();
            handle.reset();  // waits for the call
            CPPUNIT_ASSERT(hanging.code == sdk::ErrorCode::kUnavailable);
            CPPUNIT_ASSERT_EQUAL(std::string(), connection_.log);
        });
    }

    static sdk::HookVerdict breakDown(sdk::Connection& connection, sdk::Json& payload) {
        payload = sdk::Json("half done");
        connection.execute("INSERT");
        connection.afterCommit([] {});
        throw std::runtime_error("broken");
    }

    void brokenHandlerThatFailsOpenLeavesNoTrace() {
        for (const auto budget : {0ms, 60'000ms}) {
            connection_.log.clear();
            HookRegistry hooks;
            const auto handle = hooks.add("a", spec(budget, kOpen), breakDown);
            CPPUNIT_ASSERT_EQUAL(std::string("as it was"), run(hooks));
            CPPUNIT_ASSERT_EQUAL(
                std::string("SAVEPOINT hook; INSERT; ROLLBACK TO SAVEPOINT hook; RELEASE SAVEPOINT hook; "),
                connection_.log);
        }
    }

    void brokenHandlerThatFailsClosedVetoesWithItsReason() {
        HookRegistry hooks;
        const auto handle = hooks.add("a", spec(0ms, kClosed), breakDown);
        CPPUNIT_ASSERT_EQUAL(std::string("veto: Not now."), run(hooks));
    }

    void lostRaceReachesThePublisherAllTheSame() {
        HookRegistry hooks;
        const auto handle =
            hooks.add("a", spec(60s, kOpen), [](sdk::Connection&, sdk::Json&) -> sdk::HookVerdict {
                throw sdk::Error(sdk::ErrorCode::kSerialization, "lost");
            });
        CPPUNIT_ASSERT_THROW(run(hooks), sdk::Error);
    }

    void othersRunAfterALateOne() {
        HookRegistry hooks;
        Hanging hanging;
        const auto late = hooks.add("a", spec(1ms, kOpen), hanging.handler());
        const auto next = hooks.add("e", "b", 1, [](sdk::Connection&, sdk::Json& payload) {
            payload = sdk::Json("next");
            return sdk::HookVerdict::pass();
        });
        CPPUNIT_ASSERT_EQUAL(std::string("next"), run(hooks));
        hanging.release();
    }

    void alwaysLateHandlerIsLeftOut() {
        withLateCalls(HookBreaker::kLateCalls, [&](HookRegistry& hooks, Hanging& hanging, auto&) {
            const int calls = hanging.calls;
            // Though the pause is over: its calls have not ended.
            clock_ = clock_.load() + 60s;
            CPPUNIT_ASSERT_EQUAL(std::string("veto: Not now."), run(hooks));
            CPPUNIT_ASSERT_EQUAL(calls, hanging.calls.load());
        });
    }

    void handlerLeftOutIsTriedAgainAfterAPause() {
        HookRegistry hooks({}, clock());
        std::atomic<bool> slow = true;
        std::promise<void> release;
        const auto released = release.get_future().share();
        const auto handle = hooks.add("a", spec(20ms, kClosed), [&](sdk::Connection&, sdk::Json&) {
            if (slow) released.wait();
            return sdk::HookVerdict::pass();
        });
        for (int i = 0; i < HookBreaker::kLateCalls; ++i) run(hooks);
        slow = false;
        release.set_value();
        CPPUNIT_ASSERT_EQUAL_MESSAGE("during the pause", std::string("veto: Not now."), run(hooks));
        clock_ = HookBreaker::kPause;
        // The late calls end when the scheduler lets them; the first run after that is answered.
        const auto give_up = std::chrono::steady_clock::now() + 30s;
        while (run(hooks) != "as it was") {
            CPPUNIT_ASSERT_MESSAGE("never tried again", std::chrono::steady_clock::now() < give_up);
            clock_ = clock_.load() + HookBreaker::kPause;
            std::this_thread::yield();
        }
    }

    void undoingWaitsForALateCall() {
        withLateCalls(1, [&](HookRegistry&, Hanging& hanging, RegistrationHandle& handle) {
            std::promise<bool> undone;
            std::jthread undoer([&] {
                handle.reset();
                undone.set_value(hanging.code == sdk::ErrorCode::kUnavailable);
            });
            hanging.release();
            CPPUNIT_ASSERT_MESSAGE("undone before the call had ended", undone.get_future().get());
        });
    }

    void manyPublishersAtOnceAllGetTheirAnswer() {
        HookRegistry hooks;
        const auto handle =
            hooks.add("a", spec(60s, kClosed), [](sdk::Connection& connection, sdk::Json& payload) {
                connection.execute("INSERT");
                payload = sdk::Json("changed");
                return sdk::HookVerdict::pass();
            });
        std::atomic<int> changed = 0;
        std::vector<std::jthread> publishers;
        for (int i = 0; i < 8; ++i) {
            publishers.emplace_back([&] {
                CountingConnection own;
                for (int call = 0; call < 200; ++call) {
                    sdk::Json payload("as it was");
                    if (!hooks.run("e", own, payload).veto && payload.asString() == "changed") ++changed;
                }
            });
        }
        publishers.clear();
        CPPUNIT_ASSERT_EQUAL(1600, changed.load());
    }

    class OutcomeMeter final : public HookMeter {
    public:
        explicit OutcomeMeter(std::vector<HookOutcome>& outcomes) : outcomes_(outcomes) {}
        void called(HookOutcome outcome, std::chrono::steady_clock::duration,
                    std::string_view) noexcept override {
            outcomes_.push_back(outcome);
        }

    private:
        std::vector<HookOutcome>& outcomes_;
    };

    void eachOutcomeIsMeasured() {
        std::vector<HookOutcome> outcomes;
        HookRegistry hooks([&](const std::string&, const std::string&,
                               auto) { return std::make_unique<OutcomeMeter>(outcomes); },
                           clock());
        Hanging hanging;
        const auto broken = hooks.add("a", spec(0ms, kOpen), breakDown);
        const auto late = hooks.add("b", spec(1ms, kOpen), hanging.handler());
        for (int i = 0; i <= HookBreaker::kLateCalls; ++i) run(hooks);
        const std::vector<HookOutcome> expected = {
            HookOutcome::kFailed, HookOutcome::kLate, HookOutcome::kFailed, HookOutcome::kLate,
            HookOutcome::kFailed, HookOutcome::kLate, HookOutcome::kFailed, HookOutcome::kSkipped};
        CPPUNIT_ASSERT(expected == outcomes);
        hanging.release();
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HookBudgetTest);

}  // namespace
