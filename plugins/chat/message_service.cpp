#include "message_service.h"

#include <linkup/sdk/error.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "message_store.h"

namespace linkup::chat {
namespace {

using Key = std::pair<std::int64_t, std::string>;
using KeyView = std::pair<std::int64_t, std::string_view>;

/// What a repetition has to know of a message.
struct Known {
    sdk::UserId sender = 0;
    std::int64_t seq = 0;
    sdk::Time created_at{};
};

/// Another node may have stored one of these while the rooms were waited for: then all is decided anew.
void storeOrRace(sdk::Connection& connection, std::span<const StoredMessage* const> messages,
                 const std::vector<Room>& rooms) {
    try {
        message_store::store(connection, messages, rooms);
    } catch (const sdk::Error& error) {
        if (error.code() != sdk::ErrorCode::kUniqueViolation) throw;
        throw sdk::Error(sdk::ErrorCode::kSerialization, error.what());
    }
}

/// Of the frames, for the log; the first of a large batch.
sdk::Json spansOf(const std::vector<Draft>& batch) {
    constexpr std::size_t kMost = 32;
    sdk::Json spans = sdk::Json::array({});
    for (std::size_t i = 0; i < std::min(batch.size(), kMost); ++i) spans.push(batch[i].trace.spanId());
    return spans;
}

}  // namespace

MessageService::MessageService(sdk::Database& database, sdk::Clock& clock, sdk::Log& log,
                               sdk::Metrics& metrics, sdk::Hooks& hooks, MessageDelivery& delivery,
                               WriterSettings settings)
    : database_(database),
      clock_(clock),
      log_(log),
      hook_(hooks, log),
      delivery_(delivery),
      settings_(settings),
      batch_sizes_(
          metrics.histogram("batch_messages", "Messages that one commit stored", {1, 4, 16, 64, 256, 1024})),
      stored_(metrics.counter("messages_stored_total", "Messages stored")) {}

MessageService::~MessageService() {
    stop();
}

void MessageService::start(sdk::MediaFiles* files, const Heartbeats& heartbeats) {
    files_ = files;
    stopping_ = false;
    for (auto* const heartbeat : heartbeats) threads_.emplace_back([this, heartbeat] { run(*heartbeat); });
}

void MessageService::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    // Their sockets are closed with the plugin's end; sent again, the same ids get the truth.
    if (!doubtful_.empty()) {
        log_.warning("messages are left in doubt", {{"count", static_cast<std::int64_t>(doubtful_.size())}});
        doubtful_.clear();
        perhaps_stored_.clear();
    }
}

bool MessageService::submit(Draft draft) {
    draft.trace = sdk::TraceScope::current();
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || waiting_.size() >= settings_.queue) return false;
        waiting_.push_back(std::move(draft));
        if (waiting_.size() > 1) return true;  // it is known that some wait
    }
    wake_.notify_one();
    return true;
}

void MessageService::run(sdk::Heartbeat& heartbeat) {
    std::unique_lock turn(turn_);
    while (auto batch = takeBatch(heartbeat)) {
        Answers answers;
        if (!settle(answers)) {
            refuseWhileInDoubt(*batch, answers);
        } else if (!batch->empty()) {
            write(std::move(*batch), answers);
        }
        if (answers.empty()) continue;
        {
            const std::lock_guard telling(telling_);
            if (hasWaiting()) turn.unlock();
            tell(answers);
        }
        heartbeat.rest();
        if (!turn.owns_lock()) turn.lock();
    }
}

std::optional<MessageService::Batch> MessageService::takeBatch(sdk::Heartbeat& heartbeat) {
    const auto something = [this] { return stopping_ || !waiting_.empty(); };
    std::unique_lock lock(mutex_);
    heartbeat.rest();
    if (doubtful_.empty()) {
        wake_.wait(lock, something);
    } else {
        wake_.wait_for(lock, settings_.settle_again, something);
    }
    heartbeat.beat();
    if (stopping_ && waiting_.empty()) return std::nullopt;
    const auto end =
        waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), settings_.batch));
    Batch batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return batch;
}

bool MessageService::hasWaiting() {
    const std::lock_guard lock(mutex_);
    return !waiting_.empty() || stopping_;
}

void MessageService::answer(std::vector<Decided>& decided, Answers& answers) {
    std::size_t fresh = 0;
    answers.reserve(answers.size() + decided.size());
    for (auto& one : decided) {
        answers.push_back({std::move(*one.draft), std::move(one.outcome), one.is_new});
        if (one.is_new) ++fresh;
    }
    stored_.add(static_cast<double>(fresh));
}

