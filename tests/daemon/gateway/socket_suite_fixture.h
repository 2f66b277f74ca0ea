#pragma once

#include <cppunit/TestFixture.h>

#include <memory>
#include <string>

#include "gateway_fixture.h"

namespace linkup::test {

/// A suite against a gateway of its own with the socket /ws/say, whose handler records.
class SocketSuite : public CppUnit::TestFixture {
public:
    using Session = SocketRecorder::Session;

    void setUp() override {
        server_ = std::make_unique<TestGateway>();
        server_->socket(saySocket(), recorder_);
    }
    void tearDown() override { server_.reset(); }

protected:
    SocketClient connect(int user = 1) {
        return {server_->url(), "/ws/say", {"good-" + std::to_string(user), "", {}}};
    }

    SocketRecorder recorder_;
    std::unique_ptr<TestGateway> server_;
};

}  // namespace linkup::test
