// The last lines of this node's log.
import { ask } from "./api.js";
import { byId } from "./dom.js";

let lines = [];

function show() {
    const wanted = byId("log-filter").value.toLowerCase();
    const text = lines.filter((line) => line.toLowerCase().includes(wanted)).join("\n");
    if (byId("lines").textContent !== text) byId("lines").textContent = text;
}

byId("log-filter").addEventListener("input", show);

export async function refreshLog() {
    lines = (await ask("log")).lines.reverse();
    show();
}
