#include "http_client.h"

#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Query.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/String.h>
#include <Poco/URI.h>

#include <iterator>
#include <sstream>
#include <stdexcept>

using Poco::Net::HTTPClientSession;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

namespace linkup::test {
namespace {

std::string encodeForm(const Fields& fields) {
    std::string body;
    for (const auto& [name, value] : fields) {
        if (!body.empty()) body += '&';
        Poco::URI::encode(name, "!#$%&'()*+,/:;=?@[]", body);
        body += '=';
        Poco::URI::encode(value, "!#$%&'()*+,/:;=?@[]", body);
    }
    return body;
}

std::string encodeMultipart(const std::vector<FormPart>& parts, const std::string& boundary) {
    std::string body;
    for (const auto& part : parts) {
        body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + part.name + "\"";
        if (!part.filename.empty()) body += "; filename=\"" + part.filename + "\"";
        if (!part.contentType.empty()) body += "\r\nContent-Type: " + part.contentType;
        body += "\r\n\r\n" + part.content + "\r\n";
    }
    return body + "--" + boundary + "--\r\n";
}

}  // namespace

Poco::Dynamic::Var parseJson(const std::string& text) {
    try {
        return Poco::JSON::Parser().parse(text);
    } catch (const Poco::Exception& fault) {
        throw std::runtime_error("not JSON (" + fault.displayText() + "): " + text);
    }
}

std::string HttpReply::header(std::string_view name) const {
    const auto found = headers.find(Poco::toLower(std::string(name)));
    return found == headers.end() ? std::string() : found->second;
}

Poco::Dynamic::Var HttpReply::json() const {
    return parseJson(body);
}

Poco::JSON::Object::Ptr HttpReply::object() const {
    const auto value = json();
    if (value.type() != typeid(Poco::JSON::Object::Ptr))
        throw std::runtime_error("not a JSON object: " + body);
    return value.extract<Poco::JSON::Object::Ptr>();
}

Poco::JSON::Array::Ptr HttpReply::array() const {
    const auto value = json();
    if (value.type() != typeid(Poco::JSON::Array::Ptr)) throw std::runtime_error("not a JSON array: " + body);
    return value.extract<Poco::JSON::Array::Ptr>();
}

Poco::Dynamic::Var HttpReply::at(const std::string& path) const {
    const auto found = Poco::JSON::Query(json()).find(path);
    if (found.isEmpty())
        throw std::runtime_error("nothing at " + path + " in status " + std::to_string(status) + ": " + body);
    return found;
}

std::string HttpReply::text(const std::string& path) const {
    return at(path).toString();
}

HttpClient::HttpClient(const std::string& url) {
    const Poco::URI uri(url);
    session_.setHost(uri.getHost());
    session_.setPort(uri.getPort());
    session_.setKeepAlive(true);
    // The default, 8 s, is Poco's own guess of when the server closes; ours keep it for longer.
    session_.setKeepAliveTimeout(Poco::Timespan(60, 0));
    setTimeout(kPatience);
}

void HttpClient::setTimeout(std::chrono::milliseconds timeout) {
    session_.setTimeout(Poco::Timespan(std::chrono::microseconds(timeout).count()));
}

HttpReply HttpClient::post(const std::string& path, const std::string& json) {
    return send("POST", path, json, "application/json");
}

HttpReply HttpClient::post(const std::string& path, const Poco::JSON::Object& json) {
    std::ostringstream text;
    json.stringify(text);
    return post(path, text.str());
}

HttpReply HttpClient::put(const std::string& path, const std::string& json) {
    return send("PUT", path, json, "application/json");
}

HttpReply HttpClient::postForm(const std::string& path, const Fields& fields) {
    return send("POST", path, encodeForm(fields), "application/x-www-form-urlencoded");
}

HttpReply HttpClient::postMultipart(const std::string& path, const std::vector<FormPart>& parts) {
    const std::string boundary = "----linkup-test-7b1f0c53e9a24d68";
    return send("POST", path, encodeMultipart(parts, boundary), "multipart/form-data; boundary=" + boundary);
}

HttpReply HttpClient::send(const std::string& method, const std::string& path, const std::string& body,
                           const std::string& contentType, const Fields& headers) {
    HTTPRequest request(method, path, HTTPRequest::HTTP_1_1);
    if (!bearer_.empty()) request.set("Authorization", "Bearer " + bearer_);
    for (const auto& [name, value] : headers_) request.set(name, value);
    for (const auto& [name, value] : headers) request.set(name, value);
    if (!contentType.empty()) request.setContentType(contentType);
    if (!body.empty() || method == HTTPRequest::HTTP_POST || method == HTTPRequest::HTTP_PUT)
        request.setContentLength64(static_cast<Poco::Int64>(body.size()));

    session_.sendRequest(request) << body << std::flush;
    HTTPResponse response;
    std::istream& in = session_.receiveResponse(response);
    HttpReply reply;
    reply.status = response.getStatus();
    for (const auto& [name, value] : response) reply.headers.emplace(Poco::toLower(name), value);
    // After an upgrade the stream is no body, and nobody closes it.
    if (reply.status != HTTPResponse::HTTP_SWITCHING_PROTOCOLS)
        reply.body.assign(std::istreambuf_iterator<char>(in), {});
    return reply;
}

}  // namespace linkup::test
