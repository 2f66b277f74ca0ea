#include "delivery_service.h"

#include <linkup/sdk/error.h>
#include <sodium.h>

#include <array>

namespace linkup::media {

namespace {

/// A grey WebP of 16 by 16 pixels.
constexpr std::array<unsigned char, 38> kGreyPicture = {
    0x52, 0x49, 0x46, 0x46, 0x1e, 0x00, 0x00, 0x00, 0x57, 0x45, 0x42, 0x50, 0x56,
    0x50, 0x38, 0x4c, 0x11, 0x00, 0x00, 0x00, 0x2f, 0x0f, 0xc0, 0x03, 0x00, 0x07,
    0x50, 0xc7, 0x3a, 0xd6, 0xb1, 0xff, 0x81, 0x88, 0xe8, 0x7f, 0x00, 0x00};

std::string etagOf(const std::string& file_key) {
    std::array<unsigned char, 16> hash;
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(file_key.data()),
                       file_key.size(), nullptr, 0);
    std::string text(hash.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    text.pop_back();
    return "\"" + text + "\"";
}

}  // namespace

DeliveryService::DeliveryService(UrlService& urls, const sdk::Clock& clock)
    : urls_(urls),
      clock_(clock),
      deleted_(
          sdk::File::holding({reinterpret_cast<const char*>(kGreyPicture.data()), kGreyPicture.size()})) {}

Delivery DeliveryService::find(std::string_view method, const std::string& signature,
                               const std::string& expiry, const std::string& source) {
    const auto signed_file = urls_.verify(signature, expiry, source);
    if (!signed_file) throw sdk::Error(sdk::ErrorCode::kForbidden, "Invalid signature");
    const sdk::Time now = clock_.now();
    if (signed_file->expires <= now) throw sdk::Error(sdk::ErrorCode::kForbidden, "URL expired");

    Delivery delivery;
    delivery.file_key = signed_file->file_key;
    delivery.max_age = std::chrono::floor<std::chrono::seconds>(signed_file->expires - now);
    delivery.etag = etagOf(delivery.file_key);
    if (delivery.file_key == kDeletedKey) {
        delivery.file = deleted_;
        return delivery;
    }
    delivery.location = storage_->location(method, delivery.file_key, signed_file->expires);
    if (!delivery.location) delivery.file = storage_->open(delivery.file_key);
    return delivery;
}

}  // namespace linkup::media
