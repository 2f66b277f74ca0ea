#pragma once

#include "file_storage.h"
#include "s3_client.h"

namespace linkup::media {

/// A bucket of an S3 store.
class S3Storage : public FileStorage {
public:
    /// Checks that the bucket can be used, and makes the folder of files on their way out. Errors:
    /// Error{kInvalidArgument} as S3Client::check; Error{kUnavailable} if the folder cannot be made.
    S3Storage(const S3Options& options, const sdk::Clock& clock, sdk::Log& log, sdk::Metrics& metrics);

    void put(const std::string& file_key, const sdk::File& content) override;
    /// Fetches the whole file first, onto the disk: 5 MiB at most, and a slow client then costs no memory.
    std::shared_ptr<const sdk::File> open(const std::string& file_key) override;
    void remove(const std::string& file_key) override;
    std::optional<std::string> location(std::string_view method, const std::string& file_key,
                                        sdk::Time expires) override;

private:
    const S3Delivery delivery_;
    const std::string folder_;
    S3Client client_;
};

}  // namespace linkup::media
