#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "linkup/sdk/clock.h"
#include "linkup/sdk/error.h"
#include "linkup/sdk/export.h"

namespace linkup::sdk {

/// Which database it is, for the few texts that must differ.
enum class Dialect { kSqlite, kPostgresql };

/// One step of a plugin's schema. `version` starts at 1 and has no gaps; a text once released is never
/// changed (its checksum is kept). Several statements, separated by semicolons, run in one transaction.
/// Made by: plugin.   Since: ABI 1.0.
struct Migration {
    int version = 0;         ///< 1, 2, 3, …
    std::string title;       ///< what it does, in a few words
    std::string sqlite;      ///< the text for SQLite
    std::string postgresql;  ///< the text for PostgreSQL
};

/// A value bound to a statement or read from a row. Times are bound as integers (toMicros).
using SqlValue = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string>;

/// Shorthand for nullable columns.
template <class T>
SqlValue nullable(const std::optional<T>& value) {
    return value ? SqlValue(*value) : SqlValue(nullptr);
}

/// What a statement gave back, copied out of the driver: valid for as long as the Rows itself.
///
/// Implemented by: SDK.   Threading: as std::vector.   Errors: reading a column as another type, or a null as
/// a value, throws std::bad_variant_access (Postgres booleans read as bool or integer, SQLite's likewise).
/// Since: ABI 1.0.
class LINKUP_SDK_API Rows {
public:
    /// No rows.
    Rows() = default;
    /// For databases, and for fakes: `values` row by row.
    Rows(std::size_t columns, std::vector<SqlValue> values, std::size_t affected);

    /// Whether there is no row.
    bool empty() const noexcept { return size() == 0; }
    /// The number of rows.
    std::size_t size() const noexcept { return columns_ == 0 ? 0 : values_.size() / columns_; }
    /// Rows that INSERT, UPDATE or DELETE touched (with RETURNING: the rows returned).
    std::size_t affected() const noexcept { return affected_; }

    /// As the database gave it; rows and columns count from 0.
    const SqlValue& value(std::size_t row, std::size_t column) const {
        return values_.at(row * columns_ + column);
    }
    /// Whether there is nothing in that place.
    bool isNull(std::size_t row, std::size_t column) const;
    std::int64_t integer(std::size_t row, std::size_t column) const;     ///< of an integer or a bool
    bool boolean(std::size_t row, std::size_t column) const;             ///< of a bool or an integer
    double real(std::size_t row, std::size_t column) const;              ///< of a float or an integer
    const std::string& text(std::size_t row, std::size_t column) const;  ///< of a text
    Time time(std::size_t row, std::size_t column) const;                ///< of microseconds since 1970
    std::optional<std::int64_t> optionalInteger(std::size_t row,
                                                std::size_t column) const;  ///< nothing for a null
    std::optional<std::string> optionalText(std::size_t row,
                                            std::size_t column) const;  ///< nothing for a null

private:
    std::size_t columns_ = 0;
    std::vector<SqlValue> values_;
    std::size_t affected_ = 0;
};

/// One database session for the length of a read or a transaction.
///
/// `sql` is a text that lives for ever (a literal): it is the key of the session's cache of prepared
/// statements, so it is prepared once. `$n` stands for the n-th of `values`, wherever and however often;
/// every value is used. Not for texts made from input. Implemented by: host.   Lifetime: the call of the
/// function it was given to; never keep it.   Threading: the calling thread.   Errors:
/// Error{kUniqueViolation, kForeignKeyViolation, kSerialization, kUnavailable, kInternal}. Since: ABI 1.0.
class LINKUP_SDK_API Connection {
public:
    virtual ~Connection();
    /// Runs one statement.
    virtual Rows execute(std::string_view sql, std::span<const SqlValue> values) = 0;
    /// Which database it is.
    virtual Dialect dialect() const noexcept = 0;
    /// Runs `action` once after this transaction has been committed, in the order of the calls, on the same
    /// thread and outside any transaction; not if it rolls back. In a read: when the read ends. What it
    /// throws is logged.
    virtual void afterCommit(std::function<void()> action) = 0;

    /// As above: `execute("SELECT …", {id, name})`.
    Rows execute(std::string_view sql, std::initializer_list<SqlValue> values = {}) {
        return execute(sql, std::span<const SqlValue>(values.begin(), values.size()));
    }
};

/// One of several that run together.   Made by: plugin.   Since: ABI 1.9.
struct Statement {
    std::string_view sql;              ///< as of Connection::execute
    std::span<const SqlValue> values;  ///< `$1` is the first one; valid for the length of the call
};

/// The database of the deployment: SQLite or PostgreSQL, behind a pool of sessions.
///
/// Implemented by: host.   Lifetime: the Host's.   Threading: any thread but an I/O thread; all calls block,
/// waiting at most the configured time for a session.   Errors: what `work` throws; Error{kUnavailable} if no
/// session can be had or the server is away.   Since: ABI 1.0.
class LINKUP_SDK_API Database {
public:
    virtual ~Database();
    /// Runs `work` without a transaction; for single reads. SQLite: on a session that cannot write.
    virtual void read(const std::function<void(Connection&)>& work) = 0;
    /// Runs `work` in one transaction (PostgreSQL: read committed; SQLite: immediate). Commits when it
    /// returns, rolls back when it throws. A lost race (kSerialization, deadlock) runs it again, up to five
    /// times, so `work` must not have effects but through the connection and afterCommit. If the answer to
    /// the commit is lost, the server is asked what became of it, and the outcome is as if it had come; while
    /// nobody can be asked: Error{kInDoubt}. Then it may be stored, or not, or be under way still: do again,
    /// or look for, something that can be recognised, after a lock that both transactions take.
    virtual void transaction(const std::function<void(Connection&)>& work) = 0;
    /// Which database it is.
    virtual Dialect dialect() const noexcept = 0;
    /// Runs one statement as a transaction of its own, on PostgreSQL in one round trip. It is not run again
    /// after a lost race. If its answer is lost nobody is asked: Error{kInDoubt} at once, and all that is
    /// said of it above holds. `sql` and `values`, and the other errors: as Connection::execute. Since:
    /// ABI 1.8.
    virtual Rows executeAlone(std::string_view sql, std::span<const SqlValue> values);
    /// The same for statements that run one after the other, in one transaction: a first one may take locks,
    /// and the next sees all that was committed before it had them. Returns what the last one gave back.
    /// Since: ABI 1.9.
    virtual Rows executeTogether(std::span<const Statement> statements);
};

/// Value-returning forms: `auto user = read(db, [&](Connection& c) { … return …; });` @{
template <class Work>
auto read(Database& database, Work&& work) {
    std::optional<decltype(work(std::declval<Connection&>()))> result;
    database.read([&](Connection& connection) { result.emplace(work(connection)); });
    return std::move(*result);
}
template <class Work>
auto transaction(Database& database, Work&& work) {
    std::optional<decltype(work(std::declval<Connection&>()))> result;
    database.transaction([&](Connection& connection) { result.emplace(work(connection)); });
    return std::move(*result);
}
/// @}

}  // namespace linkup::sdk
