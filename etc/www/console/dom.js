// Small helpers to build the page; texts are only ever set as text.

export const byId = (id) => document.getElementById(id);

/** A new element with properties and children, which are elements or texts. */
export function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
}

/** A row of a table. */
export function row(...cells) {
    return make("tr", {}, ...cells.map((cell) => make("td", {}, String(cell))));
}

/** "24 Nov 2026, 08:15" in the reader's own zone. */
export function when(time) {
    return new Date(time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** Shows `value` by `show` if it is not what was shown last, so that nobody loses the focus for nothing. */
export function whenChanged(show) {
    let last = "";
    return (value) => {
        const text = JSON.stringify(value);
        if (text === last) return;
        last = text;
        show(value);
    };
}
