// The sessions of one person, and an end to them.
import { ask } from "./api.js";
import { byId, make, when } from "./dom.js";

const message = byId("sessions-message");

function entry(user, session) {
    const button = make("button", { type: "button" }, "Revoke");
    button.setAttribute("aria-label", `Revoke the session of ${when(session.created_at)}`);
    button.addEventListener("click", () => revoke(user, session.id));
    return make("li", {},
        make("div", {}, `Since ${when(session.created_at)}, last used ${when(session.last_used_at)}`,
            make("small", {}, [session.ip, session.user_agent].filter(Boolean).join(", "))),
        button);
}

function everything(user) {
    const button = make("button", { type: "button" }, "Revoke all");
    button.addEventListener("click", () => revoke(user));
    return make("li", {}, make("div", {}, "All of them"), button);
}

async function find(person) {
    const answer = await ask("sessions", person);
    const list = byId("session-list");
    list.replaceChildren();
    if (!answer) {
        message.textContent = "No enabled plugin keeps sessions.";
    } else if (answer.user_id === null) {
        message.textContent = "There is no such account.";
    } else {
        const { user_id, sessions } = answer;
        message.textContent = `User ${user_id} has ${sessions.length} ${sessions.length === 1 ? "session" : "sessions"}.`;
        list.append(...sessions.map((session) => entry(user_id, session)));
        if (sessions.length > 1) list.append(everything(user_id));
    }
}

function saying(action) {
    return action.catch((error) => { message.textContent = error.message; });
}

// What had the focus is gone afterwards, so it goes to the heading.
function revoke(user_id, session_id = null) {
    return saying((async () => {
        await ask("sessions/revoke", { user_id, session_id });
        await find({ user_id });
        byId("sessions-title").focus();
    })());
}

byId("find-sessions").addEventListener("submit", (event) => {
    event.preventDefault();
    const who = byId("who").value.trim();
    saying(find(/^\d+$/.test(who) ? { user_id: Number(who) } : { email: who }));
});
