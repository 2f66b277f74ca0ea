#include <Poco/Environment.h>
#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureSMTPClientSession.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocket.h>

#include <algorithm>
#include <cctype>
#include <mutex>
#include <optional>
#include <sstream>
#include <utility>

#include "linkup/sdk/error.h"
#include "mailer_message.h"
#include "mailer_transport.h"

namespace linkup::daemon {
namespace {

/// "550 5.1.1" of a reply: its text is left out, as servers like to repeat the address in it.
std::string replyCode(int status, std::string_view response) {
    std::string code = std::to_string(status);
    if (response.size() > 4) {
        const std::string_view rest = response.substr(4);
        const auto end = std::ranges::find_if(
            rest, [](char c) { return c != '.' && !std::isdigit(static_cast<unsigned char>(c)); });
        const std::string_view enhanced(rest.begin(), end);
        if (std::ranges::count(enhanced, '.') == 2) code.append(" ").append(enhanced);
    }
    return code;
}

/// Poco's session, with what it leaves open: the host name for TLS when the socket is given (its startTLS
/// checks the certificate against an empty name then, Poco 1.11), and replies as numbers.
class Session final : public Poco::Net::SecureSMTPClientSession {
public:
    Session(const Poco::Net::StreamSocket& socket, const SmtpSettings& settings)
        : SecureSMTPClientSession(socket), settings_(settings) {
        setTimeout(Poco::Timespan(settings.reply_timeout_ms * Poco::Timespan::MILLISECONDS));
    }

    void begin(const Poco::Net::Context::Ptr& context) {
        const std::string name =
            settings_.helo_name.empty() ? Poco::Environment::nodeName() : settings_.helo_name;
        std::string abilities;
        login(name, abilities);
        if (settings_.security == SmtpSecurity::kStartTls) {
            expect(2, "STARTTLS", MailFault::kUnreachable);
            // Assigning drops what was received in the clear, so nothing smuggled in before is read as an
            // answer.
            socket() = Poco::Net::SecureStreamSocket::attach(socket(), settings_.host, context);
            abilities.clear();
            login(name, abilities);
        }
        if (!settings_.user.empty()) authenticate(abilities);
    }

    void deliver(const QueuedMail& mail, const MailSender& sender) {
        expect(2, "MAIL FROM:<" + sender.address + ">", MailFault::kTryLater);
        expect(2, "RCPT TO:<" + mail.mail.to + ">", MailFault::kTryLater);
        expect(3, "DATA", MailFault::kTryLater);
        std::istringstream content(composeMessage(mail, sender));
        try {
            sendMessage(content);
        } catch (const Poco::Net::SMTPException& error) {
            if (error.code() <= 0) throw;
            judge(error.code(), error.message(), "the content", MailFault::kTryLater);
        }
    }

    /// After a mail that was not taken; false if the session is of no more use.
    bool reset() noexcept {
        try {
            std::string response;
            return isPositiveCompletion(sendCommand("RSET", response));
        } catch (...) {
            return false;
        }
    }

private:
    /// Sends a command; throws unless the reply's first digit is `digit`. `later` is what 4xx means.
    void expect(int digit, const std::string& command, MailFault later) {
        std::string response;
        const int status = sendCommand(command, response);
        if (status / 100 == digit) return;
        judge(status, response, command.substr(0, command.find(':')), later);
    }

    [[noreturn]] static void judge(int status, const std::string& response, const std::string& what,
                                   MailFault later) {
        const std::string text = "smtp: " + what + " was answered with " + replyCode(status, response);
        // 421: the server goes away. 530, 535, 538: it wants another log-in, or TLS; no fault of this mail.
        const bool session = status == 421 || status == 530 || status == 535 || status == 538 || status < 400;
        if (session || later == MailFault::kUnreachable) throw MailError(MailFault::kUnreachable, text);
        throw MailError(status / 100 == 5 ? MailFault::kRejected : later, text);
    }

