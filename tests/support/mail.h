#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linkup::test {

/// A mail as its reader sees it.
struct Mail {
    std::string from;
    std::vector<std::string> to;  ///< addresses only, without names
    std::string subject;
    std::string text;  ///< the plain part, decoded
    std::string html;  ///< the HTML part, decoded; empty if there is none
    std::string raw;   ///< as it came
    std::string file;  ///< its name in the outbox, which begins with when it was written; empty elsewhere

    bool isTo(std::string_view address) const;

    /// The six digits that stand alone in the plain part. Errors: std::runtime_error when there are none.
    std::string code() const;
};

/// The mail that was written last, whichever outbox of one deployment it came from. `mails` is not empty.
const Mail& newestOf(const std::vector<Mail>& mails);

/// Reads an RFC 5322 message with one part, or a multipart/alternative one.
/// Errors: Poco::Exception when it is none.
Mail parseMail(const std::string& raw);

}  // namespace linkup::test
