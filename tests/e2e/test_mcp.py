"""The MCP endpoint: HTTP around it, revisions, tools and who may call them."""

import json

import case
import client
from mcp_case import LATEST, McpCase, NOTE, PING, REVISIONS


class Http(McpCase):
    """Methods, types, sizes, origins."""

    def test_answer_headers(self):
        """JSON, not to be stored or sniffed, with a request id."""
        reply = self.ask("ping")
        self.assert_pong(reply)
        self.assertEqual(reply.headers["Content-Type"].partition(";")[0], "application/json")
        self.assertTrue(reply.headers["X-Request-Id"])

    def test_other_methods(self):
        """405 with Allow for who may be here, 401 or 405 for the rest."""
        for method in ("GET", "DELETE", "PUT", "PATCH"):
            with self.subTest(method=method):
                reply = self.http.request(method, client.MCP_PATH,
                                          headers={"Authorization": f"Bearer {self.token}"})
                self.assertEqual(reply.status_code, 405, reply.text)
                self.assertIn("POST", reply.headers["Allow"])
                self.assertIn(self.http.request(method, client.MCP_PATH).status_code, (401, 405))

    def test_content_type(self):
        """application/json, with parameters and in any case, and nothing else."""
        for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/json;"):
            with self.subTest(kind=kind):
                self.assert_pong(self.post(PING, headers={"Content-Type": kind}))
        for kind in (None, "", "text/plain", "application/x-www-form-urlencoded", "application/xml",
                     "application/jsonx", "text/json", "multipart/form-data; boundary=x"):
            with self.subTest(kind=kind):
                reply = self.post(PING, headers={"Content-Type": kind})
                self.assertEqual(reply.status_code, 415, reply.text)

    def test_over_the_limit(self):
        """413 from the first byte over the limit on; the limit itself is fine."""
        body = case.dumps(PING)
        limit = 1048576
        self.needs_bodies_of(2 * limit)
        self.assert_pong(self.post(body + b" " * (limit - len(body))))
        for size in (limit + 1, 2 * limit):
            reply = self.post(body + b" " * (size - len(body)))
            self.assertEqual(reply.status_code, 413, reply.text)
            self.assertIn("error", reply.json())
            self.assertEqual(reply.json()["jsonrpc"], "2.0")

    def test_over_the_limit_of_the_web_server(self):
        """What the web server itself refuses, it refuses as is known of it; the next request works."""
        server = self.instance.server
        if server.body_limit is None:
            self.skipTest("the web server's own limit is beyond the program's")
        body = case.dumps(PING)
        self.assert_pong(self.post(body + b" " * (server.body_limit - len(body))))
        reply = self.post(body + b" " * (server.body_limit + 1 - len(body)))
        self.assertEqual(reply.status_code, server.body_refusal)
        self.assert_pong(self.post(body))

    def test_limit_setting(self):
        """max_body_bytes is read while the server runs."""
        made = self.fresh()
        token = self.demo()
        body = case.dumps(PING)
        made.run("setting", "set", "max_body_bytes", "4096", code=0)
        for _ in range(4):
            self.assertEqual(self.http.post(body + b" " * 4096, token).status_code, 413)
        self.assert_pong(self.http.post(body + b" " * (4096 - len(body)), token))

    def test_R7_bad_origin(self):
        """A page of another origin may not speak to us, also with a good token."""
        own = self.http.origin
        for origin in ("https://evil.example", "null", own + ".evil.example", own + "0",
                       own.replace("http:", "https:"), "http://127.0.0.1", "http://localhost",
                       own + "/", "", "x", own + " https://evil.example", "file://"):
            with self.subTest(origin=origin):
                reply = self.post(PING, headers={"Origin": origin})
                if origin == "":
                    self.assertIn(reply.status_code, (200, 403))
                else:
                    self.assertEqual(reply.status_code, 403, reply.text)
                self.assertNotIn("evil", reply.headers.get("Access-Control-Allow-Origin", ""))

    def test_R7_bad_origin_changes_nothing(self):
        """403 comes before the tool."""
        name = case.unique()
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "add_application",
            "arguments": {"application": {"owner": "my-org", "name": name}}}}
        reply = self.post(message, headers={"Origin": "https://evil.example"})
        self.assertEqual(reply.status_code, 403)
        self.assertIsNone(self.row(f"my-org/{name}"))

    def test_R7_own_origin(self):
        """The issuer's origin is always good."""
        self.assert_pong(self.post(PING, headers={"Origin": self.http.origin}))

    def test_R7_allowed_origins(self):
        """allowed_origins adds to it."""
        self.fresh(settings={"allowed_origins": "https://app.example"})
        token = self.demo()
        for origin, status in (("https://app.example", 200), (self.http.origin, 200),
                               ("https://app.example.evil.example", 403),
                               ("http://app.example", 403), ("https://app.example:444", 403)):
            with self.subTest(origin=origin):
                reply = self.http.post(PING, token, headers={"Origin": origin})
                self.assertEqual(reply.status_code, status, reply.text)

    def test_chunked_body(self):
        """A body without a length."""
        reply = self.http.raw("POST", client.MCP_PATH, [
            ("Authorization", f"Bearer {self.token}"), ("Content-Type", "application/json"),
            ("Transfer-Encoding", "chunked")],
            b"10\r\n" + case.dumps(PING)[:16] + b"\r\n" +
            b"%x\r\n" % len(case.dumps(PING)[16:]) + case.dumps(PING)[16:] + b"\r\n0\r\n\r\n")
        self.assert_pong(reply)


