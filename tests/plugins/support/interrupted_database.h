#pragma once

#include <linkup/sdk/database.h>

#include <functional>
#include <string>
#include <utility>

namespace linkup::test {

/// A database in which something happens right before a statement: what somebody else commits between a look
/// and the lock after it.
///
/// Threading: one thread.
class InterruptedDatabase : public sdk::Database {
public:
    explicit InterruptedDatabase(sdk::Database& database) : database_(database) {}

    /// `action` once, before the next statement that begins like this.
    void before(std::string statement, std::function<void()> action) {
        statement_ = std::move(statement);
        action_ = std::move(action);
    }
    /// Whether it has happened.
    bool interrupted() const { return action_ == nullptr; }

    void read(const std::function<void(sdk::Connection&)>& work) override {
        database_.read(interruptible(work));
    }
    void transaction(const std::function<void(sdk::Connection&)>& work) override {
        database_.transaction(interruptible(work));
    }
    sdk::Dialect dialect() const noexcept override { return database_.dialect(); }

private:
    class Connection : public sdk::Connection {
    public:
        Connection(InterruptedDatabase& database, sdk::Connection& connection)
            : database_(database), connection_(connection) {}
        sdk::Rows execute(std::string_view sql, std::span<const sdk::SqlValue> values) override {
            if (!database_.interrupted() && sql.starts_with(database_.statement_)) {
                std::exchange(database_.action_, nullptr)();
            }
            return connection_.execute(sql, values);
        }
        sdk::Dialect dialect() const noexcept override { return connection_.dialect(); }
        void afterCommit(std::function<void()> action) override {
            connection_.afterCommit(std::move(action));
        }

    private:
        InterruptedDatabase& database_;
        sdk::Connection& connection_;
    };

    std::function<void(sdk::Connection&)> interruptible(const std::function<void(sdk::Connection&)>& work) {
        return [this, &work](sdk::Connection& connection) {
            Connection interrupted(*this, connection);
            work(interrupted);
        };
    }

    sdk::Database& database_;
    std::string statement_;
    std::function<void()> action_;
};

}  // namespace linkup::test
