#pragma once

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Object.h>

#include <functional>
#include <string>

namespace linkup::test {

/// Compares a reply with what a golden exchange expects: `"<int>"`-like strings match by type, names with
/// capitals are shapes, `["<each:1..10>", S]` is a list of S; anything else matches exactly, and objects may
/// have further keys.
class GoldenPattern {
public:
    /// `resolve` turns a text with `{{variables}}` into its value.
    using Resolve = std::function<Poco::Dynamic::Var(const std::string&)>;
    GoldenPattern(Poco::JSON::Object::Ptr shapes, Resolve resolve);

    /// Empty when `actual` fits, else where and why it does not.
    std::string mismatch(const Poco::Dynamic::Var& expected, const Poco::Dynamic::Var& actual,
                         const std::string& where = "$") const;

private:
    std::string mismatchOfType(const std::string& type, const Poco::Dynamic::Var& actual,
                               const std::string& where) const;
    std::string mismatchOfList(const Poco::JSON::Array& expected, const Poco::Dynamic::Var& actual,
                               const std::string& where) const;

    Poco::JSON::Object::Ptr shapes_;
    Resolve resolve_;
};

/// A value as JSON text, for messages and comparisons.
std::string jsonText(const Poco::Dynamic::Var& value);

}  // namespace linkup::test
