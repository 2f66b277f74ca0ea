// What people reported of others and nobody has reviewed yet.
import { ask } from "./api.js";
import { byId, make, when, whenChanged } from "./dom.js";

const message = byId("reports-message");

function entry({ user_id, username, withdrawn, reports }) {
    const button = make("button", { type: "button" }, "Mark as reviewed");
    button.setAttribute("aria-label", `Mark the reports of ${username ?? "user"} ${user_id} as reviewed`);
    button.addEventListener("click", () => clear(user_id));
    return make("li", {},
        make("div", {}, make("strong", {}, `${username ?? "User"} (${user_id})`), withdrawn ? " is out of discovery" : "",
            ...reports.map(({ category, reason, reporter_id, at }) =>
                make("small", {}, `${when(at)}, by user ${reporter_id}: ${category}: ${reason}`))),
        button);
}

const show = whenChanged((answer) => {
    const reported = answer?.reported ?? [];
    message.textContent = !answer ? "No enabled plugin keeps reports." : reported.length ? "" : "Nothing waits for a review.";
    byId("report-list").replaceChildren(...reported.map(entry));
});

async function clear(user_id) {
    try {
        await ask("reports/clear", { user_id });
        await refreshReports();
        byId("reports-title").focus();
    } catch (error) {
        message.textContent = error.message;
    }
}

export async function refreshReports() {
    show(await ask("reports"));
}
