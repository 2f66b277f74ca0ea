// Rates and percentiles from two samples of the daemon's counters.

/** Sum of all samples of a name, whatever their labels. NaN if there is none. */
export function total(sample, name) {
    const keys = Object.keys(sample.values).filter((key) => key === name || key.startsWith(`${name}{`));
    return keys.length ? keys.reduce((sum, key) => sum + sample.values[key], 0) : NaN;
}

/** Growth of a counter in a second. */
export function rate(before, now, name) {
    const seconds = (now.at - before.at) / 1000;
    return Math.max(0, total(now, name) - total(before, name)) / seconds;
}

/** Of a histogram, over what came between the two: the bound below which `part` of it lies. Zero if nothing came. */
export function quantile(before, now, name, part) {
    const buckets = Object.keys(now.values).filter((key) => key.startsWith(`${name}_bucket{le="`))
        .map((key) => ({ bound: Number(key.match(/le="([^"]*)"/)[1].replace("+Inf", "Infinity")), count: now.values[key] - (before.values[key] ?? 0) }))
        .sort((a, b) => a.bound - b.bound);
    if (!buckets.length) return NaN;
    const all = buckets.at(-1).count;
    if (!all) return 0;
    const found = buckets.find(({ count }) => count >= all * part);
    return Number.isFinite(found.bound) ? found.bound : buckets.at(-2)?.bound ?? 0;
}
