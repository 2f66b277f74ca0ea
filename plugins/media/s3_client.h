#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/file.h>
#include <linkup/sdk/log.h>
#include <linkup/sdk/metrics.h>

#include <chrono>
#include <string>
#include <string_view>

#include "aws_signature.h"
#include "s3_connections.h"
#include "s3_options.h"

namespace linkup::media {

/// One bucket of an S3 store. A request that was not answered, or answered that the store is busy or broken,
/// is tried again, three times in all, after a while that grows and is never the same; each can be repeated.
///
/// Threading: any thread but an I/O thread.   Errors: Error{kUnavailable}; why is in the log.
class S3Client {
public:
    /// Errors: Error{kInvalidArgument} as S3Connections.
    S3Client(const S3Options& options, const sdk::Clock& clock, sdk::Log& log, sdk::Metrics& metrics);

    void put(const std::string& key, const sdk::File& content, std::string_view content_type);
    /// Writes the object to a file that is open for writing. Errors: also Error{kNotFound}.
    void get(const std::string& key, int descriptor);
    /// One that is not there is fine.
    void remove(const std::string& key);
    /// A URL by which a client may get the object for itself.
    std::string presigned(std::string_view method, const std::string& key, sdk::Time signed_at,
                          std::chrono::seconds lifetime) const;
    /// Stores, reads and removes an object. Errors: Error{kInvalidArgument} saying what the store refused and
    /// what may be wrong. A store that does not answer now is logged, no error.
    void check();

private:
    struct Call {
        const char* method;
        std::string key;
        const sdk::File* content = nullptr;
        std::string_view content_type{};
        int descriptor = -1;  ///< where to write what comes
    };
    struct Reply {
        int status = 0;          ///< 0: no answer
        std::string reason{};    ///< the store's word for what is wrong, or why there was no answer
        bool untrusted = false;  ///< no answer, as the store's certificate is no good

        bool good() const { return status >= 200 && status < 300; }
        bool isWorthAnotherTry() const {
            return status == 0 || status == 408 || status == 429 || status >= 500;
        }
    };

    Reply perform(const Call& call);
    Reply attempt(const Call& call);
    Reply exchange(const Call& call);
    [[noreturn]] void refuse(const Call& call, const Reply& reply);
    std::string pathOf(const std::string& key) const;

    const S3Options options_;
    const std::string host_;           ///< Host header
    const std::string public_origin_;  ///< "https://HOST" for clients
    const std::string public_host_;
    const AwsSignature signature_;
    const sdk::Clock& clock_;
    sdk::Log& log_;
    sdk::Histogram& seconds_;
    sdk::Counter& failures_;
    S3Connections connections_;
};

}  // namespace linkup::media