class Revisions(McpCase):
    """What depends on the revision of the protocol."""

    def initialize(self, version):
        """The result of initialize for a version."""
        return self.ask("initialize", {"protocolVersion": version, "capabilities": {},
                                       "clientInfo": {"name": "x", "version": "1"}})

    def test_initialize_negotiates(self):
        """A known revision is taken, for another the latest is offered."""
        for revision in REVISIONS:
            self.assertEqual(self.initialize(revision).json()["result"]["protocolVersion"],
                             revision)
        for revision in ("2023-01-01", "2099-12-31", "", "x", "2025-06-18 ", "2.0"):
            with self.subTest(revision=revision):
                self.assertEqual(self.initialize(revision).json()["result"]["protocolVersion"],
                                 LATEST)

    def test_initialize_bad_params(self):
        """Without a protocolVersion that is a string: -32602."""
        for params in (None, {}, {"protocolVersion": 5}, {"protocolVersion": None},
                       {"protocolVersion": ["2025-06-18"]}, {"protocolversion": "2025-06-18"}):
            with self.subTest(params=params):
                self.assert_rpc_error(self.ask("initialize", params), 200, -32602, id=1)

    def test_header_supported(self):
        """Each supported revision in the header."""
        for revision in REVISIONS:
            with self.subTest(revision=revision):
                self.assert_pong(self.ask("ping", revision=revision))

    def test_header_unsupported(self):
        """400 for any other, also for a notification."""
        for revision in ("2023-01-01", "2099-12-31", "x", "2025-06-18x", "2025-06-18,2025-06-18",
                         "DRAFT-2025", "2025-6-18", "9" * 1000):
            with self.subTest(revision=revision[:20]):
                self.assertEqual(self.ask("ping", revision=revision).status_code, 400)
                self.assertEqual(self.post(NOTE, revision=revision).status_code, 400)

    def test_structured_content(self):
        """structuredContent came with 2025-06-18, and says what the text says."""
        name = case.unique()
        self.add(self.token, name)
        for revision in (None, "2024-11-05", "2025-03-26"):
            answer = self.http.call_tool(self.token, "get_application", {"id": f"my-org/{name}"},
                                         revision)
            self.assertIsNone(answer.structured, revision)
            self.assertEqual(answer.value["name"], name)
        for revision in ("2025-06-18", "2025-11-25"):
            answer = self.http.call_tool(self.token, "get_application", {"id": f"my-org/{name}"},
                                         revision)
            self.assertEqual(answer.structured, answer.value)

    def test_structured_content_of_a_list(self):
        """An object with the applications, beside an array as text."""
        answer = self.http.call_tool(self.token, "get_applications", {"pageSize": 3}, LATEST)
        self.assertIsInstance(answer.value, list)
        self.assertEqual(answer.structured["applications"], answer.value)

    def test_tool_members(self):
        """outputSchema and title came with 2025-06-18."""
        for revision in (None, *REVISIONS):
            tools = self.ask("tools/list", revision=revision).json()["result"]["tools"]
            modern = revision is not None and revision >= "2025-06-18"
            for tool in tools:
                with self.subTest(revision=revision, tool=tool["name"]):
                    self.assertEqual("outputSchema" in tool, modern)
                    self.assertEqual("title" in tool, modern)


