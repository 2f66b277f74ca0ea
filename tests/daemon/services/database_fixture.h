#pragma once

#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/services/database.h"
#include "tests/support/private_postgres.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

namespace linkup::test {

/// Keeps what was logged, as "text key=value …".
class RecordingLog final : public sdk::Log {
public:
    bool enabled(sdk::LogLevel) const noexcept override { return true; }
    void write(sdk::LogLevel level, std::string_view text, Fields fields) noexcept override;
    bool contains(std::string_view part) const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

/// Where a test's database comes from: each call of `newUrl` names an empty one.
class DatabaseSource {
public:
    virtual ~DatabaseSource() = default;
    virtual std::string newUrl() = 0;
};

/// A file in a folder of its own.
class SqliteSource final : public DatabaseSource {
public:
    std::string newUrl() override { return "sqlite:" + (folder_ / "linkup.db").string(); }

private:
    TemporaryFolder folder_;
};

/// A database of its own on the server that all tests of the program share.
class PostgresqlSource final : public DatabaseSource {
public:
    std::string newUrl() override { return PrivatePostgres::shared().createDatabase(); }
};

/// Settings for tests: few sessions, short waits.
daemon::DatabaseSettings settingsFor(const std::string& url);

/// The code of the Error that `call` throws. Errors: std::logic_error if it throws none.
template <class Call>
sdk::ErrorCode codeOf(Call&& call) {
    try {
        call();
    } catch (const sdk::Error& error) {
        return error.code();
    }
    throw std::logic_error("no sdk::Error was thrown");
}

}  // namespace linkup::test
