#pragma once

#include <Poco/JSON/Object.h>

#include <memory>
#include <string>

#include "deployment.h"
#include "http_client.h"
#include "socket_client.h"

namespace linkup::test {

/// Somebody with a phone: an account on a deployment, talking to one of its nodes.
class Person {
public:
    enum class Gender { kFemale, kMale };

    /// Signs up with a code from the mail; has no profile yet.
    Person(Deployment& deployment, LinkupDaemon& node, const std::string& name);
    /// The same, and registers a complete profile.
    Person(Deployment& deployment, LinkupDaemon& node, const std::string& name, Gender gender);

    /// The body that registers such a profile.
    static std::string profile(const std::string& name, Gender gender);

    int id() const { return id_; }
    /// Of the node that this person talks to.
    const std::string& url() const { return url_; }
    const std::string& token() const { return token_; }
    HttpClient& http() { return http_; }

    /// Opens a socket of the app and takes its greeting.
    std::unique_ptr<SocketClient> open(const std::string& name);
    Poco::JSON::Object::Ptr get(const std::string& path);
    Poco::JSON::Object::Ptr post(const std::string& path, const std::string& json = "{}");

private:
    std::string url_;
    HttpClient http_;
    std::string token_;
    int id_ = 0;
};

}  // namespace linkup::test
