#include "image.h"

#include <linkup/sdk/error.h>
#include <vips/vips.h>  // here alone

#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string_view>

#include "byte_reader.h"

namespace linkup::media {

namespace {

using sdk::Error;
using sdk::ErrorCode;

/// Longest side of what a blurhash is made from; more pixels do not change what is seen of it.
constexpr int kBlurhashSide = 128;
constexpr int kBlurhashComponents = 9;

struct Unref {
    void operator()(void* object) const { g_object_unref(object); }
};
using ImagePtr = std::unique_ptr<VipsImage, Unref>;

[[noreturn]] void refuse() {
    vips_error_clear();
    throw Error(ErrorCode::kInvalidArgument, "Invalid image file.");
}

/// For steps that fail only if memory does.
void expect(int result) {
    if (result == 0) return;
    vips_error_clear();
    throw Error(ErrorCode::kInternal, "an image cannot be processed");
}

/// By the first bytes of a file: whether it is of a kind that is taken. Which loader libvips then finds for
/// it matters little, as prepareImages leaves it those of the same kinds alone.
bool isTakenKind(std::string_view bytes) {
    const auto at = [&](std::size_t offset, std::string_view text) {
        return bytes.size() >= offset + text.size() && bytes.substr(offset, text.size()) == text;
    };
    if (at(0, "\xff\xd8\xff") || at(0, "\x89PNG\r\n\x1a\n") || at(0, "GIF87a") || at(0, "GIF89a"))
        return true;
    if (at(0, "RIFF") && at(8, "WEBP")) return true;
    if (!at(4, "ftyp")) return false;
    for (const std::string_view brand :
         {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif"}) {
        if (at(8, brand)) return true;
    }
    return false;
}

std::string contentOf(const sdk::File& file) {
    std::string bytes(file.size(), '\0');
    bytes.resize(file.read(0, bytes));
    return bytes;
}

/// What to turn the colours into, by the head of a file alone. Without a profile they are left as they are:
/// libvips 8.14 clips bright colours on a way to sRGB that they need not take.
/// Errors: Error{kInvalidArgument, kTooLarge}.
const char* targetProfile(const std::string& bytes) {
    const ImagePtr header(vips_image_new_from_buffer(bytes.data(), bytes.size(), "", "access",
                                                     VIPS_ACCESS_SEQUENTIAL, nullptr));
    if (!header) refuse();
    const std::int64_t pixels =
        static_cast<std::int64_t>(vips_image_get_width(header.get())) * vips_image_get_height(header.get());
    if (pixels > Image::kMaxPixels) throw Error(ErrorCode::kTooLarge, "Image dimensions too large.");
    return vips_image_get_typeof(header.get(), VIPS_META_ICC_NAME) != 0 ? "srgb" : nullptr;
}

/// Eight bits a channel, red, green, blue and perhaps alpha.
ImagePtr asSrgb(VipsImage* image) {
    VipsImage* coloured = nullptr;
    if (vips_colourspace(image, &coloured, VIPS_INTERPRETATION_sRGB, nullptr) != 0) return nullptr;
    const ImagePtr owner(coloured);
    VipsImage* bytes = nullptr;
    if (vips_cast_uchar(coloured, &bytes, nullptr) != 0) return nullptr;
    return ImagePtr(bytes);
}

/// The pixels alone: libvips 8.14 keeps the Exif of a HEIF file in memory of the image that read it.
ImagePtr inMemory(VipsImage* image) {
    ImagePtr pixels(vips_image_copy_memory(image));
    if (!pixels) return nullptr;
    char** fields = vips_image_get_fields(pixels.get());
    for (char** field = fields; *field != nullptr; ++field) vips_image_remove(pixels.get(), *field);
    g_strfreev(fields);
    return pixels;
}

ImagePtr fitted(VipsImage* image, int max_side) {
    VipsImage* small = nullptr;
    expect(
        vips_thumbnail_image(image, &small, max_side, "height", max_side, "size", VIPS_SIZE_DOWN, nullptr));
    return ImagePtr(small);
}

/// What shows through is white.
ImagePtr opaque(ImagePtr image) {
    if (vips_image_hasalpha(image.get()) == 0) return image;
    VipsArrayDouble* white = vips_array_double_newv(1, 255.0);
    VipsImage* flat = nullptr;
    const int result = vips_flatten(image.get(), &flat, "background", white, nullptr);
    vips_area_unref(VIPS_AREA(white));
    expect(result);
    return ImagePtr(flat);
}

std::vector<unsigned char> valuesOf(VipsImage* image) {
    std::size_t size = 0;
    void* values = vips_image_write_to_memory(image, &size);
    if (values == nullptr) expect(-1);
    const auto* begin = static_cast<const unsigned char*>(values);
    std::vector<unsigned char> copy(begin, begin + size);
    g_free(values);
    return copy;
}

/// A WebP file with the chunks of its pixels alone: libvips 8.14 writes Exif even if asked to strip and if
/// there was none. Source: developers.google.com/speed/webp/docs/riff_container.
std::string pixelsOnly(std::string_view webp) {
    constexpr unsigned char kAlpha = 0x10;
    std::string kept = "RIFF....WEBP";
    ByteReader chunks(webp.substr(kept.size()));
    while (chunks.left() >= 8) {
        const std::string_view head = chunks.rest().substr(0, 8);
        const std::string_view type = chunks.take(4);
        const std::uint64_t size = chunks.little(4);
        const std::string_view content = chunks.take(size + size % 2);
        if (type != "VP8X" && type != "VP8 " && type != "VP8L" && type != "ALPH") continue;
        const std::size_t at = kept.size() + head.size();
        kept.append(head).append(content);
        if (type == "VP8X") kept.at(at) = static_cast<char>(static_cast<unsigned char>(kept.at(at)) & kAlpha);
    }
    const auto size = static_cast<std::uint32_t>(kept.size() - 8);
    for (std::size_t i = 0; i < 4; ++i) kept[4 + i] = static_cast<char>(size >> (8 * i) & 0xFF);
    return kept;
}

void openOnlyTakenKinds() {
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (const char* kind : {"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp",
                             "VipsForeignLoadNsgif", "VipsForeignLoadHeif"}) {
        vips_operation_block_set(kind, FALSE);
    }
}

}  // namespace

void prepareImages() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (VIPS_INIT("linkupd") != 0) throw std::runtime_error("libvips cannot be initialised");
        // One upload, one thread: the pool that they run on is the bound. Nothing is asked for twice.
        vips_concurrency_set(1);
        vips_cache_set_max(0);
        openOnlyTakenKinds();
        // What it says of a stranger's broken file is no concern of the operator's.
        g_log_set_handler(
            "VIPS", G_LOG_LEVEL_WARNING, [](const char*, GLogLevelFlags, const char*, void*) {}, nullptr);
    });
}

