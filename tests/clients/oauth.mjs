// The OAuth clients of the official TypeScript SDKs, given nothing but the URL of the server: they
// meet 401, find out where tokens come from, register, send a person to sign in, and end with a
// tool call.  The table of what worked goes to the file named in CASEMENT_RESULTS.

import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { ClientCredentialsProvider as Credentials1 }
    from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { StreamableHTTPClientTransport as Transport1 }
    from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client as Client2, ClientCredentialsProvider as Credentials2,
    StreamableHTTPClientTransport as Transport2 } from "@modelcontextprotocol/client";
import { Person } from "./person.mjs";

console.warn = () => {}; // 2.x tells there of every refusal, also of those that are wanted here

const STATELESS = "2026-07-28";
const READ = "read:application";
const ALL_GRANTS = ["authorization_code", "refresh_token"];
const url = new URL(process.env.CASEMENT_URL);
const INFO = { name: "casement-clients", version: "1" };

// What differs between the lines.  1.x takes the code alone from the redirect, so it can't check
// iss or tell of an error; before it asks for more scopes it tries the refresh token, which can't
// have more, so there it gets none.
const CASES = {
    "sdk 1.x": {
        client: () => new Client1(INFO), Transport: Transport1, Credentials: Credentials1,
        readsRedirect: false, grantsOfStepUp: ["authorization_code"],
    },
    "client 2.x": {
        client: () => new Client2(INFO), Transport: Transport2, Credentials: Credentials2,
        readsRedirect: true, grantsOfStepUp: ALL_GRANTS,
    },
    [`client 2.x ${STATELESS}`]: {
        client: () => new Client2(INFO, { versionNegotiation: { mode: { pin: STATELESS } } }),
        Transport: Transport2, Credentials: Credentials2,
        readsRedirect: true, grantsOfStepUp: ALL_GRANTS,
    },
};

function ok(value, what) {
    if (!value) throw new Error(what);
}

function failure(promise) {
    return promise.then(() => { throw new Error("it worked"); }, (error) => error);
}

// What an application keeps, in memory.  button is what the person presses on the consent page.
class Provider {
    redirectUrl = "http://127.0.0.1:7777/callback";
    asked = [];         // the authorization requests so far
    kept = {};
    button = "allow";

    constructor(person, grants = ALL_GRANTS) {
        this.person = person;
        this.clientMetadata = { client_name: "Casement's tests", redirect_uris: [this.redirectUrl],
            grant_types: grants, response_types: ["code"], token_endpoint_auth_method: "none" };
    }

    state() { return this.kept.state = randomUUID(); }
    clientInformation() { return this.kept.client; }
    saveClientInformation(client) { this.kept.client = client; }
    tokens() { return this.kept.tokens; }
    saveTokens(tokens) { this.kept.tokens = tokens; }
    codeVerifier() { return this.kept.verifier; }
    saveCodeVerifier(verifier) { this.kept.verifier = verifier; }
    discoveryState() { return this.kept.discovery; }
    saveDiscoveryState(discovery) { this.kept.discovery = discovery; }

    async redirectToAuthorization(request) {
        this.asked.push(request);
        if (this.scope) request.searchParams.set("scope", this.scope);
        const redirect = await this.person.visit(request, this.button);
        ok(redirect?.href.startsWith(this.redirectUrl + "?"), "redirect: " + redirect);
        ok(redirect.searchParams.get("state") === this.kept.state, "state: " + redirect);
        this.answer = redirect.searchParams;
    }
}

function finish(line, transport, answer) {
    return transport.finishAuth(line.readsRedirect ? answer : answer.get("code"));
}

// Connect as the SDKs' documentation says: a first try, the way through the browser, a second try.
async function connect(line, provider) {
    let transport = new line.Transport(url, { authProvider: provider });
    let client = line.client();
    const before = provider.asked?.length;
    const error = await client.connect(transport).then(() => null, (reason) => reason);
    if (error) {
        if (provider.asked?.length === before) throw error;
        await finish(line, transport, provider.answer);
        transport = new line.Transport(url, { authProvider: provider });
        client = line.client();
        await client.connect(transport);
    }
    return { client, transport };
}

async function useTools({ client }) {
    ok((await client.listTools()).tools.length > 0, "no tools");
    const answer = await client.callTool({ name: "get_applications", arguments: {} });
    ok(!answer.isError && answer.content[0].text.includes("my-org"), "get_applications: " + answer.content[0].text);
}

