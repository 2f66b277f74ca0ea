#pragma once

#include <linkup/sdk/plugin.h>
#include <linkup/sdk/services/authenticator.h>
#include <linkup/sdk/services/candidates.h>
#include <linkup/sdk/services/profiles.h>
#include <linkup/sdk/testing/fake_config.h>
#include <linkup/sdk/testing/fake_host.h>
#include <linkup/sdk/testing/fake_registrar.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "daemon/services/database.h"
#include "tests/support/temporary_folder.h"

namespace linkup::test {

enum class AuthBackend { kSqlite, kPostgresql };

/// Hooks that several threads may run at once.
class LockedHooks : public sdk::Hooks {
public:
    explicit LockedHooks(sdk::Hooks& hooks) : hooks_(hooks) {}
    sdk::HookVerdict run(std::string_view event, sdk::Connection& connection, sdk::Json& payload) override {
        const std::lock_guard lock(mutex_);
        return hooks_.run(event, connection, payload);
    }
    bool handled(std::string_view event) const noexcept override { return hooks_.handled(event); }

private:
    std::mutex mutex_;
    sdk::Hooks& hooks_;
};

class AuthHost : public sdk::testing::FakeHost {
public:
    using FakeHost::FakeHost;
    sdk::Hooks& hooks() noexcept override { return locked_; }

private:
    LockedHooks locked_{fake_hooks};
};

/// A database that is away when the test says so.
class SwitchedDatabase : public sdk::Database {
public:
    explicit SwitchedDatabase(sdk::Database& database) : database_(database) {}
    void setAway(bool away) { away_ = away; }
    void read(const std::function<void(sdk::Connection&)>& work) override { here().read(work); }
    void transaction(const std::function<void(sdk::Connection&)>& work) override { here().transaction(work); }
    sdk::Dialect dialect() const noexcept override { return database_.dialect(); }

private:
    sdk::Database& here() {
        if (away_) throw sdk::Error(sdk::ErrorCode::kUnavailable, "away");
        return database_;
    }

    sdk::Database& database_;
    std::atomic<bool> away_{false};
};

/// An empty database with the schema of plugin auth.
class AuthDatabase {
public:
    explicit AuthDatabase(AuthBackend backend);
    daemon::PooledDatabase& operator*() { return *database_; }
    std::int64_t number(std::string_view sql);

private:
    TemporaryFolder folder_;
    sdk::testing::RecordingLog log_;
    std::unique_ptr<daemon::PooledDatabase> database_;
};

/// Someone who has signed up.
struct Citizen {
    std::string email;
    std::string access_token;
    std::string refresh_token;
    sdk::UserId id = 0;
};

/// The whole plugin, started, on a real database, with fakes of all else.
class AuthTown {
public:
    using Options = std::map<std::string, std::string>;
    static constexpr const char* kPassword = "Passw0rd!";
    static constexpr const char* kAddress = "203.0.113.7";

    explicit AuthTown(AuthBackend backend, Options options = {});
    ~AuthTown();

    /// For the next start.
    void setOption(const std::string& key, const std::string& value) { options_[key] = value; }
    /// Ends the plugin and starts a new one on the same database.
    void restart();

    /// Calls a route as the gateway does, as the bearer of `token` unless that is empty.
    sdk::Json get(const std::string& path, const std::string& token = {}, sdk::Json parameters = {},
                  sdk::Json query = {});
    sdk::Json post(const std::string& path, sdk::Json body, const std::string& token = {},
                   const std::string& address = kAddress);

    sdk::Json erase(const std::string& path, const std::string& token);

    void sendCode(const std::string& email, const std::string& address = kAddress);
    /// The code in the newest mail.
    int newestCode();
    /// Verifies an address; returns the e-mail token.
    std::string prove(const std::string& email, const std::string& subject = "email_verification");
    Citizen signUp(const std::string& email);
    Citizen logIn(const std::string& email, const std::string& password = kPassword,
                  const std::string& address = kAddress);
    /// Someone with a profile, too.
    Citizen settle(const std::string& email, const std::string& gender = "Female");
    static sdk::Json profileBody(const std::string& gender = "Female");

    sdk::Authenticator& authenticator();
    sdk::Profiles& profiles();
    sdk::Candidates& candidates();
    sdk::testing::FakeRegistrar& registrar() { return registrar_; }
    AuthHost& host() { return *host_; }
    daemon::PooledDatabase& database() { return *database_; }
    /// Whether the plugin, though not the test, finds the database away.
    void setDatabaseAway(bool away) { switched_.setAway(away); }
    std::int64_t number(std::string_view sql) { return database_.number(sql); }

private:
    sdk::Json call(sdk::Method method, const std::string& path, sdk::Request request,
                   const std::string& token);

    void startPlugin();

    Options options_;
    AuthDatabase database_;
    SwitchedDatabase switched_{*database_};
    std::unique_ptr<AuthHost> host_;
    std::unique_ptr<sdk::Plugin> plugin_;
    sdk::testing::FakeRegistrar registrar_;
};

/// The sdk::Error that `call` throws. Errors: std::logic_error if it throws none.
template <class Call>
sdk::Error errorOf(Call&& call) {
    try {
        call();
    } catch (const sdk::Error& error) {
        return error;
    }
    throw std::logic_error("no sdk::Error was thrown");
}

}  // namespace linkup::test
