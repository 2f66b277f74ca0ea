#pragma once

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/Net/HTTPClientSession.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wait.h"

namespace linkup::test {

using Fields = std::map<std::string, std::string>;

/// What a server answered.
struct HttpReply {
    int status = 0;
    std::multimap<std::string, std::string> headers;  ///< names in lower case
    std::string body;

    /// The first header of that name in any letter case; empty if there is none.
    std::string header(std::string_view name) const;

    /// The body as JSON. Errors: std::runtime_error with the body when it is none.
    Poco::Dynamic::Var json() const;
    Poco::JSON::Object::Ptr object() const;
    Poco::JSON::Array::Ptr array() const;

    /// The value at a path like `detail[0].loc[1]` of the JSON body. Errors: as above, and when there is
    /// none.
    Poco::Dynamic::Var at(const std::string& path) const;
    /// The same as a string.
    std::string text(const std::string& path) const;
};

/// A part of a multipart/form-data body.
struct FormPart {
    std::string name;
    std::string content;
    std::string filename = {};     ///< empty: a plain field
    std::string contentType = {};  ///< of a file
};

/// An HTTP/1.1 client with one kept-alive connection, which it renews when the server has closed it.
///
/// Threading: one thread at a time. Errors: Poco::Exception (of Net, or Timeout) when there is no answer.
class HttpClient {
public:
    /// `url` is `http://host:port`; what follows is ignored.
    explicit HttpClient(const std::string& url);

    /// Sends `Authorization: Bearer TOKEN` with each request from now on; empty: no more.
    void setBearer(std::string token) { bearer_ = std::move(token); }
    /// A header for each request from now on.
    void setHeader(const std::string& name, std::string value) { headers_[name] = std::move(value); }
    void setTimeout(std::chrono::milliseconds timeout);

    HttpReply get(const std::string& path) { return send("GET", path); }
    HttpReply del(const std::string& path) { return send("DELETE", path); }
    /// `json` is sent as it stands.
    HttpReply post(const std::string& path, const std::string& json = "{}");
    HttpReply post(const std::string& path, const Poco::JSON::Object& json);
    HttpReply put(const std::string& path, const std::string& json);
    /// application/x-www-form-urlencoded
    HttpReply postForm(const std::string& path, const Fields& fields);
    HttpReply postMultipart(const std::string& path, const std::vector<FormPart>& parts);

    /// Any request. `headers` are for this one only and replace those set above.
    HttpReply send(const std::string& method, const std::string& path, const std::string& body = {},
                   const std::string& contentType = {}, const Fields& headers = {});

    /// Closes the connection; the next request opens another.
    void disconnect() { session_.reset(); }

private:
    Poco::Net::HTTPClientSession session_;
    std::string bearer_;
    Fields headers_;
};

/// A JSON text as Poco reads it. Errors: std::runtime_error with the text when it is none.
Poco::Dynamic::Var parseJson(const std::string& text);

}  // namespace linkup::test
