"""What pages of web origins may do: preflights, what they may read, and who is refused."""

import case
import client
import stateless
from mcp_case import StatelessCase
from stateless import message


class Browser(StatelessCase):
    """What a page of an allowed origin needs."""

    ORIGIN = "https://app.example"
    WANTED = ("Authorization", "Content-Type", "Accept", "MCP-Protocol-Version", "Mcp-Method",
              "Mcp-Name", "Mcp-Param-Id")

    def preflight(self, origin, headers, path=client.MCP_PATH):
        """OPTIONS as a browser sends it: without a token."""
        return self.http.request("OPTIONS", path, headers={
            "Origin": origin, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ",".join(headers).lower()})

    def test_preflight(self):
        """Every header that this revision has, also Mcp-Param-*; never credentials."""
        self.fresh(settings={"allowed_origins": self.ORIGIN})
        reply = self.preflight(self.ORIGIN, self.WANTED)
        self.assertEqual((reply.status_code, reply.content), (204, b""))
        self.assertEqual(reply.headers["Access-Control-Allow-Origin"], self.ORIGIN)
        self.assertIn("POST", reply.headers["Access-Control-Allow-Methods"])
        allowed = {name.strip().lower()
                   for name in reply.headers["Access-Control-Allow-Headers"].split(",")}
        self.assertLessEqual({name.lower() for name in self.WANTED}, allowed)
        self.assertNotIn("Access-Control-Allow-Credentials", reply.headers)
        self.assertIn("Origin", reply.headers["Vary"])

    def test_preflight_of_another_origin(self):
        """403, and no header that would let it in."""
        for origin in ("https://evil.example", "null", self.http.origin + ".evil.example"):
            reply = self.preflight(origin, self.WANTED)
            self.assertEqual(reply.status_code, 403)
            self.assertFalse([name for name in reply.headers
                              if name.lower().startswith("access-control-allow")])

    def test_preflight_without_a_token_or_an_origin(self):
        """It is answered before authorization, whoever asks."""
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Origin": self.http.origin}):
            reply = self.http.request("OPTIONS", client.MCP_PATH, headers=headers)
            self.assertEqual((reply.status_code, reply.content), (204, b""))
            self.assertNotIn("WWW-Authenticate", reply.headers)

    def test_exposed(self):
        """A page may read the challenge of 401 and of 403."""
        self.fresh(settings={"allowed_origins": self.ORIGIN})
        self.token = self.demo(case.READ)
        body = message("tools/call", {"name": "delete_application", "arguments": {"id": "a/b"}})
        headers = {**stateless.headers(body), "Origin": self.ORIGIN}
        for token, status in ((None, 401), (self.token, 403)):
            reply = self.http.post(body, token, headers=headers)
            self.assertEqual(reply.status_code, status)
            self.assertEqual(reply.headers["Access-Control-Allow-Origin"], self.ORIGIN)
            self.assertIn("WWW-Authenticate", reply.headers["Access-Control-Expose-Headers"])

    def test_R7_bad_origin(self):
        """403, and nothing was run."""
        name = case.unique()
        body = message("tools/call", {"name": "add_application", "arguments": {
            "application": {"owner": "my-org", "name": name}}})
        self.assertEqual(self.send(body, Origin="https://evil.example").status_code, 403)
        self.assertIsNone(self.row(f"my-org/{name}"))
        for method in ("GET", "DELETE", "PUT"):
            for origin, status in (("https://evil.example", 403), (self.http.origin, 405)):
                reply = self.http.request(method, client.MCP_PATH, headers={"Origin": origin})
                self.assertEqual(reply.status_code, status)
