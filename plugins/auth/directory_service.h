#pragma once

#include <linkup/sdk/services/profiles.h>

#include "candidate_service.h"
#include "picture_service.h"

namespace linkup::auth {

/// What other plugins read of accounts.
class DirectoryService : public sdk::Profiles {
public:
    DirectoryService(const PictureService& pictures, CandidateService& candidates);

    bool complete(sdk::Connection& connection, sdk::UserId user) override;
    bool active(sdk::Connection& connection, sdk::UserId user) override;
    std::vector<sdk::PersonCard> cards(sdk::Connection& connection,
                                       std::span<const sdk::UserId> users) override;
    std::vector<sdk::Json> candidates(sdk::Connection& connection,
                                      std::span<const sdk::UserId> users) override;
    sdk::Json preferences(sdk::Connection& connection, sdk::UserId user) override;

private:
    const PictureService& pictures_;
    CandidateService& candidates_;
};

}  // namespace linkup::auth
