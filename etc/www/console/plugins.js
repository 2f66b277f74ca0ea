// Which plugins run, in which version, and what each registered.
import { ask } from "./api.js";
import { byId, make } from "./dom.js";

const kKinds = { route: "routes", socket: "sockets", task: "tasks", hook: "hooks", service: "services" };

function listOf(kind, names) {
    return [make("h4", {}, kind), make("ul", {}, ...names.map((name) => make("li", {}, make("code", {}, name))))];
}

function show({ name, version, summary, ...registered }) {
    const kinds = Object.entries(kKinds).filter(([kind]) => registered[kind].length);
    const counts = kinds.map(([kind, plural]) => `${registered[kind].length} ${registered[kind].length === 1 ? kind : plural}`).join(", ");
    return make("div", {},
        make("h3", {}, `${name} ${version}`),
        make("p", {}, summary),
        make("details", {}, make("summary", {}, counts || "nothing registered"), ...kinds.flatMap(([kind, plural]) => listOf(plural, registered[kind]))));
}

export async function showPlugins() {
    const { plugins } = await ask("plugins");
    byId("plugin-list").replaceChildren(...plugins.map(show));
}
