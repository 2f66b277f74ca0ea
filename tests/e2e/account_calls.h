#pragma once

#include <Poco/Dynamic/Var.h>

#include <chrono>
#include <future>
#include <latch>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "deployment.h"
#include "http_client.h"

namespace linkup::test {

/// `auth.token.secret` of the tests that make tokens themselves.
inline constexpr const char* kTokenSecret = "a secret of this test, of 32 bytes or more";
inline constexpr const char* kPassword = "Passw0rd!";

/// The body of /verify-otp.
std::string codeBody(const std::string& email, const std::string& otp, const std::string& subject);
/// The body of /signup and /reset-password.
std::string passwordBody(const std::string& proof, const std::string& password = kPassword);
std::string refreshBody(const std::string& token, bool rotate = false);

/// The proof that somebody has read the mail to `email`, who has got `used` codes before. Errors:
/// std::runtime_error.
std::string prove(Deployment& deployment, const std::string& email, std::size_t used = 0);

using Claims = std::map<std::string, Poco::Dynamic::Var>;

/// A token of `claims`, good for an hour unless they say something else, as another library makes it.
std::string signedToken(const Claims& claims, const std::string& algorithm = "HS256",
                        const std::string& secret = kTokenSecret);
Claims claimsOf(const std::string& token);

/// Runs `call` for a client of each of `urls` at the same moment, over connections that are open already;
/// returns what it returned, in their order.
template <class Call>
std::vector<HttpReply> atOnce(const std::vector<std::string>& urls, Call call) {
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (const std::string& url : urls) {
        clients.push_back(std::make_unique<HttpClient>(url));
        clients.back()->setTimeout(std::chrono::seconds{60});
        clients.back()->get("/healthz");
    }
    std::latch start(static_cast<std::ptrdiff_t>(urls.size()));
    std::vector<std::future<HttpReply>> answers;
    for (std::size_t i = 0; i < clients.size(); ++i) {
        answers.push_back(std::async(std::launch::async, [&, i] {
            start.arrive_and_wait();
            return call(*clients[i], i);
        }));
    }
    std::vector<HttpReply> replies;
    for (auto& answer : answers) replies.push_back(answer.get());
    return replies;
}

/// How many have this status.
std::size_t countOf(int status, const std::vector<HttpReply>& replies);
/// The first that has it. Errors: std::runtime_error with what there is instead.
const HttpReply& firstOf(int status, const std::vector<HttpReply>& replies);

}  // namespace linkup::test