class ToolsList(McpCase):
    """Which tools a token sees."""

    READS = ["get_application", "get_applications"]
    WRITES = ["add_application", "delete_application", "rotate_application_secret",
              "update_application"]

    def tools(self, token):
        """The names in the order in which they come."""
        result = self.http.rpc("tools/list", token=token).json()["result"]
        self.assertNotIn("nextCursor", result)
        return [tool["name"] for tool in result["tools"]]

    def test_filtered_by_scope(self):
        """Each scope has its tools."""
        for scope, names in ((case.READ, self.READS), (case.WRITE, self.WRITES),
                             ("application:read", self.READS), ("application:write", self.WRITES),
                             (case.BOTH, self.READS + self.WRITES)):
            with self.subTest(scope=scope):
                self.assertEqual(sorted(self.tools(self.demo(scope))), sorted(names))
        self.assertLessEqual(set(self.READS + self.WRITES), set(self.tools(self.admin())))

    def test_broad_scopes(self):
        """read, write and the patterns cover what they name."""
        for scope, names in (("read", self.READS), ("write", self.WRITES),
                             ("read:*", self.READS), ("*:write", self.WRITES),
                             ("admin", self.READS + self.WRITES)):
            with self.subTest(scope=scope):
                own = self.instance.application(f"my-org/{case.unique()}",
                                                "scopes=" + json.dumps(case.scopes(scope)))
                found = [name for name in self.tools(self.http.token(own))
                         if "application" in name]
                self.assertEqual(sorted(found), sorted(names))

    def test_stable_order(self):
        """The same order every time, from every process, with one scope or more."""
        orders = {tuple(self.tools(self.token)) for _ in range(6)}
        self.assertEqual(len(orders), 1)
        whole = orders.pop()
        reads = self.tools(self.demo(case.READ))
        self.assertEqual([name for name in whole if name in reads], reads)

    def test_schemas(self):
        """Each tool has a description and a schema for its arguments that stands alone."""
        tools = self.ask("tools/list", revision=LATEST).json()["result"]["tools"]
        for tool in tools:
            with self.subTest(tool=tool["name"]):
                self.assertGreater(len(tool["description"]), 10)
                self.assertEqual(tool["inputSchema"]["type"], "object")
                self.assertIn("properties", tool["inputSchema"])
                # The interfaces of several models refuse a whole list of tools for one of these.
                self.assertFalse({"oneOf", "anyOf", "allOf", "not"} & set(tool["inputSchema"]))
                self.assertEqual(tool["outputSchema"]["type"], "object")
                self.assertNotIn("$ref", json.dumps(tool))
        by_name = {tool["name"]: tool["inputSchema"] for tool in tools}
        fields = by_name["add_application"]["properties"]["application"]["properties"]
        self.assertLessEqual({"owner", "name", "displayName", "organization", "scopes",
                              "grantTypes", "redirectUris"}, set(fields))
        self.assertGreater(len(fields), 60)
        self.assertIn("id", by_name["get_application"]["properties"])
        self.assertLessEqual({"owner", "pageSize", "cursor"},
                             set(by_name["get_applications"]["properties"]))

    def test_bad_params_of_call(self):
        """tools/call: name and arguments have types, and the tool exists."""
        for params in (None, {}, {"name": None}, {"name": 5}, {"name": ""}, {"arguments": {}},
                       {"name": "nonsense"}, {"name": "Get_Applications"},
                       {"name": "get_applications", "arguments": "x"},
                       {"name": "get_applications", "arguments": []},
                       {"name": "get_applications", "arguments": 5},
                       {"name": "get_application"}, {"name": "get_application", "arguments": {}},
                       {"name": "add_application", "arguments": {}},
                       {"name": "x" * 5000}, {"name": "add_application\n"}):
            with self.subTest(params=str(params)[:40]):
                reply = self.ask("tools/call", params)
                self.assertEqual(reply.status_code, 200, reply.text)
                body = reply.json()
                if "error" in body:
                    self.assertEqual(body["error"]["code"], -32602, reply.text)
                else:
                    self.assertIn(params["name"], ("get_application", "add_application"))
                    self.assertTrue(body["result"]["isError"])

    def test_unknown_tool_is_said_to_everyone(self):
        """-32602 for a tool that is not there, with any scope."""
        for scope in (case.READ, case.WRITE):
            reply = self.http.call_tool_reply(self.demo(scope), "no_such_tool")
            self.assert_rpc_error(reply, 200, -32602, id=1)

    def test_call_without_arguments(self):
        """arguments may be left out where none is needed."""
        reply = self.ask("tools/call", {"name": "get_applications"})
        self.assertFalse(reply.json()["result"].get("isError", False), reply.text)


