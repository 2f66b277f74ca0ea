// Shows the two descriptions of the server: an entry that opens for each route and each socket.

function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
}

function code(value) {
    return element("pre", {}, element("code", {}, JSON.stringify(value, null, 2)));
}

/** What a schema allows, in a few words. */
function typeOf(schema) {
    if (schema === undefined) return "anything";
    if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
    if ("const" in schema) return JSON.stringify(schema.const);
    const limits = [["minimum", "≥"], ["maximum", "≤"], ["minLength", "length ≥"], ["maxLength", "length ≤"],
        ["minItems", "items ≥"], ["maxItems", "items ≤"], ["pattern", "like"]]
        .filter(([key]) => key in schema).map(([key, sign]) => `${sign} ${schema[key]}`);
    const items = schema.type === "array" ? ` of ${typeOf(schema.items)}` : "";
    return [`${schema.format ?? schema.type ?? "anything"}${items}`, ...limits].join(", ");
}

function table(caption, rows) {
    if (rows.length === 0) return "";
    const body = rows.map(({ name, required, schema, note }) => element("tr", {},
        element("th", { scope: "row" }, element("code", {}, name)),
        element("td", {}, required ? "required" : "optional"),
        element("td", {}, typeOf(schema)),
        element("td", {}, note ?? schema?.description ?? "")));
    return element("table", {}, element("caption", {}, caption), element("tbody", {}, ...body));
}

function fields(schema) {
    return Object.entries(schema?.properties ?? {}).map(([name, property]) =>
        ({ name, schema: property, required: (schema.required ?? []).includes(name) }));
}

function resolved(api, schema) {
    const path = schema?.$ref?.replace("#/", "").split("/");
    return path ? path.reduce((node, key) => node[key], api) : schema;
}

function entry(label, path, summary, ...parts) {
    const made = element("details", {},
        element("summary", {}, element("span", { className: "method" }, label), element("code", {}, path),
            element("span", { className: "what" }, summary)), ...parts);
    made.dataset.text = `${label} ${path} ${summary}`.toLowerCase();
    return made;
}

function body(request) {
    return Object.entries(request?.content ?? {}).flatMap(([type, content]) => [
        table(`Body, ${type}`, fields(content.schema)),
        ...("example" in content ? [element("p", {}, "Example:"), code(content.example)] : []),
    ]);
}

function replies(operation) {
    const rows = Object.entries(operation.responses).map(([status, reply]) => element("tr", {},
        element("th", { scope: "row" }, status), element("td", {}, reply.description),
        element("td", {}, ...Object.values(reply.content ?? {})
            .filter((content) => "example" in content)
            .map((content) => element("code", {}, JSON.stringify(content.example))))));
    return element("table", {}, element("caption", {}, "Replies"), element("tbody", {}, ...rows));
}

function route(method, path, operation) {
    const parameters = (operation.parameters ?? []).map((parameter) =>
        ({ ...parameter, note: `in ${parameter.in}. ${parameter.description ?? ""}` }));
    const who = operation.security ? "Wants a bearer token." : "Open to all.";
    return entry(method.toUpperCase(), path, operation.summary,
        element("p", {}, who), table("Parameters", parameters), ...body(operation.requestBody), replies(operation));
}

function message(api, described) {
    return [
        element("h3", {}, element("code", {}, described.name)),
        element("p", {}, described.summary ?? ""),
        table("Members", fields(described.payload)),
        ...(described.examples ?? []).map((example) => code(example.payload)),
    ];
}

function socket(api, channel) {
    const fromHost = Object.keys(api.components.messages);
    const parts = (mine) => Object.entries(channel.messages)
        .filter(([name]) => fromHost.includes(name) !== mine)
        .flatMap(([, described]) => message(api, resolved(api, described)));
    return entry("SOCKET", channel.address, channel.summary,
        element("h3", {}, "A client may send"), ...parts(true),
        element("h3", {}, "The host sends"), ...parts(false));
}

function groups(pairs) {
    const byTag = Map.groupBy ? Map.groupBy(pairs, ([tag]) => tag) : pairs.reduce(
        (map, pair) => map.set(pair[0], [...(map.get(pair[0]) ?? []), pair]), new Map());
    return [...byTag].map(([tag, members]) =>
        element("section", {}, element("h2", {}, tag), ...members.map(([, made]) => made)));
}

function filterBy(text, content) {
    const wanted = text.trim().toLowerCase();
    let shown = 0;
    for (const section of content.querySelectorAll("section")) {
        let some = 0;
        for (const one of section.querySelectorAll(":scope > details")) {
            one.hidden = !one.dataset.text.includes(wanted);
            some += one.hidden ? 0 : 1;
        }
        section.hidden = some === 0;
        shown += some;
    }
    document.getElementById("count").value = `${shown} shown`;
}

async function load(path) {
    const reply = await fetch(path);
    if (!reply.ok) throw new Error(`${path} answers ${reply.status}`);
    return reply.json();
}

const content = document.getElementById("content");
const filter = document.getElementById("filter");
try {
    const [openapi, asyncapi] = await Promise.all(["/api/v1/openapi.json", "/api/v1/asyncapi.json"].map(load));
    const routes = Object.entries(openapi.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => [operation.tags[0], route(method, path, operation)]));
    const sockets = Object.values(asyncapi.channels).map((channel) => ["sockets", socket(asyncapi, channel)]);
    content.replaceChildren(...groups([...routes, ...sockets]));
    filter.addEventListener("input", () => filterBy(filter.value, content));
    filterBy(filter.value, content);
} catch (error) {
    document.getElementById("state").textContent = `The descriptions cannot be loaded: ${error.message}`;
} finally {
    content.removeAttribute("aria-busy");
}
