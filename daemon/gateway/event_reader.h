#pragma once

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

    /// What a binary frame gets.
    static Bad binary();

private:
    std::variant<Event, Ignored, Bad> recognise(const sdk::Json& body) const;

    const std::vector<sdk::EventSpec> events_;
    const bool ignore_unknown_;
};

}  // namespace linkup::daemon
