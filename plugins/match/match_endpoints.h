#pragma once

#include <linkup/sdk/registrar.h>

#include "bonds_service.h"
#include "discovery_service.h"
#include "likes_service.h"

namespace linkup::match {

/// HTTP routes of discovery, likes, connections and blocking.
class MatchEndpoints {
public:
    MatchEndpoints(DiscoveryService& discovery, LikesService& likes, BondsService& bonds)
        : discovery_(discovery), likes_(likes), bonds_(bonds) {}
    void registerWith(sdk::Registrar& registrar);

private:
    void registerDiscovery(sdk::Registrar& registrar);
    void registerSwipes(sdk::Registrar& registrar);
    void registerLikes(sdk::Registrar& registrar);
    void registerSafety(sdk::Registrar& registrar);

    DiscoveryService& discovery_;
    LikesService& likes_;
    BondsService& bonds_;
};

}  // namespace linkup::match
