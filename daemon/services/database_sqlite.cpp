#include <Poco/AutoPtr.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/Utility.h>
#include <Poco/Data/Session.h>
#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <vector>

#include "database_session.h"
#include "database_statements.h"

namespace linkup::daemon {

using sdk::Error;
using sdk::ErrorCode;
using sdk::SqlValue;

namespace {

struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, Finalizer>;

/// Gives the statement back as it was prepared, whatever happened.
class Resetter {
public:
    explicit Resetter(sqlite3_stmt* statement) : statement_(statement) {}
    ~Resetter() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    Resetter(const Resetter&) = delete;
    Resetter& operator=(const Resetter&) = delete;

private:
    sqlite3_stmt* statement_;
};

ErrorCode codeOf(int result) {
    switch (result) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            return ErrorCode::kUniqueViolation;
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return ErrorCode::kForeignKeyViolation;
        case SQLITE_BUSY_SNAPSHOT:
            return ErrorCode::kSerialization;
        default:
            break;
    }
    switch (result & 0xff) {
        case SQLITE_BUSY:  // another process holds the file
        case SQLITE_LOCKED:
        case SQLITE_INTERRUPT:  // the statement timeout
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_NOMEM:
            return ErrorCode::kUnavailable;
        default:
            return ErrorCode::kInternal;
    }
}

bool isExpected(ErrorCode code) {
    return code == ErrorCode::kUniqueViolation || code == ErrorCode::kForeignKeyViolation ||
           code == ErrorCode::kSerialization;
}

SqlValue columnValue(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
        case SQLITE_FLOAT:
            return sqlite3_column_double(statement, column);
        case SQLITE_NULL:
            return nullptr;
        default: {
            const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
            const int size = sqlite3_column_bytes(statement, column);
            return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
        }
    }
}

/// The n of a placeholder `$n`; 0 if it is none.
std::size_t numberOf(std::string_view placeholder) {
    std::size_t number = 0;
    const char* const end = placeholder.data() + placeholder.size();
    if (!placeholder.starts_with('$')) return 0;
    const auto parsed = std::from_chars(placeholder.data() + 1, end, number);
    return parsed.ec == std::errc() && parsed.ptr == end ? number : 0;
}

/// To SQLite `$n` is a name: it numbers parameters as they first appear, whatever they are called. This is,
/// for each of them in that order, which value it takes; nothing unless they are `$1…$n` without a gap.
std::optional<std::vector<std::size_t>> valueOfEach(sqlite3_stmt* statement) {
    const auto count = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement));
    std::vector<std::size_t> values;
    for (std::size_t i = 0; i < count; ++i) {
        const char* name = sqlite3_bind_parameter_name(statement, static_cast<int>(i + 1));
        const std::size_t number = name == nullptr ? 0 : numberOf(name);
        const bool taken = std::find(values.begin(), values.end(), number - 1) != values.end();
        if (number < 1 || number > count || taken) return std::nullopt;
        values.push_back(number - 1);
    }
    return values;
}

/// A session of Poco::Data, whose statements are prepared on its native handle.
///
/// Poco 1.11 types a column by its declaration and not by its value: count(*) and RETURNING come back as
/// text, INTEGER is cut to 32 bits, an unknown type name throws; and a statement that failed once stays
/// "still executing".
class SqliteSession final : public DatabaseSession {
public:
    SqliteSession(DatabaseContext& context, std::string file, SqliteRole role)
        : context_(context), file_(std::move(file)), role_(role) {}

    void connect() override;
    bool usable() noexcept override { return handle_ != nullptr; }
    sdk::Rows execute(std::string_view sql, std::span<const SqlValue> values) override;
    void runScript(std::string_view text) override;
    void begin(Patience patience) override;
    void commit() override { execute("COMMIT", {}); }
    void rollback() noexcept override;

private:
    using Clock = std::chrono::steady_clock;

    struct Kept {
        StatementHandle handle;
        std::vector<std::size_t> value_of;  ///< of each parameter, in SQLite's order
    };

