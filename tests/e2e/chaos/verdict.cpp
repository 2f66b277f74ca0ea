#include "verdict.h"

#include <linkup/sdk/clock.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <utility>

namespace linkup::chaos {
namespace {

constexpr std::chrono::seconds kPatience{30};

/// A message as the database has it.
struct Row {
    std::int64_t chat = 0;
    std::int64_t seq = 0;
    std::string message_id;
    std::int64_t sender = 0;
    std::int64_t created_at = 0;
    std::string text;
};

/// By chat; the place in the vector is seq - 1 if there is no gap.
using Stored = std::map<std::int64_t, std::vector<Row>>;

Stored readStored(ChaosTown& town) {
    Stored stored;
    for (const auto& line :
         town.query("SELECT chat_id, seq, message_id, sender_id, created_at, body FROM chat_messages "
                    "ORDER BY chat_id, seq")) {
        std::istringstream fields(line);
        std::vector<std::string> field(6);
        for (auto& one : field) std::getline(fields, one, '|');
        Row row{std::stoll(field[0]), std::stoll(field[1]), field[2],
                std::stoll(field[3]), std::stoll(field[4]), field[5]};
        stored[row.chat].push_back(std::move(row));
    }
    return stored;
}

class Judge {
public:
    Judge(Crowd& crowd, ChaosTown& town) : crowd_(crowd), town_(town), stored_(readStored(town)) {}

    std::vector<std::string> judge() {
        faults_ = crowd_.sightings().violations;
        checkPlaces();
        checkSent();
        for (const auto& device : crowd_.devices()) checkDevice(device);
        if (faults_.empty()) checkCounters();  // which takes it that the places are right
        return std::move(faults_);
    }

private:
    void fault(std::string what) { faults_.push_back(std::move(what)); }

    static std::string nameOf(const Device& device) {
        return "user " + std::to_string(device.user) + ", chat " + std::to_string(device.chat) + ": ";
    }

    /// seq runs from 1 without a gap, and the room's counter is at its end.
    void checkPlaces() {
        for (const auto& [chat, last_seq] : town_.lastSeqs()) {
            const auto& rows = stored_[chat];
            const auto name = "chat " + std::to_string(chat) + ": ";
            if (static_cast<std::int64_t>(rows.size()) != last_seq)
                fault(name + std::to_string(rows.size()) + " messages, last_seq " + std::to_string(last_seq));
            for (std::size_t i = 0; i < rows.size(); ++i) {
                if (rows[i].seq != static_cast<std::int64_t>(i) + 1)
                    fault(name + "seq " + std::to_string(rows[i].seq) + " at place " + std::to_string(i + 1));
                if (i > 0 && rows[i].created_at <= rows[i - 1].created_at)
                    fault(name + "time goes back at seq " + std::to_string(rows[i].seq));
            }
        }
    }

    /// What was acknowledged is stored, once, as it was sent and as it was acknowledged; nothing else is.
    void checkSent() {
        std::map<std::string, const Row*> by_id;
        for (const auto& [chat, rows] : stored_) {
            for (const auto& row : rows) {
                if (!by_id.emplace(row.message_id, &row).second) fault("stored twice: " + row.message_id);
            }
        }
        const auto& messages = crowd_.messages();
        for (std::size_t number = 0; number < messages.size(); ++number) {
            const auto& sent = messages[number];
            const auto id = Crowd::idOf(number);
            const auto found = by_id.find(id);
            if (!sent.is_acked) fault("never acknowledged: " + id);
            if (found == by_id.end()) {
                if (sent.is_acked) fault("acknowledged and not stored: " + id);
                continue;
            }
            const auto& row = *found->second;
            by_id.erase(found);
            if (row.chat != sent.chat || row.sender != sent.sender || row.text != sent.text)
                fault("stored otherwise than sent: " + id);
            if (row.seq != sent.seq || sdk::formatTime(sdk::fromMicros(row.created_at)) != sent.timestamp)
                fault("stored otherwise than acknowledged: " + id);
        }
        for (const auto& [id, row] : by_id) fault("stored, but nobody sent it: " + id);
    }

    /// This device has everything, and each of its connections got it in order, once, without a hole.
    void checkDevice(const Device& device) {
        const auto& rows = stored_[device.chat];
        const auto count = static_cast<std::int64_t>(rows.size());
        if (device.last != count) {
            fault(nameOf(device) + "lacks seq " + std::to_string(device.last + 1) + " of " +
                  std::to_string(count));
        }
        std::vector<bool> is_own(rows.size() + 1, false);
        for (const auto message : device.sent) {
            const auto seq = static_cast<std::size_t>(crowd_.messages()[message].seq);
            if (seq < is_own.size()) is_own[seq] = true;
        }
        auto begin = device.log.begin();
        while (begin != device.log.end()) {
            const auto end = std::find_if(begin + 1, device.log.end(), [](const Record& record) {
                return record.kind == Record::Kind::kOpened;
            });
            checkConnection(device, is_own, {begin + 1, end});
            begin = end;
        }
    }

