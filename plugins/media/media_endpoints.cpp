#include "media_endpoints.h"

#include "blurhash.h"

namespace linkup::media {

namespace {

using sdk::Json;
using sdk::Request;
using sdk::Response;
using sdk::Schema;

constexpr std::uint64_t kMebibyte = 1024 * 1024;

sdk::RouteSpec formRoute(const char* path, const char* summary) {
    sdk::RouteSpec spec;
    spec.method = sdk::Method::kPost;
    spec.path = path;
    spec.summary = summary;
    spec.body_kind = sdk::BodyKind::kForm;
    spec.pool = kImagePool;
    return spec;
}

sdk::RouteSpec uploadRoute(const char* path, const char* summary, int max_mebibytes) {
    sdk::RouteSpec spec = formRoute(path, summary);
    spec.body =
        Schema::object({{"file", Schema::string()}, {"media_type", Schema::enumeration({"image", "voice"})}});
    spec.upload = sdk::UploadSpec{"file", static_cast<std::uint64_t>(max_mebibytes) * kMebibyte,
                                  "File too large. Max " + std::to_string(max_mebibytes) + "MB"};
    spec.responses = {400, 413};
    return spec;
}

const sdk::File& fileOf(const Request& request) {
    return *request.files.at(0).content;
}

/// What a profile keeps of a picture.
Json pictureOf(const StoredImage& image) {
    return Json::object({{"file_key", image.file_key}, {"blurhash", image.blurhash}});
}

Json imageReply(const StoredImage& image, UrlService& urls) {
    // Floats: the app assigns both to a Dart double.
    const Json metadata = Json::object({{"file_url", urls.url(image.file_key)},
                                        {"width", static_cast<double>(image.width)},
                                        {"height", static_cast<double>(image.height)},
                                        {"blurhash", image.blurhash},
                                        {"format", "webp"},
                                        {"size_bytes", image.size_bytes}});
    return Json::object({{"file_key", image.file_key}, {"media_type", "image"}, {"metadata", metadata}});
}

Json voiceReply(const StoredVoice& voice, UrlService& urls) {
    const Json metadata =
        Json::object({{"file_url", urls.url(voice.file_key)},
                      {"blurhash", kGreyBlurhash},
                      {"format", voice.format},
                      {"size_bytes", voice.size_bytes},
                      {"duration_ms", voice.duration_ms ? Json(*voice.duration_ms) : Json()}});
    return Json::object({{"file_key", voice.file_key}, {"media_type", "voice"}, {"metadata", metadata}});
}

void registerMedia(sdk::Registrar& registrar, UploadService& uploads, UrlService& urls) {
    registrar.route(uploadRoute("/api/v1/upload/media", "Stores a picture or voice note for a message.", 5),
                    [&](const Request& request) {
                        const sdk::UserId user = request.caller().user;
                        if (request.body.at("media_type").asString() == "voice")
                            return Response::json(voiceReply(uploads.voice(user, fileOf(request)), urls));
                        return Response::json(imageReply(uploads.image(user, fileOf(request)), urls));
                    });
    registrar.route(
        uploadRoute("/api/v1/upload/media-user", "Stores a picture for the caller's profile.", 20),
        [&](const Request& request) {
            const StoredImage image = uploads.image(request.caller().user, fileOf(request));
            return Response::json(Json::object({{"media_type", "image"}, {"metadata", pictureOf(image)}}));
        });
}

void registerPortraits(sdk::Registrar& registrar, UploadService& uploads, UrlService& urls) {
    sdk::RouteSpec upload =
        uploadRoute("/api/v1/upload/media-user-pfp", "Stores a picture and the portrait cut out of it.", 20);
    registrar.route(std::move(upload), [&](const Request& request) {
        const StoredPortrait stored = uploads.portrait(request.caller().user, fileOf(request));
        return Response::json(Json::object({{"profile_metadata", pictureOf(stored.portrait)},
                                            {"original_image_metadata", pictureOf(stored.original)},
                                            {"original_image_url", urls.url(stored.original.file_key)},
                                            {"profile_picture_url", urls.url(stored.portrait.file_key)}}));
    });

    sdk::RouteSpec from_url = formRoute("/api/v1/upload/media-user-pfp-from-url",
                                        "Cuts a portrait out of a picture of the caller's.");
    from_url.body = Schema::object({{"image_url", Schema::string()}});
    from_url.responses = {400, 413};
    registrar.route(std::move(from_url), [&](const Request& request) {
        const StoredImage portrait =
            uploads.portraitOf(request.caller().user, request.body.at("image_url").asString());
        return Response::json(Json::object({{"profile_metadata", pictureOf(portrait)},
                                            {"profile_picture_url", urls.url(portrait.file_key)}}));
    });
}

}  // namespace

void registerUploadEndpoints(sdk::Registrar& registrar, UploadService& uploads, UrlService& urls) {
    registerMedia(registrar, uploads, urls);
    registerPortraits(registrar, uploads, urls);
}

}  // namespace linkup::media
