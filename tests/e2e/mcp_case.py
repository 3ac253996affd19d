"""What the tests of the MCP endpoint share."""

import case
import stateless

REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
LATEST = REVISIONS[-1]
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
NOTE = {"jsonrpc": "2.0", "method": "notifications/initialized"}


class McpCase(case.Case):
    """Every test has a token with both scopes."""

    def setUp(self):
        super().setUp()
        self.token = self.demo()

    def post(self, message, **options):
        """Send an object, or the bytes of a body."""
        return self.http.post(message, self.token, **options)

    def ask(self, method, params=None, **options):
        """A request."""
        return self.http.rpc(method, params, token=self.token, **options)

    def assert_pong(self, reply, request_id=1):
        """A good answer to ping."""
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assertEqual(reply.json(), {"jsonrpc": "2.0", "id": request_id, "result": {}})


class StatelessCase(McpCase):
    """Requests with all that belongs to them, but for what a test changes."""

    def send(self, body, **headers):
        """Send a request with its headers; a value of None leaves one out (- is written _)."""
        sent = stateless.headers(body)
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.post(body, headers=sent)

    def result(self, method, params=None):
        """The result of a good request."""
        reply = self.send(stateless.message(method, params))
        self.assertEqual(reply.status_code, 200, reply.text)
        return reply.json()["result"]

    def assert_mismatch(self, reply, request_id=1):
        """HTTP 400, HeaderMismatch, with the id of the request."""
        return self.assert_rpc_error(reply, 400, -32020, id=request_id)
