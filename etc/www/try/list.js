/**
 * Makes the children of `list` those of `items`. What stays is neither made anew nor moved, so that it keeps the focus
 * and is not read out again. `make` returns a new element; `update` brings it up to date, whenever.
 */
export function fillList(list, items, keyOf, make, update) {
    const keys = items.map((item) => String(keyOf(item)));
    for (const child of [...list.children]) if (!keys.includes(child.dataset.key)) child.remove();
    const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
    items.forEach((item, index) => {
        const element = known.get(keys[index]) ?? make();
        element.dataset.key = keys[index];
        update(element, item);
        if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
    });
}
