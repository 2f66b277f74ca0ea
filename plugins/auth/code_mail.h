#pragma once

#include <linkup/sdk/mailer.h>

#include <chrono>
#include <string>

namespace linkup::auth {

/// What the mail with a one-time code says. In text and HTML, `{code}` stands for the code, once, and
/// `{minutes}` for how long it is good.
struct CodeMailTemplate {
    std::string subject;
    std::string text;
    std::string html;
};

/// The one that comes with the plugin.
CodeMailTemplate builtInCodeMail();

/// `code.txt` of `folder`, whose first line is "Subject: …", and `code.html`.
/// Errors: sdk::Error{kInvalidArgument} saying which file cannot be read, or what it lacks.
CodeMailTemplate readCodeMail(const std::string& folder);

sdk::Mail codeMail(const CodeMailTemplate& mail, const std::string& to, const std::string& code,
                   std::chrono::seconds ttl);

}  // namespace linkup::auth
