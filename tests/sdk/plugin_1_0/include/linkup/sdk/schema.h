#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linkup/sdk/error.h"
#include "linkup/sdk/export.h"
#include "linkup/sdk/json.h"

namespace linkup::sdk {

/// One thing that is wrong with an input: one entry of a 422's "detail". Since: ABI 1.0.
struct LINKUP_SDK_API Fault {
    std::string type;  ///< "missing", "int_parsing", …
    Json::Array loc;   ///< where: names and list indexes, from the request's part on: ["body", "photos", 0,
                       ///< "file_key"]
    std::string msg;
    Json input;  ///< what was found, cut at 200 characters; null for secrets and for what is missing
    Json ctx;    ///< null: left out
    Json toJson() const;

    static Fault missing(Json::Array loc);
    /// A rule of the domain was broken: type "value_error", message "Value error, <sentence>".
    static Fault rule(Json::Array loc, std::string_view sentence, const Json& input = {});
    /// A part that should be an object is something else, or was not sent as JSON.
    static Fault notAnObject(Json::Array loc, const Json& input);
    /// The body is no JSON; loc is `loc` and the byte offset.
    static Fault invalidJson(Json::Array loc, const JsonFault& fault);
};

/// The list that goes into a 422's "detail".
LINKUP_SDK_API Json faultsToDetail(const std::vector<Fault>& faults);
/// The 422 itself, to be thrown.
LINKUP_SDK_API Error unprocessable(const std::vector<Fault>& faults);

/// What came out of a check: `value` is complete and coerced if there are no faults, else of no use.
struct Checked {
    Json value;
    std::vector<Fault> faults;
    bool ok() const noexcept { return faults.empty(); }
};

/// Where an input came from. Both are coerced alike; in a query, a form or a path all values are texts, and
/// nothing at all means an object without members instead of a missing body.
enum class Source { kJson, kText };

/// Says what an input looks like; checks it, brings it into one form, and prints itself as JSON Schema.
///
/// An immutable value that shares its parts: copying is cheap, each modifier returns a changed copy. Build it
/// once, at registration: a check compiles nothing and allocates nothing but its result. Modifiers that make
/// no sense for a type
/// (`minLength` of an integer) throw std::logic_error.
///
/// Coercions: a text of digits or a float without fraction counts as an integer; `true/1/on/yes/y/t` and
/// `false/0/off/no/n/f` in any case as a boolean; dates, times and UUIDs come out in one spelling. Texts
/// never come from numbers. No text may hold a NUL, which PostgreSQL cannot store.
///
/// Implemented by: SDK.   Lifetime: a value.   Threading: any thread, also at once.   Since: ABI 1.0.
class LINKUP_SDK_API Schema {
public:
    struct Field;
    struct Node;
    /// Gets the coerced value, which is not null; returns what is wrong as a sentence, or nothing.
    using Rule = std::function<std::optional<std::string>(const Json&)>;
    using Matcher = std::function<bool(std::string_view)>;

    static Schema string();
    static Schema integer();
    /// An integer in 1 … 2³¹−1.
    static Schema id();
    static Schema number();
    static Schema boolean();
    /// One of these texts, exactly. The two differ in the fault's type: "literal_error" and "enum".
    static Schema literal(std::vector<std::string> allowed);
    static Schema enumeration(std::vector<std::string> allowed);
    /// Comes out as "2003-05-17"; a date-time at midnight is one too.
    static Schema date();
    /// Comes out as formatTime prints it; a date alone is midnight, UTC.
    static Schema dateTime();
    /// Comes out in lower case with hyphens.
    static Schema uuid();
    /// Comes out trimmed.
    static Schema email();
    static Schema any();
    static Schema list(Schema item);
    /// An object with these fields; they are checked, and come out, in this order. Unknown members are
    /// dropped.
    static Schema object(std::vector<Field> fields);
    /// An object with any keys, all of whose values are alike.
    static Schema map(Schema value);

    // Of texts; lengths count code points.
    Schema minLength(std::size_t characters) const;
    Schema maxLength(std::size_t characters) const;
    /// `shown` is the regular expression that faults and the printed schema show (ECMA 262); `matches`
    /// decides.
    Schema pattern(std::string shown, Matcher matches) const;
    /// Blanks around the text are cut off before anything else is checked.
    Schema trimmed() const;

    // Of integers and numbers.
    Schema min(std::int64_t least) const;
    Schema max(std::int64_t most) const;

    // Of lists; maxItems of maps too.
    Schema minItems(std::size_t items) const;
    Schema maxItems(std::size_t items) const;

    // Of all.
    /// Absent or null is fine and comes out as null.
    Schema optional() const;
    /// Absent or null comes out as `value`, unchecked.
    Schema withDefault(Json value) const;
    /// Never shown in a fault, neither is anything that contains it.
    Schema secret() const;
    /// Further rules, checked in the order given once all else is right; the first that fails counts.
    Schema rule(Rule rule) const;
    Schema describe(std::string text) const;
    /// As a field of an object: also found under this name.
    Schema alias(std::string name) const;

    /// Checks everything and reports all faults, in the order of the fields, but no more than 100.
    Checked check(const Json& input, const Json::Array& loc_prefix, Source source = Source::kJson) const;
    /// For OpenAPI 3.1: JSON Schema 2020-12, of the canonical forms (coercions are not shown).
    Json toJsonSchema() const;
    /// The fields of an object, in order; none for anything else. For printing parameters one by one.
    const std::vector<Field>& fields() const noexcept;
    bool isRequired() const noexcept;
    const std::string& description() const noexcept;
    /// For the SDK's own parts.
    const Node& node() const noexcept { return *node_; }

private:
    explicit Schema(std::shared_ptr<const Node> node) noexcept;
    template <class Change>
    Schema changed(Change&& change) const;

    std::shared_ptr<const Node> node_;
};

struct Schema::Field {
    std::string name;
    Schema schema;
};

}  // namespace linkup::sdk
