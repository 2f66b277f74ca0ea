// The page: two panels, and the button that makes people.
import { call } from "./api.js";
import { Panel } from "./panel.js";

const template = document.getElementById("person");
const [left, right] = [...document.querySelectorAll("section.person")].map((section) => new Panel(section, template));
left.beside(right);
right.beside(left);

const made = document.getElementById("made");
document.getElementById("make").addEventListener("click", async () => {
    made.textContent = "…";
    try {
        const { people } = await call("/try/people", { json: { count: 20 }, headers: { "X-Linkup-Try": "1" } });
        made.textContent = `There are ${people} people now.`;
    } catch (error) {
        made.textContent = error.message;
    }
});
