// The main program of every test: runs the CppUnit suites that are registered.
//
//   PROGRAM            all tests
//   PROGRAM TEXT...    those with one of the texts in their name
//   PROGRAM --list     their names
//
// The exit code is 0 if all passed, 1 if one failed, 2 if none ran: a test that tests nothing is a mistake.

#include <cppunit/Exception.h>
#include <cppunit/Protector.h>
#include <cppunit/Test.h>
#include <cppunit/TestFailure.h>
#include <cppunit/TestListener.h>
#include <cppunit/TestResult.h>
#include <cppunit/extensions/TestFactoryRegistry.h>

#include <Poco/Exception.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// The test's name without the namespaces that all tests share.
std::string nameOf(const CppUnit::Test& test) {
    std::string name = test.getName();
    for (const std::string_view noise : {"linkup::", "test::", "(anonymous namespace)::"})
        if (const auto at = name.find(noise); at != std::string::npos) name.erase(at, noise.size());
    return name;
}

/// Prints each test as it runs, its time, and why it failed.
class Reporter : public CppUnit::TestListener {
public:
    void startTest(CppUnit::Test* test) override {
        failed_ = false;
        start_ = std::chrono::steady_clock::now();
        std::printf("%s ... ", nameOf(*test).c_str());
        std::fflush(stdout);
    }

    void addFailure(const CppUnit::TestFailure& failure) override {
        if (!failed_) std::printf("FAILED\n");
        failed_ = true;
        const auto line = failure.sourceLine();
        const auto message = failure.thrownException()->message();
        std::printf("    %s", failure.isError() ? "error" : "failure");
        if (line.isValid()) std::printf(" at %s:%d", line.fileName().c_str(), line.lineNumber());
        std::printf("\n    %s\n", message.shortDescription().c_str());
        for (int index = 0; index < message.detailCount(); ++index)
            std::printf("    %s\n", message.detailAt(index).c_str());
    }

    void endTest(CppUnit::Test* test) override {
        const auto took = std::chrono::steady_clock::now() - start_;
        const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
        if (!failed_) std::printf("ok (%lld ms)\n", static_cast<long long>(milliseconds));
        std::fflush(stdout);
        ++ran_;
        if (failed_) failures_.push_back(nameOf(*test));
    }

    int ran() const { return ran_; }
    const std::vector<std::string>& failures() const { return failures_; }

private:
    std::chrono::steady_clock::time_point start_;
    bool failed_ = false;
    int ran_ = 0;
    std::vector<std::string> failures_;
};

/// Reports a Poco exception with its text; CppUnit's own report would show only its class.
class PocoProtector : public CppUnit::Protector {
public:
    bool protect(const CppUnit::Functor& functor, const CppUnit::ProtectorContext& context) override {
        try {
            return functor();
        } catch (const Poco::Exception& fault) {
            reportError(context, CppUnit::Message("uncaught Poco exception", fault.displayText()));
        }
        return false;
    }
};

void collect(CppUnit::Test* test, std::vector<CppUnit::Test*>& leaves) {
    if (test->getChildTestCount() == 0 && test->countTestCases() > 0) leaves.push_back(test);
    for (int index = 0; index < test->getChildTestCount(); ++index)
        collect(test->getChildTestAt(index), leaves);
}

bool wanted(const std::string& name, const std::vector<std::string_view>& texts) {
    for (const auto text : texts)
        if (name.find(text) != std::string::npos) return true;
    return texts.empty();
}

int summarize(const Reporter& reporter) {
    if (reporter.ran() == 0) {
        std::printf("No test ran.\n");
        return 2;
    }
    std::printf("%d tests ran, %zu failed.\n", reporter.ran(), reporter.failures().size());
    for (const auto& name : reporter.failures()) std::printf("    %s\n", name.c_str());
    return reporter.failures().empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    std::vector<std::string_view> texts(argv + 1, argv + argc);
    const bool list = !texts.empty() && texts[0] == "--list";

    const std::unique_ptr<CppUnit::Test> all(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
    std::vector<CppUnit::Test*> leaves;
    collect(all.get(), leaves);

    Reporter reporter;
    CppUnit::TestResult result;
    result.addListener(&reporter);
    result.pushProtector(new PocoProtector);
    for (CppUnit::Test* const test : leaves) {
        if (list) std::printf("%s\n", nameOf(*test).c_str());
        if (!list && wanted(nameOf(*test), texts)) test->run(&result);
    }
    return list ? 0 : summarize(reporter);
}
