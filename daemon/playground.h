#pragma once

#include <filesystem>
#include <functional>
#include <mutex>

#include "daemon/gateway/gateway.h"
#include "daemon/plugins/registration_book.h"
#include "daemon/plugins/registration_set.h"

namespace linkup::daemon {

/// The page at /try, where two demo people meet in one browser, and the route that makes such people for it.
/// For the development profile only.
///
/// Lifetime: gateway and book outlive it; it goes before what `fill` stands on.
class Playground {
public:
    using FillDemo = std::function<void(int count)>;
    /// `folder` has the page's files. `fill` makes demo people 1 to `count`, on any thread, one call at a
    /// time.
    Playground(Gateway& gateway, RegistrationBook& book, const std::filesystem::path& folder, FillDemo fill);

private:
    void addPages(Gateway& gateway, RegistrationBook& book, const std::filesystem::path& folder);
    void addPeople(Gateway& gateway, RegistrationBook& book, FillDemo fill);

    std::mutex filling_;
    RegistrationSet registrations_;
};

}  // namespace linkup::daemon
