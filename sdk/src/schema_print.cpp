#include "linkup/sdk/schema.h"
#include "schema_node.h"

namespace linkup::sdk {
namespace {

Json number(std::size_t value) {
    return Json(static_cast<std::int64_t>(value));
}

Json typed(const char* type, const char* format = nullptr) {
    Json out = Json::object({{"type", type}});
    if (format != nullptr) out.set("format", format);
    return out;
}

void printSizes(const Schema::Node& node, const char* least, const char* most, Json& out) {
    if (node.min_size > 0) out.set(least, number(node.min_size));
    if (node.max_size != Schema::Node::kNoLimit) out.set(most, number(node.max_size));
}

void printBounds(const Schema::Node& node, Json& out) {
    if (node.least) out.set("minimum", *node.least);
    if (node.most) out.set("maximum", *node.most);
}

Json printChoice(const Schema::Node& node) {
    Json out = typed("string");
    Json::Array allowed(node.allowed.begin(), node.allowed.end());
    out.set("enum", std::move(allowed));
    return out;
}

Json requiring(const std::string& name) {
    return Json::object({{"required", Json::array({name})}});
}

// A field with other names is required under any one of them.
Json requiresOneName(const Schema::Field& field) {
    Json names = Json::array({requiring(field.name)});
    for (const std::string& alias : field.schema.node().aliases) names.push(requiring(alias));
    return Json::object({{"anyOf", std::move(names)}});
}

Json printObject(const Schema::Node& node) {
    Json properties = Json::object();
    Json required = Json::array();
    Json one_of_each = Json::array();
    for (const Schema::Field& field : node.fields) {
        const Json printed = field.schema.toJsonSchema();
        properties.set(field.name, printed);
        for (const std::string& alias : field.schema.node().aliases) properties.set(alias, printed);
        if (!field.schema.isRequired()) continue;
        if (field.schema.node().aliases.empty()) {
            required.push(field.name);
        } else {
            one_of_each.push(requiresOneName(field));
        }
    }
    Json out = typed("object");
    out.set("properties", std::move(properties));
    if (required.size() != 0) out.set("required", std::move(required));
    if (one_of_each.size() != 0) out.set("allOf", std::move(one_of_each));
    return out;
}

Json printKind(const Schema::Node& node) {
    Json out = Json::object();
    switch (node.kind) {
        case SchemaKind::kString:
            out = typed("string");
            printSizes(node, "minLength", "maxLength", out);
            if (node.matches) out.set("pattern", node.pattern);
            return out;
        case SchemaKind::kInteger:
            out = typed("integer");
            printBounds(node, out);
            return out;
        case SchemaKind::kNumber:
            out = typed("number");
            printBounds(node, out);
            return out;
        case SchemaKind::kBoolean:
            return typed("boolean");
        case SchemaKind::kLiteral:
        case SchemaKind::kEnumeration:
            return printChoice(node);
        case SchemaKind::kDate:
            return typed("string", "date");
        case SchemaKind::kDateTime:
            return typed("string", "date-time");
        case SchemaKind::kUuid:
            return typed("string", "uuid");
        case SchemaKind::kEmail:
            return typed("string", "email");
        case SchemaKind::kAny:
            return out;
        case SchemaKind::kList:
            out = typed("array");
            out.set("items", node.item.front().toJsonSchema());
            printSizes(node, "minItems", "maxItems", out);
            return out;
        case SchemaKind::kObject:
            return printObject(node);
        case SchemaKind::kMap:
            out = typed("object");
            out.set("additionalProperties", node.item.front().toJsonSchema());
            printSizes(node, "minProperties", "maxProperties", out);
            return out;
    }
    return out;
}

}  // namespace

Json Schema::toJsonSchema() const {
    const Node& node = *node_;
    Json out = printKind(node);
    if (!node.required && node.kind != SchemaKind::kAny) {
        out = Json::object({{"anyOf", Json::array({std::move(out), typed("null")})}});
    }
    if (!node.description.empty()) out.set("description", node.description);
    if (!node.fallback.isNull()) out.set("default", node.fallback);
    const bool itself_secret = node.secret && node.fields.empty() && node.item.empty();
    if (itself_secret) out.set("writeOnly", true);
    return out;
}

}  // namespace linkup::sdk
