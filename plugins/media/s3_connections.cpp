#include "s3_connections.h"

#include <Poco/Net/HTTPSClientSession.h>
#include <linkup/sdk/error.h>

namespace linkup::media {

namespace {

using namespace std::chrono_literals;
using Poco::Net::Context;
using Poco::Net::HTTPClientSession;

/// Stores and what stands before them close an idle connection after 20 s or later.
constexpr auto kMaxIdle = 15s;
constexpr int kVerificationDepth = 9;

Context::Ptr makeContext(const std::string& ca_file) {
    try {
        Context::Ptr context = new Context(Context::TLS_CLIENT_USE, "", "", ca_file, Context::VERIFY_STRICT,
                                           kVerificationDepth, ca_file.empty());
        context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
        return context;
    } catch (const Poco::Exception&) {
        throw sdk::Error(
            sdk::ErrorCode::kInvalidArgument,
            "media.s3.ca_file: found \"" + ca_file + "\", allowed is a PEM file of certificate authorities");
    }
}

/// A store that closed it has sent the end of the stream; it sends nothing else unasked.
bool isOpen(HTTPClientSession& session) {
    try {
        return session.connected() &&
               !session.socket().poll(Poco::Timespan(), Poco::Net::Socket::SELECT_READ);
    } catch (const Poco::Exception&) {
        return false;
    }
}

}  // namespace

S3Connections::S3Connections(const S3Options& options, std::string host)
    : endpoint_(options.endpoint), host_(std::move(host)), timeout_(options.timeout) {
    if (endpoint_.tls) context_ = makeContext(options.ca_file);
}

S3Connections::~S3Connections() = default;

S3Connections::Connection S3Connections::take() {
    const auto now = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(mutex_);
        while (!idle_.empty()) {
            Idle last = std::move(idle_.back());
            idle_.pop_back();
            if (now - last.since < kMaxIdle && isOpen(*last.connection)) return std::move(last.connection);
        }
    }
    Connection session =
        endpoint_.tls ? std::make_unique<Poco::Net::HTTPSClientSession>(host_, endpoint_.port, context_)
                      : std::make_unique<HTTPClientSession>(host_, endpoint_.port);
    session->setKeepAlive(true);
    // Poco would renew an idle connection by itself after this time; here it is dropped long before.
    session->setKeepAliveTimeout(Poco::Timespan(3600, 0));
    session->setTimeout(Poco::Timespan(std::chrono::microseconds(timeout_).count()));
    return session;
}

void S3Connections::giveBack(Connection connection) {
    const std::lock_guard lock(mutex_);
    idle_.push_back({std::move(connection), std::chrono::steady_clock::now()});
}

}  // namespace linkup::media