class LowScope(McpCase):
    """R5: a token without the scope that the tool needs."""

    def assert_insufficient(self, reply, tool, granted, needed):
        """403, the challenge with everything that is needed, the body that clients read."""
        self.assertEqual(reply.status_code, 403, reply.text)
        self.assertEqual(reply.json(), {"jsonrpc": "2.0", "id": 1, "error": {
            "code": -32001, "message": "insufficient_scope",
            "data": {"tool": tool, "granted_scopes": granted, "required_scope": needed}}})
        told = client.challenge(reply)
        self.assertEqual(told["error"], "insufficient_scope")
        self.assertEqual(told["resource_metadata"],
                         self.http.well_known("oauth-protected-resource", client.MCP_PATH))
        self.assertEqual(set(told["scope"].split()), {*granted, needed})

    def test_R5_U9_read_only(self):
        """A reader may not write; the challenge keeps what it has and adds what it needs."""
        token = self.demo(case.READ)
        for tool in ("add_application", "update_application", "delete_application"):
            for arguments in ({}, {"id": "my-org/demo"},
                              {"application": {"owner": "my-org", "name": "x"}}):
                with self.subTest(tool=tool):
                    reply = self.http.call_tool_reply(token, tool, arguments)
                    self.assert_insufficient(reply, tool, [case.READ], case.WRITE)
        self.assertIsNotNone(self.row("my-org/demo"))

    def test_R5_write_only(self):
        """A writer may not read."""
        token = self.demo(case.WRITE)
        for tool in ("get_applications", "get_application"):
            reply = self.http.call_tool_reply(token, tool, {"id": "my-org/demo"})
            self.assert_insufficient(reply, tool, [case.WRITE], case.READ)

    def test_R5_no_scope(self):
        """A token without any scope: nothing granted."""
        bare = self.instance.application(f"my-org/{case.unique()}")
        reply = self.http.call_tool_reply(self.http.token(bare), "get_applications")
        self.assert_insufficient(reply, "get_applications", [], case.READ)

    def test_R5_notification(self):
        """Without an id there is no answer, and no change either."""
        token = self.demo(case.READ)
        reply = self.http.post({"jsonrpc": "2.0", "method": "tools/call", "params": {
            "name": "delete_application", "arguments": {"id": "my-org/demo"}}}, token)
        self.assertEqual((reply.status_code, reply.content), (202, b""))
        self.assertIsNotNone(self.row("my-org/demo"))

    def test_R5_other_spelling(self):
        """application:read is granted as asked for, and covers what read:application covers."""
        token = self.demo("application:read")
        answer = self.http.call_tool(token, "get_applications")
        self.assertFalse(answer.failed)
        reply = self.http.call_tool_reply(token, "add_application", {"application": {}})
        self.assertEqual(reply.status_code, 403)
        self.assertEqual(reply.json()["error"]["data"]["required_scope"], case.WRITE)
