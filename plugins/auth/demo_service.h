#pragma once

#include <linkup/sdk/host.h>

#include "password_service.h"

namespace linkup::auth {

/// Makes people to meet, for development: demo1@example.com, demo2@…, odd ones Male, even ones Female, each
/// interested in the other. Those that are there already stay as they are. One password hash serves all, so
/// that it is quick.
class DemoService {
public:
    DemoService(sdk::Host& host, const PasswordService& passwords);
    void fill(int count);

private:
    void fillBatch(sdk::Connection& connection, int first, int last, const std::string& password_hash);

    sdk::Host& host_;
    const PasswordService& passwords_;
};

}  // namespace linkup::auth
