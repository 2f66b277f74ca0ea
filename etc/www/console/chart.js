// A line of the last minutes, with its value as text for those who do not see it.
import { make } from "./dom.js";

const kPoints = 150;
const kWidth = 300;
const kHeight = 60;
const kSvg = "http://www.w3.org/2000/svg";

export class Chart {
    #points = [];
    #line = document.createElementNS(kSvg, "polyline");
    #picture = document.createElementNS(kSvg, "svg");
    #value = make("strong");

    constructor(title, unit) {
        this.title = title;
        this.unit = unit;
        this.#picture.setAttribute("viewBox", `0 0 ${kWidth} ${kHeight}`);
        this.#picture.setAttribute("preserveAspectRatio", "none");
        this.#picture.setAttribute("role", "img");
        this.#picture.append(this.#line);
        this.element = make("figure", {}, make("figcaption", {}, make("span", {}, title), this.#value), this.#picture);
    }

    /** Nothing is drawn for a number that is not known. */
    add(value) {
        if (!Number.isFinite(value)) return;
        this.#points.push(value);
        if (this.#points.length > kPoints) this.#points.shift();
        const most = Math.max(...this.#points, Number.MIN_VALUE);
        const shown = this.#points.map((point, index) =>
            `${(kWidth * index / Math.max(1, this.#points.length - 1)).toFixed(1)},${(kHeight - 2 - (kHeight - 4) * point / most).toFixed(1)}`);
        this.#line.setAttribute("points", shown.join(" "));
        this.#value.textContent = this.#say(value);
        this.#picture.setAttribute("aria-label", `${this.title}: now ${this.#say(value)}, at most ${this.#say(most)} since this page looks`);
    }

    #say(value) {
        const digits = value < 10 && !Number.isInteger(value) ? 2 : 0;
        return `${value.toFixed(digits)}${this.unit && ` ${this.unit}`}`;
    }
}
