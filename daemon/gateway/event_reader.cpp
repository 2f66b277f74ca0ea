#include "event_reader.h"

#include <algorithm>

namespace linkup::daemon {

namespace {

/// "'a', 'b' or 'c'"
std::string listed(const std::vector<std::string_view>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text.append("'").append(words[i]).append("'");
    }
    return text;
}

/// The fault of a member that should have told the event.
sdk::Fault unknownMember(const std::string& name, const sdk::Json& found,
                         const std::vector<std::string_view>& allowed) {
    if (found.isNull()) return sdk::Fault::missing({name});
    if (!found.isString()) return {"string_type", {name}, "Input should be a valid string", found, {}};
    const std::string expected = listed(allowed);
    // A stranger's text comes back cut, as in every other fault.
    std::string input = found.asString().substr(0, 200);
    return {"literal_error",
            {name},
            "Input should be " + expected,
            std::move(input),
            sdk::Json::object({{"expected", expected}})};
}

}  // namespace

EventReader::Bad EventReader::binary() {
    return {{sdk::Fault::invalidJson({}, {0, "a binary frame"})}};
}

std::variant<EventReader::Event, EventReader::Ignored, EventReader::Bad> EventReader::read(
    std::string_view text) const {
    auto parsed = sdk::parseJson(text);
    if (const auto* fault = std::get_if<sdk::JsonFault>(&parsed))
        return Bad{{sdk::Fault::invalidJson({}, *fault)}};
    const sdk::Json& json = std::get<sdk::Json>(parsed);
    if (!json.isObject()) return Bad{{sdk::Fault::notAnObject({}, json)}};
    return recognise(json);
}

std::variant<EventReader::Event, EventReader::Ignored, EventReader::Bad> EventReader::recognise(
    const sdk::Json& body) const {
    std::vector<const sdk::EventSpec*> candidates;
    for (const sdk::EventSpec& event : events_) candidates.push_back(&event);
    for (std::size_t depth = 0; !candidates.empty(); ++depth) {
        const auto complete = std::find_if(candidates.begin(), candidates.end(), [depth](const auto* event) {
            return event->when.size() == depth;
        });
        if (complete != candidates.end()) {
            sdk::Checked checked = (*complete)->schema.check(body, {});
            if (!checked.ok()) return Bad{std::move(checked.faults)};
            return Event{*complete, std::move(checked.value)};
        }
        const std::string& name = candidates.front()->when[depth].first;
        const sdk::Json& found = body[name];
        std::vector<std::string_view> allowed;
        for (const auto* event : candidates) {
            const std::string& value = event->when[depth].second;
            if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) allowed.push_back(value);
        }
        std::erase_if(candidates, [&](const auto* event) {
            return event->when[depth].first != name || !found.isString() ||
                   found.asString() != event->when[depth].second;
        });
        if (candidates.empty() && !ignore_unknown_) return Bad{{unknownMember(name, found, allowed)}};
    }
    if (ignore_unknown_) return Ignored{};
    return Bad{{unknownMember("type", body["type"], {})}};
}

}  // namespace linkup::daemon
