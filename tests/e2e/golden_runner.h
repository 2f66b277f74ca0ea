#pragma once

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "deployment.h"
#include "golden_pattern.h"
#include "http_client.h"
#include "socket_client.h"

namespace linkup::test {

/// Replays golden exchanges, in order, against a running deployment. Variables that one saves are there for
/// the next.
class GoldenRunner {
public:
    /// `folder` holds `fixtures.json` and the exchanges. `event_period_s`: how often the daemon's lobby event
    /// begins.
    GoldenRunner(std::filesystem::path folder, Deployment& deployment, int event_period_s);

    /// Errors: std::runtime_error that names the step and what differs.
    void play(const std::filesystem::path& file);

private:
    using Object = Poco::JSON::Object::Ptr;
    using Value = Poco::Dynamic::Var;

    void signUpAndRegister(const std::string& user);
    std::string emailToken(const std::string& email);
    Value resolve(const std::string& text);
    Value filledIn(const Value& value);
    std::vector<FormPart> formParts(const Poco::JSON::Array::Ptr& specs);
    HttpReply request(const Object& spec);
    void expectReply(const Object& expected, const HttpReply& reply);
    void expectFits(const Value& expected, const Value& actual);
    void save(const Object& holder, const Value& reply);
    void openSocket(const std::string& name, const Object& spec);
    void step(const Object& step, const Object& sockets);
    void receiveAny(const Object& step);
    void waitForQuietLobby() const;

    std::filesystem::path folder_;
    Deployment& deployment_;
    int event_period_s_;
    Object fixtures_;
    GoldenPattern pattern_;
    std::map<std::string, Value> variables_;
    std::map<std::string, std::unique_ptr<SocketClient>> sockets_;
    std::map<std::string, std::size_t> mails_;  // codes used so far, by address
};

}  // namespace linkup::test
