"""R6: another organisation's rows are not there, and nobody grants more than they hold."""

import json

import case
import client


class Tenancy(case.Case):
    """A second organisation, with an agent that may read and write, meets my-org."""

    def setUp(self):
        super().setUp()
        self.rival_org = case.unique("rival")
        self.rival = self.instance.agent(self.rival_org, case.READ, case.WRITE)
        self.token = self.http.token(self.rival)
        self.mine = self.add(self.demo(), displayName="mine", scopes=case.scopes(case.READ))
        self.identity = f"my-org/{self.mine['name']}"
        self.before = dict(self.row(self.identity))

    def tearDown(self):
        self.assertEqual(dict(self.row(self.identity)), self.before)
        self.http.token(client.Credentials(self.mine["clientId"], self.mine["clientSecret"]))

    def refused_as_unknown(self, tool, **more):
        """A foreign row is refused in the very words for a row that does not exist."""
        nobody = "my-org/nobody-at-all"
        foreign = self.assert_tool_fails(self.token, tool, {"id": self.identity, **more})
        unknown = self.assert_tool_fails(self.token, tool, {"id": nobody, **more})
        self.assertEqual(foreign.replace(self.identity, "X"), unknown.replace(nobody, "X"))

    def test_R6_get(self):
        """Not found."""
        self.refused_as_unknown("get_application")
        self.assertEqual(self.get(self.token, f"{self.rival_org}/agent")["name"], "agent")

    def test_R6_update(self):
        """Not found, whatever is to change."""
        self.refused_as_unknown("update_application", application={"displayName": "stolen"})
        self.refused_as_unknown("update_application", application={
            "owner": self.rival_org, "organization": self.rival_org})
        self.refused_as_unknown("update_application", application={"scopes": []})

    def test_R6_delete(self):
        """Not found, by both forms."""
        self.refused_as_unknown("delete_application")
        self.assert_tool_fails(self.token, "delete_application", {
            "application": {"owner": "my-org", "name": self.mine["name"]}})
        # What the caller claims about the row counts for nothing.
        self.assert_tool_fails(self.token, "delete_application", {
            "application": {"owner": "my-org", "name": self.mine["name"],
                            "organization": self.rival_org}})

    def test_R6_list(self):
        """Only the own rows, whatever owner is asked for."""
        self.assertEqual(self.names(self.token), [f"{self.rival_org}/agent"])
        for owner in ("my-org", "built-in", "", "*", "%", "no-such-org"):
            with self.subTest(owner=owner):
                reply = self.http.call_tool_reply(self.token, "get_applications", {"owner": owner})
                self.assertNotIn(self.mine["name"], reply.text)
                self.assertNotIn(self.mine["clientId"], reply.text)
                self.assertNotIn(self.instance.admin.id, reply.text)

    def test_R6_cursor_of_another(self):
        """A cursor of another's list opens nothing."""
        answer = self.http.call_tool(self.admin(), "get_applications", {"pageSize": 1},
                                     "2025-11-25")
        reply = self.http.call_tool_reply(self.token, "get_applications", {
            "cursor": answer.structured["nextCursor"], "pageSize": 100})
        self.assertNotIn(self.mine["clientId"], reply.text)
        self.assertNotIn(self.instance.demo.id, reply.text)

    def test_R6_add_into_another_organization(self):
        """Neither by owner, nor by organization, nor by both, nor by a mixture."""
        for fields in ({"owner": "my-org"}, {"organization": "my-org"},
                       {"owner": "my-org", "organization": "my-org"},
                       {"owner": "my-org", "organization": self.rival_org},
                       {"owner": self.rival_org, "organization": "my-org"},
                       {"owner": "built-in"}, {"owner": "built-in", "organization": self.rival_org},
                       {"owner": self.rival_org, "organization": "built-in"}):
            name = case.unique("intruder")
            with self.subTest(fields=fields):
                self.assert_tool_fails(self.token, "add_application",
                                       {"application": {**fields, "name": name}})
                self.assertEqual(self.instance.query(
                    "SELECT 1 FROM application WHERE name = ?", name), [])

    def test_R6_move_into_another_organization(self):
        """An own row stays at home."""
        made = self.add(self.token, owner=self.rival_org)
        identity = f"{self.rival_org}/{made['name']}"
        for fields in ({"owner": "my-org"}, {"organization": "my-org"},
                       {"organization": "built-in"},
                       {"owner": "built-in", "organization": "built-in"},
                       {"owner": "my-org", "name": self.mine["name"]},
                       {"owner": "no-such-org", "organization": "no-such-org"}):
            with self.subTest(fields=fields):
                self.assert_tool_fails(self.token, "update_application",
                                       {"id": identity, "application": fields})
                row = self.row(identity)
                self.assertEqual((row["owner"], row["organization"]),
                                 (self.rival_org, self.rival_org))

    def test_R6_row_owned_here_of_an_organization_there(self):
        """owner is where a row is filed; organization is whose it is, and that counts."""
        name = case.unique()
        self.instance.application(f"{self.rival_org}/{name}", "organization=my-org")
        identity = f"{self.rival_org}/{name}"
        self.assert_tool_fails(self.token, "get_application", {"id": identity})
        self.assert_tool_fails(self.token, "update_application",
                               {"id": identity, "application": {"displayName": "x"}})
        self.assert_tool_fails(self.token, "delete_application", {"id": identity})
        self.assertNotIn(identity, self.names(self.token, pageSize=100))

    def test_same_name_in_two_organizations(self):
        """A name belongs to its owner; the rows do not touch."""
        made = self.add(self.token, self.mine["name"], owner=self.rival_org, displayName="theirs")
        self.assertNotEqual(made["clientId"], self.mine["clientId"])
        self.assertEqual(self.get(self.demo(), self.identity)["displayName"], "mine")

    def test_built_in_reaches_all(self):
        """An administrator reads, adds, changes and deletes anywhere."""
        admin = self.admin()
        made = self.add(admin, owner=self.rival_org)
        identity = f"{self.rival_org}/{made['name']}"
        self.assertEqual(self.get(admin, identity)["name"], made["name"])
        self.update(admin, identity, displayName="by admin")
        self.assertEqual(self.get(self.token, identity)["displayName"], "by admin")
        self.assertFalse(self.http.call_tool(admin, "delete_application", {"id": identity}).failed)

    def test_built_in_needs_existing_organizations(self):
        """Nobody files a row under an organisation that is not there."""
        admin = self.admin()
        for fields in ({"owner": "no-such-org"}, {"owner": "my-org", "organization": "no-such-org"},
                       {"organization": "no-such-org"}):
            with self.subTest(fields=fields):
                self.assert_tool_fails(admin, "add_application",
                                       {"application": {**fields, "name": case.unique()}},
                                       "no-such-org")

    def test_built_in_with_low_scope(self):
        """The organisation is no scope: a reader of built-in reads only."""
        reader = self.http.token(self.instance.admin, case.READ)
        self.assertEqual(self.get(reader, self.identity)["name"], self.mine["name"])
        reply = self.http.call_tool_reply(reader, "delete_application", {"id": self.identity})
        self.assertEqual(reply.status_code, 403)


