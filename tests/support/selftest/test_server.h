#pragma once

#include <Poco/Net/HTTPServer.h>

#include <string>

namespace linkup::test {

/// An HTTP and WebSocket server for the clients' own tests, by Poco:
///   /echo    answers a JSON object: method, path, type, authorization, client (its address), body
///   /refuse  answers 403 {"detail": "no"} to all
///   /socket  a WebSocket that echoes text; `close N` closes with code N, `ping` pings and tells what came
///   back,
///            `fragments` sends "one two" in two frames, `drop` ends without a close frame
class TestServer {
public:
    TestServer();
    ~TestServer();

    std::string url() const;

private:
    Poco::Net::HTTPServer server_;
};

}  // namespace linkup::test
