"""What every test case shares: the instance, tokens, and ways to say what is expected."""

import itertools
import json
import unittest

import client
import instance

READ = "read:application"
WRITE = "write:application"
BOTH = f"{READ} {WRITE}"
OAUTH_ERRORS = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
                "unsupported_grant_type", "invalid_scope", "invalid_target", "server_error",
                "temporarily_unavailable", "access_denied", "authorization_pending",
                "slow_down", "expired_token"}

_numbers = itertools.count(1)


def unique(stem="app"):
    """A name that no other test uses."""
    return f"{stem}-{next(_numbers)}"


class Case(unittest.TestCase):
    """A test with the shared instance; fresh() gives one of its own."""

    maxDiff = 2000
    seconds = 5         # how long those go on that try many things; set by run.py

    def setUp(self):
        self.use(instance.Shared.get())

    @classmethod
    def once(cls):
        """Skip tests that start web servers of their own, but for one mounting."""
        mounted = instance.Instance.server_class
        if mounted.name != "lighttpd" or mounted.prefix:
            raise unittest.SkipTest("web servers of its own, which are tested once: with lighttpd")

    def use(self, made):
        """Let the test, and its helpers, speak to this instance; earlier failures are forgiven."""
        if made.query("SELECT 1 FROM throttle"):
            made.change("DELETE FROM throttle")
        self.instance = made
        self.http = made.client
        self.log_mark = made.server.log_size()

    def fresh(self, **options):
        """A new instance for this test alone, in use from now on."""
        made = instance.Instance(**options)
        self.addCleanup(made.close)
        self.use(made)
        return made

    def needs_pool(self):
        """Skip where a process lives for one request only."""
        if not self.instance.server.pooled:
            self.skipTest("no process lives on between requests")

    def needs_bodies_of(self, size):
        """Skip where the web server keeps such bodies from the program."""
        limit = self.instance.server.body_limit
        if limit is not None and limit < size:
            self.skipTest(f"the web server refuses bodies over {limit} bytes")

    def largest(self, size):
        """So many bytes, or as many as fit into a body, with room for what is around them."""
        limit = self.instance.server.body_limit
        return size if limit is None else min(size, limit - 1024)

    # Tokens

    def demo(self, scope=BOTH):
        """A token of my-org/demo."""
        return self.http.token(self.instance.demo, scope)

    def admin(self):
        """A token of built-in/admin."""
        return self.http.token(self.instance.admin)

    # Applications

    def add(self, token, name=None, **fields):
        """Add an application of my-org with a new name; what the tool gives."""
        application = {"owner": "my-org", "name": name or unique(), **fields}
        answer = self.http.call_tool(token, "add_application", {"application": application})
        self.assertFalse(answer.failed, answer.text)
        return answer.value

    def get(self, token, identity):
        """An application that must be there."""
        answer = self.http.call_tool(token, "get_application", {"id": identity})
        self.assertFalse(answer.failed, answer.text)
        return answer.value

    def update(self, token, identity, **fields):
        """Update an application; it must work."""
        answer = self.http.call_tool(token, "update_application",
                                     {"id": identity, "application": fields})
        self.assertFalse(answer.failed, answer.text)
        return answer.value

    def row(self, identity):
        """The row of an application, None when there is none."""
        rows = self.instance.query("SELECT * FROM application WHERE owner = ? AND name = ?",
                                   *identity.split("/", 1))
        return rows[0] if rows else None

    def names(self, token, **arguments):
        """The identities of one page of applications."""
        answer = self.http.call_tool(token, "get_applications", arguments)
        self.assertFalse(answer.failed, answer.text)
        return [f"{item['owner']}/{item['name']}" for item in answer.value]

    # Expectations

    def assert_tool_fails(self, token, tool, arguments, *needles):
        """The tool says no, and its text has all the needles; returns the text."""
        answer = self.http.call_tool(token, tool, arguments)
        self.assertEqual(answer.reply.status_code, 200)
        self.assertTrue(answer.failed, f"{tool} {arguments} succeeded: {answer.text}")
        for needle in needles:
            self.assertIn(needle, answer.text)
        self.assertNotIn("clientSecret\":", answer.text)
        return answer.text

    def assert_refused(self, token, tool, arguments):
        """The tool fails, or its parameters are called invalid; returns the text."""
        reply = self.http.call_tool_reply(token, tool, arguments)
        self.assertEqual(reply.status_code, 200, reply.text)
        body = reply.json()
        if "error" in body:
            self.assertEqual(body["error"]["code"], -32602, reply.text)
            return body["error"]["message"]
        self.assertTrue(body["result"].get("isError"), f"{tool} {arguments}: {reply.text}")
        return body["result"]["content"][0]["text"]

    def assert_rpc_error(self, reply, status, code, **members):
        """A JSON-RPC error with this HTTP status, code and top-level members."""
        self.assertEqual(reply.status_code, status, reply.text)
        self.assertIn("application/json", reply.headers.get("Content-Type", ""))
        body = reply.json()
        self.assertEqual(body.get("jsonrpc"), "2.0")
        self.assertNotIn("result", body)
        self.assertIn("id", body)
        self.assertEqual(body["error"]["code"], code, reply.text)
        self.assertTrue(body["error"]["message"])
        for name, value in members.items():
            self.assertEqual(body[name], value, reply.text)
        return body["error"]

    def assert_unauthorized(self, reply, token_sent=True):
        """401 as DESIGN and RFC 6750 section 3 want it."""
        self.assertEqual(reply.status_code, 401, reply.text)
        self.assertEqual(reply.json(), {"jsonrpc": "2.0", "id": None,
                                        "error": {"code": -32001, "message": "Unauthorized"}})
        told = client.challenge(reply)
        self.assertIsNotNone(told, reply.headers)
        self.assertEqual(told["resource_metadata"],
                         self.http.well_known("oauth-protected-resource", client.MCP_PATH))
        self.assertEqual(told["scope"], BOTH)
        if token_sent:
            self.assertEqual(told.get("error"), "invalid_token")
        else:
            self.assertNotIn("error", told)
            self.assertNotIn("error_description", told)

    def assert_token_refused(self, token):
        """The token opens nothing."""
        self.assert_unauthorized(self.http.rpc("ping", token=token))

    def assert_token_good(self, token):
        """The token opens the endpoint."""
        reply = self.http.rpc("ping", token=token)
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assertEqual(reply.json(), {"jsonrpc": "2.0", "id": 1, "result": {}})

    def assert_oauth_error(self, reply, status, error):
        """An error of the token endpoint (RFC 6749 section 5.2)."""
        self.assertEqual(reply.status_code, status, reply.text)
        self.assertEqual(reply.headers["Content-Type"].partition(";")[0], "application/json")
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        body = reply.json()
        self.assertEqual(body["error"], error, reply.text)
        self.assertIn(body["error"], OAUTH_ERRORS)
        self.assertLessEqual(set(body), {"error", "error_description", "error_uri"})
        self.assertNotIn("access_token", reply.text)
        # RFC 6749 section 5.2 allows these characters only.
        self.assertRegex(body.get("error_description", ""), r"^[\x20-\x21\x23-\x5b\x5d-\x7e]*$")
        return body

    def assert_no_token(self, reply):
        """Refused, in the shape of the token endpoint; which of the errors is left open."""
        self.assertIn(reply.status_code, (400, 401), reply.text)
        self.assert_oauth_error(reply, reply.status_code, reply.json()["error"])

    def conforms(self, value, schema, where="value"):
        """Whether a value is what a JSON Schema says: the part of it that the program uses."""
        kinds = {"object": dict, "array": list, "string": str, "boolean": bool,
                 "integer": int, "number": (int, float), "null": type(None)}
        wanted = schema.get("type")
        wanted = [wanted] if isinstance(wanted, str) else wanted
        if wanted:
            self.assertTrue(any(isinstance(value, kinds[kind]) and
                                (kind == "boolean" or not isinstance(value, bool))
                                for kind in wanted), f"{where}: {value!r} is not {wanted}")
        if "enum" in schema:
            self.assertIn(value, schema["enum"], where)
        if isinstance(value, dict):
            for name in schema.get("required", []):
                self.assertIn(name, value, where)
            for name, member in value.items():
                known = schema.get("properties", {})
                if name in known:
                    self.conforms(member, known[name], f"{where}.{name}")
                elif schema.get("additionalProperties") is False:
                    self.fail(f"{where}.{name} is not in the schema")
        if isinstance(value, list) and isinstance(schema.get("items"), dict):
            for number, item in enumerate(value):
                self.conforms(item, schema["items"], f"{where}[{number}]")


def scopes(*names):
    """The `scopes` field of an application."""
    return [{"name": name} for name in names]


def dumps(value):
    """JSON as bytes."""
    return json.dumps(value).encode()
