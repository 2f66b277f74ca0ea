#include "registration_book.h"

#include <array>
#include <ostream>

#include "linkup/sdk/error.h"

namespace linkup::daemon {

std::string_view toString(RegistrationKind kind) noexcept {
    switch (kind) {
        case RegistrationKind::kRoute:
            return "route";
        case RegistrationKind::kSocket:
            return "socket";
        case RegistrationKind::kTask:
            return "task";
        case RegistrationKind::kPool:
            return "pool";
        case RegistrationKind::kService:
            return "service";
        case RegistrationKind::kHook:
            return "hook";
        case RegistrationKind::kHeartbeat:
            return "heartbeat";
    }
    return "registration";
}

RegistrationHandle RegistrationBook::claim(RegistrationKind kind, std::string key, Entry entry) {
    auto place = std::make_pair(kind, std::move(key));
    const auto taken = entries_.find(place);
    if (taken != entries_.end()) {
        throw sdk::Error(sdk::ErrorCode::kConflict, std::string(toString(kind)) + " " + entry.name + " of " +
                                                        entry.owner + " is already registered by " +
                                                        taken->second.owner);
    }
    const auto added = entries_.emplace(std::move(place), std::move(entry)).first;
    return undoneBy([this, added]() noexcept { entries_.erase(added); });
}

std::vector<RegistrationBook::Entry> RegistrationBook::list(RegistrationKind kind) const {
    std::vector<Entry> entries;
    for (const auto& [place, entry] : entries_) {
        if (place.first == kind) entries.push_back(entry);
    }
    return entries;
}

std::string routeKey(std::string_view method, std::string_view path) {
    std::string key(path);
    for (std::size_t open = 0; (open = key.find('{', open)) != std::string::npos; ++open) {
        const auto close = key.find('}', open);
        if (close == std::string::npos) break;
        key.erase(open + 1, close - open - 1);
    }
    return key.append(" ").append(method);
}

void printRegistrations(const RegistrationBook& book, std::ostream& out) {
    using Kind = RegistrationKind;
    constexpr std::array<std::pair<const char*, Kind>, 6> kTitles = {{{"routes", Kind::kRoute},
                                                                      {"sockets", Kind::kSocket},
                                                                      {"tasks", Kind::kTask},
                                                                      {"hooks", Kind::kHook},
                                                                      {"services", Kind::kService},
                                                                      {"worker pools", Kind::kPool}}};
    for (const auto& [title, kind] : kTitles) {
        out << title << ":\n";
        for (const auto& entry : book.list(kind)) {
            out << "  " << entry.name << " (" << entry.owner << (entry.detail.empty() ? "" : ": ")
                << entry.detail << ")\n";
        }
    }
}

}  // namespace linkup::daemon
