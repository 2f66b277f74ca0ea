#pragma once

#include <linkup/sdk/database.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "lobby_fixture.h"

namespace linkup::test {

/// The database as it is seen by a node that loses its power after some steps. A step is a statement, which
/// is then not run and what its transaction has done undone, or the end of a transaction, which then is
/// committed though the node never learns that.
class MortalDatabase : public sdk::Database {
public:
    explicit MortalDatabase(sdk::Database& database) : database_(database) {}

    void dieAfter(int steps) { steps_left_ = steps; }
    bool dead() const { return dead_; }
    /// Before the nth statement from now on that begins like this.
    void onceBefore(std::string statement, int nth, std::function<void()> action) {
        statement_ = std::move(statement);
        awaited_ = nth;
        action_ = std::move(action);
    }

    void read(const std::function<void(sdk::Connection&)>& work) override {
        refuseIfDead();
        database_.read(counting(work));
        step();
    }
    void transaction(const std::function<void(sdk::Connection&)>& work) override {
        refuseIfDead();
        database_.transaction(counting(work));
        step();
    }
    sdk::Dialect dialect() const noexcept override { return database_.dialect(); }

private:
    class CountingConnection : public sdk::Connection {
    public:
        CountingConnection(MortalDatabase& database, sdk::Connection& connection)
            : database_(database), connection_(connection) {}
        sdk::Rows execute(std::string_view sql, std::span<const sdk::SqlValue> values) override {
            database_.step();
            database_.meet(sql);
            return connection_.execute(sql, values);
        }
        sdk::Dialect dialect() const noexcept override { return connection_.dialect(); }
        void afterCommit(std::function<void()> action) override {
            connection_.afterCommit(std::move(action));
        }

    private:
        MortalDatabase& database_;
        sdk::Connection& connection_;
    };

    std::function<void(sdk::Connection&)> counting(const std::function<void(sdk::Connection&)>& work) {
        return [this, &work](sdk::Connection& connection) {
            CountingConnection counted(*this, connection);
            work(counted);
        };
    }
    void meet(std::string_view sql) {
        if (action_ && sql.starts_with(statement_) && --awaited_ == 0) std::exchange(action_, nullptr)();
    }
    void step() {
        if (steps_left_ >= 0 && steps_left_-- == 0) dead_ = true;
        refuseIfDead();
    }
    void refuseIfDead() const {
        if (dead_) throw sdk::Error(sdk::ErrorCode::kUnavailable, "no power");
    }

    sdk::Database& database_;
    std::atomic<int> steps_left_{-1};
    std::atomic<bool> dead_{false};
    std::string statement_;
    int awaited_ = 0;
    std::function<void()> action_;
};

/// Keeps matches where the lobby looks for them.
class StoringMatches : public ObligingMatches {
public:
    bool create(sdk::Connection& connection, sdk::UserId one, sdk::UserId other) override {
        ObligingMatches::create(connection, one, other);
        connection.execute("INSERT INTO match_bonds_v1 (low_id, high_id) VALUES ($1, $2)",
                           {std::min(one, other), std::max(one, other)});
        return true;
    }
};

}  // namespace linkup::test
