#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "linkup/sdk/export.h"
#include "linkup/sdk/json.h"

namespace linkup::sdk {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// A structured logger with its owner's name in front. A line that is written while a request or socket event
/// is being handled carries that request's id by itself.
///
/// Never give it a token, code, password, e-mail address or message text.
/// Implemented by: host.   Lifetime: the Host's.   Threading: any thread; does not block on the sink.
/// Errors: none leave it.   Since: ABI 1.0.
class LINKUP_SDK_API Log {
public:
    using Fields = std::initializer_list<std::pair<std::string_view, Json>>;
    virtual ~Log();
    virtual bool enabled(LogLevel level) const noexcept = 0;
    virtual void write(LogLevel level, std::string_view text, Fields fields) noexcept = 0;

    void debug(std::string_view text, Fields fields = {}) noexcept { write(LogLevel::kDebug, text, fields); }
    void info(std::string_view text, Fields fields = {}) noexcept { write(LogLevel::kInfo, text, fields); }
    void warning(std::string_view text, Fields fields = {}) noexcept {
        write(LogLevel::kWarning, text, fields);
    }
    void error(std::string_view text, Fields fields = {}) noexcept { write(LogLevel::kError, text, fields); }
};

}  // namespace linkup::sdk
