"""Every method at every revision with a handshake, by hand."""

import json

import case
import stateless
from mcp_case import McpCase, REVISIONS

TITLES = "2025-06-18"           # the first revision with titles and structuredContent
ANNOTATIONS = "2025-03-26"      # the first with annotations and a capability for completion
KINDS = ("application", "organization", "user", "role", "permission", "token")
DEMO = "casement://application/my-org/demo"


class Methods(McpCase):
    """The answers of each revision have what that revision has, and nothing newer."""

    def each(self, method, params=None):
        """The result of a method at every revision."""
        for revision in REVISIONS:
            with self.subTest(method=method, revision=revision):
                reply = self.ask(method, params, revision=revision)
                self.assertEqual(reply.status_code, 200, reply.text)
                result = reply.json()["result"]
                self.assertNotIn("resultType", result)
                self.assertNotIn("ttlMs", result)
                self.assertNotIn("_meta", result)
                yield revision, result

    def test_initialize(self):
        """The server's name, its powers, and what a model should know."""
        for revision in REVISIONS:
            result = self.ask("initialize", {
                "protocolVersion": revision, "capabilities": {},
                "clientInfo": {"name": "x", "version": "1"}}).json()["result"]
            self.assertEqual(result["protocolVersion"], revision)
            self.assertEqual("completions" in result["capabilities"], revision >= ANNOTATIONS)
            self.assertEqual("title" in result["serverInfo"], revision >= TITLES)
            self.assertIn(case.BOTH, result["instructions"])

    def test_ping(self):
        """An empty result."""
        for _, result in self.each("ping"):
            self.assertEqual(result, {})

    def test_tools_list(self):
        """Annotations and titles where there are some."""
        for revision, result in self.each("tools/list"):
            for tool in result["tools"]:
                self.assertEqual("annotations" in tool, revision >= ANNOTATIONS)
                self.assertEqual("title" in tool, revision >= TITLES)
                self.assertEqual("outputSchema" in tool, revision >= TITLES)

    def test_annotations(self):
        """They say what the tool does to the world."""
        tools = {tool["name"]: tool["annotations"]
                 for tool in self.ask("tools/list", revision=REVISIONS[-1]).json()["result"]["tools"]}
        for name, hints in tools.items():
            self.assertEqual(hints["readOnlyHint"], name.startswith("get_"))
            self.assertFalse(hints["openWorldHint"])
            if not hints["readOnlyHint"]:
                self.assertEqual(hints["destructiveHint"], name != "add_application")

    def test_tools_call(self):
        """A result that went well, and one that did not."""
        good = {"name": "get_application", "arguments": {"id": "my-org/demo"}}
        for revision, result in self.each("tools/call", good):
            self.assertEqual(json.loads(result["content"][0]["text"])["name"], "demo")
            self.assertEqual("structuredContent" in result, revision >= TITLES)
        bad = {"name": "get_application", "arguments": {"id": "my-org/nothing"}}
        for _, result in self.each("tools/call", bad):
            self.assertTrue(result["isError"])
            self.assertNotIn("structuredContent", result)

    def test_resources(self):
        """Listed, described and read."""
        for revision, result in self.each("resources/list"):
            rows = result["resources"]
            while "nextCursor" in result:
                result = self.ask("resources/list", {"cursor": result["nextCursor"]},
                                  revision=revision).json()["result"]
                rows += result["resources"]
            found = [one for one in rows if one["uri"] == DEMO]
            self.assertEqual(len(found), 1)
            self.assertEqual("title" in found[0], revision >= TITLES)
        for _, result in self.each("resources/templates/list"):
            self.assertEqual([one["uriTemplate"] for one in result["resourceTemplates"]],
                             [f"casement://{kind}/{{owner}}/{{name}}" for kind in KINDS])
        for _, result in self.each("resources/read", {"uri": DEMO}):
            self.assertEqual(result["contents"][0]["uri"], DEMO)
            text = json.loads(result["contents"][0]["text"])
            self.assertEqual((text["owner"], text["name"]), ("my-org", "demo"))
            self.assertNotIn("clientSecret", text)

    def test_resources_that_are_not_there(self):
        """-32002 for these revisions, whoever asks, and nothing of what another may see."""
        self.instance.run("application", "add", "built-in/hidden", code=0)
        for uri in (DEMO + "x", "casement://application/built-in/hidden",
                    "casement://application/my-org", "casement://users/my-org/demo", "file:///etc",
                    "casement://application/my-org/demo?x=1", "casement://application/my-org/%64"):
            for revision in REVISIONS:
                with self.subTest(uri=uri, revision=revision):
                    reply = self.ask("resources/read", {"uri": uri}, revision=revision)
                    self.assertIn(reply.json()["error"]["code"], (-32002, -32602))

    def test_prompts(self):
        """Each of them, filled in."""
        for revision, result in self.each("prompts/list"):
            self.assertEqual(len(result["prompts"]), 3)
            for prompt in result["prompts"]:
                self.assertEqual("title" in prompt, revision >= TITLES)
        prompts = self.ask("prompts/list").json()["result"]["prompts"]
        for prompt in prompts:
            given = {argument["name"]: "my-org/demo" for argument in prompt["arguments"]}
            for _, result in self.each("prompts/get",
                                       {"name": prompt["name"], "arguments": given}):
                self.assertIn("my-org/demo", result["messages"][0]["content"]["text"])

    def test_completion(self):
        """Names of what the token may see."""
        params = {"ref": {"type": "ref/resource", "uri": "casement://application/{owner}/{name}"},
                  "argument": {"name": "name", "value": "dem"}}
        for _, result in self.each("completion/complete", params):
            self.assertIn("demo", result["completion"]["values"])

    def test_cancelled(self):
        """A notification: 202, whatever it names."""
        for revision in REVISIONS:
            for params in ({"requestId": 1}, {"requestId": "x", "reason": "y"}, {}, []):
                reply = self.post({"jsonrpc": "2.0", "method": "notifications/cancelled",
                                   "params": params}, revision=revision)
                self.assertEqual((reply.status_code, reply.content), (202, b""))

    def test_low_scope(self):
        """Resources and prompts are under the same scopes as the tools."""
        token = self.demo(case.WRITE)
        for method, params in (("resources/read", {"uri": DEMO}),
                               ("tools/call", {"name": "get_applications"})):
            for revision in REVISIONS:
                reply = self.http.rpc(method, params, token=token, revision=revision)
                self.assert_rpc_error(reply, 403, -32001, id=1)
        for revision in REVISIONS:
            reply = self.http.rpc("resources/list", token=token, revision=revision)
            self.assertEqual(reply.json()["result"]["resources"], [])


