#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "linkup/sdk/metrics.h"

namespace linkup::sdk::testing {

/// Metrics that a test can read back by name and labels.
///
/// Threading: any thread.   Since: ABI 1.0.
class FakeMetrics : public Metrics {
public:
    Counter& counter(std::string_view name, std::string_view, const Labels& labels = {}) override {
        return series(counters_, name, labels);
    }
    Gauge& gauge(std::string_view name, std::string_view, const Labels& labels = {}) override {
        return series(gauges_, name, labels);
    }
    Histogram& histogram(std::string_view name, std::string_view, std::vector<double>,
                         const Labels& labels = {}) override {
        return series(histograms_, name, labels);
    }

    /// What a counter or gauge shows; 0 if nobody made it.
    double value(std::string_view name, const Labels& labels = {}) const {
        const std::lock_guard lock(mutex_);
        const auto key = std::pair(std::string(name), labels);
        if (const auto found = counters_.find(key); found != counters_.end()) return found->second->value();
        if (const auto found = gauges_.find(key); found != gauges_.end()) return found->second->value();
        return 0;
    }
    /// What a histogram has been given, in order; nothing if there is none.
    std::vector<double> observations(std::string_view name, const Labels& labels = {}) const {
        const std::lock_guard lock(mutex_);
        const auto found = histograms_.find(std::pair(std::string(name), labels));
        return found == histograms_.end() ? std::vector<double>() : found->second->values();
    }

private:
    template <class Interface>
    class Sum : public Interface {
    public:
        void add(double amount) noexcept override {
            const std::lock_guard lock(mutex_);
            value_ += amount;
        }
        double value() const {
            const std::lock_guard lock(mutex_);
            return value_;
        }

    protected:
        mutable std::mutex mutex_;
        double value_ = 0;
    };
    using FakeCounter = Sum<Counter>;
    class FakeGauge : public Sum<Gauge> {
    public:
        void set(double value) noexcept override {
            const std::lock_guard lock(mutex_);
            value_ = value;
        }
    };
    class FakeHistogram : public Histogram {
    public:
        void observe(double value) noexcept override {
            const std::lock_guard lock(mutex_);
            values_.push_back(value);
        }
        std::vector<double> values() const {
            const std::lock_guard lock(mutex_);
            return values_;
        }

    private:
        mutable std::mutex mutex_;
        std::vector<double> values_;
    };

    template <class T>
    using Series = std::map<std::pair<std::string, Labels>, std::unique_ptr<T>>;

    template <class T>
    T& series(Series<T>& all, std::string_view name, const Labels& labels) {
        const std::lock_guard lock(mutex_);
        auto& one = all[std::pair(std::string(name), labels)];
        if (!one) one = std::make_unique<T>();
        return *one;
    }

    mutable std::mutex mutex_;
    Series<FakeCounter> counters_;
    Series<FakeGauge> gauges_;
    Series<FakeHistogram> histograms_;
};

}  // namespace linkup::sdk::testing
