// The official TypeScript SDKs against a running server, at every revision that each can speak.
// Where and who come from the environment, as `casement init --env-file` writes them; the table of
// what worked goes to the file named in CASEMENT_RESULTS.

import { writeFileSync } from "node:fs";
import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as Transport1 }
    from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client as Client2, StreamableHTTPClientTransport as Transport2 }
    from "@modelcontextprotocol/client";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const HANDSHAKE = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
const STATELESS = "2026-07-28";
const CASES = [
    ...HANDSHAKE.map((revision) => ({ line: "sdk 1.x", revision })),
    ...HANDSHAKE.map((revision) => ({ line: "client 2.x", revision })),
    { line: "client 2.x", revision: STATELESS },
];
const TOOLS = 30;
// Every kind that can be added, in an order in which each finds what it needs: what it is added with,
// and a change. The organisation is the client's own, and all else is in it.
const KINDS = {
    organization: { add: { displayName: "Of a client" }, change: { userQuota: 9 } },
    application: {
        add: { redirectUris: ["http://localhost/"], scopes: [{ name: "read:application" }] },
        change: { title: "t", redirectUris: null },
    },
    user: { add: { email: "a@example.org" }, change: { displayName: "Changed" } },
    role: { add: { description: "d" }, change: { isEnabled: false } },
    permission: { add: { scopes: ["read:application"] }, change: { effect: "Deny" } },
};
const url = new URL(process.env.CASEMENT_URL);
const table = {};
let failed = 0;

function ok(value, what) {
    if (!value) throw new Error(what);
}

async function token(scope, id = process.env.CASEMENT_CLIENT_ID, secret = process.env.CASEMENT_CLIENT_SECRET) {
    const answer = await fetch(process.env.CASEMENT_TOKEN_URL, { method: "POST", body: new URLSearchParams({
        grant_type: "client_credentials", scope, client_id: id, client_secret: secret,
    }) });
    ok(answer.status === 200, "token endpoint: " + answer.status);
    return (await answer.json()).access_token;
}

// A token that opens every tool.
const whole = () =>
    token("admin", process.env.CASEMENT_ADMIN_CLIENT_ID, process.env.CASEMENT_ADMIN_CLIENT_SECRET);

// A client asks for its newest revision; to hold it to an older one, its first request is changed.
function holdTo(revision) {
    return async (input, init) => {
        let body = init?.body;
        if (typeof body === "string" && body.includes('"initialize"')) {
            const message = JSON.parse(body);
            message.params.protocolVersion = revision;
            body = JSON.stringify(message);
        }
        return fetch(input, { ...init, body });
    };
}

async function connect({ line, revision }, bearer) {
    const info = { name: "casement-clients", version: "1" };
    const options = { requestInit: { headers: bearer ? { Authorization: "Bearer " + bearer } : {} } };
    if (revision !== STATELESS) options.fetch = holdTo(revision);
    const client = line === "sdk 1.x"
        ? new Client1(info)
        : new Client2(info, revision === STATELESS ? { versionNegotiation: { mode: { pin: revision } } } : {});
    const transport = line === "sdk 1.x" ? new Transport1(url, options) : new Transport2(url, options);
    await client.connect(transport);
    return client;
}

// A call that goes well, or is to fail; arguments and result against the schemas of the tool.
async function call({ client, tools, called }, name, args, fails = false) {
    const answer = await client.callTool({ name, arguments: args });
    ok(Boolean(answer.isError) === fails, `${name}: ${answer.content[0].text}`);
    if (fails) return answer;
    const { input, output } = tools.get(name);
    ok(input(args), name + ": arguments against inputSchema");
    if (output) ok(output(answer.structuredContent), name + ": " + JSON.stringify(output.errors));
    called.add(name);
    return answer;
}

// Two rows a page, as far as the last; the cursor is in the second text.
async function allPages(s, name, filter) {
    let args = { ...filter, pageSize: 2 };
    for (let i = 0; i < 100; i++) {
        const page = await call(s, name, args);
        if (page.content.length === 1) return;
        args = { ...args, cursor: page.content[1].text.match(/cursor "([^"]+)"/)[1] };
    }
    throw new Error(name + ": the pages do not end");
}

