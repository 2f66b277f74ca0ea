// What a device knows of one chat: each message once, in the server's order, and how far the partner got.

export class Conversation {
    #messages = new Map(); // by message_id

    constructor(room, me, partner) {
        this.room = room;
        this.me = me;
        this.partner = partner;
        this.delivered = 0;
        this.seen = 0;
    }

    /** From history, live or by resume. True if it is new here. */
    add(message) {
        const known = this.#messages.get(message.message_id);
        this.#messages.set(message.message_id, message);
        return known === undefined;
    }

    /** A message of mine, kept until the server says that it is stored. Its id makes sending it again harmless. */
    draft(text) {
        const message = { message_id: crypto.randomUUID(), from_: this.me, to: this.partner, message: text, chat_room_id: this.room };
        this.#messages.set(message.message_id, message);
        return message;
    }

    acknowledge({ message_id, seq, timestamp }) {
        const message = this.#messages.get(message_id);
        if (message) Object.assign(message, { seq, timestamp });
    }

    /** The server will not have it. */
    drop(id) {
        this.#messages.delete(id);
    }

    partnerHas(seq) {
        this.delivered = Math.max(this.delivered, seq);
    }

    partnerSaw(seq) {
        this.seen = Math.max(this.seen, seq);
        this.partnerHas(seq);
    }

    ordered() {
        return [...this.#messages.values()].sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity) || 0);
    }

    unsent() {
        return [...this.#messages.values()].filter((message) => !message.seq);
    }

    newestOfPartner() {
        return this.ordered().filter((message) => message.seq && message.from_ === this.partner).at(-1);
    }

    /** Up to here nothing is missing: `seq` has no gaps, but an ack may come before what was sent just before it. */
    get lastSeq() {
        let last = null;
        for (const { seq } of this.ordered()) {
            if (!seq || (last !== null && seq !== last + 1)) break;
            last = seq;
        }
        return last ?? 0;
    }

    stateOf({ from_, seq }) {
        if (from_ !== this.me) return "";
        if (!seq) return "waiting";
        if (seq <= this.seen) return "seen";
        return seq <= this.delivered ? "delivered" : "sent";
    }
}
