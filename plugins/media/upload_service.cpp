#include "upload_service.h"

#include <linkup/sdk/error.h>
#include <linkup/sdk/long_computation.h>

#include <utility>

#include "audio.h"
#include "file_key.h"
#include "file_store.h"
#include "references.h"

namespace linkup::media {

namespace {

using sdk::Error;
using sdk::ErrorCode;

constexpr std::size_t kMaxConverted = 5 * 1024 * 1024;
constexpr const char* kMedia = "media";
constexpr const char* kPortraits = "profile_pictures";
constexpr const char* kNotAllowed = "Image URL is not allowed";

std::string contentOf(const sdk::File& file) {
    std::string bytes(file.size(), '\0');
    bytes.resize(file.read(0, bytes));
    return bytes;
}

}  // namespace

struct UploadService::Ready {
    StoredImage image;
    std::string webp;
};

UploadService::UploadService(sdk::Database& database, sdk::Hooks& hooks, const sdk::Clock& clock,
                             UrlService& urls, int quality, int at_once)
    : database_(database), hooks_(hooks), clock_(clock), urls_(urls), quality_(quality), at_once_(at_once) {}

void UploadService::use(FileStorage& storage, FaceFinder& faces) {
    storage_ = &storage;
    faces_ = &faces;
}

/// What only computes, so that everybody else can go first.
template <class Work>
auto UploadService::compute(Work work) const {
    const sdk::LongComputation computation(at_once_);
    return work();
}

StoredImage UploadService::image(sdk::UserId user, const sdk::File& upload) {
    const Ready ready = compute([&] { return encoded(user, kMedia, Image::read(upload)); });
    keep(user, {&ready});
    return ready.image;
}

StoredVoice UploadService::voice(sdk::UserId user, const sdk::File& upload) {
    const auto audio = probeAudio(contentOf(upload));
    if (!audio) throw Error(ErrorCode::kInvalidArgument, "Invalid audio file.");
    StoredVoice voice;
    voice.file_key = newFileKey(kMedia, user, audio->format);
    voice.format = audio->format;
    voice.size_bytes = static_cast<std::int64_t>(upload.size());
    voice.duration_ms = audio->duration_ms;
    keep(user, voice.file_key, upload);
    return voice;
}

StoredPortrait UploadService::portrait(sdk::UserId user, const sdk::File& upload) {
    const auto [portrait, original] = compute([&] {
        const Image image = Image::read(upload);
        auto cut_out = encoded(user, kPortraits, portraitIn(image));
        return std::pair(std::move(cut_out), encoded(user, kMedia, image));
    });
    keep(user, {&portrait, &original});
    return {portrait.image, original.image};
}

StoredImage UploadService::portraitOf(sdk::UserId user, const std::string& url) {
    const auto file_key = urls_.keyOf(url);
    if (!file_key) throw Error(ErrorCode::kInvalidArgument, kNotAllowed);
    if (!belongsTo(*file_key, user) && !refersTo(user, *file_key))
        throw Error(ErrorCode::kInvalidArgument, kNotAllowed);
    std::shared_ptr<const sdk::File> file;
    try {
        file = storage_->open(*file_key);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::kNotFound) throw;
        throw Error(ErrorCode::kInvalidArgument, "Invalid image file.");
    }
    const Ready portrait = compute([&] { return encoded(user, kPortraits, portraitIn(Image::read(*file))); });
    keep(user, {&portrait});
    return portrait.image;
}

Image UploadService::portraitIn(const Image& image) {
    const auto face = faces_->largest(image);
    if (!face) throw Error(ErrorCode::kUnprocessable, "Face not detected in the image.");
    return image.part(portraitAround(*face, image.width(), image.height()));
}

UploadService::Ready UploadService::encoded(sdk::UserId user, const char* folder, const Image& image) const {
    Ready ready;
    ready.webp = image.webp(quality_);
    if (ready.webp.size() > kMaxConverted) throw Error(ErrorCode::kTooLarge, "Converted file too large.");
    ready.image = {newFileKey(folder, user, "webp"), image.blurhash(), image.width(), image.height(),
                   static_cast<std::int64_t>(ready.webp.size())};
    return ready;
}

bool UploadService::refersTo(sdk::UserId user, const std::string& file_key) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        return !referenced(hooks_, connection, {{file_key, user}}).empty();
    });
}

void UploadService::keep(sdk::UserId user, const std::vector<const Ready*>& files) {
    std::size_t done = 0;
    try {
        for (; done < files.size(); ++done) {
            const Ready& file = *files[done];
            keep(user, file.image.file_key, *sdk::File::holding(file.webp));
        }
    } catch (...) {
        while (done > 0) forget(files[--done]->image.file_key);
        throw;
    }
}

// The row comes first, and stays whatever happens then: what a store that was given up on keeps of the file
// all the same is found and removed one day.
void UploadService::keep(sdk::UserId user, const std::string& file_key, const sdk::File& content) {
    database_.transaction([&](sdk::Connection& connection) {
        const sdk::Time now = clock_.now();
        const FileRow row{file_key, user, static_cast<std::int64_t>(content.size()), now};
        file_store::insert(connection, row, now + kUnreferencedLife);
    });
    storage_->put(file_key, content);
}

void UploadService::forget(const std::string& file_key) noexcept {
    try {
        storage_->remove(file_key);
        database_.transaction([&](sdk::Connection& connection) { file_store::erase(connection, file_key); });
    } catch (const std::exception&) {
        // Its row is still there, so the clean-up tries again.
    }
}

}  // namespace linkup::media