class Headers(McpCase):
    """Which headers the revisions with a handshake look at."""

    def test_accept(self):
        """JSON must be welcome; that there are streams too is not asked for."""
        for revision in REVISIONS:
            for accept in ("application/json, text/event-stream", "application/json", "*/*", None,
                           "text/event-stream;q=0.9, application/*;q=0.1", "APPLICATION/JSON"):
                with self.subTest(revision=revision, accept=accept):
                    reply = self.ask("ping", revision=revision, headers={"Accept": accept})
                    self.assert_pong(reply)
            for accept in ("text/event-stream", "text/html, image/png", "application/jsonx"):
                with self.subTest(revision=revision, accept=accept):
                    reply = self.ask("ping", revision=revision, headers={"Accept": accept})
                    self.assertEqual(reply.status_code, 406, reply.text)

    def test_content_type(self):
        """JSON and nothing else."""
        for revision in REVISIONS:
            for kind, status in (("application/json", 200), ("Application/JSON; charset=utf-8", 200),
                                 ("text/plain", 415), ("application/json-rpc", 415), (None, 415)):
                with self.subTest(revision=revision, kind=kind):
                    reply = self.ask("ping", revision=revision, headers={"Content-Type": kind})
                    self.assertEqual(reply.status_code, status, reply.text)

    def test_headers_of_the_next_revision(self):
        """Mcp-Method, Mcp-Name and Mcp-Param-* mean nothing here, whatever they say."""
        for revision in (None, *REVISIONS):
            reply = self.ask("ping", revision=revision, headers={
                "Mcp-Method": "tools/call", "Mcp-Name": "=?base64?!?=", "Mcp-Param-Id": "x"})
            self.assert_pong(reply)

    def test_sessions(self):
        """None is made, none is asked for, and none that a client brings is looked at."""
        for revision in REVISIONS:
            reply = self.ask("initialize", {
                "protocolVersion": revision, "capabilities": {},
                "clientInfo": {"name": "x", "version": "1"}},
                revision=revision, headers={"Mcp-Session-Id": "brought", "Last-Event-ID": "1"})
            self.assertEqual(reply.status_code, 200, reply.text)
            self.assertNotIn("Mcp-Session-Id", reply.headers)
            self.assert_pong(self.ask("ping", revision=revision,
                                      headers={"Mcp-Session-Id": "brought"}))

    def test_initialize_with_the_newest(self):
        """2026-07-28 has no handshake: who asks for it there is offered the newest that has one."""
        reply = self.ask("initialize", {"protocolVersion": stateless.REVISION, "capabilities": {},
                                        "clientInfo": {"name": "x", "version": "1"}})
        self.assertEqual(reply.json()["result"]["protocolVersion"], REVISIONS[-1])


