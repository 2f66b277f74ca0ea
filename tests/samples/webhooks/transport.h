#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace webhooks {

/// What a receiver said.
struct Answer {
    int status = 0;
    std::optional<std::chrono::seconds> retry_after;
};

/// It said nothing: nobody is there, or it took too long. The message is for operators.
struct NoAnswer : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Posts to one address.
///
/// Threading: one thread; interrupt from any.   Errors: NoAnswer.
class Transport {
public:
    virtual ~Transport() = default;
    virtual Answer post(const std::vector<std::pair<std::string, std::string>>& headers,
                        const std::string& body) = 0;
    /// Ends what is under way, and all that comes, with NoAnswer.
    virtual void interrupt() noexcept = 0;
};

}  // namespace webhooks
