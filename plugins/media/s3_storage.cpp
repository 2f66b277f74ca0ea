#include "s3_storage.h"

#include <fcntl.h>
#include <linkup/sdk/error.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "file_key.h"

namespace linkup::media {

namespace {

using namespace std::chrono_literals;

/// As long as a URL of ours lives at most. Counted back from its end, so that one URL of ours always leads to
/// one URL of the store, and caches find what they have.
constexpr std::chrono::seconds kPresignedLife = 3h;

void expectPlain(const std::string& file_key) {
    if (!isPlain(file_key)) throw sdk::Error(sdk::ErrorCode::kNotFound, "Not Found");
}

}  // namespace

S3Storage::S3Storage(const S3Options& options, const sdk::Clock& clock, sdk::Log& log, sdk::Metrics& metrics)
    : delivery_(options.delivery), folder_(options.folder), client_(options, clock, log, metrics) {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) {
        throw sdk::Error(sdk::ErrorCode::kUnavailable,
                         "the folder of files cannot be made: " + error.message());
    }
    client_.check();
}

void S3Storage::put(const std::string& file_key, const sdk::File& content) {
    expectPlain(file_key);
    client_.put(file_key, content, contentTypeOf(file_key));
}

std::shared_ptr<const sdk::File> S3Storage::open(const std::string& file_key) {
    expectPlain(file_key);
    std::string name = folder_ + "/fetched-XXXXXX";
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0)
        throw sdk::Error(sdk::ErrorCode::kUnavailable, "The file cannot be fetched. Please try again.");
    ::unlink(name.c_str());
    try {
        client_.get(file_key, descriptor);
    } catch (...) {
        ::close(descriptor);
        throw;
    }
    return std::make_shared<const sdk::File>(descriptor);
}

void S3Storage::remove(const std::string& file_key) {
    expectPlain(file_key);
    client_.remove(file_key);
}

std::optional<std::string> S3Storage::location(std::string_view method, const std::string& file_key,
                                               sdk::Time expires) {
    if (delivery_ == S3Delivery::kDaemon) return std::nullopt;
    expectPlain(file_key);
    return client_.presigned(method, file_key, expires - kPresignedLife, kPresignedLife);
}

}  // namespace linkup::media
