// A person with a real browser: headless Chromium, driven by playwright-core, against a running
// server. chromium.py prepares the server and says what this wants in the environment. Each test
// prints a line; screenshots go to CASEMENT_SCREENSHOTS, what passed to the file CASEMENT_RESULTS.

import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const env = process.env;
const issuer = env.CASEMENT_ISSUER;
const alice = env.CASEMENT_USER;
const password = env.CASEMENT_PASSWORD;
const shots = env.CASEMENT_SCREENSHOTS ?? fileURLToPath(new URL("../../build/screenshots", import.meta.url));

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const HTTPS_CALLBACK = "https://app.example/callback";
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const NARROW = { ...PHONE, viewport: { width: 320, height: 640 } };
const WAIT_MS = 15000;
const CONTRAST = 7; // WCAG 2.2, level AAA
const TARGET_PX = 44;

function ok(value, what) {
    if (!value) throw new Error(what);
}

function equal(value, wanted, what) {
    ok(value === wanted, `${what}: ${value}, not ${wanted}`);
}

function has(text, part) {
    ok(text.includes(part), `"${part}" is not in: ${text}`);
}

// --- the client of the authorization server ---

const metadata = await (await fetch(issuer + "/.well-known/oauth-authorization-server")).json();

async function post(url, form, headers = {}) {
    const answer = await fetch(url, { method: "POST", headers, body: new URLSearchParams(form) });
    return { status: answer.status, body: await answer.json() };
}

// A public client that registers itself (RFC 7591).
async function register(fields) {
    const answer = await fetch(metadata.registration_endpoint, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
            client_name: "Test agent", token_endpoint_auth_method: "none",
            grant_types: ["authorization_code", "refresh_token"], ...fields,
        }),
    });
    equal(answer.status, 201, "registration");
    return (await answer.json()).client_id;
}

// An authorization request, and what is needed to redeem the code that it brings.
function request(client, redirect, extra = {}) {
    const verifier = randomBytes(48).toString("base64url");
    const state = "st&te=" + randomBytes(6).toString("base64url");
    const url = metadata.authorization_endpoint + "?" + new URLSearchParams({
        response_type: "code", client_id: client, redirect_uri: redirect, state,
        scope: "read:application write:application", code_challenge_method: "S256",
        code_challenge: createHash("sha256").update(verifier).digest("base64url"), ...extra,
    });
    return { url, state, verifier, client, redirect };
}

// The parameters that came back; they must be those of this request's answer.
function answered(asked, url) {
    ok(String(url).startsWith(asked.redirect + "?"), "went to " + url);
    const told = Object.fromEntries(new URL(url).searchParams);
    equal(told.state, asked.state, "state");
    equal(told.iss, issuer, "iss");
    return told;
}

async function redeem(asked, code, headers = {}) {
    const { status, body } = await post(metadata.token_endpoint, {
        grant_type: "authorization_code", client_id: asked.client, code,
        redirect_uri: asked.redirect, code_verifier: asked.verifier,
    }, headers);
    equal(status, 200, "token endpoint: " + JSON.stringify(body));
    return body.access_token;
}

async function call(token) {
    const answer = await fetch(env.CASEMENT_URL, {
        method: "POST",
        headers: { Authorization: "Bearer " + token, "Content-Type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call",
            params: { name: "get_applications", arguments: { pageSize: 1 } } }),
    });
    return { status: answer.status, body: await answer.json() };
}

async function callWorks(token) {
    const { status, body } = await call(token);
    equal(status, 200, "tools/call");
    ok(body.result && !body.result.isError, JSON.stringify(body));
    has(body.result.content[0].text, "my-org");
}

// --- servers of others, on 127.0.0.1 ---

const servers = [];

// A server that answers every GET with this page, and knows the URLs that were asked for.
async function serve(html) {
    const server = createServer((asked, reply) => {
        urls.push(new URL(asked.url, "http://" + asked.headers.host));
        reply.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
        reply.end(typeof html === "function" ? html() : html);
    });
    const urls = [];
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    servers.push(server);
    return { port: server.address().port, urls };
}

