#include "linkup/sdk/plugin.h"

/// Nobody defines it, as when a plugin was linked without one of its libraries.
extern "C" void linkup_fixture_nobody_defines_this();

namespace {

class UnresolvedPlugin final : public linkup::sdk::Plugin {
    void configure(linkup::sdk::Config&) override { linkup_fixture_nobody_defines_this(); }
    void registerWith(linkup::sdk::Registrar&, linkup::sdk::Host&) override {}
    void start() override {}
    void stop() noexcept override {}
};

}  // namespace

LINKUP_DECLARE_PLUGIN(UnresolvedPlugin, "unresolved_symbol", "1.0.0", "", "Fixture")
