#include <libpq-fe.h>
#include <poll.h>

#include <Poco/Data/DataException.h>
#include <Poco/Data/PostgreSQL/SessionHandle.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>
#include <utility>
#include <vector>

#include "database_postgresql_url.h"
#include "database_postgresql_values.h"
#include "database_postgresql_wait.h"
#include "database_session.h"
#include "database_statements.h"
#include "linkup/sdk/trace.h"

namespace linkup::daemon {

using sdk::ErrorCode;
using sdk::SqlValue;

namespace {

using Poco::Data::PostgreSQL::SessionHandle;

using Result = PostgresqlResult;
using Steady = std::chrono::steady_clock;

/// Behind the statement timeout, by which a server that is well has answered.
constexpr std::chrono::milliseconds kGrace{5000};

/// Poco 1.11: SessionHandle frees the PGconn only of a connection that is good; that of a broken one leaks.
/// So it is freed here, and the handle, whose destructor would look at it, is kept for good: some hundred
/// bytes for each session that is broken when the database is closed, and never more, because a session
/// connects again on the same handle.
void discard(std::unique_ptr<SessionHandle> handle) {
    PGconn* connection = *handle;
    if (connection == nullptr || PQstatus(connection) == CONNECTION_OK) return;
    static std::mutex mutex;
    static auto& shells = *new std::vector<std::unique_ptr<SessionHandle>>();
    const std::lock_guard lock(mutex);
    shells.push_back(std::move(handle));
    PQfinish(connection);
}

/// Failures of the deadline, of resources, or because the server goes down or is a standby.
bool isPassing(std::string_view state) {
    if (state == "08P01") return false;  // the wrong number of values
    return state.starts_with("08") || state.starts_with("53") || state.starts_with("57") ||
           state.starts_with("58") || state == "55P03" || state == "25006" || state == "25P03";
}

/// Whether the connection is of no more use, whatever libpq thinks of it.
bool endsConnection(std::string_view state) {
    if (state == "08P01") return false;
    return state.starts_with("08") || state.starts_with("57P") || state == "25006" || state == "25P03";
}

ErrorCode codeOf(std::string_view state) {
    if (state == "23505") return ErrorCode::kUniqueViolation;
    if (state == "23503") return ErrorCode::kForeignKeyViolation;
    if (state == "40001" || state == "40P01") return ErrorCode::kSerialization;
    if (state == "22021") return ErrorCode::kInvalidArgument;  // not UTF-8
    return isPassing(state) ? ErrorCode::kUnavailable : ErrorCode::kInternal;
}

/// Says in the message that begins a transaction, so without a round trip, whom it is for; until its end.
std::string beginShowing(const sdk::TraceContext& trace) {
    // The server keeps 63 bytes; these are 57, all ours.
    return "BEGIN; SET LOCAL application_name = 'linkupd " + trace.traceId() + "/" + trace.spanId() +
           "'; SELECT txid_current()";
}

/// A connection of Poco::Data, whose statements are prepared on its native handle.
///
/// Poco 1.11 frees the last result of a statement again when an execution of it has failed, so no statement
/// could be kept that ever meets a unique violation; nor do its exceptions carry the SQLSTATE.
class PostgresqlSession final : public DatabaseSession {
public:
    explicit PostgresqlSession(DatabaseContext& context)
        : context_(context), conninfo_(postgresqlConninfo(context.settings)) {}
    ~PostgresqlSession() override { discard(std::move(handle_)); }

    void connect() override;
    bool usable() noexcept override;
    sdk::Rows execute(std::string_view sql, std::span<const SqlValue> values) override;
    sdk::Rows executeTogether(std::span<const sdk::Statement> statements) override;
    void runScript(std::string_view text) override;
    void ping() override;
    void begin(Patience patience) override;
    void commit() override;
    void rollback() noexcept override;
    int backend() const noexcept override { return PQbackendPID(*handle_); }
    TransactionName transactionName() const override { return transaction_; }
    Fate fateOf(const TransactionName& transaction) override;

private:
    struct Kept {
        std::string name;
        std::vector<std::string>& dropped;
        ~Kept() { dropped.push_back(std::move(name)); }
    };

    PGconn* connection() { return *handle_; }
    const std::string& prepared(std::string_view sql);
    void deallocateDropped();
    Result command(const char* sql);
    Result answerTo(int sent, std::string_view sql);
    void beginNow(const char* sql);
    Result pipelined(std::span<const sdk::Statement> statements, bool& refused);
    Result beginWith(const std::string& name, const PostgresqlValues& parameters, std::string_view sql);
    void setUp();
    std::string serverLife();
    void require(const Result& result, std::string_view sql);
    [[noreturn]] void fail(const Result& result, std::string_view sql);

