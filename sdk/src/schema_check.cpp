#include <array>
#include <cmath>

#include "fault.h"
#include "linkup/sdk/schema.h"
#include "schema_node.h"
#include "schema_text.h"
#include "utf8.h"

namespace linkup::sdk {
namespace {

constexpr std::size_t kMostFaults = 100;  // so that a small body of errors does not make a huge reply

// Where we are, as a list that lives on the stack: a location is only written down when there is a fault.
struct Place {
    const Place* parent = nullptr;
    std::string_view name;
    std::size_t index = 0;
    bool is_index = false;
};

bool holdsNul(const std::string& text) noexcept {
    return text.find('\0') != std::string::npos;
}

bool holdsNul(const Json& value) noexcept {
    if (value.isString()) return holdsNul(value.asString());
    if (value.isArray()) {
        for (const Json& item : value.items()) {
            if (holdsNul(item)) return true;
        }
    }
    if (value.isObject()) {
        for (const auto& [key, member] : value.members()) {
            if (holdsNul(key) || holdsNul(member)) return true;
        }
    }
    return false;
}

std::string counted(std::size_t count, const char* noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

constexpr const char* kNulSentence = "NUL characters are not allowed";

class Checker {
public:
    Checker(const Json::Array& prefix, std::vector<Fault>& faults) : prefix_(prefix), faults_(faults) {}

    /// Checks `input`; false after a fault, else `out` is the coerced value.
    bool check(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (input.isNull() && !node.required) {
            out = node.fallback;
            return true;
        }
        if (!checkKind(node, input, place, out)) return false;
        if (out.isNull()) return true;
        for (const Schema::Rule& rule : node.rules) {
            if (auto sentence = rule(out)) return valueError(node, input, place, *sentence);
        }
        return true;
    }

    void missing(const Place* place) { add(Fault::missing(loc(place))); }

private:
    bool checkKind(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        switch (node.kind) {
            case SchemaKind::kString:
                return checkString(node, input, place, out);
            case SchemaKind::kInteger:
                return checkInteger(node, input, place, out);
            case SchemaKind::kNumber:
                return checkNumber(node, input, place, out);
            case SchemaKind::kBoolean:
                return checkBoolean(node, input, place, out);
            case SchemaKind::kLiteral:
                return checkChoice(node, input, place, "literal_error", out);
            case SchemaKind::kEnumeration:
                return checkChoice(node, input, place, "enum", out);
            case SchemaKind::kDate:
                return checkDate(node, input, place, out);
            case SchemaKind::kDateTime:
                return checkDateTime(node, input, place, out);
            case SchemaKind::kUuid:
                return checkUuid(node, input, place, out);
            case SchemaKind::kEmail:
                return checkEmail(node, input, place, out);
            case SchemaKind::kAny:
                return checkAny(node, input, place, out);
            case SchemaKind::kList:
                return checkList(node, input, place, out);
            case SchemaKind::kObject:
                return checkObject(node, input, place, out);
            case SchemaKind::kMap:
                return checkMap(node, input, place, out);
        }
        return false;
    }

    bool checkString(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (!input.isString()) return stringType(node, input, place);
        std::string_view text = input.asString();
        if (node.trimmed) text = trimBlanks(text);
        if (text.find('\0') != std::string_view::npos) return valueError(node, input, place, kNulSentence);
        if (node.min_size > 0 || node.max_size < text.size()) {  // no more characters than bytes
            const std::size_t length = utf8Length(text);
            if (length < node.min_size) {
                return refuse(node, input, place, "string_too_short",
                              "String should have at least " + counted(node.min_size, "character"),
                              Json::object({{"min_length", static_cast<std::int64_t>(node.min_size)}}));
            }
            if (length > node.max_size) {
                return refuse(node, input, place, "string_too_long",
                              "String should have at most " + counted(node.max_size, "character"),
                              Json::object({{"max_length", static_cast<std::int64_t>(node.max_size)}}));
            }
        }
        if (node.matches && !node.matches(text)) {
            return refuse(node, input, place, "string_pattern_mismatch",
                          "String should match pattern '" + node.pattern + "'",
                          Json::object({{"pattern", node.pattern}}));
        }
        out = Json(text);
        return true;
    }

    bool checkInteger(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (input.isInteger()) return checkBounds(node, input, place, input.asInteger(), out);
        if (input.isString()) {
            const auto read = readInteger(input.asString());
            if (const auto* value = std::get_if<std::int64_t>(&read)) {
                return checkBounds(node, input, place, *value, out);
            }
            switch (std::get<IntegerFault>(read)) {
                case IntegerFault::kTooLarge:
                    return tooLarge(node, input, place);
                case IntegerFault::kTooSmall:
                    return tooSmall(node, input, place);
                case IntegerFault::kNoInteger:
                    break;
            }
            return refuse(node, input, place, "int_parsing",
                          "Input should be a valid integer, unable to parse string as an integer");
        }
        if (!input.isFloat())
            return refuse(node, input, place, "int_type", "Input should be a valid integer");
        constexpr double kBeyond = 9223372036854775808.0;  // 2^63
        const double value = input.asDouble();
        if (std::trunc(value) != value) {
            return refuse(node, input, place, "int_from_float",
                          "Input should be a valid integer, got a number with a fractional part");
        }
        if (value >= kBeyond) return tooLarge(node, input, place);
        if (value < -kBeyond) return tooSmall(node, input, place);
        return checkBounds(node, input, place, static_cast<std::int64_t>(value), out);
    }

    bool checkNumber(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (input.isNumber()) return checkBounds(node, input, place, input.asDouble(), out);
        if (!input.isString())
            return refuse(node, input, place, "float_type", "Input should be a valid number");
        if (const auto value = readNumber(input.asString()))
            return checkBounds(node, input, place, *value, out);
        return refuse(node, input, place, "float_parsing",
                      "Input should be a valid number, unable to parse string as a number");
    }

    template <class Number>
    bool checkBounds(const Schema::Node& node, const Json& input, const Place* place, Number value,
                     Json& out) {
        if (node.least && value < static_cast<Number>(*node.least)) return tooSmall(node, input, place);
        if (node.most && value > static_cast<Number>(*node.most)) return tooLarge(node, input, place);
        out = Json(value);
        return true;
    }

    bool tooSmall(const Schema::Node& node, const Json& input, const Place* place) {
        const std::int64_t least = node.least.value_or(std::numeric_limits<std::int64_t>::min());
        return refuse(node, input, place, "greater_than_equal",
                      "Input should be greater than or equal to " + std::to_string(least),
                      Json::object({{"ge", least}}));
    }

    bool tooLarge(const Schema::Node& node, const Json& input, const Place* place) {
        const std::int64_t most = node.most.value_or(std::numeric_limits<std::int64_t>::max());
        return refuse(node, input, place, "less_than_equal",
                      "Input should be less than or equal to " + std::to_string(most),
                      Json::object({{"le", most}}));
    }

    bool checkBoolean(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (input.isBool()) {
            out = input;
            return true;
        }
        if (!input.isString())
            return refuse(node, input, place, "bool_type", "Input should be a valid boolean");
        const auto value = readBoolean(input.asString());
        if (!value) {
            return refuse(node, input, place, "bool_parsing",
                          "Input should be a valid boolean, unable to interpret input");
        }
        out = Json(*value);
        return true;
    }

    bool checkChoice(const Schema::Node& node, const Json& input, const Place* place, const char* type,
                     Json& out) {
        if (input.isString()) {
            for (const std::string& allowed : node.allowed) {
                if (allowed != input.asString()) continue;
                out = input;
                return true;
            }
        }
        return refuse(node, input, place, type, "Input should be " + node.expected,
                      Json::object({{"expected", node.expected}}));
    }

    bool checkDate(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (!input.isString()) return refuse(node, input, place, "date_type", "Input should be a valid date");
        auto read = readDate(input.asString());
        if (auto* date = std::get_if<std::string>(&read)) {
            out = Json(std::move(*date));
            return true;
        }
        if (std::get<DateFault>(read) == DateFault::kNotMidnight) {
            return refuse(node, input, place, "date_from_datetime_inexact",
                          "Datetimes provided to dates should have zero time - e.g. be exact dates");
        }
        return refuse(node, input, place, "date_from_datetime_parsing",
                      "Input should be a valid date or datetime, such as 2003-05-17");
    }

    bool checkDateTime(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (!input.isString())
            return refuse(node, input, place, "datetime_type", "Input should be a valid datetime");
        if (auto time = readDateTime(input.asString())) {
            out = Json(std::move(*time));
            return true;
        }
        return refuse(node, input, place, "datetime_from_date_parsing",
                      "Input should be a valid datetime or date, such as 2026-11-24T02:04:15.207976Z");
    }

    bool checkUuid(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (!input.isString())
            return refuse(node, input, place, "uuid_type", "UUID input should be a string");
        if (auto uuid = readUuid(input.asString())) {
            out = Json(std::move(*uuid));
            return true;
        }
        return refuse(node, input, place, "uuid_parsing",
                      "Input should be a valid UUID, such as 0b0f6c1e-5f0e-4c53-9a5a-0c6f2b1d7c11");
    }

    bool checkEmail(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (!input.isString()) return stringType(node, input, place);
        const std::string_view address = trimBlanks(input.asString());
        if (const char* reason = emailFault(address)) {
            return refuse(node, input, place, "value_error",
                          std::string("value is not a valid email address: ") + reason,
                          Json::object({{"reason", reason}}));
        }
        out = Json(address);
        return true;
    }

    bool checkAny(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (holdsNul(input)) return valueError(node, input, place, kNulSentence);
        out = input;
        return true;
    }

    bool checkList(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (!input.isArray()) return refuse(node, input, place, "list_type", "Input should be a valid list");
        const Json::Array& items = input.items();
        // Before the items: a list that is too long is not worth reading.
        if (!checkCount(node, input, place, items.size(), "List")) return false;
        Json::Array values(items.size());
        const std::size_t faults_before = faults_.size();
        for (std::size_t i = 0; i < items.size() && !full(); ++i) {
            const Place here{place, {}, i, true};
            check(node.item.front().node(), items[i], &here, values[i]);
        }
        out = Json(std::move(values));
        return faults_.size() == faults_before;
    }

    bool checkMap(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (!input.isObject())
            return refuse(node, input, place, "dict_type", "Input should be a valid dictionary");
        const Json::Object& members = input.members();
        if (!checkCount(node, input, place, members.size(), "Dictionary")) return false;
        Json::Object values;
        values.reserve(members.size());
        const std::size_t faults_before = faults_.size();
        for (const auto& [key, member] : members) {
            if (full()) break;
            if (holdsNul(key)) return valueError(node, input, place, kNulSentence);
            const Place here{place, key, 0, false};
            check(node.item.front().node(), member, &here, values.emplace_back(key, Json()).second);
        }
        out = Json::object(std::move(values));
        return faults_.size() == faults_before;
    }

    bool checkCount(const Schema::Node& node, const Json& input, const Place* place, std::size_t count,
                    const char* what) {
        if (count >= node.min_size && count <= node.max_size) return true;
        const bool few = count < node.min_size;
        const std::size_t limit = few ? node.min_size : node.max_size;
        return refuse(node, input, place, few ? "too_short" : "too_long",
                      std::string(what) + (few ? " should have at least " : " should have at most ") +
                          counted(limit, "item") + " after validation, not " + std::to_string(count),
                      Json::object({{"field_type", what},
                                    {few ? "min_length" : "max_length", static_cast<std::int64_t>(limit)},
                                    {"actual_length", static_cast<std::int64_t>(count)}}));
    }

    bool checkObject(const Schema::Node& node, const Json& input, const Place* place, Json& out) {
        if (!input.isObject()) {
            add(Fault::notAnObject(loc(place), node.secret ? Json() : input));
            return false;
        }
        Json::Object values;
        values.reserve(node.fields.size());
        const std::size_t faults_before = faults_.size();
        for (const Schema::Field& field : node.fields) {
            if (full()) break;
            checkField(field, input, place, values.emplace_back(field.name, Json()).second);
        }
        out = Json::object(std::move(values));
        return faults_.size() == faults_before;
    }

    void checkField(const Schema::Field& field, const Json& input, const Place* place, Json& out) {
        const Schema::Node& node = field.schema.node();
        std::string_view name = field.name;
        const Json* found = input.find(name);
        for (const std::string& alias : node.aliases) {
            if (found != nullptr && !found->isNull()) break;
            const Json* other = input.find(alias);
            if (other == nullptr) continue;
            found = other;
            name = alias;
        }
        const Place here{place, name, 0, false};
        if (found != nullptr) {
            check(node, *found, &here, out);
        } else if (node.required) {
            missing(&here);
        } else {
            out = node.fallback;
        }
    }

    bool stringType(const Schema::Node& node, const Json& input, const Place* place) {
        return refuse(node, input, place, "string_type", "Input should be a valid string");
    }

    bool valueError(const Schema::Node& node, const Json& input, const Place* place,
                    std::string_view sentence) {
        add(Fault::rule(loc(place), sentence, node.secret ? Json() : input));
        return false;
    }

    bool refuse(const Schema::Node& node, const Json& input, const Place* place, const char* type,
                std::string msg, Json ctx = {}) {
        add({type, loc(place), std::move(msg), node.secret ? Json() : shownInput(input), std::move(ctx)});
        return false;
    }

    bool full() const noexcept { return faults_.size() >= kMostFaults; }
    void add(Fault fault) {
        if (!full()) faults_.push_back(std::move(fault));
    }

    Json::Array loc(const Place* place) const {
        Json::Array out = prefix_;
        std::size_t depth = 0;
        for (const Place* at = place; at != nullptr; at = at->parent) ++depth;
        out.resize(prefix_.size() + depth);
        for (auto slot = out.rbegin(); place != nullptr; place = place->parent, ++slot) {
            *slot = place->is_index ? Json(static_cast<std::int64_t>(place->index)) : Json(place->name);
        }
        return out;
    }

    const Json::Array& prefix_;
    std::vector<Fault>& faults_;
};

}  // namespace

Checked Schema::check(const Json& input, const Json::Array& loc_prefix, Source source) const {
    static const Json kNothingSent = Json::object();
    Checked checked;
    Checker checker(loc_prefix, checked.faults);
    const bool nothing = input.isNull();
    if (nothing && source == Source::kText && node_->kind == SchemaKind::kObject) {
        checker.check(*node_, kNothingSent, nullptr, checked.value);
    } else if (nothing && node_->required && node_->kind != SchemaKind::kAny) {
        checker.missing(nullptr);
    } else {
        checker.check(*node_, input, nullptr, checked.value);
    }
    return checked;
}

}  // namespace linkup::sdk
