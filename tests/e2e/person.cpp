#include "person.h"

#include <stdexcept>

namespace linkup::test {

Person::Person(Deployment& deployment, LinkupDaemon& node, const std::string& name)
    : url_(node.url()), http_(url_) {
    const std::string email = name + "@example.com";
    get("/api/v1/verify-email?email=" + email);
    const auto proof =
        post("/api/v1/verify-otp", R"({"email":")" + email + R"(","otp":)" + deployment.codeFor(email) +
                                       R"(,"subject":"email_verification"})");
    const auto account =
        post("/api/v1/signup", R"({"email_hash":")" + proof->getValue<std::string>("email_hash") +
                                   R"(","password":"Passw0rd!"})");
    id_ = account->getValue<int>("user_id");
    token_ = account->getValue<std::string>("access_token");
    http_.setBearer(token_);
}

Person::Person(Deployment& deployment, LinkupDaemon& node, const std::string& name, Gender gender)
    : Person(deployment, node, name) {
    post("/api/v1/register", profile(name, gender));
}

std::string Person::profile(const std::string& name, Gender gender) {
    const bool female = gender == Gender::kFemale;
    const std::string picture =
        R"({"file_key":"sw/media/)" + name + R"(/1.webp","blurhash":"LEHV6nWB2yk8pyo0adR*.7kCMdnj"})";
    return R"({"username":")" + name + R"(","profile_picture":)" + picture + R"(,"gender":")" +
           (female ? "Female" : "Male") + R"(","interested_gender":")" + (female ? "Male" : "Female") +
           R"(","dob":"2003-05-17T00:00:00.000","university_major":"Computer Science","university_year":2,"photos":[)" +
           picture + "," + picture +
           R"(],"about":"Hello","currently_staying":"Campus Hostel","hometown":"Manipal, Karnataka","height":170,)"
           R"("weight":null,"religion":null,"smoking_info":"No","drinking_info":null,"looking_for":"Serious"})";
}

std::unique_ptr<SocketClient> Person::open(const std::string& name) {
    auto socket = std::make_unique<SocketClient>(url_, "/api/v1/ws/" + name, SocketOptions{token_, {}, {}});
    const auto greeting = socket->receive()->getValue<std::string>("message");
    if (greeting != "Connected to " + name + " websocket.")
        throw std::runtime_error("greeted with " + greeting);
    return socket;
}

Poco::JSON::Object::Ptr Person::get(const std::string& path) {
    const auto reply = http_.get(path);
    if (reply.status != 200)
        throw std::runtime_error(path + ": " + std::to_string(reply.status) + " " + reply.body);
    return reply.object();
}

Poco::JSON::Object::Ptr Person::post(const std::string& path, const std::string& json) {
    const auto reply = http_.post(path, json);
    if (reply.status != 200)
        throw std::runtime_error(path + ": " + std::to_string(reply.status) + " " + reply.body);
    return reply.object();
}

}  // namespace linkup::test
