#pragma once

#include <cstdint>

#include "linkup/sdk/config.h"
#include "linkup/sdk/export.h"
#include "linkup/sdk/host.h"
#include "linkup/sdk/registrar.h"
#include "linkup/sdk/version.h"

namespace linkup::sdk {

/// A plugin: made by the host, taken through configure → registerWith → start, later stop, then destroyed.
///
/// Implemented by: plugin; this interface never grows.   Lifetime: from the factory to the destructor, all
/// before its library's static objects go (a library is never unmapped).   Threading: the host's main thread,
/// one call at a time. Errors: whatever it throws from configure, registerWith or start fails the load and
/// undoes what it did. Since: ABI 1.0.
class LINKUP_SDK_API Plugin {
public:
    virtual ~Plugin();
    /// Reads all options, and nothing else: also called by `--check`.
    virtual void configure(Config& config) = 0;
    /// Declares everything. The database may not be there yet; what others provide is not.
    virtual void registerWith(Registrar& registrar, Host& host) = 0;
    /// The schema is up to date, what this plugin depends on has started, services can be found.
    virtual void start() = 0;
    /// No request, event or task comes any more. Ends own threads; must not throw.
    virtual void stop() noexcept = 0;
};

/// What the host reads of a plugin before it runs any of its code: plain data, so that any compiler's output
/// can be judged. It stands alone in the ELF section `linkup_plugin`, and its symbol is the only one that a
/// plugin exports.
struct PluginDescriptor {
    char magic[8];       ///< "LINKUP\0\1"
    std::uint32_t size;  ///< sizeof(PluginDescriptor)
    std::uint32_t abi_major;
    std::uint32_t abi_minor;
    std::uint32_t reserved;
    std::uint64_t fingerprint;
    char name[32];     ///< [a-z][a-z0-9_]*, also the prefix of its options
    char version[16];  ///< "1.2.3"
    /// "auth>=1.0.0,media>=1.0.0?" — comma-separated; a trailing `?` makes it soft: order only, may be
    /// absent.
    char depends[256];
    char summary[128];
    Plugin* (*create)();
};

}  // namespace linkup::sdk

/// Once in each plugin, at namespace scope: `LINKUP_DECLARE_PLUGIN(hello::HelloPlugin, "hello", "1.0.0",
/// "auth>=1.0.0", "Says hello")`.
#define LINKUP_DECLARE_PLUGIN(Type, name_, version_, depends_, summary_)                        \
    extern "C" {                                                                                \
    LINKUP_PLUGIN_EXPORT extern const ::linkup::sdk::PluginDescriptor linkup_plugin_descriptor; \
    __attribute__((section("linkup_plugin"), used))                                             \
    const ::linkup::sdk::PluginDescriptor linkup_plugin_descriptor = {                          \
        {'L', 'I', 'N', 'K', 'U', 'P', '\0', '\1'},                                             \
        sizeof(::linkup::sdk::PluginDescriptor),                                                \
        ::linkup::sdk::kAbiMajor,                                                               \
        ::linkup::sdk::kAbiMinor,                                                               \
        0,                                                                                      \
        ::linkup::sdk::kBuildFingerprint,                                                       \
        name_,                                                                                  \
        version_,                                                                               \
        depends_,                                                                               \
        summary_,                                                                               \
        []() -> ::linkup::sdk::Plugin* { return new Type(); }};                                 \
    }
