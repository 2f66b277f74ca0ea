#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "linkup/sdk/database.h"

namespace linkup::sdk::testing {

/// A real database in memory, for tests of stores and of whole plugins: SQLite, as the host has it by
/// default. Statements, values, rows and error codes are those of the host; an Error's message says what
/// SQLite said and of which statement, which the host only writes to its log. `SqliteDatabase database;
/// database.migrate(registrar.schema); FakeHost host(database);`
///
/// Lifetime: the data goes with it; it outlives what it was given to.   Threading: any thread; one read or
/// transaction at a time, others wait.   Errors: as Connection::execute; Error{kInternal} for a read or
/// transaction inside another one of the same thread, which the host would have wait for itself.   Since: ABI
/// 1.3. Links to SQLite (libsqlite3-dev).
class SqliteDatabase : public Database {
public:
    /// An empty database.
    SqliteDatabase() {
        sqlite3* handle = nullptr;
        const int result = sqlite3_open(":memory:", &handle);
        handle_.reset(handle);
        if (result != SQLITE_OK) fail(result, "open");
        sqlite3_extended_result_codes(handle, 1);
        run("PRAGMA foreign_keys = ON");
    }

    /// Brings the schema up to date, as the host does before Plugin::start: FakeRegistrar::schema.
    /// Errors: Error{kConflict} if versions are not 1, 2, 3 … without a gap.
    void migrate(const std::vector<Migration>& migrations) {
        int version = 0;
        for (const Migration& migration : migrations) {
            if (migration.version != ++version) {
                throw Error(ErrorCode::kConflict,
                            "migration " + std::to_string(migration.version) + " (" + migration.title +
                                "): versions must be 1, 2, 3 … without a gap; expected version " +
                                std::to_string(version));
            }
            inTransaction([&](Session&) { script(migration.sqlite); });
        }
    }
    /// Runs statements that a semicolon separates: to make what other plugins publish, or rows to begin with.
    void run(const std::string& statements) {
        const Turn turn(*this);
        script(statements);
    }
    /// The next commit fails with `error`, and all is rolled back; after kSerialization the work runs again.
    void failNextCommit(const Error& error) { commit_failure_ = error; }

    void read(const std::function<void(Connection&)>& work) override {
        const auto session = std::make_unique<Session>(*this);
        {
            const Turn turn(*this);
            script("PRAGMA query_only = ON");
            const Last writable([this] { script("PRAGMA query_only = OFF"); });
            work(*session);
        }
        session->runActions();
    }

    void transaction(const std::function<void(Connection&)>& work) override {
        for (int attempt = 1;; ++attempt) {
            try {
                inTransaction(work);
                return;
            } catch (const Error& error) {
                if (error.code() != ErrorCode::kSerialization || attempt == 5) throw;
            }
        }
    }

    Dialect dialect() const noexcept override { return Dialect::kSqlite; }

private:
    struct Closer {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    using Statement = std::unique_ptr<sqlite3_stmt, Finalizer>;

    /// Does something at the end of a block.
    class Last {
    public:
        explicit Last(std::function<void()> action) : action_(std::move(action)) {}
        ~Last() { action_(); }
        Last(const Last&) = delete;
        Last& operator=(const Last&) = delete;

    private:
        std::function<void()> action_;
    };

    /// The right to use the one connection.
    class Turn {
    public:
        explicit Turn(SqliteDatabase& database) : database_(database) {
            if (database.user_ == std::this_thread::get_id()) {
                throw Error(ErrorCode::kInternal, "A read or transaction was begun inside another one");
            }
            database.mutex_.lock();
            database.user_ = std::this_thread::get_id();
        }
        ~Turn() {
            database_.user_ = std::thread::id();
            database_.mutex_.unlock();
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

    private:
        SqliteDatabase& database_;
    };

    class Session : public Connection {
    public:
        explicit Session(SqliteDatabase& database) : database_(database) {}
        using Connection::execute;
        Rows execute(std::string_view sql, std::span<const SqlValue> values) override {
            return database_.execute(sql, values);
        }
        Dialect dialect() const noexcept override { return Dialect::kSqlite; }
        void afterCommit(std::function<void()> action) override { actions_.push_back(std::move(action)); }

        /// The host logs what they throw.
        void runActions() {
            for (const auto& action : std::exchange(actions_, {})) {
                try {
                    action();
                } catch (...) {
                }
            }
        }

    private:
        SqliteDatabase& database_;
        std::vector<std::function<void()>> actions_;
    };

    template <class Work>
    void inTransaction(const Work& work) {
        const auto session = std::make_unique<Session>(*this);
        {
            const Turn turn(*this);
            script("BEGIN IMMEDIATE");
            try {
                work(*session);
                if (commit_failure_) throw *std::exchange(commit_failure_, std::nullopt);
                script("COMMIT");
            } catch (...) {
                sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
                throw;
            }
        }
        session->runActions();
    }