class Escalation(case.Case):
    """A caller hands out at most the scopes of its token."""

    MORE = ("admin", "read", "write", "read:*", "*:write", "*", "*:*", "read:user", "user:write",
            "read:organization")

    def setUp(self):
        super().setUp()
        self.token = self.demo()

    def refuse_add(self, token, names):
        """add_application with these scopes is refused and leaves no row."""
        name = case.unique()
        self.assert_tool_fails(token, "add_application", {"application": {
            "owner": "my-org", "name": name, "scopes": case.scopes(*names)}})
        self.assertIsNone(self.row(f"my-org/{name}"))

    def test_R6_add(self):
        """Scopes that the caller lacks, alone and beside good ones."""
        for scope in self.MORE:
            with self.subTest(scope=scope):
                self.refuse_add(self.token, [scope])
                self.refuse_add(self.token, [case.READ, scope])

    def test_R6_the_token_counts_not_the_registration(self):
        """A token with less than its client's registration gives less."""
        writer = self.demo(case.WRITE)
        self.refuse_add(writer, [case.READ])
        self.refuse_add(writer, ["application:read"])
        self.add(writer, scopes=case.scopes(case.WRITE))

    def test_own_scopes_in_both_spellings(self):
        """What the caller has may be given on, however it is written."""
        self.add(self.token, scopes=case.scopes(case.READ, case.WRITE))
        made = self.add(self.token, scopes=case.scopes("application:read"))
        own = client.Credentials(made["clientId"], made["clientSecret"])
        self.http.token(own, case.READ)
        self.http.token(own, "application:read")

    def test_R6_update(self):
        """Nor by changing an application afterwards, its own least of all."""
        made = self.add(self.token)
        own = self.instance.application(f"my-org/{case.unique()}",
                                        "scopes=" + json.dumps(case.scopes(case.READ, case.WRITE)))
        name = self.instance.query("SELECT name FROM application WHERE client_id = ?",
                                   own.id)[0]["name"]
        token = self.http.token(own)
        for identity in (f"my-org/{made['name']}", f"my-org/{name}"):
            before = dict(self.row(identity))
            for scope in self.MORE:
                with self.subTest(identity=identity, scope=scope):
                    self.assert_tool_fails(token, "update_application", {
                        "id": identity,
                        "application": {"scopes": case.scopes(case.READ, case.WRITE, scope)}})
                    self.assertEqual(dict(self.row(identity)), before)

    def test_R6_application_with_a_scope_that_the_token_lacks(self):
        """A token that may only write does not change an application that may read."""
        made = self.add(self.token, scopes=case.scopes(case.READ))
        identity = f"my-org/{made['name']}"
        before = dict(self.row(identity))
        writer = self.demo(case.WRITE)
        for fields in ({"displayName": "x"}, {"scopes": []}, {"name": case.unique()}):
            with self.subTest(fields=fields):
                self.assert_tool_fails(writer, "update_application",
                                       {"id": identity, "application": fields}, case.READ)
                self.assertEqual(dict(self.row(identity)), before)

    def test_R6_application_that_holds_more_is_out_of_reach(self):
        """Who cannot grant `admin` cannot take over who has it."""
        name = case.unique()
        strong = self.instance.application(f"my-org/{name}", 'scopes=[{"name":"admin"}]')
        before = dict(self.row(f"my-org/{name}"))
        for fields in ({"displayName": "x"}, {"scopes": []}, {"name": case.unique()},
                       {"redirectUris": ["https://evil.example/"]}, {"grantTypes": []}):
            with self.subTest(fields=fields):
                self.assert_tool_fails(self.token, "update_application",
                                       {"id": f"my-org/{name}", "application": fields})
        self.assertEqual(dict(self.row(f"my-org/{name}")), before)
        self.http.token(strong)
        self.update(self.admin(), f"my-org/{name}", displayName="by admin")

    def test_R6_foreign_scopes_that_are_not_named(self):
        """Scopes in another case or with blanks do not slip through to mean something."""
        for scope in ("Admin", " admin", "admin ", "READ:APPLICATION", "read:application admin"):
            with self.subTest(scope=scope):
                name = case.unique()
                answer = self.http.call_tool(self.token, "add_application", {"application": {
                    "owner": "my-org", "name": name, "scopes": case.scopes(scope)}})
                self.assertTrue(answer.failed, answer.text)

    def test_R6_refusal_is_on_record(self):
        """An attempt beyond what the caller holds leaves a row: who, what, to which, and the end."""
        name = case.unique()
        application = {"application": {"owner": "built-in", "name": name}}
        for token, status, outcome in ((self.token, 200, "forbidden"),
                                       (self.demo(case.READ), 403, "insufficient_scope")):
            with self.subTest(outcome=outcome):
                reply = self.http.call_tool_reply(token, "add_application", application)
                self.assertEqual(reply.status_code, status, reply.text)
                rows = self.instance.query("SELECT * FROM audit WHERE request_id = ?",
                                           reply.headers["X-Request-Id"])
                self.assertEqual([(row["client_id"], row["organization"], row["tool"],
                                   row["outcome"]) for row in rows],
                                 [(self.instance.demo.id, "my-org", "add_application", outcome)])
                if status == 200:
                    self.assertEqual(rows[0]["target"], f"built-in/{name}")
