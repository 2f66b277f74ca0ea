#pragma once

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/String.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace webhooks::test {

/// Who is told: an HTTP server that keeps what comes and answers as the test says, and that can be down and
/// up again on the same port.
class Receiver {
public:
    struct Message {
        std::string path;
        std::map<std::string, std::string> headers;  ///< names in lower case
        std::string body;
    };
    /// How one request is answered.
    struct Reply {
        int status = 204;
        std::string retry_after = {};
        bool never = false;  ///< only when the receiver goes
    };

    using MakeSocket = std::function<Poco::Net::ServerSocket()>;

    Receiver() : Receiver("http", [] { return Poco::Net::ServerSocket(); }) {}
    /// `socket` makes an unbound one, such as one that speaks TLS.
    Receiver(std::string scheme, MakeSocket socket) : scheme_(std::move(scheme)), socket_(std::move(socket)) {
        up();
    }
    ~Receiver() { down(); }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    std::string url() const { return scheme_ + "://127.0.0.1:" + std::to_string(port_) + "/hook?a=1"; }
    /// How the next requests are answered, one after the other; those after them get 204.
    void answer(std::vector<Reply> replies) {
        const std::lock_guard lock(mutex_);
        replies_.assign(replies.begin(), replies.end());
    }
    /// Waits until as many have come; all that have.
    std::vector<Message> wait(std::size_t count) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, std::chrono::seconds(60), [&] { return messages_.size() >= count; })) {
            throw std::runtime_error("only " + std::to_string(messages_.size()) + " of " +
                                     std::to_string(count) + " requests came");
        }
        return messages_;
    }
    /// Waits for one like that.
    Message waitFor(const std::function<bool(const Message&)>& wanted) {
        std::unique_lock lock(mutex_);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        for (;;) {
            const auto found = std::find_if(messages_.begin(), messages_.end(), wanted);
            if (found != messages_.end()) return *found;
            if (changed_.wait_until(lock, deadline) == std::cv_status::timeout)
                throw std::runtime_error("what was waited for did not come");
        }
    }
    std::vector<Message> messages() const {
        const std::lock_guard lock(mutex_);
        return messages_;
    }

    /// Nobody listens any more.
    void down() {
        {
            const std::lock_guard lock(mutex_);
            going_ = true;
        }
        changed_.notify_all();
        if (server_) server_->stopAll(true);
        server_.reset();
    }
    /// On the same port as before.
    void up() {
        going_ = false;
        Poco::Net::ServerSocket socket = socket_();
        socket.bind(Poco::Net::SocketAddress("127.0.0.1", port_), true);
        socket.listen(16);
        port_ = socket.address().port();
        auto* const params = new Poco::Net::HTTPServerParams;
        params->setMaxThreads(8);
        server_ = std::make_unique<Poco::Net::HTTPServer>(new Factory(*this), socket, params);
        server_->start();
    }

private:
    class Handler : public Poco::Net::HTTPRequestHandler {
    public:
        explicit Handler(Receiver& receiver) : receiver_(receiver) {}
        void handleRequest(Poco::Net::HTTPServerRequest& request,
                           Poco::Net::HTTPServerResponse& response) override {
            const Reply reply = receiver_.take(request);
            if (reply.never) {
                std::unique_lock lock(receiver_.mutex_);
                receiver_.changed_.wait(lock, [this] { return receiver_.going_; });
            }
            response.setStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(reply.status));
            if (!reply.retry_after.empty()) response.set("Retry-After", reply.retry_after);
            response.setContentLength(0);
            response.send();
        }

    private:
        Receiver& receiver_;
    };
    class Factory : public Poco::Net::HTTPRequestHandlerFactory {
    public:
        explicit Factory(Receiver& receiver) : receiver_(receiver) {}
        Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override {
            return new Handler(receiver_);
        }

    private:
        Receiver& receiver_;
    };

    Reply take(Poco::Net::HTTPServerRequest& request) {
        Message message{request.getURI(), {}, {}};
        for (const auto& [name, value] : request) message.headers[Poco::toLower(name)] = value;
        Poco::StreamCopier::copyToString(request.stream(), message.body);
        const std::lock_guard lock(mutex_);
        messages_.push_back(std::move(message));
        changed_.notify_all();
        if (replies_.empty()) return {};
        const Reply reply = replies_.front();
        replies_.pop_front();
        return reply;
    }

    const std::string scheme_;
    const MakeSocket socket_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Reply> replies_;
    std::vector<Message> messages_;
    bool going_ = false;
    std::uint16_t port_ = 0;
    std::unique_ptr<Poco::Net::HTTPServer> server_;
};

}  // namespace webhooks::test
