#include "database.h"

#include <chrono>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "database_pool.h"
#include "database_session.h"
#include "linkup/sdk/trace.h"
#include "recoverable_connection.h"

namespace linkup::daemon {

using sdk::Error;
using sdk::ErrorCode;

namespace {

constexpr int kMaxRetries = 5;
constexpr std::string_view kSqlitePrefix = "sqlite:";

using Actions = std::vector<std::function<void()>>;
enum class Scope { kRead, kTransaction };

/// Logs what takes too long while it lives. Two looks at the clock are all that it costs the others, where a
/// word to the server about each request would cost a round trip or a statement prepared anew.
class SlowStatement {
    using Clock = std::chrono::steady_clock;

public:
    SlowStatement(const DatabaseContext& context, const DatabaseSession& session, std::string_view sql)
        : context_(context), session_(session), sql_(sql) {}
    ~SlowStatement() {
        const auto limit = context_.settings.slow_statement.get();
        const std::chrono::duration<double, std::milli> took = Clock::now() - began_;
        if (limit.count() == 0 || took < limit) return;
        context_.log.warning(
            "a database statement was slow",
            {{"ms", took.count()}, {"backend", session_.backend()}, {"sql", firstLine(sql_)}});
    }
    SlowStatement(const SlowStatement&) = delete;
    SlowStatement& operator=(const SlowStatement&) = delete;

private:
    const DatabaseContext& context_;
    const DatabaseSession& session_;
    const std::string_view sql_;
    const Clock::time_point began_ = Clock::now();
};

/// A session as one piece of work sees it.
class ActiveConnection final : public ScriptConnection, public RecoverableConnection {
    /// After a failed statement PostgreSQL refuses all others of the transaction and answers COMMIT by
    /// rolling back without an error, while SQLite goes on. Here both end the transaction, so that one code
    /// suits both.
    template <class Call>
    auto guarded(Call&& call) {
        throwIfFailed();
        try {
            return call();
        } catch (const Error& error) {
            if (scope_ == Scope::kTransaction) failure_ = error;
            throw;
        }
    }

public:
    ActiveConnection(const DatabaseContext& context, DatabaseSession& session, sdk::Dialect dialect,
                     Scope scope, Actions& actions)
        : context_(context), session_(session), dialect_(dialect), scope_(scope), actions_(actions) {}

    using sdk::Connection::execute;

    sdk::Rows execute(std::string_view sql, std::span<const sdk::SqlValue> values) override {
        return guarded([&] {
            const SlowStatement slow(context_, session_, sql);
            return session_.execute(sql, values);
        });
    }

    void runScript(std::string_view text) override {
        guarded([&] {
            session_.runScript(text);
            return true;
        });
    }

    sdk::Dialect dialect() const noexcept override { return dialect_; }

    void afterCommit(std::function<void()> action) override { actions_.push_back(std::move(action)); }

    void recover() override {
        if (!failure_) return;
        const ErrorCode code = failure_->code();
        if (code == ErrorCode::kSerialization || code == ErrorCode::kUnavailable) throwIfFailed();
        failure_.reset();
    }

    /// Throws the error of a statement that failed, even if the work has swallowed it.
    void throwIfFailed() const {
        if (failure_) throw Error(*failure_);
    }

private:
    const DatabaseContext& context_;
    DatabaseSession& session_;
    const sdk::Dialect dialect_;
    const Scope scope_;
    Actions& actions_;
    std::optional<Error> failure_;
};

/// Which database this thread has a transaction open on: a second one inside it would wait for the first.
thread_local const void* open_transaction_of = nullptr;

class TransactionMark {
public:
    TransactionMark(const void* database, sdk::Log& log) : before_(open_transaction_of) {
        if (before_ == database) {
            log.error("a transaction was begun inside another one on the same thread");
            throw Error(ErrorCode::kInternal, "Internal Server Error");
        }
        open_transaction_of = database;
    }
    ~TransactionMark() { open_transaction_of = before_; }
    TransactionMark(const TransactionMark&) = delete;
    TransactionMark& operator=(const TransactionMark&) = delete;

private:
    const void* before_;
};

/// 2, 4, 8 … ms, each between half and one and a half of it, so that the losers of one race do not meet
/// again.
void pauseBeforeRetry(int retry) {
    thread_local std::minstd_rand random{std::random_device{}()};
    const double factor = std::uniform_real_distribution<double>(0.5, 1.5)(random);
    std::this_thread::sleep_for(
        std::chrono::duration<double, std::milli>(factor * static_cast<double>(1 << retry)));
}

class Database final : public PooledDatabase {
public:
    Database(const DatabaseSettings& settings, sdk::Log& log)
        : context_{settings, log, {}, 0}, dialect_(dialectOf(settings.url)) {
        if (settings.sessions < 1)
            throw Error(ErrorCode::kInvalidArgument, "database.sessions must be at least 1");
        if (dialect_ == sdk::Dialect::kSqlite) {
            openSqlite(settings.url.substr(kSqlitePrefix.size()));
        } else {
            openPostgresql();
        }
    }

