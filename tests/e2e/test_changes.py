"""update_application, delete_application: what they change, and what they leave alone."""

import case
import client
from tool_case import LATEST, ToolCase


class Update(ToolCase):
    """update_application"""

    def setUp(self):
        super().setUp()
        self.made = self.add(self.token, displayName="before", description="text",
                             homepageUrl="https://app.example/", tags=["a"],
                             redirectUris=["https://app.example/cb"],
                             scopes=case.scopes(case.READ))
        self.identity = f"my-org/{self.made['name']}"

    def refuse(self, *needles, identity=None, **fields):
        """The update says no and the row stays as it is."""
        before = dict(self.row(self.identity))
        text = self.fails("update_application", {"id": identity or self.identity,
                                                 "application": fields}, *needles)
        self.assertEqual(dict(self.row(self.identity)), before)
        return text

    def test_omitted_stays(self):
        """Only what was sent changes, columns and the rest alike."""
        before = self.get(self.token, self.identity)
        for fields in ({"displayName": "after"}, {"homepageUrl": "https://new.example/"},
                       {"tags": []}, {"enableSignUp": True}):
            changed = self.update(self.token, self.identity, **fields)
            before.update(fields)
            for name, value in before.items():
                if "updated" not in name.lower():
                    self.assertEqual(changed[name], value, name)
        own = client.Credentials(self.made["clientId"], self.made["clientSecret"])
        self.assertEqual(self.http.token_reply(own).json()["scope"], case.READ)

    def test_nothing_sent(self):
        """An empty change changes nothing, and is no error, or says what is missing."""
        before = self.get(self.token, self.identity)
        reply = self.http.call_tool_reply(self.token, "update_application",
                                          {"id": self.identity, "application": {}})
        self.assertEqual(reply.status_code, 200)
        after = self.get(self.token, self.identity)
        for name in ("displayName", "scopes", "tags", "clientId", "homepageUrl"):
            self.assertEqual(after[name], before[name])

    def test_null_resets(self):
        """null gives a field the value that a new application has."""
        plain = self.add(self.token)
        changed = self.update(self.token, self.identity, description=None, homepageUrl=None,
                              tags=None, redirectUris=None, scopes=None)
        for name in ("description", "homepageUrl", "tags", "redirectUris", "scopes"):
            with self.subTest(field=name):
                self.assertEqual(changed.get(name), plain.get(name))
        own = client.Credentials(self.made["clientId"], self.made["clientSecret"])
        self.assertEqual(self.http.token_reply(own).json()["scope"], "")

    def test_what_cannot_be_null(self):
        """An application keeps its name and owner."""
        for field in ("name", "owner"):
            with self.subTest(field=field):
                before = self.row(self.identity)
                self.call("update_application", {"id": self.identity, "application": {field: None}})
                after = self.row(self.identity)
                self.assertIsNotNone(after)
                self.assertEqual((after["owner"], after["name"]), (before["owner"], before["name"]))

    def test_rename(self):
        """The new name is there, the old one free; client and tokens stay."""
        own = client.Credentials(self.made["clientId"], self.made["clientSecret"])
        token = self.http.token(own)
        name = case.unique()
        changed = self.update(self.token, self.identity, name=name)
        self.assertEqual((changed["name"], changed["clientId"]), (name, own.id))
        self.fails("get_application", {"id": self.identity}, self.made["name"])
        self.assertEqual(self.get(self.token, f"my-org/{name}")["displayName"], "before")
        self.assert_token_good(token)
        self.http.token(own)
        self.add(self.token, self.made["name"])

    def test_rename_to_an_existing_name(self):
        """Refused in words, and both stay."""
        other = self.add(self.token, displayName="other")
        self.assertRegex(self.refuse(name=other["name"]), "exist")
        self.assertEqual(self.get(self.token, f"my-org/{other['name']}")["displayName"], "other")

    def test_rename_to_itself(self):
        """The same name is no conflict."""
        self.update(self.token, self.identity, name=self.made["name"], owner="my-org")

    def test_bad_fields(self):
        """Unknown fields and wrong types are named, and nothing of the call is done."""
        self.refuse("displyName", displayName="half done", displyName="x")
        self.refuse("redirectUris", displayName="half done", redirectUris="x")
        self.refuse("name", displayName="half done", name="a/b")
        self.refuse("scopes", displayName="half done", scopes=[{"nme": "x"}])

    def test_client_id_is_not_changed_to_another_s(self):
        """An id that is taken stays with its owner."""
        self.call("update_application", {"id": self.identity,
                                         "application": {"clientId": self.instance.admin.id}})
        self.assertEqual(self.row(self.identity)["client_id"], self.made["clientId"])
        self.http.token(self.instance.admin)

    def test_unknown_application(self):
        """What is not there is not made."""
        self.fails("update_application", {"id": "my-org/nobody", "application": {"tags": []}},
                   "my-org/nobody")
        self.assertIsNone(self.row("my-org/nobody"))

    def test_arguments_of_a_wrong_shape(self):
        """id and application, both of their type."""
        for arguments in ({}, {"id": self.identity}, {"application": {"displayName": "x"}},
                          {"id": 5, "application": {}}, {"id": "x", "application": {}},
                          {"id": self.identity, "application": None},
                          {"id": self.identity, "application": "x"},
                          {"id": self.identity, "application": []}):
            with self.subTest(arguments=arguments):
                self.assert_refused(self.token, "update_application", arguments)
        self.assertEqual(self.row(self.identity)["display_name"], "before")

    def test_scopes_taken_away(self):
        """A client asks in vain for a scope that it has no more."""
        own = client.Credentials(self.made["clientId"], self.made["clientSecret"])
        self.http.token(own, case.READ)
        self.update(self.token, self.identity, scopes=[])
        self.assert_oauth_error(self.http.token_reply(own, scope=case.READ), 400, "invalid_scope")

    def test_R6_scopes_taken_away_from_a_token(self):
        """A token opens no more than its application still has."""
        own = client.Credentials(self.made["clientId"], self.made["clientSecret"])
        token = self.http.token(own, case.READ)
        self.assertFalse(self.http.call_tool(token, "get_applications").failed)
        self.update(self.token, self.identity, scopes=[])
        for _ in range(4):
            self.assertIn(self.http.call_tool_reply(token, "get_applications").status_code,
                          (401, 403))


