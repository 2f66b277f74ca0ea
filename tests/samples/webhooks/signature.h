#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace webhooks {

/// The key that `whsec_` and base64 stand for; nothing if the text is no such thing, or holds fewer than 24
/// or more than 64 bytes.
std::optional<std::string> keyOf(std::string_view secret);

/// The header `webhook-signature` of Standard Webhooks: for each key `v1,` and base64 of the HMAC-SHA256 of
/// `id.seconds.body`, a blank between them. With two keys, receivers may change theirs at their own time.
std::string signatureOf(const std::vector<std::string>& keys, std::string_view id, std::int64_t seconds,
                        std::string_view body);

/// A name that no other message has: "msg_" and 128 random bits.
std::string newMessageId();

}  // namespace webhooks
