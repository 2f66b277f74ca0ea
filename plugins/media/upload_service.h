#pragma once

#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/file.h>
#include <linkup/sdk/hooks.h>
#include <linkup/sdk/principal.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "face_finder.h"
#include "file_storage.h"
#include "image.h"
#include "url_service.h"

namespace linkup::media {

struct StoredImage {
    std::string file_key;
    std::string blurhash;
    int width = 0;
    int height = 0;
    std::int64_t size_bytes = 0;
};
struct StoredVoice {
    std::string file_key;
    std::string format;
    std::int64_t size_bytes = 0;
    std::optional<std::int64_t> duration_ms;
};
struct StoredPortrait {
    StoredImage portrait;
    StoredImage original;
};

/// Turns what people upload into files of theirs.
///
/// Threading: any thread but an I/O thread.   Errors: Error{kInvalidArgument, kTooLarge, kUnprocessable} with
/// the contract's texts, for what cannot be taken; then nothing is stored. Error{kUnavailable}.
class UploadService {
public:
    /// `at_once`: how many pictures are worked on at the same time.
    UploadService(sdk::Database& database, sdk::Hooks& hooks, const sdk::Clock& clock, UrlService& urls,
                  int quality, int at_once);
    /// In Plugin::start, before the first request.
    void use(FileStorage& storage, FaceFinder& faces);

    StoredImage image(sdk::UserId user, const sdk::File& upload);
    /// Kept as it came.
    StoredVoice voice(sdk::UserId user, const sdk::File& upload);
    /// The part around the largest face, and the whole.
    StoredPortrait portrait(sdk::UserId user, const sdk::File& upload);
    /// A portrait out of a file of the user's that is here already. Nothing is fetched from anywhere.
    StoredImage portraitOf(sdk::UserId user, const std::string& url);

private:
    struct Ready;  ///< made, not stored yet
    template <class Work>
    auto compute(Work work) const;
    Ready encoded(sdk::UserId user, const char* folder, const Image& image) const;
    Image portraitIn(const Image& image);
    bool refersTo(sdk::UserId user, const std::string& file_key);
    void keep(sdk::UserId user, const std::vector<const Ready*>& files);
    void keep(sdk::UserId user, const std::string& file_key, const sdk::File& content);
    void forget(const std::string& file_key) noexcept;

    sdk::Database& database_;
    sdk::Hooks& hooks_;
    const sdk::Clock& clock_;
    UrlService& urls_;
    const int quality_;
    const int at_once_;
    FileStorage* storage_ = nullptr;
    FaceFinder* faces_ = nullptr;
};

}  // namespace linkup::media