const features = {
    async connect({ client }) {
        ok(client.getServerVersion()?.name === "casement", "serverInfo");
        ok(client.getInstructions()?.includes("scopes: "), "instructions");
    },
    async ping({ client, revision }) {
        if (revision === STATELESS) return "–"; // it has no ping
        await client.ping();
    },
    async "list tools"({ client, revision, tools }) {
        const listed = (await client.listTools()).tools;
        ok(listed.length === TOOLS, listed.length + " tools");
        const ajv = addFormats(new Ajv2020({ strict: true, allowUnionTypes: true }));
        for (const tool of listed) {
            tools.set(tool.name, {
                input: ajv.compile(tool.inputSchema),
                output: tool.outputSchema && ajv.compile(tool.outputSchema),
            });
            const example = tool.description.match(/Example arguments: (\{.*\})$/)?.[1];
            ok(tools.get(tool.name).input(JSON.parse(example)), tool.name + ": its example");
        }
        ok(Boolean(listed[0].outputSchema) === (revision >= "2025-06-18"), "outputSchema");
    },
    async "call every tool"(s) {
        let app;
        for (const [kind, { add, change }] of Object.entries(KINDS)) {
            const id = s.id(kind);
            const row = { ...(kind === "organization" ? {} : { owner: s.name }), name: s.name, ...add };
            const made = await call(s, "add_" + kind, { [kind]: row });
            if (kind === "application") app = JSON.parse(made.content[0].text);
            await call(s, "add_" + kind, { [kind]: row }, true);
            await call(s, "add_" + kind, { [kind]: { ...row, displyName: "x" } }, true);
            await call(s, "update_" + kind, { id, [kind]: change, dry_run: true });
            await call(s, "update_" + kind, { id, [kind]: change });
            const read = JSON.parse((await call(s, "get_" + kind, { id })).content[0].text);
            ok(read.name === s.name, "get_" + kind);
            await allPages(s, `get_${kind}s`, {});
        }
        await token("read:application", app.clientId, app.clientSecret);
        const [issued] = JSON.parse((await call(s, "get_tokens", { owner: s.name })).content[0].text);
        const { owner, name } = issued;
        await call(s, "get_token", { id: `${owner}/${name}` });
        await call(s, "rotate_application_secret", { id: s.id("application") });
        await allPages(s, "get_audit_events", { target: s.id("application") });
    },
    async resources(s) {
        const listed = [];
        for (let cursor; ;) {
            const page = await s.client.listResources(cursor ? { cursor } : undefined);
            listed.push(...page.resources);
            if (!page.nextCursor) break;
            cursor = page.nextCursor;
        }
        const uris = listed.map((one) => one.uri);
        ok(new Set(uris).size === uris.length, "a resource twice");
        for (const kind of Object.keys(KINDS))
            ok(uris.includes(`casement://${kind}/${s.id(kind)}`), "resource: " + kind);
        ok(uris.some((uri) => uri.startsWith(`casement://token/${s.name}/`)), "resource: token");
        for (const uri of uris) {
            const { contents } = await s.client.readResource({ uri });
            const { owner, name } = JSON.parse(contents[0].text);
            ok(contents[0].uri === uri && uri.endsWith(`/${owner}/${name}`), uri);
        }
        ok((await s.client.listResourceTemplates()).resourceTemplates.length === 6, "templates");
        const missing = await s.client.readResource({ uri: "casement://application/my-org/no" })
            .then(() => null, (error) => error);
        ok(missing, "a resource that is not there");
    },
    async completion(s) {
        if (s.revision === "2024-11-05") return "–"; // it has no capability for it
        for (const kind of Object.keys(KINDS)) {
            const uri = `casement://${kind}/{owner}/{name}`;
            const [owner] = s.id(kind).split("/");
            for (const [name, value, offered] of [["name", s.name, s.name], ["owner", owner.slice(0, 2), owner]]) {
                const { completion } = await s.client.complete({
                    ref: { type: "ref/resource", uri }, argument: { name, value },
                    context: { arguments: { owner } },
                });
                ok(completion.values.includes(offered), `completion of ${kind}: ${completion.values}`);
            }
        }
        const { completion } = await s.client.complete({
            ref: { type: "ref/prompt", name: "rotate_secret" },
            argument: { name: "application", value: "my-org/de" },
        });
        ok(completion.values.includes("my-org/demo"), "completion of a prompt");
    },
    async prompts({ client }) {
        const { prompts } = await client.listPrompts();
        ok(prompts.length === 3, "prompts");
        for (const { name, arguments: wanted } of prompts) {
            const values = Object.fromEntries(wanted.map((one) => [one.name, "my-org/demo"]));
            const { messages } = await client.getPrompt({ name, arguments: values });
            ok(messages[0].content.text.includes("my-org/demo"), name);
        }
    },
    async delete(s) {
        const [issued] = JSON.parse((await call(s, "get_tokens", { owner: s.name })).content[0].text);
        await call(s, "delete_token", { id: `${issued.owner}/${issued.name}` });
        for (const kind of Object.keys(KINDS).reverse()) {
            await call(s, "delete_" + kind, { id: s.id(kind), dry_run: true });
            await call(s, "delete_" + kind, { id: s.id(kind) });
            await call(s, "get_" + kind, { id: s.id(kind) }, true);
        }
        const left = [...s.tools.keys()].filter((name) => !s.called.has(name));
        ok(left.length === 0, "never called: " + left);
    },
    async "meets 401"(s) {
        for (const bearer of [null, "nonsense"]) {
            const error = await connect(s, bearer).then(() => null, (reason) => reason);
            ok(error && /401|Unauthorized/i.test(error.name + error.message + error.code), "401: " + error);
        }
    },
    async "meets 403"(s) {
        const client = await connect(s, await token("read:application"));
        ok((await client.listTools()).tools.length === 2, "the tools of one scope");
        const error = await client.callTool({ name: "add_application", arguments: {} })
            .then(() => null, (reason) => reason);
        ok(error && /scope|403|Unauthorized/i.test(error.name + error.message + error.code), "403: " + error);
        await client.close();
    },
};

async function runCase(which, index) {
    const column = `${which.line} ${which.revision}`;
    const row = table[column] = {};
    const name = "client-" + index;
    const id = (kind) => (kind === "organization" ? "admin/" : name + "/") + name;
    const state = { ...which, tools: new Map(), called: new Set(), name, id };
    state.client = await connect(which, await whole());
    for (const [feature, check] of Object.entries(features)) {
        try {
            row[feature] = (await check(state)) ?? "yes";
        } catch (error) {
            row[feature] = "NO";
            failed++;
            console.log(`FAILED ${column}: ${feature}: ${error.message}`);
        }
    }
    await state.client.close();
}

for (const [index, which] of CASES.entries()) {
    await runCase(which, index).catch((error) => {
        const column = `${which.line} ${which.revision}`;
        table[column].connect = "NO";
        failed++;
        console.log(`FAILED ${column}: ${error.stack}`);
    });
}
writeFileSync(process.env.CASEMENT_RESULTS, JSON.stringify(table));
process.exit(failed === 0 ? 0 : 1);
