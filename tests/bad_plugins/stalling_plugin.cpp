// A plugin that stands still on request, to starve the watchdog: /fixture/stalls/worker,
// /fixture/stalls/database and /fixture/stalls/heartbeat do it until /fixture/stalls/release.
#include <condition_variable>
#include <mutex>

#include "linkup/sdk/plugin.h"

namespace {

using namespace linkup;

class StallingPlugin final : public sdk::Plugin {
public:
    void registerWith(sdk::Registrar& registrar, sdk::Host& host) override {
        heartbeat_ = &registrar.heartbeat("thread");
        registrar.pool({"own", 2, 8});
        add(registrar, "worker", "requests", [this] { stall(); });
        add(registrar, "database", "own",
            [this, &host] { host.database().read([this](sdk::Connection&) { stall(); }); });
        add(registrar, "heartbeat", "own", [this] { heartbeat_->beat(); });
        add(registrar, "release", "own", [this] { release(); });
    }
    void configure(sdk::Config&) override {}
    void start() override {}
    void stop() noexcept override { release(); }

private:
    template <class Work>
    void add(sdk::Registrar& registrar, const std::string& name, const std::string& pool, Work work) {
        sdk::RouteSpec spec;
        spec.path = "/fixture/stalls/" + name;
        spec.auth = sdk::Auth::kNone;
        spec.pool = pool;
        registrar.route(std::move(spec), [work](const sdk::Request&) {
            work();
            return sdk::Response{};
        });
    }

    void stall() {
        std::unique_lock lock(mutex_);
        const auto round = round_;
        released_.wait(lock, [&] { return round_ != round; });
    }

    void release() noexcept {
        heartbeat_->rest();
        {
            const std::lock_guard lock(mutex_);
            ++round_;
        }
        released_.notify_all();
    }

    sdk::Heartbeat* heartbeat_ = nullptr;
    std::mutex mutex_;
    std::condition_variable released_;
    int round_ = 0;
};

}  // namespace

LINKUP_DECLARE_PLUGIN(StallingPlugin, FIXTURE_NAME, "1.0.0", "", "Stands still on request")
