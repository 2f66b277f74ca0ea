#include "golden_pattern.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Stringifier.h>
#include <Poco/RegularExpression.h>

#include <cctype>
#include <sstream>

namespace linkup::test {
namespace {

using Poco::Dynamic::Var;

bool matches(const std::string& text, const char* pattern) {
    return Poco::RegularExpression(pattern).match(text);
}

bool isInteger(const Var& value) {
    return value.isInteger() && !value.isBoolean();
}

std::string fault(const std::string& where, const std::string& wanted, const Var& actual) {
    return where + ": wanted " + wanted + ", found " + jsonText(actual);
}

bool isStringType(const std::string& type, const Var& actual) {
    if (!actual.isString()) return false;
    const auto text = actual.toString();
    if (type == "string") return true;
    if (type == "url") return text.starts_with("http://") || text.starts_with("https://");
    if (type == "blurhash") return matches(text, "^[0-9A-Za-z#$%*+,\\-.:;=?@\\[\\]^_{|}~]{6,}$");
    if (type == "date") return matches(text, "^\\d{4}-\\d{2}-\\d{2}$");
    if (type == "time") return matches(text, "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}Z$");
    if (type == "uuid") return matches(text, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$");
    if (type == "jwt") return matches(text, "^[\\w-]+\\.[\\w-]+\\.[\\w-]+$");
    if (type.starts_with("starts:")) return text.starts_with(type.substr(7));
    if (type.starts_with("contains:")) return text.find(type.substr(9)) != std::string::npos;
    if (type.starts_with("enum:"))
        return ("|" + type.substr(5) + "|").find("|" + text + "|") != std::string::npos;
    throw std::runtime_error("golden exchange with an unknown type <" + type + ">");
}

}  // namespace

std::string jsonText(const Var& value) {
    std::ostringstream out;
    Poco::JSON::Stringifier::stringify(value, out);
    return out.str();
}

GoldenPattern::GoldenPattern(Poco::JSON::Object::Ptr shapes, Resolve resolve)
    : shapes_(std::move(shapes)), resolve_(std::move(resolve)) {}

std::string GoldenPattern::mismatch(const Var& expected, const Var& actual, const std::string& where) const {
    if (expected.type() == typeid(Poco::JSON::Object::Ptr)) {
        if (actual.type() != typeid(Poco::JSON::Object::Ptr)) return fault(where, "an object", actual);
        const auto wanted = expected.extract<Poco::JSON::Object::Ptr>();
        const auto found = actual.extract<Poco::JSON::Object::Ptr>();
        for (const auto& name : wanted->getNames()) {
            const auto key = resolve_(name).toString();  // a variable may be a key as well
            if (!found->has(key)) return where + "." + key + ": is missing in " + jsonText(actual);
            const auto deeper = mismatch(wanted->get(name), found->get(key), where + "." + key);
            if (!deeper.empty()) return deeper;
        }
        return {};
    }
    if (expected.type() == typeid(Poco::JSON::Array::Ptr)) {
        return mismatchOfList(*expected.extract<Poco::JSON::Array::Ptr>(), actual, where);
    }
    if (expected.isString()) {
        const auto text = expected.toString();
        if (text.size() > 2 && text.front() == '<' && text.back() == '>') {
            return mismatchOfType(text.substr(1, text.size() - 2), actual, where);
        }
        const auto value = resolve_(text);
        return jsonText(value) == jsonText(actual) ? std::string() : fault(where, jsonText(value), actual);
    }
    return jsonText(expected) == jsonText(actual) ? std::string() : fault(where, jsonText(expected), actual);
}

std::string GoldenPattern::mismatchOfType(const std::string& wanted, const Var& actual,
                                          const std::string& where) const {
    std::string type = wanted;
    if (type.back() == '?') {
        if (actual.isEmpty()) return {};
        type.pop_back();
    }
    if (type == "any") return {};
    if (std::isupper(static_cast<unsigned char>(type.front())) != 0)
        return mismatch(shapes_->get(type), actual, where);
    if (type == "int") return isInteger(actual) ? std::string() : fault(where, "an integer", actual);
    if (type == "float") {
        const bool has_fraction = actual.isNumeric() && !isInteger(actual);
        return has_fraction ? std::string() : fault(where, "a number with a fraction", actual);
    }
    if (type == "bool") return actual.isBoolean() ? std::string() : fault(where, "a boolean", actual);
    if (type == "object") {
        return actual.type() == typeid(Poco::JSON::Object::Ptr) ? std::string()
                                                                : fault(where, "an object", actual);
    }
    return isStringType(type, actual) ? std::string() : fault(where, "<" + wanted + ">", actual);
}

std::string GoldenPattern::mismatchOfList(const Poco::JSON::Array& expected, const Var& actual,
                                          const std::string& where) const {
    if (actual.type() != typeid(Poco::JSON::Array::Ptr)) return fault(where, "a list", actual);
    const auto found = actual.extract<Poco::JSON::Array::Ptr>();
    const auto size = found->size();
    const bool is_each =
        expected.size() == 2 && expected.get(0).isString() && expected.get(0).toString().starts_with("<each");
    if (!is_each && expected.size() != size) {
        return fault(where, std::to_string(expected.size()) + " items", actual);
    }
    if (is_each) {
        const auto range = expected.get(0).toString();
        if (const auto colon = range.find(':'); colon != std::string::npos) {
            const auto dots = range.find("..");
            const auto least = std::stoul(range.substr(colon + 1));
            const auto upper = range.substr(dots + 2, range.size() - dots - 3);
            if (size < least || (!upper.empty() && size > std::stoul(upper)))
                return fault(where, range, actual);
        }
    }
    for (std::size_t i = 0; i < size; ++i) {
        const auto deeper =
            mismatch(expected.get(static_cast<unsigned>(is_each ? 1 : i)),
                     found->get(static_cast<unsigned>(i)), where + "[" + std::to_string(i) + "]");
        if (!deeper.empty()) return deeper;
    }
    return {};
}

}  // namespace linkup::test
