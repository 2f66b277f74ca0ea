#pragma once

#include <linkup/sdk/metrics.h>
#include <linkup/sdk/registrar.h>

#include "hello_service.h"

namespace hello {

/// Answers on /api/v1/ws/hello. Belongs to the path, not to a connection: it keeps nothing of one.
class HelloSockets final : public linkup::sdk::SocketHandler {
public:
    HelloSockets(HelloService& service, linkup::sdk::Counter& greetings)
        : service_(service), greetings_(greetings) {}

    void registerWith(linkup::sdk::Registrar& registrar);

    void onOpen(const std::shared_ptr<linkup::sdk::SocketSession>& session) override;
    void onEvent(const std::shared_ptr<linkup::sdk::SocketSession>& session, const std::string& event,
                 const linkup::sdk::Json& body) override;
    void onClose(const std::shared_ptr<linkup::sdk::SocketSession>& session, std::uint16_t code) override;

private:
    HelloService& service_;
    linkup::sdk::Counter& greetings_;
};

}  // namespace hello
