// oauth4webapi against a running server: an OAuth library that was not made for MCP, and that
// takes no answer which strays from the RFCs.  The table of what worked goes to the file named in
// CASEMENT_RESULTS.

import { writeFileSync } from "node:fs";
import * as oauth from "oauth4webapi";
import { Person } from "./person.mjs";

const CALLBACK = "http://127.0.0.1:7777/callback";
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPE = "openid profile email read:application";
const HTTP = { [oauth.allowInsecureRequests]: true }; // the server is on loopback
const resource = new URL(process.env.CASEMENT_URL);
const METHODS = {
    none: () => oauth.None(),
    client_secret_basic: oauth.ClientSecretBasic,
    client_secret_post: oauth.ClientSecretPost,
    private_key_jwt: (_, pair) => oauth.PrivateKeyJwt({ key: pair.privateKey, kid: "k1" }),
};

function ok(value, what) {
    if (!value) throw new Error(what);
}

function failure(promise) {
    return promise.then(() => { throw new Error("it worked"); }, (error) => error);
}

async function discover(issuer, algorithm) {
    const answer = await oauth.discoveryRequest(issuer, { ...HTTP, algorithm });
    return oauth.processDiscoveryResponse(issuer, answer);
}

// One authorization request and its redirect, with everything checked that a client can check.
async function authorize(s) {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState(), nonce = oauth.generateRandomNonce();
    const request = new URL(s.as.authorization_endpoint);
    request.search = new URLSearchParams({
        response_type: "code", client_id: s.client.client_id, redirect_uri: CALLBACK, scope: SCOPE,
        state, nonce, max_age: "600", prompt: "consent", resource: resource.href, code_challenge_method: "S256",
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    });
    const redirect = await s.person.visit(request, "allow");
    ok(redirect?.href.startsWith(CALLBACK + "?"), "redirect: " + redirect);
    return { verifier, nonce, redirect, callback: oauth.validateAuthResponse(s.as, s.client, redirect, state) };
}

function redeem(s, { callback, verifier }) {
    return oauth.authorizationCodeGrantRequest(s.as, s.client, s.auth, callback, CALLBACK, verifier,
        { ...HTTP, additionalParameters: { resource: resource.href } });
}

async function introspect(s, token) {
    const answer = await oauth.introspectionRequest(s.as, s.client, s.auth, token, HTTP);
    return oauth.processIntrospectionResponse(s.as, s.client, answer);
}

function useToken(token) {
    const headers = new Headers({ "Content-Type": "application/json" });
    const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "get_applications", arguments: {} } };
    return oauth.protectedResourceRequest(token, "POST", resource, headers, JSON.stringify(call), HTTP);
}

async function startDevice(s) {
    const answer = await oauth.deviceAuthorizationRequest(s.as, s.client, s.auth, { scope: SCOPE }, HTTP);
    return oauth.processDeviceAuthorizationResponse(s.as, s.client, answer);
}

async function pollDevice(s, device) {
    const answer = await oauth.deviceCodeGrantRequest(s.as, s.client, s.auth, device.device_code, HTTP);
    return oauth.processDeviceCodeResponse(s.as, s.client, answer);
}

