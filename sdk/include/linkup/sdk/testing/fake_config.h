#pragma once

#include <algorithm>
#include <charconv>
#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "linkup/sdk/config.h"
#include "linkup/sdk/error.h"

namespace linkup::sdk::testing {

/// Options out of a map: `FakeConfig config{{"code.ttl_seconds", "60"}};`
///
/// Threading: one thread.   Errors: as Config.   Since: ABI 1.0.
class FakeConfig : public Config {
public:
    FakeConfig() = default;
    /// Options by their keys, without the plugin's name.
    FakeConfig(std::initializer_list<std::pair<const std::string, std::string>> values) : values_(values) {}

    /// Sets an option before Plugin::configure reads it.
    void set(const std::string& key, std::string value) { values_[key] = std::move(value); }
    /// What stateFolder() returns.
    void setStateFolder(std::string folder) { state_folder_ = std::move(folder); }
    std::string stateFolder() const override { return state_folder_; }
    /// As if the profile were `production`.
    void setProduction() { production_ = true; }

    std::string text(const OptionSpec& option, std::string_view fallback) override {
        const std::string* found = find(option);
        return found == nullptr ? std::string(fallback) : *found;
    }

    std::int64_t integer(const OptionSpec& option, std::int64_t fallback, std::int64_t min,
                         std::int64_t max) override {
        return numeric(option, fallback, min, max);
    }
    double real(const OptionSpec& option, double fallback, double min, double max) override {
        return numeric(option, fallback, min, max);
    }

    bool boolean(const OptionSpec& option, bool fallback) override {
        const std::string* found = find(option);
        if (found == nullptr) return fallback;
        if (*found != "true" && *found != "false") fail(option.key, "must be true or false");
        return *found == "true";
    }

    std::string choice(const OptionSpec& option, std::string_view fallback,
                       std::vector<std::string> allowed) override {
        const std::string value = text(option, fallback);
        for (const std::string& candidate : allowed) {
            if (candidate == value) return value;
        }
        fail(option.key, "is none of the allowed words");
    }

    std::vector<std::string> list(const OptionSpec& option, std::vector<std::string> fallback) override {
        const std::string* found = find(option);
        return found == nullptr ? fallback : split(*found);
    }

    std::vector<std::string> groups(std::string_view prefix) override {
        std::set<std::string> names;
        const std::string start = std::string(prefix) + ".";
        for (const auto& [key, value] : values_) {
            if (key.starts_with(start))
                names.insert(key.substr(start.size(), key.find('.', start.size()) - start.size()));
        }
        return {names.begin(), names.end()};
    }

    bool production() const noexcept override { return production_; }

    [[noreturn]] void refuse(std::string_view key, std::string_view why) override { fail(key, why); }

    void live(std::string_view key, std::function<void(const OptionValue&)> change) override {
        if (!declared_.contains(std::string(key))) fail(key, "is live, but was not read");
        changes_.insert_or_assign(std::string(key), std::move(change));
    }
    /// As if the operator had given a live option another value and reloaded. Fails for one that is not live.
    void reload(const std::string& key, const OptionValue& value) {
        const auto change = changes_.find(key);
        if (change == changes_.end()) fail(key, "is not live");
        change->second(value);
    }

    /// Given keys that nobody declared: the host would refuse to start.
    std::vector<std::string> unknownKeys() const {
        std::vector<std::string> unknown;
        for (const auto& [key, value] : values_) {
            if (!declared_.contains(key)) unknown.push_back(key);
        }
        return unknown;
    }
    /// The options that were read.
    const std::set<std::string>& declaredKeys() const { return declared_; }

private:
    [[noreturn]] static void fail(std::string_view key, std::string_view why) {
        throw Error(ErrorCode::kInvalidArgument, std::string(key) + " " + std::string(why));
    }

    const std::string* find(const OptionSpec& option) {
        declared_.insert(option.key);
        const auto found = values_.find(option.key);
        return found == values_.end() ? nullptr : &found->second;
    }

    template <class Number>
    Number numeric(const OptionSpec& option, Number fallback, Number min, Number max) {
        const std::string* found = find(option);
        if (found == nullptr) return fallback;
        Number value{};
        const char* end = found->data() + found->size();
        const auto read = std::from_chars(found->data(), end, value);
        if (read.ec != std::errc() || read.ptr != end || value < min || value > max) {
            fail(option.key, "must be a number in " + std::to_string(min) + " to " + std::to_string(max));
        }
        return value;
    }

    static std::vector<std::string> split(const std::string& text) {
        std::vector<std::string> parts;
        for (std::size_t start = 0; start <= text.size();) {
            const std::size_t comma = std::min(text.find(',', start), text.size());
            const std::string part = text.substr(start, comma - start);
            const std::size_t first = part.find_first_not_of(" \t");
            if (first != std::string::npos)
                parts.push_back(part.substr(first, part.find_last_not_of(" \t") - first + 1));
            start = comma + 1;
        }
        return parts;
    }

    std::map<std::string, std::string> values_;
    bool production_ = false;
    std::string state_folder_ = "state";
    std::set<std::string> declared_;
    std::map<std::string, std::function<void(const OptionValue&)>, std::less<>> changes_;
};

}  // namespace linkup::sdk::testing
