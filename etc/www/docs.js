// Lists the OpenAPI description, one entry that opens for each route.
const target = document.getElementById("routes");

function entry(method, path, operation) {
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    const name = document.createElement("code");
    name.textContent = `${method.toUpperCase()} ${path}`;
    summary.append(name, ` ${operation.summary ?? ""}`);
    const text = document.createElement("pre");
    text.textContent = JSON.stringify(operation, null, 2);
    details.append(summary, text);
    return details;
}

fetch("/openapi.json")
    .then((reply) => reply.json())
    .then((api) => {
        const entries = Object.entries(api.paths).flatMap(([path, methods]) =>
            Object.entries(methods).map(([method, operation]) => entry(method, path, operation)));
        target.replaceChildren(...entries);
    })
    .catch((error) => { target.textContent = `The description cannot be loaded: ${error}`; });
