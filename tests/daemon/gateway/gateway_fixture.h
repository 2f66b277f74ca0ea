#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "daemon/gateway/gateway.h"
#include "http_client.h"
#include "linkup/sdk/testing/fake_bus.h"
#include "linkup/sdk/testing/fake_metrics.h"
#include "linkup/sdk/testing/recording_log.h"
#include "raw_connection.h"
#include "socket_client.h"
#include "wait.h"

namespace linkup::test {

class RealClock final : public sdk::Clock {
public:
    sdk::Time now() const override {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    std::chrono::steady_clock::time_point steady() const override {
        return stopped_ ? stopped_at_ : std::chrono::steady_clock::now();
    }
    /// No deadline comes any more.
    void stop() {
        stopped_at_ = std::chrono::steady_clock::now();
        stopped_ = true;
    }

private:
    std::chrono::steady_clock::time_point stopped_at_;
    std::atomic<bool> stopped_{false};
};

/// "good-N" is user N with the sign-in "sign-in-N"; "unknown-N" the same, but only the slow way knows it;
/// nothing else is any good, and neither is what has been revoked.
class TokenTeller final : public sdk::Authenticator {
public:
    Answer verifyFast(std::string_view token) override;
    Answer verify(std::string_view token) override;
    void revoke(const std::string& token);
    /// Called before each fast, and each slow answer.
    std::function<void()> before_fast;
    std::function<void()> before_slow;
    std::atomic<int> asked_slowly{0};

private:
    Answer accept(std::string_view number) const;
    std::mutex mutex_;
    std::set<std::string, std::less<>> revoked_;
};

/// Does what the test says; keeps what it heard.
class SocketRecorder final : public sdk::SocketHandler {
public:
    using Session = std::shared_ptr<sdk::SocketSession>;

    void onOpen(const Session& session) override;
    void onEvent(const Session& session, const std::string& event, const sdk::Json& body) override;
    void onClose(const Session& session, std::uint16_t code) override;

    std::function<void(const Session&)> on_open;
    std::function<void(const Session&, const std::string&, const sdk::Json&)> on_event;

    std::vector<std::string> heard() const;  ///< "open", "event NAME BODY", "close CODE"
    bool hasHeard(const std::string& line) const;
    Session last() const;

private:
    void note(std::string line);
    mutable std::mutex mutex_;
    std::vector<std::string> heard_;
    Session last_;
};

/// A gateway on a port of its own, with fakes around it.
class TestGateway {
public:
    struct Options {
        daemon::GatewaySettings settings{};
        int threads = 2;
        std::size_t queue = 256;
        std::shared_ptr<sdk::testing::FakeBus> bus = std::make_shared<sdk::testing::FakeBus>();
    };
    TestGateway();
    explicit TestGateway(Options options);
    ~TestGateway();

    /// On the loopback address, with deadlines that are short enough to wait for but long enough for a busy
    /// machine.
    static daemon::GatewaySettings quick();

    void route(sdk::RouteSpec spec, sdk::HttpHandler handler);
    /// A GET without token.
    void get(const std::string& path, sdk::HttpHandler handler);
    void socket(sdk::SocketSpec spec, sdk::SocketHandler& handler);
    std::string url() const;

    sdk::testing::RecordingLog log;
    sdk::testing::FakeMetrics metrics;
    RealClock clock;
    std::shared_ptr<sdk::testing::FakeBus> bus;
    TokenTeller tokens;
    daemon::WorkerPools pools{log, metrics};
    daemon::Gateway gateway;
    std::vector<std::unique_ptr<daemon::GatewayHandle>> handles;

private:
    daemon::WorkerPools& withRequests(int threads, std::size_t queue);
};

/// Stops handlers until it is opened, or goes.
class Barrier {
public:
    /// Lets everybody through, and waits until they are out.
    ~Barrier() {
        open();
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return inside_ == 0; });
    }
    void wait() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        ++inside_;
        changed_.wait(lock, [&] { return open_; });
        --inside_;
        changed_.notify_all();
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    /// How many have come to it so far.
    int waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int waiting_ = 0;
    int inside_ = 0;
};

/// The socket of the tests: event "say" {"type": "say", "text", "number"?} and "hush" {"type": "hush"}.
sdk::SocketSpec saySocket();
sdk::RouteSpec getSpec(const std::string& path, sdk::Auth auth = sdk::Auth::kNone);

}  // namespace linkup::test
