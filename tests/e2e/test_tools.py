"""add_application, get_application, get_applications: what they take, give and refuse."""

import json

import case
import client
from tool_case import LATEST, ToolCase


class Add(ToolCase):
    """add_application"""

    def test_new_application_is_a_client_at_once(self):
        """It has an id, a secret, and gets a token for its scopes."""
        made = self.add(self.token, scopes=case.scopes(case.READ))
        own = client.Credentials(made["clientId"], made["clientSecret"])
        self.assertGreaterEqual(len(own.secret), 22)
        reply = self.http.token_reply(own)
        self.assertEqual(reply.json()["scope"], case.READ)
        self.assertIn(f"my-org/{made['name']}",
                      self.names(reply.json()["access_token"], pageSize=100))

    def test_defaults(self):
        """Grant client_credentials, no scopes, the organisation of the owner."""
        made = self.add(self.token)
        self.assertEqual(made["grantTypes"], ["client_credentials"])
        self.assertEqual(made["scopes"] or [], [])
        self.assertEqual(made["organization"], "my-org")
        body = self.http.token_reply(
            client.Credentials(made["clientId"], made["clientSecret"])).json()
        self.assertEqual(body["scope"], "")

    def test_owner_and_organization_stand_for_each_other(self):
        """The one that is missing takes the other's value."""
        for fields in ({"owner": "my-org"}, {"organization": "my-org"}):
            answer = self.call("add_application",
                               {"application": {**fields, "name": case.unique()}})
            self.assertFalse(answer.failed, answer.text)
            self.assertEqual((answer.value["owner"], answer.value["organization"]),
                             ("my-org", "my-org"))

    def test_secret_is_shown_once(self):
        """Neither get nor list nor update shows it again."""
        made = self.add(self.token)
        identity = f"my-org/{made['name']}"
        secret = made["clientSecret"]
        replies = [
            self.http.call_tool_reply(self.token, "get_application", {"id": identity}, LATEST),
            self.http.call_tool_reply(self.token, "get_applications", {"pageSize": 100}, LATEST),
            self.http.call_tool_reply(self.token, "update_application",
                                      {"id": identity, "application": {"displayName": "x"}}),
            self.http.call_tool_reply(self.token, "delete_application", {"id": identity}),
        ]
        for reply in replies:
            self.assertNotIn(secret, reply.text)
            self.assertNotIn('"clientSecret\\":', reply.text)
            self.assertNotIn("Sha256", reply.text)

    def test_fields_come_back(self):
        """Fields with and without a meaning here are kept as they were sent."""
        fields = {"displayName": "Ž \"quoted\" \\ </script> 🐎",
                  "description": "line\nline\ttab",
                  "homepageUrl": "https://app.example/", "logo": "https://app.example/logo.png",
                  "redirectUris": ["https://app.example/cb", "http://127.0.0.1/cb"],
                  "scopes": [{"name": case.READ, "displayName": "Read", "description": "d",
                              "tools": ["get_application"]}],
                  "tags": ["a", "b"], "enablePassword": True, "enableSignUp": False,
                  "expireInHours": 2, "termsOfUse": "/terms"}
        made = self.add(self.token, **fields)
        stored = self.get(self.token, f"my-org/{made['name']}")
        for name, value in fields.items():
            with self.subTest(field=name):
                self.assertEqual(made[name], value)
                self.assertEqual(stored[name], value)

    def test_results_fit_the_output_schema(self):
        """What the tools give is what their outputSchema says."""
        tools = self.http.rpc("tools/list", token=self.token, revision=LATEST)
        schema = {tool["name"]: tool["outputSchema"] for tool in tools.json()["result"]["tools"]}
        name = case.unique()
        identity = f"my-org/{name}"
        application = {"owner": "my-org", "name": name, "scopes": case.scopes(case.READ)}
        calls = (("add_application", {"application": application}),
                 ("get_application", {"id": identity}),
                 ("get_applications", {"pageSize": 2}),
                 ("update_application", {"id": identity, "application": {"displayName": "x"}}),
                 ("delete_application", {"id": identity}))
        for tool, arguments in calls:
            with self.subTest(tool=tool):
                answer = self.call(tool, arguments, LATEST)
                self.assertFalse(answer.failed, answer.text)
                self.conforms(answer.structured, schema[tool], tool)

    def test_conflict(self):
        """An existing name is refused in words; the first one stays as it is."""
        made = self.add(self.token, displayName="first")
        before = dict(self.row(f"my-org/{made['name']}"))
        text = self.fails("add_application",
                          {"application": {"owner": "my-org", "name": made["name"],
                                           "displayName": "second"}}, made["name"])
        self.assertRegex(text, "exist")
        self.assertEqual(dict(self.row(f"my-org/{made['name']}")), before)
        self.http.token(client.Credentials(made["clientId"], made["clientSecret"]))

    def test_unknown_field(self):
        """The field is named."""
        self.refuse_add("displyName", displyName="x")
        self.refuse_add("DisplayName", DisplayName="x")
        self.refuse_add("properties", properties={"a": 1})

    def test_fields_of_a_wrong_type(self):
        """The field is named, whatever is wrong with it."""
        for field, values in {
                "displayName": (5, True, ["x"], {"a": 1}), "redirectUris": ("x", [5], {"a": 1}),
                "scopes": ("read:application", [case.READ], [5], {"name": case.READ}),
                "grantTypes": ("client_credentials", [5], [["x"]]),
                "enablePassword": ("true", 1), "expireInHours": ("1", True, [1])}.items():
            for value in values:
                with self.subTest(field=field, value=value):
                    self.refuse_add(field, **{field: value})

    def test_scope_items(self):
        """An item of scopes has a name, and only known members."""
        for item in ({}, {"name": ""}, {"name": 5}, {"name": "a b"}, {"name": 'a"b'},
                     {"name": case.READ, "nme": "x"}, {"name": case.READ, "tools": "x"}, None):
            with self.subTest(item=item):
                self.refuse_add("scopes", scopes=[item])

    def test_grant_types_that_do_not_exist(self):
        """A grant that this server never gives cannot be registered, or never works."""
        name = case.unique()
        answer = self.call("add_application", {"application": {
            "owner": "my-org", "name": name, "grantTypes": ["password"]}})
        if not answer.failed:
            own = client.Credentials(answer.value["clientId"], answer.value["clientSecret"])
            self.assertEqual(self.http.token_reply(own).status_code, 400)
            reply = self.http.token_reply(own, grant_type="password", username="a", password="b")
            self.assertEqual(reply.status_code, 400)

    def test_names(self):
        """A name must fit into owner/name; it is named when it does not."""
        for name in ("", "a/b", "/", "x" * 2000, "a\nb", "a\tb", " ", "\x7f", 5, None, ["x"], {}):
            with self.subTest(name=str(name)[:20]):
                self.fails("add_application", {"application": {"owner": "my-org", "name": name}},
                           "name")
        self.fails("add_application", {"application": {"owner": "my-org"}}, "name")

    def test_owners(self):
        """An owner that does not exist, or is no name."""
        for owner in ("no-such-org", "", "a/b", "MY-ORG", 5, "my-org "):
            with self.subTest(owner=owner):
                name = case.unique()
                self.fails("add_application", {"application": {"owner": owner, "name": name}})
                self.assertEqual(self.instance.query(
                    "SELECT 1 FROM application WHERE name = ?", name), [])

    def test_names_of_two_alphabets_are_two(self):
        """Case and accents count."""
        stem = case.unique("Name")
        for name in (stem, stem.lower(), stem + "\u00e9", stem + "e\u0301"):
            answer = self.call("add_application", {"application": {"owner": "my-org",
                                                                   "name": name}})
            if not answer.failed:
                self.assertEqual(self.get(self.token, f"my-org/{name}")["name"], name)

    def test_injection(self):
        """SQL in values is text."""
        text = "x'); DROP TABLE application; --"
        made = self.add(self.token, displayName=text, description='" OR ""="')
        self.assertEqual(self.get(self.token, f"my-org/{made['name']}")["displayName"], text)
        for identity in ("my-org/' OR '1'='1", "' OR 1=1 --/x", "my-org/%", "my-org/_emo"):
            self.assert_refused(self.token, "get_application", {"id": identity})

    def test_client_id_of_another(self):
        """Nobody takes over another client's id."""
        self.refuse_add("clientId", clientId=self.instance.admin.id)
        self.http.token(self.instance.admin)
        self.http.token(self.instance.demo)

    def test_own_client_secret(self):
        """A secret that the caller chose is refused, or is not what is stored in clear."""
        answer = self.call("add_application", {"application": {
            "owner": "my-org", "name": case.unique(), "clientSecret": "chosen-by-caller-0123"}})
        stored = self.instance.query("SELECT count(*) AS n FROM application WHERE"
                                     " properties LIKE '%chosen-by-caller%'")[0]["n"]
        self.assertEqual(stored, 0)
        if not answer.failed:
            self.assertNotEqual(answer.value["clientSecret"], "")

    def test_long_texts(self):
        """A field has a limit, and says so."""
        self.refuse_add("displayName", displayName="x" * 100000)
        self.refuse_add("description", description="x" * self.largest(1000000))

    def test_arguments_of_a_wrong_shape(self):
        """No application, or something else under its name."""
        for arguments in ({}, {"application": None}, {"application": "x"}, {"application": []},
                          {"application": 5}, {"application": {}},
                          {"applications": {"owner": "my-org", "name": "x"}},
                          {"owner": "my-org", "name": "x"}):
            with self.subTest(arguments=arguments):
                self.assert_refused(self.token, "add_application", arguments)

    def test_messages_are_cut_between_characters(self):
        """A message that quotes a long text is valid UTF-8 whatever it was cut from."""
        long = "\u017e" * 3000
        for offset in ("", "x", "xx", "xxx"):
            text = offset + long
            for message in (
                    {"method": text},
                    {"method": "tools/call", "params": {"name": text}},
                    {"method": "tools/call", "params": {
                        "name": "get_application", "arguments": {text: 1}}},
                    {"method": "tools/call", "params": {
                        "name": "get_application", "arguments": {"id": text}}},
                    {"method": "tools/call", "params": {
                        "name": "add_application", "arguments": {"application": {text: 1}}}},
                    {"method": "tools/call", "params": {
                        "name": "add_application", "arguments": {"application": {
                            "owner": "my-org", "name": "x", "scopes": [{text: 1}]}}}},
                    {"method": "tools/call", "params": {
                        "name": "add_application", "arguments": {"application": {
                            "owner": "my-org", "name": text, "grantTypes": [text]}}}}):
                with self.subTest(message=str(message)[:60]):
                    reply = self.http.post({"jsonrpc": "2.0", "id": 1, **message}, self.token)
                    self.assertEqual(reply.status_code, 200)
                    reply.content.decode("utf-8")

    def test_lone_surrogate(self):
        """An escape that is no character does not come back as broken UTF-8."""
        body = (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_application",'
                b'"arguments":{"application":{"owner":"my-org","name":"%s",'
                b'"displayName":"\\ud800x"}}}}' % case.unique().encode())
        reply = self.http.post(body, self.token)
        self.assertLess(reply.status_code, 500)
        reply.content.decode("utf-8")


