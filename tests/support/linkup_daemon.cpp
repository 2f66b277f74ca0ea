#include "linkup_daemon.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "http_client.h"

namespace fs = std::filesystem;

namespace linkup::test {
namespace {

std::string program() {
    const char* const named = std::getenv("LINKUP_DAEMON");
    return named != nullptr ? named : LINKUP_TEST_DAEMON;
}

ProcessOptions commandFor(const DaemonOptions& options) {
    ProcessOptions command;
    if (options.listener >= 0) {
        // Only the process itself knows the number that it must find there.
        command.command = {"sh", "-c", "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"", "sh"};
        command.descriptor = options.listener;
    }
    command.command.insert(command.command.end(),
                           {program(), "--config", options.config.value_or(LINKUP_TEST_CONFIG).string()});
    for (const auto& [key, value] : options.settings) {
        command.command.emplace_back("-D");
        command.command.push_back(key + "=" + value);
    }
    command.command.insert(command.command.end(), options.arguments.begin(), options.arguments.end());
    command.environment = options.environment;
    return command;
}

void setDefaults(DaemonOptions& options, const FreePort& port, const fs::path& state) {
    options.settings.try_emplace("server.address", "127.0.0.1");
    options.settings.try_emplace("server.port", std::to_string(port.number()));
    options.settings.try_emplace("paths.state", state.string());
}

/// Files of the outbox by age: by time of writing, then by name, which the outbox counts up.
std::vector<fs::path> byAge(const fs::path& outbox) {
    std::vector<std::pair<fs::file_time_type, fs::path>> found;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(outbox, missing))
        if (entry.path().extension() == ".eml") found.emplace_back(entry.last_write_time(), entry.path());
    std::sort(found.begin(), found.end());
    std::vector<fs::path> files;
    for (auto& [time, file] : found) files.push_back(std::move(file));
    return files;
}

}  // namespace

LinkupDaemon::LinkupDaemon(DaemonOptions options) : options_(std::move(options)) {
    setDefaults(options_, freePort_, folder_ / "state");
    fs::create_directories(state());
    start();
}

ProcessResult LinkupDaemon::runToEnd(DaemonOptions options, std::chrono::milliseconds deadline) {
    const FreePort port;
    const TemporaryFolder folder;
    setDefaults(options, port, folder.path());
    return run(commandFor(options), deadline);
}

std::string LinkupDaemon::url() const {
    return "http://127.0.0.1:" + std::to_string(port());
}

std::uint16_t LinkupDaemon::port() const {
    return static_cast<std::uint16_t>(std::stoi(options_.settings.at("server.port")));
}

fs::path LinkupDaemon::state() const {
    return options_.settings.at("paths.state");
}

void LinkupDaemon::start() {
    launch();
    waitUntilReady();
}

void LinkupDaemon::launch() {
    process_ = std::make_unique<Process>(commandFor(options_));
}

void LinkupDaemon::waitUntilReady() {
    const auto ready = [this] {
        if (!process_->running())
            throw std::runtime_error("the daemon ended at its start; it printed:\n" + log());
        try {
            HttpClient client(url());
            client.setTimeout(std::chrono::seconds{2});
            return client.get("/readyz").status == 200;
        } catch (const Poco::Exception&) {
            return false;  // it does not listen yet
        }
    };
    if (!waitFor(ready, options_.readyDeadline))
        throw std::runtime_error("the daemon does not get ready; it printed:\n" + log());
}

int LinkupDaemon::stop(std::chrono::milliseconds deadline) {
    process_->signal(SIGTERM);
    const auto exitCode = process_->wait(deadline);
    if (!exitCode) throw std::runtime_error("the daemon does not stop; it printed:\n" + log());
    return *exitCode;
}

std::vector<Mail> LinkupDaemon::outbox() const {
    std::vector<Mail> mails;
    for (const auto& file : byAge(state() / "outbox")) {
        mails.push_back(parseMail(readFile(file)));
        mails.back().file = file.filename().string();
    }
    return mails;
}

Mail LinkupDaemon::mailTo(const std::string& address, std::size_t after) const {
    std::vector<Mail> found;
    const bool came = waitFor([&] {
        found = outbox();
        std::erase_if(found, [&](const Mail& mail) { return !mail.isTo(address); });
        return found.size() > after;
    });
    if (!came) throw std::runtime_error("no mail to " + address + " came; the daemon printed:\n" + log());
    return found.back();
}

std::string LinkupDaemon::codeFor(const std::string& address, std::size_t after) const {
    return mailTo(address, after).code();
}

}  // namespace linkup::test
