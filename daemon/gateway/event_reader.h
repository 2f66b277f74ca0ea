#pragma once

#include <algorithm>
#include <string_view>
#include <variant>
#include <vector>

#include "linkup/sdk/socket.h"

namespace linkup::daemon {

/// Tells which event a text frame is and brings its body into the event's form.
///
/// Threading: any thread, also at once.   Lifetime: what `read` returns points into this object.
class EventReader {
public:
    struct Event {
        const sdk::EventSpec* spec;
        sdk::Json body;
    };
    struct Ignored {};
    struct Bad {
        std::vector<sdk::Fault> faults;  ///< loc from the event's root
    };

    explicit EventReader(const sdk::SocketSpec& spec)
        : events_(spec.events), ignore_unknown_(spec.ignore_unknown) {}

    std::variant<Event, Ignored, Bad> read(std::string_view text) const;

    /// Null if there is none of that name.
    const sdk::EventSpec* find(std::string_view name) const noexcept {
        const auto found = std::find_if(events_.begin(), events_.end(),
                                        [&](const auto& event) { return event.name == name; });
        return found == events_.end() ? nullptr : &*found;
    }
    /// Of one that this object gave out.
    std::size_t indexOf(const sdk::EventSpec& event) const noexcept {
        return static_cast<std::size_t>(&event - events_.data());
    }

    /// What a binary frame gets.
    static Bad binary();

private:
    std::variant<Event, Ignored, Bad> recognise(const sdk::Json& body) const;

    const std::vector<sdk::EventSpec> events_;
    const bool ignore_unknown_;
};

}  // namespace linkup::daemon