struct Image::Pixels {
    ImagePtr image;
};

Image::Image(std::unique_ptr<Pixels> pixels) : pixels_(std::move(pixels)) {}
Image::Image(Image&&) noexcept = default;
Image& Image::operator=(Image&&) noexcept = default;
Image::~Image() = default;

Image Image::read(const sdk::File& file) {
    const std::string bytes = contentOf(file);
    if (!isTakenKind(bytes)) refuse();
    const char* profile = targetProfile(bytes);
    // Turns the image upright, and lets a loader that can decode it smaller do so. libvips 8.14 hands fail_on
    // to the loader only as an option in a text.
    VipsImage* small = nullptr;
    if (vips_thumbnail_buffer(const_cast<char*>(bytes.data()), bytes.size(), &small, kMaxSide, "height",
                              kMaxSide, "size", VIPS_SIZE_DOWN, "export_profile", profile, "option_string",
                              "[fail_on=error]", nullptr) != 0) {
        refuse();
    }
    const ImagePtr owner(small);
    const ImagePtr coloured = asSrgb(small);
    if (!coloured) refuse();
    ImagePtr pixels = inMemory(coloured.get());
    if (!pixels) refuse();
    return Image(std::make_unique<Pixels>(Pixels{std::move(pixels)}));
}

int Image::width() const {
    return vips_image_get_width(pixels_->image.get());
}
int Image::height() const {
    return vips_image_get_height(pixels_->image.get());
}

Image Image::part(const Box& box) const {
    VipsImage* part = nullptr;
    expect(vips_extract_area(pixels_->image.get(), &part, box.left, box.top, box.width, box.height, nullptr));
    const ImagePtr owner(part);
    ImagePtr pixels = inMemory(part);
    if (!pixels) expect(-1);
    return Image(std::make_unique<Pixels>(Pixels{std::move(pixels)}));
}

std::string Image::webp(int quality) const {
    void* data = nullptr;
    std::size_t size = 0;
    expect(vips_webpsave_buffer(pixels_->image.get(), &data, &size, "Q", quality, "strip", TRUE, nullptr));
    const std::string bytes(static_cast<const char*>(data), size);
    g_free(data);
    return pixelsOnly(bytes);
}

std::string Image::blurhash() const {
    return media::blurhash(rgb(kBlurhashSide), kBlurhashComponents, kBlurhashComponents);
}

GreyPixels Image::grey(int max_side) const {
    const ImagePtr small = opaque(fitted(pixels_->image.get(), max_side));
    VipsImage* grey = nullptr;
    expect(vips_colourspace(small.get(), &grey, VIPS_INTERPRETATION_B_W, nullptr));
    const ImagePtr owner(grey);
    return {vips_image_get_width(grey), vips_image_get_height(grey), valuesOf(grey)};
}

RgbPixels Image::rgb(int max_side) const {
    const ImagePtr small = opaque(fitted(pixels_->image.get(), max_side));
    VipsImage* bytes = nullptr;
    expect(vips_cast_uchar(small.get(), &bytes, nullptr));
    const ImagePtr owner(bytes);
    return {vips_image_get_width(bytes), vips_image_get_height(bytes), valuesOf(bytes)};
}

}  // namespace linkup::media
