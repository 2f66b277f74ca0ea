#include "daemon/services/metrics.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>
#include <thread>
#include <vector>

using linkup::daemon::MetricsRegistry;

namespace {

class MetricsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MetricsTest);
    CPPUNIT_TEST(namesCarryTheOwner);
    CPPUNIT_TEST(sameNameAndLabelsAreTheSameNumber);
    CPPUNIT_TEST(histogramCountsUpToAndIncludingItsBounds);
    CPPUNIT_TEST(labelsAreEscaped);
    CPPUNIT_TEST(gaugeGoesUpAndDown);
    CPPUNIT_TEST(counterNeverShrinks);
    CPPUNIT_TEST(wrongUseIsRefusedAndSaysWhy);
    CPPUNIT_TEST(nothingIsLostWhenManyThreadsAdd);
    CPPUNIT_TEST_SUITE_END();

    MetricsRegistry registry_;

    void assertPrinted(const std::string& line) {
        const std::string text = registry_.text();
        CPPUNIT_ASSERT_MESSAGE("no \"" + line + "\" in\n" + text,
                               ("\n" + text).find("\n" + line + "\n") != std::string::npos);
    }

    static std::string refusal(const std::function<void()>& make) {
        try {
            make();
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        CPPUNIT_FAIL("not refused");
        return {};
    }

public:
    void namesCarryTheOwner() {
        registry_.metricsFor("speed-date")->counter("rounds_total", "Rounds held.").add(3);
        assertPrinted("# HELP linkup_speed_date_rounds_total Rounds held.");
        assertPrinted("# TYPE linkup_speed_date_rounds_total counter");
        assertPrinted("linkup_speed_date_rounds_total 3");
    }

    void sameNameAndLabelsAreTheSameNumber() {
        const auto metrics = registry_.metricsFor("chat");
        auto& first = metrics->counter("sent_total", "x", {{"kind", "a"}, {"node", "1"}});
        auto& again =
            registry_.metricsFor("chat")->counter("sent_total", "x", {{"node", "1"}, {"kind", "a"}});
        CPPUNIT_ASSERT_EQUAL(&first, &again);
        CPPUNIT_ASSERT(&first != &metrics->counter("sent_total", "x", {{"kind", "b"}}));
    }

    void histogramCountsUpToAndIncludingItsBounds() {
        auto& histogram = registry_.metricsFor("db")->histogram("wait_seconds", "x", {0.5, 1});
        for (const double value : {0.25, 0.5, 0.75, 4.0}) histogram.observe(value);
        assertPrinted("linkup_db_wait_seconds_bucket{le=\"0.5\"} 2");
        assertPrinted("linkup_db_wait_seconds_bucket{le=\"1\"} 3");
        assertPrinted("linkup_db_wait_seconds_bucket{le=\"+Inf\"} 4");
        assertPrinted("linkup_db_wait_seconds_count 4");
        assertPrinted("linkup_db_wait_seconds_sum 5.5");
    }

    void labelsAreEscaped() {
        registry_.metricsFor("x")->gauge("g", "h", {{"path", "a\"b\\c\nd"}}).set(1);
        assertPrinted("linkup_x_g{path=\"a\\\"b\\\\c\\nd\"} 1");
    }

    void gaugeGoesUpAndDown() {
        auto& gauge = registry_.metricsFor("x")->gauge("open", "h");
        gauge.set(10);
        gauge.add(-4);
        gauge.add(1.5);
        assertPrinted("linkup_x_open 7.5");
    }

    void counterNeverShrinks() {
        auto& counter = registry_.metricsFor("x")->counter("c", "h");
        counter.add(2);
        counter.add(-1);
        assertPrinted("linkup_x_c 2");
    }

    void wrongUseIsRefusedAndSaysWhy() {
        const auto metrics = registry_.metricsFor("a");
        metrics->counter("b_c", "h");
        metrics->histogram("h", "h", {1, 2});
        const auto says = [&](const std::string& part, const std::function<void()>& make) {
            const std::string message = refusal(make);
            CPPUNIT_ASSERT_MESSAGE(message, message.find(part) != std::string::npos);
        };
        says("linkup_a_b_c\": is a counter already", [&] { metrics->gauge("b_c", "h"); });
        says("taken by \"a\"", [&] { registry_.metricsFor("a_b")->counter("c", "h"); });
        says("other bounds", [&] { metrics->histogram("h", "h", {1, 3}); });
        says("each greater", [&] { metrics->histogram("i", "h", {2, 1}); });
        says("[a-z][a-z0-9_]*", [&] { metrics->counter("Bad name", "h"); });
        says("\"le\" is no name", [&] { metrics->counter("d", "h", {{"le", "1"}}); });
    }

    void nothingIsLostWhenManyThreadsAdd() {
        const auto metrics = registry_.metricsFor("x");
        auto& counter = metrics->counter("c", "h");
        auto& histogram = metrics->histogram("h", "h", {1});
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 5000; ++i) {
                    counter.add();
                    histogram.observe(2);
                }
            });
        }
        for (auto& thread : threads) thread.join();
        assertPrinted("linkup_x_c 20000");
        assertPrinted("linkup_x_h_sum 40000");
        assertPrinted("linkup_x_h_bucket{le=\"+Inf\"} 20000");
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MetricsTest);

}  // namespace
