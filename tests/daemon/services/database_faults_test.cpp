// What happens to Database when the server, the connection or the other process fails.

#include <cppunit/extensions/HelperMacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include "database_fixture.h"
#include "tests/support/tcp_proxy.h"

using namespace linkup;
using namespace linkup::test;
using namespace std::chrono_literals;
using sdk::Connection;
using sdk::ErrorCode;

namespace {

using Steady = std::chrono::steady_clock;

void script(daemon::PooledDatabase& database, const std::string& text) {
    database.script([&](daemon::ScriptConnection& connection) { connection.runScript(text); });
}

std::int64_t count(daemon::PooledDatabase& database) {
    return sdk::read(database,
                     [](Connection& c) { return c.execute("SELECT count(*) FROM v").integer(0, 0); });
}

void insert(daemon::PooledDatabase& database, std::int64_t id) {
    database.transaction([&](Connection& c) { c.execute("INSERT INTO v (id) VALUES ($1)", {id}); });
}

bool works(daemon::PooledDatabase& database) {
    try {
        database.ping();
        return true;
    } catch (const sdk::Error&) {
        return false;
    }
}

std::ptrdiff_t openFiles() {
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return std::distance(begin(files), end(files));
}

class PostgresqlFaultsTest final : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PostgresqlFaultsTest);
    CPPUNIT_TEST(urlThatIsNoneIsRefused);
    CPPUNIT_TEST(serverAwayAtTheStartIsAClearError);
    CPPUNIT_TEST(serverAwayRefusesCallsFastAndComesBackByItself);
    CPPUNIT_TEST(serverThatHangsIsAwayInTimeAndComesBackByItself);
    CPPUNIT_TEST(commitThatIsNotAnsweredIsInDoubtInTime);
    CPPUNIT_TEST(restartBetweenCallsIsNotNoticed);
    CPPUNIT_TEST(restartUnderLoadLosesNothingThatWasAcknowledged);
    CPPUNIT_TEST(connectionCutInATransactionStoresNothing);
    CPPUNIT_TEST(serverKilledInATransactionStoresNothingOfItAndAllBefore);
    CPPUNIT_TEST(sessionThatCannotConnectLeavesTheOthersInUse);
    CPPUNIT_TEST(cutConnectionsLeaveNoFilesOpen);
    CPPUNIT_TEST(databaseCanBeClosedWhileTheServerIsAway);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        PostgresOptions options;
        options.fsync = true;
        server_ = std::make_unique<PrivatePostgres>(options);
        settings_ = settingsFor(server_->url());
        database_ = daemon::openDatabase(settings_, log_);
        script(*database_, "CREATE TABLE v (id BIGINT PRIMARY KEY)");
    }

    void tearDown() override {
        database_.reset();
        server_.reset();
    }

