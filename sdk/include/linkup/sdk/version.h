#pragma once

#include <cstdint>

/// The version of the contract between host and plugins, and what else must agree for the two to share C++
/// objects.
///
/// Rules: `kAbiMajor` must be equal on both sides; a plugin's minor must not be above the host's;
/// fingerprints must be equal. An interface that the host implements, and a struct that only the host makes,
/// may grow at its end (minor + 1); one that a plugin implements or makes never grows. What a minor added
/// says so ("Since: ABI 1.1"). Since: ABI 1.0.
namespace linkup::sdk {

/// What only an incompatible change raises.
inline constexpr std::uint32_t kAbiMajor = 1;
/// What each addition raises.
inline constexpr std::uint32_t kAbiMinor = 9;

// A sanitizer changes the layout of nothing that we pass, but mixing instrumented and plain code hides faults
// or reports false ones, so it counts as another build.
#if defined(__SANITIZE_ADDRESS__)
#define LINKUP_SANITIZER_BITS 1u
#elif defined(__SANITIZE_THREAD__)
#define LINKUP_SANITIZER_BITS 2u
#else
#define LINKUP_SANITIZER_BITS 0u
#endif
#if defined(_GLIBCXX_DEBUG)
#define LINKUP_DEBUG_CONTAINERS 1u
#else
#define LINKUP_DEBUG_CONTAINERS 0u
#endif
#if defined(_GLIBCXX_USE_CXX11_ABI)
#define LINKUP_CXX11_ABI static_cast<unsigned>(_GLIBCXX_USE_CXX11_ABI)
#else
#define LINKUP_CXX11_ABI 1u
#endif

/// What this translation unit was built as: bits 0–7 pointer size in bytes, 8 the C++11 ABI flag of
/// libstdc++, 9 debug containers, 10–11 sanitizer, 16–31 the value of __GXX_ABI_VERSION (mangling and
/// layout).
inline constexpr std::uint64_t kBuildFingerprint =
    static_cast<std::uint64_t>(sizeof(void*)) | (static_cast<std::uint64_t>(LINKUP_CXX11_ABI) << 8u) |
    (static_cast<std::uint64_t>(LINKUP_DEBUG_CONTAINERS) << 9u) |
    (static_cast<std::uint64_t>(LINKUP_SANITIZER_BITS) << 10u) |
    (static_cast<std::uint64_t>(__GXX_ABI_VERSION) << 16u);

}  // namespace linkup::sdk
