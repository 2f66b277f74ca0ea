// What becomes of a transaction when the answer to its commit is lost.

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <memory>
#include <string>
#include <thread>

#include "database_fixture.h"
#include "tests/support/tcp_proxy.h"

using namespace linkup;
using namespace linkup::test;
using sdk::Connection;
using sdk::ErrorCode;

namespace {

class DatabaseDoubtTest final : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DatabaseDoubtTest);
    CPPUNIT_TEST(commitThatHappenedIsFoundOut);
    CPPUNIT_TEST(commitThatDidNotHappenIsFoundOut);
    CPPUNIT_TEST(oneSessionIsEnoughToFindOut);
    CPPUNIT_TEST(commitThatNobodyCanTellOfIsInDoubt);
    CPPUNIT_TEST(serverThatCrashedIsNotBelieved);
    CPPUNIT_TEST(connectionLostBeforeTheCommitIsNoDoubt);
    CPPUNIT_TEST(statementAloneWhoseAnswerIsLostIsInDoubt);
    CPPUNIT_TEST(statementsTogetherWhoseAnswerIsLostAreInDoubt);
    CPPUNIT_TEST(statementAloneThatWasNotSentIsNoDoubt);
    CPPUNIT_TEST(whatTheServerRefusesIsNoDoubtThoughTheConnectionIsLost);
    CPPUNIT_TEST(commitThatTheServerRefusesIsNoDoubt);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        auto& server = PrivatePostgres::shared();
        proxy_ = std::make_unique<TcpProxy>(server.port());
        settings_ = settingsFor(server.createDatabase());
        const auto port = std::to_string(server.port());
        settings_.url.replace(settings_.url.find(port), port.size(), std::to_string(proxy_->port()));
        open();
        database_->script([](daemon::ScriptConnection& connection) {
            connection.runScript("CREATE TABLE v (id BIGINT PRIMARY KEY)");
        });
    }
    void tearDown() override {
        database_.reset();
        proxy_.reset();
    }

