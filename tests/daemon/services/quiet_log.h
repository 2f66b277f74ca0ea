#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "linkup/sdk/log.h"

namespace linkup::test {

/// A log that keeps its lines for the test to look at.
class QuietLog : public sdk::Log {
public:
    bool enabled(sdk::LogLevel) const noexcept override { return true; }
    void write(sdk::LogLevel, std::string_view text, Fields) noexcept override {
        const std::lock_guard lock(mutex_);
        lines_.emplace_back(text);
    }
    std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

}  // namespace linkup::test
