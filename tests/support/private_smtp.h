#pragma once

#include <memory>
#include <string>
#include <vector>

#include "free_port.h"
#include "mail.h"
#include "process.h"

namespace linkup::test {

struct SmtpOptions {
    bool startTls = true;       ///< offer STARTTLS and refuse mail without it
    std::string user = "mail";  ///< demand AUTH as this user; empty: take mail from anybody
    std::string password = "mail-secret";
};

/// A mail and the envelope that it came in.
struct ReceivedMail {
    Mail mail;
    std::string envelopeFrom;
    std::vector<std::string> envelopeTo;
    bool overTls = false;
    std::string user;  ///< who had signed in
};

/// A real SMTP server on the loopback address, by Debian's python3-aiosmtpd, with a certificate for
/// `localhost` and `127.0.0.1` made for it alone.
///
/// Errors: every function throws std::runtime_error, with the server's log, when the server does not do its
/// part.
class PrivateSmtp {
public:
    /// Starts it and waits until it takes mail.
    explicit PrivateSmtp(SmtpOptions options = {});

    std::uint16_t port() const { return port_.number(); }
    const SmtpOptions& options() const { return options_; }
    /// The server's certificate, which a client has to trust (PEM).
    std::filesystem::path certificate() const { return folder_ / "certificate.pem"; }

    /// All mails taken so far, oldest first.
    std::vector<ReceivedMail> mails() const;

    /// Answers the next `times` mails with `code`: 451 is "try later", 550 is "never".
    void refuse(int code, int times);
    /// How many of these are still to come.
    int refusalsLeft() const;

    /// Stops it: connections are cut, new ones are refused. `start` starts it again on the same port.
    void stop();
    void start();

    std::string log() const;

private:
    SmtpOptions options_;
    FreePort port_;
    TemporaryFolder folder_;
    std::unique_ptr<Process> server_;
};

}  // namespace linkup::test
