// One person and one device of theirs: what they see and what they can do. Knows nothing of the page.
import { Account } from "./api.js";
import { Conversation } from "./conversation.js";
import { Line } from "./line.js";

const kPassword = "Demo-pass1!"; // of all demo people
const kMatch = "It is a match."; // said by the answer and by the socket, in either order
const kTypingEvery = 1000;
const kTypingLasts = 4000;

/** Event "change": look at me again. */
export class Person extends EventTarget {
    #account = null;
    #typingSent = 0;
    #typingTimer = 0;

    constructor() {
        super();
        this.#forget();
    }

    async signIn(email) {
        this.#account = await Account.signIn(email, kPassword);
        this.profile = await this.#account.call("/me");
        this.chatLine = this.#line("/ws/chat", () => this.#resume(), (frame) => this.#onChat(frame));
        this.listLine = this.#line("/ws/connections", () => this.#unasked(this.reload()), (frame) => this.#onList(frame));
        this.#tell(`Signed in as ${this.profile.username}.`);
        await this.lookForPeople();
        this.connect();
    }

    async signOut() {
        this.cut();
        const account = this.#account;
        this.#forget();
        this.#tell("Signed out.");
        await account.call("/logout", { method: "POST" });
    }

    connect() {
        this.chatLine.connect();
        this.listLine.connect();
    }

    cut() {
        this.chatLine.cut();
        this.listLine.cut();
    }

    /** Of the two lines, the one that is worse off. */
    get lineState() {
        const states = [this.chatLine?.state ?? "cut", this.listLine?.state ?? "cut"];
        return ["cut", "waiting", "connecting", "connected"].find((state) => states.includes(state));
    }

