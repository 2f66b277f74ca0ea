#include "private_s3.h"

#include <stdexcept>

#include "certificate.h"

namespace fs = std::filesystem;

namespace linkup::test {

PrivateS3::PrivateS3(Scheme scheme) : scheme_(scheme) {
    if (scheme_ == Scheme::kHttps) makeCertificate(folder_.path());
    start();
}

std::string PrivateS3::url() const {
    return (scheme_ == Scheme::kHttps ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port());
}

std::size_t PrivateS3::objects() const {
    // Swift's way: objects/PARTITION/SUFFIX/HASH/TIME.data, and TIME.ts where one was removed.
    const fs::path folder = folder_ / "device/objects";
    std::size_t count = 0;
    if (!fs::exists(folder)) return 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        count += entry.path().extension() == ".data" ? 1 : 0;
    return count;
}

void PrivateS3::start() {
    if (server_ && server_->running()) return;
    ProcessOptions python;
    // Debian's own interpreter: another one does not see Debian's packages.
    python.command = {"/usr/bin/python3", LINKUP_TEST_SUPPORT_FOLDER "/private_s3.py",
                      "--folder",         folder_.path().string(),
                      "--port",           std::to_string(port()),
                      "--bucket",         kBucket,
                      "--region",         kRegion,
                      "--secret",         kSecret};
    if (scheme_ == Scheme::kHttps) {
        python.command.insert(python.command.end(), {"--certificate", certificate().string(), "--key",
                                                     (folder_ / "key.pem").string()});
    }
    server_ = std::make_unique<Process>(python);
    const auto ready = [this] {
        if (!server_->running()) throw std::runtime_error("the S3 store ended at its start:\n" + log());
        return log().find("ready\n") != std::string::npos;
    };
    if (!waitFor(ready, std::chrono::seconds{60}))
        throw std::runtime_error("the S3 store does not start; it printed:\n" + log());
}

void PrivateS3::stop() {
    server_->kill();
}

}  // namespace linkup::test
