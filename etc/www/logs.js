// Asks for the status with the token that was typed in; the token stays in this page's memory.
const facts = document.getElementById("facts");
const lines = document.getElementById("lines");

function row(name, value) {
    const line = document.createElement("tr");
    for (const text of [name, value]) line.append(Object.assign(document.createElement("td"), { textContent: text }));
    return line;
}

document.getElementById("ask").addEventListener("submit", async (event) => {
    event.preventDefault();
    const token = document.getElementById("token").value;
    try {
        const reply = await fetch("/api/v1/internal/status", { headers: { "X-Status-Token": token } });
        const { recent_logs: recent = [], ...rest } = await reply.json();
        facts.replaceChildren(...Object.entries(rest).map(([name, value]) => row(name, String(value))));
        lines.textContent = recent.join("\n");
    } catch (error) {
        facts.replaceChildren(row("error", String(error)));
    }
});
