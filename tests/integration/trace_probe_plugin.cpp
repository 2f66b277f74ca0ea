// Writes a line to the log wherever a request may lead: for trace_test.

#include <linkup/sdk/plugin.h>

#include <chrono>
#include <memory>
#include <utility>

namespace linkup::trace_probe {

class TraceProbe final : public sdk::Plugin {
public:
    void configure(sdk::Config&) override {}

    void registerWith(sdk::Registrar& registrar, sdk::Host& host) override {
        host_ = &host;
        sdk::RouteSpec ask{
            .method = sdk::Method::kGet, .path = "/api/v1/trace-probe", .auth = sdk::Auth::kNone};
        registrar.route(std::move(ask), [this](const sdk::Request&) { return asked(); });
        registrar.hook("trace_probe.asked", 0, [this](sdk::Connection&, sdk::Json&) {
            host_->log().info("probe hook");
            return sdk::HookVerdict::pass();
        });
        sdk::HookSpec budgeted{
            .event = "trace_probe.asked", .priority = 1, .budget = std::chrono::seconds(10)};
        registrar.hook(std::move(budgeted), [this](sdk::Connection&, sdk::Json&) {
            host_->log().info("probe hook with a budget");
            return sdk::HookVerdict::pass();
        });
        registrar.hook("message.sending", 0, [this](sdk::Connection&, sdk::Json&) {
            host_->log().info("probe message");
            return sdk::HookVerdict::pass();
        });
    }

    void start() override {
        subscription_ = host_->bus().subscribe(
            "asked", [this](std::string_view) { host_->log().info("probe bus"); }, [] {});
    }
    void stop() noexcept override { subscription_.reset(); }

private:
    sdk::Response asked() {
        host_->log().info("probe route");
        const bool posted = host_->workers().post("requests", [this] { host_->log().info("probe worker"); });
        host_->database().transaction([this](sdk::Connection& connection) {
            sdk::Json payload = sdk::Json::object();
            host_->hooks().run("trace_probe.asked", connection, payload);
            connection.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
                "SELECT count(*) FROM n");
            connection.afterCommit([this] { host_->bus().publish("asked", "x"); });
        });
        return sdk::Response::json(sdk::Json::object({{"posted", posted}}));
    }

    sdk::Host* host_ = nullptr;
    std::unique_ptr<sdk::Subscription> subscription_;
};

}  // namespace linkup::trace_probe

LINKUP_DECLARE_PLUGIN(linkup::trace_probe::TraceProbe, "trace_probe", "1.0.0", "chat>=1.0.0",
                      "Shows where a request leads")
