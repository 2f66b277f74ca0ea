#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "linkup/sdk/registrar.h"
#include "linkup/sdk/testing/fake_heartbeat.h"

namespace linkup::sdk::testing {

/// Keeps what a plugin registers, for the test to look at and to call.
///
/// Threading: one thread.   Errors: Error{kConflict} for a second route, socket or task of the same name,
/// Error{kInvalidArgument} for the importance of what is not registered.
/// Since: ABI 1.0.
class FakeRegistrar : public Registrar {
public:
    /// What route() or batchRoute() was given.
    struct Route {
        RouteSpec spec;            ///< as given
        HttpHandler handler;       ///< as given; of batchRoute: one that hands on each request alone
        int most = 1;              ///< as given
        HttpBatchHandler batch{};  ///< as given
    };
    /// What socket() was given.
    struct Socket {
        SocketSpec spec;                   ///< as given
        SocketHandler* handler = nullptr;  ///< the plugin's
    };
    /// What hook() was given.
    struct Hook {
        std::string event;               ///< the event
        int priority = 0;                ///< as given, or of `spec`
        HookHandler handler;             ///< as given
        std::optional<HookSpec> spec{};  ///< unless registered without one
    };

    /// What importance() was given.
    struct Given {
        std::string what;       ///< "POST /path", or "/path event"
        Importance importance;  ///< as given
    };

    std::vector<Route> routes;                                     ///< in the order of registration
    std::vector<Socket> sockets;                                   ///< in the order of registration
    std::vector<TaskSpec> tasks;                                   ///< in the order of registration
    std::vector<Hook> hooks;                                       ///< in the order of registration
    std::vector<PoolSpec> pools;                                   ///< in the order of registration
    std::vector<Given> importances;                                ///< in the order of registration
    std::vector<std::string> prompts;                              ///< "/path event", as given to prompt()
    std::vector<Migration> schema;                                 ///< what migrations() was given
    std::map<std::string, void*, std::less<>> services;            ///< by their names
    std::function<void(int)> fill_demo;                            ///< what demo() was given
    std::map<std::string, FakeHeartbeat, std::less<>> heartbeats;  ///< by their names

    using Registrar::provide;
    void route(RouteSpec spec, HttpHandler handler) override {
        if (find(spec.method, spec.path) != nullptr) conflict(spec.path);
        routes.push_back({std::move(spec), std::move(handler)});
    }
    void batchRoute(RouteSpec spec, int most, HttpBatchHandler handler) override {
        if (find(spec.method, spec.path) != nullptr) conflict(spec.path);
        const auto alone = [handler](const Request& request) {
            std::vector<PendingRequest> pending{{request}};
            handler(pending);
            if (pending.front().error) throw Error(*pending.front().error);
            return pending.front().response.value();
        };
        routes.push_back({std::move(spec), alone, most, std::move(handler)});
    }
    void socket(SocketSpec spec, SocketHandler& handler) override {
        for (const Socket& other : sockets) {
            if (other.spec.path == spec.path) conflict(spec.path);
        }
        sockets.push_back({std::move(spec), &handler});
    }
    void task(TaskSpec spec) override {
        for (const TaskSpec& other : tasks) {
            if (other.name == spec.name) conflict(spec.name);
        }
        tasks.push_back(std::move(spec));
    }
    void hook(std::string_view event, int priority, HookHandler handler) override {
        hooks.push_back({std::string(event), priority, std::move(handler)});
    }
    void hook(HookSpec spec, HookHandler handler) override {
        hooks.push_back({spec.event, spec.priority, std::move(handler), spec});
    }
    void pool(PoolSpec spec) override { pools.push_back(std::move(spec)); }
    void migrations(std::vector<Migration> migrations) override { schema = std::move(migrations); }
    void provide(std::string_view interface_name, void* service) override {
        if (!services.emplace(interface_name, service).second) conflict(std::string(interface_name));
    }
    void demo(std::function<void(int count)> fill) override { fill_demo = std::move(fill); }
    Heartbeat& heartbeat(std::string_view name) override { return heartbeats[std::string(name)]; }

    void importance(Method method, std::string_view path, Importance importance) override {
        if (find(method, path) == nullptr) unknown(path);
        importances.push_back({std::string(toString(method)) + " " + std::string(path), importance});
    }
    void importance(std::string_view path, std::string_view event, Importance importance) override {
        mustKnow(path, event);
        importances.push_back({std::string(path) + " " + std::string(event), importance});
    }
    void prompt(std::string_view path, std::string_view event) override {
        mustKnow(path, event);
        prompts.push_back(std::string(path) + " " + std::string(event));
    }

    /// The route, or null.
    const Route* find(Method method, std::string_view path) const {
        for (const Route& route : routes) {
            if (route.spec.method == method && route.spec.path == path) return &route;
        }
        return nullptr;
    }

    /// Checks parameters, query and body as the gateway does, then calls the handler.
    /// Throws what the handler throws, Error{kUnprocessable} for faults, Error{kNotFound} if there is no such
    /// route.
    Response call(Method method, std::string_view path, Request request = {}) const {
        const Route* found = find(method, path);
        if (found == nullptr) throw Error(ErrorCode::kNotFound, "Not Found");
        std::vector<Fault> faults;
        coerce(found->spec.parameters, {"path"}, Source::kText, request.parameters, faults);
        coerce(found->spec.query, {"query"}, Source::kText, request.query, faults);
        for (const UploadedFile& file : request.files) request.body.set(file.field, "file");
        const Source source = found->spec.body_kind == BodyKind::kForm ? Source::kText : Source::kJson;
        coerce(found->spec.body, {"body"}, source, request.body, faults);
        if (!faults.empty()) throw unprocessable(faults);
        request.method = method;
        return found->handler(request);
    }

private:
    void mustKnow(std::string_view path, std::string_view event) const {
        for (const Socket& socket : sockets) {
            if (socket.spec.path != path) continue;
            for (const EventSpec& known : socket.spec.events) {
                if (known.name == event) return;
            }
        }
        unknown(path);
    }
    static void coerce(const std::optional<Schema>& schema, const Json::Array& loc, Source source,
                       Json& value, std::vector<Fault>& faults) {
        if (!schema) return;
        Checked checked = schema->check(value, loc, source);
        value = std::move(checked.value);
        faults.insert(faults.end(), checked.faults.begin(), checked.faults.end());
    }
    [[noreturn]] static void unknown(std::string_view what) {
        throw Error(ErrorCode::kInvalidArgument, std::string(what) + " is not registered");
    }
    [[noreturn]] static void conflict(const std::string& what) {
        throw Error(ErrorCode::kConflict, what + " is registered twice");
    }
};

}  // namespace linkup::sdk::testing
