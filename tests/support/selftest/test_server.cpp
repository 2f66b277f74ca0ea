#include "test_server.h"

#include <Poco/Buffer.h>
#include <Poco/JSON/Object.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/WebSocket.h>

#include <iterator>
#include <sstream>

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;
using Poco::Net::WebSocket;

namespace linkup::test {
namespace {

constexpr int kLastFrame = WebSocket::FRAME_FLAG_FIN;

class Echo : public Poco::Net::HTTPRequestHandler {
public:
    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        Poco::JSON::Object answer;
        answer.set("method", request.getMethod());
        answer.set("path", request.getURI());
        answer.set("type", request.getContentType());
        answer.set("authorization", request.get("Authorization", ""));
        answer.set("client", request.clientAddress().toString());
        answer.set("body", std::string(std::istreambuf_iterator<char>(request.stream()), {}));
        std::ostringstream text;
        answer.stringify(text);
        response.set("X-Probe", "yes");
        response.sendBuffer(text.str().data(), text.str().size());
    }
};

class Refuse : public Poco::Net::HTTPRequestHandler {
public:
    void handleRequest(HTTPServerRequest&, HTTPServerResponse& response) override {
        response.setStatusAndReason(HTTPServerResponse::HTTP_FORBIDDEN);
        response.sendBuffer(R"({"detail": "no"})", 16);
    }
};

class Socket : public Poco::Net::HTTPRequestHandler {
public:
    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        WebSocket socket(request, response);
        const std::string greeting = request.getURI() + " " + request.get("Authorization", "-");
        socket.sendFrame(greeting.data(), static_cast<int>(greeting.size()));
        try {
            while (serve(socket)) {
            }
        } catch (const Poco::Net::NetException&) {
            return;  // the client is gone
        }
    }

private:
    static bool serve(WebSocket& socket) {
        Poco::Buffer<char> buffer(0);
        int flags = 0;
        const int size = socket.receiveFrame(buffer, flags);
        const std::string text(buffer.begin(), buffer.size());
        const int opcode = flags & WebSocket::FRAME_OP_BITMASK;
        if (opcode == WebSocket::FRAME_OP_PONG) {
            send(socket, "pong " + text, WebSocket::FRAME_TEXT);
            return true;
        }
        if (opcode == WebSocket::FRAME_OP_CLOSE || (size <= 0 && flags == 0) || text == "drop") return false;
        if (text.starts_with("close ")) {
            socket.shutdown(static_cast<Poco::UInt16>(std::stoi(text.substr(6))), "as told");
        } else if (text == "ping") {
            send(socket, "hey", kLastFrame | WebSocket::FRAME_OP_PING);
        } else if (text == "fragments") {
            send(socket, "one ", WebSocket::FRAME_OP_TEXT);
            send(socket, "in between", kLastFrame | WebSocket::FRAME_OP_PING);
            send(socket, "two", kLastFrame | WebSocket::FRAME_OP_CONT);
        } else {
            send(socket, text, flags);
        }
        return true;
    }

    static void send(WebSocket& socket, const std::string& text, int flags) {
        socket.sendFrame(text.data(), static_cast<int>(text.size()), flags);
    }
};

class Factory : public Poco::Net::HTTPRequestHandlerFactory {
public:
    Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest& request) override {
        if (request.getURI().starts_with("/socket")) return new Socket;
        if (request.getURI().starts_with("/refuse")) return new Refuse;
        return new Echo;
    }
};

}  // namespace

TestServer::TestServer()
    : server_(new Factory, Poco::Net::ServerSocket(Poco::Net::SocketAddress("127.0.0.1", 0)),
              new Poco::Net::HTTPServerParams) {
    server_.start();
}

TestServer::~TestServer() {
    server_.stopAll(true);
}

std::string TestServer::url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
}

}  // namespace linkup::test
