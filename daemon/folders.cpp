#include "folders.h"

#include "version.h"

namespace linkup::daemon {

namespace {

namespace fs = std::filesystem;

fs::path folderOf(const std::string& configured, const char* beside, const char* installed) {
    if (!configured.empty()) return configured;
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    const fs::path near = program / beside;
    return fs::is_directory(near, ignored) ? near : (program / installed).lexically_normal();
}

}  // namespace

std::filesystem::path pluginFolder(const Settings& settings) {
    return folderOf(settings.text("paths.plugins"), "plugins", kInstalledPlugins);
}

std::filesystem::path pagesFolder(const Settings& settings) {
    return folderOf(settings.text("paths.www"), "www", kInstalledPages);
}

}  // namespace linkup::daemon
