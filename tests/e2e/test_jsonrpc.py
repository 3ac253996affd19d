"""JSON-RPC 2.0: bodies, requests, ids, notifications, batches."""

import json

import case
from mcp_case import McpCase, NOTE, PING, REVISIONS

WITHOUT_ID = ("2025-11-25",)    # revisions whose errors leave out an id that is not known


class Text(McpCase):
    """Bodies that are no JSON, or JSON that means two things."""

    def assert_parse_error(self, body):
        """400, -32700, id null."""
        self.assert_rpc_error(self.post(body), 400, -32700, id=None)

    def test_not_json(self):
        """The many ways not to be JSON."""
        good = case.dumps(PING)
        for body in (b"", b" ", b"{", b"}", b"ping", good[:-1], good + b"x", good + good, b"'x'",
                     b"{'jsonrpc':'2.0'}", b"NaN", b"[1,]", b'{"a":1,}', b"{}//x", b"/**/{}", b"01",
                     b"-", b"+1", b"1.", b".5", b"1e", b"0x10", b"tru", b"True", b"nul", b'"x',
                     b'"\\x"', b'"\\u12"', b'"\t"', b'{"a" 1}', b'{1:2}', b"[1 2]", b"Infinity",
                     b"%7B%7D", b"id=1", b"\x1e" + good, good.replace(b":", b"="), b'{"a":}',
                     b"{,}", b"[,]", b'{"jsonrpc":"2.0","id":-,"method":"ping"}'):
            with self.subTest(body=body[:30]):
                self.assert_parse_error(body)

    def test_not_utf8(self):
        """Other encodings, overlong forms, surrogates, beyond U+10FFFF, cut characters."""
        for raw in (b"\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                    b"\x80", b"\xc3", b"\xe2\x82", b"\xf8\x88\x80\x80\x80", b"\xfe", b"caf\xe9"):
            with self.subTest(raw=raw):
                self.assert_parse_error(
                    b'{"jsonrpc":"2.0","id":"' + raw + b'","method":"ping"}')
        text = case.dumps(PING).decode()
        for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig"):
            with self.subTest(encoding=encoding):
                self.assert_parse_error(text.encode(encoding))

    def test_R7_duplicate_names(self):
        """A name twice in one object, at any depth, also escaped or with equal values."""
        for body in (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}',
                     b'{"jsonrpc":"2.0","id":1,"id":1,"method":"ping"}',
                     b'{"jsonrpc":"2.0","id":1,"method":"tools/list","\\u006dethod":"ping"}',
                     b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":{"b":1,"b":2}}}',
                     b'[{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}]',
                     b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":null,"a":null}}'):
            with self.subTest(body=body):
                self.assert_parse_error(body)

    def test_deep_nesting(self):
        """10,000 levels, whole or cut short, as an object, an array or a mixture."""
        deep = 10000
        for body in (b"[" * deep, b"[" * deep + b"]" * deep, b'{"a":' * deep,
                     b'{"a":' * deep + b"1" + b"}" * deep, b'[{"a":' * deep,
                     b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":' +
                     b"[" * deep + b"]" * deep + b"}}", b"[" * self.largest(1000000)):
            with self.subTest(body=body[:60]):
                self.assert_parse_error(body)

    def test_nul_bytes(self):
        """NUL as a byte and as an escape, in names and in values."""
        for body in (b"\x00", case.dumps(PING) + b"\x00", b"\x00" + case.dumps(PING),
                     b'{"jsonrpc":"2.0","id":1,"method":"pi\x00ng"}',
                     b'{"jsonrpc":"2.0","id":1,"method":"ping\\u0000"}',
                     b'{"jsonrpc":"2.0","id":"a\\u0000b","method":"ping"}',
                     b'{"jsonrpc":"2.0","id":1,"method":"ping","x\\u0000":1}',
                     case.dumps(PING) + b"\x00" + b"x" * 100):
            with self.subTest(body=body[:60]):
                self.assert_parse_error(body)

    def test_numbers_at_the_edge(self):
        """64 bits are echoed to the last digit; one more is refused, not rounded."""
        for number in (9223372036854775807, -9223372036854775808, 9007199254740993, 0, -1):
            with self.subTest(number=number):
                reply = self.ask("ping", request_id=number)
                self.assert_pong(reply, number)
                self.assertIn(str(number).encode(), reply.content)
        for number in (9223372036854775808, -9223372036854775809, 10**30):
            with self.subTest(number=number):
                reply = self.ask("ping", request_id=number)
                self.assertEqual(reply.status_code, 400, reply.text)
                self.assertIn(reply.json()["error"]["code"], (-32700, -32600))
                self.assertIsNone(reply.json()["id"])

    def test_huge_and_tiny_floats(self):
        """A number that no double holds breaks nothing."""
        for text in (b"1e400", b"-1e400", b"1e-400", b"1" + b"0" * 400 + b".5", b"1e" + b"9" * 50):
            with self.subTest(text=text[:20]):
                reply = self.post(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":' + text +
                                  b"}}")
                self.assertIn(reply.status_code, (200, 400), reply.text)
                json.loads(reply.content)

    def test_whitespace_and_escapes(self):
        """JSON is JSON however it is written."""
        self.assert_pong(self.post(b' \t\r\n{ "jsonrpc" :"2.0",\n"id": 1 , "method":"ping" } \n'))
        self.assert_pong(self.post(b'{"jsonrpc":"2.0","id":1,"m\\u0065thod":"\\u0070ing"}'))


class Envelope(McpCase):
    """JSON-RPC 2.0 requests, ids, notifications, responses."""

    def assert_invalid(self, message, request_id=None):
        """400 and -32600."""
        reply = self.post(message)
        self.assert_rpc_error(reply, 400, -32600)
        if request_id is not None:
            self.assertIn(reply.json()["id"], (None, request_id))

    def test_ids_that_come_back(self):
        """Strings and integers, as they were."""
        for request_id in ("a", "", "1", "ž🐎", 'quote"and\\', "\n\t\u007f", "x" * 2000,
                           0, -5, 1):
            with self.subTest(request_id=request_id):
                self.assert_pong(self.ask("ping", request_id=request_id), request_id)

    def test_ids_that_are_refused(self):
        """null, fractions, booleans, objects and arrays: -32600 with id null."""
        for request_id in (None, 1.5, 1.0, True, False, {}, [], [1], {"a": 1}):
            with self.subTest(request_id=request_id):
                self.assert_rpc_error(self.ask("ping", request_id=request_id), 400, -32600, id=None)
        for text in (b"1e0", b"1.0", b"-0.0"):
            reply = self.post(b'{"jsonrpc":"2.0","id":' + text + b',"method":"ping"}')
            self.assert_rpc_error(reply, 400, -32600, id=None)

    def test_version(self):
        """jsonrpc is "2.0" and nothing else."""
        for version in ("1.0", 2.0, 2, "2", "", None, "2.0 ", ["2.0"]):
            with self.subTest(version=version):
                self.assert_invalid({**PING, "jsonrpc": version}, 1)
        self.assert_invalid({"id": 1, "method": "ping"}, 1)
        self.assert_invalid({"id": 1, "method": "ping", "JSONRPC": "2.0"}, 1)

    def test_method_of_a_wrong_type(self):
        """method is a string."""
        for method in (5, None, True, ["ping"], {"ping": 1}):
            with self.subTest(method=method):
                self.assert_invalid({**PING, "method": method}, 1)
        self.assert_invalid({"jsonrpc": "2.0", "id": 1})
        self.assert_invalid({"jsonrpc": "2.0", "id": 1, "Method": "ping"})
        self.assert_invalid({"jsonrpc": "2.0"})

    def test_body_of_a_wrong_type(self):
        """A request is an object."""
        for body in (b"1", b'"ping"', b"null", b"true", b"{}", b"1.5"):
            with self.subTest(body=body):
                self.assert_invalid(body)

    def test_params_of_a_wrong_type(self):
        """params is an object: -32600 or -32602."""
        for params in ("x", 5, True):
            for method in ("ping", "tools/list", "tools/call", "initialize"):
                with self.subTest(params=params, method=method):
                    reply = self.post({**PING, "method": method, "params": params})
                    self.assertIn(reply.json()["error"]["code"], (-32600, -32602), reply.text)
        for method in ("tools/call", "initialize"):
            for params in (["x"], [], [{"name": "get_applications"}]):
                reply = self.post({**PING, "method": method, "params": params})
                self.assertIn(reply.json()["error"]["code"], (-32600, -32602), reply.text)

    def test_unknown_methods(self):
        """200 with -32601 and the id."""
        for method in ("nonsense", "", "Ping", "ping ", "tools/List", "tools", "tools/list/x",
                       "rpc.discover", "resources/subscribe", "logging/setLevel", "x" * 5000, "ž",
                       "initialized", "tools/call\n"):
            with self.subTest(method=method[:20]):
                self.assert_rpc_error(self.ask(method, request_id="q"), 200, -32601, id="q")

    def test_a_notification_as_a_request(self):
        """A notification's name with an id is no method, or answers emptily; never an error 500."""
        reply = self.ask("notifications/initialized")
        self.assertEqual(reply.status_code, 200)
        self.assertEqual(reply.json()["id"], 1)

    def test_notifications_are_never_answered(self):
        """202 and an empty body, whatever they hold."""
        for message in (NOTE, {"jsonrpc": "2.0", "method": "notifications/cancelled",
                               "params": {"requestId": 1}},
                        {"jsonrpc": "2.0", "method": "nonsense"},
                        {"jsonrpc": "2.0", "method": "ping"},
                        {"jsonrpc": "2.0", "method": "initialize"},
                        {"jsonrpc": "2.0", "method": "tools/list"},
                        {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "nonsense"}},
                        {"jsonrpc": "2.0", "method": "tools/call", "params": {}}):
            with self.subTest(message=message):
                reply = self.post(message)
                self.assertEqual((reply.status_code, reply.content), (202, b""))

    def test_notification_with_a_request_s_name_changes_nothing(self):
        """tools/call without an id is not carried out."""
        name = case.unique()
        call = {"name": "add_application",
                "arguments": {"application": {"owner": "my-org", "name": name}}}
        message = {"jsonrpc": "2.0", "method": "tools/call", "params": call}
        self.assertEqual(self.post(message).status_code, 202)
        self.assertEqual(self.post([message, message]).status_code, 202)
        reply = self.post([message, PING])
        self.assertEqual([item["id"] for item in reply.json()], [1])
        self.assertIsNone(self.row(f"my-org/{name}"))
        self.add(self.token, name)
        for tool, arguments in (("delete_application", {"id": f"my-org/{name}"}),
                                ("update_application", {"id": f"my-org/{name}",
                                                        "application": {"displayName": "no"}})):
            self.post({"jsonrpc": "2.0", "method": "tools/call",
                       "params": {"name": tool, "arguments": arguments}})
        self.assertNotEqual(self.row(f"my-org/{name}")["display_name"], "no")

    def test_responses_of_the_client(self):
        """Answers to questions that we never asked are taken and forgotten."""
        for message in ({"jsonrpc": "2.0", "id": 1, "result": {}},
                        {"jsonrpc": "2.0", "id": "x", "error": {"code": 1, "message": "m"}},
                        {"jsonrpc": "2.0", "id": 9, "result": {"roots": []}}):
            with self.subTest(message=message):
                reply = self.post(message)
                self.assertEqual((reply.status_code, reply.content), (202, b""))

    def test_additional_members(self):
        """Members that nobody knows do no harm; names are case-sensitive."""
        self.assert_pong(self.post({**PING, "extra": 1, "METHOD": "tools/list", "ID": 7}))
        self.assert_pong(self.ask("ping", {"_meta": {"progressToken": 1}}))


