#include "code_mail.h"

#include <linkup/sdk/error.h>

#include <fstream>
#include <iterator>
#include <string_view>

namespace linkup::auth {

namespace {

constexpr std::string_view kCode = "{code}";
constexpr std::string_view kMinutes = "{minutes}";
constexpr std::string_view kSubject = "Subject: ";

[[noreturn]] void refuse(const std::string& what) {
    throw sdk::Error(sdk::ErrorCode::kInvalidArgument, what);
}

std::string contentOf(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) refuse("cannot read " + file);
    return {std::istreambuf_iterator<char>(in), {}};
}

void needCodeOnce(const std::string& text, const std::string& file) {
    const auto first = text.find(kCode);
    if (first == std::string::npos || text.find(kCode, first + 1) != std::string::npos) {
        refuse(file + " must hold {code} exactly once");
    }
}

std::string filledIn(std::string text, std::string_view mark, const std::string& value) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
        text.replace(at, mark.size(), value);
    }
    return text;
}

}  // namespace

CodeMailTemplate builtInCodeMail() {
    return {
        "Your LinkUp code",
        "Hello,\n\nyour code for LinkUp is\n\n    {code}\n\nIt works once, within {minutes} minutes. If you "
        "did not ask for it, you need not do anything: nobody can use it without your mailbox.\n",
        "<!doctype html>\n<html lang=\"en\"><body style=\"font-family:sans-serif;color:black\">\n"
        "<p>Hello,</p>\n<p>your code for LinkUp is</p>\n"
        "<p style=\"font-size:2em;letter-spacing:.2em\"><strong>{code}</strong></p>\n"
        "<p>It works once, within {minutes} minutes. If you did not ask for it, you need not do anything: "
        "nobody can use it without your mailbox.</p>\n</body></html>\n"};
}

CodeMailTemplate readCodeMail(const std::string& folder) {
    const std::string text_file = folder + "/code.txt";
    const std::string html_file = folder + "/code.html";
    CodeMailTemplate mail;
    mail.text = contentOf(text_file);
    mail.html = contentOf(html_file);
    const auto end = mail.text.find('\n');
    if (!mail.text.starts_with(kSubject) || end == std::string::npos) {
        refuse(text_file + " must begin with a line \"Subject: …\"");
    }
    mail.subject = mail.text.substr(kSubject.size(), end - kSubject.size());
    if (mail.subject.ends_with('\r')) mail.subject.pop_back();
    mail.text.erase(0, end + 1);
    needCodeOnce(mail.text, text_file);
    needCodeOnce(mail.html, html_file);
    return mail;
}

sdk::Mail codeMail(const CodeMailTemplate& mail, const std::string& to, const std::string& code,
                   std::chrono::seconds ttl) {
    const auto minutes = std::to_string(std::chrono::ceil<std::chrono::minutes>(ttl).count());
    const auto fill = [&](const std::string& text) {
        return filledIn(filledIn(text, kMinutes, minutes), kCode, code);
    };
    return {to, mail.subject, fill(mail.text), fill(mail.html)};
}

}  // namespace linkup::auth