class Get(ToolCase):
    """get_application"""

    def test_own(self):
        """The demo application itself."""
        found = self.get(self.token, "my-org/demo")
        self.assertEqual((found["owner"], found["name"], found["clientId"]),
                         ("my-org", "demo", self.instance.demo.id))
        self.assertEqual({item["name"] for item in found["scopes"]}, set(case.BOTH.split()))

    def test_not_found(self):
        """It says which."""
        self.fails("get_application", {"id": "my-org/nobody"}, "my-org/nobody")

    def test_ids_of_a_wrong_shape(self):
        """An id is owner/name."""
        for identity in ("demo", "/", "my-org/", "/demo", "my-org/demo/x", "", " my-org/demo",
                         "my-org/demo ", 5, None, ["my-org/demo"], {"owner": "my-org"},
                         "x" * 100000, "my-org//demo", "my-org\\demo", "MY-ORG/demo",
                         "my-org/Demo"):
            with self.subTest(identity=str(identity)[:20]):
                self.assert_refused(self.token, "get_application", {"id": identity})

    def test_unknown_arguments(self):
        """An argument that is not in the schema is refused."""
        self.assert_refused(self.token, "get_application", {"ID": "my-org/demo"})
        self.assert_refused(self.token, "get_application", {"id": "my-org/demo", "nme": 1})


