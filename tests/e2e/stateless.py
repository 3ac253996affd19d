"""Requests of revision 2026-07-28: each tells everything itself, in _meta and again in headers."""

import base64

REVISION = "2026-07-28"
META = "io.modelcontextprotocol/"
MIRRORED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


def meta(**members):
    """The _meta of a request; a member of value None is left out."""
    made = {META + "protocolVersion": REVISION, META + "clientCapabilities": {},
            META + "clientInfo": {"name": "e2e", "version": "1"}}
    for name, value in members.items():
        made[META + name] = value
    return {name: value for name, value in made.items() if value is not None}


def message(method, params=None, request_id=1, **members):
    """A request; members change its _meta."""
    return {"jsonrpc": "2.0", "id": request_id, "method": method,
            "params": {**(params or {}), "_meta": meta(**members)}}


def headers(body):
    """The headers that go with a request."""
    made = {"MCP-Protocol-Version": REVISION, "Mcp-Method": body["method"]}
    mirrored = MIRRORED.get(body["method"])
    if mirrored is not None:
        made["Mcp-Name"] = encoded(body["params"][mirrored])
    return made


def encoded(value):
    """A header's value: as it is where that is possible, else in base64."""
    if value.isascii() and value.isprintable() and value == value.strip() and \
            not value.startswith("=?"):
        return value
    return in_base64(value)


def in_base64(value):
    """A header's value in the form for what is not plain ASCII."""
    return "=?base64?" + base64.b64encode(value.encode()).decode() + "?="