private:
    void urlThatIsNoneIsRefused() {
        auto no_sessions = settings_;
        no_sessions.sessions = 0;
        CPPUNIT_ASSERT(codeOf([&] { daemon::openDatabase(no_sessions, log_); }) ==
                       ErrorCode::kInvalidArgument);
        for (const auto* url : {"", "sqlite:", "mysql://x", "postgresql://[broken"}) {
            CPPUNIT_ASSERT(codeOf([&] { daemon::openDatabase(settingsFor(url), log_); }) ==
                           ErrorCode::kInvalidArgument);
        }
    }

    void serverAwayAtTheStartIsAClearError() {
        server_->stop();
        auto settings = settings_;
        const auto at = settings.url.find('@');
        settings.url.insert(at, ":opensesame");
        CPPUNIT_ASSERT(codeOf([&] { daemon::openDatabase(settings, log_); }) == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT(log_.contains("cannot connect to PostgreSQL"));
        CPPUNIT_ASSERT(log_.contains("refused"));
        CPPUNIT_ASSERT(!log_.contains("opensesame"));
    }

    void serverAwayRefusesCallsFastAndComesBackByItself() {
        server_->stop();
        const auto start = Steady::now();
        for (int i = 0; i < 100; ++i) {
            CPPUNIT_ASSERT(codeOf([&] { database_->ping(); }) == ErrorCode::kUnavailable);
            CPPUNIT_ASSERT(codeOf([&] { insert(*database_, i); }) == ErrorCode::kUnavailable);
        }
        CPPUNIT_ASSERT(Steady::now() - start < 10s);  // waiting would take ten minutes
        CPPUNIT_ASSERT(log_.contains("database is away"));
        server_->start();
        CPPUNIT_ASSERT(waitFor([&] { return works(*database_); }));
        insert(*database_, 1);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count(*database_));
        CPPUNIT_ASSERT(log_.contains("database is back"));
    }

    void serverThatHangsIsAwayInTimeAndComesBackByItself() {
        TcpProxy proxy(server_->port());
        const auto database = daemon::openDatabase(hanging(proxy), log_);
        insert(*database, 1);
        proxy.freeze(true);
        const auto start = Steady::now();
        CPPUNIT_ASSERT(codeOf([&] { database->ping(); }) == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT(Steady::now() - start < 5s);
        CPPUNIT_ASSERT(codeOf([&] { insert(*database, 2); }) == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT(Steady::now() - start < 20s);
        CPPUNIT_ASSERT(log_.contains("database does not answer"));
        proxy.freeze(false);
        CPPUNIT_ASSERT(waitFor([&] { return works(*database); }));
        insert(*database, 3);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, count(*database_));
    }

    void commitThatIsNotAnsweredIsInDoubtInTime() {
        TcpProxy proxy(server_->port());
        const auto database = daemon::openDatabase(hanging(proxy), log_);
        const auto start = Steady::now();
        CPPUNIT_ASSERT(codeOf([&] {
                           database->transaction([&](Connection& c) {
                               c.execute("INSERT INTO v (id) VALUES (1)");
                               proxy.freeze(true);
                           });
                       }) == ErrorCode::kInDoubt);
        CPPUNIT_ASSERT(Steady::now() - start < 25s);
        proxy.freeze(false);
        CPPUNIT_ASSERT(waitFor([&] { return works(*database); }));
    }

    void restartBetweenCallsIsNotNoticed() {
        insert(*database_, 1);
        server_->stop();
        server_->start();
        insert(*database_, 2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, count(*database_));
    }

    void restartUnderLoadLosesNothingThatWasAcknowledged() {
        std::atomic<bool> stop{false};
        std::atomic<std::int64_t> next{0};
        std::mutex mutex;
        std::set<std::int64_t> acknowledged;
        std::atomic<int> failed{0};
        std::atomic<int> unexpected{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                while (!stop) {
                    const std::int64_t id = ++next;
                    try {
                        insert(*database_, id);
                        const std::lock_guard lock(mutex);
                        acknowledged.insert(id);
                    } catch (const sdk::Error& error) {
                        ++failed;
                        const bool expected =
                            error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kInDoubt;
                        if (!expected) ++unexpected;
                        std::this_thread::sleep_for(1ms);
                    }
                }
            });
        }
        const auto acknowledgedNow = [&] {
            const std::lock_guard lock(mutex);
            return acknowledged.size();
        };
        bool recovered = true;
        for (int round = 0; round < 2; ++round) {
            const auto before = acknowledgedNow();
            recovered = recovered && waitFor([&] { return acknowledgedNow() > before + 20; });
            const int failed_before = failed;
            round == 0 ? server_->stop() : server_->kill();
            recovered = recovered && waitFor([&] { return failed > failed_before + 4; });
            server_->start();
            const auto down = acknowledgedNow();
            recovered = recovered && waitFor([&] { return acknowledgedNow() > down + 20; });
        }
        stop = true;
        for (auto& thread : threads) thread.join();
        CPPUNIT_ASSERT(recovered);
        CPPUNIT_ASSERT_EQUAL(0, unexpected.load());
        const auto stored =
            sdk::read(*database_, [](Connection& c) { return c.execute("SELECT id FROM v"); });
        std::set<std::int64_t> found;
        for (std::size_t i = 0; i < stored.size(); ++i) found.insert(stored.integer(i, 0));
        for (const std::int64_t id : acknowledged) CPPUNIT_ASSERT(found.contains(id));
    }

    void connectionCutInATransactionStoresNothing() {
        bool ran = false;
        const ErrorCode code = codeOf([&] {
            database_->transaction([&](Connection& c) {
                c.afterCommit([&] { ran = true; });
                c.execute("INSERT INTO v (id) VALUES (1)");
                c.execute("SELECT pg_terminate_backend(pg_backend_pid())");
            });
        });
        CPPUNIT_ASSERT(code == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT(!ran);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, count(*database_));
    }

    void serverKilledInATransactionStoresNothingOfItAndAllBefore() {
        insert(*database_, 1);
        const ErrorCode code = codeOf([&] {
            database_->transaction([&](Connection& c) {
                c.execute("INSERT INTO v (id) VALUES (2)");
                server_->kill();
                c.execute("INSERT INTO v (id) VALUES (3)");
            });
        });
        CPPUNIT_ASSERT(code == ErrorCode::kUnavailable);
        server_->start();
        CPPUNIT_ASSERT(waitFor([&] { return works(*database_); }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count(*database_));
    }

    void sessionThatCannotConnectLeavesTheOthersInUse() {
        script(*database_, "CREATE ROLE limited LOGIN CONNECTION LIMIT 1");
        auto settings = settings_;
        settings.url.replace(settings.url.find("postgres@"), 9, "limited@");
        const auto limited = daemon::openDatabase(settings, log_);
        limited->read([&](Connection&) {
            CPPUNIT_ASSERT(codeOf([&] { limited->ping(); }) == ErrorCode::kUnavailable);
        });
        for (int i = 0; i < 10; ++i) limited->ping();
    }

    void cutConnectionsLeaveNoFilesOpen() {
        database_->ping();
        const auto before = openFiles();
        for (int i = 0; i < 10; ++i) {
            CPPUNIT_ASSERT(codeOf([&] {
                               database_->read([](Connection& c) {
                                   c.execute("SELECT pg_terminate_backend(pg_backend_pid())");
                               });
                           }) == ErrorCode::kUnavailable);
            database_->ping();
        }
        CPPUNIT_ASSERT_EQUAL(before, openFiles());
        CPPUNIT_ASSERT(database_->statistics().connects >= 10);
    }

    void databaseCanBeClosedWhileTheServerIsAway() {
        const auto before = openFiles();
        database_->ping();
        server_->stop();
        CPPUNIT_ASSERT(codeOf([&] { database_->ping(); }) == ErrorCode::kUnavailable);
        database_.reset();
        CPPUNIT_ASSERT(openFiles() < before);
    }

    /// Through the proxy, and without patience.
    daemon::DatabaseSettings hanging(const TcpProxy& proxy) const {
        auto settings = settings_;
        const auto port = std::to_string(server_->port());
        settings.url.replace(settings.url.find(port), port.size(), std::to_string(proxy.port()));
        settings.connect_timeout_ms = 300;
        settings.statement_timeout_ms = 200;
        settings.wait_ms = 300;
        return settings;
    }

    RecordingLog log_;
    std::unique_ptr<PrivatePostgres> server_;
    daemon::DatabaseSettings settings_;
    std::unique_ptr<daemon::PooledDatabase> database_;
};

