"""A client of the program: HTTP as it is, token requests, JSON-RPC and tool calls."""

import collections
import http.client
import json
import re
import urllib.parse

import requests

import servers

TIMEOUT_SECONDS = 60
MCP_PATH = "/api/mcp"
TOKEN_PATH = "/api/login/oauth/access_token"

Credentials = collections.namedtuple("Credentials", "id secret")


class RawReply:
    """The answer to a request that was written by hand; looks like that of requests."""

    def __init__(self, reply):
        self.status_code = reply.status
        self.headers = requests.structures.CaseInsensitiveDict(reply.getheaders())
        self.content = reply.read()
        self.text = self.content.decode("utf-8", "replace")

    def json(self):
        """The body as JSON."""
        return json.loads(self.content)


class ToolAnswer:
    """The result of tools/call."""

    def __init__(self, reply):
        self.reply = reply
        body = reply.json()
        if "result" not in body:
            raise AssertionError(f"no tool result: HTTP {reply.status_code} {reply.text}")
        self.result = body["result"]
        self.failed = self.result.get("isError", False)
        self.content = self.result["content"]
        self.text = self.content[0]["text"]
        self.structured = self.result.get("structuredContent")

    @property
    def value(self):
        """The first text block as JSON."""
        return json.loads(self.text)


class Client:
    """Speaks to the program at a base URL.  Every request is a connection of its own."""

    recorder = None         # set by run.py

    def __init__(self, url):
        self.url = url
        self.prefix = urllib.parse.urlsplit(url).path
        self.origin = url[:len(url) - len(self.prefix)]
        self.mcp_url = url + MCP_PATH
        self.token_url = url + TOKEN_PATH

    def well_known(self, name, path=""):
        """The URL of a well-known document of a path of the program, where clients look for it."""
        return f"{self.origin}/.well-known/{name}{self.prefix}{path}"

    def request(self, method, path, **options):
        """One request; path may have a query."""
        options.setdefault("timeout", servers.patient(TIMEOUT_SECONDS))
        options.setdefault("allow_redirects", False)
        with requests.Session() as session:
            session.trust_env = False
            reply = session.request(method, self.url + path, **options)
        self.record(path, options.get("headers") or {}, options.get("data") or b"", reply)
        return reply

    def record(self, path, headers, body, reply):
        """Let the recorder have what the MCP endpoint answered."""
        named = {name.lower(): value for name, value in dict(headers).items()}
        if self.recorder is None or path != MCP_PATH or "transfer-encoding" in named:
            return
        self.recorder.add(named.get("mcp-protocol-version"), body, reply)

    def get(self, path, **options):
        """GET."""
        return self.request("GET", path, **options)

    def raw(self, method, target, headers=(), body=b""):
        """A request with exactly these headers (pairs) and target; Host only if not given."""
        parts = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port,
                                                timeout=servers.patient(TIMEOUT_SECONDS))
        try:
            connection.putrequest(method, parts.path + target, skip_host=True,
                                  skip_accept_encoding=True)
            names = {name.lower() for name, _ in headers}
            if "host" not in names:
                connection.putheader("Host", parts.netloc)
            if body and not names & {"content-length", "transfer-encoding"}:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body or None)
            reply = RawReply(connection.getresponse())
        finally:
            connection.close()
        self.record(target, headers, body, reply)
        return reply

    def token_reply(self, credentials=None, *, basic=False, headers=None, **parameters):
        """
        The answer of the token endpoint to a form.  grant_type is client_credentials unless given;
        None leaves a parameter out.
        """
        form = {"grant_type": "client_credentials", **parameters}
        auth = None
        if credentials is not None and basic:
            auth = (credentials.id, credentials.secret)
        elif credentials is not None:
            form = {"client_id": credentials.id, "client_secret": credentials.secret, **form}
        form = {name: value for name, value in form.items() if value is not None}
        return self.request("POST", TOKEN_PATH, data=form, auth=auth, headers=headers)

    def token(self, credentials, scope=None, **parameters):
        """An access token."""
        reply = self.token_reply(credentials, scope=scope, **parameters)
        if reply.status_code != 200:
            raise AssertionError(f"no token: HTTP {reply.status_code} {reply.text}")
        return reply.json()["access_token"]

    def post(self, message, token=None, revision=None, headers=None):
        """
        The answer of the MCP endpoint.  message is an object, or the bytes of a body; a header of
        value None is left out.
        """
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if revision is not None:
            sent["MCP-Protocol-Version"] = revision
        sent.update(headers or {})
        return self.request("POST", MCP_PATH, data=body, headers=sent)

    def rpc(self, method, params=None, *, token=None, request_id=1, revision=None, headers=None):
        """The answer to one JSON-RPC request."""
        message = {"jsonrpc": "2.0", "id": request_id, "method": method}
        if params is not None:
            message["params"] = params
        return self.post(message, token, revision, headers)

    def call_tool_reply(self, token, name, arguments=None, revision=None):
        """The HTTP answer to tools/call."""
        return self.rpc("tools/call", {"name": name, "arguments": arguments or {}},
                        token=token, revision=revision)

    def call_tool(self, token, name, arguments=None, revision=None):
        """The tool's result; a JSON-RPC error is an AssertionError."""
        return ToolAnswer(self.call_tool_reply(token, name, arguments, revision))


def challenge(reply):
    """The parameters of a Bearer challenge, None when there is none."""
    header = reply.headers.get("WWW-Authenticate")
    if header is None or not header.startswith("Bearer"):
        return None
    return dict(re.findall(r'([a-z_]+)="([^"]*)"', header))