    void read(const std::function<void(sdk::Connection&)>& work) override {
        Actions actions;
        {
            const SessionPool::Lease session = readers().acquire();
            ActiveConnection connection(context_, *session, dialect_, Scope::kRead, actions);
            work(connection);
        }
        run(actions);
    }

    void transaction(const std::function<void(sdk::Connection&)>& work) override {
        retried(Patience::kTimed, [&](ActiveConnection& connection) { work(connection); });
    }

    sdk::Rows executeTogether(std::span<const sdk::Statement> statements) override {
        // Whom a statement is for is told within a transaction.
        const bool shows = context_.settings.show_trace.get() && sdk::TraceScope::current().valid();
        if (shows || statements.empty()) return sdk::Database::executeTogether(statements);
        const TransactionMark mark(this, context_.log);
        const SessionPool::Lease session = main_->acquire();
        const SlowStatement slow(context_, *session, statements.front().sql);
        return session->executeTogether(statements);
    }

    void script(const std::function<void(ScriptConnection&)>& work) override {
        retried(Patience::kUnlimited, [&](ActiveConnection& connection) { work(connection); });
    }

    sdk::Dialect dialect() const noexcept override { return dialect_; }

    void ping() override {
        const SessionPool::Lease session = readers().acquire();
        session->ping();
    }

    DatabaseStatistics statistics() const override {
        DatabaseStatistics result;
        main_->addTo(result);
        if (sqlite_readers_) sqlite_readers_->addTo(result);
        result.connects = context_.counters.connects;
        result.prepared = context_.counters.prepared;
        result.retries = retries_;
        return result;
    }

private:
    static sdk::Dialect dialectOf(std::string_view url) {
        if (url.starts_with(kSqlitePrefix) && url.size() > kSqlitePrefix.size()) return sdk::Dialect::kSqlite;
        if (url.starts_with("postgresql://") || url.starts_with("postgres://"))
            return sdk::Dialect::kPostgresql;
        throw Error(ErrorCode::kInvalidArgument, "database.url must be sqlite:FILE or postgresql://…");
    }

    void openSqlite(const std::string& file) {
        std::vector<std::unique_ptr<DatabaseSession>> writer;
        writer.push_back(makeSqliteSession(context_, file, SqliteRole::kWriter));
        main_ = makePool(std::move(writer));
        main_->acquire();  // makes the file, in WAL mode, before a reader looks for it
        std::vector<std::unique_ptr<DatabaseSession>> readers;
        for (int i = 0; i < context_.settings.sessions; ++i) {
            readers.push_back(makeSqliteSession(context_, file, SqliteRole::kReader));
        }
        sqlite_readers_ = makePool(std::move(readers));
        sqlite_readers_->acquire();
    }

    void openPostgresql() {
        std::vector<std::unique_ptr<DatabaseSession>> sessions;
        for (int i = 0; i < context_.settings.sessions; ++i)
            sessions.push_back(makePostgresqlSession(context_));
        main_ = makePool(std::move(sessions));
        main_->acquire();
    }

    std::unique_ptr<SessionPool> makePool(std::vector<std::unique_ptr<DatabaseSession>> sessions) {
        return std::make_unique<SessionPool>(
            std::move(sessions), std::chrono::milliseconds(context_.settings.wait_ms), context_.log);
    }

    SessionPool& readers() { return sqlite_readers_ ? *sqlite_readers_ : *main_; }

    template <class Work>
    void retried(Patience patience, const Work& work) {
        for (int retry = 0;; ++retry) {
            Actions actions;
            try {
                const TransactionMark mark(this, context_.log);
                once(patience, work, actions);
            } catch (const Error& error) {
                if (error.code() != ErrorCode::kSerialization || retry == kMaxRetries) throw;
                ++retries_;
                pauseBeforeRetry(retry + 1);
                continue;
            }
            run(actions);
            return;
        }
    }

