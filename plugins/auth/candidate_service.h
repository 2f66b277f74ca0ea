#pragma once

#include <Poco/ExpireLRUCache.h>
#include <linkup/sdk/services/candidates.h>

#include <cstddef>
#include <span>
#include <vector>

#include "picture_service.h"

namespace linkup::auth {

/// Profiles as they are put before others. Those that were asked for last are kept as they are sent, for as
/// long as they do not change, and some minutes at the most, as the URLs in them expire.
///
/// Threading: any.
class CandidateService : public sdk::Candidates {
public:
    /// Keeps up to `kept` profiles.
    CandidateService(const PictureService& pictures, std::size_t kept);

    std::vector<sdk::Json> find(sdk::Connection& connection,
                                std::span<const sdk::ProfileVersion> profiles) override;
    /// As they are now, in the same order; who lacks something that a phone needs is left out.
    std::vector<sdk::Json> find(sdk::Connection& connection, std::span<const sdk::UserId> users);

private:
    struct Kept {
        std::int64_t version;
        sdk::Json candidate;
    };

    const PictureService& pictures_;
    Poco::ExpireLRUCache<sdk::UserId, Kept> kept_;
};

}  // namespace linkup::auth
