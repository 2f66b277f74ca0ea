#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "free_port.h"
#include "process.h"

namespace linkup::test {

/// A real S3 store on the loopback address: OpenStack Swift, by Debian's python3-swift, with one empty
/// bucket. It refuses what is signed wrongly, too late or with another hash, as Amazon's does.
///
/// Errors: every function throws std::runtime_error, with the server's log, when the server does not do its
/// part.
class PrivateS3 {
public:
    enum class Scheme { kHttp, kHttps };
    static constexpr const char* kBucket = "linkup-media";
    static constexpr const char* kRegion = "eu-central-1";
    static constexpr const char* kAccessKey = "test:tester";
    static constexpr const char* kSecret = "s3-secret";

    /// Starts it and waits until it takes requests.
    explicit PrivateS3(Scheme scheme = Scheme::kHttp);

    /// `http://127.0.0.1:PORT`
    std::string url() const;
    std::uint16_t port() const { return port_.number(); }
    /// With kHttps the server's certificate, which a client has to trust (PEM).
    std::filesystem::path certificate() const { return folder_ / "certificate.pem"; }
    /// How many objects it has on its disk.
    std::size_t objects() const;

    /// Stops it: connections are cut, new ones are refused. `start` starts it again on the same port.
    void stop();
    void start();
    /// Stops it from answering, with its connections left open, until `thaw`: a server that hangs.
    void freeze() { server_->signal(SIGSTOP); }
    void thaw() { server_->signal(SIGCONT); }

    std::string log() const { return server_ ? server_->output() : std::string(); }

private:
    const Scheme scheme_;
    FreePort port_;
    TemporaryFolder folder_;
    std::unique_ptr<Process> server_;
};

}  // namespace linkup::test
