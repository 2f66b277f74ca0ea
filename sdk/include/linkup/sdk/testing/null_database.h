#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "linkup/sdk/database.h"

namespace linkup::sdk::testing {

/// A database for tests of services, whose stores are fakes: transactions begin, commit and roll back,
/// statements are kept for the test to see, but there is no data. Stores are tested with SqliteDatabase.
///
/// Threading: one thread.   Errors: a statement throws Error{kInternal} unless the test gave an answer.
/// Since: ABI 1.0.
class NullDatabase : public Database {
public:
    /// Makes up what a statement gives back.
    using Answer = std::function<Rows(std::string_view sql, std::span<const SqlValue> values)>;

    /// A database that says it is of that dialect.
    explicit NullDatabase(Dialect dialect = Dialect::kSqlite) : dialect_(dialect) {}

    /// What statements give back from now on.
    void answerWith(Answer answer) { answer_ = std::move(answer); }
    /// The next commit fails with `error`; its afterCommit actions do not run.
    void failNextCommit(const Error& error) { commit_failure_ = error; }

    /// All statements so far.
    const std::vector<std::string>& statements() const { return statements_; }
    /// How many transactions were committed.
    int commits() const { return commits_; }
    /// How many were rolled back.
    int rollbacks() const { return rollbacks_; }
    /// What afterCommit actions threw; a real database logs it.
    int failedActions() const { return failed_actions_; }
    /// Whether one is under way.
    bool inTransaction() const { return in_transaction_; }

    void read(const std::function<void(Connection&)>& work) override {
        Session session(*this);
        work(session);
        session.runActions();
    }

    void transaction(const std::function<void(Connection&)>& work) override {
        Session session(*this);
        in_transaction_ = true;
        try {
            work(session);
            if (commit_failure_) throw *std::exchange(commit_failure_, std::nullopt);
        } catch (...) {
            in_transaction_ = false;
            ++rollbacks_;
            throw;
        }
        in_transaction_ = false;
        ++commits_;
        session.runActions();
    }

    Dialect dialect() const noexcept override { return dialect_; }

private:
    class Session : public Connection {
    public:
        explicit Session(NullDatabase& database) : database_(database) {}
        using Connection::execute;
        Rows execute(std::string_view sql, std::span<const SqlValue> values) override {
            database_.statements_.emplace_back(sql);
            if (!database_.answer_) throw Error(ErrorCode::kInternal, "This test has no database");
            return database_.answer_(sql, values);
        }
        Dialect dialect() const noexcept override { return database_.dialect_; }
        void afterCommit(std::function<void()> action) override { actions_.push_back(std::move(action)); }

        void runActions() {
            for (const auto& action : std::exchange(actions_, {})) {
                try {
                    action();
                } catch (...) {
                    ++database_.failed_actions_;
                }
            }
        }

    private:
        NullDatabase& database_;
        std::vector<std::function<void()>> actions_;
    };

    Dialect dialect_;
    Answer answer_;
    std::optional<Error> commit_failure_;
    std::vector<std::string> statements_;
    int commits_ = 0;
    int rollbacks_ = 0;
    int failed_actions_ = 0;
    bool in_transaction_ = false;
};

}  // namespace linkup::sdk::testing
