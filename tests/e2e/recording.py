"""Writes every answer of the MCP endpoint to a file, to be held against the protocol's schemas."""

import json
import threading

REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")
UNNAMED = "2025-03-26"      # what a request without MCP-Protocol-Version speaks


def _parse(body):
    """A body as JSON, None when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _messages(body):
    """The messages of a body: one, or a batch."""
    messages = body if isinstance(body, list) else [body]
    return [message for message in messages if isinstance(message, dict)]


class Recorder:
    """A line of JSON an answer: revision, method (null when unknown) and the message itself."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")       # pylint: disable=consider-using-with
        self.lock = threading.Lock()

    def close(self):
        """No more answers."""
        self.file.close()

    def add(self, revision, request, reply):
        """An exchange: the header MCP-Protocol-Version or None, the body as bytes, the answer."""
        if reply.status_code == 404 and b"jsonrpc" not in reply.content:
            return      # there is no endpoint: the server has another URL
        asked = [(message.get("id"), message.get("method"))
                 for message in _messages(_parse(request)) if "id" in message]
        for message in _messages(_parse(reply.content)):
            method = None
            if "result" in message:
                pair = next(pair for pair in asked if pair[0] == message["id"])
                asked.remove(pair)
                method = pair[1]
            spoken = revision
            if method == "initialize":
                spoken = message["result"]["protocolVersion"]
            if spoken not in REVISIONS:
                spoken = UNNAMED if spoken is None else REVISIONS[-1]
            line = json.dumps({"revision": spoken, "method": method, "message": message})
            with self.lock:
                self.file.write(line + "\n")
