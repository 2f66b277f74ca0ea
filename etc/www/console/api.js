// What the daemon's console answers. The token stays in this page's memory.

let token = "";

export function useToken(text) {
    token = text;
}

/** A GET, or a POST of `json`. What was refused is thrown as an Error with its sentence and `status`. */
export async function ask(path, json) {
    const request = { headers: { Authorization: `Bearer ${token}` } };
    if (json) {
        request.method = "POST";
        request.headers["Content-Type"] = "application/json";
        request.body = JSON.stringify(json);
    }
    const reply = await fetch(`/console/api/${path}`, request);
    const answer = await reply.json();
    if (reply.ok) return answer;
    const { detail } = answer;
    const sentence = Array.isArray(detail) ? detail.map((fault) => fault.msg).join("; ") : String(detail);
    throw Object.assign(new Error(sentence), { status: reply.status });
}
