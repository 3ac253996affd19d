"""The main job: a newcomer's program runs to its end, in both branches."""

import json
import os
import subprocess
import sys

import case
import client
import servers

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "example_client.py")
READ_TOOLS = {"get_applications", "get_application"}
WRITE_TOOLS = {"add_application", "update_application", "rotate_application_secret",
               "delete_application"}


class Example(case.Case):
    """The example client as a process of its own, and its steps one by one."""

    def example(self, *arguments):
        """Run the example client; its exit status and its lines."""
        environment = {**os.environ, **self.instance.env, "NO_PROXY": "127.0.0.1"}
        done = subprocess.run([sys.executable, PROGRAM, *arguments], env=environment, text=True,
                              capture_output=True, timeout=servers.patient(120), check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout.splitlines()

    def test_creates_an_application(self):
        """With both scopes it prints the stored application and its secret, which work."""
        status, lines = self.example("--name", "example-one")
        self.assertEqual(status, 0, lines)
        self.assertEqual(lines[0], "Server: casement")
        self.assertEqual(set(lines[1].split()[1:]), READ_TOOLS | WRITE_TOOLS)
        made = json.loads(lines[2].removeprefix("Created application: "))
        self.assertEqual((made["owner"], made["name"], made["organization"], made["displayName"]),
                         ("my-org", "example-one", "my-org", "Example Application"))
        self.http.token(client.Credentials(made["clientId"], made["clientSecret"]))

    def test_second_run_says_that_it_exists(self):
        """Nothing breaks when the same program runs again, and the reason is in words."""
        self.assertEqual(self.example("--name", "example-two")[0], 0)
        before = dict(self.row("my-org/example-two"))
        status, lines = self.example("--name", "example-two")
        self.assertEqual(status, 1)
        self.assertRegex(lines[-1], "Not created: .*exist")
        self.assertIn("my-org/example-two", lines[-1])
        self.assertEqual(dict(self.row("my-org/example-two")), before)

    def test_read_only_token_is_told_what_it_needs(self):
        """The other branch: the scopes that are needed and those that are there."""
        status, lines = self.example("--scope", "read:application", "--name", "example-three")
        self.assertEqual(status, 3)
        self.assertEqual(set(lines[1].split()[1:]), READ_TOOLS)
        self.assertEqual(lines[2:], ["Need scope: write:application",
                                     "Have scopes: read:application"])
        self.assertIsNone(self.row("my-org/example-three"))

    def test_without_its_environment(self):
        """It says what is missing, and where to get it."""
        done = subprocess.run([sys.executable, PROGRAM], env={"PATH": os.environ["PATH"]},
                              text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("CASEMENT_URL is not set; do first: set -a; . var/demo.env",
                      done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_addresses_in_the_env_file(self):
        """The file of `init` has the URLs that the server answers."""
        self.assertEqual(self.instance.env["CASEMENT_URL"], self.http.mcp_url)
        self.assertEqual(self.instance.env["CASEMENT_TOKEN_URL"], self.http.token_url)

    def test_initialize_answer(self):
        """The first answer in full."""
        reply = self.http.rpc("initialize", {
            "protocolVersion": "2024-11-05", "capabilities": {},
            "clientInfo": {"name": "python-client", "version": "1.0.0"}}, token=self.demo())
        self.assertEqual(reply.status_code, 200)
        body = reply.json()
        self.assertEqual((body["jsonrpc"], body["id"]), ("2.0", 1))
        result = body["result"]
        self.assertEqual(result["protocolVersion"], "2024-11-05")
        self.assertIn("tools", result["capabilities"])
        self.assertEqual(result["serverInfo"]["name"], "casement")
        self.assertTrue(result["serverInfo"]["version"])

    def test_initialized_notification(self):
        """202 and nothing more."""
        reply = self.http.post({"jsonrpc": "2.0", "method": "notifications/initialized"},
                               self.demo())
        self.assertEqual((reply.status_code, reply.content), (202, b""))

    def test_add_answer_is_json_text(self):
        """One text block holds the application as JSON."""
        reply = self.http.call_tool_reply(self.demo(), "add_application", {
            "application": {"owner": "my-org", "name": "example-four",
                            "displayName": "Four", "organization": "my-org"}})
        result = reply.json()["result"]
        self.assertFalse(result.get("isError", False))
        self.assertEqual(result["content"][0]["type"], "text")
        made = json.loads(result["content"][0]["text"])
        self.assertEqual(made["name"], "example-four")
        self.assertNotIn("error", reply.json())

    def test_without_accept_header(self):
        """A plain `Accept: */*` is enough, whatever the transport's text asks of clients."""
        reply = self.http.rpc("ping", token=self.demo(), headers={"Accept": "*/*"})
        self.assertEqual(reply.status_code, 200)
