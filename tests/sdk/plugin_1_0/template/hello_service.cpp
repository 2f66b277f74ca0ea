#include "hello_service.h"

#include <utility>

namespace hello {

HelloService::HelloService(HelloOptions options, GreetingStore& store, linkup::sdk::Clock& clock)
    : options_(std::move(options)), store_(store), clock_(clock) {}

std::string HelloService::message(const std::string& name) const {
    return options_.greeting + ", " + name + "!";
}

HelloService::Greeting HelloService::greet(const std::string& name) {
    return {message(name), store_.count(name, clock_.now())};
}

std::size_t HelloService::forget() {
    return store_.removeBefore(clock_.now() - options_.forget_after);
}

}  // namespace hello
