#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include "process.h"

namespace linkup::test {
namespace {

using namespace std::chrono_literals;

/// Whether a process of that number runs; a zombie does not.
bool alive(pid_t pid) {
    try {
        const std::string status = readFile("/proc/" + std::to_string(pid) + "/stat");
        return status.at(status.rfind(')') + 2) != 'Z';
    } catch (const std::exception&) {
        return false;
    }
}

pid_t numberIn(const std::filesystem::path& file) {
    const bool written = waitFor([&] { return std::filesystem::exists(file) && !readFile(file).empty(); });
    CPPUNIT_ASSERT(written);
    return std::stoi(readFile(file));
}

class ProcessTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ProcessTest);
    CPPUNIT_TEST(exitCodeAndBothOutputsAreKept);
    CPPUNIT_TEST(environmentAndFolderReachTheProgram);
    CPPUNIT_TEST(missingProgramIsAnErrorThatNamesIt);
    CPPUNIT_TEST(waitGivesUpAtDeadlineAndProgramGoesOn);
    CPPUNIT_TEST(signalEndsProgram);
    CPPUNIT_TEST(destructorKillsProgramAndWhatItStarted);
    CPPUNIT_TEST(programSurvivesTheThreadThatStartedIt);
    CPPUNIT_TEST(programDiesWithAKilledTest);
    CPPUNIT_TEST(failureOfACommandShowsItsOutput);
    CPPUNIT_TEST_SUITE_END();

public:
    void exitCodeAndBothOutputsAreKept() {
        Process process({.command = {"sh", "-c", "echo out; echo err >&2; exit 7"}});
        CPPUNIT_ASSERT(process.wait() == 7);
        CPPUNIT_ASSERT(process.wait() == 7);
        CPPUNIT_ASSERT(!process.running());
        CPPUNIT_ASSERT_EQUAL(std::string("out\nerr\n"), process.output());
    }

    void environmentAndFolderReachTheProgram() {
        const TemporaryFolder folder;
        const auto result = run({.command = {"sh", "-c", "echo $LINKUP_PROBE; pwd; echo ${PATH:+has path}"},
                                 .environment = {{"LINKUP_PROBE", "two words"}},
                                 .workingFolder = folder.path()});
        CPPUNIT_ASSERT_EQUAL("two words\n" + folder.path().string() + "\nhas path\n", result.output);
    }

    void missingProgramIsAnErrorThatNamesIt() {
        try {
            Process process({.command = {"no-such-program-of-linkup"}});
        } catch (const std::runtime_error& fault) {
            const std::string message = fault.what();
            CPPUNIT_ASSERT(message.find("no-such-program-of-linkup: No such file") != std::string::npos);
            return;
        }
        CPPUNIT_FAIL("no error");
    }

    void waitGivesUpAtDeadlineAndProgramGoesOn() {
        Process process({.command = {"sleep", "60"}});
        CPPUNIT_ASSERT(!process.wait(30ms));
        CPPUNIT_ASSERT(process.running());
    }

    void signalEndsProgram() {
        Process process({.command = {"sleep", "60"}});
        process.signal(SIGTERM);
        CPPUNIT_ASSERT(process.wait() == 128 + SIGTERM);
    }

    void destructorKillsProgramAndWhatItStarted() {
        const TemporaryFolder folder;
        auto process = std::make_unique<Process>(ProcessOptions{
            .command = {"sh", "-c", "sleep 60 & echo $! >grandchild; wait"}, .workingFolder = folder.path()});
        const pid_t child = process->pid();
        const pid_t grandchild = numberIn(folder / "grandchild");
        CPPUNIT_ASSERT(alive(child) && alive(grandchild));
        process.reset();
        CPPUNIT_ASSERT(!alive(child));
        CPPUNIT_ASSERT(waitFor([&] { return !alive(grandchild); }));
    }

    void programSurvivesTheThreadThatStartedIt() {
        std::unique_ptr<Process> process;
        std::thread([&] {
            process = std::make_unique<Process>(ProcessOptions{.command = {"sleep", "60"}});
        }).join();
        CPPUNIT_ASSERT(!process->wait(50ms));
    }

    void programDiesWithAKilledTest() {
        // This test program runs itself, and is killed while the one below waits for its program.
        const TemporaryFolder folder;
        if (const char* const file = std::getenv("LINKUP_PROBE_PID")) {
            Process process({.command = {"sleep", "60"}});
            writeFile(file, std::to_string(process.pid()));
            (void)process.wait(60s);
            return;
        }
        ProcessOptions self;
        self.command = {"/proc/self/exe", "programDiesWithAKilledTest"};
        self.environment = {{"LINKUP_PROBE_PID", (folder / "pid").string()},
                            {"TMPDIR", folder.path().string()}};  // what the killed one leaves goes with ours
        Process test(self);
        const pid_t program = numberIn(folder / "pid");
        CPPUNIT_ASSERT(alive(program));
        ::kill(test.pid(), SIGKILL);
        CPPUNIT_ASSERT(waitFor([&] { return !alive(program); }));
    }

    void failureOfACommandShowsItsOutput() {
        try {
            runOrThrow({.command = {"sh", "-c", "echo the reason; exit 3"}});
        } catch (const std::runtime_error& fault) {
            CPPUNIT_ASSERT_EQUAL(std::string("sh ended with exit code 3:\nthe reason\n"),
                                 std::string(fault.what()));
            return;
        }
        CPPUNIT_FAIL("no error");
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProcessTest);

}  // namespace
}  // namespace linkup::test
