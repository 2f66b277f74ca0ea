#include "account_calls.h"

#include <Poco/JWT/Signer.h>
#include <Poco/JWT/Token.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace linkup::test {

std::string codeBody(const std::string& email, const std::string& otp, const std::string& subject) {
    return R"({"email":")" + email + R"(","otp":)" + otp + R"(,"subject":")" + subject + R"("})";
}

std::string passwordBody(const std::string& proof, const std::string& password) {
    return R"({"email_hash":")" + proof + R"(","password":")" + password + R"("})";
}

std::string refreshBody(const std::string& token, bool rotate) {
    return R"({"refresh_token":")" + token + R"(")" + (rotate ? R"(,"rotate":true})" : "}");
}

std::string prove(Deployment& deployment, const std::string& email, std::size_t used) {
    HttpClient http(deployment.first().url());
    auto reply = http.get("/api/v1/verify-email?email=" + email);
    if (reply.status == 200) {
        reply = http.post("/api/v1/verify-otp",
                          codeBody(email, deployment.codeFor(email, used), "email_verification"));
    }
    if (reply.status != 200) throw std::runtime_error("no proof for " + email + ", but " + reply.body);
    return reply.text("email_hash");
}

std::string signedToken(const Claims& claims, const std::string& algorithm, const std::string& secret) {
    Poco::JWT::Token token;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    token.payload().set("exp", static_cast<Poco::Int64>(seconds + 3600));
    for (const auto& [name, value] : claims) token.payload().set(name, value);
    Poco::JWT::Signer signer(secret);
    signer.addAllAlgorithms();
    return signer.sign(token, algorithm);
}

Claims claimsOf(const std::string& token) {
    Claims claims;
    const auto read = Poco::JWT::Signer(kTokenSecret).verify(token);
    for (const auto& [name, value] : read.payload()) claims[name] = value;
    return claims;
}

std::size_t countOf(int status, const std::vector<HttpReply>& replies) {
    return static_cast<std::size_t>(std::count_if(
        replies.begin(), replies.end(), [&](const HttpReply& reply) { return reply.status == status; }));
}

const HttpReply& firstOf(int status, const std::vector<HttpReply>& replies) {
    for (const HttpReply& reply : replies) {
        if (reply.status == status) return reply;
    }
    throw std::runtime_error("nobody got " + std::to_string(status) + ", but " + replies.at(0).body);
}

}  // namespace linkup::test
