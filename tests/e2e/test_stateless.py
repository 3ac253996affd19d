"""Revision 2026-07-28 over HTTP, also what no SDK ever sends."""

import json
import socket
import urllib.parse

import case
import client
import stateless
from mcp_case import LATEST, PING, REVISIONS, StatelessCase
from stateless import META, in_base64, message

NAME = "Mcp-Name"
METHOD = "Mcp-Method"
VERSION = "MCP-Protocol-Version"


class Results(StatelessCase):
    """What every result has."""

    CALLS = (("server/discover", None, True), ("tools/list", None, True),
             ("tools/call", {"name": "get_applications", "arguments": {"pageSize": 1}}, False),
             ("resources/list", None, True), ("resources/templates/list", None, True),
             ("resources/read", {"uri": "casement://application/my-org/demo"}, True),
             ("prompts/list", None, True),
             ("prompts/get",
              {"name": "rotate_secret", "arguments": {"application": "my-org/demo"}}, False),
             ("completion/complete",
              {"ref": {"type": "ref/resource", "uri": "casement://application/{owner}/{name}"},
               "argument": {"name": "name", "value": "de"}}, False))

    def test_every_method(self):
        """resultType, serverInfo, and how long the lists keep."""
        for method, params, keeps in self.CALLS:
            with self.subTest(method=method):
                result = self.result(method, params)
                self.assertEqual(result["resultType"], "complete")
                self.assertEqual(result["_meta"][META + "serverInfo"]["name"], "casement")
                self.assertEqual("ttlMs" in result, keeps)
                if keeps:
                    self.assertGreaterEqual(result["ttlMs"], 0)
                    self.assertIn(result["cacheScope"], ("private", "public"))

    def test_what_depends_on_the_token_is_private(self):
        """Only what everyone sees may be kept for everyone."""
        for method, params, keeps in self.CALLS:
            if keeps and method != "resources/templates/list":
                self.assertEqual(self.result(method, params)["cacheScope"], "private", method)

    def test_discover(self):
        """Every revision, newest first; capabilities that are true; what the token may do."""
        result = self.result("server/discover")
        self.assertEqual(result["supportedVersions"],
                         [stateless.REVISION, *reversed(REVISIONS)])
        self.assertEqual(set(result["capabilities"]),
                         {"tools", "resources", "prompts", "completions"})
        for capability in result["capabilities"].values():
            self.assertEqual(capability, {})
        self.assertIn(case.BOTH, result["instructions"])

    def test_two_requests_of_different_processes(self):
        """Nothing is kept between requests: no session, and none is looked for."""
        for _ in range(6):
            reply = self.send(message("tools/list"), Mcp_Session_Id="1234")
            self.assertEqual(reply.status_code, 200, reply.text)
            self.assertNotIn("Mcp-Session-Id", reply.headers)


