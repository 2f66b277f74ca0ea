// How a plugin has a say in what people write to each other: refuses messages with some words, masks others.
// Everything that it needs is the SDK.

#include <linkup/sdk/plugin.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linkup::word_filter {
namespace {

std::string lowered(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char letter) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    });
    return result;
}

bool isWordCharacter(char character) {
    // A byte of a letter beyond ASCII counts as part of a word.
    return std::isalnum(static_cast<unsigned char>(character)) != 0 || (character & '\x80') != 0;
}

/// Where `word` next stands by itself in `text`, both in lower case; npos if nowhere.
std::size_t findWord(std::string_view text, std::string_view word, std::size_t from) {
    for (auto at = text.find(word, from); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        const bool begins = at == 0 || !isWordCharacter(text[at - 1]);
        const bool ends = end == text.size() || !isWordCharacter(text[end]);
        if (begins && ends) return at;
    }
    return std::string_view::npos;
}

std::vector<std::string> words(sdk::Config& config, const sdk::OptionSpec& option) {
    std::vector<std::string> list = config.list(option, {});
    for (std::string& word : list) {
        if (word.empty()) config.refuse(option.key, "no word may be empty");
        word = lowered(word);
    }
    return list;
}

}  // namespace

class WordFilterPlugin final : public sdk::Plugin {
public:
    void configure(sdk::Config& config) override {
        refused_ = words(config, {.key = "refuse", .help = "Words that nobody may send"});
        masked_ = words(config, {.key = "mask", .help = "Words that arrive as stars"});
    }

    void registerWith(sdk::Registrar& registrar, sdk::Host&) override {
        // It only computes, so it needs no budget. What cannot be checked is not sent.
        sdk::HookSpec sending{.event = "message.sending", .on_failure = sdk::HookFailure::kClosed};
        registrar.hook(std::move(sending), [this](sdk::Connection&, sdk::Json& payload) {
            const std::string text = payload["message"].asString();
            const std::string in_lower_case = lowered(text);
            for (const std::string& word : refused_) {
                if (findWord(in_lower_case, word, 0) != std::string::npos) {
                    return sdk::HookVerdict::refuse("Please do not write \"" + word + "\".");
                }
            }
            std::string changed = text;
            for (const std::string& word : masked_) {
                for (auto at = findWord(in_lower_case, word, 0); at != std::string::npos;
                     at = findWord(in_lower_case, word, at + word.size())) {
                    std::fill_n(changed.begin() + static_cast<std::ptrdiff_t>(at), word.size(), '*');
                }
            }
            if (changed != text) payload.set("message", std::move(changed));
            return sdk::HookVerdict::pass();
        });
    }
    void start() override {}
    void stop() noexcept override {}

private:
    std::vector<std::string> refused_;
    std::vector<std::string> masked_;
};

}  // namespace linkup::word_filter

LINKUP_DECLARE_PLUGIN(linkup::word_filter::WordFilterPlugin, "word_filter", "1.0.0", "chat>=1.0.0",
                      "Refuses and masks words in messages")
