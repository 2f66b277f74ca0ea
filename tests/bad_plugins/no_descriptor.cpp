#include "linkup/sdk/export.h"

#include <cstdlib>

namespace {
const int g_trace = setenv("LINKUP_FIXTURE_CODE_RAN", "1", 1);
}

/// A shared library, but not one of ours.
extern "C" LINKUP_PLUGIN_EXPORT int answer() {
    return 42 + g_trace;
}