void MessageService::answerAll(Batch& batch, SendResult result, Answers& answers) {
    for (auto& draft : batch) answers.push_back({std::move(draft), {result, {}}});
}

void MessageService::write(Batch batch, Answers& answers) {
    writeAtOnce(batch, answers);
    if (!doubtful_.empty()) return refuseWhileInDoubt(batch, answers);
    if (batch.empty()) return;
    std::vector<Decided> decided;
    switch (attempt(batch, decided)) {
        case Attempt::kCommitted:
            return answer(decided, answers);
        case Attempt::kInDoubt:
            keepInDoubt(decided);
            doubtful_ = std::move(batch);
            return;
        case Attempt::kBusy:
            return answerAll(batch, SendResult::kBusy, answers);
        case Attempt::kFailed:
            return batch.size() > 1 ? writeOneByOne(std::move(batch), answers)
                                    : answerAll(batch, SendResult::kFailed, answers);
    }
}

void MessageService::writeOneByOne(Batch batch, Answers& answers) {
    for (auto& draft : batch) {
        Batch alone;
        alone.push_back(std::move(draft));
        if (settle(answers)) {
            write(std::move(alone), answers);
        } else {
            refuseWhileInDoubt(alone, answers);
        }
    }
}

MessageService::Batch MessageService::takeSimple(Batch& batch) {
    Batch simple;
    if (database_.dialect() == sdk::Dialect::kSqlite || hook_.isHandled()) return simple;
    Batch left;
    std::set<std::int64_t> left_chats;  // what comes behind one that is left is left, too
    std::set<std::pair<std::int64_t, std::string_view>> ids;
    simple.reserve(batch.size());
    for (auto& draft : batch) {
        const auto room = rooms_.get(draft.chat_id);
        const bool is_simple = !room.isNull() && room->has(draft.sender) &&
                               room->partnerOf(draft.sender) == draft.recipient && !draft.media &&
                               !draft.reply_id && !left_chats.contains(draft.chat_id) &&
                               !ids.contains({draft.chat_id, draft.message_id});
        if (is_simple) {
            simple.push_back(std::move(draft));
            ids.emplace(simple.back().chat_id, simple.back().message_id);
        } else {
            left_chats.insert(draft.chat_id);
            left.push_back(std::move(draft));
        }
    }
    batch = std::move(left);
    return simple;
}

void MessageService::writeAtOnce(Batch& batch, Answers& answers) {
    Batch simple = takeSimple(batch);
    if (simple.empty()) return;
    std::vector<StoredMessage> messages(simple.size());
    std::transform(simple.begin(), simple.end(), messages.begin(), [](const Draft& draft) {
        StoredMessage message;
        message.chat_id = draft.chat_id;
        message.message_id = draft.message_id;
        message.sender = draft.sender;
        message.receiver = draft.recipient;
        message.body = draft.body;
        return message;
    });
    std::set<std::int64_t> stored;
    try {
        const sdk::TraceScope scope(simple.front().trace);
        stored = message_store::storeAtOnce(database_, messages, clock_.now());
    } catch (const sdk::Error& error) {
        if (error.code() == sdk::ErrorCode::kInDoubt) {
            complain(simple, error);
            for (auto& message : messages) {
                Key key(message.chat_id, message.message_id);
                perhaps_stored_.emplace(std::move(key), std::move(message));
            }
            doubtful_ = std::move(simple);
            return;
        }
        if (error.code() == sdk::ErrorCode::kUnavailable) {
            complain(simple, error);
            return answerAll(simple, SendResult::kBusy, answers);
        }
        // Nothing has happened. Under the locks it is seen why, and of which draft.
    }
    Batch left;
    for (std::size_t i = 0; i < simple.size(); ++i) {
        if (stored.contains(simple[i].chat_id)) {
            answers.push_back(
                {std::move(simple[i]), {SendResult::kStored, std::move(messages[i])}, /*is_new=*/true});
        } else {
            left.push_back(std::move(simple[i]));
        }
    }
    if (const auto count = static_cast<double>(simple.size() - left.size()); count > 0) {
        batch_sizes_.observe(count);
        stored_.add(count);
    }
    std::move(batch.begin(), batch.end(), std::back_inserter(left));
    batch = std::move(left);
}

