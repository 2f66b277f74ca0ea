#pragma once

#include <sys/stat.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <memory>
#include <mutex>
#include <string>

#include "front_socket.h"
#include "linkup/sdk/log.h"
#include "linkup/sdk/metrics.h"
#include "shared_value.h"

namespace linkup::daemon {

/// One TLS connection; OpenSSL stays in tls.cpp.
///
/// Threading: its I/O thread.   Lifetime: shared with its own operations.
class TlsConnection {
public:
    /// What follows an operation; called once, on the I/O thread.
    class Done {
    public:
        virtual ~Done() = default;
        virtual void call(const boost::system::error_code& fault, std::size_t bytes) = 0;
    };
    static constexpr std::size_t kRecord = 16 * 1024;

    virtual ~TlsConnection() = default;
    virtual TcpSocket& socket() noexcept = 0;
    /// The next bytes to write, at most kRecord of them: one record in place of many small ones.
    virtual std::string& outgoing() noexcept = 0;
    virtual void handshake(std::unique_ptr<Done> done) = 0;
    virtual void read(asio::mutable_buffer into, std::unique_ptr<Done> done) = 0;
    /// Writes `outgoing`.
    virtual void write(std::unique_ptr<Done> done) = 0;
    /// Tells the peer that nothing more comes; waits for nothing.
    virtual void sayEnd() noexcept = 0;
    /// The same; done when the peer has said so too, or with a fault when it says something else.
    virtual void end(std::unique_ptr<Done> done) = 0;
};

/// The certificate that the gateway shows, read again when its files change. TLS 1.2 and 1.3, only ciphers
/// with forward secrecy and authentication.
///
/// Threading: any.   Lifetime: outlives no connection; each keeps what it began with.
class TlsIdentity {
public:
    /// Errors: Error{kInvalidArgument} naming the file, and what is wrong with it.
    TlsIdentity(std::string certificate_file, std::string key_file, sdk::Log& log, sdk::Metrics& metrics);
    ~TlsIdentity();

    /// On the socket's I/O thread.
    std::shared_ptr<TlsConnection> wrap(TcpSocket socket) const;
    /// Takes the files anew, if they have changed since they were last looked at; when they are no good, the
    /// certificate from before stays, and the log says why. Reads from disk.
    void reloadIfChanged() noexcept;

private:
    struct Context;
    using Stamp = std::array<std::int64_t, 8>;
    Stamp stamp() const noexcept;
    std::shared_ptr<Context> load() const;

    const std::string certificate_file_;
    const std::string key_file_;
    sdk::Log& log_;
    sdk::Gauge& expires_;
    sdk::Counter& failures_;
    std::mutex reload_mutex_;
    Stamp seen_{};
    SharedValue<Context> context_;
};

}  // namespace linkup::daemon