class Delete(ToolCase):
    """delete_application"""

    def test_by_id(self):
        """Gone, told as such, and gone for good."""
        made = self.add(self.token)
        identity = f"my-org/{made['name']}"
        answer = self.call("delete_application", {"id": identity}, LATEST)
        self.assertFalse(answer.failed, answer.text)
        self.assertEqual(answer.value["owner"], "my-org")
        self.assertEqual(answer.value["name"], made["name"])
        self.assertIs(answer.value["deleted"], True)
        self.assertEqual(answer.structured, answer.value)
        self.assertIsNone(self.row(identity))
        self.fails("get_application", {"id": identity}, identity)
        self.fails("delete_application", {"id": identity}, identity)

    def test_by_application(self):
        """The object form that others use."""
        made = self.add(self.token)
        answer = self.call("delete_application",
                           {"application": {"owner": "my-org", "name": made["name"]}})
        self.assertFalse(answer.failed, answer.text)
        self.assertIsNone(self.row(f"my-org/{made['name']}"))

    def test_two_different_targets(self):
        """id and application name different ones: nothing is deleted."""
        one, two = self.add(self.token), self.add(self.token)
        self.assert_refused(self.token, "delete_application", {
            "id": f"my-org/{one['name']}",
            "application": {"owner": "my-org", "name": two["name"]}})
        for made in (one, two):
            self.assertIsNotNone(self.row(f"my-org/{made['name']}"))

    def test_arguments_of_a_wrong_shape(self):
        """Nothing, or half an identity."""
        for arguments in ({}, {"id": None}, {"id": 5}, {"id": ""}, {"id": "demo"},
                          {"application": {}}, {"application": None},
                          {"application": "my-org/demo"},
                          {"application": {"name": "demo"}}, {"application": {"owner": "my-org"}},
                          {"application": {"owner": "my-org", "name": 5}},
                          {"ids": ["my-org/demo"]}):
            with self.subTest(arguments=arguments):
                reply = self.http.call_tool_reply(self.token, "delete_application", arguments)
                self.assertEqual(reply.status_code, 200)
                self.assertIsNotNone(self.row("my-org/demo"))
                if arguments != {"application": {"name": "demo"}}:
                    self.assert_refused(self.token, "delete_application", arguments)

    def test_wildcards(self):
        """A pattern is a name like any other."""
        for identity in ("my-org/%", "my-org/*", "%/demo", "my-org/dem_"):
            with self.subTest(identity=identity):
                self.fails("delete_application", {"id": identity})
        self.assertIsNotNone(self.row("my-org/demo"))
