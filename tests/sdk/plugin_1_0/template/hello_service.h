#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <linkup/sdk/clock.h>

#include "hello_store.h"

namespace hello {

struct HelloOptions {
    std::string greeting = "Hello";
    std::chrono::seconds forget_after{86'400};
};

/// What this plugin is about.
///
/// Threading: any thread.   Lifetime: what it is given outlives it.
class HelloService {
public:
    HelloService(HelloOptions options, GreetingStore& store, linkup::sdk::Clock& clock);

    struct Greeting {
        std::string message;
        std::int64_t times = 0;
    };

    /// "Hello, Ada!"
    std::string message(const std::string& name) const;
    /// The same, counted.
    Greeting greet(const std::string& name);
    /// Forgets names that nobody has greeted for long; returns how many.
    std::size_t forget();

private:
    const HelloOptions options_;
    GreetingStore& store_;
    linkup::sdk::Clock& clock_;
};

}  // namespace hello
