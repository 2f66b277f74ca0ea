#include "private_smtp.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "certificate.h"

namespace fs = std::filesystem;

namespace linkup::test {
namespace {

ReceivedMail readMail(const fs::path& file) {
    fs::path about = file;
    about.replace_extension(".json");
    const auto envelope = Poco::JSON::Parser().parse(readFile(about)).extract<Poco::JSON::Object::Ptr>();
    ReceivedMail result;
    result.mail = parseMail(readFile(file));
    result.envelopeFrom = envelope->getValue<std::string>("from");
    for (const auto& address : *envelope->getArray("to")) result.envelopeTo.push_back(address.toString());
    result.overTls = envelope->getValue<bool>("tls");
    result.user = envelope->getValue<std::string>("user");
    return result;
}

}  // namespace

PrivateSmtp::PrivateSmtp(SmtpOptions options) : options_(std::move(options)) {
    fs::create_directory(folder_ / "mails");
    if (options_.startTls) makeCertificate(folder_.path());
    start();
}

void PrivateSmtp::start() {
    if (server_ && server_->running()) return;
    ProcessOptions python;
    // Debian's own interpreter: another one does not see Debian's packages.
    python.command = {"/usr/bin/python3", LINKUP_TEST_SUPPORT_FOLDER "/private_smtp.py",
                      "--port",           std::to_string(port()),
                      "--mails",          (folder_ / "mails").string(),
                      "--refusals",       (folder_ / "refusals").string()};
    const auto add = [&](std::string name, std::string value) {
        python.command.push_back(std::move(name));
        python.command.push_back(std::move(value));
    };
    if (options_.startTls) {
        add("--certificate", certificate().string());
        add("--key", (folder_ / "key.pem").string());
    }
    if (!options_.user.empty()) {
        add("--user", options_.user);
        add("--password", options_.password);
    }
    server_ = std::make_unique<Process>(python);
    const auto ready = [this] {
        if (!server_->running()) throw std::runtime_error("the SMTP server ended at its start:\n" + log());
        return log().find("ready\n") != std::string::npos;
    };
    if (!waitFor(ready, std::chrono::seconds{30}))
        throw std::runtime_error("the SMTP server does not start; it printed:\n" + log());
}

void PrivateSmtp::stop() {
    if (server_) server_->kill();
}

std::vector<ReceivedMail> PrivateSmtp::mails() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_ / "mails"))
        if (entry.path().extension() == ".eml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<ReceivedMail> result;
    for (const auto& file : files) result.push_back(readMail(file));
    return result;
}

void PrivateSmtp::refuse(int code, int times) {
    writeFile(folder_ / "refusals", std::to_string(code) + " " + std::to_string(times));
}

int PrivateSmtp::refusalsLeft() const {
    if (!fs::exists(folder_ / "refusals")) return 0;
    std::istringstream in(readFile(folder_ / "refusals"));
    int code = 0;
    int times = 0;
    in >> code >> times;
    return times;
}

std::string PrivateSmtp::log() const {
    return server_ ? server_->output() : std::string();
}

}  // namespace linkup::test