    template <class Work>
    void once(Patience patience, const Work& work, Actions& actions) {
        TransactionName doubtful;
        {
            const SessionPool::Lease session = main_->acquire();
            bool committing = false;
            try {
                session->begin(patience);
                ActiveConnection connection(context_, *session, dialect_, Scope::kTransaction, actions);
                work(connection);
                connection.throwIfFailed();
                committing = true;
                const SlowStatement slow(context_, *session, "COMMIT");
                session->commit();
                return;
            } catch (const Error& error) {
                session->rollback();
                if (!committing || error.code() != ErrorCode::kInDoubt) throw;
                doubtful = session->transactionName();
            } catch (...) {
                session->rollback();
                throw;
            }
        }
        settle(doubtful);
    }

    /// Returns if the transaction was committed, throws kUnavailable if not, and kInDoubt if nobody can tell
    /// within the time that a call may wait for a session.
    void settle(const TransactionName& transaction) {
        using Steady = std::chrono::steady_clock;
        const auto deadline = Steady::now() + std::chrono::milliseconds(context_.settings.wait_ms);
        for (Fate fate = Fate::kOpen; fate == Fate::kOpen;) {
            fate = fateOf(transaction);
            if (fate == Fate::kCommitted) {
                context_.log.info("a commit whose answer was lost had happened");
                return;
            }
            if (fate == Fate::kRolledBack) throw databaseError(ErrorCode::kUnavailable);
            if (Steady::now() >= deadline) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        context_.log.warning("the answer to a commit was lost; whether it happened is not known");
        throw databaseError(ErrorCode::kInDoubt);
    }

    /// kOpen also while the server cannot be asked.
    Fate fateOf(const TransactionName& transaction) {
        try {
            return main_->acquire()->fateOf(transaction);
        } catch (const Error& error) {
            return error.code() == ErrorCode::kUnavailable ? Fate::kOpen : Fate::kUnknown;
        }
    }

    /// The session is back in the pool by now: an action may use the database itself.
    void run(Actions& actions) {
        for (auto& action : actions) {
            try {
                action();
            } catch (const std::exception& error) {
                context_.log.error("an action after a commit failed",
                                   {{"error", std::string_view(error.what())}});
            } catch (...) {
                context_.log.error("an action after a commit failed", {{"error", "not a std::exception"}});
            }
        }
    }

    DatabaseContext context_;
    const sdk::Dialect dialect_;
    std::unique_ptr<SessionPool> main_;            ///< PostgreSQL: all sessions; SQLite: the writer
    std::unique_ptr<SessionPool> sqlite_readers_;  ///< SQLite only
    std::atomic<std::uint64_t> retries_{0};
};

}  // namespace

DatabaseSession::~DatabaseSession() = default;

sdk::Rows DatabaseSession::executeTogether(std::span<const sdk::Statement> statements) {
    begin(Patience::kTimed);
    try {
        sdk::Rows rows;
        for (const auto& [sql, values] : statements) rows = execute(sql, values);
        commit();
        return rows;
    } catch (...) {
        rollback();
        throw;
    }
}

bool DatabaseContext::mayComplain() {
    using std::chrono::milliseconds;
    const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
    const std::int64_t now = std::chrono::duration_cast<milliseconds>(since_boot).count();
    std::int64_t next = next_complaint_ms;
    return now >= next && next_complaint_ms.compare_exchange_strong(next, now + 10000);
}

Error databaseError(ErrorCode code) {
    switch (code) {
        case ErrorCode::kUniqueViolation:
            return Error(code, "This exists already.");
        case ErrorCode::kForeignKeyViolation:
            return Error(code, "Something that this refers to does not exist.");
        case ErrorCode::kSerialization:
            return Error(code, "Somebody else changed this at the same moment. Please try again.");
        case ErrorCode::kInvalidArgument:
            return Error(code, "The text holds a character that cannot be stored.");
        case ErrorCode::kUnavailable:
        case ErrorCode::kInDoubt: {
            Error busy(code, "Server is busy. Please try again in a moment.");
            busy.withRetryAfter(std::chrono::seconds(1));
            return busy;
        }
        default:
            return Error(ErrorCode::kInternal, "Internal Server Error");
    }
}

void refuseNul(std::span<const sdk::SqlValue> values) {
    for (const sdk::SqlValue& value : values) {
        const auto* text = std::get_if<std::string>(&value);
        if (text != nullptr && text->find('\0') != std::string::npos)
            throw databaseError(ErrorCode::kInvalidArgument);
    }
}

std::string firstLine(std::string_view message) {
    return std::string(message.substr(0, std::min<std::size_t>(message.find('\n'), 300)));
}

std::unique_ptr<PooledDatabase> openDatabase(const DatabaseSettings& settings, sdk::Log& log) {
    return std::make_unique<Database>(settings, log);
}

}  // namespace linkup::daemon
