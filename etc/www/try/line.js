// A WebSocket that comes back by itself, until it is cut.

const kFirstWait = 500;
const kLongestWait = 15000;

/**
 * Events: "open" when the server has greeted, "frame" with the frame as `detail`, "state" when `state` changed,
 * "ended" when the server says that the session is no good any more.
 */
export class Line extends EventTarget {
    #socket = null;
    #timer = 0;
    #failures = 0;
    #asked = 0; // what the server wants us to wait, in milliseconds

    constructor(path, account) {
        super();
        this.path = path;
        this.account = account;
        this.state = "cut";
    }

    connect() {
        clearTimeout(this.#timer);
        if (this.#socket) return;
        this.#become("connecting");
        const url = new URL(`/api/v1${this.path}`, location.href);
        url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
        url.searchParams.set("token", this.account.token);
        const socket = new WebSocket(url);
        this.#socket = socket;
        socket.addEventListener("message", (event) => {
            if (socket === this.#socket) this.#take(JSON.parse(event.data));
        });
        socket.addEventListener("close", (event) => {
            if (socket === this.#socket) this.#lost(event);
        });
    }

    cut() {
        clearTimeout(this.#timer);
        const socket = this.#socket;
        this.#socket = null;
        socket?.close();
        this.#become("cut");
    }

    /** False if it is not connected: the frame is not sent then, and not kept. */
    send(frame) {
        if (this.state !== "connected") return false;
        this.#socket.send(JSON.stringify(frame));
        return true;
    }

    #take(frame) {
        if (this.state === "connecting") { // the first frame is the greeting
            this.#failures = 0;
            this.#become("connected");
            this.dispatchEvent(new Event("open"));
        } else if (frame.type === "server") {
            this.#asked = frame.retry_after_ms ?? 0;
        } else {
            this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
        }
    }

    #lost({ code }) {
        const greeted = this.state === "connected";
        this.#socket = null;
        if (code === 1008) {
            this.#become("cut");
            this.dispatchEvent(new Event("ended"));
            return;
        }
        this.#become("waiting");
        const wait = Math.min(kLongestWait, kFirstWait * 2 ** this.#failures) * (0.5 + Math.random() / 2) + this.#asked;
        this.#failures += 1;
        this.#asked = 0;
        this.#timer = setTimeout(() => this.#again(greeted), wait);
    }

    // A browser does not tell why a handshake failed; the token may have run out.
    async #again(greeted) {
        try {
            if (!greeted) await this.account.refresh();
        } catch (error) {
            if (error.status === 401) {
                this.#become("cut");
                this.dispatchEvent(new Event("ended"));
                return;
            }
        }
        if (this.state === "waiting") this.connect();
    }

    #become(state) {
        if (state === this.state) return;
        this.state = state;
        this.dispatchEvent(new Event("state"));
    }
}
