#include "hello_sockets.h"

#include <utility>

#include "hello_endpoints.h"

namespace hello {

using namespace linkup;

void HelloSockets::registerWith(sdk::Registrar& registrar) {
    sdk::SocketSpec spec;
    spec.path = "/api/v1/ws/hello";
    spec.greeting = "Connected to hello websocket.";
    spec.summary = "Greets and counts.";
    spec.events = {{.name = "hello",
                    .when = {{"type", "hello"}},
                    .schema = sdk::Schema::object({{"name", nameSchema()}}),
                    .summary = "Asks for a greeting."}};
    registrar.socket(std::move(spec), *this);
}

void HelloSockets::onOpen(const std::shared_ptr<sdk::SocketSession>&) {}

// Runs on a worker thread, so it may wait for the database. Events of one socket come one at a time.
void HelloSockets::onEvent(const std::shared_ptr<sdk::SocketSession>& session, const std::string&,
                           const sdk::Json& body) {
    const HelloService::Greeting greeting = service_.greet(body["name"].asString());
    greetings_.add();
    session->send(
        sdk::Json::object({{"type", "hello"}, {"message", greeting.message}, {"times", greeting.times}})
            .dump());
}

void HelloSockets::onClose(const std::shared_ptr<sdk::SocketSession>&, std::uint16_t) {}

}  // namespace hello
