// The newest events of the lobby.
import { ask } from "./api.js";
import { byId, row, when, whenChanged } from "./dom.js";

const show = whenChanged((answer) => {
    const events = answer?.events ?? [];
    byId("lobby-message").textContent = !answer ? "No enabled plugin has a lobby." : events.length ? "" : "There was no event yet.";
    byId("lobby-events").replaceChildren(...events.map((event) =>
        row(event.name, when(event.starts_at), when(event.ends_at), event.state.replace("_", " "), event.seats, event.paired, event.left_over)));
});

export async function refreshLobby() {
    show(await ask("lobby"));
}
