#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "daemon/services/recoverable_connection.h"
#include "linkup/sdk/database.h"

namespace linkup::daemon {

/// The publisher's connection as one call of a handler sees it: what the handler does counts as a whole, or
/// not at all. A savepoint is made before its first statement, so that one without statements costs none.
///
/// Threading: the handler's thread, and the publisher's for `keep` and `discard`.   Lifetime: shared by the
/// two; after `keep` or `discard` it no longer touches the publisher's connection.
class HookConnection final : public sdk::Connection, public RecoverableConnection {
public:
    explicit HookConnection(sdk::Connection& publisher);

    using sdk::Connection::execute;
    /// Errors: as the publisher's; Error{kUnavailable} once the publisher no longer waits.
    sdk::Rows execute(std::string_view sql, std::span<const sdk::SqlValue> values) override;
    sdk::Dialect dialect() const noexcept override { return dialect_; }
    void afterCommit(std::function<void()> action) override;
    void recover() override;

    /// Takes over what the handler did.
    void keep();
    /// Undoes it. Waits for a statement that is under way. Errors: when only a new transaction helps.
    void discard();

private:
    void mustBeOpen() const;
    void recoverPublisher();

    std::mutex mutex_;
    sdk::Connection& publisher_;
    const sdk::Dialect dialect_;
    bool open_ = true;
    bool savepoint_ = false;
    std::vector<std::function<void()>> actions_;
};

}  // namespace linkup::daemon
