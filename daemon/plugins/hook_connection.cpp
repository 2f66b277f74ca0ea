#include "hook_connection.h"

#include <utility>

#include "linkup/sdk/error.h"

namespace linkup::daemon {

// The same name at every depth: both databases mean the innermost.
HookConnection::HookConnection(sdk::Connection& publisher)
    : publisher_(publisher), dialect_(publisher.dialect()) {}

sdk::Rows HookConnection::execute(std::string_view sql, std::span<const sdk::SqlValue> values) {
    const std::lock_guard lock(mutex_);
    mustBeOpen();
    if (!savepoint_) {
        publisher_.execute("SAVEPOINT hook");
        savepoint_ = true;
    }
    return publisher_.execute(sql, values);
}

void HookConnection::afterCommit(std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    mustBeOpen();
    actions_.push_back(std::move(action));
}

void HookConnection::recover() {
    const std::lock_guard lock(mutex_);
    mustBeOpen();
    recoverPublisher();
}

void HookConnection::keep() {
    const std::lock_guard lock(mutex_);
    open_ = false;
    if (savepoint_) publisher_.execute("RELEASE SAVEPOINT hook");
    for (auto& action : actions_) publisher_.afterCommit(std::move(action));
    actions_.clear();
}

void HookConnection::discard() {
    const std::lock_guard lock(mutex_);
    open_ = false;
    actions_.clear();
    if (!savepoint_) return;
    recoverPublisher();
    publisher_.execute("ROLLBACK TO SAVEPOINT hook");
    publisher_.execute("RELEASE SAVEPOINT hook");
}

void HookConnection::mustBeOpen() const {
    if (open_) return;
    throw sdk::Error(sdk::ErrorCode::kUnavailable, "Server is busy. Please try again in a moment.");
}

void HookConnection::recoverPublisher() {
    if (auto* recoverable = dynamic_cast<RecoverableConnection*>(&publisher_)) recoverable->recover();
}

}  // namespace linkup::daemon
