#include "linkup/sdk/schema.h"

#include <algorithm>
#include <stdexcept>

#include "schema_node.h"

namespace linkup::sdk {
namespace {

constexpr std::int64_t kLargestId = std::numeric_limits<std::int32_t>::max();

using Kinds = std::initializer_list<SchemaKind>;

std::shared_ptr<Schema::Node> makeNode(SchemaKind kind) {
    auto node = std::make_shared<Schema::Node>();
    node->kind = kind;
    return node;
}

std::string quoted(const std::string& text) {
    const char quote = text.find('\'') == std::string::npos ? '\'' : '"';
    return quote + text + quote;
}

// "'a', 'b' or 'c'"
std::string listed(const std::vector<std::string>& texts) {
    std::string out;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i != 0) out += i + 1 == texts.size() ? " or " : ", ";
        out += quoted(texts[i]);
    }
    return out;
}

std::shared_ptr<Schema::Node> makeChoice(SchemaKind kind, std::vector<std::string> allowed) {
    if (allowed.empty()) throw std::logic_error("a choice of nothing");
    auto node = makeNode(kind);
    node->expected = listed(allowed);
    node->allowed = std::move(allowed);
    return node;
}

void expectKind(const Schema::Node& node, Kinds kinds, const char* modifier) {
    if (std::find(kinds.begin(), kinds.end(), node.kind) == kinds.end()) {
        throw std::logic_error(std::string("this kind of schema has no ") + modifier);
    }
}

std::vector<std::string> namesOf(const Schema::Field& field) {
    std::vector<std::string> names = field.schema.node().aliases;
    names.push_back(field.name);
    return names;
}

void refuseAmbiguousNames(const std::vector<Schema::Field>& fields) {
    std::vector<std::string> names;
    for (const Schema::Field& field : fields) {
        for (std::string& name : namesOf(field)) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) throw std::logic_error("two fields are named \"" + *twice + "\"");
}

}  // namespace

Schema::Schema(std::shared_ptr<const Node> node) noexcept : node_(std::move(node)) {}

template <class Change>
Schema Schema::changed(Change&& change) const {
    auto node = std::make_shared<Node>(*node_);
    change(*node);
    return Schema(std::move(node));
}

Schema Schema::string() {
    return Schema(makeNode(SchemaKind::kString));
}
Schema Schema::integer() {
    return Schema(makeNode(SchemaKind::kInteger));
}
Schema Schema::id() {
    return integer().min(1).max(kLargestId);
}
Schema Schema::number() {
    return Schema(makeNode(SchemaKind::kNumber));
}
Schema Schema::boolean() {
    return Schema(makeNode(SchemaKind::kBoolean));
}
Schema Schema::literal(std::vector<std::string> allowed) {
    return Schema(makeChoice(SchemaKind::kLiteral, std::move(allowed)));
}
Schema Schema::enumeration(std::vector<std::string> allowed) {
    return Schema(makeChoice(SchemaKind::kEnumeration, std::move(allowed)));
}
Schema Schema::date() {
    return Schema(makeNode(SchemaKind::kDate));
}
Schema Schema::dateTime() {
    return Schema(makeNode(SchemaKind::kDateTime));
}
Schema Schema::uuid() {
    return Schema(makeNode(SchemaKind::kUuid));
}
Schema Schema::email() {
    return Schema(makeNode(SchemaKind::kEmail));
}
Schema Schema::any() {
    return Schema(makeNode(SchemaKind::kAny));
}

Schema Schema::list(Schema item) {
    auto node = makeNode(SchemaKind::kList);
    node->secret = item.node().secret;
    node->item.push_back(std::move(item));
    return Schema(std::move(node));
}

Schema Schema::map(Schema value) {
    auto node = makeNode(SchemaKind::kMap);
    node->secret = value.node().secret;
    node->item.push_back(std::move(value));
    return Schema(std::move(node));
}

Schema Schema::object(std::vector<Field> fields) {
    refuseAmbiguousNames(fields);
    auto node = makeNode(SchemaKind::kObject);
    for (const Field& field : fields) node->secret = node->secret || field.schema.node().secret;
    node->fields = std::move(fields);
    return Schema(std::move(node));
}

Schema Schema::minLength(std::size_t characters) const {
    expectKind(*node_, {SchemaKind::kString}, "minLength");
    return changed([&](Node& node) { node.min_size = characters; });
}

Schema Schema::maxLength(std::size_t characters) const {
    expectKind(*node_, {SchemaKind::kString}, "maxLength");
    return changed([&](Node& node) { node.max_size = characters; });
}

Schema Schema::pattern(std::string shown, Matcher matches) const {
    expectKind(*node_, {SchemaKind::kString}, "pattern");
    return changed([&](Node& node) {
        node.pattern = std::move(shown);
        node.matches = std::move(matches);
    });
}

Schema Schema::trimmed() const {
    expectKind(*node_, {SchemaKind::kString}, "trimmed");
    return changed([](Node& node) { node.trimmed = true; });
}

Schema Schema::min(std::int64_t least) const {
    expectKind(*node_, {SchemaKind::kInteger, SchemaKind::kNumber}, "min");
    return changed([&](Node& node) { node.least = least; });
}

Schema Schema::max(std::int64_t most) const {
    expectKind(*node_, {SchemaKind::kInteger, SchemaKind::kNumber}, "max");
    return changed([&](Node& node) { node.most = most; });
}

Schema Schema::minItems(std::size_t items) const {
    expectKind(*node_, {SchemaKind::kList}, "minItems");
    return changed([&](Node& node) { node.min_size = items; });
}

Schema Schema::maxItems(std::size_t items) const {
    expectKind(*node_, {SchemaKind::kList, SchemaKind::kMap}, "maxItems");
    return changed([&](Node& node) { node.max_size = items; });
}

Schema Schema::optional() const {
    return changed([](Node& node) { node.required = false; });
}

Schema Schema::withDefault(Json value) const {
    return changed([&](Node& node) {
        node.required = false;
        node.fallback = std::move(value);
    });
}

Schema Schema::secret() const {
    return changed([](Node& node) { node.secret = true; });
}

Schema Schema::rule(Rule rule) const {
    return changed([&](Node& node) { node.rules.push_back(std::move(rule)); });
}

Schema Schema::describe(std::string text) const {
    return changed([&](Node& node) { node.description = std::move(text); });
}

Schema Schema::alias(std::string name) const {
    return changed([&](Node& node) { node.aliases.push_back(std::move(name)); });
}

const std::vector<Schema::Field>& Schema::fields() const noexcept {
    return node_->fields;
}
bool Schema::isRequired() const noexcept {
    return node_->required;
}
const std::string& Schema::description() const noexcept {
    return node_->description;
}

}  // namespace linkup::sdk
