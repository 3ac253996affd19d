// The same job done the usual way: an MCP server of the official TypeScript SDK, with one tool,
// get_application, for bearers of a token with read:application.
// usage: node server.mjs DATABASE PORT     The keys and the settings are those in the database.

import express from "express";
import Database from "better-sqlite3";
import { createLocalJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

const [path, port] = process.argv.slice(2);
const db = new Database(path, { readonly: true });
const jwks = createLocalJWKSet({
    keys: db.prepare("SELECT jwk FROM signing_key").all().map((row) => JSON.parse(row.jwk)),
});
const issuer = db.prepare("SELECT value FROM setting WHERE name = 'issuer'").get().value;
const caller = db.prepare(`SELECT application.organization, token.revoked_at_s FROM token
    JOIN application ON application.id = token.application_id WHERE jti = ?`);
const find = db.prepare(`SELECT owner, name, organization, display_name AS displayName, description,
    client_id AS clientId, scopes, grant_types AS grantTypes, redirect_uris AS redirectUris
    FROM application WHERE owner = ? AND name = ?`);

async function authenticate(request) {
    const match = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "");
    if (!match) return null;
    try {
        const { payload } = await jwtVerify(match[1], jwks, {
            issuer, audience: issuer + "/api/mcp", algorithms: ["RS256", "ES256"], typ: "at+jwt" });
        const row = caller.get(payload.jti);
        if (!row || row.revoked_at_s !== null) return null;
        return { organization: row.organization, scopes: payload.scope.split(" ") };
    } catch {
        return null;
    }
}

function server(who) {
    const mcp = new McpServer({ name: "peer", version: "1.0.0" });
    if (!who.scopes.includes("read:application")) return mcp;
    mcp.registerTool("get_application", { inputSchema: { id: z.string() } }, ({ id }) => {
        const [owner, name] = id.split("/");
        const row = find.get(owner, name);
        if (!row || row.organization !== who.organization)
            return { isError: true, content: [{ type: "text", text: "not found" }] };
        for (const list of ["scopes", "grantTypes", "redirectUris"]) row[list] = JSON.parse(row[list]);
        return { content: [{ type: "text", text: JSON.stringify(row) }], structuredContent: row };
    });
    return mcp;
}

const app = express();
app.use(express.json());
app.post("/api/mcp", async (request, response) => {
    const who = await authenticate(request);
    if (!who) return response.status(401).json({ error: "invalid_token" });
    // Without sessions the SDK wants a server and a transport for each request.
    const mcp = server(who);
    const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: undefined, enableJsonResponse: true });
    response.on("close", () => { transport.close(); mcp.close(); });
    await mcp.connect(transport);
    await transport.handleRequest(request, response, request.body);
});
app.listen(Number(port), "127.0.0.1", () => console.log("ready"));