class SqliteFaultsTest final : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SqliteFaultsTest);
    CPPUNIT_TEST(processKilledInATransactionStoresNothingOfItAndAllBefore);
    CPPUNIT_TEST(fileLockedByAnotherProcessIsRefusedInTimeAndThenWorks);
    CPPUNIT_TEST(fileThatIsNoDatabaseIsAClearError);
    CPPUNIT_TEST(folderThatCannotBeMadeIsAClearError);
    CPPUNIT_TEST_SUITE_END();

private:
    void processKilledInATransactionStoresNothingOfItAndAllBefore() {
        const std::string url = source_.newUrl();
        const pid_t child = fork();
        CPPUNIT_ASSERT(child >= 0);
        if (child == 0) {
            const auto database = daemon::openDatabase(settingsFor(url), log_);
            script(*database, "CREATE TABLE v (id INTEGER PRIMARY KEY)");
            insert(*database, 1);
            database->transaction([](Connection& c) {
                c.execute("INSERT INTO v (id) VALUES (2)");
                ::kill(getpid(), SIGKILL);
            });
            _exit(0);
        }
        int status = 0;
        CPPUNIT_ASSERT_EQUAL(child, waitpid(child, &status, 0));
        CPPUNIT_ASSERT(WIFSIGNALED(status));
        const auto database = daemon::openDatabase(settingsFor(url), log_);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, count(*database));
    }

    void fileLockedByAnotherProcessIsRefusedInTimeAndThenWorks() {
        auto settings = settingsFor(source_.newUrl());
        settings.wait_ms = 100;
        const auto database = daemon::openDatabase(settings, log_);
        script(*database, "CREATE TABLE v (id INTEGER PRIMARY KEY)");
        const auto other =
            daemon::openDatabase(settings, log_);  // its own connections, as another process has
        other->transaction([&](Connection& c) {
            c.execute("INSERT INTO v (id) VALUES (1)");
            const auto start = Steady::now();
            CPPUNIT_ASSERT(codeOf([&] { insert(*database, 2); }) == ErrorCode::kUnavailable);
            CPPUNIT_ASSERT(Steady::now() - start < 5s);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, count(*database));  // readers are not held up
        });
        insert(*database, 2);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, count(*database));
    }

    void fileThatIsNoDatabaseIsAClearError() {
        writeFile(folder_ / "notes.db", std::string(5000, 'x'));
        CPPUNIT_ASSERT_THROW(
            daemon::openDatabase(settingsFor("sqlite:" + (folder_ / "notes.db").string()), log_), sdk::Error);
        CPPUNIT_ASSERT(log_.contains("not a database"));
    }

    void folderThatCannotBeMadeIsAClearError() {
        writeFile(folder_ / "file", "");
        CPPUNIT_ASSERT(codeOf([&] {
                           daemon::openDatabase(
                               settingsFor("sqlite:" + (folder_ / "file/linkup.db").string()), log_);
                       }) == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT(log_.contains("cannot open the database"));
    }

    SqliteSource source_;
    TemporaryFolder folder_;
    RecordingLog log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PostgresqlFaultsTest);
CPPUNIT_TEST_SUITE_REGISTRATION(SqliteFaultsTest);

}  // namespace
