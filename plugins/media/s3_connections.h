#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "s3_options.h"

namespace linkup::media {

/// Connections to the store, kept open between requests. There are never more than threads that use them.
///
/// Threading: any thread but an I/O thread.   Ownership: a connection is its taker's, to give back or drop.
class S3Connections {
public:
    using Connection = std::unique_ptr<Poco::Net::HTTPClientSession>;

    /// `host` is the one to connect to, with the bucket in front if it belongs there. Errors:
    /// Error{kInvalidArgument} if the file of certificate authorities cannot be read.
    S3Connections(const S3Options& options, std::string host);
    ~S3Connections();

    /// One that the store has not closed yet, or one to be opened by its first request.
    Connection take();
    /// After an answer that was read to its end, on a connection that may be used again.
    void giveBack(Connection connection);

private:
    struct Idle {
        Connection connection;
        std::chrono::steady_clock::time_point since;
    };

    const S3Endpoint endpoint_;
    const std::string host_;
    const std::chrono::milliseconds timeout_;
    Poco::Net::Context::Ptr context_;  ///< for HTTPS
    std::mutex mutex_;
    std::vector<Idle> idle_;  ///< the longest idle first
};

}  // namespace linkup::media
