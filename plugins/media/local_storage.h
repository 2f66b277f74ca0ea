#pragma once

#include <filesystem>

#include "file_storage.h"

namespace linkup::media {

/// A folder of this machine, or one that all nodes have mounted.
class LocalStorage : public FileStorage {
public:
    /// Makes the folder. Errors: Error{kUnavailable} if it cannot.
    explicit LocalStorage(std::filesystem::path folder);

    void put(const std::string& file_key, const sdk::File& content) override;
    std::shared_ptr<const sdk::File> open(const std::string& file_key) override;
    void remove(const std::string& file_key) override;
    std::optional<std::string> location(std::string_view, const std::string&, sdk::Time) override {
        return std::nullopt;
    }

private:
    std::filesystem::path pathOf(const std::string& file_key) const;

    const std::filesystem::path folder_;
};

}  // namespace linkup::media
