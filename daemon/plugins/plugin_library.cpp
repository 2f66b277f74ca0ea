#include "plugin_library.h"

#include <boost/dll/shared_library.hpp>

#include <cstring>
#include <deque>
#include <optional>
#include <stdexcept>

#include "elf_section.h"

namespace linkup::daemon {

namespace {

constexpr std::string_view kSection = "linkup_plugin";
constexpr const char* kSymbol = "linkup_plugin_descriptor";
constexpr char kMagic[8] = {'L', 'I', 'N', 'K', 'U', 'P', '\0', '\1'};
// The part whose place never changes, whatever the major version.
constexpr std::size_t kFixedBytes = offsetof(sdk::PluginDescriptor, name);

std::string hex(std::uint64_t value) {
    char text[2 + 16 + 1];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

class DescriptorCheck {
public:
    explicit DescriptorCheck(const std::filesystem::path& file) : file_(file) {}

    [[noreturn]] void refuse(std::string_view field, const std::string& found,
                             const std::string& expected) const {
        throw PluginError(file_.string() + ": field \"" + std::string(field) + "\": found " + found +
                          ", expected " + expected);
    }

    /// The text in a fixed array; it must end inside it.
    template <std::size_t N>
    std::string text(std::string_view field, const char (&array)[N]) const {
        const std::size_t length = strnlen(array, N);
        if (length == N) refuse(field, "a text without end", "at most " + std::to_string(N - 1) + " bytes");
        return std::string(array, length);
    }

    sdk::PluginDescriptor read() const {
        const std::optional<std::string> bytes = readElfSection(file_, kSection);
        if (!bytes) {
            throw PluginError(file_.string() + ": has no section \"" + std::string(kSection) +
                              "\", so it is no plugin (LINKUP_DECLARE_PLUGIN is missing)");
        }
        sdk::PluginDescriptor descriptor{};
        if (bytes->size() < kFixedBytes) {
            refuse("size", std::to_string(bytes->size()) + " bytes",
                   std::to_string(sizeof descriptor) + " bytes");
        }
        std::memcpy(static_cast<void*>(&descriptor), bytes->data(), kFixedBytes);
        checkFixedPart(descriptor);
        for (const std::size_t size : {std::size_t{descriptor.size}, bytes->size()}) {
            if (size == sizeof descriptor) continue;
            refuse("size", std::to_string(size) + " bytes", std::to_string(sizeof descriptor) + " bytes");
        }
        std::memcpy(static_cast<void*>(&descriptor), bytes->data(), sizeof descriptor);
        return descriptor;
    }

private:
    void checkFixedPart(const sdk::PluginDescriptor& found) const {
        if (std::memcmp(found.magic, kMagic, sizeof kMagic) != 0)
            refuse("magic", "other bytes", "\"LINKUP\\0\\1\"");
        if (found.abi_major != sdk::kAbiMajor) {
            refuse("abi_major", std::to_string(found.abi_major),
                   std::to_string(sdk::kAbiMajor) + " (rebuild the plugin with this version's SDK)");
        }
        if (found.abi_minor > sdk::kAbiMinor) {
            refuse("abi_minor", std::to_string(found.abi_minor),
                   "at most " + std::to_string(sdk::kAbiMinor) + " (the plugin needs a newer linkupd)");
        }
        if (found.fingerprint != sdk::kBuildFingerprint) {
            refuse("fingerprint", hex(found.fingerprint),
                   hex(sdk::kBuildFingerprint) + " (other compiler, debug or sanitizer mode)");
        }
    }

    const std::filesystem::path& file_;
};

}  // namespace

PluginInfo readPluginInfo(const std::filesystem::path& file) {
    const DescriptorCheck check(file);
    const sdk::PluginDescriptor descriptor = check.read();
    PluginInfo info;
    info.file = file;
    info.abi_minor = descriptor.abi_minor;
    info.name = check.text("name", descriptor.name);
    if (!isPluginName(info.name)) check.refuse("name", "\"" + info.name + "\"", "[a-z][a-z0-9_]*");
    const std::string version = check.text("version", descriptor.version);
    const auto parsed = parseVersion(version);
    if (!parsed) check.refuse("version", "\"" + version + "\"", "three numbers such as 1.2.3");
    info.version = *parsed;
    try {
        info.depends = parseDependencies(check.text("depends", descriptor.depends));
    } catch (const std::invalid_argument& error) {
        check.refuse("depends", error.what(), "a list such as auth>=1.0.0,media?");
    }
    info.summary = check.text("summary", descriptor.summary);
    if (!exportsElfSymbol(file, kSymbol)) {
        throw PluginError(file.string() + ": exports no symbol \"" + kSymbol +
                          "\" (LINKUP_DECLARE_PLUGIN makes it; a version script may hide it)");
    }
    return info;
}

PluginLibrary::PluginLibrary(const PluginInfo& info) : file_(info.file.string()) {
    // On purpose never destroyed, see the class.
    static auto& libraries = *new std::deque<boost::dll::shared_library>();
    using boost::dll::load_mode::type;
    // Absolute, so that the linker looks nowhere else.
    const std::filesystem::path file = std::filesystem::absolute(info.file);
    auto& library = libraries.emplace_back();
    try {
        library.load(file, type::rtld_now | type::rtld_local);
        descriptor_ = &library.get<const sdk::PluginDescriptor>(kSymbol);
    } catch (const std::exception& error) {
        libraries.pop_back();
        throw PluginError(file_ + ": cannot be loaded: " + error.what());
    }
}

std::unique_ptr<sdk::Plugin> PluginLibrary::create() const {
    if (descriptor_->create == nullptr) {
        throw PluginError(file_ + ": field \"create\": found null, expected a function");
    }
    std::unique_ptr<sdk::Plugin> plugin;
    try {
        plugin.reset(descriptor_->create());
    } catch (const std::exception& error) {
        throw PluginError(file_ + ": field \"create\": its function threw: " + error.what());
    } catch (...) {
        throw PluginError(file_ +
                          ": field \"create\": its function threw something that is no std::exception");
    }
    if (!plugin)
        throw PluginError(file_ + ": field \"create\": its function returned null, expected a plugin");
    return plugin;
}

}  // namespace linkup::daemon
