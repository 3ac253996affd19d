// A person with a browser: what is done on a page, and what every page must be.

import { join } from "node:path";

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const DESKTOP = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1, isMobile: false, hasTouch: false };
export const NARROW = { viewport: { width: 320, height: 640 } };
export const BACK = '<!doctype html><html lang="en"><title>Back</title><h1>Back in the program</h1>';
const WAIT_MS = 15000;
const CONTRAST = 7; // WCAG 2.2, level AAA
const TARGET_PX = 44;

export function ok(value, what) {
    if (!value) throw new Error(what);
}

export function equal(value, wanted, what) {
    ok(value === wanted, `${what}: ${value}, not ${wanted}`);
}

export function has(text, part) {
    ok(text.includes(part), `"${part}" is not in: ${text}`);
}

// --- what every page must be ---

// Runs in the page: what is wrong with it.
function faults({ contrast, target }) {
    const found = [];
    const must = (good, what) => good || found.push(what);
    const visible = (node) => node.getClientRects().length > 0;
    must(document.documentElement.lang === "en", "no lang");
    must(document.title.trim() !== "", "no title");
    must(document.querySelectorAll("h1").length === 1, "not exactly one h1");
    const levels = [...document.querySelectorAll("h1,h2,h3,h4")].map((node) => Number(node.localName[1]));
    must(levels.every((level, i) => level <= (levels[i - 1] ?? 0) + 1), "a heading skips a level");
    const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    must(new Set(ids).size === ids.length, "an id occurs twice");
    must(document.querySelectorAll("main").length === 1, "not exactly one main");
    must(document.scripts.length === 0, "a script");
    must(document.styleSheets.length === 1 && document.styleSheets[0].cssRules.length > 5, "no style sheet");
    for (const node of document.querySelectorAll("*"))
        for (const { name } of node.attributes)
            must(name !== "style" && !name.startsWith("on"), `${node.localName} has ${name}`);
    for (const input of document.querySelectorAll("input:not([type=hidden])")) {
        must([...input.labels].some((label) => label.textContent.trim()), input.name + " has no label");
        must(parseFloat(getComputedStyle(input).fontSize) >= 16, input.name + " is zoomed into on phones");
    }
    for (const node of document.querySelectorAll("input:not([type=hidden]),button"))
        must(node.getBoundingClientRect().height >= target, (node.textContent || node.name) + " is a small target");
    must(document.documentElement.scrollWidth <= innerWidth, "scrolls sideways");
    const rgb = (color) => color.match(/[\d.]+/g).map(Number);
    const light = (color) => rgb(color).slice(0, 3).map((c) => c / 255)
        .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const paper = (node) => {
        const color = node && getComputedStyle(node).backgroundColor;
        return !node ? "rgb(255,255,255)" : rgb(color)[3] === 0 ? paper(node.parentElement) : color;
    };
    for (const node of document.querySelectorAll("body *")) {
        const words = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
        if (!visible(node) || !(words || node.localName === "input")) continue;
        const [a, b] = [light(getComputedStyle(node).color), light(paper(node))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        must(ratio >= contrast, `contrast ${ratio.toFixed(1)} of "${node.textContent.trim().slice(0, 30)}"`);
    }
    return found;
}

// Runs in the page: the place of the focus among all that can be operated, and whether it shows.
function focus() {
    const all = [...document.querySelectorAll("a[href],button,input:not([type=hidden])")];
    const style = getComputedStyle(document.activeElement);
    return { at: all.indexOf(document.activeElement), count: all.length,
        shows: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
}

let shot = 0;

// A person: a browser without cookies, of its own.
export class Person {
    static async open(browser, options, { shots, user, password }) {
        const person = new Person();
        Object.assign(person, { shots, user, password });
        person.context = await browser.newContext({ ...PHONE, ...options });
        person.context.setDefaultTimeout(WAIT_MS);
        person.page = await person.context.newPage();
        person.problems = [];
        person.expected = [];
        const note = (text) => person.problems.push(text);
        person.context.on("console", (message) =>
            ["error", "warning"].includes(message.type()) && note(message.text()));
        person.context.on("weberror", (error) => note(String(error.error())));
        await person.context.exposeBinding("violation", (_, text) => note(text));
        await person.context.addInitScript(() => document.addEventListener("securitypolicyviolation",
            (event) => window.violation(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
        return person;
    }

    // Look at the page that there is now: it has this heading, and nothing is wrong with it.
    async sees(heading, { name, texts = [], status } = {}) {
        await this.page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
        if (status) equal(this.answer.status(), status, "status");
        await this.focused();
        for (const text of texts) has(await this.page.locator("main").innerText(), text);
        const found = await this.page.evaluate(faults, { contrast: CONTRAST, target: TARGET_PX });
        ok(found.length === 0, `${heading}: ${found.join("; ")}`);
        if (name) {
            const path = join(this.shots, `${String(++shot).padStart(2, "0")}-${name}.png`);
            await this.page.screenshot({ path, fullPage: true });
        }
        await this.tabs(heading);
    }

    // The field that is meant to have the focus from the start gets it when the page is drawn.
    async focused() {
        const field = this.page.locator("[autofocus]");
        if (await field.count()) await field.and(this.page.locator(":focus")).waitFor();
    }

    // Tab reaches everything once, in the order of the page, and shows where it is.
    async tabs(heading) {
        let { at, count } = await this.page.evaluate(focus);
        for (let next = at + 1; next < count; next++) {
            await this.page.keyboard.press("Tab");
            const now = await this.page.evaluate(focus);
            equal(now.at, next, heading + ": Tab went to");
            ok(now.shows, heading + ": focus does not show");
        }
    }

    // Do something that loads a page; whose answer it is kept.
    async arrive(act) {
        [this.answer] = await Promise.all([this.page.waitForNavigation(), act()]);
        return this.answer;
    }

    async go(url) {
        this.answer = await this.page.goto(url);
        return this.answer;
    }

    button(name) {
        return this.page.getByRole("button", { name, exact: true });
    }

    press(name) {
        return this.arrive(() => this.button(name).click());
    }

    async signIn(user = this.user, secret = this.password) {
        await this.page.getByLabel("User name or e-mail address").fill(user);
        await this.page.getByLabel("Password").fill(secret);
        return this.press("Sign in");
    }

    // Answers of 4xx are written to the console of the browser; these are meant.
    expects(...statuses) {
        this.expected.push(...statuses.map((status) => `the server responded with a status of ${status} `));
    }

    // Answer what the browser asks of a host that is not there; the URLs it asked for.
    async stub(pattern) {
        const urls = [];
        const session = await this.context.newCDPSession(this.page);
        session.on("Fetch.requestPaused", ({ requestId, request: asked }) => {
            if (!asked.url.endsWith("/favicon.ico")) urls.push(new URL(asked.url));
            session.send("Fetch.fulfillRequest", { requestId, responseCode: 200,
                responseHeaders: [{ name: "Content-Type", value: "text/html" }],
                body: Buffer.from(BACK).toString("base64") }).catch(() => {});
        });
        await session.send("Fetch.enable", { patterns: [{ urlPattern: pattern }] });
        return urls;
    }

    // Nothing went wrong that was not meant to.
    settled() {
        const left = this.problems.filter((text) => !this.expected.some((part) => text.includes(part)));
        ok(left.length === 0, "the browser says: " + left.join(" | "));
    }
}
