// A plugin that stands still on request, to starve the watchdog: /fixture/stalls/worker,
// /fixture/stalls/database and /fixture/stalls/heartbeat do it until /fixture/stalls/release, and
// /fixture/stalls/front?wait=now holds its I/O thread until there is a file "release" in the node's folder.
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

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
        // Fields are checked on the I/O thread, where no plugin should wait for anything.
        const auto wait = sdk::Schema::string().rule([file = folder_ / "release"](const sdk::Json& value) {
            while (value.asString() == "now" && !std::filesystem::exists(file))
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            return std::optional<std::string>();
        });
        add(
            registrar, "front", "own", [] {}, sdk::Schema::object({{"wait", wait}}));
    }
    void configure(sdk::Config& config) override { folder_ = config.stateFolder(); }
    void start() override {}
    void stop() noexcept override { release(); }

private:
    template <class Work>
    void add(sdk::Registrar& registrar, const std::string& name, const std::string& pool, Work work,
             std::optional<sdk::Schema> query = {}) {
        sdk::RouteSpec spec;
        spec.path = "/fixture/stalls/" + name;
        spec.auth = sdk::Auth::kNone;
        spec.pool = pool;
        spec.query = std::move(query);
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

    std::filesystem::path folder_;
    sdk::Heartbeat* heartbeat_ = nullptr;
    std::mutex mutex_;
    std::condition_variable released_;
    int round_ = 0;
};

}  // namespace

LINKUP_DECLARE_PLUGIN(StallingPlugin, FIXTURE_NAME, "1.0.0", "", "Stands still on request")
