#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "database.h"

namespace linkup::daemon {

/// Counted by the sessions of one database, read by statistics().
struct DatabaseCounters {
    std::atomic<std::uint64_t> connects{0};
    std::atomic<std::uint64_t> prepared{0};
};

/// What a session is made from; lives as long as the database.
struct DatabaseContext {
    DatabaseSettings settings;
    sdk::Log& log;
    DatabaseCounters counters;
    std::atomic<std::int64_t> next_complaint_ms{0};

    /// Whether to log why a connection failed: once in ten seconds, as it is tried four times a second.
    bool mayComplain();
};

/// Keeps a transaction under the statement timeout, or not.
enum class Patience { kTimed, kUnlimited };

/// Names a transaction for other sessions. A server that crashed may give a number again that it gave to a
/// transaction which it lost, so the life of the server from one crash to the next is part of the name.
struct TransactionName {
    std::int64_t id = 0;
    std::string server_life;
};

/// What became of a transaction.
enum class Fate { kCommitted, kRolledBack, kOpen, kUnknown };

/// One connection of a driver, with the statements prepared on it. It is made unconnected, and connected by
/// the pool.
///
/// Threading: one thread at a time.   Errors of all calls: the sdk::Error of the failure; the driver's text
/// is logged.
class DatabaseSession {
public:
    virtual ~DatabaseSession();
    /// Connects, or connects anew; statements prepared before are forgotten.
    virtual void connect() = 0;
    /// Whether the connection seems good; costs no round trip. A server that closed it in the meantime is
    /// noticed.
    virtual bool usable() noexcept = 0;

    /// Runs a statement that is prepared at its first use and kept.
    virtual sdk::Rows execute(std::string_view sql, std::span<const sdk::SqlValue> values) = 0;
    /// The same for several, outside a transaction, so as one of their own; what the last one gave back.
    /// Error{kInDoubt} if the connection was lost after they were sent.
    virtual sdk::Rows executeTogether(std::span<const sdk::Statement> statements);
    virtual void runScript(std::string_view text) = 0;
    /// Returns if the database answers, without much patience.
    virtual void ping() { execute("SELECT 1", {}); }

    virtual void begin(Patience patience) = 0;
    /// Error{kInDoubt} if the connection was lost, so that it may have been committed or not.
    virtual void commit() = 0;
    virtual void rollback() noexcept = 0;

    /// The number by which the server and its log know this connection; 0 if it has none.
    virtual int backend() const noexcept { return 0; }

    /// The last transaction begun here.
    virtual TransactionName transactionName() const { return {}; }
    /// What became of a transaction of any session.
    virtual Fate fateOf(const TransactionName&) { return Fate::kUnknown; }
};

std::unique_ptr<DatabaseSession> makePostgresqlSession(DatabaseContext& context);

enum class SqliteRole { kWriter, kReader };
std::unique_ptr<DatabaseSession> makeSqliteSession(DatabaseContext& context, const std::string& file,
                                                   SqliteRole role);

/// The errors of this layer, with messages fit for strangers.
sdk::Error databaseError(sdk::ErrorCode code);

/// Throws Error{kInvalidArgument} for a text with a NUL byte: PostgreSQL cannot store it, and both drivers
/// would cut it off there without a word.
void refuseNul(std::span<const sdk::SqlValue> values);

/// The first line of a driver's message, at most 300 bytes: what follows it may quote the data of a row.
std::string firstLine(std::string_view message);

}  // namespace linkup::daemon
