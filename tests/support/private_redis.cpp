#include "private_redis.h"

#include <csignal>
#include <stdexcept>

namespace linkup::test {

PrivateRedis::PrivateRedis() {
    start();
}

PrivateRedis& PrivateRedis::shared() {
    static PrivateRedis server;
    return server;
}

void PrivateRedis::start() {
    if (server_ && server_->running()) return;
    ProcessOptions redis;
    redis.command = {"redis-server",
                     "--bind",
                     "127.0.0.1",
                     "--port",
                     std::to_string(port()),
                     "--save",
                     "",
                     "--appendonly",
                     "no",
                     "--daemonize",
                     "no",
                     "--dir",
                     folder_.path().string()};
    server_ = std::make_unique<Process>(redis);
    const auto ready = [this] {
        if (!server_->running()) throw std::runtime_error("Redis ended at its start; it printed:\n" + log());
        return log().find("Ready to accept connections") != std::string::npos;
    };
    if (!waitFor(ready, std::chrono::seconds{30}))
        throw std::runtime_error("Redis does not start; it printed:\n" + log());
}

std::string PrivateRedis::command(const std::vector<std::string>& words) const {
    ProcessOptions cli;
    cli.command = {"redis-cli", "-h", "127.0.0.1", "-p", std::to_string(port())};
    cli.command.insert(cli.command.end(), words.begin(), words.end());
    return runOrThrow(cli);
}

void PrivateRedis::stop() {
    thaw();
    server_->signal(SIGTERM);
    if (!server_->wait()) throw std::runtime_error("Redis does not stop; it printed:\n" + log());
}

void PrivateRedis::freeze() {
    server_->signal(SIGSTOP);
}

void PrivateRedis::thaw() {
    server_->signal(SIGCONT);
}

std::string PrivateRedis::log() const {
    return server_ ? server_->output() : std::string();
}

}  // namespace linkup::test
