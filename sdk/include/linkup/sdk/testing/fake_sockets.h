#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "linkup/sdk/socket.h"

namespace linkup::sdk::testing {

/// A socket that keeps what was sent. Frames wait until the test says that they were written or answered.
///
/// Threading: any thread; callbacks come on the test's thread.   Since: ABI 1.0.
class FakeSocketSession : public SocketSession {
public:
    /// An open socket of that person's.
    FakeSocketSession(std::string id, Principal principal, std::string path)
        : id_(std::move(id)), principal_(std::move(principal)), path_(std::move(path)) {}

    const std::string& id() const noexcept override { return id_; }
    const Principal& principal() const noexcept override { return principal_; }
    const std::string& path() const noexcept override { return path_; }

    void send(std::string text, SendOptions options = {}) override {
        {
            const std::lock_guard lock(mutex_);
            if (!close_code_) {
                sent_.push_back(std::move(text));
                waiting_.push_back(std::move(options));
                return;
            }
        }
        finish({std::move(options)}, false);
    }

    /// Also what the test does when the peer goes away (with kGoingAway, say). The first close counts.
    void close(CloseCode code, std::string_view reason) override {
        std::vector<SendOptions> lost;
        {
            const std::lock_guard lock(mutex_);
            if (close_code_) return;
            close_code_ = code;
            close_reason_ = reason;
            lost = std::exchange(waiting_, {});
        }
        finish(std::move(lost), false);
    }

    Json attribute(std::string_view key) const override {
        const std::lock_guard lock(mutex_);
        const auto found = attributes_.find(std::string(key));
        return found == attributes_.end() ? Json() : found->second;
    }

    void update(std::string_view key, const std::function<Json(Json)>& change) override {
        const std::lock_guard lock(mutex_);
        Json& value = attributes_[std::string(key)];
        value = change(std::move(value));
    }

    /// The peer got everything so far: on_written, then on_answered, of each waiting frame.
    void answer() {
        std::vector<SendOptions> frames;
        {
            const std::lock_guard lock(mutex_);
            frames = std::exchange(waiting_, {});
        }
        finish(std::move(frames), true);
    }

    /// The frames that were sent, oldest first.
    std::vector<std::string> sent() const {
        const std::lock_guard lock(mutex_);
        return sent_;
    }
    /// All that was sent since the last call, parsed.
    std::vector<Json> takeEvents() {
        const std::lock_guard lock(mutex_);
        std::vector<Json> events;
        for (; taken_ < sent_.size(); ++taken_) events.push_back(parseTrustedJson(sent_[taken_]));
        return events;
    }
    /// How the frames were sent that were not answered yet.
    std::vector<SendOptions> waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_;
    }
    /// What closed it; nothing while it is open.
    std::optional<CloseCode> closeCode() const {
        const std::lock_guard lock(mutex_);
        return close_code_;
    }
    /// The words that went with it.
    std::string closeReason() const {
        const std::lock_guard lock(mutex_);
        return close_reason_;
    }

private:
    static void finish(const std::vector<SendOptions>& frames, bool arrived) {
        for (const SendOptions& frame : frames) {
            if (frame.on_written) frame.on_written(arrived);
            if (frame.on_answered) frame.on_answered(arrived);
        }
    }

    const std::string id_;
    const Principal principal_;
    const std::string path_;
    mutable std::mutex mutex_;
    std::vector<std::string> sent_;
    std::size_t taken_ = 0;
    std::vector<SendOptions> waiting_;
    std::map<std::string, Json> attributes_;
    std::optional<CloseCode> close_code_;
    std::string close_reason_;
};

/// The sockets that the test opened; sending reaches them at once.
///
/// Threading: any thread.   Since: ABI 1.0.
class FakeSocketHub : public SocketHub {
public:
    /// A new socket of one device.
    std::shared_ptr<FakeSocketSession> open(std::string path, Principal principal) {
        const std::lock_guard lock(mutex_);
        auto session = std::make_shared<FakeSocketSession>("socket-" + std::to_string(++last_id_),
                                                           std::move(principal), std::move(path));
        sessions_.push_back(session);
        return session;
    }
    /// The same, for a person of that number.
    std::shared_ptr<FakeSocketSession> open(std::string path, UserId user) {
        return open(std::move(path), Principal{user, "session-" + std::to_string(user), {}});
    }

    void sendToUser(std::string_view path, UserId user, std::string text, bool droppable = false,
                    std::string_view except_session = {}) override {
        for (const auto& session : openOnes()) {
            if (session->path() != path || session->user() != user || session->id() == except_session)
                continue;
            SendOptions options;
            options.droppable = droppable;
            session->send(text, std::move(options));
        }
    }

    void sendToAll(std::string_view path, std::string text) override {
        for (const auto& session : openOnes()) {
            if (session->path() == path) session->send(text);
        }
    }

    std::vector<std::shared_ptr<SocketSession>> local(std::string_view path, UserId user) const override {
        std::vector<std::shared_ptr<SocketSession>> found;
        for (const auto& session : openOnes()) {
            if (isOf(*session, path) && session->user() == user) found.push_back(session);
        }
        return found;
    }

    std::vector<std::shared_ptr<SocketSession>> local(std::string_view path) const override {
        std::vector<std::shared_ptr<SocketSession>> found;
        for (const auto& session : openOnes()) {
            if (isOf(*session, path)) found.push_back(session);
        }
        return found;
    }

    void closeSession(std::string_view session_id, std::string_view reason) override {
        for (const auto& session : openOnes()) {
            if (session->principal().session == session_id) session->close(CloseCode::kPolicy, reason);
        }
    }

private:
    static bool isOf(const SocketSession& session, std::string_view path) {
        return path.empty() || session.path() == path;
    }
    std::vector<std::shared_ptr<FakeSocketSession>> openOnes() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::shared_ptr<FakeSocketSession>> open;
        for (const auto& session : sessions_) {
            if (!session->closeCode()) open.push_back(session);
        }
        return open;
    }

    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<FakeSocketSession>> sessions_;
    int last_id_ = 0;
};

}  // namespace linkup::sdk::testing
