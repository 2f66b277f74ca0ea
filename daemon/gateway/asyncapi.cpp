#include "asyncapi.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "api_example.h"

namespace linkup::daemon {

namespace {

using sdk::Json;

Json reference(const std::string& where) {
    return Json::object({{"$ref", where}});
}

Json constant(std::string_view value) {
    return Json::object({{"const", Json(value)}});
}

/// "/api/v1/ws/chat" as a key of the document: "api_v1_ws_chat".
std::string keyOf(const std::string& path) {
    std::string key = path.substr(1);
    for (char& c : key) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    }
    return key;
}

/// The event's schema with the members that tell it from others.
Json payloadOf(const sdk::EventSpec& event) {
    Json schema = event.schema.toJsonSchema();
    Json properties = Json::object();
    Json required = Json::array();
    for (const auto& [name, value] : event.when) {
        properties.set(name, constant(value));
        required.push(Json(name));
    }
    if (const Json* own = schema.find("properties")) {
        for (const auto& [name, property] : own->members()) {
            if (!properties.contains(name)) properties.set(name, property);
        }
    }
    if (const Json* own = schema.find("required")) {
        for (const Json& name : own->items()) {
            const auto& known = required.items();
            if (std::find(known.begin(), known.end(), name) == known.end()) required.push(name);
        }
    }
    schema.set("properties", std::move(properties));
    if (required.size() > 0) schema.set("required", std::move(required));
    return schema;
}

Json messageOf(const sdk::EventSpec& event) {
    Json message = Json::object({{"name", event.name},
                                 {"summary", event.summary},
                                 {"contentType", "application/json"},
                                 {"payload", payloadOf(event)}});
    if (auto example = exampleOf(event.schema); example && example->isObject()) {
        Json whole = Json::object();
        for (const auto& [name, value] : event.when) whole.set(name, value);
        for (const auto& [name, value] : example->members()) {
            if (!whole.contains(name)) whole.set(name, value);
        }
        message.set("examples", Json::array({Json::object({{"payload", std::move(whole)}})}));
    }
    return message;
}

/// What the host sends on every socket.
Json hostMessages() {
    const Json text = Json::object({{"type", "string"}});
    const Json whole = Json::object({{"type", "integer"}});
    const auto message = [](const char* name, const char* summary, Json properties, Json required,
                            Json example) {
        return Json::object({{"name", name},
                             {"summary", summary},
                             {"contentType", "application/json"},
                             {"payload", Json::object({{"type", "object"},
                                                       {"properties", std::move(properties)},
                                                       {"required", std::move(required)}})},
                             {"examples", Json::array({Json::object({{"payload", std::move(example)}})})}});
    };
    return Json::object(
        {{"greeting", message("greeting", "The first frame of each socket", Json::object({{"message", text}}),
                              Json::array({"message"}), Json::object({{"message", "Connected."}}))},
         {"error", message("error", "What came cannot be taken; `detail` says why",
                           Json::object({{"type", constant("error")},
                                         {"code", text},
                                         {"detail", Json::object()},
                                         {"retry_after_ms", whole}}),
                           Json::array({"type", "code", "detail"}),
                           Json::object({{"type", "error"},
                                         {"code", "server_busy"},
                                         {"detail", "Server is busy. Please try again in a moment."},
                                         {"retry_after_ms", 1000}}))},
         {"draining",
          message(
              "draining",
              "The server goes down; close code 1001 follows, and the next connection finds another",
              Json::object(
                  {{"type", constant("server")}, {"event", constant("draining")}, {"retry_after_ms", whole}}),
              Json::array({"type", "event", "retry_after_ms"}),
              Json::object({{"type", "server"}, {"event", "draining"}, {"retry_after_ms", 5000}}))}});
}

Json operationOf(const char* action, const std::string& channel, std::string summary,
                 const std::vector<std::string>& messages) {
    Json list = Json::array();
    for (const std::string& name : messages)
        list.push(reference("#/channels/" + channel + "/messages/" + name));
    return Json::object({{"action", action},
                         {"channel", reference("#/channels/" + channel)},
                         {"summary", std::move(summary)},
                         {"security", Json::array({reference("#/components/securitySchemes/bearer")})},
                         {"messages", std::move(list)}});
}

Json bindings() {
    const Json token = Json::object(
        {{"type", "string"}, {"description", "The access token, for clients that can set no header"}});
    return Json::object(
        {{"ws", Json::object({{"method", "GET"},
                              {"query", Json::object({{"type", "object"},
                                                      {"properties", Json::object({{"token", token}})}})},
                              {"bindingVersion", "0.1.0"}})}});
}

}  // namespace

Json describeSockets(const std::string& title, const std::string& version,
                     const std::vector<DescribedSocket>& sockets) {
    Json channels = Json::object();
    Json operations = Json::object();
    const Json from_host = hostMessages();
    for (const DescribedSocket& socket : sockets) {
        const std::string key = keyOf(socket.spec.path);
        Json messages = Json::object();
        std::vector<std::string> received;
        for (const sdk::EventSpec& event : socket.spec.events) {
            // The host's own words keep their names.
            const std::string name = from_host.contains(event.name) ? "client_" + event.name : event.name;
            messages.set(name, messageOf(event));
            received.push_back(name);
        }
        std::vector<std::string> sent;
        for (const auto& [name, message] : from_host.members()) {
            messages.set(name, reference("#/components/messages/" + name));
            sent.push_back(name);
        }
        channels.set(key, Json::object({{"address", socket.spec.path},
                                        {"summary", socket.spec.summary},
                                        {"tags", Json::array({Json::object({{"name", socket.owner}})})},
                                        {"messages", std::move(messages)},
                                        {"bindings", bindings()}}));
        operations.set(key + "_receive", operationOf("receive", key, "What the server takes", received));
        operations.set(key + "_send", operationOf("send", key, "What the host itself sends", sent));
    }
    const Json bearer = Json::object({{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}});
    return Json::object({{"asyncapi", "3.0.0"},
                         {"info", Json::object({{"title", title}, {"version", version}})},
                         {"defaultContentType", "application/json"},
                         {"channels", std::move(channels)},
                         {"operations", std::move(operations)},
                         {"components", Json::object({{"securitySchemes", Json::object({{"bearer", bearer}})},
                                                      {"messages", from_host}})}});
}

}  // namespace linkup::daemon
