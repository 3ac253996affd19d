"""What the tests of faults share."""

import json
import time

import requests

import case
import instance
import ledger
import servers

RECOVERY_SECONDS = 30


def say(test, text):
    """A line in the output of the run."""
    print(f"     {test.id()}: {text}", flush=True)


class FaultCase(case.Case):
    """A test with an instance of its own."""

    server_class = None     # the usual one

    def setUp(self):
        if self.server_class is not None:
            usual = instance.Instance.server_class
            self.addCleanup(setattr, instance.Instance, "server_class", usual)
            instance.Instance.server_class = self.server_class
        self.make()

    def make(self):
        """The instance."""
        self.fresh()

    def until(self, good, what):
        """Wait until something holds."""
        deadline = time.monotonic() + servers.patient(RECOVERY_SECONDS)
        while not good():
            self.assertLess(time.monotonic(), deadline, f"not in time: {what}")
            time.sleep(0.02)

    def healthy(self):
        """Whether the program says so."""
        try:
            return self.http.get("/api/health").status_code == 200
        except requests.RequestException:
            return False

    def recovers(self, token=None):
        """Without a hand it serves again, reads and writes."""
        self.until(self.healthy, "health")
        token = token or self.demo()
        self.assert_token_good(token)
        self.add(token)
        ledger.whole(self, self.instance)
        self.instance.run("doctor", code=0)

    def probe(self):
        """A new token, and what was written with it."""
        return self.add(self.demo())

    def diagnosed(self, check, says, status="wrong"):
        """The doctor names what is wrong now, and what to do about it."""
        done = self.instance.run("doctor", "--json")
        self.assertEqual(done.code, 8 if status == "wrong" else 0, done.out + done.err)
        found = [finding for finding in json.loads(done.out) if finding["check"] == check]
        self.assertEqual([finding["status"] for finding in found], [status], done.out)
        self.assertRegex(found[0]["says"], says)
        self.assertTrue(found[0]["mend"] or status != "wrong", done.out)

    # Expectations

    def assert_down(self, reply, status=503):
        """An error of the server's own: its number in the log, and when to come again."""
        self.assertEqual(reply.status_code, status, reply.text)
        self.assertTrue(reply.headers["X-Request-Id"])
        self.assertIn("application/json", reply.headers["Content-Type"])
        if status == 503:
            self.assertRegex(reply.headers["Retry-After"], "^[0-9]+$")
        return reply.json()

    def assert_rpc_down(self, reply, status=503):
        """The same at the MCP endpoint."""
        body = self.assert_down(reply, status)
        self.assertEqual(body["error"]["code"], -32603, reply.text)
        self.assertEqual(body["error"]["data"]["request_id"], reply.headers["X-Request-Id"])
        self.assertNotIn("result", body)

    def assert_oauth_down(self, reply, status=503):
        """The same at the token endpoint."""
        body = self.assert_down(reply, status)
        self.assertEqual(body["error"],
                         "temporarily_unavailable" if status == 503 else "server_error")
        self.assertEqual(body["request_id"], reply.headers["X-Request-Id"])

    def assert_logged(self, reply, *needles):
        """The log has the reason under the request's number."""
        lines = [line for line in self.instance.server.log_since(self.log_mark).splitlines()
                 if reply.headers["X-Request-Id"] in line]
        self.assertTrue(lines, "not in the log")
        for needle in needles:
            self.assertIn(needle, "\n".join(lines))

    def add_reply(self, token):
        """The answer to add_application."""
        return self.http.call_tool_reply(token, "add_application", {
            "application": {"owner": "my-org", "name": case.unique("fault")}})
