#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <set>

#include "free_port.h"
#include "temporary_folder.h"
#include "wait.h"

namespace linkup::test {
namespace {

using namespace std::chrono_literals;

class FilesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FilesTest);
    CPPUNIT_TEST(folderIsGoneWithItsObject);
    CPPUNIT_TEST(writtenFileReadsBack);
    CPPUNIT_TEST(missingFileIsAnError);
    CPPUNIT_TEST(waitEndsWhenConditionHolds);
    CPPUNIT_TEST(waitGivesUpAtDeadline);
    CPPUNIT_TEST(keptPortRefusesUntilAServerListens);
    CPPUNIT_TEST(portsDiffer);
    CPPUNIT_TEST_SUITE_END();

public:
    void folderIsGoneWithItsObject() {
        std::filesystem::path path;
        {
            const TemporaryFolder folder;
            path = folder.path();
            std::filesystem::create_directories(folder / "a/b");
            writeFile(folder / "a/b/file", "x");
            CPPUNIT_ASSERT(std::filesystem::is_directory(path));
        }
        CPPUNIT_ASSERT(!std::filesystem::exists(path));
    }

    void writtenFileReadsBack() {
        const TemporaryFolder folder;
        const std::string bytes("a\0b\r\n", 5);
        writeFile(folder / "file", bytes);
        CPPUNIT_ASSERT_EQUAL(bytes, readFile(folder / "file"));
        writeFile(folder / "file", "");
        CPPUNIT_ASSERT_EQUAL(std::string(), readFile(folder / "file"));
    }

    void missingFileIsAnError() {
        const TemporaryFolder folder;
        CPPUNIT_ASSERT_THROW(readFile(folder / "none"), std::runtime_error);
    }

    void waitEndsWhenConditionHolds() {
        int asked = 0;
        CPPUNIT_ASSERT(waitFor([&] { return ++asked == 3; }, 10s));
        CPPUNIT_ASSERT_EQUAL(3, asked);
    }

    void waitGivesUpAtDeadline() {
        const auto start = std::chrono::steady_clock::now();
        CPPUNIT_ASSERT(!waitFor([] { return false; }, 60ms));
        CPPUNIT_ASSERT(std::chrono::steady_clock::now() - start >= 60ms);
    }

    void keptPortRefusesUntilAServerListens() {
        const FreePort port;
        const Poco::Net::SocketAddress address("127.0.0.1", port.number());
        CPPUNIT_ASSERT_THROW(Poco::Net::StreamSocket{address}, Poco::Net::ConnectionRefusedException);
        for (int time = 0; time < 2; ++time) {
            Poco::Net::ServerSocket server(address);
            Poco::Net::StreamSocket client(address);
            client.close();
        }
    }

    void portsDiffer() {
        const FreePort ports[50];
        std::set<int> numbers;
        for (const auto& port : ports) numbers.insert(port.number());
        CPPUNIT_ASSERT_EQUAL(std::size_t{50}, numbers.size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FilesTest);

}  // namespace
}  // namespace linkup::test
