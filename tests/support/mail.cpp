#include "mail.h"

#include <Poco/Base64Decoder.h>
#include <Poco/Net/MediaType.h>
#include <Poco/Net/MessageHeader.h>
#include <Poco/Net/MultipartReader.h>
#include <Poco/Net/QuotedPrintableDecoder.h>
#include <Poco/String.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace linkup::test {
namespace {

std::string readAll(std::istream& in) {
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string decode(const std::string& encoding, std::istream& body) {
    if (Poco::icompare(encoding, "quoted-printable") == 0) {
        Poco::Net::QuotedPrintableDecoder decoder(body);
        return readAll(decoder);
    }
    if (Poco::icompare(encoding, "base64") == 0) {
        Poco::Base64Decoder decoder(body);
        return readAll(decoder);
    }
    return readAll(body);
}

void readPart(const Poco::Net::MessageHeader& header, std::istream& body, Mail& mail) {
    const Poco::Net::MediaType type(header.get("Content-Type", "text/plain"));
    if (type.matches("multipart")) {
        Poco::Net::MultipartReader reader(body, type.getParameter("boundary"));
        while (reader.hasNextPart()) {
            Poco::Net::MessageHeader partHeader;
            reader.nextPart(partHeader);
            readPart(partHeader, reader.stream(), mail);
        }
        return;
    }
    std::string& content = type.matches("text", "html") ? mail.html : mail.text;
    content += decode(header.get("Content-Transfer-Encoding", "7bit"), body);
}

/// `A B <a@b>, c@d` as `a@b` and `c@d`.
std::vector<std::string> addressesIn(const std::string& header) {
    static const std::regex address(R"([^\s<>,;"]+@[^\s<>,;"]+)");
    return {std::sregex_token_iterator(header.begin(), header.end(), address), {}};
}

}  // namespace

bool Mail::isTo(std::string_view address) const {
    return std::any_of(to.begin(), to.end(), [&](const std::string& one) {
        return Poco::icompare(one, std::string(address)) == 0;
    });
}

std::string Mail::code() const {
    static const std::regex sixDigits(R"((?:^|[^0-9])([0-9]{6})(?![0-9]))");
    std::smatch found;
    if (!std::regex_search(text, found, sixDigits)) throw std::runtime_error("no code in the mail:\n" + raw);
    return found[1];
}

const Mail& newestOf(const std::vector<Mail>& mails) {
    return *std::max_element(mails.begin(), mails.end(),
                             [](const Mail& one, const Mail& other) { return one.file < other.file; });
}

Mail parseMail(const std::string& raw) {
    std::istringstream in(raw);
    Poco::Net::MessageHeader header;
    header.read(in);
    if (in.peek() == '\r') in.get();  // the empty line: Poco leaves it in the stream
    if (in.peek() == '\n') in.get();

    Mail mail;
    mail.raw = raw;
    mail.from = header.get("From", "");
    mail.to = addressesIn(header.get("To", ""));
    mail.subject = Poco::Net::MessageHeader::decodeWord(header.get("Subject", ""));
    readPart(header, in, mail);
    return mail;
}

}  // namespace linkup::test