class Methods(StatelessCase):
    """Which methods there are."""

    def test_gone_and_unknown(self):
        """What went with the handshake, and what never was: 404, -32601."""
        for method in ("initialize", "ping", "logging/setLevel", "resources/subscribe", "tools/LIST",
                       "notifications/initialized", "rpc.discover", "subscriptions/listen",
                       "tasks/list", "x" * 90):
            with self.subTest(method=method):
                self.assert_rpc_error(self.send(message(method)), 404, -32601, id=1)

    def test_discover_is_new(self):
        """server/discover is not a method of the older revisions."""
        for revision in REVISIONS:
            reply = self.ask("server/discover", {}, revision=revision)
            self.assert_rpc_error(reply, 200, -32601, id=1)

    def test_no_batches(self):
        """An array is refused, whatever is in it."""
        headers = {VERSION: stateless.REVISION, METHOD: "tools/list"}
        for batch in ([message("tools/list")], [], [message("tools/list")] * 2, [1]):
            reply = self.post(batch, headers=headers)
            self.assertEqual(reply.status_code, 400, reply.text)
            self.assertEqual(reply.json()["error"]["code"], -32600)
            self.assertNotIn("id", reply.json())

    def test_ids_of_every_kind(self):
        """Strings and integers come back as they were; others are refused."""
        for request_id in (0, -1, 1, 9007199254740991, "", "x",
                           "\u00e9\U0001f600", "1", "x" * 3000):
            with self.subTest(request_id=str(request_id)[:20]):
                body = message("tools/list", request_id=request_id)
                self.assertEqual(self.send(body).json()["id"], request_id)
                body = message("nothing", request_id=request_id)
                self.assertEqual(self.send(body).json()["id"], request_id)
        for request_id in (None, 1.5, True, [], {}, [1]):
            with self.subTest(request_id=request_id):
                reply = self.send(message("tools/list", request_id=request_id))
                self.assertEqual(reply.status_code, 400, reply.text)
                self.assertEqual(reply.json()["error"]["code"], -32600)
                self.assertNotIn("id", reply.json())

    def test_bad_params(self):
        """-32602 from the method itself."""
        reply = self.send(message("tools/call", {"name": "no_such_tool"}))
        self.assertEqual(reply.json()["error"]["code"], -32602)
        reply = self.send(message("resources/read", {"uri": "casement://application/my-org/no"}))
        self.assertEqual(reply.json()["error"]["code"], -32602)
        reply = self.post(message("tools/call", {"name": 5}),
                          headers={VERSION: stateless.REVISION, METHOD: "tools/call"})
        self.assertEqual(reply.json()["error"]["code"], -32602)

    def test_responses_of_the_client(self):
        """Nothing was asked, and this revision has no answers of clients: an invalid request."""
        for member in ({"result": {}}, {"error": {"code": 1, "message": "m"}}):
            reply = self.post({"jsonrpc": "2.0", "id": 1, **member},
                              headers={VERSION: stateless.REVISION})
            self.assert_rpc_error(reply, 400, -32600, id=1)

    def test_notifications(self):
        """202 without a body, also for one that fails, is cancelled or has no name here."""
        for method, params in (("notifications/cancelled", {"requestId": 1}),
                               ("notifications/cancelled", {"requestId": {}}),
                               ("notifications/cancelled", None), ("notifications/nothing", {}),
                               ("tools/call", {"name": "delete_application",
                                               "arguments": {"id": "my-org/demo"}})):
            with self.subTest(method=method):
                body = message(method, params)
                del body["id"]
                reply = self.send(body)
                self.assertEqual((reply.status_code, reply.content), (202, b""), reply.text)
        self.assertIsNotNone(self.row("my-org/demo"))

    def test_a_cancelled_request_is_done_by_then(self):
        """A change is whole before its answer leaves; to cancel it afterwards changes nothing."""
        name = case.unique()
        body = message("tools/call", {"name": "add_application", "arguments": {
            "application": {"owner": "my-org", "name": name}}}, request_id="to cancel")
        self.assertEqual(self.send(body).status_code, 200)
        note = message("notifications/cancelled", {"requestId": "to cancel"})
        del note["id"]
        self.assertEqual(self.send(note).status_code, 202)
        self.assertIsNotNone(self.row(f"my-org/{name}"))


