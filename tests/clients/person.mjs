// A person with a browser that keeps cookies and fills in forms; name and password come from the
// environment.

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

function attribute(tag, name) {
    const value = tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1];
    return value?.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity]);
}

// The first form of a page, null when there is none.
function readForm(html, url) {
    const found = html.match(/(<form\b[^>]*>)([^]*?)<\/form>/);
    if (!found) return null;
    const fields = {};
    for (const [input] of found[2].matchAll(/<input\b[^>]*>/g))
        fields[attribute(input, "name")] = attribute(input, "value") ?? "";
    return { action: new URL(attribute(found[1], "action"), url), fields };
}

export class Person {
    #cookies = new Map();

    // One request, and where the server sends on to; null ends the way on a page.
    async #send(url, form) {
        const cookie = [...this.#cookies].map((pair) => pair.join("=")).join("; ");
        const answer = await fetch(url, {
            method: form ? "POST" : "GET", redirect: "manual",
            headers: cookie ? { Cookie: cookie } : {}, body: form && new URLSearchParams(form),
        });
        for (const line of answer.headers.getSetCookie()) {
            const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
            this.#cookies.set(name, value);
        }
        const html = await answer.text();
        if (answer.status === 303) return { next: new URL(answer.headers.get("Location")) };
        if (answer.status !== 200) throw new Error(`${answer.status} for the person at ${url.pathname}`);
        return { html, form: readForm(html, url) };
    }

    // Requests until there is a page, or an address that is not the server's.
    async #go(url, form) {
        let found = await this.#send(url, form);
        for (let hops = 0; found.next?.origin === url.origin; hops++) {
            if (hops === 10) throw new Error("redirects without end");
            found = await this.#send(found.next);
        }
        return found;
    }

    // Open an address, sign in where that is asked for, type what is missing and press the buttons
    // in turn; the address that the browser is sent to, null when it stays on the server.
    async visit(address, ...buttons) {
        let found = await this.#go(new URL(address));
        if (found.form && "password" in found.form.fields)
            found = await this.#press(found, "sign-in", {
                username: process.env.CASEMENT_USER, password: process.env.CASEMENT_PASSWORD });
        for (const button of buttons) {
            if (!found.form) throw new Error(`no page with the button ${button}`);
            found = await this.#press(found, button, {});
        }
        return found.next ?? null;
    }

    #press(page, action, typed) {
        return this.#go(page.form.action, { ...page.form.fields, ...typed, action });
    }
}
