#include "metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace linkup::daemon {
namespace {

/// One line of a family: a number with its labels.
class Series {
public:
    virtual ~Series() = default;
    virtual void collect(prometheus::ClientMetric& into) const = 0;
};

class CounterSeries final : public sdk::Counter, public Series {
public:
    // prometheus::Counter ignores what would make it shrink.
    void add(double amount) noexcept override { counter_.Increment(amount); }
    void collect(prometheus::ClientMetric& into) const override { into.counter.value = counter_.Value(); }

private:
    prometheus::Counter counter_;
};

class GaugeSeries final : public sdk::Gauge, public Series {
public:
    void set(double value) noexcept override { gauge_.Set(value); }
    void add(double amount) noexcept override {
        if (amount < 0) {
            gauge_.Decrement(-amount);
        } else {
            gauge_.Increment(amount);
        }
    }
    void collect(prometheus::ClientMetric& into) const override { into.gauge.value = gauge_.Value(); }

private:
    prometheus::Gauge gauge_;
};

/// Our own, because prometheus::Histogram (1.0) takes a mutex for each value.
class HistogramSeries final : public sdk::Histogram, public Series {
public:
    explicit HistogramSeries(const std::vector<double>& bounds)
        : bounds_(bounds), counts_(bounds.size() + 1) {}

    void observe(double value) noexcept override {
        if (std::isnan(value)) return;
        const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
        counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
        sum_.fetch_add(value, std::memory_order_relaxed);
    }

    void collect(prometheus::ClientMetric& into) const override {
        std::uint64_t below = 0;
        into.histogram.bucket.reserve(counts_.size());
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            below += counts_[i].load(std::memory_order_relaxed);
            into.histogram.bucket.push_back({below, i < bounds_.size() ? bounds_[i] : HUGE_VAL});
        }
        into.histogram.sample_count = below;
        into.histogram.sample_sum = sum_.load(std::memory_order_relaxed);
    }

private:
    const std::vector<double> bounds_;
    std::vector<std::atomic<std::uint64_t>> counts_;
    std::atomic<double> sum_{0};
};

bool isName(std::string_view name) {
    return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
           std::ranges::all_of(
               name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::string_view kindName(prometheus::MetricType type) {
    switch (type) {
        case prometheus::MetricType::Counter:
            return "counter";
        case prometheus::MetricType::Gauge:
            return "gauge";
        default:
            return "histogram";
    }
}

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
    throw std::invalid_argument("metric \"" + std::string(name) + "\": " + why);
}

}  // namespace

/// The series of one name.
class MetricFamily {
public:
    std::string owner;
    std::string help;
    prometheus::MetricType type = prometheus::MetricType::Untyped;
    std::vector<double> bounds;
    std::map<sdk::Labels, std::unique_ptr<Series>> series;
};

/// The sdk::Metrics of one owner.
class OwnerMetrics final : public sdk::Metrics {
public:
    OwnerMetrics(MetricsRegistry& registry, std::string owner)
        : registry_(registry), owner_(std::move(owner)) {}

    sdk::Counter& counter(std::string_view name, std::string_view help, const sdk::Labels& labels) override {
        return make<CounterSeries>(name, help, prometheus::MetricType::Counter, {}, labels,
                                   [] { return std::make_unique<CounterSeries>(); });
    }
    sdk::Gauge& gauge(std::string_view name, std::string_view help, const sdk::Labels& labels) override {
        return make<GaugeSeries>(name, help, prometheus::MetricType::Gauge, {}, labels,
                                 [] { return std::make_unique<GaugeSeries>(); });
    }
    sdk::Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                              const sdk::Labels& labels) override {
        if (bounds.empty() || std::ranges::adjacent_find(bounds, std::greater_equal<>()) != bounds.end() ||
            !std::ranges::all_of(bounds, [](double bound) { return std::isfinite(bound); })) {
            refuse(name, "the bounds must be finite numbers, each greater than the one before");
        }
        return make<HistogramSeries>(name, help, prometheus::MetricType::Histogram, bounds, labels,
                                     [&] { return std::make_unique<HistogramSeries>(bounds); });
    }

private:
    template <class T, class Factory>
    T& make(std::string_view name, std::string_view help, prometheus::MetricType type,
            const std::vector<double>& bounds, sdk::Labels labels, const Factory& factory) {
        if (!isName(name)) refuse(name, "a name is [a-z][a-z0-9_]*");
        std::ranges::sort(labels);
        for (const auto& [label, value] : labels) {
            if (!isName(label) || label == "le") refuse(name, "\"" + label + "\" is no name for a label");
        }
        std::string full = "linkup_" + owner_ + "_" + std::string(name);
        std::ranges::replace(full, '-', '_');

        const std::lock_guard lock(registry_.mutex_);
        auto& family = registry_.families_[full];
        if (!family) {
            family =
                std::make_unique<MetricFamily>(MetricFamily{owner_, std::string(help), type, bounds, {}});
        }
        if (family->owner != owner_) refuse(full, "is taken by \"" + family->owner + "\"");
        if (family->type != type) refuse(full, "is a " + std::string(kindName(family->type)) + " already");
        if (family->bounds != bounds) refuse(full, "has other bounds already");
        auto& series = family->series[std::move(labels)];
        if (!series) series = factory();
        return static_cast<T&>(*series);
    }

    MetricsRegistry& registry_;
    const std::string owner_;
};

MetricsRegistry::MetricsRegistry() = default;
MetricsRegistry::~MetricsRegistry() = default;

std::unique_ptr<sdk::Metrics> MetricsRegistry::metricsFor(std::string owner) {
    return std::make_unique<OwnerMetrics>(*this, std::move(owner));
}

std::string MetricsRegistry::text() const {
    std::vector<prometheus::MetricFamily> families;
    {
        const std::lock_guard lock(mutex_);
        families.reserve(families_.size());
        for (const auto& [name, family] : families_) {
            auto& printed = families.emplace_back();
            printed.name = name;
            printed.help = family->help;
            printed.type = family->type;
            for (const auto& [labels, series] : family->series) {
                auto& metric = printed.metric.emplace_back();
                for (const auto& [label, value] : labels) metric.label.push_back({label, value});
                series->collect(metric);
            }
        }
    }
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace linkup::daemon
