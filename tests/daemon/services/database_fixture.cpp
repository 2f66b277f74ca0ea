#include "database_fixture.h"

#include <algorithm>

namespace linkup::test {

void RecordingLog::write(sdk::LogLevel, std::string_view text, Fields fields) noexcept {
    std::string line(text);
    for (const auto& [key, value] : fields) line += " " + std::string(key) + "=" + value.dump();
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
}

bool RecordingLog::contains(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(lines_.begin(), lines_.end(),
                       [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

daemon::DatabaseSettings settingsFor(const std::string& url) {
    daemon::DatabaseSettings settings;
    settings.url = url;
    settings.sessions = 4;
    settings.wait_ms = 3000;
    return settings;
}

}  // namespace linkup::test
