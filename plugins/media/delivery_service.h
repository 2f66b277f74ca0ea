#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/file.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "file_storage.h"
#include "url_service.h"

namespace linkup::media {

/// How a file goes out: its bytes, or where they are.
struct Delivery {
    std::string file_key;
    std::shared_ptr<const sdk::File> file;
    std::optional<std::string> location;
    std::string etag;  ///< of the key alone, as what is stored under it never changes
    std::chrono::seconds max_age{0};
};

/// Answers for signed URLs.
///
/// Threading: any thread but an I/O thread.
class DeliveryService {
public:
    DeliveryService(UrlService& urls, const sdk::Clock& clock);
    /// In Plugin::start.
    void use(FileStorage& storage) { storage_ = &storage; }

    /// The parts of the URL as they stand in it. Errors: Error{kForbidden, kNotFound, kUnavailable}.
    Delivery find(std::string_view method, const std::string& signature, const std::string& expiry,
                  const std::string& source);

private:
    UrlService& urls_;
    const sdk::Clock& clock_;
    FileStorage* storage_ = nullptr;
    const std::shared_ptr<const sdk::File> deleted_;  ///< what is shown of a deleted account
};

}  // namespace linkup::media