class Lists(ToolCase):
    """get_applications: pages by keyset."""

    def pages(self, token, size, **more):
        """All pages, each a list of identities, by the structured cursor."""
        found, cursor = [], None
        for _ in range(100):
            arguments = {"pageSize": size, **more}
            if cursor is not None:
                arguments["cursor"] = cursor
            answer = self.http.call_tool(token, "get_applications", arguments, LATEST)
            self.assertFalse(answer.failed, answer.text)
            found.append([f"{item['owner']}/{item['name']}" for item in answer.value])
            cursor = answer.structured.get("nextCursor")
            if cursor is None:
                self.assertEqual(len(answer.content), 1)
                return found
            self.assertEqual(len(answer.content), 2)
            self.assertIn(cursor, answer.content[1]["text"])
        return self.fail("the pages have no end")

    def organization(self, count):
        """A new organisation with a reader and so many applications; its name and the token."""
        name = case.unique("org")
        agent = self.instance.agent(name, case.READ, case.WRITE)
        token = self.http.token(agent)
        for number in range(count - 1):
            self.add(token, f"n{number * 7 % 1000:03}", owner=name)
        return name, token

    def test_pages(self):
        """Every application once, in one order, whatever the size of the pages."""
        name, token = self.organization(23)
        whole = self.pages(token, 100)
        self.assertEqual(len(whole), 1)
        self.assertEqual(len(set(whole[0])), 23)
        self.assertEqual(whole[0], sorted(whole[0]))
        for size in (1, 5, 10, 22, 23):
            with self.subTest(size=size):
                pages = self.pages(token, size)
                self.assertEqual(sum(pages, []), whole[0])
                self.assertTrue(all(len(page) == size for page in pages[:-1]))
                self.assertTrue(pages[-1])
        self.assertEqual(sum(self.pages(token, 10, owner=name), []), whole[0])

    def test_changes_between_pages(self):
        """A row that comes or goes before the cursor moves nothing after it."""
        name, token = self.organization(12)
        everything = self.pages(token, 100)[0]
        answer = self.http.call_tool(token, "get_applications", {"pageSize": 5}, LATEST)
        cursor = answer.structured["nextCursor"]
        self.add(token, "aaa-first", owner=name)
        self.http.call_tool(token, "delete_application", {"id": everything[4]})
        rest = self.names(token, pageSize=100, cursor=cursor)
        self.assertEqual(rest, everything[5:])

    def test_default_size(self):
        """Fifty, when nothing is said."""
        _, token = self.organization(52)
        self.assertEqual(len(self.names(token)), 50)

    def test_bad_sizes(self):
        """1 to 100, an integer."""
        for size in (0, -1, 101, 10**12, "10", 1.5, True, [], {}):
            with self.subTest(size=size):
                self.assert_refused(self.token, "get_applications", {"pageSize": size})

    def test_bad_cursors(self):
        """A cursor is what the server gave."""
        for cursor in ("x", "", "%", "bXktb3JnL2RlbW8", 5, True, ["x"], {}, "A" * 100000, "!!",
                       "' OR 1=1 --", "\u017e"):
            with self.subTest(cursor=str(cursor)[:20]):
                reply = self.http.call_tool_reply(self.token, "get_applications",
                                                  {"cursor": cursor})
                self.assertEqual(reply.status_code, 200, reply.text)
                body = reply.json()
                if "error" not in body and not body["result"].get("isError"):
                    # A text that happens to be a cursor must still open no other tenant's rows.
                    rows = json.loads(body["result"]["content"][0]["text"])
                    self.assertLessEqual({row["owner"] for row in rows}, {"my-org"})
                    self.assertIsInstance(cursor, str)

    def test_owner_of_a_wrong_type(self):
        """owner is a string."""
        for owner in (5, True, ["my-org"], {}):
            with self.subTest(owner=owner):
                self.assert_refused(self.token, "get_applications", {"owner": owner})

    def test_admin_sees_all_organizations(self):
        """built-in reads everything, or one organisation."""
        name, _ = self.organization(2)
        admin = self.admin()
        owners = {identity.split("/")[0] for page in self.pages(admin, 100) for identity in page}
        self.assertLessEqual({"built-in", "my-org", name}, owners)
        self.assertEqual({identity.split("/")[0]
                          for identity in self.names(admin, owner=name)}, {name})
