#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace linkup::test {

/// A new empty folder that is removed, with all that it holds, when the object goes.
///
/// It stands below `TMPDIR`, or `/tmp`. A killed test cannot remove its own; the next test to come by removes
/// those whose process is gone for more than an hour.
class TemporaryFolder {
public:
    /// Errors: std::filesystem::filesystem_error when the folder cannot be made.
    TemporaryFolder();
    ~TemporaryFolder();

    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    /// The path of `name` in this folder.
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// The whole content of a file. Errors: std::runtime_error when it cannot be read.
std::string readFile(const std::filesystem::path& file);

/// Writes a file so that a reader sees all of it or nothing. Errors: std::runtime_error when it cannot be
/// written.
void writeFile(const std::filesystem::path& file, std::string_view content);

}  // namespace linkup::test
