#include "deployment.h"

#include <algorithm>
#include <stdexcept>

#include "wait.h"

namespace linkup::test {

Deployment::Deployment(Kind kind, const std::map<std::string, std::string>& settings) {
    options_.settings = {{"auth.password.passes", "1"},
                         {"auth.password.memory_bytes", "65536"},
                         {"auth.code.resend_seconds", "0"},
                         {"auth.code.per_email_hour", "0"},
                         {"auth.code.per_address_hour", "0"}};
    for (const auto& [key, value] : settings) options_.settings[key] = value;
    if (kind != Kind::kEmbedded) {
        const std::string url = PrivatePostgres::shared().createDatabase();
        options_.settings["database.url"] = url;
        database_ = url.substr(url.rfind('/') + 1);
    }
    if (kind == Kind::kTwoNodes) {
        redis_ = std::make_unique<PrivateRedis>();
        options_.settings["redis.url"] = redis_->url();
        daemons_.push_back(std::make_unique<LinkupDaemon>(options_));
    }
    daemons_.push_back(std::make_unique<LinkupDaemon>(options_));
}

std::vector<std::string> Deployment::inTurns(std::size_t phones) const {
    std::vector<std::string> urls;
    for (std::size_t i = 0; i < phones; ++i) urls.push_back(daemons_[i % daemons_.size()]->url());
    return urls;
}

std::string Deployment::codeFor(const std::string& address, std::size_t used) {
    std::string code;
    const auto arrived = [&] {
        std::vector<Mail> mails;
        for (const auto& daemon : daemons_) {
            for (const auto& mail : daemon->outbox()) {
                if (mail.isTo(address)) mails.push_back(mail);
            }
        }
        if (mails.size() <= used) return false;
        code = newestOf(mails).code();
        return true;
    };
    if (!waitFor(arrived)) throw std::runtime_error("no mail came to " + address);
    return code;
}

ProcessResult Deployment::command(const std::vector<std::string>& arguments) {
    DaemonOptions options = options_;
    options.arguments = arguments;
    options.settings["paths.state"] = first().state().string();
    return LinkupDaemon::runToEnd(std::move(options));
}

int Deployment::stop() {
    int worst = 0;
    for (const auto& daemon : daemons_) worst = std::max(worst, daemon->stop());
    return worst;
}

}  // namespace linkup::test
