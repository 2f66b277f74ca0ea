#pragma once

#include <linkup/sdk/bus.h>
#include <linkup/sdk/clock.h>
#include <linkup/sdk/database.h>
#include <linkup/sdk/json.h>
#include <linkup/sdk/log.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "presence_store.h"

namespace linkup::chat {

/// Tells one person how another is here, and knows who has devices on this node. Never blocks.
class PresenceEvents {
public:
    virtual ~PresenceEvents() = default;
    virtual bool isHere(sdk::UserId user) const = 0;
    /// One for each device.
    virtual std::vector<sdk::UserId> allHere() const = 0;
    virtual void presence(sdk::UserId to, sdk::UserId user, bool online,
                          std::optional<sdk::Time> last_seen) = 0;
};

struct PresenceSettings {
    std::chrono::milliseconds grace{10'000};     ///< before somebody without devices counts as gone
    std::chrono::milliseconds lifetime{30'000};  ///< of a node that says nothing more
};

/// Who is here, as far as they let others see it: those who share their presence see that of the people they
/// chat with who share theirs; nobody else sees anything. Who is on which node stands in the database, and a
/// node says there that it lives; what a dead node had is void at once when it is asked for, and told by the
/// next node that looks.
///
/// People who come and go are noted in memory and written by `settle`, many in one transaction. Those who do
/// not share cost one look at the database for each that comes.
///
/// Lifetime: the plugin's.   Threading: any thread; opened, closed never block, the others ask the database.
/// Errors: as Database::transaction; settle leaves none.
class PresenceService {
public:
    /// How often `settle` is to be called.
    static constexpr std::chrono::milliseconds kSettleEvery{500};

    PresenceService(sdk::Database& database, sdk::Bus& bus, sdk::Clock& clock, sdk::Log& log,
                    PresenceEvents& events, PresenceSettings settings);

    void start();
    /// Says that this node lives no longer than it takes people to get to another.
    void stop() noexcept;

    /// A device came, or went.
    void opened(sdk::UserId user) { note(user); }
    void closed(sdk::UserId user) { note(user); }
    /// Writes who came and went, and that this node lives; tells those whom it concerns.
    void settle();

    /// {"share", "people": [{"user_id", "online", "last_seen"}]}; nobody for those who do not share.
    sdk::Json visible(sdk::UserId user);
    void setShared(sdk::UserId user, bool shared);

private:
    using Users = presence_store::Users;
    struct Told {
        sdk::UserId to = 0;
        sdk::UserId user = 0;
        bool online = false;
        std::optional<sdk::Time> last_seen;
    };
    struct Moves {
        Users here;
        Users gone;
    };

    void note(sdk::UserId user);
    Moves takeMoves();
    void keepAlive();
    void write(const Moves& moves);
    void buryDead();
    /// Of people whose last device on a node went: whoever is nowhere else is gone.
    void left(sdk::Connection& connection, const Users& users, sdk::Time at, std::vector<Told>& told);
    static void addTold(sdk::Connection& connection, const Users& users, bool online,
                        std::optional<sdk::Time> last_seen, std::vector<Told>& told);
    void tell(const std::vector<Told>& told);

    sdk::Database& database_;
    sdk::Bus& bus_;
    sdk::Clock& clock_;
    sdk::Log& log_;
    PresenceEvents& events_;
    const PresenceSettings settings_;
    const std::string node_;
    std::unique_ptr<sdk::Subscription> subscription_;

    std::mutex mutex_;
    std::unordered_map<sdk::UserId, std::chrono::steady_clock::time_point> moved_;  // when last

    // Of settle alone, which never runs twice at a time.
    bool is_known_ = false;  // the database has this node
    std::chrono::steady_clock::time_point said_alive_{};
};

}  // namespace linkup::chat
