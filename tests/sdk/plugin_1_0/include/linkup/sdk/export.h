#pragma once

/// Marks what a shared library shows to others; everything else stays hidden.
/// LINKUP_SDK_API is for liblinkup-sdk itself, LINKUP_PLUGIN_EXPORT for the one symbol of a plugin. Since:
/// ABI 1.0.
#define LINKUP_PLUGIN_EXPORT __attribute__((visibility("default")))
#define LINKUP_SDK_API __attribute__((visibility("default")))
