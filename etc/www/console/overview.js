// How the node is now: facts, charts, all numbers.
import { ask } from "./api.js";
import { Chart } from "./chart.js";
import { byId, make, row } from "./dom.js";
import { quantile, rate, total } from "./numbers.js";

const kSeconds = "linkup_daemon_request_seconds";
// Each with what it shows of a sample and the one before. One whose number is not known is left out.
const kCharts = [
    ["Requests", "/s", (before, now) => rate(before, now, "linkup_daemon_replies_total")],
    ["95 of 100 requests within", "ms", (before, now) => 1000 * quantile(before, now, kSeconds, 0.95)],
    ["Faults (5xx)", "/s", (before, now) => rate(before, now, 'linkup_daemon_replies_total{class="5xx"}')],
    ["Open sockets", "", (_, now) => now.overview.sockets],
    ["Open connections", "", (_, now) => total(now, "linkup_daemon_connections")],
    ["Requests that wait", "", (_, now) => total(now, 'linkup_daemon_pool_depth{pool="requests"}')],
    ["Messages stored", "/s", (before, now) => rate(before, now, "linkup_chat_messages_stored_total")],
].map(([title, unit, valueOf]) => ({ chart: new Chart(title, unit), valueOf }));

let last = null;

function duration(seconds) {
    const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
    return parts.map(([unit, length]) => {
        const count = Math.floor(seconds / length);
        seconds -= count * length;
        return count ? `${count} ${unit}` : "";
    }).filter(Boolean).slice(0, 2).join(" ") || "0 s";
}

function showFacts({ status, checks, version, profile, uptime_seconds, sockets }) {
    const facts = { State: status === "ready" ? "ready" : "not ready", ...checks, Version: version, Profile: profile, Up: duration(uptime_seconds), Sockets: sockets };
    byId("facts").replaceChildren(...Object.entries(facts).map(([name, value]) =>
        make("div", {}, make("dt", {}, name), make("dd", {}, String(value)))));
}

function showCharts(sample) {
    if (last) {
        for (const { chart, valueOf } of kCharts) {
            const value = valueOf(last, sample);
            chart.add(value);
            if (Number.isFinite(value) && !chart.element.isConnected) byId("charts").append(chart.element);
        }
    }
    last = sample;
}

function showNumbers() {
    if (!last || !byId("numbers").closest("details").open) return;
    const wanted = byId("number-filter").value.toLowerCase();
    const rows = Object.entries(last.values).filter(([name]) => name.toLowerCase().includes(wanted));
    byId("numbers").replaceChildren(...rows.map(([name, value]) => row(name, value)));
}

byId("number-filter").addEventListener("input", showNumbers);
byId("numbers").closest("details").addEventListener("toggle", showNumbers);

export async function refreshOverview() {
    const [overview, values] = await Promise.all([ask("overview"), ask("numbers")]);
    showFacts(overview);
    showCharts({ at: performance.now(), overview, values });
    showNumbers();
}
