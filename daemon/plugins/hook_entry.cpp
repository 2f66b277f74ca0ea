#include "hook_entry.h"

#include <exception>
#include <tuple>
#include <utility>

#include "daemon/services/request_scope.h"
#include "hook_connection.h"
#include "linkup/sdk/error.h"

namespace linkup::daemon {

namespace {

HookOutcome outcomeOf(const sdk::HookVerdict& verdict) {
    return verdict.veto ? HookOutcome::kVetoed : HookOutcome::kPassed;
}

std::string textOf(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

/// What ends the transaction whatever the handler is registered as: it has to run again.
bool isLostRace(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const sdk::Error& error) {
        return error.code() == sdk::ErrorCode::kSerialization;
    } catch (...) {
        return false;
    }
}

}  // namespace

/// What the publisher's and the handler's thread share of one call. Once the publisher has given up, only the
/// handler's thread looks at anything but `connection`.
class HookEntry::Call {
public:
    Call(sdk::Connection& publisher, const sdk::Json& published)
        : connection(publisher), payload(published) {}

    void perform(const sdk::HookHandler& handler) noexcept {
        try {
            verdict = handler(connection, payload);
        } catch (...) {
            failure = std::current_exception();
        }
    }

    void keep() noexcept {
        try {
            connection.keep();
        } catch (...) {
            failure = std::current_exception();
        }
    }

    HookConnection connection;
    sdk::Json payload;
    sdk::HookVerdict verdict;
    std::exception_ptr failure;
};

/// Holds an entry's gate open for the length of a call.
class HookEntry::Inside {
public:
    explicit Inside(std::shared_ptr<HookEntry> entry) : entry_(std::move(entry)) {}
    ~Inside() {
        entry_->breaker_.left();
        entry_->gate_.leave();
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

private:
    const std::shared_ptr<HookEntry> entry_;
};

HookEntry::HookEntry(std::string plugin, HookTrust trust, sdk::HookSpec spec, sdk::HookHandler handler,
                     std::unique_ptr<HookMeter> meter, SteadyClock now)
    : plugin_(std::move(plugin)),
      trust_(trust),
      spec_(std::move(spec)),
      handler_(std::move(handler)),
      meter_(std::move(meter)),
      now_(std::move(now)) {}

bool HookEntry::before(const HookEntry& other) const {
    return std::tie(spec_.priority, plugin_) < std::tie(other.spec_.priority, other.plugin_);
}

sdk::HookVerdict HookEntry::call(DeadlineThreads& threads, sdk::Connection& connection, sdk::Json& payload) {
    if (!gate_.enter()) return sdk::HookVerdict::pass();
    if (trust_ == HookTrust::kGuarded) return callGuarded(threads, connection, payload);
    const LeaveGate leaving(gate_);
    return callNeeded(connection, payload);
}

sdk::HookVerdict HookEntry::callNeeded(sdk::Connection& connection, sdk::Json& payload) {
    const auto began = now_();
    try {
        sdk::HookVerdict verdict = handler_(connection, payload);
        measured(outcomeOf(verdict), began);
        return verdict;
    } catch (...) {
        measured(HookOutcome::kFailed, began, textOf(std::current_exception()));
        throw;
    }
}

sdk::HookVerdict HookEntry::callGuarded(DeadlineThreads& threads, sdk::Connection& connection,
                                        sdk::Json& payload) {
    const auto began = now_();
    if (!breaker_.enter(began)) {
        gate_.leave();
        measured(HookOutcome::kSkipped, began);
        return afterFailure();
    }
    auto inside = std::make_unique<Inside>(shared_from_this());
    const auto call = std::make_shared<Call>(connection, payload);
    if (spec_.budget.count() == 0) {
        call->perform(handler_);
        return settle(*call, payload, began);
    }
    // With the work goes what keeps the entry; it is destroyed when the work has ended, or will never begin.
    const std::shared_ptr<Inside> held = std::move(inside);
    const auto perform = [this, held, call, origin = WorkOrigin()] {
        const RequestScope scope(origin.request_id, origin.trace);
        call->perform(handler_);
    };
    const bool in_time = threads.run(perform, std::chrono::steady_clock::now() + spec_.budget);
    if (in_time) {
        breaker_.inTime();
        return settle(*call, payload, began);
    }
    breaker_.late(now_());
    call->connection.discard();
    measured(HookOutcome::kLate, began);
    return afterFailure();
}

sdk::HookVerdict HookEntry::settle(Call& call, sdk::Json& payload,
                                   std::chrono::steady_clock::time_point began) {
    // A failed statement that the handler has swallowed is thrown again there.
    if (!call.failure) call.keep();
    if (!call.failure) {
        payload = std::move(call.payload);
        measured(outcomeOf(call.verdict), began);
        return std::move(call.verdict);
    }
    measured(HookOutcome::kFailed, began, textOf(call.failure));
    if (isLostRace(call.failure)) std::rethrow_exception(call.failure);
    call.connection.discard();
    return afterFailure();
}

sdk::HookVerdict HookEntry::afterFailure() const {
    if (spec_.on_failure == sdk::HookFailure::kOpen) return sdk::HookVerdict::pass();
    return sdk::HookVerdict::refuse(spec_.refusal);
}

void HookEntry::measured(HookOutcome outcome, std::chrono::steady_clock::time_point began,
                         std::string_view why) const noexcept {
    if (meter_) meter_->called(outcome, now_() - began, why);
}

}  // namespace linkup::daemon
