#include "mailer_message.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <cstdint>

namespace linkup::daemon {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";
constexpr std::size_t kMaxLine = 76;        // RFC 2045, 6.7 and 6.8
constexpr std::size_t kMaxPlainLine = 900;  // RFC 5322, 2.1.1: 998, with room for what relays add
constexpr std::size_t kWordBytes = 42;      // RFC 2047, 2: an encoded word has at most 75 characters

bool isAscii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string base64(std::string_view bytes) {
    static constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) out += k <= count ? kAlphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

/// RFC 2047 words, cut between characters of UTF-8, one a line. Plain text stays as it is if it is short.
std::string headerText(std::string_view text) {
    if (isAscii(text) && text.size() <= 60 && text.find("=?") == std::string_view::npos)
        return std::string(text);
    std::string out;
    while (!text.empty()) {
        std::size_t size = std::min(kWordBytes, text.size());
        while (size > 1 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
            --size;
        if (!out.empty()) out += "\r\n ";
        out += "=?UTF-8?B?" + base64(text.substr(0, size)) + "?=";
        text.remove_prefix(size);
    }
    return out;
}

/// A name in front of an address: quoted, or encoded.
std::string displayName(std::string_view name) {
    if (!isAscii(name)) return headerText(name);
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

/// With CRLF at each line's end, whatever it had before.
std::string withCrlf(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 32 + 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        if (text[i] == '\n' || text[i] == '\r') {
            out += "\r\n";
        } else {
            out += text[i];
        }
    }
    if (!out.ends_with("\r\n")) out += "\r\n";
    return out;
}

bool hasLongLine(std::string_view text) {
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        if (end - start > kMaxPlainLine) return true;
        start = end + 1;
    }
    return false;
}

/// RFC 2045, 6.7, of a text with CRLF line ends.
std::string quotedPrintable(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i, 2) == "\r\n") {
            out += "\r\n";
            column = 0;
            ++i;
            continue;
        }
        const auto c = static_cast<unsigned char>(text[i]);
        const bool at_end = text.substr(i + 1, 2) == "\r\n";
        const bool literal = (c > 0x20 && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !at_end);
        const std::size_t width = literal ? 1 : 3;
        if (column + width > kMaxLine - 1) {
            out += "=\r\n";
            column = 0;
        }
        if (literal) {
            out += text[i];
        } else {
            out += {'=', kHexDigits[c >> 4], kHexDigits[c & 15]};
        }
        column += width;
    }
    return out;
}

/// A part's headers, an empty line, and its content.
std::string part(std::string_view subtype, std::string_view content) {
    std::string out =
        "Content-Type: text/" + std::string(subtype) + "; charset=utf-8\r\nContent-Transfer-Encoding: ";
    const std::string text = withCrlf(content);
    // As it is where that is allowed: somebody who opens a file of the outbox shall be able to read it.
    if (isAscii(text) && !hasLongLine(text)) return out + "7bit\r\n\r\n" + text;
    return out + "quoted-printable\r\n\r\n" + quotedPrintable(text);
}

std::string dateHeader(sdk::Time time) {
    return Poco::DateTimeFormatter::format(Poco::Timestamp(sdk::toMicros(time)),
                                           Poco::DateTimeFormat::RFC1123_FORMAT, 0);
}

}  // namespace

bool isHeaderSafe(std::string_view text) {
    return std::ranges::none_of(text,
                                [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool isAddressSafe(std::string_view address) {
    return address.size() <= 254 && address.find('@') != std::string_view::npos && isHeaderSafe(address) &&
           address.find_first_of(" <>,;:\"\\()[]") == std::string_view::npos;
}

std::string composeMessage(const QueuedMail& queued, const MailSender& sender) {
    const sdk::Mail& mail = queued.mail;
    const std::string domain = sender.address.substr(sender.address.find('@') + 1);
    std::string out;
    out += "Date: " + dateHeader(queued.created) + "\r\n";
    out += "From: " + (sender.name.empty() ? "" : displayName(sender.name) + " ") + "<" + sender.address +
           ">\r\n";
    out += "To: <" + mail.to + ">\r\n";
    out += "Message-ID: <" + queued.message_id + "@" + domain + ">\r\n";
    out += "Subject: " + headerText(mail.subject) + "\r\n";
    // RFC 3834: so that no holiday notice answers.
    out += "Auto-Submitted: auto-generated\r\n";
    out += "MIME-Version: 1.0\r\n";
    if (mail.html.empty()) return out + part("plain", mail.text);
    // `_` after `=` is in no quoted-printable text, and the id is random: no content holds this line.
    const std::string boundary = "=_" + queued.message_id;
    out += "Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n";
    out += "--" + boundary + "\r\n" + part("plain", mail.text);
    out += "--" + boundary + "\r\n" + part("html", mail.html);
    return out + "--" + boundary + "--\r\n";
}

}  // namespace linkup::daemon
