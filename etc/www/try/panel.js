// Shows one person and hands what is pressed to them.
import { fillList } from "./list.js";
import { Person } from "./person.js";

const kPeople = 20;
const kLines = { connected: "Connected", connecting: "Connecting…", waiting: "Connection lost, trying again…", cut: "Connection cut" };

function ageOf(dob) {
    return Math.floor((Date.now() - Date.parse(dob)) / (365.25 * 24 * 3600 * 1000));
}

export class Panel {
    #parts = {};
    #person = new Person();
    #other = null; // the panel beside, whose person is shown first
    #candidate = null; // whose card is shown

    constructor(section, template) {
        section.append(template.content.cloneNode(true));
        for (const part of section.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
        this.#person.addEventListener("change", () => this.#show());
        this.#offerPeople(section.dataset.person);
        this.#listen();
        this.#show();
    }

    beside(other) {
        this.#other = other;
    }

    get userId() {
        return this.#person.profile?.id;
    }

    #offerPeople(chosen) {
        const select = this.#parts.enter.elements.email;
        for (let number = 1; number <= kPeople; ++number) {
            const email = `demo${number}@example.com`;
            select.add(new Option(`${email} (${number % 2 ? "man" : "woman"})`, email, email === chosen, email === chosen));
        }
    }

    #listen() {
        const parts = this.#parts;
        const person = this.#person;
        this.#on(parts.enter, "submit", async () => {
            await person.signIn(parts.enter.elements.email.value);
            this.#other.#showCard();
        });
        this.#on(parts.leave, "click", () => person.signOut());
        this.#on(parts.cut, "click", () => person.lineState === "cut" ? person.connect() : person.cut());
        this.#on(parts.like, "click", () => person.decide(this.#candidate, "right"));
        this.#on(parts.pass, "click", () => person.decide(this.#candidate, "left"));
        this.#on(parts.write, "submit", () => {
            const input = parts.write.elements.text;
            person.write(input.value);
            input.value = "";
        });
        parts.write.elements.text.addEventListener("input", () => person.typing());
    }

    // What goes wrong is said where the person looks.
    #on(element, event, action) {
        element.addEventListener(event, async (happened) => {
            happened.preventDefault();
            this.#parts.news.textContent = "";
            try {
                await action();
            } catch (error) {
                this.#parts.news.textContent = error.message;
            }
        });
    }

    #show() {
        const parts = this.#parts;
        const { profile, lineState, news } = this.#person;
        parts.name.textContent = profile ? profile.username : "Nobody yet";
        parts.enter.hidden = Boolean(profile);
        parts.inside.hidden = !profile;
        if (news !== undefined) parts.news.textContent = news;
        this.#person.news = undefined;
        parts.line.textContent = kLines[lineState];
        parts.cut.textContent = lineState === "cut" ? "Connect again" : "Cut the connection";
        this.#showCard();
        this.#showPeople();
        this.#showChats();
        this.#showConversation();
    }

    #showCard() {
        const parts = this.#parts;
        const { candidates } = this.#person;
        const candidate = candidates.find(({ id }) => id === this.#other?.userId) ?? candidates[0];
        this.#candidate = candidate;
        parts.card.hidden = !candidate;
        parts.nobody.hidden = Boolean(candidate);
        if (!candidate) return;
        parts.face.textContent = candidate.username[0];
        parts.who.textContent = `${candidate.username}, ${ageOf(candidate.dob)}`;
        parts.what.textContent = `${candidate.university_major}, ${candidate.hometown}`;
        parts.about.textContent = candidate.about;
    }

    #showPeople() {
        const person = this.#person;
        const likes = person.likes.map(({ id, profile }) => ({
            key: `like ${id}`, text: `${profile?.username ?? "Somebody"} likes you`, button: "Like back", press: () => person.likeBack(id) }));
        const matches = person.matches.map((match) => ({
            key: `match ${match.id}`, text: `You matched with ${match.username}`, button: "Start a chat", press: () => this.#open(() => person.startChat(match)) }));
        this.#fillRows(this.#parts.people, [...likes, ...matches]);
    }

    #showChats() {
        const open = this.#person.conversation?.room;
        this.#fillRows(this.#parts.chats, this.#person.chats.map((chat) => ({
            key: chat.chat_room_id,
            text: chat.username + (chat.unseen_counter && chat.chat_room_id !== open ? ` (${chat.unseen_counter} new)` : ""),
            button: "Open",
            press: () => this.#open(() => this.#person.openChat(chat)) })));
    }

    #fillRows(list, rows) {
        fillList(list, rows, (row) => row.key, () => {
            const item = document.createElement("li");
            const button = Object.assign(document.createElement("button"), { type: "button" });
            item.append(document.createElement("span"), button);
            this.#on(button, "click", () => item.press());
            return item;
        }, (item, row) => {
            item.firstChild.textContent = row.text;
            item.lastChild.textContent = row.button;
            item.lastChild.setAttribute("aria-label", `${row.button}: ${row.text}`);
            item.press = row.press;
        });
    }

    async #open(action) {
        await action();
        this.#parts.partner.focus();
    }

    #showConversation() {
        const parts = this.#parts;
        const chat = this.#person.conversation;
        parts.chat.hidden = !chat;
        if (!chat) {
            parts.messages.replaceChildren();
            return;
        }
        parts.partner.textContent = `Chat with ${chat.username}`;
        parts.typing.textContent = this.#person.partnerTypes ? `${chat.username} is typing…` : "";
        const before = parts.messages.childElementCount;
        fillList(parts.messages, chat.ordered(), (message) => message.message_id, () => {
            const item = document.createElement("li");
            item.append(document.createElement("span"), document.createElement("small"));
            return item;
        }, (item, message) => {
            item.classList.toggle("mine", message.from_ === chat.me);
            item.firstChild.textContent = message.message;
            const time = message.timestamp ? new Date(message.timestamp).toLocaleTimeString([], { timeStyle: "short" }) : "";
            item.lastChild.textContent = [time, chat.stateOf(message)].filter(Boolean).join(" · ");
        });
        if (parts.messages.childElementCount > before) parts.log.scrollTop = parts.log.scrollHeight;
    }
}