    void checkConnection(const Device& device, const std::vector<bool>& is_own,
                         const std::vector<Record>& records) {
        std::set<std::int64_t> had;
        // Whether nothing that the device should have got lies between the two.
        const auto follows = [&](std::int64_t seq, std::int64_t last) {
            if (seq <= last) return false;
            for (auto one = last + 1; one < seq; ++one) {
                const auto place = static_cast<std::size_t>(one);
                if (place >= is_own.size() || (!is_own[place] && !had.contains(one))) return false;
            }
            return true;
        };
        std::int64_t last = 0;   // of what resume brings, and of all after it
        std::int64_t early = 0;  // of what came before the server had the resume
        bool is_resumed = false;
        for (const auto& record : records) {
            switch (record.kind) {
                case Record::Kind::kResume:
                    last = std::max(last, record.seq);
                    is_resumed = false;
                    break;
                case Record::Kind::kResumed:
                    if (!follows(record.seq + 1, last))
                        fault(nameOf(device) + "resumed to " + std::to_string(record.seq) +
                              " with a hole above " + std::to_string(last));
                    last = std::max(last, record.seq);
                    is_resumed = true;
                    break;
                case Record::Kind::kMessage:
                    if (!had.insert(record.seq).second) {
                        fault(nameOf(device) + "got seq " + std::to_string(record.seq) +
                              " twice on one connection");
                    } else if (follows(record.seq, last)) {
                        last = record.seq;
                    } else if (!is_resumed && (early == 0 || follows(record.seq, early))) {
                        early = record.seq;
                    } else if (!is_resumed) {
                        fault(nameOf(device) + "got seq " + std::to_string(record.seq) + ", neither after " +
                              std::to_string(early) + ", live, nor after " + std::to_string(last) +
                              ", resumed");
                    } else {
                        fault(nameOf(device) + "got seq " + std::to_string(record.seq) + " after " +
                              std::to_string(last));
                    }
                    break;
                default:
                    break;
            }
        }
    }

    /// Each reads up to somewhere, and then the badges show what is left.
    void checkCounters() {
        const auto newest_of_partner = [&](const Device& device, std::int64_t wish) {
            const auto& rows = stored_[device.chat];
            for (auto seq = std::min(wish, static_cast<std::int64_t>(rows.size())); seq > 0; --seq) {
                if (rows[static_cast<std::size_t>(seq - 1)].sender == device.partner) return seq;
            }
            return std::int64_t{0};
        };
        const auto marked = crowd_.markSeen(newest_of_partner);
        using Cursors =
            std::map<std::pair<std::int64_t, std::int64_t>, std::pair<std::int64_t, std::int64_t>>;
        Cursors wanted;
        for (const auto& [place, seen] : marked) {
            std::int64_t newest = 0;
            for (const auto& row : stored_[place.first]) {
                if (row.sender != place.second) newest = row.seq;
            }
            wanted[place] = {newest, seen};
        }
        Cursors found;
        const auto read = [&] {
            for (const auto& line :
                 town_.query("SELECT chat_id, user_id, delivered_seq, seen_seq FROM chat_participants")) {
                std::istringstream fields(line);
                std::int64_t chat = 0;
                std::int64_t user = 0;
                std::int64_t delivered = 0;
                std::int64_t seen = 0;
                char bar = 0;
                fields >> chat >> bar >> user >> bar >> delivered >> bar >> seen;
                if (wanted.contains({chat, user})) found[{chat, user}] = {delivered, seen};
            }
            return found == wanted;
        };
        const auto end = Clock::now() + kPatience;
        auto next = Clock::now();
        crowd_.run([&] {
            if (Clock::now() < next) return false;
            next = Clock::now() + std::chrono::milliseconds(200);
            return read() || Clock::now() >= end;
        });
        for (const auto& [place, cursors] : wanted) {
            const auto& [chat, user] = place;
            const auto name = "user " + std::to_string(user) + ", chat " + std::to_string(chat) + ": ";
            if (found[place] != cursors) {
                fault(name + "delivered up to " + std::to_string(found[place].first) + ", seen up to " +
                      std::to_string(found[place].second) + ", and should be " +
                      std::to_string(cursors.first) + ", " + std::to_string(cursors.second));
            }
            const auto& rows = stored_[chat];
            const auto unseen = std::count_if(rows.begin(), rows.end(), [&, user = user](const Row& row) {
                return row.sender != user && row.seq > cursors.second;
            });
            const auto shown = town_.unseen(static_cast<int>(user));
            if (shown != unseen) {
                fault(name + std::to_string(shown) + " shown as unseen, and " + std::to_string(unseen) +
                      " are");
            }
        }
    }

    Crowd& crowd_;
    ChaosTown& town_;
    Stored stored_;
    std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> judge(Crowd& crowd, ChaosTown& town) {
    return Judge(crowd, town).judge();
}

}  // namespace linkup::chaos
