#include "receipt_service.h"

#include <linkup/sdk/error.h>

#include "message_store.h"
#include "room_store.h"

namespace linkup::chat {
namespace {

// Under load a cursor moves so often and no more: what it costs does not grow with the messages.
constexpr std::chrono::milliseconds kGather{100};

}  // namespace

ReceiptService::ReceiptService(sdk::Database& database, sdk::Log& log, ReceiptEvents& events,
                               std::chrono::milliseconds try_again)
    : database_(database), log_(log), events_(events), try_again_(try_again) {}

ReceiptService::~ReceiptService() {
    stop();
}

void ReceiptService::start(sdk::Heartbeat& heartbeat) {
    heartbeat_ = &heartbeat;
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
}

void ReceiptService::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void ReceiptService::noteDelivered(Receipt receipt) {
    bool wakes = false;
    {
        const std::lock_guard lock(mutex_);
        auto& newest = noted_[{receipt.chat_id, receipt.receiver}];
        if (newest.receipt.seq >= receipt.seq) return;
        newest.receipt = std::move(receipt);
        wakes = std::exchange(idle_, false);  // while others gather, one more wakes nobody
    }
    if (wakes) wake_.notify_one();
}

void ReceiptService::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        heartbeat_->rest();
        idle_ = noted_.empty();
        wake_.wait(lock, [this] { return stopping_ || !noted_.empty(); });
        idle_ = false;
        heartbeat_->beat();
        if (noted_.empty()) return;
        auto batch = std::exchange(noted_, {});
        const bool last = stopping_;
        lock.unlock();
        const bool written = write(batch);
        lock.lock();
        if (!written && last) return;  // the cursor is cumulative: the next message or reading moves it
        if (!written) noteAgain(std::move(batch));
        wake_.wait_for(lock, written ? kGather : try_again_, [this] { return stopping_; });
    }
}

bool ReceiptService::write(Batch& batch) {
    room_store::Delivered seqs;
    for (const auto& [place, noted] : batch) seqs.emplace(place, noted.receipt.seq);
    const auto count = static_cast<std::int64_t>(batch.size());
    try {
        const auto moved = sdk::transaction(database_, [&](sdk::Connection& connection) {
            return room_store::advanceDelivered(connection, seqs);
        });
        std::vector<Receipt> told;
        for (auto& [place, noted] : batch) {
            if (noted.in_doubt || moved.contains(place)) told.push_back(std::move(noted.receipt));
        }
        if (!told.empty()) events_.delivered(told);
        return true;
    } catch (const sdk::Error& error) {
        log_.warning("delivery receipts could not be stored",
                     {{"count", count}, {"code", sdk::toString(error.code())}});
        if (error.code() == sdk::ErrorCode::kInDoubt) {
            for (auto& [place, noted] : batch) noted.in_doubt = true;
        }
        return sdk::httpStatus(error.code()) != 503;
    } catch (const std::exception& error) {
        log_.error("delivery receipts could not be stored", {{"count", count}, {"fault", error.what()}});
        return true;
    }
}

void ReceiptService::noteAgain(Batch&& left) {
    for (auto& [key, noted] : left) {
        auto& newest = noted_[key];
        if (newest.receipt.seq >= noted.receipt.seq) continue;
        newest = std::move(noted);
    }
}

void ReceiptService::markSeen(sdk::UserId reader, std::optional<std::int64_t> chat_id,
                              const std::string& message_id, const std::string& reading_session) {
    database_.transaction([&](sdk::Connection& connection) {
        const auto chat = chat_id ? chat_id : message_store::chatOf(connection, message_id, reader);
        if (!chat) return;
        const auto room = room_store::find(connection, *chat);
        if (!room || !room->has(reader)) return;
        const auto seq = message_store::seqOf(connection, *chat, message_id, reader);
        if (seq) markSeenUpTo(connection, *room, reader, *seq, reading_session);
    });
}

void ReceiptService::markSeenUpTo(sdk::Connection& connection, const Room& room, sdk::UserId reader,
                                  std::int64_t seq, const std::string& reading_session) {
    const auto newest = message_store::lastReceived(connection, room, reader, seq);
    if (!newest) return;
    const bool first_handed = room_store::advanceDelivered(connection, room.id, reader, newest->seq);
    const bool first_seen = room_store::advanceSeen(connection, room.id, reader, newest->seq);
    connection.afterCommit([this, message = *newest, reading_session, first_handed, first_seen] {
        if (first_handed) events_.delivered({message});
        if (first_seen) events_.seen(message, reading_session);
    });
}

}  // namespace linkup::chat