    async lookForPeople() {
        this.candidates = (await this.#account.call("/matches/get-matches")).matches;
        this.#changed();
    }

    /** Of the lists: who likes me, my matches, my chats. */
    async reload() {
        const account = this.#account;
        const [likes, connections] = await Promise.all([
            account.call("/likes/received"), account.call("/matches/get-connections")]);
        if (account !== this.#account) return;
        this.likes = likes.entries;
        this.matches = connections.matches;
        this.chats = connections.chats;
        this.#changed();
    }

    async decide(candidate, how) {
        const answer = await this.#account.call(`/swipe/${how}`, { json: { liked_id: candidate.id } });
        this.candidates = this.candidates.filter(({ id }) => id !== candidate.id);
        if (how === "right") this.#tell(answer.match ? kMatch : `You like ${candidate.username}.`);
        await (this.candidates.length ? this.reload() : this.lookForPeople());
    }

    async likeBack(id) {
        await this.#account.call(`/likes/${id}/like-back`, { method: "POST" });
        this.candidates = this.candidates.filter((candidate) => candidate.id !== id);
        this.#tell(kMatch);
        await this.reload();
    }

    async startChat({ id, username }) {
        const { chat_room_id } = await this.#account.call("/chats/start-chat", { json: { id } });
        await this.openChat({ chat_room_id, id, username });
    }

    /** Reading a chat marks it as seen. */
    async openChat({ chat_room_id, id, username }) {
        const answer = await this.#account.call("/chats/get/chat", { json: { chat_room_id } });
        if (this.conversation?.room !== chat_room_id) {
            this.conversation = new Conversation(chat_room_id, this.#account.id, id);
            this.conversation.username = username;
            this.partnerTypes = false;
        }
        answer.messages.forEach((message) => this.conversation.add(message));
        this.conversation.partnerHas(answer.other_delivered_seq);
        this.conversation.partnerSaw(answer.other_seen_seq);
        await this.reload();
    }

    write(text) {
        this.#sendMessage(this.conversation.draft(text));
        this.#changed();
    }

    typing() {
        if (Date.now() - this.#typingSent < kTypingEvery) return;
        this.#typingSent = Date.now();
        this.chatLine.send(this.#event("typing"));
    }

    #line(path, onOpen, onFrame) {
        const line = new Line(path, this.#account);
        line.addEventListener("open", onOpen);
        line.addEventListener("frame", (event) => onFrame(event.detail));
        line.addEventListener("state", () => this.#changed());
        line.addEventListener("ended", () => this.#ended());
        return line;
    }

    #ended() {
        if (!this.#account) return;
        this.cut();
        this.#forget();
        this.#tell("The session was ended.");
    }

    #event(kind, more = {}) {
        const { room, me, partner } = this.conversation;
        return { type: "chats", chats_type: kind, chat_room_id: room, from_: me, to: partner, ...more };
    }

    #sendMessage({ message_id, message }) {
        this.chatLine.send(this.#event("message", { message_id, message }));
    }

    #sendSeen() {
        const newest = this.conversation.newestOfPartner();
        if (newest) this.chatLine.send(this.#event("seen", { message_id: newest.message_id }));
    }

    // What the server has and we do not, then what we have and the server may not.
    #resume() {
        const chat = this.conversation;
        if (!chat) return;
        this.chatLine.send({ type: "resume", chats: { [chat.room]: chat.lastSeq } });
        chat.unsent().forEach((message) => this.#sendMessage(message));
    }

    #onList(frame) {
        if (frame.type !== "connections-reload") return;
        if (frame.sub_type === "like") this.#tell("Somebody likes you.");
        if (frame.sub_type === "match") this.#tell(kMatch);
        this.#unasked(this.reload());
    }

    #onChat(frame) {
        const chat = this.conversation;
        if (frame.type === "sync") setTimeout(() => this.#unasked(this.#catchUp()), frame.after_ms);
        if (!chat || (frame.chat_room_id ?? chat.room) !== chat.room) {
            if (frame.chats_type === "message") this.#unasked(this.reload());
            return;
        }
        switch (frame.type) {
            case "chats": this.#onChats(frame); break;
            case "ack": chat.acknowledge(frame); break;
            case "delivered": chat.partnerHas(frame.seq); break;
            case "changed": chat.add(frame.message); break;
            case "resumed": if (frame.more.length) this.#resume(); break;
            case "error": this.#onError(frame); break;
        }
        this.#changed();
    }

    #onChats(frame) {
        const chat = this.conversation;
        const fromPartner = frame.from_ === chat.partner;
        if (frame.chats_type === "message") {
            if (chat.add(frame) && fromPartner) this.#sendSeen();
            if (fromPartner) this.#partnerTypes(false);
        } else if (frame.chats_type === "typing") {
            this.#partnerTypes(true);
        } else if (frame.chats_type === "seen" && fromPartner) {
            chat.partnerSaw(frame.seq);
        }
    }

    // What is busy may work later; what was refused will be refused again.
    #onError({ code, detail, message_id, retry_after_ms = 1000 }) {
        if (["server_busy", "internal_error", "rate_limited"].includes(code)) {
            setTimeout(() => this.#resume(), retry_after_ms);
        } else {
            if (message_id) this.conversation.drop(message_id);
            this.#tell(Array.isArray(detail) ? detail.map((fault) => fault.msg).join("; ") : detail);
        }
    }

    #partnerTypes(types) {
        clearTimeout(this.#typingTimer);
        this.partnerTypes = types;
        if (types) {
            this.#typingTimer = setTimeout(() => {
                this.partnerTypes = false;
                this.#changed();
            }, kTypingLasts);
        }
    }

    /** Of what nobody pressed a button for, nobody else hears the error. */
    #unasked(promise) {
        promise.catch((error) => this.#account && this.#tell(error.message));
    }

    async #catchUp() {
        if (!this.#account) return;
        const chat = this.conversation;
        await (chat ? this.openChat({ chat_room_id: chat.room, id: chat.partner, username: chat.username }) : this.reload());
    }

    #forget() {
        this.#account = this.profile = this.chatLine = this.listLine = this.conversation = null;
        this.candidates = this.likes = this.matches = this.chats = [];
        this.partnerTypes = false;
    }

    #tell(sentence) {
        this.news = sentence;
        this.#changed();
    }

    #changed() {
        this.dispatchEvent(new Event("change"));
    }
}
