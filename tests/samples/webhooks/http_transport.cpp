#include "http_transport.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include <array>
#include <charconv>

namespace webhooks {

using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

namespace {

constexpr std::streamsize kMostBytes = 64 * 1024;

/// Whole seconds; a date is not understood, and counts as nothing.
std::optional<std::chrono::seconds> retryAfter(const HTTPResponse& response) {
    const std::string text = response.get("Retry-After", "");
    int seconds = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || seconds < 0)
        return std::nullopt;
    return std::chrono::seconds(seconds);
}

/// False if there is more than anybody should have to say, so that the connection is of no more use.
bool readToEnd(std::istream& body) {
    std::array<char, 4096> buffer;
    std::streamsize bytes = 0;
    while (body.read(buffer.data(), buffer.size()), body.gcount() > 0) {
        bytes += body.gcount();
        if (bytes > kMostBytes) return false;
    }
    return true;
}

/// A receiver that closed an idle connection has sent the end of the stream; it sends nothing else unasked.
bool isOpen(Poco::Net::HTTPClientSession& session) {
    try {
        return session.connected() &&
               !session.socket().poll(Poco::Timespan(), Poco::Net::Socket::SELECT_READ);
    } catch (const Poco::Exception&) {
        return false;
    }
}

}  // namespace

HttpTransport::HttpTransport(const std::string& url, std::chrono::milliseconds timeout)
    : host_(Poco::URI(url).getHost()),
      port_(Poco::URI(url).getPort()),
      secure_(Poco::URI(url).getScheme() == "https"),
      path_(Poco::URI(url).getPathEtc().empty() ? "/" : Poco::URI(url).getPathEtc()),
      timeout_(timeout) {}

Answer HttpTransport::post(const std::vector<std::pair<std::string, std::string>>& headers,
                           const std::string& body) {
    if (interrupted_) throw NoAnswer("is stopping");
    try {
        const auto session = this->session();
        HTTPRequest request(HTTPRequest::HTTP_POST, path_, HTTPRequest::HTTP_1_1);
        for (const auto& [name, value] : headers) request.set(name, value);
        request.setContentLength64(static_cast<std::int64_t>(body.size()));
        session->sendRequest(request) << body;
        HTTPResponse response;
        std::istream& stream = session->receiveResponse(response);
        const Answer answer{response.getStatus(), retryAfter(response)};
        if (!readToEnd(stream) || !response.getKeepAlive()) drop();
        return answer;
    } catch (const Poco::Exception& error) {
        drop();
        throw NoAnswer(error.displayText());
    }
}

std::shared_ptr<Poco::Net::HTTPClientSession> HttpTransport::session() {
    const std::lock_guard lock(mutex_);
    if (session_ && isOpen(*session_)) return session_;
    if (secure_) {
        using Poco::Net::Context;
        Context::Ptr context = new Context(Context::TLS_CLIENT_USE, "", Context::VERIFY_STRICT, 9, true);
        context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
        session_ = std::make_shared<Poco::Net::HTTPSClientSession>(host_, port_, context);
    } else {
        session_ = std::make_shared<Poco::Net::HTTPClientSession>(host_, port_);
    }
    session_->setKeepAlive(true);
    session_->setTimeout(Poco::Timespan(std::chrono::microseconds(timeout_).count()));
    return session_;
}

void HttpTransport::drop() {
    const std::lock_guard lock(mutex_);
    session_.reset();
}

void HttpTransport::interrupt() noexcept {
    interrupted_ = true;
    const std::lock_guard lock(mutex_);
    try {
        if (session_) session_->abort();
    } catch (...) {  // it was not connected
    }
}

}  // namespace webhooks
