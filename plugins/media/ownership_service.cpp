#include "ownership_service.h"

#include <set>

#include "file_store.h"

namespace linkup::media {

std::vector<sdk::MediaFiles::File> OwnershipService::uploaded(sdk::Connection& connection,
                                                              const std::vector<File>& files) {
    std::set<std::string> keys;
    for (const File& file : files) keys.insert(file.file_key);
    const auto owners = file_store::lockOwners(connection, keys);
    std::vector<File> found;
    for (const File& file : files) {
        const auto owner = owners.find(file.file_key);
        if (owner != owners.end() && owner->second == file.user) found.push_back(file);
    }
    return found;
}

}  // namespace linkup::media