const features = {
    async "URL to tool call"({ line, person }) {
        const provider = new Provider(person);
        const connection = await connect(line, provider);
        await useTools(connection);
        ok(provider.asked.length === 1, "the person was asked " + provider.asked.length + " times");
        ok(provider.kept.client.client_id, "no registration");
        await connection.client.close();
    },
    async "later run"({ line, person }) {
        const first = new Provider(person);
        await (await connect(line, first)).client.close();
        const later = new Provider(person);
        later.kept = first.kept;
        const connection = await connect(line, later);
        await useTools(connection);
        ok(later.asked.length === 0, "the person was asked again");
        await connection.client.close();
    },
    async refresh({ line, person }) {
        const provider = new Provider(person);
        const connection = await connect(line, provider);
        for (let round = 0; round < 2; round++) {
            const old = provider.kept.tokens;
            provider.kept.tokens = { ...old, access_token: "lost" };
            await useTools(connection);
            ok(provider.kept.tokens.access_token !== "lost", "no new access token");
            ok(provider.kept.tokens.refresh_token !== old.refresh_token, "the refresh token stayed");
        }
        ok(provider.asked.length === 1, "the person was asked again");
        await connection.client.close();
    },
    async "refresh refused"({ line, person }) {
        const provider = new Provider(person);
        const connection = await connect(line, provider);
        provider.invalidateCredentials = () => { delete provider.kept.tokens; };
        provider.kept.tokens = { ...provider.kept.tokens, access_token: "lost", refresh_token: "lost" };
        await failure(connection.client.listTools());
        ok(provider.asked.length === 2, "the person was not asked again");
        await finish(line, connection.transport, provider.answer);
        await useTools(connection);
        await connection.client.close();
    },
    async "registration lost"({ line, person }) {
        const provider = new Provider(person);
        const connection = await connect(line, provider);
        provider.invalidateCredentials = () => { delete provider.kept.client; delete provider.kept.tokens; };
        provider.kept.client = { ...provider.kept.client, client_id: "gone" };
        provider.kept.tokens = { ...provider.kept.tokens, access_token: "lost" };
        await failure(connection.client.listTools());
        ok(provider.kept.client.client_id !== "gone", "no new registration");
        await finish(line, connection.transport, provider.answer);
        await useTools(connection);
        await connection.client.close();
    },
    async "step-up"({ line, person, name }) {
        const provider = new Provider(person, line.grantsOfStepUp);
        provider.scope = READ;
        const connection = await connect(line, provider);
        delete provider.scope;
        ok(provider.kept.tokens.scope === READ, "scope: " + provider.kept.tokens.scope);
        const add = { name: "add_application", arguments: { application: { name } } };
        await failure(connection.client.callTool(add));
        ok(provider.asked.length === 2, "the person was asked " + provider.asked.length + " times");
        await finish(line, connection.transport, provider.answer);
        const answer = await connection.client.callTool(add);
        ok(!answer.isError, "add_application: " + answer.content[0].text);
        await useTools(connection);
        await connection.client.close();
    },
    async "checks iss"({ line, person }) {
        if (!line.readsRedirect) return "–";
        for (const iss of ["http://127.0.0.1:1", null]) {
            const provider = new Provider(person);
            const transport = new line.Transport(url, { authProvider: provider });
            await failure(line.client().connect(transport));
            ok(provider.answer.get("iss") === url.origin, "iss: " + provider.answer);
            if (iss) provider.answer.set("iss", iss);
            else provider.answer.delete("iss");
            const error = await failure(finish(line, transport, provider.answer));
            ok(/iss/i.test(error.name + error.message), "iss: " + error);
            ok(!provider.kept.tokens, "tokens");
        }
    },
    async "hears no"({ line, person }) {
        if (!line.readsRedirect) return "–";
        const provider = new Provider(person);
        provider.button = "deny";
        const error = await failure(connect(line, provider));
        ok(error.code === "access_denied", "error: " + error);
    },
    async "client credentials"({ line }) {
        const provider = new line.Credentials({
            clientId: process.env.CASEMENT_CLIENT_ID, clientSecret: process.env.CASEMENT_CLIENT_SECRET,
            expectedIssuer: url.origin, scope: READ });
        const connection = await connect(line, provider);
        await useTools(connection);
        await connection.client.close();
    },
};

const table = {};
let failed = 0;
for (const [index, [title, line]] of Object.entries(CASES).entries()) {
    const row = table[title] = {};
    const state = { line, person: new Person(), name: "stepped-up-" + index };
    for (const [feature, check] of Object.entries(features)) {
        try {
            row[feature] = (await check(state)) ?? "yes";
        } catch (error) {
            row[feature] = "NO";
            failed++;
            console.log(`FAILED ${title}: ${feature}: ${error.stack}`);
        }
    }
}
writeFileSync(process.env.CASEMENT_RESULTS, JSON.stringify(table));
process.exit(failed === 0 ? 0 : 1);