MessageService::Attempt MessageService::attempt(Batch& batch, std::vector<Decided>& decided) {
    // A statement for many frames belongs to none of them; it is logged under the first, and a failure names
    // all.
    const sdk::TraceScope scope(batch.front().trace);
    try {
        database_.transaction([&](sdk::Connection& connection) { decided = decide(connection, batch); });
        batch_sizes_.observe(static_cast<double>(decided.size()));
        return Attempt::kCommitted;
    } catch (const sdk::Error& error) {
        complain(batch, error);
        if (error.code() == sdk::ErrorCode::kInDoubt) return Attempt::kInDoubt;
        const bool passing =
            error.code() == sdk::ErrorCode::kUnavailable || error.code() == sdk::ErrorCode::kSerialization;
        return passing ? Attempt::kBusy : Attempt::kFailed;
    } catch (const std::exception& error) {
        log_.error("messages could not be stored", {{"fault", error.what()}, {"spans", spansOf(batch)}});
        return Attempt::kFailed;
    }
}

void MessageService::complain(const Batch& batch, const sdk::Error& error) {
    log_.error("messages could not be stored", {{"count", static_cast<std::int64_t>(batch.size())},
                                                {"code", sdk::toString(error.code())},
                                                {"spans", spansOf(batch)}});
}

void MessageService::tell(Answers& answers) {
    std::vector<MessageDelivery::Item> items;
    items.reserve(answers.size());
    for (auto& one : answers) {
        const sdk::TraceScope scope(one.draft.trace);
        one.draft.reply(one.draft,
                        one.outcome);  // the sender's ack goes out before anybody can have the message
        if (one.is_new)
            items.push_back({std::move(one.outcome.message), std::move(one.draft.session), one.draft.trace});
    }
    if (items.empty()) return;
    try {
        delivery_.deliver(std::move(items));
    } catch (const std::exception& error) {
        // They are stored and acknowledged; a fault of others must not end the writer.
        log_.error("stored messages could not be handed on", {{"fault", error.what()}});
    }
}

void MessageService::keepInDoubt(const std::vector<Decided>& decided) {
    for (const auto& one : decided) {
        const auto& message = one.outcome.message;
        if (one.is_new) perhaps_stored_.emplace(Key(message.chat_id, message.message_id), message);
    }
}

bool MessageService::settle(Answers& answers) {
    if (doubtful_.empty()) return true;
    if (tryAgain(doubtful_, answers) == Attempt::kFailed) settleOneByOne(answers);
    if (doubtful_.empty()) perhaps_stored_.clear();
    return doubtful_.empty();
}

/// What it commits is answered, and gone from the batch.
MessageService::Attempt MessageService::tryAgain(Batch& batch, Answers& answers) {
    std::vector<Decided> decided;
    const auto result = attempt(batch, decided);
    if (result == Attempt::kInDoubt) keepInDoubt(decided);
    if (result == Attempt::kCommitted) {
        for (auto& one : decided) recogniseOwn(one);
        answer(decided, answers);
        batch.clear();
    }
    return result;
}

void MessageService::settleOneByOne(Answers& answers) {
    for (auto& draft : std::exchange(doubtful_, {})) {
        Batch alone;
        alone.push_back(std::move(draft));
        // Once one is in doubt again, those behind it wait.
        if (doubtful_.empty() && tryAgain(alone, answers) == Attempt::kFailed) {
            answerAll(alone, SendResult::kFailed, answers);
            alone.clear();
        }
        std::move(alone.begin(), alone.end(), std::back_inserter(doubtful_));
    }
}

/// Not tried: they would overtake those in doubt. One of these that is sent again is in doubt as well.
void MessageService::refuseWhileInDoubt(Batch& batch, Answers& answers) {
    for (auto& draft : batch) {
        if (perhaps_stored_.contains(Key(draft.chat_id, draft.message_id)) &&
            doubtful_.size() < settings_.queue) {
            doubtful_.push_back(std::move(draft));
        } else {
            answers.push_back({std::move(draft), {SendResult::kBusy, {}}});
        }
    }
}

/// What a lost commit of ours has stored is found as a repetition now, and nobody has got it yet. The place
/// and the time tell it from the same message sent to another node in the meantime. Where only the database
/// knew them, that one is told of here as well: whoever has had it from the other node is not sent it again.
void MessageService::recogniseOwn(Decided& decided) {
    auto& outcome = decided.outcome;
    if (outcome.result != SendResult::kRepeated) return;
    const auto [first, last] =
        perhaps_stored_.equal_range(Key(outcome.message.chat_id, outcome.message.message_id));
    const auto own = std::find_if(first, last, [&](const auto& entry) {
        return entry.second.seq == 0 || (entry.second.seq == outcome.message.seq &&
                                         entry.second.created_at == outcome.message.created_at);
    });
    if (own == last) return;
    own->second.seq = outcome.message.seq;
    own->second.created_at = outcome.message.created_at;
    outcome.message = std::move(own->second);
    outcome.result = SendResult::kStored;
    decided.is_new = true;
    perhaps_stored_.erase(own);
}

