// Calls of the server's routes. What it refuses is thrown as an Error with its own sentence and `status`.

const kBase = "/api/v1";

/** Sends `json`, or `form` as a form; a GET if there is neither and no `method`. */
export async function call(path, { method, token, json, form, headers = {} } = {}) {
    const request = { method: method ?? (json || form ? "POST" : "GET"), headers: { ...headers } };
    if (token) request.headers.Authorization = `Bearer ${token}`;
    if (json) {
        request.headers["Content-Type"] = "application/json";
        request.body = JSON.stringify(json);
    } else if (form) {
        request.body = new URLSearchParams(form);
    }
    const reply = await fetch(path.startsWith("/try/") ? path : kBase + path, request);
    const answer = await reply.json();
    if (!reply.ok) throw Object.assign(new Error(sentenceOf(answer)), { status: reply.status });
    return answer;
}

function sentenceOf(answer) {
    const detail = answer.detail;
    return Array.isArray(detail) ? detail.map((fault) => fault.msg).join("; ") : String(detail);
}

/** What one person calls: signed in, and again with a new access token when the old one has run out. */
export class Account {
    #refreshToken;

    static async signIn(email, password) {
        const account = new Account();
        const answer = await call("/token", { form: { username: email, password } });
        account.id = answer.user_id;
        account.token = answer.access_token;
        account.#refreshToken = answer.refresh_token;
        return account;
    }

    async call(path, options = {}) {
        try {
            return await call(path, { ...options, token: this.token });
        } catch (error) {
            if (error.status !== 401) throw error;
            await this.refresh();
            return call(path, { ...options, token: this.token });
        }
    }

    async refresh() {
        const answer = await call("/refresh", { json: { refresh_token: this.#refreshToken } });
        this.token = answer.access_token;
    }
}