    void authenticate(std::string abilities) {
        std::ranges::transform(abilities, abilities.begin(),
                               [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        const std::size_t line = abilities.find("AUTH");
        const std::string methods =
            line == std::string::npos ? "" : abilities.substr(line, abilities.find('\n', line) - line);
        try {
            if (methods.find("PLAIN") != std::string::npos)
                return loginUsingPlain(settings_.user, settings_.password);
            if (methods.find("LOGIN") != std::string::npos)
                return loginUsingLogin(settings_.user, settings_.password);
        } catch (const Poco::Net::SMTPException& error) {
            throw MailError(MailFault::kUnreachable,
                            "smtp: the log-in was refused with " + std::to_string(error.code()));
        }
        throw MailError(MailFault::kUnreachable, "smtp: the server offers neither AUTH PLAIN nor AUTH LOGIN");
    }

    const SmtpSettings& settings_;
};

class SmtpTransport final : public MailTransport {
public:
    SmtpTransport(SmtpSettings settings, MailSender sender)
        : settings_(std::move(settings)), sender_(std::move(sender)) {
        if (!isAddressSafe(sender_.address) || !isHeaderSafe(sender_.name)) {
            throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                             "The mail sender's address or name is not valid.");
        }
        if (settings_.security == SmtpSecurity::kStartTls) context_ = makeContext();
    }
    ~SmtpTransport() override { endBatch(); }

    void send(const QueuedMail& mail) override {
        try {
            if (!session_) connect();
            session_->deliver(mail, sender_);
        } catch (const MailError& error) {
            if (error.fault() == MailFault::kUnreachable || !session_->reset()) drop();
            throw;
        } catch (const Poco::Net::SMTPException& error) {
            drop();
            // Without its text, which is what the server said.
            throw MailError(MailFault::kUnreachable,
                            "smtp: the session failed, " + std::to_string(error.code()));
        } catch (const Poco::Exception& error) {
            drop();
            throw MailError(MailFault::kUnreachable, "smtp: " + error.displayText());
        }
    }

    void endBatch() noexcept override {
        if (!session_) return;
        try {
            session_->close();
        } catch (...) {
            // The mails are handed over; a server that does not say good-bye changes nothing.
        }
        drop();
    }

    void interrupt() noexcept override {
        const std::lock_guard lock(mutex_);
        interrupted_ = true;
        try {
            if (wire_) wire_->shutdown();
        } catch (...) {
            // Not connected: nothing waits.
        }
    }

private:
    Poco::Net::Context::Ptr makeContext() const {
        using Poco::Net::Context;
        try {
            Context::Ptr context = new Context(
                Context::TLS_CLIENT_USE, "", "", settings_.authorities_file,
                settings_.verify_certificate ? Context::VERIFY_STRICT : Context::VERIFY_NONE, 9, true);
            context->enableExtendedCertificateVerification(settings_.verify_certificate);
            context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
            return context;
        } catch (const Poco::Exception& error) {
            throw sdk::Error(
                sdk::ErrorCode::kInvalidArgument,
                "The mail server's certificate authorities cannot be read from the configured file.");
        }
    }

    void connect() {
        const Poco::Timespan patience(settings_.connect_timeout_ms * Poco::Timespan::MILLISECONDS);
        const auto addresses = Poco::Net::DNS::hostByName(settings_.host).addresses();
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            Poco::Net::StreamSocket socket(addresses[i].family());
            hold(socket);
            try {
                socket.connect(Poco::Net::SocketAddress(addresses[i], settings_.port), patience);
                socket.setSendTimeout(
                    Poco::Timespan(settings_.reply_timeout_ms * Poco::Timespan::MILLISECONDS));
                socket.setReceiveTimeout(
                    Poco::Timespan(settings_.reply_timeout_ms * Poco::Timespan::MILLISECONDS));
                session_ = std::make_unique<Session>(socket, settings_);
                break;
            } catch (const Poco::Exception&) {
                if (i + 1 == addresses.size()) throw;
            }
        }
        if (!session_) throw MailError(MailFault::kUnreachable, "smtp: the host has no address");
        session_->begin(context_);
    }

    /// From here on `interrupt` can reach it.
    void hold(const Poco::Net::StreamSocket& socket) {
        const std::lock_guard lock(mutex_);
        if (interrupted_) throw MailError(MailFault::kUnreachable, "smtp: stopping");
        wire_ = socket;
    }

    void drop() noexcept {
        {
            const std::lock_guard lock(mutex_);
            wire_.reset();
        }
        session_.reset();
    }

    const SmtpSettings settings_;
    const MailSender sender_;
    Poco::Net::Context::Ptr context_;
    std::unique_ptr<Session> session_;
    std::mutex mutex_;  ///< guards wire_ and interrupted_
    std::optional<Poco::Net::StreamSocket> wire_;
    bool interrupted_ = false;
};

}  // namespace

std::unique_ptr<MailTransport> openSmtp(SmtpSettings settings, MailSender sender) {
    return std::make_unique<SmtpTransport>(std::move(settings), std::move(sender));
}

}  // namespace linkup::daemon