class Trace(McpCase):
    """Where a change came from."""

    PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    def add_with(self, traceparent):
        """Add an application with a traceparent; its identity and the answer."""
        name = case.unique()
        reply = self.ask("tools/call", {
            "name": "add_application", "_meta": {"traceparent": traceparent},
            "arguments": {"application": {"owner": "my-org", "name": name}}})
        self.assertFalse(reply.json()["result"].get("isError"), reply.text)
        return name, reply

    def audit(self, name):
        """The audit row of the change that made an application."""
        rows = self.instance.query("SELECT * FROM audit WHERE target = ?", f"my-org/{name}")
        self.assertEqual(len(rows), 1)
        return rows[0]

    def test_in_the_audit_row(self):
        """traceparent and the request id stand in the row of the change."""
        name, reply = self.add_with(self.PARENT)
        row = self.audit(name)
        self.assertEqual(row["traceparent"], self.PARENT)
        self.assertEqual(row["request_id"], reply.headers["X-Request-Id"])

    def test_at_the_newest_revision(self):
        """The same beside the _meta that every request has there."""
        name = case.unique()
        body = stateless.message("tools/call", {"name": "add_application", "arguments": {
            "application": {"owner": "my-org", "name": name}}})
        body["params"]["_meta"]["traceparent"] = self.PARENT
        reply = self.post(body, headers=stateless.headers(body))
        row = self.audit(name)
        self.assertEqual(row["traceparent"], self.PARENT)
        self.assertEqual(row["request_id"], reply.headers["X-Request-Id"])

    def test_of_a_refusal(self):
        """A call that is refused for its scope leaves both in the trail too."""
        target = f"my-org/{case.unique()}"
        reply = self.http.rpc("tools/call", {
            "name": "delete_application", "_meta": {"traceparent": self.PARENT},
            "arguments": {"id": target}}, token=self.demo(case.READ))
        self.assertEqual(reply.status_code, 403)
        row = self.audit(target[len("my-org/"):])
        self.assertEqual((row["traceparent"], row["request_id"]),
                         (self.PARENT, reply.headers["X-Request-Id"]))

    def test_each_of_a_batch(self):
        """A message has its own trace, and none of the one before."""
        names = [case.unique() for _ in range(3)]
        traces = [self.PARENT, None, self.PARENT[:-2] + "00"]
        self.post([{"jsonrpc": "2.0", "id": name, "method": "tools/call", "params": {
            "name": "add_application", "_meta": {"traceparent": trace} if trace else {},
            "arguments": {"application": {"owner": "my-org", "name": name}}}}
            for name, trace in zip(names, traces)])
        self.assertEqual([self.audit(name)["traceparent"] or None for name in names], traces)

    def test_what_is_none_is_not_kept(self):
        """Only what W3C Trace Context calls a traceparent."""
        for value in ("", "x", self.PARENT + "0", self.PARENT.upper(), 5, {}, "'; DROP TABLE",
                      "01" + self.PARENT[2:], self.PARENT[:-3] + "0" + self.PARENT[-2:]):
            with self.subTest(value=value):
                self.assertFalse(self.audit(self.add_with(value)[0])["traceparent"])


