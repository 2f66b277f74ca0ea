#pragma once

#include <string_view>

#include "daemon/services/database.h"

namespace linkup::daemon {

/// Stands where the database would, when nothing is to be opened: each call is refused.
class OfflineDatabase final : public PooledDatabase {
public:
    /// Errors: sdk::Error{kInvalidArgument} for a URL of neither database.
    explicit OfflineDatabase(std::string_view url);

    void read(const std::function<void(sdk::Connection&)>& work) override;
    void transaction(const std::function<void(sdk::Connection&)>& work) override;
    sdk::Dialect dialect() const noexcept override { return dialect_; }
    void script(const std::function<void(ScriptConnection&)>& work) override;
    void ping() override;
    DatabaseStatistics statistics() const override { return {}; }

private:
    sdk::Dialect dialect_;
};

}  // namespace linkup::daemon