const features = {
    async discovery(s) {
        const found = await oauth.processResourceDiscoveryResponse(resource,
            await oauth.resourceDiscoveryRequest(resource, HTTP));
        const issuer = new URL(found.authorization_servers[0]);
        s.as = await discover(issuer, "oauth2");
        const oidc = await discover(issuer, "oidc");
        ok(JSON.stringify(oidc) === JSON.stringify(s.as), "the two documents differ");
        ok(s.as.authorization_response_iss_parameter_supported, "iss is not announced");
    },
    async registration(s) {
        const metadata = { client_name: "A strict client", redirect_uris: [CALLBACK],
            grant_types: ["authorization_code", "refresh_token", DEVICE_GRANT],
            response_types: ["code"], token_endpoint_auth_method: s.method };
        if (s.method === "private_key_jwt") {
            s.pair = await oauth.generateKeyPair(process.env.CASEMENT_ALGORITHM);
            const key = await crypto.subtle.exportKey("jwk", s.pair.publicKey);
            metadata.jwks = { keys: [{ ...key, kid: "k1" }] };
        }
        s.client = await oauth.processDynamicClientRegistrationResponse(
            await oauth.dynamicClientRegistrationRequest(s.as, metadata, HTTP));
        ok(s.client.token_endpoint_auth_method === s.method, "method: " + s.client.token_endpoint_auth_method);
        ok(Boolean(s.client.client_secret) === s.method.startsWith("client_secret"), "client_secret");
        s.client.require_auth_time = true;
        s.auth = METHODS[s.method](s.client.client_secret, s.pair);
    },
    async "code, PKCE, iss"(s) {
        const { redirect, ...grant } = s.grant = await authorize(s);
        s.answer = await redeem(s, grant);
        s.tokens = await oauth.processAuthorizationCodeResponse(s.as, s.client, s.answer,
            { expectedNonce: grant.nonce, maxAge: 600, requireIdToken: true });
        ok(s.tokens.refresh_token && s.tokens.token_type === "bearer", "tokens");
        const call = await useToken(s.tokens.access_token);
        ok(call.status === 200 && (await call.json()).result, "tool call: " + call.status);
        redirect.searchParams.set("iss", "http://127.0.0.1:1");
        try {
            oauth.validateAuthResponse(s.as, s.client, redirect, oauth.skipStateCheck);
        } catch (error) {
            if (/iss/.test(error.message)) return;
        }
        throw new Error("another iss was taken");
    },
    async "ID token"(s) {
        await oauth.validateApplicationLevelSignature(s.as, s.answer, HTTP);
        const claims = oauth.getValidatedIdTokenClaims(s.tokens);
        ok(claims.sub && claims.nonce === s.grant.nonce && claims.aud === s.client.client_id, JSON.stringify(claims));
        s.subject = claims.sub;
    },
    async "access token (RFC 9068)"(s) {
        const request = new Request(resource, { headers: { Authorization: "Bearer " + s.tokens.access_token } });
        const claims = await oauth.validateJwtAccessToken(s.as, request, resource.href, HTTP);
        ok(claims.client_id === s.client.client_id && claims.sub === s.subject, JSON.stringify(claims));
    },
    async userinfo(s) {
        const answer = await oauth.userInfoRequest(s.as, s.client, s.tokens.access_token, HTTP);
        const claims = await oauth.processUserInfoResponse(s.as, s.client, s.subject, answer);
        ok(claims.email && claims.preferred_username, JSON.stringify(claims));
    },
    async refresh(s) {
        const answer = await oauth.refreshTokenGrantRequest(s.as, s.client, s.auth, s.tokens.refresh_token, HTTP);
        const tokens = await oauth.processRefreshTokenResponse(s.as, s.client, answer);
        ok(tokens.refresh_token !== s.tokens.refresh_token, "the refresh token stayed");
        ok(oauth.getValidatedIdTokenClaims(tokens)?.sub === s.subject, "ID token");
        await oauth.validateApplicationLevelSignature(s.as, answer, HTTP);
        s.tokens = tokens;
    },
    async introspection(s) {
        if (s.method === "none") return "–"; // it takes a secret
        const access = await introspect(s, s.tokens.access_token);
        ok(access.active && access.client_id === s.client.client_id && access.sub === s.subject, JSON.stringify(access));
        ok((await introspect(s, s.tokens.refresh_token)).active, "refresh token");
        ok(!(await introspect(s, "nonsense")).active, "nonsense");
    },
    async revocation(s) {
        const revoke = async (token) => oauth.processRevocationResponse(
            await oauth.revocationRequest(s.as, s.client, s.auth, token, HTTP));
        await revoke(s.tokens.access_token);
        const error = await failure(useToken(s.tokens.access_token));
        ok(error instanceof oauth.WWWAuthenticateChallengeError && error.status === 401, "access token: " + error);
        ok(error.cause[0].parameters.error === "invalid_token", JSON.stringify(error.cause));
        await revoke(s.tokens.refresh_token);
        await revoke("nonsense");
        const answer = await oauth.refreshTokenGrantRequest(s.as, s.client, s.auth, s.tokens.refresh_token, HTTP);
        const refused = await failure(oauth.processRefreshTokenResponse(s.as, s.client, answer));
        ok(refused.error === "invalid_grant", "refresh token: " + refused);
    },
    async "code used twice"(s) {
        const grant = await authorize(s);
        const { access_token } = await oauth.processAuthorizationCodeResponse(s.as, s.client,
            await redeem(s, grant), { expectedNonce: grant.nonce });
        const refused = await failure(oauth.processAuthorizationCodeResponse(s.as, s.client, await redeem(s, grant)));
        ok(refused.error === "invalid_grant", "second time: " + refused);
        const error = await failure(useToken(access_token));
        ok(error.status === 401, "what came of the first time: " + error);
    },
    async "device code"(s) {
        const device = await startDevice(s);
        const left = await s.person.visit(device.verification_uri_complete, "find", "allow");
        ok(left === null, "the browser left the server: " + left);
        const tokens = await pollDevice(s, device);
        ok(oauth.getValidatedIdTokenClaims(tokens).sub === s.subject, "ID token");
        ok((await useToken(tokens.access_token)).status === 200, "tool call");
    },
    async "device code refused"(s) {
        const waiting = await failure(pollDevice(s, await startDevice(s)));
        ok(waiting.error === "authorization_pending", "before the person came: " + waiting);
        const device = await startDevice(s);
        await s.person.visit(device.verification_uri_complete, "find", "deny");
        const refused = await failure(pollDevice(s, device));
        ok(refused.error === "access_denied", "after the person said no: " + refused);
    },
};

const table = {};
let failed = 0;
for (const method of Object.keys(METHODS)) {
    const title = `oauth4webapi, ${method}, ${process.env.CASEMENT_ALGORITHM}`;
    const row = table[title] = {};
    const state = { method, person: new Person() };
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
