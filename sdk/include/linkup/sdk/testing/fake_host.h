#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "linkup/sdk/host.h"
#include "linkup/sdk/testing/fake_bus.h"
#include "linkup/sdk/testing/fake_cache.h"
#include "linkup/sdk/testing/fake_clock.h"
#include "linkup/sdk/testing/fake_mailer.h"
#include "linkup/sdk/testing/fake_metrics.h"
#include "linkup/sdk/testing/fake_sockets.h"
#include "linkup/sdk/testing/null_database.h"
#include "linkup/sdk/testing/recording_log.h"

namespace linkup::sdk::testing {

/// Keeps work until the test runs it, so that a test decides what happens between posting and running.
///
/// Threading: one thread.   Since: ABI 1.0.
class FakeWorkers : public Workers {
public:
    [[nodiscard]] bool post(std::string_view pool, std::function<void()> work) override {
        if (full_) return false;
        waiting_.emplace_back(std::string(pool), std::move(work));
        return true;
    }
    /// While true, nothing is taken.
    void setFull(bool full) { full_ = full; }
    /// How much work waits.
    std::size_t waiting() const { return waiting_.size(); }
    /// Runs all that waits, and what that posts.
    void run() {
        while (!waiting_.empty()) {
            const auto [pool, work] = std::move(waiting_.front());
            waiting_.pop_front();
            work();
        }
    }

private:
    bool full_ = false;
    std::deque<std::pair<std::string, std::function<void()>>> waiting_;
};

/// What the test provides in place of other plugins.
///
/// Threading: one thread.   Since: ABI 1.0.
class FakeServices : public Services {
public:
    using Services::find;
    void* find(std::string_view interface_name) const noexcept override {
        const auto found = services_.find(interface_name);
        return found == services_.end() ? nullptr : found->second;
    }
    template <class T>
    /// What find() returns for that type.
    void provide(T& service) {
        services_[std::string(T::kServiceName)] = &service;
    }

private:
    std::map<std::string, void*, std::less<>> services_;
};

/// Hooks with the handlers that the test gives; each run is kept.
///
/// Threading: one thread.   Since: ABI 1.0.
class FakeHooks : public Hooks {
public:
    /// One call of run().
    struct Run {
        std::string event;  ///< the event
        Json payload;       ///< as it was given
    };

    /// Handlers of one event run in the order in which they were added.
    void on(std::string event, HookHandler handler) {
        handlers_.emplace_back(std::move(event), std::move(handler));
    }
    /// All calls so far, oldest first.
    const std::vector<Run>& runs() const { return runs_; }

    HookVerdict run(std::string_view event, Connection& connection, Json& payload) override {
        runs_.push_back({std::string(event), payload});
        for (const auto& [name, handler] : handlers_) {
            if (name != event) continue;
            HookVerdict verdict = handler(connection, payload);
            if (verdict.veto) return verdict;
        }
        return HookVerdict::pass();
    }
    bool handled(std::string_view event) const noexcept override {
        return std::any_of(handlers_.begin(), handlers_.end(),
                           [event](const auto& handler) { return handler.first == event; });
    }

private:
    std::vector<std::pair<std::string, HookHandler>> handlers_;
    std::vector<Run> runs_;
};

/// A host made of fakes: `FakeHost host; MyPlugin plugin; plugin.registerWith(registrar, host);`. Its parts
/// are open to the test. Give it a real database to try a store inside a whole plugin.
///
/// Threading: as its parts.   Since: ABI 1.0.
class FakeHost : public Host {
public:
    FakeHost() : database_(&null_database) {}
    /// With a database of the test's, such as SqliteDatabase, which outlives it.
    explicit FakeHost(Database& database) : database_(&database) {}

    FakeClock fake_clock;              ///< what clock() returns
    RecordingLog recording_log;        ///< what log() returns
    NullDatabase null_database;        ///< what database() returns unless the test gave another
    FakeCache fake_cache{fake_clock};  ///< what cache() returns
    FakeBus fake_bus;                  ///< what bus() returns
    FakeSocketHub fake_sockets;        ///< what sockets() returns
    FakeMailer fake_mailer;            ///< what mailer() returns
    FakeMetrics fake_metrics;          ///< what metrics() returns
    FakeWorkers fake_workers;          ///< what workers() returns
    FakeHooks fake_hooks;              ///< what hooks() returns
    FakeServices fake_services;        ///< what services() returns

    Log& log() noexcept override { return recording_log; }
    Database& database() noexcept override { return *database_; }
    Cache& cache() noexcept override { return fake_cache; }
    Bus& bus() noexcept override { return fake_bus; }
    SocketHub& sockets() noexcept override { return fake_sockets; }
    Mailer& mailer() noexcept override { return fake_mailer; }
    Metrics& metrics() noexcept override { return fake_metrics; }
    Workers& workers() noexcept override { return fake_workers; }
    Clock& clock() noexcept override { return fake_clock; }
    Hooks& hooks() noexcept override { return fake_hooks; }
    Services& services() noexcept override { return fake_services; }

private:
    Database* database_;
};

}  // namespace linkup::sdk::testing
