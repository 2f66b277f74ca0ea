#include "socket_feed.h"

#include <algorithm>

namespace linkup::chat {
namespace {

constexpr std::int64_t kReplayLimit = 1000;  // messages of one chat that one resume sends at the most
constexpr std::int64_t kPageSize = 100;      // messages that one look at the database brings
constexpr std::size_t kBurstBytes = 65'536;  // sent ahead of what is written
constexpr std::size_t kResumes = 4;          // waiting ones of one socket
constexpr std::size_t kHeld = 64;            // messages of one socket that wait for others
constexpr std::int64_t kRetryAfterMs = 1000;

}  // namespace

SocketFeed::Chat& SocketFeed::chat(std::int64_t id) {
    const auto place = std::lower_bound(chats_.begin(), chats_.end(), id,
                                        [](const Chat& chat, std::int64_t key) { return chat.id < key; });
    if (place != chats_.end() && place->id == id) return *place;
    Chat fresh;
    fresh.id = id;
    fresh.exact = opened_;  // then it is younger than the socket
    return *chats_.insert(place, fresh);
}

SocketFeed::Reader SocketFeed::offer(const StoredMessage& message, const std::string& frame, bool is_sender,
                                     Clock::time_point now, const Options& options) {
    const std::lock_guard lock(mutex_);
    auto& place = chat(message.chat_id);
    const auto seq = message.seq;
    const auto own = [&] {
        return std::find_if(sending_.begin(), sending_.end(), [&](const Sending& one) {
            return is_sender && one.message_id == message.message_id;
        });
    };
    if (!place.stopped && (!opened_ || place.reading() || seq > place.last + 1)) {
        const bool overtook = opened_ && !place.reading();
        if (!opened_ && (place.target == 0 || seq <= place.last)) {
            place.first = seq;
            place.last = seq - 1;
        }
        place.target = std::max(place.target, seq);
        if (const auto one = own(); one != sending_.end()) {
            if (seq > place.last) {
                one->is_offered = true;
            } else {
                sending_.erase(one);
            }
        }
        if (overtook) return hold(place, {message, frame, is_sender, now});
        return place.target > place.last ? Reader::kNeeded : Reader::kNotNeeded;
    }
    if (const auto one = own(); one != sending_.end()) sending_.erase(one);
    if (place.stopped) return Reader::kNotNeeded;
    if (seq <= place.last) {
        if (place.began_live && seq + 1 == place.first) {
            // It crossed another node's message while the socket opened. Late is better than never.
            place.first = seq;
            if (!is_sender) session_->send(frame, options(message, After::kNothing));
            return Reader::kNotNeeded;
        }
        if (place.exact || !place.hadNothing()) return Reader::kNotNeeded;
        place.last = seq - 1;  // it was under way while the socket opened
    }
    if (place.hadNothing()) {
        place.first = seq;
        place.began_live = !place.exact;
    }
    place.last = seq;
    place.target = std::max(place.target, seq);
    place.exact = true;
    if (!is_sender) session_->send(frame, options(message, After::kNothing));
    if (place.holds) sendHeld(place, options);
    return Reader::kNotNeeded;
}

SocketFeed::Reader SocketFeed::hold(Chat& chat, Held&& held) {
    if (held_.size() >= kHeld) {
        dropHeld(chat);
        return Reader::kNeeded;
    }
    const Place place(chat.id, held.message.seq);
    held_.try_emplace(place, std::move(held));
    return std::exchange(chat.holds, true) ? Reader::kNotNeeded : Reader::kNeededSoon;
}

void SocketFeed::sendHeld(Chat& chat, const Options& options) {
    auto next = held_.find({chat.id, chat.last + 1});
    while (next != held_.end() && next->first == Place(chat.id, chat.last + 1)) {
        const auto& [message, frame, is_sender, since] = next->second;
        chat.last = message.seq;
        // That it is its own may have come after it, from the other way.
        const bool is_own = isOwn(message) || is_sender;
        if (!is_own) session_->send(frame, options(message, After::kNothing));
        next = held_.erase(next);
    }
    chat.holds = chat.target > chat.last;
}

void SocketFeed::dropHeld(Chat& chat) {
    chat.holds = false;
    const auto [first, last] = heldOf(chat);
    held_.erase(first, last);
}

std::pair<SocketFeed::HeldPlace, SocketFeed::HeldPlace> SocketFeed::heldOf(const Chat& chat) {
    return {held_.lower_bound({chat.id, 0}), held_.lower_bound({chat.id + 1, 0})};
}

bool SocketFeed::resume(const std::vector<Place>& chats) {
    const std::lock_guard lock(mutex_);
    if (resumes_.size() >= kResumes) {
        session_->send(sdk::Json::object({{"type", "error"},
                                          {"code", "server_busy"},
                                          {"detail", "Server is busy. Please try again in a moment."},
                                          {"retry_after_ms", kRetryAfterMs}})
                           .dump());
        return false;
    }
    for (const auto& [id, from] : chats) {
        auto& place = chat(id);
        ++place.resumes;
        dropHeld(place);
    }
    Resume wanted;
    wanted.chats = chats;
    resumes_.push_back(std::move(wanted));
    return true;
}

bool SocketFeed::gap() {
    const std::lock_guard lock(mutex_);
    gap_ = true;
    return true;
}

void SocketFeed::sending(const std::string& message_id) {
    const std::lock_guard lock(mutex_);
    sending_.push_back({message_id, false});
}

void SocketFeed::settled(const std::string& message_id) {
    const std::lock_guard lock(mutex_);
    const auto one = std::find_if(sending_.begin(), sending_.end(), [&](const Sending& other) {
        return other.message_id == message_id && !other.is_offered;
    });
    if (one != sending_.end()) sending_.erase(one);
}

SocketFeed::Needs SocketFeed::needs(Clock::time_point overdue) {
    const std::lock_guard lock(mutex_);
    for (auto& chat : chats_) {
        if (!chat.holds) continue;
        const auto [first, last] = heldOf(chat);
        const auto is_overdue = [&](const auto& held) { return held.second.since <= overdue; };
        if (std::any_of(first, last, is_overdue)) dropHeld(chat);
    }
    if (!opened_ || gap_ || (!resumes_.empty() && !isResuming())) return Needs::kPlaces;
    if (isResuming() || std::any_of(chats_.begin(), chats_.end(), std::mem_fn(&Chat::behind)))
        return Needs::kMessages;
    return held_.empty() ? Needs::kNothing : Needs::kPatience;
}

std::vector<SocketFeed::Place> SocketFeed::claimed() {
    const std::lock_guard lock(mutex_);
    if (resumes_.empty() || isResuming()) return {};
    resumes_.front().claimed = true;
    return resumes_.front().chats;
}

void SocketFeed::setPlaces(const std::vector<Place>& places) {
    const std::lock_guard lock(mutex_);
    const bool first_time = !std::exchange(opened_, true);
    for (const auto& [id, last_seq] : places) {
        if (first_time) {
            auto& place = chat(id);
            if (place.target == 0) {
                place.first = last_seq + 1;
                place.last = last_seq;
            }
            place.exact = false;
        } else if (gap_) {
            auto& place = chat(id);
            place.target = std::max(place.target, last_seq);
            dropHeld(place);
        }
    }
    gap_ = false;
    // One that came while the places were read waits for the next: nobody has noted yet what it claims.
    if (!resumes_.empty() && resumes_.front().claimed && !isResuming()) beginResume(places);
}

void SocketFeed::beginResume(const std::vector<Place>& places) {
    auto& resume = resumes_.front();
    resume.begun = true;
    known_ = places;
    std::sort(known_.begin(), known_.end());
    std::erase_if(resume.chats, [&](const Place& wanted) {
        const auto known = std::lower_bound(known_.begin(), known_.end(), Place(wanted.first, 0));
        if (known != known_.end() && known->first == wanted.first) return false;
        if (--chat(wanted.first).resumes == 0) {
            std::erase_if(chats_, [&](const Chat& one) { return one.id == wanted.first; });
        }
        session_->send(sdk::Json::object({{"type", "error"},
                                          {"code", "not_participant"},
                                          {"detail", "User is not a participant of this chat"},
                                          {"chat_room_id", wanted.first}})
                           .dump());
        return true;
    });
    if (!resume.chats.empty()) enter(resume.chats.front());
    advance();
}

void SocketFeed::enter(const Place& wanted) {
    auto& resume = resumes_.front();
    auto& place = chat(wanted.first);
    const auto last_seq = std::lower_bound(known_.begin(), known_.end(), Place(wanted.first, 0))->second;
    const auto from = std::min(wanted.second, last_seq);
    if (place.hadNothing()) {
        place.first = from + 1;
        place.last = from;
    } else if (from > place.last) {
        place.last = from;
    }
    place.target = std::max(place.target, last_seq);
    place.exact = true;
    place.began_live = false;
    place.stopped = false;
    resume.low = from;
    resume.sent = 0;
}

bool SocketFeed::isResuming() const {
    return !resumes_.empty() && resumes_.front().begun;
}

bool SocketFeed::isBelow(const Chat& chat) const {
    return resumes_.front().low < chat.first - 1;
}

void SocketFeed::advance() {
    auto& resume = resumes_.front();
    while (resume.at < resume.chats.size()) {
        const auto id = resume.chats[resume.at].first;
        auto& place = chat(id);
        const bool is_done = !isBelow(place) && place.last >= place.target;
        if (!is_done && resume.sent < kReplayLimit) return;
        place.stopped = !is_done;
        --place.resumes;
        resume.reached.set(std::to_string(id), isBelow(place) ? resume.low : place.last);
        if (place.stopped) resume.more.push(id);
        if (++resume.at < resume.chats.size()) enter(resume.chats[resume.at]);
    }
    session_->send(
        sdk::Json::object(
            {{"type", "resumed"}, {"chats", std::move(resume.reached)}, {"more", std::move(resume.more)}})
            .dump());
    resumes_.pop_front();
    known_ = {};
}

SocketFeed::Range SocketFeed::range() {
    const std::lock_guard lock(mutex_);
    if (isResuming()) {
        const auto& resume = resumes_.front();
        const auto& place = chat(resume.chats[resume.at].first);
        const auto limit = std::min(kPageSize, kReplayLimit - resume.sent);
        return {place.id, isBelow(place) ? resume.low : place.last, limit, place.target, true};
    }
    const auto place = std::find_if(chats_.begin(), chats_.end(), std::mem_fn(&Chat::behind));
    return {place->id, place->last, kPageSize, place->target, false};
}

bool SocketFeed::isOwn(const StoredMessage& message) {
    if (message.sender != user()) return false;
    const auto one = std::find_if(sending_.begin(), sending_.end(), [&](const Sending& other) {
        return other.message_id == message.message_id;
    });
    if (one == sending_.end()) return false;
    if (one->is_offered) sending_.erase(one);
    return true;
}

SocketFeed::Given SocketFeed::give(const Range& range, const Page& page, const Options& options) {
    const std::lock_guard lock(mutex_);
    auto& place = chat(range.chat);
    const bool is_below = range.is_resume && isBelow(place);
    const bool is_end = static_cast<std::int64_t>(page.size()) < range.limit;
    bool goes_on = true;
    for (const auto& [message, frame] : page) {
        if (is_below && message.seq >= place.first) break;
        if (!is_below && message.seq <= place.last) continue;
        (is_below ? resumes_.front().low : place.last) = message.seq;
        if (range.is_resume) ++resumes_.front().sent;
        if (isOwn(message)) continue;
        unwritten_bytes_ += frame.size();
        goes_on = unwritten_bytes_ < kBurstBytes;
        session_->send(frame, options(message, goes_on ? After::kNothing : After::kWakeReader));
        if (!goes_on) {
            unwritten_bytes_ = 0;
            break;
        }
    }
    if (is_below) {
        if (goes_on && is_end) resumes_.front().low = place.first - 1;
        if (!isBelow(place)) place.first = resumes_.front().chats[resumes_.front().at].second + 1;
    } else if (goes_on && is_end && place.target == range.target) {
        place.target = place.last;  // the chat is gone
    }
    if (range.is_resume) advance();
    return goes_on ? Given::kGoOn : Given::kWait;
}

}  // namespace linkup::chat
