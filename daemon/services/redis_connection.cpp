#include "redis_connection.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Redis/Array.h>
#include <Poco/Redis/Error.h>

#include <algorithm>

namespace linkup::daemon {
namespace {

constexpr std::streamsize kBufferBytes = 65'536;

Poco::Timespan milliseconds(std::int64_t count) {
    return Poco::Timespan(count * Poco::Timespan::MILLISECONDS);
}

template <class T>
const T& valueOf(const RedisReply& reply) {
    const auto* const typed = dynamic_cast<const Poco::Redis::Type<T>*>(reply.get());
    if (typed == nullptr) throw RedisGone("Redis sent a reply of an unexpected type");
    return typed->value();
}

void appendWord(std::string& to, std::string_view word, std::string_view rest = {}) {
    to += '$';
    to += std::to_string(word.size() + rest.size());
    to += "\r\n";
    to += word;
    to += rest;
    to += "\r\n";
}

template <class Words>
void append(std::string& to, const Words& words) {
    to += '*';
    to += std::to_string(words.size());
    to += "\r\n";
    for (const auto word : words) appendWord(to, word);
}

}  // namespace

bool RedisRefusal::isUnknownScript() const {
    return std::string_view(what()).starts_with("NOSCRIPT");
}

bool RedisRefusal::isServerDown() const {
    const std::string_view text = what();
    for (const std::string_view word : {"LOADING", "READONLY", "MASTERDOWN", "BUSY", "CLUSTERDOWN", "NOAUTH",
                                        "WRONGPASS", "MISCONF", "NOREPLICAS"})
        if (text.starts_with(word)) return true;
    return false;
}

std::int64_t integerOf(const RedisReply& reply) {
    return valueOf<Poco::Int64>(reply);
}

std::optional<std::string> textOf(const RedisReply& reply) {
    if (reply->isSimpleString()) return valueOf<std::string>(reply);
    const auto& text = valueOf<Poco::Redis::BulkString>(reply);
    if (text.isNull()) return std::nullopt;
    return text.value();
}

std::vector<RedisReply> elementsOf(const RedisReply& reply) {
    const auto& array = valueOf<Poco::Redis::Array>(reply);
    if (array.isNull()) return {};
    return {array.begin(), array.end()};
}

void appendRedisCommand(std::string& to, std::initializer_list<std::string_view> words) {
    append(to, words);
}
void appendRedisCommand(std::string& to, const std::vector<std::string_view>& words) {
    append(to, words);
}
void appendRedisPublish(std::string& to, std::string_view channel, std::string_view head,
                        std::string_view text) {
    to += "*3\r\n$7\r\nPUBLISH\r\n";
    appendWord(to, channel);
    appendWord(to, head, text);
}

RedisConnection::Buffer::Buffer(Poco::Net::StreamSocket& socket)
    : Poco::BufferedStreamBuf(kBufferBytes, std::ios::in), socket_(socket) {}

int RedisConnection::Buffer::readFromDevice(char* to, std::streamsize size) {
    return socket_.receiveBytes(to, static_cast<int>(size));
}

RedisConnection::RedisConnection(const RedisSettings& settings) : input_(socket_) {
    input_.std::istream::rdbuf(&buffer_);
    const auto address = parseRedisUrl(settings.url);
    connect(address, settings.connect_timeout_ms);
    greet(address);
    try {
        socket_.setReceiveTimeout(milliseconds(settings.reply_timeout_ms));
        socket_.setSendTimeout(milliseconds(settings.reply_timeout_ms));
    } catch (const Poco::Exception& failure) {
        throw RedisGone(failure.displayText());
    }
}

void RedisConnection::connect(const RedisAddress& address, int timeout_ms) {
    try {
        socket_.connect(Poco::Net::SocketAddress(address.host, address.port), milliseconds(timeout_ms));
        socket_.setNoDelay(true);
        socket_.setKeepAlive(true);
        socket_.setReceiveTimeout(milliseconds(timeout_ms));
        socket_.setSendTimeout(milliseconds(timeout_ms));
    } catch (const Poco::Exception& failure) {
        throw RedisGone("no connection to " + address.toString() + ": " + failure.displayText());
    }
}

void RedisConnection::greet(const RedisAddress& address) {
    std::string greeting;
    int replies = 2;
    if (!address.password.empty()) {
        if (address.user.empty())
            appendRedisCommand(greeting, {"AUTH", address.password});
        else
            appendRedisCommand(greeting, {"AUTH", address.user, address.password});
        ++replies;
    }
    appendRedisCommand(greeting, {"CLIENT", "SETNAME", "linkupd"});
    if (address.database != 0) {
        appendRedisCommand(greeting, {"SELECT", std::to_string(address.database)});
        ++replies;
    }
    // Even without a password or a database: a Redis that hangs still accepts connections, and must not look
    // well.
    appendRedisCommand(greeting, {"PING"});
    send(greeting);
    for (; replies > 0; --replies) receive();
}

void RedisConnection::send(std::string_view bytes) {
    try {
        while (!bytes.empty()) {
            constexpr std::size_t kMaxChunk = 1 << 20;
            const int sent =
                socket_.sendBytes(bytes.data(), static_cast<int>(std::min(bytes.size(), kMaxChunk)));
            if (sent <= 0) throw RedisGone("the connection to Redis broke while sending");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    } catch (const Poco::Exception& failure) {
        throw RedisGone("cannot send to Redis: " + failure.displayText());
    }
}

RedisReply RedisConnection::receive() {
    RedisReply reply;
    try {
        const int marker = input_.get();
        if (input_.good()) reply = Poco::Redis::RedisType::createRedisType(static_cast<char>(marker));
        if (reply) reply->read(input_);
    } catch (const std::exception& failure) {  // of Poco's parsers, or of memory for an absurd length
        throw RedisGone(std::string("Redis sent something unreadable: ") + failure.what());
    }
    // Poco's types do not look at the stream's state: what broke off looks complete.
    if (!input_.good()) throw RedisGone("the connection to Redis ended, or it did not answer in time");
    if (!reply) throw RedisGone("Redis sent something that is no reply");
    if (reply->isError()) throw RedisRefusal(valueOf<Poco::Redis::Error>(reply).getMessage());
    return reply;
}

bool RedisConnection::readable(std::chrono::milliseconds wait) {
    if (buffer_.in_avail() > 0) return true;
    try {
        return socket_.poll(milliseconds(wait.count()), Poco::Net::Socket::SELECT_READ);
    } catch (const Poco::Exception& failure) {
        throw RedisGone("cannot wait for Redis: " + failure.displayText());
    }
}

void RedisConnection::shutdown() noexcept {
    try {
        socket_.shutdown();
    } catch (const Poco::Exception&) {  // it has ended already
    }
}

}  // namespace linkup::daemon