    Kept& prepared(std::string_view sql);
    StatementHandle prepare(std::string_view sql, unsigned int flags, const char** rest);
    void bind(const Kept& statement, std::string_view sql, std::span<const SqlValue> values);
    static int bindOne(sqlite3_stmt* statement, int parameter, const SqlValue& value);
    bool step(sqlite3_stmt* statement, std::string_view sql);
    std::string pragma(std::string_view sql);
    void startTimer();
    static int outOfTime(void* self);
    [[noreturn]] void fail(int result, std::string_view sql);

    DatabaseContext& context_;
    const std::string file_;
    const SqliteRole role_;
    std::optional<Poco::Data::Session> session_;
    sqlite3* handle_ = nullptr;
    Patience patience_ = Patience::kTimed;
    Clock::time_point deadline_ = Clock::time_point::max();
    StatementCache<Kept> statements_;  // last, so that statements are finalized before the session closes
};

void SqliteSession::connect() {
    const auto folder = std::filesystem::path(file_).parent_path();
    std::error_code ignored;  // opening the file says it better
    if (role_ == SqliteRole::kWriter && !folder.empty()) std::filesystem::create_directories(folder, ignored);
    try {
        Poco::Data::SQLite::Connector connector;
        session_.emplace(connector.createSession(file_, 1));
        sqlite3* handle = Poco::Data::SQLite::Utility::dbHandle(*session_);
        sqlite3_extended_result_codes(handle, 1);
        sqlite3_busy_timeout(handle, context_.settings.wait_ms);
        sqlite3_progress_handler(handle, 10000, &SqliteSession::outOfTime, this);
        handle_ = handle;
        if (role_ == SqliteRole::kWriter && pragma("PRAGMA journal_mode = WAL") != "wal") {
            context_.log.error("SQLite cannot use a write-ahead log here", {{"file", file_}});
            throw databaseError(ErrorCode::kUnavailable);
        }
        pragma("PRAGMA synchronous = FULL");  // stored before it is acknowledged
        pragma("PRAGMA foreign_keys = ON");
        pragma("PRAGMA temp_store = MEMORY");
        if (role_ == SqliteRole::kReader) pragma("PRAGMA query_only = ON");
    } catch (const Poco::Exception& error) {
        context_.log.error("cannot open the database",
                           {{"file", file_}, {"error", firstLine(error.displayText())}});
        throw databaseError(ErrorCode::kUnavailable);
    } catch (const Error&) {
        statements_.clear();
        handle_ = nullptr;
        session_.reset();
        throw;
    }
    ++context_.counters.connects;
}

sdk::Rows SqliteSession::execute(std::string_view sql, std::span<const SqlValue> values) {
    refuseNul(values);
    startTimer();
    const Kept& kept = prepared(sql);
    sqlite3_stmt* const statement = kept.handle.get();
    const Resetter resetter(statement);
    bind(kept, sql, values);

    const int columns = sqlite3_column_count(statement);
    const int changes_before = sqlite3_total_changes(handle_);
    std::vector<SqlValue> result;
    while (step(statement, sql)) {
        for (int column = 0; column < columns; ++column) result.push_back(columnValue(statement, column));
    }
    const bool changed = sqlite3_total_changes(handle_) != changes_before;
    const auto affected = changed ? static_cast<std::size_t>(sqlite3_changes(handle_)) : 0;
    return sdk::Rows(static_cast<std::size_t>(columns), std::move(result), affected);
}

void SqliteSession::runScript(std::string_view text) {
    startTimer();
    const char* const end = text.data() + text.size();
    const char* rest = text.data();
    while (rest != end) {
        const std::string_view sql(rest, static_cast<std::size_t>(end - rest));
        const StatementHandle statement = prepare(sql, 0, &rest);
        if (statement == nullptr) continue;  // blanks and comments
        while (step(statement.get(), sql)) {
        }
    }
}

void SqliteSession::begin(Patience patience) {
    patience_ = patience;
    execute("BEGIN IMMEDIATE", {});
}