const BACK = '<!doctype html><html lang="en"><title>Back</title><h1>Back in the program</h1>';
const callback = await serve(BACK);
const LOOPBACK = "http://127.0.0.1/callback"; // as registered: any port is good
const loopback = `http://127.0.0.1:${callback.port}/callback`;

// --- what every page must be ---

// Runs in the page: what is wrong with it.
function faults({ contrast, target }) {
    const found = [];
    const must = (good, what) => good || found.push(what);
    const visible = (node) => node.getClientRects().length > 0;
    must(document.documentElement.lang === "en", "no lang");
    must(document.title.trim() !== "", "no title");
    must(document.querySelectorAll("h1").length === 1, "not exactly one h1");
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
class Person {
    static async open(browser, options) {
        const person = new Person();
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
        for (const text of texts) has(await this.page.locator("main").innerText(), text);
        const found = await this.page.evaluate(faults, { contrast: CONTRAST, target: TARGET_PX });
        ok(found.length === 0, `${heading}: ${found.join("; ")}`);
        if (name) {
            const path = join(shots, `${String(++shot).padStart(2, "0")}-${name}.png`);
            await this.page.screenshot({ path, fullPage: true });
        }
        await this.tabs(heading);
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

    press(name) {
        return this.arrive(() => this.page.getByRole("button", { name, exact: true }).click());
    }

    async signIn(user = alice, secret = password) {
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
            urls.push(new URL(asked.url));
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

function database(sql) {
    execFileSync("sqlite3", ["-cmd", ".timeout 30000", env.CASEMENT_DB, sql]);
}

// --- the tests: the person's context may have options ---

const tests = [];

function test(name, options, run) {
    tests.push({ name, options, run });
}

test("sign in, allow, a loopback redirect with code, state and iss, a tool call", {}, async (person) => {
    const asked = request(await register({ redirect_uris: [LOOPBACK] }), loopback);
    await person.go(asked.url);
    await person.sees("Sign in", { name: "sign-in", texts: ["to go on to Test agent"] });
    await person.signIn();
    await person.sees("Let this application in?", { name: "consent",
        texts: ["Test agent", "See the applications", "Create, change and delete", alice, "nobody checked it"] });
    await person.press("Allow");
    const told = answered(asked, person.page.url());
    equal(String(callback.urls.at(-1)), person.page.url(), "the callback server heard");
    equal(Object.keys(told).sort().join(), "code,iss,state", "parameters");
    await callWorks(await redeem(asked, told.code));
});

test("an https redirect", {}, async (person) => {
    const urls = await person.stub("https://app.example/*");
    const asked = request(await register({ redirect_uris: [HTTPS_CALLBACK] }), HTTPS_CALLBACK);
    await person.go(asked.url);
    await person.signIn();
    await person.sees("Let this application in?", { name: "consent-https", texts: ["app.example"] });
    await person.press("Allow");
    const told = answered(asked, person.page.url());
    equal(String(urls[0]), person.page.url(), "asked of app.example");
    await callWorks(await redeem(asked, told.code));
});

// --- all of them ---

mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({
    executablePath: env.CASEMENT_CHROMIUM,
    args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
const row = {};
for (const { name, options, run } of tests) {
    const person = await Person.open(browser, options);
    try {
        await run(person);
        person.settled();
        row[name] = "yes";
        console.log("ok " + name);
    } catch (error) {
        row[name] = "NO";
        console.log(`FAILED ${name}: ${error.message}`);
        for (const problem of person.problems) console.log("    the browser says: " + problem);
        await person.page.screenshot({ path: join(shots, "failed.png"), fullPage: true }).catch(() => {});
    }
    await person.context.close();
}
await browser.close();
for (const server of servers) {
    server.closeAllConnections();
    server.close();
}
if (env.CASEMENT_RESULTS) writeFileSync(env.CASEMENT_RESULTS, JSON.stringify({ [`Chromium`]: row }));
process.exit(Object.values(row).includes("NO") ? 1 : 0);
