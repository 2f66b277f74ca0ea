#pragma once

#include <Poco/BufferedStreamBuf.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Redis/RedisStream.h>
#include <Poco/Redis/Type.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "redis_settings.h"

namespace linkup::daemon {

/// The connection is of no more use: it could not be made, broke, or did not answer in time. For the log.
class RedisGone : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Redis answered with an error; the connection is still good.
class RedisRefusal : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    /// It does not hold the script that was named by its digest.
    bool isUnknownScript() const;
    /// This Redis serves nobody now (it loads, is a replica, wants a password), whatever is asked.
    bool isServerDown() const;
};

using RedisReply = Poco::Redis::RedisType::Ptr;

/// Errors of these three: RedisGone for a reply of another type, which means that we have lost count of
/// replies.
std::int64_t integerOf(const RedisReply& reply);
std::optional<std::string> textOf(const RedisReply& reply);
std::vector<RedisReply> elementsOf(const RedisReply& reply);

/// Appends a command as Redis reads it; the words may hold any bytes.
void appendRedisCommand(std::string& to, std::initializer_list<std::string_view> words);
void appendRedisCommand(std::string& to, const std::vector<std::string_view>& words);
/// PUBLISH of a message that comes in two pieces.
void appendRedisPublish(std::string& to, std::string_view channel, std::string_view head,
                        std::string_view text);

/// One connection to Redis with deadlines. It speaks through Poco::Redis's types, but on a socket of its own:
/// Poco::Redis::Client (1.11) takes a reply that broke off in the middle for a whole one, padded with blanks,
/// and does not see that a command was sent in part.
///
/// Threading: one thread sends while another receives; `shutdown` from any thread.
class RedisConnection {
public:
    /// Connects, authenticates, chooses the database and waits for an answer. Errors: RedisGone,
    /// RedisRefusal.
    explicit RedisConnection(const RedisSettings& settings);

    RedisConnection(const RedisConnection&) = delete;
    RedisConnection& operator=(const RedisConnection&) = delete;

    /// Sends all of it. Errors: RedisGone.
    void send(std::string_view bytes);
    /// The next reply. Errors: RedisGone, also when none has come in time; RedisRefusal.
    RedisReply receive();
    /// Waits until there is something to receive, which may be the end of the connection. Errors: RedisGone.
    bool readable(std::chrono::milliseconds wait);
    /// Ends it; whoever sends or receives gets RedisGone.
    void shutdown() noexcept;

private:
    void connect(const RedisAddress& address, int timeout_ms);
    void greet(const RedisAddress& address);

    /// Takes what there is in one call; that of Poco::Redis asks for a kilobyte at a time, and a publication
    /// of another node may have a hundred.
    class Buffer : public Poco::BufferedStreamBuf {
    public:
        explicit Buffer(Poco::Net::StreamSocket& socket);

    private:
        int readFromDevice(char* to, std::streamsize size) override;

        Poco::Net::StreamSocket& socket_;
    };

    Poco::Net::StreamSocket socket_;
    Buffer buffer_{socket_};
    Poco::Redis::RedisInputStream input_;
};

}  // namespace linkup::daemon
