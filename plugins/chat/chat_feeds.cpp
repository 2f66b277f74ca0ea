#include "chat_feeds.h"

#include <linkup/sdk/error.h>

#include "message_frame.h"
#include "message_store.h"
#include "room_store.h"

namespace linkup::chat {

ChatFeeds::ChatFeeds(sdk::Database& database, sdk::SocketHub& hub, sdk::Log& log, ReceiptService& receipts,
                     FeedTimes times)
    : database_(database), hub_(hub), log_(log), receipts_(receipts), times_(times) {}

ChatFeeds::~ChatFeeds() {
    stop();
}

void ChatFeeds::start(sdk::MediaUrls* media_urls, const Heartbeats& heartbeats) {
    media_urls_ = media_urls;
    stopping_ = false;
    for (const auto& session : hub_.local(kChatPath)) open(session);
    for (auto* const heartbeat : heartbeats) threads_.emplace_back([this, heartbeat] { run(*heartbeat); });
}

void ChatFeeds::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    decltype(entries_) gone;
    const std::lock_guard lock(mutex_);
    queue_.clear();
    later_.clear();
    gone = std::exchange(entries_, {});
}

ChatFeeds::EntryPtr ChatFeeds::entryOf(const std::shared_ptr<sdk::SocketSession>& session) {
    EntryPtr fresh;
    {
        const std::lock_guard lock(mutex_);
        auto& entry = entries_[session->id()];
        if (entry != nullptr) return entry;
        fresh = entry = std::make_shared<Entry>(session);
    }
    wake(fresh);  // it has to learn where its chats stand
    return fresh;
}

std::shared_ptr<SocketFeed> ChatFeeds::open(const std::shared_ptr<sdk::SocketSession>& session) {
    auto entry = entryOf(session);
    return {entry, &entry->feed};
}

void ChatFeeds::close(const std::string& session_id) {
    decltype(entries_)::node_type gone;  // may be the last to hold the socket: not under the lock
    const std::lock_guard lock(mutex_);
    gone = entries_.extract(session_id);
}

void ChatFeeds::offer(const StoredMessage& message, const std::string& frame,
                      const std::string& sending_session) {
    const auto now = SocketFeed::Clock::now();
    for (const auto user : {message.receiver, message.sender}) {
        for (const auto& device : hub_.local(kChatPath, user)) {
            const auto entry = entryOf(device);
            const bool is_sender = device->id() == sending_session;
            const auto reader = entry->feed.offer(message, frame, is_sender, now, optionsFor(entry));
            if (reader == SocketFeed::Reader::kNeeded) wake(entry);
            if (reader == SocketFeed::Reader::kNeededSoon) wakeLater(entry);
        }
    }
}

void ChatFeeds::resume(const std::shared_ptr<sdk::SocketSession>& session,
                       const std::vector<SocketFeed::Place>& chats) {
    const auto entry = entryOf(session);
    if (entry->feed.resume(chats)) wake(entry);
}

void ChatFeeds::gap() {
    std::vector<EntryPtr> all;
    {
        const std::lock_guard lock(mutex_);
        all.reserve(entries_.size());
        for (const auto& [id, entry] : entries_) all.push_back(entry);
    }
    for (const auto& entry : all) {
        if (entry->feed.gap()) wake(entry);
    }
}

SocketFeed::Options ChatFeeds::optionsFor(const EntryPtr& entry) {
    return [this, &entry](const StoredMessage& message, SocketFeed::After after) {
        sdk::SendOptions options;
        const bool is_receiver = message.receiver == entry->feed.user();
        options.on_written = [this, weak = std::weak_ptr(entry),
                              receipt = is_receiver ? Receipt(message) : Receipt(), is_receiver,
                              after](bool written) mutable {
            if (written && is_receiver) receipts_.noteDelivered(std::move(receipt));
            if (written && after == SocketFeed::After::kNothing) return;
            const auto waiting = weak.lock();
            if (waiting == nullptr) return;
            written ? onWritten(waiting) : close(waiting->feed.session()->id());
        };
        return options;
    };
}

void ChatFeeds::wake(const EntryPtr& entry) {
    {
        const std::lock_guard lock(mutex_);
        if (entry->state == State::kReading) entry->woken = true;
        if ((entry->state != State::kIdle && entry->state != State::kPatient) || stopping_) return;
        queue(entry);
    }
    wake_.notify_one();
}

void ChatFeeds::wakeLater(const EntryPtr& entry) {
    const std::lock_guard lock(mutex_);
    if (entry->state == State::kReading) entry->woken = true;
    if (entry->state != State::kIdle || stopping_) return;
    entry->state = State::kPatient;
    queueAfter(times_.patience, entry);
}

void ChatFeeds::queue(const EntryPtr& entry) {
    entry->state = State::kQueued;
    queue_.push_back(entry);
}

void ChatFeeds::queueAfter(std::chrono::milliseconds delay, const EntryPtr& entry) {
    entry->due = SocketFeed::Clock::now() + delay;
    const auto place = later_.emplace(entry->due, entry);
    if (place == later_.begin()) wake_.notify_one();  // for somebody to wait no longer than that
}