class EveryRevision(McpCase):
    """What the revisions with a handshake have in common, and where they differ."""

    def cancelled(self, **params):
        """The notification that cancels."""
        return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}

    def test_ids(self):
        """Strings and integers come back as they were, in results and in errors."""
        for revision in REVISIONS:
            for request_id in (0, -1, 9007199254740991, -9007199254740991, "", "0",
                               "\u00e9\U0001f600", "a\"b\\c\n", "x" * 3000):
                with self.subTest(revision=revision, request_id=str(request_id)[:20]):
                    for method, member in (("ping", "result"), ("no/such", "error")):
                        reply = self.ask(method, request_id=request_id, revision=revision)
                        self.assertIn(member, reply.json())
                        self.assertEqual(reply.json()["id"], request_id)
                        self.assertIs(type(reply.json()["id"]), type(request_id))

    def test_ids_that_are_refused(self):
        """-32600 for the others, and the id is null or left out as the revision has it."""
        for revision in REVISIONS:
            for request_id in (None, 1.5, 1.0, True, False, {}, [], [1], {"id": 1}):
                with self.subTest(revision=revision, request_id=request_id):
                    reply = self.ask("ping", request_id=request_id, revision=revision)
                    self.assertEqual(reply.status_code, 400, reply.text)
                    self.assertEqual(reply.json()["error"]["code"], -32600)
                    self.assertEqual(reply.json().get("id", "none"),
                                     "none" if revision in WITHOUT_ID else None)

    def test_the_same_id_twice(self):
        """Nothing is remembered of a request: an id may come again, also within a batch."""
        for _ in range(2):
            self.assert_pong(self.ask("ping", request_id="again"), "again")
        answers = self.post([PING, PING], revision="2025-03-26").json()
        self.assertEqual([answer["id"] for answer in answers], [1, 1])

    def test_notifications_that_fail(self):
        """202 without a word when their content is wrong; the next request is served."""
        for revision in REVISIONS:
            for method, params in (("notifications/initialized", {"x": [None]}),
                                   ("notifications/nothing", {}), ("", {}), ("tools/call", None),
                                   ("tools/call", {"name": "no_such_tool"}),
                                   ("tools/call", {"name": "add_application",
                                                   "arguments": {"application": {"name": "/"}}}),
                                   ("resources/read", {"uri": 5}), ("initialize", {}),
                                   ("notifications/progress", {"progressToken": {}}),
                                   ("notifications/roots/list_changed", [])):
                with self.subTest(revision=revision, method=method):
                    note = {"jsonrpc": "2.0", "method": method}
                    if params is not None:
                        note["params"] = params
                    reply = self.post(note, revision=revision)
                    self.assertEqual((reply.status_code, reply.content), (202, b""))
            self.assert_pong(self.ask("ping", revision=revision))

    def test_notifications_that_are_none(self):
        """What is no message at all is told so, with an HTTP error."""
        for revision in REVISIONS:
            for note in ({"method": "notifications/cancelled"},
                         {"jsonrpc": "1.0", "method": "notifications/cancelled"},
                         {"jsonrpc": "2.0", "method": 5}, {"jsonrpc": "2.0"},
                         {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": "x"}):
                with self.subTest(revision=revision, note=note):
                    reply = self.post(note, revision=revision)
                    self.assertEqual(reply.status_code, 400, reply.text)
                    self.assertEqual(reply.json()["error"]["code"], -32600)

    def test_cancelled_requests(self):
        """A cancellation before, after and beside its request changes neither answer nor rows."""
        for revision in REVISIONS:
            name = case.unique()
            request = {"jsonrpc": "2.0", "id": name, "method": "tools/call", "params": {
                "name": "add_application",
                "arguments": {"application": {"owner": "my-org", "name": name}}}}
            for sent in (self.cancelled(requestId=name, reason="too slow"), request,
                         self.cancelled(requestId=name), self.cancelled(requestId="unknown"),
                         self.cancelled(requestId=None), self.cancelled(requestId=[1]),
                         self.cancelled()):
                reply = self.post(sent, revision=revision)
                if "id" in sent:
                    self.assertFalse(reply.json()["result"]["isError"], reply.text)
                else:
                    self.assertEqual((reply.status_code, reply.content), (202, b""))
            self.assertIsNotNone(self.row(f"my-org/{name}"))

    def test_cancelled_in_a_batch(self):
        """Messages are taken one by one: a cancellation finds its request done, or not yet there."""
        for revision in ("2024-11-05", "2025-03-26"):
            cancel = self.cancelled(requestId=1)
            for batch in ([cancel, PING], [PING, cancel], [cancel, PING, cancel, {**PING, "id": 2}]):
                reply = self.post(batch, revision=revision)
                self.assertEqual([answer["id"] for answer in reply.json()],
                                 [entry["id"] for entry in batch if "id" in entry])
            reply = self.post([cancel, cancel], revision=revision)
            self.assertEqual((reply.status_code, reply.content), (202, b""))


class Batches(McpCase):
    """Arrays of messages."""

    def test_answers_as_an_array(self):
        """One answer for each request, by id, none for notifications and responses."""
        reply = self.post([PING, NOTE, {**PING, "id": "two"}, {**PING, "id": 3, "method": "no"},
                           {"jsonrpc": "2.0", "id": 9, "result": {}}])
        self.assertEqual(reply.status_code, 200, reply.text)
        answers = {item["id"]: item for item in reply.json()}
        self.assertEqual(set(answers), {1, "two", 3})
        self.assertEqual(answers["two"]["result"], {})
        self.assertEqual(answers[3]["error"]["code"], -32601)

    def test_one_entry(self):
        """An array of one is answered by an array of one."""
        reply = self.post([PING])
        self.assertEqual(reply.json(), [{"jsonrpc": "2.0", "id": 1, "result": {}}])

    def test_only_notifications(self):
        """202 and nothing."""
        reply = self.post([NOTE, {**NOTE, "method": "x"}, {"jsonrpc": "2.0", "id": 1, "result": 1}])
        self.assertEqual((reply.status_code, reply.content), (202, b""))

    def test_empty(self):
        """An empty array is an invalid request, answered by one object."""
        self.assert_rpc_error(self.post([]), 400, -32600, id=None)

    def test_entries_that_are_no_requests(self):
        """Each gets its own error, the good ones their answers."""
        reply = self.post([1, "x", None, [], [PING], {}, {"foo": "boo"}, PING,
                           {**PING, "id": None}, {**PING, "id": 1.5}])
        answers = reply.json()
        self.assertIsInstance(answers, list)
        good = [item for item in answers if "result" in item]
        bad = [item for item in answers if "error" in item]
        self.assertEqual([item["id"] for item in good], [1])
        self.assertEqual(len(bad), 9)
        for item in bad:
            self.assertEqual((item["error"]["code"], item["id"]), (-32600, None))

    def test_initialize_does_not_belong_there(self):
        """initialize in a batch is an invalid request; the others are answered."""
        hello = {"jsonrpc": "2.0", "id": 5, "method": "initialize", "params": {
            "protocolVersion": "2025-03-26", "capabilities": {},
            "clientInfo": {"name": "x", "version": "1"}}}
        answers = {item["id"]: item for item in self.post([hello, PING]).json()}
        self.assertEqual(answers[1]["result"], {})
        bad = next(item for item in answers.values() if "error" in item)
        self.assertEqual(bad["error"]["code"], -32600)

    def test_by_revision(self):
        """Batches are of 2024-11-05 and 2025-03-26; 2025-06-18 took them away."""
        for revision in (None, "2024-11-05", "2025-03-26"):
            with self.subTest(revision=revision):
                reply = self.post([PING], revision=revision)
                self.assertEqual(reply.status_code, 200, reply.text)
        self.assert_rpc_error(self.post([PING], revision="2025-06-18"), 400, -32600, id=None)
        reply = self.post([PING], revision="2025-11-25")
        self.assertEqual(reply.status_code, 400)
        self.assertEqual(reply.json()["error"]["code"], -32600)
        self.assertNotIn("id", reply.json())

    def test_R5_low_scope_is_the_entry_s_error(self):
        """HTTP 200, the entry says what it needs, nothing changed, the rest is answered."""
        token = self.demo(case.READ)
        name = case.unique()
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
            "name": "add_application",
            "arguments": {"application": {"owner": "my-org", "name": name}}}}
        reply = self.http.post([PING, call], token)
        self.assertEqual(reply.status_code, 200, reply.text)
        answers = {item["id"]: item for item in reply.json()}
        self.assertEqual(answers[1]["result"], {})
        self.assertEqual(answers[2]["error"], {
            "code": -32001, "message": "insufficient_scope",
            "data": {"tool": "add_application", "granted_scopes": [case.READ],
                     "required_scope": case.WRITE}})
        self.assertIsNone(self.row(f"my-org/{name}"))

    def test_changes_in_a_batch(self):
        """Tools work in a batch, each on its own."""
        names = [case.unique() for _ in range(3)]
        calls = [{"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {
            "name": "add_application",
            "arguments": {"application": {"owner": "my-org", "name": name}}}}
            for number, name in enumerate(names + names[:1])]
        answers = {item["id"]: item["result"] for item in self.post(calls).json()}
        self.assertEqual([answers[number].get("isError", False) for number in range(4)],
                         [False, False, False, True])
        for name in names:
            self.assertIsNotNone(self.row(f"my-org/{name}"))
