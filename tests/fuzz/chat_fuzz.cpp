// The events of /ws/chat as the plugin registers them, through the reader of the gateway: what is let through
// is let through again as the same event, and what of a message's media is stored makes good frames.

#include <linkup/sdk/json.h>
#include <linkup/sdk/plugin.h>
#include <linkup/sdk/testing/fake_config.h>
#include <linkup/sdk/testing/fake_host.h>
#include <linkup/sdk/testing/fake_registrar.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/gateway/event_reader.h"
#include "fuzz_input.h"
#include "message_frame.h"

using namespace linkup;
using linkup::daemon::EventReader;
using linkup::test::expectThat;

extern "C" const sdk::PluginDescriptor linkup_plugin_descriptor;

namespace {

/// Plugin chat as far as registering, which is where it says what its events are.
struct Chat {
    Chat() : plugin(linkup_plugin_descriptor.create()) {
        plugin->configure(config);
        plugin->registerWith(registrar, host);
    }
    sdk::testing::FakeConfig config;
    sdk::testing::FakeHost host;
    sdk::testing::FakeRegistrar registrar;
    std::unique_ptr<sdk::Plugin> plugin;
};

bool isGoodJson(const sdk::Json& value) {
    const auto parsed = sdk::parseJson(value.dump());
    return std::holds_alternative<sdk::Json>(parsed) && std::get<sdk::Json>(parsed) == value;
}

void expectSettled(const EventReader& reader, const EventReader::Event& event) {
    // The schema keeps the fields that it knows; type and chats_type are what the event was known by.
    auto body = event.body;
    for (const auto& [name, value] : event.spec->when) body.set(name, value);
    const auto again = reader.read(body.dump());
    const auto* same = std::get_if<EventReader::Event>(&again);
    expectThat(same != nullptr, "an event that was let through is let through again");
    expectThat(same->spec == event.spec && same->body == event.body, "and is the same then");
}

void expectGoodFrame(const sdk::Json& body) {
    chat::StoredMessage message;
    message.sender = body["from_"].asInteger();
    message.body = body["message"].asString();
    message.media = chat::storedMedia(body["media"], message.sender);
    const auto frame = chat::messageFrame(message, false, nullptr);
    expectThat(isGoodJson(frame), "a frame is good JSON");
    if (!message.media) return;
    const auto& media = frame["media"];
    expectThat(media["file_key"].asString().starts_with("sw/media/" + std::to_string(message.sender) + "/"),
               "a file is the sender's");
    for (const char* side : {"width", "height"}) {
        const auto& length = media["metadata"][side];
        expectThat(length.isNull() || length.isFloat(), "lengths stay floats");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto& chat = *new Chat;
    static const EventReader reader(chat.registrar.sockets.at(0).spec);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto outcome = reader.read(text);
    if (const auto* bad = std::get_if<EventReader::Bad>(&outcome)) {
        expectThat(!bad->faults.empty(), "what is refused has a fault");
        expectThat(std::holds_alternative<sdk::Json>(sdk::parseJson(sdk::faultsToDetail(bad->faults).dump())),
                   "faults are good JSON");
    }
    const auto* event = std::get_if<EventReader::Event>(&outcome);
    if (event == nullptr) return 0;
    expectSettled(reader, *event);
    if (event->spec->name == "message" && event->body["media"].isObject()) expectGoodFrame(event->body);
    return 0;
}
