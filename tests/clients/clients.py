"""
The official Python SDK against a running server, at every revision that it speaks.

Where and who come from the environment, as `casement init --env-file` writes them; the table of
what worked goes to the file named in CASEMENT_RESULTS.
"""

import asyncio
import json
import os
import sys
import urllib.parse
import urllib.request
import warnings

import httpx2
import jsonschema
import mcp
import mcp_types
from mcp.client.streamable_http import streamable_http_client

HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
STATELESS = "2026-07-28"
TOOLS = 30
# Every kind that can be added, in an order in which each finds what it needs: what it is added
# with, and a change.  The organisation is the client's own, and all else is in it.
KINDS = {
    "organization": ({"displayName": "Of a client"}, {"userQuota": 9}),
    "application": ({"redirectUris": ["http://localhost/"],
                     "scopes": [{"name": "read:application"}]}, {"title": "t"}),
    "user": ({"email": "a@example.org"}, {"displayName": "Changed"}),
    "role": ({"description": "d"}, {"isEnabled": False}),
    "permission": ({"scopes": ["read:application"]}, {"effect": "Deny"}),
}
URL = os.environ["CASEMENT_URL"]


def ok(value, what):
    """Say no to what is not as it should be."""
    if not value:
        raise AssertionError(what)


def token(scope, who="CASEMENT_"):
    """An access token of a client in the environment."""
    return token_of(scope, os.environ[who + "CLIENT_ID"], os.environ[who + "CLIENT_SECRET"])


def token_of(scope, client_id, secret):
    """An access token, asked for by hand."""
    form = {"grant_type": "client_credentials", "scope": scope, "client_id": client_id,
            "client_secret": secret}
    with urllib.request.urlopen(os.environ["CASEMENT_TOKEN_URL"],
                                urllib.parse.urlencode(form).encode()) as answer:
        return json.load(answer)["access_token"]


class HeldTransport(httpx2.AsyncHTTPTransport):
    """A client asks for its newest revision; to hold it to an older one, initialize is changed."""

    def __init__(self, revision):
        super().__init__()
        self.revision = revision

    async def handle_async_request(self, request):
        body = await request.aread()
        if b'"initialize"' in body:
            message = json.loads(body)
            message["params"]["protocolVersion"] = self.revision
            headers = [pair for pair in request.headers.raw if pair[0].lower() != b"content-length"]
            request = httpx2.Request(request.method, request.url, headers=headers,
                                     content=json.dumps(message).encode())
        return await super().handle_async_request(request)


class Connection:
    """A client that is connected within `async with`."""

    def __init__(self, revision, bearer=None):
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        transport = HeldTransport(revision)
        self.http = httpx2.AsyncClient(headers=headers, transport=transport, timeout=60)
        self.client = mcp.Client(streamable_http_client(URL, http_client=self.http),
                                 mode=revision if revision == STATELESS else "legacy")

    async def __aenter__(self):
        await self.http.__aenter__()
        try:
            return await self.client.__aenter__()
        except BaseException:
            await self.http.__aexit__(None, None, None)
            raise

    async def __aexit__(self, *what):
        await self.client.__aexit__(*what)
        await self.http.__aexit__(*what)


def told(error):
    """The text of an error, with those that it holds."""
    texts, left = [], [error]
    while left:
        one = left.pop()
        left += getattr(one, "exceptions", ())
        texts.append(f"{type(one).__name__} {one}")
    return " ".join(texts)


async def caught(awaitable):
    """The text of the error that must come."""
    try:
        await awaitable
    except Exception as error:      # pylint: disable=broad-except
        return told(error)
    raise AssertionError("it worked")


