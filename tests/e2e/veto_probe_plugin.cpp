// Vetoes what it is told to, after all other handlers: for account_vetoes_test.

#include <linkup/sdk/plugin.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace linkup::veto_probe {

using sdk::Json;
using sdk::Schema;

/// Each event has a row, in the database, so that all nodes and commands know of a veto. `asked` counts the
/// calls that were not undone.
class VetoProbe final : public sdk::Plugin {
public:
    void configure(sdk::Config&) override {}

    void registerWith(sdk::Registrar& registrar, sdk::Host& host) override {
        host_ = &host;
        constexpr const char* kSchema =
            "CREATE TABLE veto_probe_events (name TEXT NOT NULL PRIMARY KEY, reason TEXT NOT NULL, "
            "asked BIGINT NOT NULL)";
        registrar.migrations({{1, "events", kSchema, kSchema}});
        for (const char* event :
             {"account.registered", "account.deleted", "profile.changed", "preferences.changed"}) {
            registrar.hook(event, 1000, [name = std::string(event)](sdk::Connection& connection, Json&) {
                const auto rows = connection.execute(
                    "UPDATE veto_probe_events SET asked = asked + 1 WHERE name = $1 RETURNING reason",
                    {name});
                if (rows.empty() || rows.text(0, 0).empty()) return sdk::HookVerdict::pass();
                return sdk::HookVerdict::refuse(rows.text(0, 0));
            });
        }

        registrar.route(
            route(sdk::Method::kPost, {{"event", Schema::string()}, {"reason", Schema::string()}}),
            [this](const sdk::Request& request) {
                return setReason(request.body["event"].asString(), request.body["reason"].asString());
            });
        registrar.route(
            route(sdk::Method::kGet, {{"event", Schema::string()}}),
            [this](const sdk::Request& request) { return asked(request.query["event"].asString()); });
    }

    void start() override {}
    void stop() noexcept override {}

private:
    static sdk::RouteSpec route(sdk::Method method, std::initializer_list<Schema::Field> fields) {
        sdk::RouteSpec spec{.method = method, .path = "/api/v1/veto-probe", .auth = sdk::Auth::kNone};
        if (method == sdk::Method::kGet) {
            spec.query = Schema::object(fields);
        } else {
            spec.body_kind = sdk::BodyKind::kJson;
            spec.body = Schema::object(fields);
        }
        return spec;
    }

    /// From now on; an empty reason lifts the veto.
    sdk::Response setReason(const std::string& event, const std::string& reason) {
        host_->database().transaction([&](sdk::Connection& connection) {
            connection.execute(
                "INSERT INTO veto_probe_events (name, reason, asked) VALUES ($1, $2, 0) "
                "ON CONFLICT (name) DO UPDATE SET reason = excluded.reason, asked = 0",
                {event, reason});
        });
        return sdk::Response::json(Json::object({}));
    }
    sdk::Response asked(const std::string& event) {
        const auto times = sdk::read(host_->database(), [&](sdk::Connection& connection) {
            return connection.execute("SELECT asked FROM veto_probe_events WHERE name = $1", {event})
                .integer(0, 0);
        });
        return sdk::Response::json(Json::object({{"asked", times}}));
    }

    sdk::Host* host_ = nullptr;
};

}  // namespace linkup::veto_probe

LINKUP_DECLARE_PLUGIN(linkup::veto_probe::VetoProbe, "veto_probe", "1.0.0", "auth>=1.0.0",
                      "Vetoes what it is told to")