    void script(const std::string& statements) {
        const int result = sqlite3_exec(handle_.get(), statements.c_str(), nullptr, nullptr, nullptr);
        if (result != SQLITE_OK) fail(result, statements);
    }

    Rows execute(std::string_view sql, std::span<const SqlValue> values) {
        sqlite3_stmt* prepared = nullptr;
        const int result =
            sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &prepared, nullptr);
        const Statement statement(prepared);
        if (result != SQLITE_OK) fail(result, sql);
        bind(prepared, sql, values);
        const int columns = sqlite3_column_count(prepared);
        const int before = sqlite3_total_changes(handle_.get());
        std::vector<SqlValue> found;
        int step = sqlite3_step(prepared);
        for (; step == SQLITE_ROW; step = sqlite3_step(prepared)) {
            for (int column = 0; column < columns; ++column) found.push_back(value(prepared, column));
        }
        if (step != SQLITE_DONE) fail(step, sql);
        const bool changed = sqlite3_total_changes(handle_.get()) != before;
        const int affected = changed ? sqlite3_changes(handle_.get()) : 0;
        return Rows(static_cast<std::size_t>(columns), std::move(found), static_cast<std::size_t>(affected));
    }

    /// To SQLite `$2` is a name; the number in it says which value it takes.
    void bind(sqlite3_stmt* statement, std::string_view sql, std::span<const SqlValue> values) {
        const int parameters = sqlite3_bind_parameter_count(statement);
        std::vector<bool> used(values.size());
        for (int i = 1; i <= parameters; ++i) {
            const char* const name = sqlite3_bind_parameter_name(statement, i);
            const std::string_view text = name == nullptr ? "" : name;
            std::size_t number = 0;
            if (text.starts_with('$')) std::from_chars(text.data() + 1, text.data() + text.size(), number);
            if (number < 1 || number > values.size()) refuse("the placeholders are not $1 to $n", sql);
            used[number - 1] = true;
            const int result = bindOne(statement, i, values[number - 1]);
            if (result != SQLITE_OK) fail(result, sql);
        }
        if (std::find(used.begin(), used.end(), false) != used.end()) refuse("a value is not used", sql);
    }

    static int bindOne(sqlite3_stmt* statement, int parameter, const SqlValue& value) {
        if (const auto* flag = std::get_if<bool>(&value))
            return sqlite3_bind_int(statement, parameter, *flag ? 1 : 0);
        if (const auto* integer = std::get_if<std::int64_t>(&value))
            return sqlite3_bind_int64(statement, parameter, *integer);
        if (const auto* real = std::get_if<double>(&value))
            return sqlite3_bind_double(statement, parameter, *real);
        if (const auto* text = std::get_if<std::string>(&value)) {
            if (text->find('\0') != std::string::npos)
                throw Error(ErrorCode::kInternal, "A text holds a NUL, which PostgreSQL cannot store");
            return sqlite3_bind_text64(statement, parameter, text->data(), text->size(), SQLITE_STATIC,
                                       SQLITE_UTF8);
        }
        return sqlite3_bind_null(statement, parameter);
    }

    static SqlValue value(sqlite3_stmt* statement, int column) {
        switch (sqlite3_column_type(statement, column)) {
            case SQLITE_INTEGER:
                return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
            case SQLITE_FLOAT:
                return sqlite3_column_double(statement, column);
            case SQLITE_NULL:
                return nullptr;
            default: {
                const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
                const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
                return bytes == nullptr ? std::string() : std::string(bytes, size);
            }
        }
    }

    [[noreturn]] static void refuse(const std::string& why, std::string_view sql) {
        throw Error(ErrorCode::kInternal, why + ": " + std::string(sql));
    }
    [[noreturn]] void fail(int result, std::string_view sql) const {
        const std::string reason = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(result);
        throw Error(codeOf(result), reason + ": " + std::string(sql));
    }
    static ErrorCode codeOf(int result) {
        switch (result) {
            case SQLITE_CONSTRAINT_UNIQUE:
            case SQLITE_CONSTRAINT_PRIMARYKEY:
            case SQLITE_CONSTRAINT_ROWID:
                return ErrorCode::kUniqueViolation;
            case SQLITE_CONSTRAINT_FOREIGNKEY:
                return ErrorCode::kForeignKeyViolation;
            default:
                return ErrorCode::kInternal;
        }
    }

    std::unique_ptr<sqlite3, Closer> handle_;
    std::mutex mutex_;
    std::atomic<std::thread::id> user_;
    std::optional<Error> commit_failure_;
};

}  // namespace linkup::sdk::testing
