#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "mailer_message.h"
#include "mailer_transport.h"

namespace linkup::daemon {
namespace {

[[noreturn]] void fail(const char* what) {
    throw MailError(MailFault::kUnreachable,
                    std::string("outbox: cannot ") + what + ": " + std::generic_category().message(errno));
}

/// A file that is written, synced and closed, or removed.
void writeNewFile(const std::filesystem::path& path, const std::string& content) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail("create a file");
    for (std::size_t written = 0; written < content.size();) {
        const ssize_t count = ::write(file, content.data() + written, content.size() - written);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            const int reason = errno;
            ::close(file);
            ::unlink(path.c_str());
            errno = reason;
            fail("write a file");
        }
        written += static_cast<std::size_t>(count);
    }
    const bool synced = ::fsync(file) == 0;
    ::close(file);
    if (!synced) fail("sync a file");
}

class Outbox final : public MailTransport {
public:
    Outbox(std::filesystem::path folder, MailSender sender)
        : folder_(std::move(folder)), sender_(std::move(sender)) {}

    void send(const QueuedMail& mail) override {
        std::error_code error;
        if (std::filesystem::create_directories(folder_, error)) {
            std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, error);
        }
        const std::string name = nameOf(mail);
        const std::filesystem::path draft = folder_ / ("." + name + ".tmp");
        writeNewFile(draft, composeMessage(mail, sender_));
        if (::rename(draft.c_str(), (folder_ / name).c_str()) != 0) fail("rename a file");
    }

private:
    /// "20261124T020415207976Z-000000000012.eml"
    static std::string nameOf(const QueuedMail& mail) {
        std::string time = sdk::formatTime(mail.created);
        std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
        std::string id = std::to_string(mail.id);
        id.insert(0, 12 - std::min<std::size_t>(12, id.size()), '0');
        return time + "-" + id + ".eml";
    }

    const std::filesystem::path folder_;
    const MailSender sender_;
};

}  // namespace

std::unique_ptr<MailTransport> openOutbox(const std::filesystem::path& folder, MailSender sender) {
    return std::make_unique<Outbox>(folder, std::move(sender));
}

}  // namespace linkup::daemon
