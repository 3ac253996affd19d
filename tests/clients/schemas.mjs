// Every recorded answer against the schemas of the SDK that was current at its revision.

import { readFileSync, writeFileSync } from "node:fs";
import * as sdk20241105 from "sdk-2024-11-05/types.js";
import * as sdk20250326 from "sdk-2025-03-26/types.js";
import * as sdk20250618 from "sdk-2025-06-18/types.js";
import * as sdk20251125 from "@modelcontextprotocol/sdk/types.js";
import * as core from "@modelcontextprotocol/core";

const SCHEMAS = {
    "2024-11-05": sdk20241105,
    "2025-03-26": sdk20250326,
    "2025-06-18": sdk20250618,
    "2025-11-25": sdk20251125,
    "2026-07-28": core,
};
const RESULTS = {
    "initialize": "InitializeResultSchema",
    "ping": "EmptyResultSchema",
    "server/discover": "DiscoverResultSchema",
    "tools/list": "ListToolsResultSchema",
    "tools/call": "CallToolResultSchema",
    "resources/list": "ListResourcesResultSchema",
    "resources/templates/list": "ListResourceTemplatesResultSchema",
    "resources/read": "ReadResourceResultSchema",
    "prompts/list": "ListPromptsResultSchema",
    "prompts/get": "GetPromptResultSchema",
    "completion/complete": "CompleteResultSchema",
};
const table = {};
let failed = 0;

function check({ revision, method, message }) {
    const schemas = SCHEMAS[revision];
    if (message.error) {
        // JSON-RPC 2.0 wants an id of null where the request had none that could be read. The schemas
        // that want an id do not know of it.
        const known = message.id === null ? { ...message, id: 0 } : message;
        (schemas.JSONRPCErrorResponseSchema ?? schemas.JSONRPCErrorSchema).parse(known);
    } else {
        (schemas.JSONRPCResultResponseSchema ?? schemas.JSONRPCResponseSchema).parse(message);
        schemas[RESULTS[method]].parse(message.result);
    }
}

for (const line of readFileSync(process.env.CASEMENT_ANSWERS, "utf8").trim().split("\n")) {
    const answer = JSON.parse(line);
    const row = table["TypeScript " + answer.revision] ??= {};
    const what = answer.message.error ? "an error" : answer.method;
    try {
        check(answer);
        if (row[what] !== "NO") row[what] = (row[what] ?? 0) + 1;
    } catch (error) {
        console.log(`FAILED ${answer.revision} ${what}: ${error.message}\n  ${line}`);
        row[what] = "NO";
        failed++;
    }
}
const sorted = Object.fromEntries(Object.entries(table).sort());
writeFileSync(process.env.CASEMENT_RESULTS, JSON.stringify(sorted));
process.exit(failed === 0 ? 0 : 1);
