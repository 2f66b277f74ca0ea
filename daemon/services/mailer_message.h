#pragma once

#include <string>
#include <string_view>

#include "mailer_transport.h"

namespace linkup::daemon {

/// The mail as it goes over the wire (RFC 5322, MIME): CRLF line ends, 7-bit, text alone or
/// multipart/alternative.
std::string composeMessage(const QueuedMail& queued, const MailSender& sender);

/// Whether `text` can stand in a header: no control character, so no line of its own making.
bool isHeaderSafe(std::string_view text);

/// Whether `address` can stand between `<` and `>` of an SMTP command and in a header; not whether it exists.
bool isAddressSafe(std::string_view address);

}  // namespace linkup::daemon