private:
    void open() { database_ = daemon::openDatabase(settings_, log_); }

    /// Stores a row; afterCommit runs count.
    void insert() {
        database_->transaction([&](Connection& connection) {
            connection.afterCommit([&] { ++told_; });
            connection.execute("INSERT INTO v (id) VALUES ($1)", {std::int64_t{1}});
        });
    }
    std::int64_t stored() {
        return sdk::read(*database_,
                         [](Connection& c) { return c.execute("SELECT count(*) FROM v").integer(0, 0); });
    }

    void commitThatHappenedIsFoundOut() {
        proxy_->cutAt("COMMIT", TcpProxy::Cut::kAfterAnswer);
        insert();
        CPPUNIT_ASSERT(proxy_->hasCut());
        CPPUNIT_ASSERT_EQUAL(1, told_);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, stored());
        CPPUNIT_ASSERT(log_.contains("a commit whose answer was lost had happened"));
    }

    void commitThatDidNotHappenIsFoundOut() {
        proxy_->cutAt("COMMIT", TcpProxy::Cut::kBeforeRequest);
        CPPUNIT_ASSERT(codeOf([&] { insert(); }) == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT(proxy_->hasCut());
        CPPUNIT_ASSERT_EQUAL(0, told_);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, stored());
        insert();
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, stored());
    }

    void oneSessionIsEnoughToFindOut() {
        settings_.sessions = 1;
        open();
        commitThatHappenedIsFoundOut();
    }

    void commitThatNobodyCanTellOfIsInDoubt() {
        settings_.wait_ms = 200;
        settings_.sessions = 1;  // else the other ones are still open
        open();
        proxy_->shutAfterCut();
        proxy_->cutAt("COMMIT", TcpProxy::Cut::kAfterAnswer);
        CPPUNIT_ASSERT(codeOf([&] { insert(); }) == ErrorCode::kInDoubt);
        CPPUNIT_ASSERT_EQUAL(0, told_);
        CPPUNIT_ASSERT(log_.contains("whether it happened is not known"));
        proxy_->shut(false);
        CPPUNIT_ASSERT(waitFor([&] {
            try {
                return stored() == 1;
            } catch (const sdk::Error&) {
                return false;
            }
        }));
    }

    void insertAlone(std::int64_t id) {
        database_->executeAlone("INSERT INTO v (id) VALUES ($1)", std::array<sdk::SqlValue, 1>{id});
    }

    void statementAloneWhoseAnswerIsLostIsInDoubt() {
        insertAlone(1);  // prepared
        proxy_->cutAt("77777", TcpProxy::Cut::kAfterAnswer);
        CPPUNIT_ASSERT(codeOf([&] { insertAlone(77777); }) == ErrorCode::kInDoubt);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, stored());
        proxy_->cutAt("88888", TcpProxy::Cut::kBeforeRequest);
        CPPUNIT_ASSERT(codeOf([&] { insertAlone(88888); }) == ErrorCode::kInDoubt);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, stored());
        insertAlone(3);
    }

    void insertTogether(std::int64_t one, std::int64_t other) {
        const std::array<sdk::SqlValue, 1> first{one};
        const std::array<sdk::SqlValue, 1> second{other};
        const char* const insert = "INSERT INTO v (id) VALUES ($1)";
        const std::array<sdk::Statement, 2> statements{{{insert, first}, {insert, second}}};
        database_->executeTogether(statements);
    }

    void statementsTogetherWhoseAnswerIsLostAreInDoubt() {
        insertTogether(1, 2);  // prepared
        proxy_->cutAt("77777", TcpProxy::Cut::kAfterAnswer);
        CPPUNIT_ASSERT(codeOf([&] { insertTogether(3, 77777); }) == ErrorCode::kInDoubt);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, stored());
        proxy_->cutAt("88888", TcpProxy::Cut::kBeforeRequest);
        CPPUNIT_ASSERT(codeOf([&] { insertTogether(4, 88888); }) == ErrorCode::kInDoubt);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, stored());
        insertTogether(5, 6);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{6}, stored());
    }

    void statementAloneThatWasNotSentIsNoDoubt() {
        settings_.wait_ms = 200;
        settings_.sessions = 1;
        open();
        proxy_->cutAt("INSERT", TcpProxy::Cut::kBeforeRequest);  // while it is prepared
        CPPUNIT_ASSERT(codeOf([&] { insertAlone(1); }) == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, stored());
    }

    void whatTheServerRefusesIsNoDoubtThoughTheConnectionIsLost() {
        const std::array<sdk::SqlValue, 1> one{std::int64_t{1}};
        const sdk::Statement insert{"INSERT INTO v (id) VALUES ($1)", one};
        const sdk::Statement end{"SELECT pg_terminate_backend(pg_backend_pid())", {}};
        const sdk::Statement forbid{"SET TRANSACTION READ ONLY", {}};
        for (const auto& statements : {std::array{insert, end}, std::array{forbid, insert}}) {
            CPPUNIT_ASSERT(codeOf([&] { database_->executeTogether(statements); }) ==
                           ErrorCode::kUnavailable);
            CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, stored());
        }
        database_->executeTogether({&insert, 1});
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, stored());
    }

    void commitThatTheServerRefusesIsNoDoubt() {
        database_->script([](daemon::ScriptConnection& connection) {
            connection.runScript(
                "ALTER TABLE v DROP CONSTRAINT v_pkey, ADD UNIQUE (id) DEFERRABLE INITIALLY DEFERRED");
        });
        insertTogether(1, 2);
        CPPUNIT_ASSERT(codeOf([&] { insertTogether(3, 2); }) == ErrorCode::kUniqueViolation);
        CPPUNIT_ASSERT(codeOf([&] { insertAlone(2); }) == ErrorCode::kUniqueViolation);
        insertTogether(4, 5);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, stored());
    }

    /// It gives the number of a transaction that it lost to the next one, whose fate is not ours.
    void serverThatCrashedIsNotBelieved() {
        PrivatePostgres server;
        TcpProxy proxy(server.port());
        auto settings = settingsFor(server.url());
        const auto port = std::to_string(server.port());
        settings.url.replace(settings.url.find(port), port.size(), std::to_string(proxy.port()));
        settings.wait_ms = 10000;
        const auto database = daemon::openDatabase(settings, log_);
        proxy.shutAfterCut();
        proxy.cutAt("COMMIT", TcpProxy::Cut::kAfterAnswer);
        std::thread crash([&] {
            while (!proxy.hasCut()) std::this_thread::yield();
            server.kill();
            server.start();
            proxy.shut(false);
        });
        CPPUNIT_ASSERT(codeOf([&] {
                           database->transaction(
                               [](Connection& c) { c.execute("CREATE TABLE v (n BIGINT)"); });
                       }) == ErrorCode::kInDoubt);
        crash.join();
    }

    void connectionLostBeforeTheCommitIsNoDoubt() {
        proxy_->shutAfterCut();
        settings_.sessions = 1;
        open();
        proxy_->cutAt("INSERT", TcpProxy::Cut::kAfterAnswer);
        CPPUNIT_ASSERT(codeOf([&] { insert(); }) == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT_EQUAL(0, told_);
    }

    RecordingLog log_;
    std::unique_ptr<TcpProxy> proxy_;
    daemon::DatabaseSettings settings_;
    std::unique_ptr<daemon::PooledDatabase> database_;
    int told_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(DatabaseDoubtTest);

}  // namespace