    DatabaseContext& context_;
    const std::string conninfo_;
    std::unique_ptr<SessionHandle> handle_ = std::make_unique<SessionHandle>();
    std::vector<std::string>
        dropped_;  ///< names of statements that the cache has dropped, not yet deallocated
    StatementCache<Kept> statements_;
    std::uint64_t names_ = 0;
    TransactionName transaction_;
    const std::chrono::milliseconds usual_wait_{context_.settings.statement_timeout_ms + kGrace.count()};
    std::optional<std::chrono::milliseconds> wait_ = usual_wait_;  ///< for an answer; nothing: without end
    bool tried_ = false;
    bool broken_ = true;
    bool begin_owed_ = false;  ///< the transaction is to begin with its first statement
};

void PostgresqlSession::connect() {
    broken_ = true;
    statements_.clear();
    dropped_.clear();
    try {
        // A second connect() on one handle would leak the first PGconn; reset() uses it again.
        if (!std::exchange(tried_, true)) {
            handle_->connect(conninfo_);
        } else if (!handle_->reset()) {
            throw Poco::Data::ConnectionFailedException(PQerrorMessage(connection()));
        }
    } catch (const Poco::Exception& error) {
        if (context_.mayComplain()) {
            context_.log.warning("cannot connect to PostgreSQL", {{"error", firstLine(error.message())}});
        }
        throw databaseError(ErrorCode::kUnavailable);
    }
    PQsetNoticeProcessor(
        connection(), [](void*, const char*) {}, nullptr);  // else they go to stderr
    PQsetnonblocking(connection(), 1);
    wait_ = usual_wait_;
    broken_ = false;
    begin_owed_ = false;
    setUp();
    ++context_.counters.connects;
}

void PostgresqlSession::setUp() {
    const std::string settings =
        "SET client_min_messages = warning; SET default_transaction_isolation = 'read committed'; "
        "SET statement_timeout = " +
        std::to_string(context_.settings.statement_timeout_ms) +
        "; SET idle_in_transaction_session_timeout = " +
        std::to_string(std::max(60000, 2 * context_.settings.statement_timeout_ms));
    command(settings.c_str());
    transaction_.server_life = serverLife();
}

bool PostgresqlSession::usable() noexcept {
    if (broken_ || PQstatus(connection()) != CONNECTION_OK) return false;
    pollfd socket{PQsocket(connection()), POLLIN, 0};
    if (poll(&socket, 1, 0) == 0) return true;
    // An idle server has said something: a farewell, most likely. Anything else (a changed setting) is asked
    // about.
    if (PQconsumeInput(connection()) == 0 || PQstatus(connection()) != CONNECTION_OK) return false;
    try {
        const Result answer = answerTo(PQsendQuery(connection(), ""), "");
        return PQresultStatus(answer.get()) == PGRES_EMPTY_QUERY;
    } catch (const std::exception&) {
        return false;
    }
}

/// A server that is well says so at once.
void PostgresqlSession::ping() {
    struct Usual {
        PostgresqlSession& session;
        ~Usual() { session.wait_ = session.usual_wait_; }
    };
    const Usual after{*this};
    wait_ = std::chrono::milliseconds(context_.settings.connect_timeout_ms);
    execute("SELECT 1", {});
}

sdk::Rows PostgresqlSession::execute(std::string_view sql, std::span<const SqlValue> values) {
    refuseNul(values);
    const std::string& name = prepared(sql);
    const PostgresqlValues parameters(values);
    if (std::exchange(begin_owed_, false)) return rowsOf(beginWith(name, parameters, sql).get());
    const Result result = answerTo(PQsendQueryPrepared(connection(), name.c_str(), parameters.size(),
                                                       parameters.data(), nullptr, nullptr, 0),
                                   sql);
    require(result, sql);
    return rowsOf(result.get());
}

sdk::Rows PostgresqlSession::executeTogether(std::span<const sdk::Statement> statements) {
    for (const auto& [sql, values] : statements) {  // what fails here has not been done
        refuseNul(values);
        prepared(sql);
    }
    bool refused = false;
    try {
        return rowsOf(pipelined(statements, refused).get());
    } catch (const sdk::Error&) {
        if (!broken_ || refused) throw;
        throw databaseError(ErrorCode::kInDoubt);
    }
}

/// What is sent up to the end of a pipeline is one transaction. It is refused if the server has said no to
/// one of the statements, whatever becomes of the connection then: it commits at the end.
Result PostgresqlSession::pipelined(std::span<const sdk::Statement> statements, bool& refused) {
    PGconn* const server = connection();
    const auto send = [this, server](const sdk::Statement& statement) {
        const PostgresqlValues parameters(statement.values);
        return PQsendQueryPrepared(server, prepared(statement.sql).c_str(), parameters.size(),
                                   parameters.data(), nullptr, nullptr, 0) == 1;
    };
    const bool sent = PQenterPipelineMode(server) == 1 &&
                      std::all_of(statements.begin(), statements.end(), send) && PQpipelineSync(server) == 1;
    broken_ = true;  // until the pipeline is seen to have ended
    if (!sent) throw databaseError(ErrorCode::kUnavailable);
    std::vector<Result> results;
    for (const auto& [sql, values] : statements) {
        results.push_back(answerTo(1, sql));
        refused = refused || PQresultErrorField(results.back().get(), PG_DIAG_SQLSTATE) != nullptr;
        if (PQstatus(server) != CONNECTION_OK) fail(results.back(), sql);
    }
    const std::string_view last = statements.back().sql;
    Result end = answerTo(1, last);
    Result commit_failed;
    if (PQresultStatus(end.get()) == PGRES_FATAL_ERROR) commit_failed = std::exchange(end, answerTo(1, last));
    broken_ = PQresultStatus(end.get()) != PGRES_PIPELINE_SYNC || PQexitPipelineMode(server) != 1;
    for (std::size_t i = 0; i < results.size(); ++i) require(results[i], statements[i].sql);
    if (commit_failed != nullptr) fail(commit_failed, last);
    if (broken_) throw databaseError(ErrorCode::kUnavailable);
    return std::move(results.back());
}

const std::string& PostgresqlSession::prepared(std::string_view sql) {
    if (const Kept* kept = statements_.find(sql)) return kept->name;
    deallocateDropped();
    auto statement = std::make_unique<Kept>("s" + std::to_string(++names_), dropped_);
    const Result result = answerTo(
        PQsendPrepare(connection(), statement->name.c_str(), std::string(sql).c_str(), 0, nullptr), sql);
    require(result, sql);
    ++context_.counters.prepared;
    return statements_.keep(sql, std::move(statement)).name;
}

/// Not at once when the cache drops one: in a transaction that has failed the server would refuse it.
void PostgresqlSession::deallocateDropped() {
    for (const std::string& name : std::exchange(dropped_, {})) {
        const std::string sql = "DEALLOCATE " + name;
        const Result ignored = answerTo(PQsendQuery(connection(), sql.c_str()), sql);
    }
}

/// Its number is asked for in the same message, so that its fate can be asked for when a commit is not
/// answered; afterwards it would be too late.
void PostgresqlSession::begin(Patience patience) {
    const sdk::TraceContext& trace = sdk::TraceScope::current();
    wait_ = patience == Patience::kUnlimited ? std::nullopt : std::optional(usual_wait_);
    if (patience == Patience::kUnlimited) {
        beginNow(
            "BEGIN; SET LOCAL statement_timeout = 0; "
            "SET LOCAL idle_in_transaction_session_timeout = 0; SELECT txid_current()");
    } else if (context_.settings.show_trace && trace.valid()) {
        beginNow(beginShowing(trace).c_str());
    } else {
        begin_owed_ = true;
    }
}

void PostgresqlSession::beginNow(const char* sql) {
    const Result result = command(sql);
    transaction_.id = rowsOf(result.get()).integer(0, 0);
}

/// All in one round trip.
Result PostgresqlSession::beginWith(const std::string& name, const PostgresqlValues& parameters,
                                    std::string_view sql) {
    PGconn* const server = connection();
    const auto send = [server](const char* text) {
        return PQsendQueryParams(server, text, 0, nullptr, nullptr, nullptr, nullptr, 0) == 1;
    };
    const bool sent = PQenterPipelineMode(server) == 1 && send("BEGIN") && send("SELECT txid_current()") &&
                      PQsendQueryPrepared(server, name.c_str(), parameters.size(), parameters.data(), nullptr,
                                          nullptr, 0) == 1 &&
                      PQpipelineSync(server) == 1;
    broken_ = true;  // until the pipeline is seen to have ended
    if (!sent) throw databaseError(ErrorCode::kUnavailable);
    const auto next = [this, server](std::string_view what) {
        Result answer = answerTo(1, what);
        if (PQstatus(server) != CONNECTION_OK) fail(answer, what);
        return answer;
    };
    require(next("BEGIN"), "BEGIN");
    const Result number = next("BEGIN");
    Result result = next(sql);
    const Result end = next(sql);
    broken_ = PQresultStatus(end.get()) != PGRES_PIPELINE_SYNC || PQexitPipelineMode(server) != 1;
    require(number, "BEGIN");
    transaction_.id = rowsOf(number.get()).integer(0, 0);
    require(result, sql);
    if (broken_) throw databaseError(ErrorCode::kUnavailable);
    return result;
}

void PostgresqlSession::runScript(std::string_view text) {
    if (std::exchange(begin_owed_, false)) beginNow("BEGIN; SELECT txid_current()");
    command(std::string(text).c_str());
}

void PostgresqlSession::commit() {
    if (std::exchange(begin_owed_, false)) return;  // nothing was done
    try {
        command("COMMIT");
    } catch (const sdk::Error&) {
        if (!broken_) throw;
        throw databaseError(ErrorCode::kInDoubt);
    }
    wait_ = usual_wait_;
}

Fate PostgresqlSession::fateOf(const TransactionName& transaction) {
    const sdk::Rows rows =
        execute("SELECT txid_status($1)", std::array<SqlValue, 1>{SqlValue(transaction.id)});
    const std::string fate = rows.optionalText(0, 0).value_or("");
    if (fate == "aborted") return Fate::kRolledBack;  // if it was another one, ours was lost in a crash
    if (transaction.server_life.empty() || transaction.server_life != serverLife()) return Fate::kUnknown;
    if (fate == "committed") return Fate::kCommitted;
    return fate == "in progress" ? Fate::kOpen : Fate::kUnknown;
}

/// A crash resets the statistics, and nothing else that everybody may read tells of it.
std::string PostgresqlSession::serverLife() {
    const Result result = command("SELECT EXTRACT(EPOCH FROM stats_reset) FROM pg_stat_bgwriter");
    return PQgetvalue(result.get(), 0, 0);  // empty if null
}

void PostgresqlSession::rollback() noexcept {
    if (std::exchange(begin_owed_, false) || broken_) return;
    wait_ = usual_wait_;
    try {
        const Result result = answerTo(PQsendQuery(connection(), "ROLLBACK"), "ROLLBACK");
        if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) broken_ = true;
    } catch (const std::exception&) {
        broken_ = true;
    }
}

Result PostgresqlSession::command(const char* sql) {
    Result result = answerTo(PQsendQuery(connection(), sql), sql);
    require(result, sql);
    return result;
}

/// Null if it could not be sent, for the reason that libpq has.
Result PostgresqlSession::answerTo(int sent, std::string_view sql) {
    if (sent == 0) return nullptr;
    Result result = resultBy(connection(), wait_ ? Steady::now() + *wait_ : Steady::time_point::max());
    if (result != nullptr) return result;
    broken_ = true;
    context_.log.error("database does not answer, so its connection is given up",
                       {{"backend", backend()}, {"sql", firstLine(sql)}});
    throw databaseError(ErrorCode::kUnavailable);
}

void PostgresqlSession::require(const Result& result, std::string_view sql) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        fail(result, sql);
}

void PostgresqlSession::fail(const Result& result, std::string_view sql) {
    const char* state_field = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    const std::string_view state = state_field == nullptr ? "" : state_field;
    ErrorCode code = codeOf(state);
    if (PQstatus(connection()) != CONNECTION_OK || endsConnection(state)) {
        broken_ = true;
        code = ErrorCode::kUnavailable;
    }
    const bool expected = code == ErrorCode::kUniqueViolation || code == ErrorCode::kForeignKeyViolation ||
                          code == ErrorCode::kSerialization || code == ErrorCode::kInvalidArgument;
    if (!expected) {
        // Without detail and context, which quote the values of rows.
        const char* primary = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
        context_.log.error("database statement failed",
                           {{"sqlstate", state},
                            {"error", firstLine(primary == nullptr ? PQerrorMessage(connection()) : primary)},
                            {"sql", firstLine(sql)}});
        // Its plan may be what is wrong: after a change of the schema a kept statement fails until prepared
        // anew.
        statements_.drop(sql);
    }
    throw databaseError(code);
}

}  // namespace

std::unique_ptr<DatabaseSession> makePostgresqlSession(DatabaseContext& context) {
    return std::make_unique<PostgresqlSession>(context);
}

}  // namespace linkup::daemon
