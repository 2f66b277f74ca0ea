#pragma once

#include <linkup/sdk/services/media_files.h>

#include <vector>

namespace linkup::media {

/// Tells other plugins who uploaded what. Lifetime: the plugin's.   Threading: any thread but an I/O thread.
class OwnershipService : public sdk::MediaFiles {
public:
    std::vector<File> uploaded(sdk::Connection& connection, const std::vector<File>& files) override;
};

}  // namespace linkup::media