class Headers(StatelessCase):
    """Headers that must say what the body says: both cases of every rule."""

    CALL = ("tools/call", {"name": "get_application", "arguments": {"id": "my-org/demo"}})
    READ = ("resources/read", {"uri": "casement://application/my-org/demo"})
    PROMPT = ("prompts/get",
              {"name": "rotate_secret", "arguments": {"application": "my-org/demo"}})

    def test_all_there(self):
        """The good case of each."""
        for method, params in (self.CALL, self.READ, self.PROMPT, ("tools/list", None)):
            self.assertIn("result", self.send(message(method, params)).json())

    def test_R7_missing(self):
        """Each header that is wanted, left out."""
        for method, params in (self.CALL, self.READ, self.PROMPT):
            self.assert_mismatch(self.send(message(method, params), Mcp_Name=None))
            self.assert_mismatch(self.send(message(method, params), Mcp_Method=None))
            self.assert_mismatch(self.send(message(method, params), MCP_Protocol_Version=None))
        self.assert_mismatch(self.send(message("tools/list"), Mcp_Method=None))

    def test_R7_other_method(self):
        """Mcp-Method is compared byte by byte."""
        for value in ("tools/call", "TOOLS/LIST", "tools/list/", "tools", "", "tools/list,tools/list",
                      "tools%2Flist", in_base64("tools/call"), in_base64("tools/list"),
                      "\"tools/list\""):
            with self.subTest(value=value):
                self.assert_mismatch(self.send(message("tools/list"), Mcp_Method=value))

    def test_R7_other_name(self):
        """Mcp-Name too, and it gives no tool that the body does not name."""
        for value in ("delete_application", "GET_APPLICATION", "get_application,x", "",
                      "get_application;", in_base64("delete_application")):
            with self.subTest(value=value):
                self.assert_mismatch(self.send(message(*self.CALL), Mcp_Name=value))
        for value in ("casement://application/my-org/DEMO", "casement://application/my-org%2Fdemo"):
            self.assert_mismatch(self.send(message(*self.READ), Mcp_Name=value))

    def test_R7_the_body_decides_nothing_alone(self):
        """A header that would pass a filter on the way does not change what is run."""
        name = case.unique()
        body = message("tools/call", {"name": "add_application", "arguments": {
            "application": {"owner": "my-org", "name": name}}})
        self.assert_mismatch(self.send(body, Mcp_Name="get_application"))
        self.assert_mismatch(self.send(body, Mcp_Method="tools/list"))
        self.assertIsNone(self.row(f"my-org/{name}"))

    def test_base64(self):
        """The other form of a value, exactly as it is defined."""
        good = in_base64("get_application")
        self.assertIn("result", self.send(message(*self.CALL), Mcp_Name=good).json())
        inner = good[len("=?base64?"):-2]
        for value in (good[:-1], good[:-2], good + "x", "=?BASE64?" + inner + "?=",
                      "=?base64?!" + inner + "?=", "=?base64??=", "=?utf-8?B?" + inner + "?=",
                      "=?base64?" + inner + "?=" + good):
            with self.subTest(value=value):
                self.assert_mismatch(self.send(message(*self.CALL), Mcp_Name=value))

    def test_base64_of_what_needs_it(self):
        """A name beyond ASCII is found by its base64 form only."""
        params = {"name": "get_\u00e9", "arguments": {}}
        reply = self.send(message("tools/call", params))
        self.assert_rpc_error(reply, 200, -32602, id=1)
        raw = "get_\u00e9".encode().decode("latin-1")
        self.assert_mismatch(self.send(message("tools/call", params), Mcp_Name=raw))

    def test_base64_of_what_would_mislead(self):
        """Spaces around, line ends, and a name that looks encoded itself: in base64 alone."""
        for name in (" get_application ", "get_application\nx", "\tget", in_base64("get_application")):
            with self.subTest(name=name):
                body = message("tools/call", {"name": name, "arguments": {}})
                reply = self.send(body, Mcp_Name=in_base64(name))
                self.assert_rpc_error(reply, 200, -32602, id=1)
                self.assertIn("Unknown tool", reply.json()["error"]["message"])
        literal = in_base64("get_application")
        body = message("tools/call", {"name": literal, "arguments": {}})
        self.assert_mismatch(self.send(body, Mcp_Name=literal))

    def test_R7_a_header_twice(self):
        """The same header twice is none of the two, whichever comes first."""
        body = message(*self.CALL)
        good = list({"Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                     "Accept": "application/json", **stateless.headers(body)}.items())
        sent = json.dumps(body).encode()
        self.assertEqual(self.http.raw("POST", client.MCP_PATH, good, sent).status_code, 200)
        for name, other in ((NAME, "delete_application"), (METHOD, "tools/list")):
            for pairs in ([*good, (name, other)], [(name, other), *good]):
                reply = self.http.raw("POST", client.MCP_PATH, pairs, sent)
                self.assertEqual(reply.status_code, 400, reply.text)

    def test_names_that_are_not_wanted(self):
        """Mcp-Name where the method has none is not looked at."""
        self.assertIn("result", self.send(message("tools/list"), Mcp_Name="anything").json())

    def test_headers_in_any_case(self):
        """Names of headers have no case (RFC 9110 section 5.1)."""
        body = message(*self.CALL)
        for change in (str.lower, str.upper):
            headers = {change(name): value for name, value in stateless.headers(body).items()}
            self.assertIn("result", self.post(body, headers=headers).json())

    def test_parameters_of_a_tool(self):
        """No tool asks for Mcp-Param-* headers; one that comes is not looked at."""
        for tool in self.result("tools/list")["tools"]:
            self.assertNotIn("x-mcp-header", str(tool["inputSchema"]))
        reply = self.send(message(*self.CALL), Mcp_Param_Id="x")
        self.assertIn("result", reply.json())


class Meta(StatelessCase):
    """What a request tells of itself."""

    def test_missing(self):
        """protocolVersion and clientCapabilities are needed: -32602, HTTP 400."""
        for name in ("protocolVersion", "clientCapabilities"):
            reply = self.send(message("tools/list", **{name: None}))
            self.assert_rpc_error(reply, 400, -32602, id=1)
        for params in ({}, {"_meta": None}, {"_meta": []}, {"_meta": {}}, []):
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}
            self.assert_rpc_error(self.send(body), 400, -32602, id=1)
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        self.assert_rpc_error(self.send(body), 400, -32602, id=1)

    def test_wrong_types(self):
        """Of a string and of an object."""
        for value in (5, True, [], {}):
            self.assert_rpc_error(self.send(message("tools/list", protocolVersion=value)),
                                  400, -32602, id=1)
        for value in (5, True, [], "x"):
            self.assert_rpc_error(self.send(message("tools/list", clientCapabilities=value)),
                                  400, -32602, id=1)

    def test_client_info_is_not_needed(self):
        """clientInfo may be left out."""
        reply = self.send(message("tools/list", clientInfo=None))
        self.assertEqual(reply.status_code, 200, reply.text)

    def test_R7_body_and_header_of_two_revisions(self):
        """Both are spoken here, but they must be the same."""
        for revision in REVISIONS:
            self.assert_mismatch(self.send(message("tools/list", protocolVersion=revision)))

    def test_R7_a_body_under_an_older_header(self):
        """An older header turns no check off: such a body is of this revision or of none."""
        name = case.unique()
        body = message("tools/call", {"name": "add_application", "arguments": {
            "application": {"owner": "my-org", "name": name}}})
        for revision in REVISIONS:
            self.assert_mismatch(self.send(body, MCP_Protocol_Version=revision))
            self.assert_mismatch(self.post(body, revision=revision))
        self.assertIsNone(self.row(f"my-org/{name}"))

    def test_R7_a_body_in_a_batch(self):
        """Nor does a batch of an older revision serve it without its headers."""
        name = case.unique("batched")
        body = message("tools/call", {"name": "add_application", "arguments": {
            "application": {"owner": "my-org", "name": name}}})
        for headers in ({}, {VERSION: "2024-11-05"}, {VERSION: "2025-03-26"}):
            for batch in ([body], [PING, body]):
                reply = self.post(batch, headers=headers)
                self.assertEqual(reply.status_code, 400, reply.text)
                self.assertEqual(reply.json()["error"]["code"], -32600)
                self.assertIsNone(self.row(f"my-org/{name}"))

    def test_other_meta_under_an_older_header(self):
        """What _meta names is no matter to the revisions that have a header alone."""
        for told in (LATEST, "2099-01-01", 5, None):
            reply = self.post(message("tools/list", protocolVersion=told), revision=LATEST)
            self.assertNotIn("resultType", reply.json()["result"])

    def test_no_capability_is_needed(self):
        """A client that can do nothing may do everything: -32021 is never the answer."""
        for method, params, _ in Results.CALLS:
            for capabilities in ({}, {"roots": {}, "extensions": {"com.example/x": {}}}):
                reply = self.send(message(method, params, clientCapabilities=capabilities))
                self.assertIn("result", reply.json(), reply.text)

    def test_unsupported(self):
        """400, -32022, with what is supported and what was wanted, with the id of the request."""
        for revision in ("2099-01-01", "2026-07-29", "x", "DRAFT-2026-v1"):
            for headers in ({}, {"MCP_Protocol_Version": None}):
                with self.subTest(revision=revision, headers=headers):
                    body = message("tools/list", protocolVersion=revision)
                    if not headers:
                        headers = {"MCP_Protocol_Version": revision}
                    error = self.assert_rpc_error(self.send(body, **headers), 400, -32022, id=1)
                    self.assertEqual(error["data"]["requested"], revision)
                    self.assertEqual(error["data"]["supported"][0], stateless.REVISION)
        note = message("notifications/cancelled")
        del note["id"]
        reply = self.send(note, MCP_Protocol_Version="2099-01-01")
        self.assertEqual(reply.status_code, 400)


class Http(StatelessCase):
    """What HTTP has to say, before and after the message."""

    def test_accept(self):
        """Wherever JSON is possible it is sent; where not, 406."""
        for accept in ("application/json, text/event-stream", "*/*", None, "application/*",
                       "text/event-stream, application/json;q=0.5"):
            self.assertEqual(self.send(message("tools/list"), Accept=accept).status_code, 200)
        for accept in ("text/event-stream", "text/html", "image/*", "application/xml"):
            self.assert_rpc_error_without_id(self.send(message("tools/list"), Accept=accept), 406)

    def test_content_type(self):
        """415 without reading the body."""
        for kind in ("text/plain", "application/x-www-form-urlencoded", None):
            reply = self.send(message("tools/list"), Content_Type=kind)
            self.assert_rpc_error_without_id(reply, 415)

    def assert_rpc_error_without_id(self, reply, status):
        """An error of a request whose id is not known."""
        self.assertEqual(reply.status_code, status, reply.text)
        self.assertIn("error", reply.json())
        self.assertNotIn("id", reply.json())

    def test_unreadable(self):
        """400, -32700; the id is left out, not null."""
        headers = {VERSION: stateless.REVISION, METHOD: "tools/list"}
        for body in (b"", b"{", b"nul", b'{"a":1,"a":1}'):
            reply = self.post(body, headers=headers)
            self.assert_rpc_error_without_id(reply, 400)
            self.assertEqual(reply.json()["error"]["code"], -32700)

    def test_other_methods(self):
        """GET and DELETE are 405: there is no stream and no session."""
        for method in ("GET", "DELETE"):
            reply = self.http.request(method, client.MCP_PATH, headers={
                "Authorization": f"Bearer {self.token}", VERSION: stateless.REVISION,
                "Accept": "text/event-stream"})
            self.assertEqual(reply.status_code, 405)
            self.assertIn("POST", reply.headers["Allow"])

    def test_sessions_and_streams_of_old(self):
        """Headers of what is gone are not looked at."""
        reply = self.send(message("tools/list"), Mcp_Session_Id="x", Last_Event_ID="5")
        self.assertIn("result", reply.json())
        self.assertNotIn("Mcp-Session-Id", reply.headers)

    def test_a_client_that_hangs_up(self):
        """A request whose connection closes is done whole or not at all; the next one is served."""
        for _ in range(5):
            name = case.unique("hung-up")
            body = message("tools/call", {"name": "add_application", "arguments": {
                "application": {"owner": "my-org", "name": name}}})
            sent = json.dumps(body).encode()
            headers = {"Host": "x", "Authorization": f"Bearer {self.token}",
                       "Content-Type": "application/json", **stateless.headers(body),
                       "Content-Length": len(sent)}
            head = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
            whole = f"POST {self.path()} HTTP/1.1\r\n{head}\r\n".encode() + sent
            for cut in (len(whole), len(whole) - 1, len(whole) - len(sent)):
                with socket.create_connection(self.address()) as connection:
                    connection.sendall(whole[:cut])
            self.assertIn("result", self.send(message("tools/list")).json())
            told = self.instance.query(
                "SELECT (SELECT count(*) FROM application WHERE name = ?) AS rows, (SELECT count(*)"
                " FROM audit WHERE target = ? AND outcome = 'ok') AS audited",
                name, f"my-org/{name}")[0]
            self.assertIn(told["rows"], (0, 1))
            self.assertEqual(told["rows"], told["audited"])

    def path(self):
        """Where the endpoint is."""
        return urllib.parse.urlsplit(self.http.mcp_url).path

    def address(self):
        """Host and port of the server."""
        parts = urllib.parse.urlsplit(self.http.url)
        return parts.hostname, parts.port

    def test_low_scope(self):
        """403, the challenge, and the body with the id of the request."""
        body = message("tools/call", {"name": "delete_application",
                                      "arguments": {"id": "my-org/demo"}}, request_id="low")
        reply = self.http.post(body, self.demo(case.READ), headers=stateless.headers(body))
        error = self.assert_rpc_error(reply, 403, -32001, id="low")
        self.assertEqual(error["data"]["required_scope"], case.WRITE)
        self.assertEqual(client.challenge(reply)["error"], "insufficient_scope")
        self.assertIsNotNone(self.row("my-org/demo"))

    def test_no_token(self):
        """401 before anything is looked at, and the same without headers of this revision."""
        body = message("tools/list")
        for headers in (stateless.headers(body), {VERSION: stateless.REVISION}):
            reply = self.http.post(body, headers=headers)
            self.assertEqual(reply.status_code, 401)
            self.assertNotIn("id", reply.json())
            self.assertIn("resource_metadata", client.challenge(reply))
