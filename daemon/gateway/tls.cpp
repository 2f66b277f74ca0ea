// The only place with OpenSSL.
#include "tls.h"

#include <openssl/x509.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <ctime>
#include <string_view>

#include "linkup/sdk/error.h"

namespace linkup::daemon {

namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;

constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2; those of 1.3 are all good
constexpr const char* kGroups = "X25519:P-256:P-384";

[[noreturn]] void refuse(std::string_view option, const std::string& file, const std::string& why) {
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument, std::string(option) + ": " + file + ": " + why);
}

/// We speak HTTP/1.1; who wants something else alone may still try (RFC 7301 §3.2 would have us refuse).
int chooseProtocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                   unsigned int offered_length, void*) {
    static constexpr std::string_view kOurs = "\x08http/1.1";
    unsigned char* found = nullptr;
    const int result =
        SSL_select_next_proto(&found, length, reinterpret_cast<const unsigned char*>(kOurs.data()),
                              kOurs.size(), offered, offered_length);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

double expiryOf(SSL_CTX* context) {
    std::tm time{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(context)), &time) != 1) return 0;
    return static_cast<double>(timegm(&time));
}

}  // namespace

struct TlsIdentity::Context {
    ssl::context context{ssl::context::tls_server};
};

namespace {

class Connection final : public TlsConnection, public std::enable_shared_from_this<Connection> {
    auto then(std::unique_ptr<Done> done) {
        return [self = shared_from_this(), done = std::move(done)](
                   const error_code& fault, std::size_t bytes) { done->call(fault, bytes); };
    }

public:
    Connection(TcpSocket socket, ssl::context& context, std::shared_ptr<void> keeps)
        : keeps_(std::move(keeps)), stream_(std::move(socket), context) {}

    TcpSocket& socket() noexcept override { return stream_.next_layer(); }
    std::string& outgoing() noexcept override { return outgoing_; }
    void handshake(std::unique_ptr<Done> done) override {
        stream_.async_handshake(ssl::stream_base::server,
                                [self = shared_from_this(), done = std::move(done)](const error_code& fault) {
                                    done->call(fault, 0);
                                });
    }
    void read(asio::mutable_buffer into, std::unique_ptr<Done> done) override {
        stream_.async_read_some(into, then(std::move(done)));
    }
    void write(std::unique_ptr<Done> done) override {
        stream_.async_write_some(asio::buffer(outgoing_), then(std::move(done)));
    }
    void sayEnd() noexcept override {
        // The notice is written before this returns, if the kernel has room for it; the operation then waits
        // for the peer's, until the socket is closed.
        if (SSL_is_init_finished(stream_.native_handle()) == 1)
            stream_.async_shutdown([self = shared_from_this()](const error_code&) {});
    }
    void end(std::unique_ptr<Done> done) override {
        stream_.async_shutdown([self = shared_from_this(), done = std::move(done)](const error_code& fault) {
            done->call(fault, 0);
        });
    }

private:
    const std::shared_ptr<void> keeps_;  // the context
    ssl::stream<TcpSocket> stream_;
    std::string outgoing_;
};

}  // namespace

TlsIdentity::TlsIdentity(std::string certificate_file, std::string key_file, sdk::Log& log,
                         sdk::Metrics& metrics)
    : certificate_file_(std::move(certificate_file)),
      key_file_(std::move(key_file)),
      log_(log),
      expires_(metrics.gauge("tls_certificate_expires_timestamp_seconds",
                             "When the certificate in use ends, in seconds since 1970.")),
      failures_(metrics.counter("tls_certificate_failures_total",
                                "Changed certificates that were no good; the one before stayed.")),
      seen_(stamp()),
      context_(load()) {
    expires_.set(expiryOf(context_.load()->context.native_handle()));
}

TlsIdentity::~TlsIdentity() = default;

std::shared_ptr<TlsConnection> TlsIdentity::wrap(TcpSocket socket) const {
    auto context = context_.load();
    ssl::context& used = context->context;
    return std::make_shared<Connection>(std::move(socket), used, std::move(context));
}

TlsIdentity::Stamp TlsIdentity::stamp() const noexcept {
    Stamp stamp{};
    std::size_t at = 0;
    for (const std::string* file : {&certificate_file_, &key_file_}) {
        struct stat state {};
        static_cast<void>(stat(file->c_str(), &state));
        for (const auto value : {std::int64_t{state.st_mtim.tv_sec}, std::int64_t{state.st_mtim.tv_nsec},
                                 static_cast<std::int64_t>(state.st_ino), std::int64_t{state.st_size}})
            stamp[at++] = value;
    }
    return stamp;
}

std::shared_ptr<TlsIdentity::Context> TlsIdentity::load() const {
    auto loaded = std::make_shared<Context>();
    ssl::context& context = loaded->context;
    SSL_CTX* const raw = context.native_handle();
    context.set_options(ssl::context::default_workarounds | SSL_OP_NO_RENEGOTIATION |
                        SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    if (SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(raw, kCiphers) != 1 || SSL_CTX_set1_groups_list(raw, kGroups) != 1)
        throw sdk::Error(sdk::ErrorCode::kInternal, "this OpenSSL knows none of our ciphers");
    SSL_CTX_set_alpn_select_cb(raw, chooseProtocol, nullptr);
    error_code fault;
    context.use_certificate_chain_file(certificate_file_, fault);
    if (fault) refuse("server.tls.certificate_file", certificate_file_, fault.message());
    context.use_private_key_file(key_file_, ssl::context::pem, fault);
    if (fault) refuse("server.tls.key_file", key_file_, fault.message());
    return loaded;
}

void TlsIdentity::reloadIfChanged() noexcept {
    const std::lock_guard lock(reload_mutex_);
    const Stamp now = stamp();
    if (now == seen_) return;
    seen_ = now;
    try {
        auto context = load();
        expires_.set(expiryOf(context->context.native_handle()));
        context_.store(std::move(context));
        log_.info("the certificate has been read anew", {{"file", certificate_file_}});
    } catch (const std::exception& error) {
        failures_.add();
        log_.error("the changed certificate is no good, so the one before stays", {{"reason", error.what()}});
    }
}

}  // namespace linkup::daemon
