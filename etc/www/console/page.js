// Opens the console with the token and keeps it up to date while somebody looks.
import { useToken } from "./api.js";
import { byId } from "./dom.js";
import { refreshLobby } from "./lobby.js";
import { refreshLog } from "./log.js";
import { refreshOverview } from "./overview.js";
import { showPlugins } from "./plugins.js";
import { refreshReports } from "./reports.js";
import "./sessions.js";

const kEvery = 2000;
const kSeldom = 5; // every so many times

let timer = 0;
let round = 0;

function show(open) {
    byId("open").hidden = open;
    byId("content").hidden = byId("sections").hidden = !open;
}

function close(reason) {
    clearTimeout(timer);
    useToken("");
    show(false);
    byId("message").textContent = reason;
    byId("token").focus();
}

async function refresh() {
    await Promise.all([refreshOverview(), refreshLog()]);
    if (round++ % kSeldom === 0) await Promise.all([refreshReports(), refreshLobby()]);
}

async function goOn() {
    try {
        if (!document.hidden) await refresh();
        byId("message").textContent = "";
    } catch (error) {
        if (error.status === 401 || error.status === 429) return close(error.message);
        byId("message").textContent = `The last look failed: ${error.message}`;
    }
    timer = setTimeout(goOn, kEvery);
}

byId("open").addEventListener("submit", async (event) => {
    event.preventDefault();
    useToken(byId("token").value);
    byId("token").value = "";
    try {
        await showPlugins(); // a wrong token is refused here
        round = 0;
        show(true);
        await goOn();
    } catch (error) {
        close(error.message);
    }
});

byId("close").addEventListener("click", () => close("Closed."));
