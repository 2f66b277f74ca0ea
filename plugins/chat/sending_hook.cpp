#include "sending_hook.h"

#include <algorithm>

namespace linkup::chat {
namespace {

constexpr std::ptrdiff_t kLongestMessage = 10'000;  // characters

bool isMessage(const sdk::Json& text) {
    if (!text.isString()) return false;
    const std::string& body = text.asString();
    if (body.find('\0') != std::string::npos) return false;
    // The first bytes of characters.
    return std::count_if(body.begin(), body.end(), [](char byte) { return (byte & '\xC0') != '\x80'; }) <=
           kLongestMessage;
}

}  // namespace

SendingHook::Answer SendingHook::ask(sdk::Connection& connection, const Draft& draft, bool is_edit) {
    if (!isHandled()) return {SendResult::kStored, {}, draft.body, draft.media};
    auto payload =
        sdk::Json::object({{"chat_room_id", draft.chat_id},
                           {"message_id", draft.message_id},
                           {"sender_id", draft.sender},
                           {"recipient_id", draft.recipient},
                           {"message", draft.body},
                           {"media", draft.media ? sdk::parseTrustedJson(*draft.media) : sdk::Json()},
                           {"reply_id", draft.reply_id ? sdk::Json(*draft.reply_id) : sdk::Json()},
                           {"is_edit", is_edit}});
    Answer answer;
    if (auto verdict = hooks_.run(kEvent, connection, payload); verdict.veto) {
        answer.result = SendResult::kVetoed;
        answer.reason = std::move(*verdict.veto);
        return answer;
    }
    const bool has_media = !payload["media"].isNull();
    if (!isMessage(payload["message"]) || (payload["message"].asString().empty() && !has_media)) {
        log_.error("a handler of message.sending left no message", {{"chat_room_id", draft.chat_id}});
        return answer;
    }
    answer.result = SendResult::kStored;
    answer.body = payload["message"].asString();
    if (has_media) answer.media = draft.media;
    return answer;
}

}  // namespace linkup::chat
