#pragma once

#include <linkup/sdk/registrar.h>

#include <span>

#include "bonds_service.h"
#include "discovery_service.h"
#include "likes_service.h"
#include "reports_service.h"

namespace linkup::match {

/// HTTP routes of discovery, likes, connections, blocks and reports.
class MatchEndpoints {
public:
    MatchEndpoints(DiscoveryService& discovery, LikesService& likes, BondsService& bonds,
                   ReportsService& reports)
        : discovery_(discovery), likes_(likes), bonds_(bonds), reports_(reports) {}
    void registerWith(sdk::Registrar& registrar);

private:
    void registerDiscovery(sdk::Registrar& registrar);
    void answerMatches(std::span<sdk::PendingRequest> pending);
    void registerSwipes(sdk::Registrar& registrar);
    void registerLikes(sdk::Registrar& registrar);
    void registerBlocks(sdk::Registrar& registrar);
    void registerReports(sdk::Registrar& registrar);

    DiscoveryService& discovery_;
    LikesService& likes_;
    BondsService& bonds_;
    ReportsService& reports_;
};

}  // namespace linkup::match