std::set<sdk::MediaFiles::File> MessageService::uploadedFiles(sdk::Connection& connection,
                                                              const Batch& batch) {
    std::vector<sdk::MediaFiles::File> named;
    for (const auto& draft : batch) {
        if (draft.media) named.push_back({draft.sender, draft.file_key});
    }
    if (named.empty() || files_ == nullptr) return {named.begin(), named.end()};
    auto found = files_->uploaded(connection, named);
    return {std::make_move_iterator(found.begin()), std::make_move_iterator(found.end())};
}

std::vector<MessageService::Decided> MessageService::decide(sdk::Connection& connection, Batch& batch) {
    std::set<std::int64_t> chat_ids;
    std::vector<message_store::MessageKey> keys;
    for (const auto& draft : batch) {
        chat_ids.insert(draft.chat_id);
        keys.push_back({draft.chat_id, draft.message_id});
        if (draft.reply_id) keys.push_back({draft.chat_id, *draft.reply_id});
    }
    const auto locked = message_store::lock(connection, {chat_ids.begin(), chat_ids.end()}, keys);
    std::map<std::int64_t, Room> rooms;
    for (const auto& room : locked.rooms) {
        rooms.emplace(room.id, room);
        if (!rooms_.has(room.id)) rooms_.add(room.id, room);
    }
    std::map<KeyView, Known> known;
    for (const auto& one : locked.known)
        known.emplace(KeyView(one.chat_id, one.message_id), Known{one.sender, one.seq, one.created_at});

    const auto files = uploadedFiles(connection, batch);

    const auto now = clock_.now();
    std::vector<Decided> decided;
    std::vector<const StoredMessage*> fresh;
    std::set<std::int64_t> touched;
    decided.reserve(batch.size());
    for (auto& draft : batch) {
        const sdk::TraceScope scope(draft.trace);
        auto& one = decided.emplace_back(Decided{&draft});
        const auto room = rooms.find(draft.chat_id);
        const KeyView key(draft.chat_id, draft.message_id);
        if (room == rooms.end() || !room->second.has(draft.sender)) {
            one.outcome.result = SendResult::kNotParticipant;
        } else if (draft.recipient != room->second.partnerOf(draft.sender)) {
            one.outcome.result = SendResult::kRecipientMismatch;
        } else if (const auto old = known.find(key); old != known.end()) {
            one.outcome.result =
                old->second.sender == draft.sender ? SendResult::kRepeated : SendResult::kIdConflict;
            auto& message = one.outcome.message;
            message.chat_id = draft.chat_id;
            message.message_id = draft.message_id;
            message.sender = old->second.sender;
            message.seq = old->second.seq;
            message.created_at = old->second.created_at;
        } else if (room->second.closed) {
            one.outcome.result = SendResult::kRecipientUnavailable;
        } else if (draft.media && !files.contains({draft.sender, draft.file_key})) {
            one.outcome.result = SendResult::kMediaNotAllowed;
        } else if (auto asked = hook_.ask(connection, draft); asked.result != SendResult::kStored) {
            one.outcome = {asked.result, {}, std::move(asked.reason)};
        } else {
            auto& message = one.outcome.message;
            message.chat_id = draft.chat_id;
            message.seq = ++room->second.last_seq;
            message.message_id = draft.message_id;
            message.sender = draft.sender;
            message.receiver = draft.recipient;
            message.body = std::move(asked.body);
            if (draft.reply_id && known.contains(KeyView(draft.chat_id, *draft.reply_id)))
                message.reply_id = draft.reply_id;
            message.media = std::move(asked.media);
            // Within a chat time only moves forward, whatever the clocks of the nodes say.
            message.created_at = std::max(now, room->second.last_at + std::chrono::microseconds(1));
            room->second.last_at = message.created_at;
            one.outcome.result = SendResult::kStored;
            one.is_new = true;
            touched.insert(draft.chat_id);
            known.emplace(key, Known{message.sender, message.seq, message.created_at});
            fresh.push_back(&message);
        }
    }
    if (!fresh.empty()) {
        std::vector<Room> changed;
        for (const auto id : touched) changed.push_back(rooms.at(id));
        storeOrRace(connection, fresh, changed);
    }
    return decided;
}

}  // namespace linkup::chat
