#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "linkup/sdk/clock.h"
#include "linkup/sdk/mailer.h"

namespace linkup::daemon {

/// A mail as it stands in the queue.
struct QueuedMail {
    std::int64_t id = 0;
    std::string
        message_id;  ///< chosen when queued and never changed, so that a mail sent twice can be told by it
    sdk::Time created{};
    std::int64_t attempts = 0;  ///< this one included
    sdk::Mail mail;
};

/// Whom mails are from.
struct MailSender {
    std::string address = "no-reply@localhost";
    std::string name = "LinkUp";
};

enum class MailFault {
    kRejected,     ///< this mail will never be taken
    kTryLater,     ///< this mail is not taken now
    kUnreachable,  ///< no mail can be sent now
};

/// Why a mail was not sent. The text goes to the log and the queue; it never holds an address.
class MailError : public std::runtime_error {
public:
    MailError(MailFault fault, const std::string& text) : std::runtime_error(text), fault_(fault) {}
    MailFault fault() const noexcept { return fault_; }

private:
    MailFault fault_;
};

/// Hands mails over to what delivers them.
///
/// Threading: one thread at a time, but `interrupt`, which is called from another.
class MailTransport {
public:
    virtual ~MailTransport() = default;
    /// Returns when the other side has taken responsibility for the mail. Errors: MailError.
    virtual void send(const QueuedMail& mail) = 0;
    /// No mail follows for now: closes what `send` keeps open between mails.
    virtual void endBatch() noexcept {}
    /// Breaks off a `send` that waits, and those that follow, for shutdown.
    virtual void interrupt() noexcept {}
};

/// Writes each mail as a file `TIME-ID.eml` into `folder`, made if need be. A file is whole when it appears;
/// names sort by the time of queueing; sending a mail again replaces its file. For development and tests.
std::unique_ptr<MailTransport> openOutbox(const std::filesystem::path& folder, MailSender sender);

enum class SmtpSecurity {
    kNone,      ///< in the clear; only for a server on the same machine
    kStartTls,  ///< encrypted, or nothing is sent (RFC 3207)
};

struct SmtpSettings {
    std::string host = "localhost";
    std::uint16_t port = 587;
    SmtpSecurity security = SmtpSecurity::kStartTls;
    bool verify_certificate = true;  ///< that an authority vouches for it, and for this host name
    std::string authorities_file;    ///< PEM, in addition to the system's; empty: those alone
    std::string user;                ///< empty: no authentication
    std::string password;
    std::string helo_name;  ///< how we introduce ourselves; empty: the machine's name
    int connect_timeout_ms = 5'000;
    int reply_timeout_ms = 15'000;  ///< for each reply of the server
};

/// Sends by SMTP; several mails in one session. 5xx to a mail's own commands rejects it; 4xx means later; a
/// server that cannot be reached, is not trusted, or refuses to let us log in is unreachable. Errors:
/// sdk::Error{kInvalidArgument} for settings that cannot work, such as an unreadable authorities_file.
std::unique_ptr<MailTransport> openSmtp(SmtpSettings settings, MailSender sender);

}  // namespace linkup::daemon