void SqliteSession::rollback() noexcept {
    if (sqlite3_get_autocommit(handle_) != 0) return;  // SQLite has done so itself, as after a full disk
    deadline_ = Clock::time_point::max();
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

SqliteSession::Kept& SqliteSession::prepared(std::string_view sql) {
    if (Kept* kept = statements_.find(sql)) return *kept;
    StatementHandle statement = prepare(sql, SQLITE_PREPARE_PERSISTENT, nullptr);
    if (statement == nullptr) fail(SQLITE_ERROR, sql);
    auto value_of = valueOfEach(statement.get());
    if (!value_of) {
        context_.log.error("the placeholders of a statement are not $1 to $n", {{"sql", sql}});
        throw databaseError(ErrorCode::kInternal);
    }
    ++context_.counters.prepared;
    return statements_.keep(sql, std::make_unique<Kept>(Kept{std::move(statement), std::move(*value_of)}));
}

StatementHandle SqliteSession::prepare(std::string_view sql, unsigned int flags, const char** rest) {
    sqlite3_stmt* statement = nullptr;
    const int result =
        sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), flags, &statement, rest);
    if (result != SQLITE_OK) fail(result, sql);
    return StatementHandle(statement);
}

void SqliteSession::bind(const Kept& statement, std::string_view sql, std::span<const SqlValue> values) {
    if (statement.value_of.size() != values.size()) {
        context_.log.error("a statement got the wrong number of values",
                           {{"sql", sql},
                            {"wanted", static_cast<std::int64_t>(statement.value_of.size())},
                            {"given", static_cast<std::int64_t>(values.size())}});
        throw databaseError(ErrorCode::kInternal);
    }
    int parameter = 0;
    for (const std::size_t value : statement.value_of) {
        const int result = bindOne(statement.handle.get(), ++parameter, values[value]);
        if (result != SQLITE_OK) fail(result, sql);
    }
}

int SqliteSession::bindOne(sqlite3_stmt* statement, int parameter, const SqlValue& value) {
    if (const auto* flag = std::get_if<bool>(&value)) {
        return sqlite3_bind_int(statement, parameter, *flag ? 1 : 0);
    }
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        return sqlite3_bind_int64(statement, parameter, *integer);
    }
    if (const auto* real = std::get_if<double>(&value)) {
        return sqlite3_bind_double(statement, parameter, *real);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return sqlite3_bind_text64(statement, parameter, text->data(), text->size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
    }
    return sqlite3_bind_null(statement, parameter);
}

bool SqliteSession::step(sqlite3_stmt* statement, std::string_view sql) {
    const int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    fail(result, sql);
}

std::string SqliteSession::pragma(std::string_view sql) {
    const StatementHandle statement = prepare(sql, 0, nullptr);
    std::string value;
    while (step(statement.get(), sql)) {
        const SqlValue first = columnValue(statement.get(), 0);
        if (const auto* text = std::get_if<std::string>(&first)) value = *text;
    }
    return value;
}

void SqliteSession::startTimer() {
    deadline_ = patience_ == Patience::kUnlimited
                    ? Clock::time_point::max()
                    : Clock::now() + std::chrono::milliseconds(context_.settings.statement_timeout_ms);
}

int SqliteSession::outOfTime(void* self) {
    return Clock::now() > static_cast<const SqliteSession*>(self)->deadline_ ? 1 : 0;
}

void SqliteSession::fail(int result, std::string_view sql) {
    const ErrorCode code = codeOf(result);
    if (!isExpected(code)) {
        context_.log.error(
            "database statement failed",
            {{"sqlite", result}, {"error", firstLine(sqlite3_errmsg(handle_))}, {"sql", firstLine(sql)}});
    }
    throw databaseError(code);
}

}  // namespace

std::unique_ptr<DatabaseSession> makeSqliteSession(DatabaseContext& context, const std::string& file,
                                                   SqliteRole role) {
    return std::make_unique<SqliteSession>(context, file, role);
}

}  // namespace linkup::daemon
