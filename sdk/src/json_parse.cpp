#include <simdjson.h>

#include <optional>
#include <stdexcept>

#include "json_members.h"
#include "json_reader.h"
#include "linkup/sdk/json.h"

namespace linkup::sdk {
namespace {

namespace dom = simdjson::dom;

// simdjson 3.0.1 turns the escape of a lone low surrogate into three bytes that are not UTF-8.
bool holdsSurrogate(std::string_view text) {
    for (std::size_t at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
    }
    return false;
}

// Copies what simdjson has parsed; nothing if it is deeper than allowed or holds half a surrogate pair.
class Copier {
public:
    explicit Copier(std::size_t max_depth) : max_depth_(max_depth) {}

    bool copy(const dom::element& element, std::size_t depth, Json& out) const {
        switch (element.type()) {
            case dom::element_type::NULL_VALUE:
                out = Json();
                return true;
            case dom::element_type::BOOL:
                out = Json(element.get_bool().value_unsafe());
                return true;
            case dom::element_type::INT64:
                out = Json(element.get_int64().value_unsafe());
                return true;
            case dom::element_type::UINT64:
                out = Json(static_cast<double>(element.get_uint64().value_unsafe()));
                return true;
            case dom::element_type::DOUBLE:
                out = Json(element.get_double().value_unsafe());
                return true;
            case dom::element_type::STRING: {
                const std::string_view text = element.get_string().value_unsafe();
                if (holdsSurrogate(text)) return false;
                out = Json(text);
                return true;
            }
            case dom::element_type::ARRAY:
                return copyArray(element.get_array().value_unsafe(), depth + 1, out);
            case dom::element_type::OBJECT:
                return copyObject(element.get_object().value_unsafe(), depth + 1, out);
        }
        return false;
    }

private:
    bool copyArray(const dom::array& array, std::size_t depth, Json& out) const {
        if (depth > max_depth_) return false;
        Json::Array items;
        items.reserve(array.size());
        for (const dom::element element : array) {
            if (!copy(element, depth, items.emplace_back())) return false;
        }
        out = Json(std::move(items));
        return true;
    }

    bool copyObject(const dom::object& object, std::size_t depth, Json& out) const {
        if (depth > max_depth_) return false;
        Json::Object members;
        members.reserve(object.size());
        for (const dom::key_value_pair field : object) {
            if (holdsSurrogate(field.key)) return false;
            if (!copy(field.value, depth, members.emplace_back(std::string(field.key), Json()).second))
                return false;
        }
        keepLastOfEachKey(members);
        out = Json::object(std::move(members));
        return true;
    }

    std::size_t max_depth_;
};

// One for each thread, so that a parse allocates nothing but its result. What a single large text made them
// grow to is given back.
struct Scratch {
    static constexpr std::size_t kKeepBytes = 1 << 20;
    dom::parser parser;
    std::string padded;
};

std::optional<Json> parseFast(std::string_view text, std::size_t max_depth) {
    thread_local std::unique_ptr<Scratch> scratch = std::make_unique<Scratch>();
    if (text.size() > Scratch::kKeepBytes) scratch = std::make_unique<Scratch>();
    Scratch& mine = *scratch;
    mine.padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    mine.padded.assign(text);
    dom::element root;
    std::optional<Json> result;
    if (mine.parser.parse(mine.padded.data(), text.size(), false).get(root) == simdjson::SUCCESS) {
        Json value;
        if (Copier(max_depth).copy(root, 0, value)) result = std::move(value);
    }
    if (text.size() > Scratch::kKeepBytes) scratch = std::make_unique<Scratch>();
    return result;
}

}  // namespace

std::variant<Json, JsonFault> parseJson(std::string_view text, std::size_t max_depth) {
    if (std::optional<Json> value = parseFast(text, max_depth)) return std::move(*value);
    return readJsonCarefully(text, max_depth);
}

Json parseTrustedJson(std::string_view text) {
    auto parsed = parseJson(text);
    if (const auto* fault = std::get_if<JsonFault>(&parsed)) {
        throw std::invalid_argument("not JSON: " + fault->reason + " at byte " +
                                    std::to_string(fault->offset));
    }
    return std::get<Json>(std::move(parsed));
}

}  // namespace linkup::sdk
