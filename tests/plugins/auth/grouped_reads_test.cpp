// That reads which wait for the database go there together, and each gets its own answer.
#include "grouped_reads.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>

using linkup::auth::GroupedReads;

namespace {

using Reads = GroupedReads<int, std::string>;

/// Knows every number but those below zero, and answers each statement when it may.
class Table {
public:
    std::vector<std::optional<std::string>> fetch(std::span<const int> keys) {
        asked_.release();
        if (held_) may_answer_.acquire();
        const std::lock_guard lock(mutex_);
        statements.emplace_back(keys.begin(), keys.end());
        if (broken) throw std::runtime_error("the database is away");
        std::vector<std::optional<std::string>> rows;
        for (const int key : keys)
            rows.push_back(key < 0 ? std::nullopt : std::optional(std::to_string(key)));
        return rows;
    }

    void hold() { held_ = true; }
    void awaitStatement() { asked_.acquire(); }
    void letGo(int count) { may_answer_.release(count); }

    std::vector<std::vector<int>> statements;
    std::atomic<bool> broken{false};

private:
    std::mutex mutex_;
    std::atomic<bool> held_{false};
    std::counting_semaphore<> asked_{0};
    std::counting_semaphore<> may_answer_{0};
};

class GroupedReadsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(GroupedReadsTest);
    CPPUNIT_TEST(loneReadGoesAloneAndAtOnce);
    CPPUNIT_TEST(unknownKeyHasNoRow);
    CPPUNIT_TEST(thoseWhoWaitGetTheirOwnRowsFromFewStatements);
    CPPUNIT_TEST(failureReachesAllThatItWasToAnswer);
    CPPUNIT_TEST(nextReadIsGoodAfterAFailure);
    CPPUNIT_TEST_SUITE_END();

public:
    void loneReadGoesAloneAndAtOnce() {
        CPPUNIT_ASSERT_EQUAL(std::string("7"), reads_.find(7).value());
        CPPUNIT_ASSERT(table_.statements == std::vector<std::vector<int>>{{7}});
    }

    void unknownKeyHasNoRow() { CPPUNIT_ASSERT(!reads_.find(-1)); }

    void thoseWhoWaitGetTheirOwnRowsFromFewStatements() {
        constexpr int kReaders = 50;
        table_.hold();
        std::atomic<int> right{0};
        std::vector<std::jthread> readers;
        const auto read = [&](int key) {
            readers.emplace_back([&, key] { right += reads_.find(key) == std::to_string(key) ? 1 : 0; });
        };
        read(0);
        table_.awaitStatement();
        read(1);
        table_.awaitStatement();  // now as many statements are under way as may be
        for (int key = 2; key < kReaders; ++key) read(key);
        table_.letGo(kReaders);
        readers.clear();
        CPPUNIT_ASSERT_EQUAL(kReaders, right.load());
        for (const auto& keys : table_.statements) {
            CPPUNIT_ASSERT(keys.size() == 1 || keys.size() == Reads::kLargest);
        }
    }

    void failureReachesAllThatItWasToAnswer() {
        constexpr int kReaders = 10;
        table_.broken = true;
        std::atomic<int> failed{0};
        {
            std::vector<std::jthread> readers;
            for (int key = 0; key < kReaders; ++key) {
                readers.emplace_back([&, key] {
                    try {
                        reads_.find(key);
                    } catch (const std::runtime_error&) {
                        ++failed;
                    }
                });
            }
        }
        CPPUNIT_ASSERT_EQUAL(kReaders, failed.load());
    }

    void nextReadIsGoodAfterAFailure() {
        table_.broken = true;
        CPPUNIT_ASSERT_THROW(reads_.find(1), std::runtime_error);
        table_.broken = false;
        CPPUNIT_ASSERT_EQUAL(std::string("1"), reads_.find(1).value());
    }

private:
    Table table_;
    Reads reads_{[this](auto keys) { return table_.fetch(keys); }};
};

CPPUNIT_TEST_SUITE_REGISTRATION(GroupedReadsTest);

}  // namespace
