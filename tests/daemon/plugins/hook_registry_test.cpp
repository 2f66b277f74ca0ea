#include "daemon/plugins/hook_registry.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

using namespace linkup;
using namespace linkup::daemon;

namespace {

class NotingMeter final : public HookMeter {
public:
    NotingMeter(std::string name, std::string& seen) : name_(std::move(name)), seen_(seen) {}
    void called(HookOutcome outcome, std::chrono::steady_clock::duration took,
                std::string_view) noexcept override {
        seen_ += name_ + (outcome == HookOutcome::kPassed ? " passed" : " vetoed") +
                 (took.count() >= 0 ? " " : "?");
    }

private:
    const std::string name_;
    std::string& seen_;
};

class NoConnection final : public sdk::Connection {
public:
    sdk::Rows execute(std::string_view, std::span<const sdk::SqlValue>) override { return {}; }
    sdk::Dialect dialect() const noexcept override { return sdk::Dialect::kSqlite; }
    void afterCommit(std::function<void()>) override {}
};

class HookRegistryTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(HookRegistryTest);
    CPPUNIT_TEST(runsByPriorityThenPluginName);
    CPPUNIT_TEST(eventIsHandledWhileItHasAHandler);
    CPPUNIT_TEST(handlerChangesThePayloadForTheNext);
    CPPUNIT_TEST(firstVetoEndsIt);
    CPPUNIT_TEST(exceptionReachesThePublisher);
    CPPUNIT_TEST(nobodyListeningPasses);
    CPPUNIT_TEST(handlerIsGoneWithItsHandle);
    CPPUNIT_TEST(undoingWaitsForARunningCall);
    CPPUNIT_TEST(handlerMayPublishItsOwnEvent);
    CPPUNIT_TEST(eachCallIsTimed);
    CPPUNIT_TEST_SUITE_END();

    NoConnection connection_;

    static sdk::HookHandler append(const std::string& text) {
        return [text](sdk::Connection&, sdk::Json& payload) {
            payload = sdk::Json(payload.asString() + text);
            return sdk::HookVerdict::pass();
        };
    }

    std::string run(HookRegistry& hooks) {
        sdk::Json payload{std::string()};
        const auto verdict = hooks.run("e", connection_, payload);
        return verdict.veto ? "veto: " + *verdict.veto : payload.asString();
    }

    void eventIsHandledWhileItHasAHandler() {
        HookRegistry hooks;
        CPPUNIT_ASSERT(!hooks.handled("e"));
        {
            const auto handle = hooks.add("e", "match", 10, append("m"));
            CPPUNIT_ASSERT(hooks.handled("e") && !hooks.handled("other"));
        }
        CPPUNIT_ASSERT(!hooks.handled("e"));
    }

    void runsByPriorityThenPluginName() {
        HookRegistry hooks;
        const auto first = hooks.add("e", "match", 10, append("m"));
        const auto second = hooks.add("e", "chat", 10, append("c"));
        const auto third = hooks.add("e", "zoo", 5, append("z"));
        const auto other = hooks.add("other", "auth", 1, append("-"));
        CPPUNIT_ASSERT_EQUAL(std::string("zcm"), run(hooks));
    }

    void handlerChangesThePayloadForTheNext() {
        HookRegistry hooks;
        const auto first = hooks.add("e", "a", 1, append("x"));
        const auto second = hooks.add("e", "b", 1, [](sdk::Connection&, sdk::Json& payload) {
            return payload.asString() == "x" ? sdk::HookVerdict::refuse("seen") : sdk::HookVerdict::pass();
        });
        CPPUNIT_ASSERT_EQUAL(std::string("veto: seen"), run(hooks));
    }

    void firstVetoEndsIt() {
        HookRegistry hooks;
        bool called = false;
        const auto first = hooks.add(
            "e", "a", 1, [](sdk::Connection&, sdk::Json&) { return sdk::HookVerdict::refuse("no"); });
        const auto second = hooks.add("e", "b", 2, [&](sdk::Connection&, sdk::Json&) {
            called = true;
            return sdk::HookVerdict::pass();
        });
        CPPUNIT_ASSERT_EQUAL(std::string("veto: no"), run(hooks));
        CPPUNIT_ASSERT(!called);
    }

    void exceptionReachesThePublisher() {
        HookRegistry hooks;
        auto handle = hooks.add("e", "a", 1, [](sdk::Connection&, sdk::Json&) -> sdk::HookVerdict {
            throw std::runtime_error("broken");
        });
        CPPUNIT_ASSERT_THROW(run(hooks), std::runtime_error);
        handle.reset();  // would wait for ever if the call still counted as running
        CPPUNIT_ASSERT_EQUAL(std::string(), run(hooks));
    }

    void nobodyListeningPasses() {
        HookRegistry hooks;
        CPPUNIT_ASSERT_EQUAL(std::string(), run(hooks));
    }

    void handlerIsGoneWithItsHandle() {
        HookRegistry hooks;
        auto first = hooks.add("e", "a", 1, append("a"));
        const auto second = hooks.add("e", "b", 1, append("b"));
        first.reset();
        CPPUNIT_ASSERT_EQUAL(std::string("b"), run(hooks));
    }

    void undoingWaitsForARunningCall() {
        HookRegistry hooks;
        std::promise<void> entered;
        std::promise<void> leave;
        std::atomic<bool> finished = false;
        auto handle = hooks.add("e", "a", 1, [&](sdk::Connection&, sdk::Json&) {
            entered.set_value();
            leave.get_future().wait();
            finished = true;
            return sdk::HookVerdict::pass();
        });
        std::jthread caller([&] { run(hooks); });
        entered.get_future().wait();
        std::promise<bool> undone;
        std::jthread undoer([&] {
            handle.reset();
            undone.set_value(finished);
        });
        leave.set_value();
        CPPUNIT_ASSERT_MESSAGE("undone before the call had ended", undone.get_future().get());
    }

    void handlerMayPublishItsOwnEvent() {
        HookRegistry hooks;
        int depth = 0;
        const auto handle = hooks.add("e", "a", 1, [&](sdk::Connection& connection, sdk::Json& payload) {
            if (++depth < 3) return hooks.run("e", connection, payload);
            return sdk::HookVerdict::pass();
        });
        run(hooks);
        CPPUNIT_ASSERT_EQUAL(3, depth);
    }

    void eachCallIsTimed() {
        std::string seen;
        HookRegistry hooks([&](const std::string& event, const std::string& plugin, auto) {
            return std::make_unique<NotingMeter>(event + "/" + plugin, seen);
        });
        const auto first = hooks.add("e", "a", 1, append("a"));
        const auto second = hooks.add(
            "e", "b", 1, [](sdk::Connection&, sdk::Json&) { return sdk::HookVerdict::refuse("no"); });
        run(hooks);
        CPPUNIT_ASSERT_EQUAL(std::string("e/a passed e/b vetoed "), seen);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HookRegistryTest);

}  // namespace
