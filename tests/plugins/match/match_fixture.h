#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "bonds_service.h"
#include "discovery_service.h"
#include "likes_service.h"
#include "location_service.h"
#include "match_migrations.h"
#include "places_table.h"
#include "tallies.h"
#include "town.h"

namespace linkup::test {

/// Keeps what people were told, as "to<-from sub_type".
class RecordingEvents : public match::ConnectionEvents {
public:
    void reload(sdk::UserId to, sdk::UserId from, std::string_view sub_type, sdk::Json data) override {
        const std::lock_guard lock(mutex_);
        told_.push_back(std::to_string(to) + "<-" + std::to_string(from) + " " + std::string(sub_type));
        last_data_ = std::move(data);
    }
    std::vector<std::string> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(told_, {});
    }
    sdk::Json lastData() const { return last_data_; }

private:
    std::mutex mutex_;
    std::vector<std::string> told_;
    sdk::Json last_data_;
};

/// The services of plugin match in a town with two women (1, 3) and two men (2, 4).
struct MatchTown {
    explicit MatchTown(Backend backend, int likes_per_day = 10, std::int64_t sample = 2000)
        : town(backend),
          neighbours{&town.profiles(), &town.candidates(), nullptr},
          tallies(town.host().metrics()),
          bonds(town.database(), town.host().hooks(), town.host().clock(), events, tallies, neighbours,
                likes_per_day),
          likes(town.database(), town.host().clock(), events, tallies, bonds, neighbours,
                {.per_day = likes_per_day}),
          locations(town.database(), neighbours, places()),
          discovery(town.database(), town.host().clock(), town.host().workers(), tallies, bonds, locations,
                    neighbours, {.sample = sample}) {
        town.migrate("match", match::sql::migrations());
        for (sdk::UserId id = 1; id <= 4; ++id) addPerson(id);
    }

    /// Odd ids are women, even ones men; each is interested in the other.
    void addPerson(sdk::UserId id) {
        town.addPerson(id, id % 2 != 0 ? "Female" : "Male", id % 2 != 0 ? "Male" : "Female");
    }

    std::vector<sdk::UserId> offered(sdk::UserId user, match::Queue queue = match::Queue::kKeep) {
        std::vector<sdk::UserId> ids;
        const auto reply = discovery.candidates(user, queue);
        for (const auto& candidate : reply["matches"].items()) ids.push_back(candidate["id"].asInteger());
        std::sort(ids.begin(), ids.end());
        return ids;
    }

    static const match::Places& places() {
        static const match::Places kPlaces(match::kPlacesTable);
        return kPlaces;
    }

    Town town;
    match::Neighbours neighbours;
    RecordingEvents events;
    match::Tallies tallies;
    match::BondsService bonds;
    match::LikesService likes;
    match::LocationService locations;
    match::DiscoveryService discovery;
};

template <class Call>
std::string messageOf(Call&& call) {
    try {
        call();
    } catch (const sdk::Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace linkup::test
