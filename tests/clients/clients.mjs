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
const url = new URL(process.env.CASEMENT_URL);
const table = {};
let failed = 0;

function ok(value, what) {
    if (!value) throw new Error(what);
}

async function token(scope) {
    const answer = await fetch(process.env.CASEMENT_TOKEN_URL, { method: "POST", body: new URLSearchParams({
        grant_type: "client_credentials", scope,
        client_id: process.env.CASEMENT_CLIENT_ID, client_secret: process.env.CASEMENT_CLIENT_SECRET,
    }) });
    ok(answer.status === 200, "token endpoint: " + answer.status);
    return (await answer.json()).access_token;
}

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

const features = {
    async connect({ client }) {
        ok(client.getServerVersion()?.name === "casement", "serverInfo");
        ok(client.getInstructions()?.includes("read:application"), "instructions");
    },
    async ping({ client, revision }) {
        if (revision === STATELESS) return "–"; // it has no ping
        await client.ping();
    },
    async "list tools"({ client, revision, tools }) {
        const listed = (await client.listTools()).tools;
        ok(listed.length === 6, listed.length + " tools");
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
        const id = "my-org/" + s.name;
        const call = async (name, args, error = false) => {
            const answer = await s.client.callTool({ name, arguments: args });
            ok(Boolean(answer.isError) === error, name + ": " + answer.content[0].text);
            const { input, output } = s.tools.get(name);
            ok(error || input(args), name + ": arguments against inputSchema");
            if (!error && output)
                ok(output(answer.structuredContent), name + ": " + JSON.stringify(output.errors));
            return answer;
        };
        await call("add_application", { application: { name: s.name, redirectUris: ["http://localhost/"] } });
        await call("add_application", { application: { name: s.name } }, true);
        await call("add_application", { application: { name: s.name, displyName: "x" } }, true);
        await call("get_application", { id });
        await call("update_application", { id, application: { title: "t", redirectUris: null } });
        await call("rotate_application_secret", { id });
        let page = await call("get_applications", { pageSize: 1 });
        for (let i = 0; page.content.length > 1 && i < 100; i++) {
            const cursor = page.content[1].text.match(/cursor "([^"]+)"/)[1];
            page = await call("get_applications", { pageSize: 1, cursor });
        }
        ok(page.content.length === 1, "the last page");
    },
    async resources({ client, name }) {
        const listed = (await client.listResources()).resources;
        ok(listed.some((one) => one.uri === "casement://application/my-org/" + name), "resource");
        for (const { uri } of listed) {
            const { contents } = await client.readResource({ uri });
            ok(contents[0].uri === uri && JSON.parse(contents[0].text).owner === "my-org", uri);
        }
        ok((await client.listResourceTemplates()).resourceTemplates.length === 6, "templates");
        const missing = await client.readResource({ uri: "casement://application/my-org/no" })
            .then(() => null, (error) => error);
        ok(missing, "a resource that is not there");
    },
    async completion({ client, name, revision }) {
        if (revision === "2024-11-05") return "–"; // it has no capability for it
        const { completion } = await client.complete({
            ref: { type: "ref/resource", uri: "casement://application/{owner}/{name}" },
            argument: { name: "name", value: name },
        });
        ok(completion.values.includes(name), "completion: " + completion.values);
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
    async delete({ client, name }) {
        const answer = await client.callTool({ name: "delete_application", arguments: { id: "my-org/" + name } });
        ok(!answer.isError, "delete");
    },
    async "meets 401"(s) {
        for (const bearer of [null, "nonsense"]) {
            const error = await connect(s, bearer).then(() => null, (reason) => reason);
            ok(error && /401|Unauthorized/i.test(error.name + error.message + error.code), "401: " + error);
        }
    },
    async "meets 403"(s) {
        const client = await connect(s, await token("read:application"));
        const error = await client.callTool({ name: "add_application", arguments: {} })
            .then(() => null, (reason) => reason);
        ok(error && /scope|403|Unauthorized/i.test(error.name + error.message + error.code), "403: " + error);
        await client.close();
    },
};

async function runCase(which, index) {
    const column = `${which.line} ${which.revision}`;
    const row = table[column] = {};
    const state = { ...which, tools: new Map(), name: "client-" + index };
    state.client = await connect(which, await token("read:application write:application"));
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
