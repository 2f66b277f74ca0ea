#pragma once

#include <cstdint>
#include <string>

#include <linkup/sdk/database.h>

namespace hello {

/// The names that were greeted. An interface, so that the service's tests can do without a database.
class GreetingStore {
public:
    virtual ~GreetingStore() = default;
    /// Counts one more greeting of `name`, and returns how many there have been.
    virtual std::int64_t count(const std::string& name, linkup::sdk::Time now) = 0;
    /// Removes names last greeted before `time`; returns how many.
    virtual std::size_t removeBefore(linkup::sdk::Time time) = 0;
};

/// In the table `hello_greetings`.
class SqlGreetingStore final : public GreetingStore {
public:
    explicit SqlGreetingStore(linkup::sdk::Database& database) : database_(database) {}
    std::int64_t count(const std::string& name, linkup::sdk::Time now) override;
    std::size_t removeBefore(linkup::sdk::Time time) override;

private:
    linkup::sdk::Database& database_;
};

}  // namespace hello