class Features:
    """One method a feature, in the order of the table; each may say "–"."""

    def __init__(self, revision, name, client):
        self.revision = revision
        self.name = name
        self.client = client
        self.tools = {}
        self.called = set()

    def _id(self, kind):
        """The id of this client's row of a kind."""
        return f"{'admin' if kind == 'organization' else self.name}/{self.name}"

    async def connect(self):
        """Who answers, and what it tells a model."""
        ok(self.client.protocol_version == self.revision, self.client.protocol_version)
        if self.revision == STATELESS:
            found = await self.client.session.send_discover(self.revision)
            ok(self.revision in found["supportedVersions"], found)
            ok("scopes: " in found["instructions"], found)
        else:
            ok(self.client.server_info.name == "casement", "serverInfo")
            ok("scopes: " in self.client.instructions, "instructions")

    async def ping(self):
        """Only where there is one."""
        if self.revision == STATELESS:
            return "–"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", mcp.MCPDeprecationWarning)
            await self.client.send_ping()
        return None

    async def list_tools(self):
        """Each with schemas that are good, and an example that is."""
        listed = (await self.client.list_tools()).tools
        ok(len(listed) == TOOLS, f"{len(listed)} tools")
        for tool in listed:
            self.tools[tool.name] = tool
            for schema in (tool.input_schema, tool.output_schema):
                if schema is not None:
                    jsonschema.Draft202012Validator.check_schema(schema)
            example = tool.description.rpartition("Example arguments: ")[2]
            jsonschema.validate(json.loads(example), tool.input_schema)
        ok(bool(listed[0].output_schema) == (self.revision >= "2025-06-18"), "outputSchema")

    async def _call(self, name, arguments, fails=False):
        """One call; its result against the schema of the tool; its first text as JSON."""
        answer = await self.client.call_tool(name, arguments)
        ok(bool(answer.is_error) == fails, f"{name}: {answer.content[0].text}")
        if fails:
            return None, None
        jsonschema.validate(arguments, self.tools[name].input_schema)
        if self.tools[name].output_schema is not None:
            jsonschema.validate(answer.structured_content, self.tools[name].output_schema)
        self.called.add(name)
        return json.loads(answer.content[0].text), answer.content

    async def _pages(self, name, arguments):
        """Two rows a page, as far as the last; the cursor is in the second text."""
        arguments = {**arguments, "pageSize": 2}
        for _ in range(100):
            _, content = await self._call(name, arguments)
            if len(content) == 1:
                return
            cursor = content[1].text.partition('cursor "')[2].partition('"')[0]
            arguments = {**arguments, "cursor": cursor}
        raise AssertionError("the pages do not end")

    async def call_every_tool(self):
        """Add, refuse to add, change, read and page through each kind; then the others."""
        made = {}
        for kind, (new, change) in KINDS.items():
            row = {"name": self.name, **new}
            if kind != "organization":
                row["owner"] = self.name
            made[kind], _ = await self._call(f"add_{kind}", {kind: row})
            await self._call(f"add_{kind}", {kind: row}, fails=True)
            await self._call(f"add_{kind}", {kind: {**row, "displyName": "x"}}, fails=True)
            changes = {"id": self._id(kind), kind: change}
            await self._call(f"update_{kind}", {**changes, "dry_run": True})
            await self._call(f"update_{kind}", changes)
            read, _ = await self._call(f"get_{kind}", {"id": self._id(kind)})
            ok(read["name"] == self.name, read)
            await self._pages(f"get_{kind}s", {})
        token_of("read:application", made["application"]["clientId"],
                 made["application"]["clientSecret"])
        issued, _ = await self._call("get_tokens", {"owner": self.name})
        await self._call("get_token", {"id": f"{self.name}/{issued[0]['name']}"})
        await self._call("rotate_application_secret", {"id": self._id("application")})
        await self._pages("get_audit_events", {"target": self._id("application")})

    async def resources(self):
        """Each listed one can be read, another not."""
        uris, cursor = [], None
        while True:
            page = await self.client.list_resources(cursor=cursor)
            uris += [str(one.uri) for one in page.resources]
            cursor = page.next_cursor
            if cursor is None:
                break
        ok(len(set(uris)) == len(uris), "a resource twice")
        for kind in KINDS:
            ok(f"casement://{kind}/{self._id(kind)}" in uris, kind)
        ok([uri for uri in uris if uri.startswith(f"casement://token/{self.name}/")], "token")
        for uri in uris:
            row = json.loads((await self.client.read_resource(uri)).contents[0].text)
            ok(uri.endswith(f"/{row['owner']}/{row['name']}"), uri)
        templates = (await self.client.list_resource_templates()).resource_templates
        ok(len(templates) == 6, templates)
        await caught(self.client.read_resource("casement://application/my-org/no"))

    async def completion(self):
        """Owners and names of each kind, and an id for a prompt."""
        if self.revision == "2024-11-05":
            return "–"
        for kind in KINDS:
            ref = mcp_types.ResourceTemplateReference(type="ref/resource",
                                                      uri=f"casement://{kind}/{{owner}}/{{name}}")
            owner = self._id(kind).partition("/")[0]
            for name, value, offered in (("name", self.name, self.name), ("owner", owner[:2], owner)):
                found = await self.client.complete(ref, {"name": name, "value": value},
                                                   {"owner": owner})
                ok(offered in found.completion.values, f"{kind}: {found}")
        ref = mcp_types.PromptReference(type="ref/prompt", name="rotate_secret")
        found = await self.client.complete(ref, {"name": "application", "value": "my-org/de"})
        ok("my-org/demo" in found.completion.values, found)
        return None

    async def prompts(self):
        """Each with its arguments filled in."""
        listed = (await self.client.list_prompts()).prompts
        ok(len(listed) == 3, listed)
        for prompt in listed:
            given = {argument.name: "my-org/demo" for argument in prompt.arguments}
            messages = (await self.client.get_prompt(prompt.name, given)).messages
            ok("my-org/demo" in messages[0].content.text, prompt.name)

    async def delete(self):
        """The last tools; now all were called."""
        issued, _ = await self._call("get_tokens", {"owner": self.name})
        await self._call("delete_token", {"id": f"{self.name}/{issued[0]['name']}"})
        for kind in reversed(KINDS):
            await self._call(f"delete_{kind}", {"id": self._id(kind), "dry_run": True})
            await self._call(f"delete_{kind}", {"id": self._id(kind)})
            await self._call(f"get_{kind}", {"id": self._id(kind)}, fails=True)
        ok(self.called == set(self.tools), set(self.tools) - self.called)

    async def meets_401(self):
        """Without a token, and with a bad one."""
        for bearer in (None, "nonsense"):
            async def use(bearer=bearer):
                async with Connection(self.revision, bearer) as client:
                    await client.list_tools()
            said = await caught(use())
            # This SDK wants an id, if only null, in the error's body; the schema has none there.
            ok(any(word in said for word in ("401", "nauthorized", "error response")), said)

    async def meets_403(self):
        """With a token that may only read."""
        async with Connection(self.revision, token("read:application")) as client:
            ok(len((await client.list_tools()).tools) == 2, "the tools of one scope")
            said = await caught(client.call_tool("add_application", {"application": {}}))
            ok("scope" in said or "403" in said, said)


FEATURES = [name for name in vars(Features) if not name.startswith("_")]


async def run_case(revision, row):
    """Fill in a column; the number of failures."""
    failed = 0
    async with Connection(revision, token("admin", "CASEMENT_ADMIN_")) as client:
        features = Features(revision, f"python-{revision}", client)
        for feature in FEATURES:
            title = feature.replace("_", " ")
            try:
                row[title] = await getattr(features, feature)() or "yes"
            except Exception as error:      # pylint: disable=broad-except
                row[title] = "NO"
                failed += 1
                print(f"FAILED mcp (Python) {revision}: {title}: {type(error).__name__}: {error}")
    return failed


def main():
    """Run all; the exit status."""
    table, failed = {}, 0
    for revision in (*HANDSHAKE, STATELESS):
        row = table[f"mcp 2.x (Python) {revision}"] = {}
        try:
            failed += asyncio.run(run_case(revision, row))
        except Exception as error:      # pylint: disable=broad-except
            row["connect"] = "NO"
            failed += 1
            print(f"FAILED mcp (Python) {revision}: {type(error).__name__}: {error}")
    with open(os.environ["CASEMENT_RESULTS"], "w", encoding="utf-8") as results:
        json.dump(table, results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
