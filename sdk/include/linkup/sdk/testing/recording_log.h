#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "linkup/sdk/log.h"

namespace linkup::sdk::testing {

/// Keeps every line, so that a test can ask what was logged, and what was not.
///
/// Threading: any thread.   Since: ABI 1.0.
class RecordingLog : public Log {
public:
    /// A line as it was written.
    struct Line {
        LogLevel level = LogLevel::kInfo;  ///< as given
        std::string text;                  ///< as given
        Json fields;                       ///< an object
    };

    bool enabled(LogLevel) const noexcept override { return true; }
    void write(LogLevel level, std::string_view text, Fields fields) noexcept override {
        Line line{level, std::string(text), Json::object()};
        for (const auto& [name, value] : fields) line.fields.set(name, value);
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
    }

    /// All lines so far, oldest first.
    std::vector<Line> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    /// How many lines of a level there are.
    std::size_t count(LogLevel level) const {
        std::size_t count = 0;
        for (const Line& line : lines()) count += line.level == level ? 1 : 0;
        return count;
    }
    /// Whether a line's text or fields hold `text`; for proving that a secret is not there.
    bool mentions(std::string_view text) const {
        for (const Line& line : lines()) {
            if (line.text.find(text) != std::string::npos) return true;
            if (line.fields.dump().find(text) != std::string::npos) return true;
        }
        return false;
    }

private:
    mutable std::mutex mutex_;
    std::vector<Line> lines_;
};

}  // namespace linkup::sdk::testing