class AccessLog(McpCase):
    """One JSON line a request, where the settings say."""

    def lines(self, path):
        """The lines of the log as objects."""
        with open(path, encoding="utf-8") as log:
            return [json.loads(line) for line in log]

    def test_a_file(self):
        """Who did what, how it went, how long it took; no token and no secret."""
        made = self.fresh()
        path = made.folder + "/access.log"
        made.run("setting", "set", "log_level", "info", code=0)
        made.run("setting", "set", "log_target", path, code=0)
        token = self.token = self.demo()
        made_secret = self.add(token)["clientSecret"]
        trace = {"_meta": {"traceparent": Trace.PARENT}}
        traced = self.ask("tools/list", trace).headers["X-Request-Id"]
        self.http.call_tool_reply(self.demo(case.READ), "add_application")
        self.http.rpc("ping", token="nonsense")
        self.ask("tools/call", {"name": "get_application", "arguments": {"id": "my-org/none"}})
        self.http.request("POST", f"/api/mcp?access_token={token}", data=b"{}")
        self.http.token_reply(made.demo, basic=True)
        self.http.post(b"{ broken " + made.demo.secret.encode(), token)
        with open(path, encoding="utf-8") as log:
            text = log.read()
        for secret in (token, token.rpartition(".")[2], made_secret, made.demo.secret, "nonsense"):
            self.assertNotIn(secret, text)
        line = next(line for line in self.lines(path) if line["request_id"] == traced)
        self.assertEqual(line["traceparent"], Trace.PARENT)
        self.assertLessEqual({"time", "level", "request_id", "http", "path", "status", "client",
                              "address", "method", "outcome", "us"}, set(line))
        self.assertEqual((line["outcome"], line["method"], line["status"]),
                         ("ok", "tools/list", 200))
        calls = [line for line in self.lines(path)
                 if line.get("path") == self.http.prefix + "/api/mcp"]
        added = next(line for line in calls if line.get("tool") == "add_application")
        self.assertEqual((added["status"], added["method"]), (200, "tools/call"))
        self.assertEqual(added["client"], made.demo.id)
        self.assertGreater(added["us"], 0)
        self.assertTrue(added["request_id"])
        self.assertRegex(added["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
        self.assertEqual({line["status"] for line in calls}, {200, 400, 401, 403})
        failed = next(line for line in calls if line.get("tool") == "get_application")
        self.assertEqual((failed["status"], failed["outcome"]), (200, "not_found"))
        refused = next(line for line in calls if line["status"] == 403)
        self.assertEqual((refused["outcome"], refused["tool"]), ("insufficient_scope",
                                                                 "add_application"))

    def test_level(self):
        """At level error, what went well leaves no line; the level may change at any time."""
        made = self.fresh()
        path = made.folder + "/access.log"
        made.run("setting", "set", "log_level", "error", code=0)
        made.run("setting", "set", "log_target", path, code=0)
        token = self.demo()
        self.http.rpc("tools/list", token=token)
        made.run("setting", "set", "log_level", "info", code=0)
        self.http.rpc("ping", token=token)
        methods = [line.get("method") for line in self.lines(path)]
        self.assertNotIn("tools/list", methods)
        self.assertIn("ping", methods)

    def test_a_target_that_is_no_file(self):
        """Refused by the command; a folder that went away costs the log, not the answer."""
        made = self.fresh()
        self.assertNotEqual(made.run("setting", "set", "log_target", "relative.log").code, 0)
        made.run("setting", "set", "log_target", made.folder + "/gone/access.log")
        self.assert_token_good(self.demo())
