#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "person.h"

namespace linkup::test {

/// Two people with a chat.
struct Pair {
    /// Signs both up, each at a node, and leads them to a chat. `name` makes their addresses.
    Pair(Deployment& deployment, LinkupDaemon& her_node, LinkupDaemon& his_node, const std::string& name);

    Person alice;
    Person bob;
    int room = 0;
};

/// One end of a chat as a phone has it: a socket, and an account of what was acknowledged, refused and
/// received on it. It goes on over several sockets.
///
/// Threading: one thread at a time.   Errors: std::runtime_error when the server breaks a promise: another
/// `seq` in the ack of a resend, or a message twice on one socket or out of order.
class ChatLine {
public:
    ChatLine(Person& me, Person& other, int room) : me_(me), other_(other), room_(room) {}

    /// Opens a socket, in place of the one before.
    void open();
    SocketClient& socket() { return *socket_; }

    /// A message id of this end: the same number gives the same id.
    std::string messageId(int number) const;
    void send(int number);
    /// Reads until that message is acknowledged (true) or refused.
    bool decided(int number, std::chrono::milliseconds deadline = kPatience);
    /// Sends it until it is acknowledged, as phones do. Errors: as above, and when that takes longer than
    /// `deadline`.
    void sendUntilAcked(int number, std::chrono::milliseconds deadline = kPatience);
    /// Reads until so many messages have come on this socket.
    void receiveMessages(std::size_t count, std::chrono::milliseconds deadline = kPatience);

    /// `seq` by message id.
    const std::map<std::string, std::int64_t>& acked() const { return acked_; }
    /// Message ids on the present socket, in order.
    const std::vector<std::string>& received() const { return received_; }

private:
    void take(const Poco::JSON::Object& event);

    Person& me_;
    Person& other_;
    int room_;
    std::unique_ptr<SocketClient> socket_;
    std::map<std::string, std::int64_t> acked_;
    std::set<std::string> refused_;
    std::vector<std::string> received_;
    std::int64_t last_received_seq_ = 0;
};

/// The ids of a chat's newest messages (20 at the most) as a participant reads them, oldest first. Errors:
/// std::runtime_error when their `seq` has a gap.
std::vector<std::string> history(Person& reader, int room);

}  // namespace linkup::test
