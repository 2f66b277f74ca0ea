#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "private_postgres.h"
#include "private_redis.h"

namespace linkup::test {
namespace {

class ServersTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ServersTest);
    CPPUNIT_TEST(databasesOfOneServerAreApart);
    CPPUNIT_TEST(wrongSqlIsAnErrorWithTheServersWords);
    CPPUNIT_TEST(dataSurviveStopAndStart);
    CPPUNIT_TEST(committedDataSurviveAKill);
    CPPUNIT_TEST(redisAnswersAndForgetsWhenRestarted);
    CPPUNIT_TEST(frozenRedisAnswersAfterThaw);
    CPPUNIT_TEST_SUITE_END();

public:
    void databasesOfOneServerAreApart() {
        auto& server = PrivatePostgres::shared();
        server.createDatabase("one");
        server.query("CREATE TABLE only_here (id int)", "one");
        const std::string url = server.createDatabase();
        CPPUNIT_ASSERT(
            url.starts_with("postgresql://postgres@127.0.0.1:" + std::to_string(server.port()) + "/"));
        const std::string other = url.substr(url.rfind('/') + 1);
        const std::string count = "SELECT count(*) FROM pg_tables WHERE tablename = 'only_here'";
        CPPUNIT_ASSERT_EQUAL(std::string("1\n"), server.query(count, "one"));
        CPPUNIT_ASSERT_EQUAL(std::string("0\n"), server.query(count, other));
        CPPUNIT_ASSERT_EQUAL(std::string("UTF8|C.UTF-8\n"),
                             server.query("SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database "
                                          "WHERE datname = current_database()"));
    }

    void wrongSqlIsAnErrorWithTheServersWords() {
        try {
            PrivatePostgres::shared().query("SELEC 1");
        } catch (const std::runtime_error& fault) {
            CPPUNIT_ASSERT(std::string(fault.what()).find("syntax error") != std::string::npos);
            return;
        }
        CPPUNIT_FAIL("no error");
    }

    void dataSurviveStopAndStart() {
        PrivatePostgres server;
        const auto port = server.port();
        server.query("CREATE TABLE t AS SELECT 42 AS answer");
        server.stop();
        CPPUNIT_ASSERT_THROW(server.query("SELECT 1"), std::runtime_error);
        server.start();
        CPPUNIT_ASSERT_EQUAL(port, server.port());
        CPPUNIT_ASSERT_EQUAL(std::string("42\n"), server.query("SELECT answer FROM t"));
    }

    void committedDataSurviveAKill() {
        PrivatePostgres server({.settings = {"work_mem=5MB"}});
        CPPUNIT_ASSERT_EQUAL(std::string("5MB|off\n"),
                             server.query("SELECT current_setting('work_mem'), current_setting('fsync')"));
        server.query("CREATE TABLE t AS SELECT 7 AS answer");
        server.kill();
        server.start();
        CPPUNIT_ASSERT_EQUAL(std::string("7\n"), server.query("SELECT answer FROM t"));
    }

    void redisAnswersAndForgetsWhenRestarted() {
        PrivateRedis server;
        CPPUNIT_ASSERT_EQUAL("redis://127.0.0.1:" + std::to_string(server.port()), server.url());
        CPPUNIT_ASSERT_EQUAL(std::string("OK\n"), server.command({"SET", "key", "value"}));
        CPPUNIT_ASSERT_EQUAL(std::string("value\n"), server.command({"GET", "key"}));
        server.stop();
        CPPUNIT_ASSERT_THROW(server.command({"PING"}), std::runtime_error);
        server.start();
        CPPUNIT_ASSERT_EQUAL(std::string("\n"), server.command({"GET", "key"}));
    }

    void frozenRedisAnswersAfterThaw() {
        auto& server = PrivateRedis::shared();
        server.freeze();
        Process client({.command = {"redis-cli", "-p", std::to_string(server.port()), "PING"}});
        CPPUNIT_ASSERT(!client.wait(std::chrono::milliseconds{100}));
        server.thaw();
        CPPUNIT_ASSERT(client.wait() == 0);
        CPPUNIT_ASSERT_EQUAL(std::string("PONG\n"), client.output());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServersTest);

}  // namespace
}  // namespace linkup::test
