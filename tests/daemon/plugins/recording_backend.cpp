#include "recording_backend.h"

namespace linkup::daemon {

namespace {

class SilentLog final : public sdk::Log {
public:
    bool enabled(sdk::LogLevel) const noexcept override { return false; }
    void write(sdk::LogLevel, std::string_view, Fields) noexcept override {}
};

/// The fixtures count nothing.
class NoMetrics final : public sdk::Metrics {
public:
    sdk::Counter& counter(std::string_view, std::string_view, const sdk::Labels&) override { std::abort(); }
    sdk::Gauge& gauge(std::string_view, std::string_view, const sdk::Labels&) override { std::abort(); }
    sdk::Histogram& histogram(std::string_view, std::string_view, std::vector<double>,
                              const sdk::Labels&) override {
        std::abort();
    }
};

/// The fixtures keep nothing.
class NoCache final : public sdk::Cache {
public:
    std::optional<std::string> get(std::string_view) override { std::abort(); }
    void set(std::string_view, std::string_view, std::chrono::milliseconds) override { std::abort(); }
    bool setIfAbsent(std::string_view, std::string_view, std::chrono::milliseconds) override { std::abort(); }
    void remove(std::string_view) override { std::abort(); }
    std::int64_t add(std::string_view, std::int64_t, std::chrono::milliseconds) override { std::abort(); }
    std::chrono::milliseconds take(std::string_view, double, int) override { std::abort(); }
    std::optional<sdk::Lease> acquire(std::string_view, std::chrono::milliseconds) override { std::abort(); }
    bool renew(const sdk::Lease&, std::chrono::milliseconds) override { std::abort(); }
    void release(const sdk::Lease&) override { std::abort(); }
};

class NoBus final : public sdk::Bus {
public:
    void publish(std::string_view, std::string) override { std::abort(); }
    void publishBatch(std::string_view, std::vector<std::string>) override { std::abort(); }
    void publishTraced(std::string_view, std::vector<sdk::TracedMessage>) override { std::abort(); }
    std::unique_ptr<sdk::Subscription> subscribe(std::string_view, OnMessage, OnGap) override {
        std::abort();
    }
    bool connected() const noexcept override { return true; }
};

}  // namespace

SharedParts RecordingBackend::parts() {
    return {};
}
std::unique_ptr<sdk::Log> RecordingBackend::logFor(const std::string&) {
    return std::make_unique<SilentLog>();
}
std::unique_ptr<sdk::Metrics> RecordingBackend::metricsFor(const std::string&) {
    return std::make_unique<NoMetrics>();
}
std::unique_ptr<sdk::Cache> RecordingBackend::cacheFor(const std::string&) {
    return std::make_unique<NoCache>();
}
std::unique_ptr<sdk::Bus> RecordingBackend::busFor(const std::string&) {
    return std::make_unique<NoBus>();
}

RegistrationHandle RecordingBackend::addRoute(const std::string& plugin, sdk::RouteSpec spec,
                                              sdk::HttpHandler) {
    return record("route " + spec.path + " of " + plugin + " in " + spec.pool);
}

RegistrationHandle RecordingBackend::addBatchRoute(const std::string& plugin, sdk::RouteSpec spec,
                                                   std::size_t most, sdk::HttpBatchHandler) {
    return record("route " + spec.path + " of " + plugin + " in " + spec.pool + ", " + std::to_string(most) +
                  " at a time");
}

RegistrationHandle RecordingBackend::addSocket(const std::string& plugin, sdk::SocketSpec spec,
                                               sdk::SocketHandler&) {
    return record("socket " + spec.path + " of " + plugin);
}

void RecordingBackend::setImportance(sdk::Method method, const std::string& path, sdk::Importance) {
    weighed.push_back(std::string(toString(method)) + " " + path);
}

void RecordingBackend::setPrompt(const std::string& path, const std::string& event) {
    hurried.push_back(path + " " + event);
}

void RecordingBackend::setImportance(const std::string& path, const std::string& event, sdk::Importance) {
    weighed.push_back(path + " " + event);
}

RegistrationHandle RecordingBackend::addTask(const std::string& plugin, sdk::TaskSpec spec) {
    return record("task " + spec.name + " of " + plugin);
}

RegistrationHandle RecordingBackend::addPool(const std::string& plugin, sdk::PoolSpec spec) {
    return record("pool " + spec.name + " of " + plugin);
}

RegistrationHandle RecordingBackend::addHeartbeat(const std::string& name,
                                                  std::shared_ptr<const ProgressMark>) {
    return record("heartbeat " + name);
}
bool RecordingBackend::post(const std::string&, const std::string&, std::function<void()> work) {
    work();
    return true;
}

void RecordingBackend::migrate(const std::string&, std::span<const sdk::Migration>) {}

RegistrationHandle RecordingBackend::record(std::string what) {
    present.push_back(what);
    ++added;
    return undoneBy([this, what = std::move(what)]() noexcept { std::erase(present, what); });
}

}  // namespace linkup::daemon