void ChatFeeds::queueDue() {
    const auto now = SocketFeed::Clock::now();
    while (!later_.empty() && later_.begin()->first <= now) {
        const auto node = later_.extract(later_.begin());
        const auto& entry = node.mapped();
        const bool waits = entry->state == State::kPatient || entry->state == State::kTryingAgain;
        if (waits && entry->due == node.key()) queue(entry);
    }
}

void ChatFeeds::onWritten(const EntryPtr& entry) {
    {
        const std::lock_guard lock(mutex_);
        if (entry->state != State::kWaiting) {
            entry->written = true;
            return;
        }
        queue(entry);
    }
    wake_.notify_one();
}

void ChatFeeds::run(sdk::Heartbeat& heartbeat) {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        heartbeat.rest();
        queueDue();
        if (!queue_.empty()) {
            const auto entry = queue_.front();
            queue_.pop_front();
            entry->state = State::kReading;
            entry->woken = false;
            heartbeat.beat();
            if (!queue_.empty() || !later_.empty()) wake_.notify_one();  // somebody else sees to them
            lock.unlock();
            const auto outcome = readFor(entry);
            lock.lock();
            finish(entry, outcome);
        } else if (later_.empty()) {
            wake_.wait(lock);
        } else {
            const auto due = later_.begin()->first;
            wake_.wait_until(lock, due);
        }
    }
}

void ChatFeeds::finish(const EntryPtr& entry, Outcome outcome) {
    switch (outcome) {
        case Outcome::kWait:
            if (std::exchange(entry->written, false)) return queue(entry);
            entry->state = State::kWaiting;
            return;
        case Outcome::kPatience:
            if (entry->woken) return queue(entry);
            entry->state = State::kPatient;
            return queueAfter(times_.patience, entry);
        case Outcome::kTryAgain:
            entry->state = State::kTryingAgain;
            return queueAfter(times_.try_again, entry);
        case Outcome::kDone:
            if (entry->woken) return queue(entry);
            [[fallthrough]];
        case Outcome::kFailed:
            entry->state = State::kIdle;
    }
}

ChatFeeds::Outcome ChatFeeds::readFor(const EntryPtr& entry) {
    auto& feed = entry->feed;
    try {
        for (;;) {
            const auto needs = feed.needs(SocketFeed::Clock::now() - times_.patience);
            if (needs == SocketFeed::Needs::kNothing) return Outcome::kDone;
            if (needs == SocketFeed::Needs::kPatience) return Outcome::kPatience;
            if (needs == SocketFeed::Needs::kPlaces) {
                const auto claimed = feed.claimed();
                feed.setPlaces(sdk::read(database_, [&](sdk::Connection& connection) {
                    noteClaimed(connection, feed.user(), claimed);
                    return room_store::lastSeqs(connection, feed.user());
                }));
                continue;
            }
            const auto range = feed.range();
            if (feed.give(range, readPage(feed, range), optionsFor(entry)) == SocketFeed::Given::kWait) {
                return Outcome::kWait;
            }
        }
    } catch (const sdk::Error& error) {
        log_.warning("missed messages could not be read", {{"code", sdk::toString(error.code())}});
        if (sdk::httpStatus(error.code()) == 503) return Outcome::kTryAgain;
    } catch (const std::exception& error) {
        log_.error("missed messages could not be read", {{"fault", error.what()}});
    }
    feed.session()->close(sdk::CloseCode::kInternal, "please resume");
    return Outcome::kFailed;
}

/// What a client has was delivered, even if the node that handed it out died before it had noted that.
void ChatFeeds::noteClaimed(sdk::Connection& connection, sdk::UserId user,
                            const std::vector<SocketFeed::Place>& claimed) {
    if (claimed.empty()) return;
    const auto delivered = room_store::deliveredSeqs(connection, user);
    for (const auto& [chat, seq] : claimed) {
        const auto known = delivered.find(chat);
        if (known == delivered.end() || seq <= known->second) continue;
        const auto room = room_store::find(connection, chat);
        if (!room || !room->has(user)) continue;
        const auto newest = message_store::lastReceived(connection, *room, user, seq);
        if (newest && newest->seq > known->second) receipts_.noteDelivered(*newest);
    }
}

SocketFeed::Page ChatFeeds::readPage(const SocketFeed& feed, const SocketFeed::Range& range) {
    return sdk::read(database_, [&](sdk::Connection& connection) {
        SocketFeed::Page page;
        const auto room = room_store::find(connection, range.chat);
        if (!room || !room->has(feed.user())) return page;
        const auto low = room_store::cursors(connection, room->id, room->low).seen_seq;
        const auto high = room_store::cursors(connection, room->id, room->high).seen_seq;
        for (auto& message : message_store::after(connection, *room, range.above, range.limit)) {
            const bool is_seen = message.seq <= (message.receiver == room->low ? low : high);
            auto frame = messageFrame(message, is_seen, media_urls_).dump();
            page.emplace_back(std::move(message), std::move(frame));
        }
        return page;
    });
}

}  // namespace linkup::chat
