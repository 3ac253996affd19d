// A person with a real browser: headless Chromium, driven by playwright-core, against a running
// server. chromium.py prepares the server and says what this wants in the environment. Each test
// prints a line; screenshots go to CASEMENT_SCREENSHOTS, what passed to the file CASEMENT_RESULTS.

import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { BACK, DESKTOP, NARROW, Person, equal, has, ok } from "./pages.mjs";

const env = process.env;
const issuer = env.CASEMENT_ISSUER;
const alice = env.CASEMENT_USER;
const password = env.CASEMENT_PASSWORD;
const shots = env.CASEMENT_SCREENSHOTS ?? fileURLToPath(new URL("../../build/screenshots", import.meta.url));

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const HTTPS_CALLBACK = "https://app.example/callback";

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
        if (asked.url !== "/favicon.ico") urls.push(new URL(asked.url, "http://" + asked.headers.host));
        reply.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
        reply.end(typeof html === "function" ? html() : html);
    });
    const urls = [];
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    servers.push(server);
    return { port: server.address().port, urls };
}

const callback = await serve(BACK);
const LOOPBACK = "http://127.0.0.1/callback"; // as registered: any port is good
const loopback = `http://127.0.0.1:${callback.port}/callback`;

// A change of the database by hand; one that finds no row was not what was meant.
function database(change) {
    const told = execFileSync("sqlite3", ["-cmd", ".timeout 30000", env.CASEMENT_DB, change + "; SELECT changes()"]);
    ok(Number(told) > 0, "no row for: " + change);
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

test("a redirect to a private-use scheme", {}, async (person) => {
    const redirect = "com.example.app:/callback";
    const asked = request(await register({ redirect_uris: [redirect] }), redirect);
    await person.go(asked.url);
    await person.signIn();
    await person.sees("Let this application in?", { name: "consent-private-use", texts: ["com.example.app:"] });
    const [handed] = await Promise.all([
        person.page.waitForRequest((one) => one.url().startsWith(redirect)),
        person.button("Allow").click(),
    ]);
    await callWorks(await redeem(asked, answered(asked, handed.url()).code));
});

test("loopback redirects by name and in IPv6", {}, async (person) => {
    await person.go(issuer + "/account");
    await person.signIn();
    for (const host of ["localhost", "[::1]"]) {
        const urls = await person.stub(`http://${host}:4321/*`);
        const asked = request(await register({ redirect_uris: [`http://${host}/callback`] }),
            `http://${host}:4321/callback`);
        await person.go(asked.url);
        await person.sees("Let this application in?", { texts: [host] });
        await person.press("Allow");
        ok(answered(asked, person.page.url()).code, "no code");
        equal(urls.length, 1, "requests to " + host);
    }
});

test("by keyboard alone", {}, async (person) => {
    const asked = request(await register({ redirect_uris: [LOOPBACK] }), loopback);
    const { keyboard } = person.page;
    await person.go(asked.url);
    await person.focused();
    await keyboard.type(alice);
    await keyboard.press("Tab");
    await keyboard.type(password);
    await person.arrive(() => keyboard.press("Enter"));
    await person.page.getByText("asks to do this in your name").waitFor();
    await keyboard.press("Tab");
    await person.arrive(() => keyboard.press("Enter"));
    ok(answered(asked, person.page.url()).code, "no code");
});

test("Deny: access_denied, and nothing is kept", {}, async (person) => {
    const asked = request(await register({ redirect_uris: [LOOPBACK], client_name: "Refused" }), loopback);
    await person.go(asked.url);
    await person.signIn();
    await person.press("Deny");
    const told = answered(asked, person.page.url());
    equal(told.error, "access_denied", "error");
    ok(!("code" in told), "a code");
    await person.go(issuer + "/account");
    ok(!(await person.page.locator("main").innerText()).includes("Refused"), "it is listed");
});

test("a wrong password: an error that belongs to the field, then the right one", {}, async (person) => {
    const asked = request(await register({ redirect_uris: [LOOPBACK] }), loopback);
    person.expects(403);
    await person.go(asked.url);
    await person.signIn(alice, "wrong");
    await person.sees("Sign in", { name: "wrong-password", status: 403 });
    const alert = person.page.getByRole("alert");
    has(await alert.innerText(), "The name or the password is wrong.");
    const field = person.page.getByLabel("User name or e-mail address");
    equal(await field.getAttribute("aria-describedby"), await alert.getAttribute("id"), "description");
    equal(await field.inputValue(), alice, "the name that was typed");
    equal(await person.page.getByLabel("Password").inputValue(), "", "the password that was typed");
    await person.signIn();
    await person.press("Allow");
    ok(answered(asked, person.page.url()).code, "no code");
});

test("too many wrong passwords: wait, with the right one too", {}, async (person) => {
    const bob = env.CASEMENT_USER_LOCKED;
    person.expects(403, 429);
    await person.go(issuer + "/account");
    for (let i = 0; i < 15 && person.answer.status() !== 429; i++) await person.signIn(bob, "wrong");
    await person.sees("Sign in", { name: "too-many-attempts", status: 429, texts: ["Too many attempts."] });
    database(`UPDATE throttle SET failures = 15 WHERE key LIKE 'user ${bob} #%'`);
    await person.signIn(bob);
    equal(person.answer.status(), 429, "status with the right password");
    ok(Number(await person.answer.headerValue("retry-after")) > 0, "no Retry-After");
    await person.signIn();
    await person.sees("Your account", { status: 200 });
});

test("a session that ended while the page was open", {}, async (person) => {
    const asked = request(await register({ redirect_uris: [LOOPBACK] }), loopback);
    await person.go(asked.url);
    await person.signIn();
    await person.sees("Let this application in?");
    database("UPDATE session SET expires_at_s = 1");
    await person.press("Allow");
    await person.sees("Sign in", { status: 200, texts: ["Test agent"] });
    await person.signIn();
    await person.sees("Let this application in?");
    await person.press("Allow");
    await callWorks(await redeem(asked, answered(asked, person.page.url()).code));
});

test("a consent is remembered; prompt=consent asks", {}, async (person) => {
    const urls = await person.stub("https://app.example/*");
    const id = env.CASEMENT_WEB_CLIENT_ID;
    const basic = Buffer.from(`${id}:${env.CASEMENT_WEB_CLIENT_SECRET}`).toString("base64");
    const first = request(id, HTTPS_CALLBACK);
    await person.go(first.url);
    await person.signIn();
    await person.sees("Let this application in?", { name: "consent-of-the-organisation", texts: ["Web shop"] });
    await person.press("Allow");
    await callWorks(await redeem(first, answered(first, person.page.url()).code,
        { Authorization: "Basic " + basic }));
    const second = request(id, HTTPS_CALLBACK);
    await person.go(second.url);
    ok(answered(second, person.page.url()).code, "no code the second time");
    // The form of the sign-in page leads to the client at once.
    const login = request(id, HTTPS_CALLBACK, { prompt: "login" });
    await person.go(login.url);
    await person.sees("Sign in");
    await person.signIn();
    ok(answered(login, person.page.url()).code, "no code after signing in");
    equal(urls.length, 3, "requests to app.example");
    await person.go(request(id, HTTPS_CALLBACK, { prompt: "consent" }).url);
    await person.sees("Let this application in?");
});

test("the account page: what was allowed, taking it back, signing out", {}, async (person) => {
    const name = "Agent to revoke";
    const carol = env.CASEMENT_USER_OTHER;
    const asked = request(await register({ redirect_uris: [LOOPBACK], client_name: name }), loopback);
    await person.go(asked.url);
    await person.signIn(carol);
    await person.press("Allow");
    const token = await redeem(asked, answered(asked, person.page.url()).code);
    await callWorks(token);
    await person.go(issuer + "/account");
    await person.sees("Your account", { name: "account", texts: [carol, name, "See the applications"] });
    await person.press(`Take back what ${name} may do`);
    await person.sees("Your account", { name: "account-empty", status: 200, texts: ["There are none."] });
    equal((await call(token)).status, 401, "tools/call with the token");
    await person.press("Sign out");
    await person.sees("You are signed out", { name: "signed-out", status: 200 });
    await person.go(issuer + "/account");
    await person.sees("Sign in");
});

test("sign in as somebody else", {}, async (person) => {
    const carol = env.CASEMENT_USER_OTHER;
    const asked = request(await register({ redirect_uris: [LOOPBACK] }), loopback);
    await person.go(asked.url);
    await person.signIn();
    await person.press("Sign in as somebody else");
    await person.sees("Sign in", { texts: ["Test agent"] });
    await person.signIn(carol);
    await person.sees("Let this application in?", { texts: [carol] });
    await person.press("Allow");
    ok(answered(asked, person.page.url()).code, "no code");
});

test("a device: code, sign in, allow, a token", {}, async (person) => {
    const client = await register({ client_name: "Television", redirect_uris: [], grant_types: [DEVICE_GRANT] });
    const { status, body: device } = await post(metadata.device_authorization_endpoint,
        { client_id: client, scope: "read:application" });
    equal(status, 200, "device authorization: " + JSON.stringify(device));
    person.expects(404);
    await person.go(device.verification_uri_complete);
    await person.sees("Sign in", { texts: ["connect a device"] });
    await person.signIn();
    await person.sees("Connect a device", { name: "device" });
    const field = person.page.getByLabel("The code that your device shows");
    equal(await field.inputValue(), device.user_code, "the code that is filled in");
    await field.fill("BBBB-BBBB");
    await person.press("Go on");
    await person.sees("Connect a device", { name: "device-wrong-code", texts: ["No device waits under this code."] });
    await field.fill(device.user_code.toLowerCase().replace("-", ""));
    await person.press("Go on");
    await person.sees("Let this application in?", { name: "device-consent",
        texts: ["Television", device.user_code, "See the applications"] });
    await person.press("Allow");
    await person.sees("Connected", { name: "device-connected", status: 200 });
    const poll = await post(metadata.token_endpoint,
        { grant_type: DEVICE_GRANT, client_id: client, device_code: device.device_code });
    equal(poll.status, 200, "poll: " + JSON.stringify(poll.body));
    await callWorks(poll.body.access_token);
});

test("pages that say what is wrong, and the start page", {}, async (person) => {
    person.expects(400);
    await person.go(request("nobody", loopback).url);
    await person.sees("That did not work", { name: "unknown-client", status: 400 });
    equal(await person.page.getByRole("alert").count(), 1, "alerts");
    await person.go(issuer + "/");
    await person.sees("Application registry", { name: "start", status: 200 });
});

test("a wrong link of a stranger's site is shown, and leads there only when asked", {}, async (person) => {
    const urls = await person.stub("https://app.example/*");
    const asked = request(await register({ redirect_uris: [HTTPS_CALLBACK] }), HTTPS_CALLBACK, { scope: "nonsense" });
    person.expects(400);
    await person.go(asked.url);
    await person.sees("That did not work", { name: "wrong-link", status: 400,
        texts: ["Test agent sent you here", "nobody checked it", "Go back to app.example"] });
    equal(urls.length, 0, "requests to app.example");
    await person.arrive(() => person.page.getByRole("link").click());
    equal(answered(asked, person.page.url()).error, "invalid_scope", "error");
});

test("no other site can frame a page", {}, async (person) => {
    const asked = request(await register({ redirect_uris: [LOOPBACK] }), loopback);
    await person.go(issuer + "/account");
    await person.signIn();
    for (const url of [issuer + "/account", asked.url, issuer + "/device", issuer + "/"]) {
        const thief = await serve('<!doctype html><html lang="en"><title>Prizes</title><h1>Prizes</h1>'
            + `<iframe src="${url.replaceAll("&", "&amp;")}"></iframe><iframe src="${loopback}"></iframe>`);
        await person.go(`http://127.0.0.1:${thief.port}/`);
        await person.page.frameLocator("iframe >> nth=1").getByText("Back in the program").waitFor();
        equal(person.page.frames()[1].url(), "chrome-error://chromewebdata/", "the frame with " + url);
        equal(person.problems.filter((text) => text.includes("frame-ancestors")).length, 1, "refusals");
        person.problems.length = 0;
    }
});

test("no other site can send a form", {}, async (person) => {
    person.expects(400);
    await person.go(issuer + "/account");
    await person.signIn();
    const thief = await serve('<!doctype html><html lang="en"><title>Prizes</title>'
        + `<form method="post" action="${issuer}/account"><button name="action" value="sign-out">Win</button></form>`);
    // Another host is another site: the cookie stays behind.  The same host on another port is not.
    for (const host of ["localhost", "127.0.0.1"]) {
        await person.go(`http://${host}:${thief.port}/`);
        await person.press("Win");
        await person.sees("That did not work", { status: 400 });
        await person.go(issuer + "/account");
        await person.sees("Your account", { texts: [alice] });
    }
});

test("a request that a client POSTs from its own site", {}, async (person) => {
    const asked = request(await register({ redirect_uris: [LOOPBACK] }), loopback);
    const { origin, pathname, searchParams } = new URL(asked.url);
    const fields = [...searchParams].map(([name, value]) =>
        `<input type="hidden" name="${name}" value="${value.replaceAll("&", "&amp;")}">`);
    const site = await serve('<!doctype html><html lang="en"><title>Client</title>'
        + `<form method="post" action="${origin}${pathname}">${fields.join("")}<button>Log in</button></form>`);
    await person.go(issuer + "/account");
    await person.signIn();
    await person.go(`http://localhost:${site.port}/`);
    await person.press("Log in");
    await person.sees("Let this application in?", { texts: [alice] });
    await person.press("Allow");
    ok(answered(asked, person.page.url()).code, "no code");
});

test("on a desktop", DESKTOP, async (person) => {
    const asked = request(await register({ redirect_uris: [LOOPBACK] }), loopback);
    await person.go(asked.url);
    await person.sees("Sign in", { name: "desktop-sign-in" });
    await person.signIn();
    await person.sees("Let this application in?", { name: "desktop-consent" });
});

test("in the dark", { colorScheme: "dark" }, async (person) => {
    const asked = request(await register({ redirect_uris: [LOOPBACK] }), loopback);
    person.expects(403);
    await person.go(asked.url);
    await person.signIn(alice, "wrong");
    await person.sees("Sign in", { name: "dark-wrong-password" });
    const paper = await person.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    ok(paper.match(/\d+/g).every((part) => part < 64), "the paper is " + paper);
    await person.signIn();
    await person.sees("Let this application in?", { name: "dark-consent" });
    await person.go(issuer + "/account");
    await person.sees("Your account");
    await person.go(issuer + "/");
    await person.sees("Application registry", { name: "dark-start" });
});

test("long words on a narrow screen", NARROW, async (person) => {
    const name = "Agent" + "WithANameWithoutEnd".repeat(5);
    const urls = await person.stub("https://*.example/*");
    const redirect = `https://${"a-host-with-a-long-name.".repeat(5)}example/callback`;
    const asked = request(await register({ redirect_uris: [redirect], client_name: name }), redirect);
    await person.go(asked.url);
    await person.sees("Sign in", { texts: [name] });
    await person.signIn(env.CASEMENT_USER_OTHER);
    await person.sees("Let this application in?", { name: "narrow-consent", texts: [name] });
    await person.press("Allow");
    equal(urls.length, 1, "requests to the client");
    await person.go(issuer + "/account");
    await person.sees("Your account", { name: "narrow-account", texts: [name] });
});

// --- all of them ---

mkdirSync(shots, { recursive: true });
for (const name of readdirSync(shots))
    if (/^(\d\d|failed)-.*\.png$/.test(name)) unlinkSync(join(shots, name)); // of the last run
const browser = await chromium.launch({
    executablePath: env.CASEMENT_CHROMIUM,
    args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
const row = {};
for (const [index, { name, options, run }] of tests.entries()) {
    const person = await Person.open(browser, options, { shots, user: alice, password });
    try {
        await run(person);
        person.settled();
        row[name] = "yes";
        console.log("ok " + name);
    } catch (error) {
        row[name] = "NO";
        console.log(`FAILED ${name}: ${error.message}`);
        for (const problem of person.problems) console.log("    the browser says: " + problem);
        const path = join(shots, `failed-${index + 1}.png`);
        await person.page.screenshot({ path, fullPage: true }).catch(() => {});
    }
    await person.context.close();
}
await browser.close();
for (const server of servers) {
    server.closeAllConnections();
    server.close();
}
if (env.CASEMENT_RESULTS) writeFileSync(env.CASEMENT_RESULTS, JSON.stringify({ Chromium: row }));
process.exit(Object.values(row).includes("NO") ? 1 : 0);
