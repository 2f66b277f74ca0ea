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
    CPPUNIT_TEST(statementAloneThatWasNotSentIsNoDoubt);
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

    void statementAloneThatWasNotSentIsNoDoubt() {
        settings_.wait_ms = 200;
        settings_.sessions = 1;
        open();
        proxy_->cutAt("INSERT", TcpProxy::Cut::kBeforeRequest);  // while it is prepared
        CPPUNIT_ASSERT(codeOf([&] { insertAlone(1); }) == ErrorCode::kUnavailable);
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, stored());
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
