"""Every entity by the same tools: one suite, a row an entity.  R6 for each."""

import collections
import json
import threading

import case
import oauth_case
import servers

Kind = collections.namedtuple("Kind", "name plural owner fields change reset")

KINDS = [
    Kind("application", "applications", "my-org", {"redirectUris": ["https://a.example/"]},
         {"description": "changed"}, "redirectUris"),
    Kind("organization", "organizations", "admin", {"userQuota": 5}, {"websiteUrl": "/x"},
         "userQuota"),
    Kind("user", "users", "my-org", {"scopes": ["read:application"], "phone": "+1"},
         {"displayName": "Changed"}, "phone"),
    Kind("role", "roles", "my-org", {"description": "d"}, {"isEnabled": False}, "description"),
    Kind("permission", "permissions", "my-org", {"scopes": ["read:application"]},
         {"effect": "Deny"}, "scopes"),
]
ALL = ("read:application write:application read:organization write:organization read:user "
       "write:user read:role write:role read:permission write:permission read:token write:token "
       "read:audit")


class RegistryCase(oauth_case.OAuthCase):
    """A token of my-org that may do everything, and ways to call the five tools."""

    def setUp(self):
        super().setUp()
        self.all = self.token_of("my-org", ALL)

    def token_of(self, organization, scope, new=False):
        """A token of a new application of an organisation, which may be new, with these scopes."""
        name = case.unique("caller")
        if new:
            self.instance.run("organization", "add", organization, code=0)
        made = self.instance.application(
            f"{organization}/{name}",
            "scopes=" + json.dumps([{"name": word} for word in scope.split()]))
        return self.http.token(made)

    def caller(self, kind):
        """Who may change a kind: organisations are for built-in alone."""
        return self.admin() if kind.name == "organization" else self.all

    def do(self, token, name, /, **arguments):
        """A tool call that must succeed; its value."""
        answer = self.http.call_tool(token, name, arguments)
        self.assertFalse(answer.failed, f"{name}: {answer.text}")
        return answer.value

    def fails(self, token, name, /, *needles, **arguments):
        """A tool call that must fail; its text."""
        return self.assert_tool_fails(token, name, arguments, *needles)

    def new(self, kind, **fields):
        """A new row of a kind, and its id."""
        owner = {} if kind.name == "organization" else {"owner": kind.owner}
        row = self.do(self.caller(kind), f"add_{kind.name}",
                      **{kind.name: {**owner, "name": case.unique(kind.name), **kind.fields,
                                     **fields}})
        return row, f"{row['owner']}/{row['name']}"


class Rows(RegistryCase):
    """Create, read, list, page, change, reset, rename, delete; for each kind."""

    def test_life(self):
        """From the first to the last call."""
        for kind in KINDS:
            with self.subTest(kind=kind.name):
                token = self.caller(kind)
                row, identity = self.new(kind)
                self.assertEqual(row["owner"], kind.owner)
                for name, value in kind.fields.items():
                    self.assertEqual(row[name], value)
                kept = {name: value for name, value in row.items() if name != "clientSecret"}
                self.assertEqual(self.do(token, f"get_{kind.name}", id=identity), kept)
                changed = self.do(token, f"update_{kind.name}", id=identity,
                                  **{kind.name: kind.change})
                self.assertEqual({**kept, **kind.change, "updatedTime": changed["updatedTime"]},
                                 changed)
                reset = self.do(token, f"update_{kind.name}", id=identity,
                                **{kind.name: {kind.reset: None}})
                self.assertNotEqual(reset.get(kind.reset), kind.fields[kind.reset])
                fresh = case.unique("renamed")
                self.do(token, f"update_{kind.name}", id=identity, **{kind.name: {"name": fresh}})
                self.fails(token, f"get_{kind.name}", id=identity)
                self.do(token, f"delete_{kind.name}", id=f"{kind.owner}/{fresh}")
                self.fails(token, f"get_{kind.name}", "no", id=f"{kind.owner}/{fresh}")
                self.fails(token, f"delete_{kind.name}", id=f"{kind.owner}/{fresh}")

    def test_conflict(self):
        """A name is taken once; what is refused leaves nothing behind."""
        for kind in KINDS:
            with self.subTest(kind=kind.name):
                row, identity = self.new(kind)
                other = self.new(kind)[1]
                token = self.caller(kind)
                owner = {} if kind.name == "organization" else {"owner": kind.owner}
                self.fails(token, f"add_{kind.name}", "exists already",
                           **{kind.name: {**owner, "name": row["name"]}})
                self.fails(token, f"update_{kind.name}", id=other,
                           **{kind.name: {"name": row["name"]}})
                self.do(token, f"get_{kind.name}", id=identity)
                self.do(token, f"get_{kind.name}", id=other)

    def test_pages_and_filters(self):
        """By prefix, by organisation, by time, page by page, each row once."""
        for kind in KINDS:
            with self.subTest(kind=kind.name):
                token = self.caller(kind)
                prefix = case.unique("page") + "-"
                names = [f"{prefix}{number}" for number in range(5)]
                for name in names:
                    self.new(kind, name=name)
                found, cursor = [], {}
                for _ in range(9):
                    answer = self.http.call_tool(token, f"get_{kind.plural}", {
                        "namePrefix": prefix, "pageSize": 2, **cursor}, revision="2025-11-25")
                    self.assertFalse(answer.failed, answer.text)
                    found += [row["name"] for row in answer.value]
                    if "nextCursor" not in answer.structured:
                        break
                    cursor = {"cursor": answer.structured["nextCursor"]}
                self.assertEqual(found, names)
                last = self.do(token, f"get_{kind.name}", id=f"{kind.owner}/{names[4]}")
                rows = self.do(token, f"get_{kind.plural}", namePrefix=prefix,
                               updatedSince=last["updatedTime"].replace("Z", ".000+00:00"))
                self.assertIn(names[4], [row["name"] for row in rows])
                self.assertEqual(self.do(token, f"get_{kind.plural}", namePrefix=prefix,
                                         updatedSince="2999-01-01T00:00:00Z"), [])
                self.check_changes(kind, prefix, [names[n] for n in (1, 3, 0)])
                for bad in ("yesterday", "2026-02-30T00:00:00Z", 5):
                    self.fails(token, f"get_{kind.plural}", "updatedSince", updatedSince=bad)

    def check_changes(self, kind, prefix, names):
        """What was changed since some time comes in the order of the changes, page by page."""
        token = self.caller(kind)
        first = self.do(token, f"get_{kind.plural}", namePrefix=prefix)[0]["createdTime"]
        for number, name in enumerate(names):
            for _ in range(number + 1):     # each change is a later version, in one second too
                self.do(token, f"update_{kind.name}", id=f"{kind.owner}/{name}",
                        **{kind.name: kind.change})
        found, cursor = [], {}
        for _ in range(9):
            answer = self.http.call_tool(token, f"get_{kind.plural}", {
                "namePrefix": prefix, "pageSize": 2, "updatedSince": first, **cursor},
                revision="2025-11-25")
            self.assertFalse(answer.failed, answer.text)
            found += [(row["updatedTime"], row["name"]) for row in answer.value]
            if "nextCursor" not in answer.structured:
                break
            cursor = {"cursor": answer.structured["nextCursor"]}
        self.assertEqual(found, sorted(found))
        self.assertEqual(len(found), 5)
        self.assertEqual({name for _, name in found}, {f"{prefix}{number}" for number in range(5)})
        if cursor:
            self.fails(token, f"get_{kind.plural}", "cursor", **cursor)

    def test_fields_are_checked(self):
        """Unknown fields, wrong types, null where it may not be."""
        for kind in KINDS:
            with self.subTest(kind=kind.name):
                token = self.caller(kind)
                identity = self.new(kind)[1]
                for patch in ({"nonsense": 1}, {"name": None}, {"name": 5}, {"name": ""},
                              {"name": "a/b"}, {"createdTime": "2026-01-01T00:00:00Z"},
                              {"displayName": ["x"]}, {"displayName": "x" * 101}):
                    self.fails(token, f"update_{kind.name}", kind.name, id=identity,
                               **{kind.name: patch})
                self.fails(token, f"add_{kind.name}", f"{kind.name}.name", **{kind.name: {}})

    def test_dry_run(self):
        """The same answer and the same refusals, and nothing written."""
        for kind in KINDS:
            with self.subTest(kind=kind.name):
                token = self.caller(kind)
                owner = {} if kind.name == "organization" else {"owner": kind.owner}
                name = case.unique("dry")
                told = self.do(token, f"add_{kind.name}", dry_run=True,
                               **{kind.name: {**owner, "name": name, **kind.fields}})
                self.assertEqual(told["dryRun"]["changes"]["name"], {"from": None, "to": name})
                self.assertNotIn("clientSecret", told)
                self.fails(token, f"get_{kind.name}", id=f"{kind.owner}/{name}")
                row, identity = self.new(kind)
                told = self.do(token, f"update_{kind.name}", id=identity, dry_run=True,
                               **{kind.name: kind.change})
                self.assertEqual(set(told["dryRun"]["changes"]),
                                 set(kind.change) | {"updatedTime"})
                told = self.do(token, f"delete_{kind.name}", id=identity, dry_run=True)
                self.assertIs(told["deleted"], False)
                kept = {name: value for name, value in row.items() if name != "clientSecret"}
                self.assertEqual(self.do(token, f"get_{kind.name}", id=identity), kept)
                self.fails(token, f"add_{kind.name}", "exists already", dry_run=True,
                           **{kind.name: {**owner, "name": row["name"]}})
                self.fails(token, f"update_{kind.name}", "dry_run", id=identity, dry_run="yes",
                           **{kind.name: {}})
                self.assertEqual(self.instance.query(
                    "SELECT * FROM audit WHERE target = ?", f"{kind.owner}/{name}"), [])

    def test_dry_run_of_what_goes(self):
        """A member that would be there no more is a change."""
        row, identity = self.new(KINDS[0], title="x")
        self.assertEqual(row["title"], "x")
        told = self.do(self.all, "update_application", id=identity, dry_run=True,
                       application={"title": None})
        self.assertEqual(told["dryRun"]["changes"]["title"], {"from": "x", "to": None})

    def test_dry_run_of_a_new_secret(self):
        """The old one stays, and no other is told."""
        made = self.instance.application(f"my-org/{case.unique('kept')}",
                                         'scopes=[{"name":"read:application"}]')
        name = self.instance.query("SELECT name FROM application WHERE client_id = ?",
                                   made.id)[0]["name"]
        told = self.do(self.all, "rotate_application_secret", id=f"my-org/{name}", dry_run=True)
        self.assertNotIn("clientSecret", told)
        self.http.token(made)
        self.do(self.all, "rotate_application_secret", id=f"my-org/{name}")
        self.assertEqual(self.http.token_reply(made).status_code, 401)

    def test_every_changing_tool_has_a_dry_run(self):
        """Called like that, each says what it would do, and no row of any table is another."""
        admin = self.admin()
        rows = {kind.name: self.new(kind)[1] for kind in KINDS}
        rows["token"] = "my-org/" + self.do(admin, "get_tokens", owner="my-org")[0]["name"]
        tools = self.http.rpc("tools/list", token=admin).json()["result"]["tools"]
        before = self.everything()
        for tool in tools:
            if tool["annotations"]["readOnlyHint"]:
                continue
            with self.subTest(tool=tool["name"]):
                verb, _, kind = tool["name"].partition("_")
                kind = kind.removesuffix("_secret")
                self.assertIn("dry_run", tool["inputSchema"]["properties"])
                self.assertEqual("if_match" in tool["inputSchema"]["properties"],
                                 verb in ("update", "delete") and kind != "token")
                arguments = {"id": rows[kind]} if verb != "add" else {}
                if verb == "add" or verb == "update":
                    arguments[kind] = {"name": case.unique("dry"), "displayName": "dry"}
                self.do(admin, tool["name"], dry_run=True, **arguments)
                self.assertEqual(self.everything(), before)

    def everything(self):
        """What is in the tables that tools change."""
        return {table: [tuple(row) for row in self.instance.query(f"SELECT * FROM {table}")]
                for table in ("application", "organization", "user", "role", "permission",
                              "role_user", "role_role", "permission_user", "permission_role",
                              "token", "consent", "session", "audit")}

    def test_R6_resources_and_completion(self):
        """Each row is a resource, under the scope of its tools; names are completed."""
        other = self.token_of(case.unique("org-of-resources"), ALL, new=True)
        for kind in KINDS:
            with self.subTest(kind=kind.name):
                token = self.caller(kind)
                name = case.unique("resource")
                row, identity = self.new(kind, name=name)
                row.pop("clientSecret", None)
                uri = f"casement://{kind.name}/{identity}"
                read = self.http.rpc("resources/read", {"uri": uri}, token=token).json()
                self.assertEqual(json.loads(read["result"]["contents"][0]["text"]), row)
                lacks = self.token_of("my-org", " ".join(
                    word for word in ALL.split() if word != f"read:{kind.name}"))
                reply = self.http.rpc("resources/read", {"uri": uri}, token=lacks)
                self.assertEqual(reply.status_code, 403)
                reply = self.http.rpc("resources/read", {"uri": uri}, token=other)
                self.assertNotIn("result", reply.json())
                self.assertEqual(self.completed(token, kind, name[:-1]).count(name), 1)
                self.assertEqual(self.completed(lacks, kind, name), [])
                self.assertEqual(self.completed(other, kind, name), [])

    def completed(self, token, kind, text):
        """The names that a text may go on to, of those of an owner."""
        reply = self.http.rpc("completion/complete", {
            "ref": {"type": "ref/resource", "uri": f"casement://{kind.name}/{{owner}}/{{name}}"},
            "argument": {"name": "name", "value": text},
            "context": {"arguments": {"owner": kind.owner}}}, token=token)
        return reply.json()["result"]["completion"]["values"]

    def test_if_match(self):
        """Who read an older version is refused; two changes in a second are two versions."""
        for kind in KINDS:
            with self.subTest(kind=kind.name):
                token = self.caller(kind)
                row, identity = self.new(kind)
                first = row["updatedTime"]
                second = self.do(token, f"update_{kind.name}", id=identity, if_match=first,
                                 **{kind.name: kind.change})["updatedTime"]
                self.assertGreater(second, first)
                self.fails(token, f"update_{kind.name}", "if_match", "somebody else", id=identity,
                           if_match=first, **{kind.name: {"displayName": "lost"}})
                self.fails(token, f"delete_{kind.name}", "if_match", id=identity, if_match=first)
                self.fails(token, f"delete_{kind.name}", "if_match", id=identity, if_match=5)
                for tool in (f"update_{kind.name}", f"delete_{kind.name}"):
                    more = {kind.name: {}} if tool.startswith("update") else {}
                    for other in ("x", "", "2026-01-02"):
                        self.fails(token, tool, "if_match: must be a time such as", id=identity,
                                   if_match=other, **more)
                    for other in ("1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"):
                        self.fails(token, tool, "somebody else", id=identity, if_match=other,
                                   **more)
                    # The same moment, as some libraries write it.
                    for end in ("+00:00", ".000Z"):
                        self.do(token, tool, id=identity, if_match=second.replace("Z", end),
                                dry_run=True, **more)
                self.do(token, f"delete_{kind.name}", id=identity, if_match=second)

    def test_audit(self):
        """Before and after each change, without secrets, in its transaction."""
        reader = self.token_of("my-org", "read:audit")
        for kind in KINDS:
            with self.subTest(kind=kind.name):
                fields = {"password": "secret-of-alice"} if kind.name == "user" else {}
                row, identity = self.new(kind, **fields)
                token = self.caller(kind)
                self.do(token, f"update_{kind.name}", id=identity, **{kind.name: kind.change})
                self.do(token, f"delete_{kind.name}", id=identity)
                who = reader if kind.name != "organization" else self.admin()
                events = self.do(who, "get_audit_events", target=identity)
                self.assertEqual([event["tool"] for event in events],
                                 [f"{verb}_{kind.name}" for verb in ("delete", "update", "add")])
                self.assertIsNone(events[0]["after"])
                self.assertIsNone(events[2]["before"])
                for name, value in kind.change.items():
                    self.assertEqual(events[1]["after"][name], value)
                self.assertEqual(events[0]["before"], events[1]["after"])
                text = json.dumps(events)
                for secret in ("secret-of-alice", row.get("clientSecret", "secret-of-alice")):
                    self.assertNotIn(secret, text)


class CommandLine(RegistryCase):
    """The same kinds by command line, from the same tables."""

    def test_life(self):
        """Each kind is listed, shown, added, changed and deleted; dry runs and versions too."""
        run, told = self.instance.run, self.instance.run_json
        for kind in KINDS:
            with self.subTest(kind=kind.name):
                owner = "" if kind.name == "organization" else f"{kind.owner}/"
                name = case.unique("by-hand")
                identity = owner + name
                fields = [f"{field}={value if isinstance(value, str) else json.dumps(value)}"
                          for field, value in kind.fields.items()]
                data = b"long enough" if kind.name == "user" else None
                run(kind.name, "add", identity, *fields, "--dry-run", data=data, code=0)
                run(kind.name, "show", identity, code=3)
                run(kind.name, "add", identity, *fields, data=data, code=0)
                run(kind.name, "add", identity, *fields, data=data, code=4)
                row = told(kind.name, "show", identity)
                for field, value in kind.fields.items():
                    self.assertEqual(row[field], value)
                change = [f"{field}={value if isinstance(value, str) else json.dumps(value)}"
                          for field, value in kind.change.items()]
                run(kind.name, "update", identity, *change, "--dry-run", code=0)
                self.assertEqual(told(kind.name, "show", identity), row)
                changed = told(kind.name, "update", identity, *change,
                               "--if-match", row["updatedTime"])
                self.assertLessEqual(kind.change.items(), changed.items())
                run(kind.name, "update", identity, *change, "--if-match", row["updatedTime"],
                    code=4)
                run(kind.name, "delete", identity, "--if-match", row["updatedTime"], code=4)
                self.assertEqual(told(kind.name, "list", f"namePrefix={name}"), [changed])
                self.assertEqual(told(kind.name, "list", f"namePrefix={name}",
                                      "updatedSince=2999-01-01T00:00:00Z"), [])
                run(kind.name, "list", "nonsense=1", code=6)
                run(kind.name, "delete", identity, "--dry-run", code=0)
                self.assertEqual(told(kind.name, "show", identity), changed)
                run(kind.name, "update", identity, f"name={name}-2", code=0)
                run(kind.name, "delete", f"{identity}-2", "--cascade", code=0)
                run(kind.name, "delete", f"{identity}-2", code=3)

    def test_tokens(self):
        """They are listed, shown and revoked, and no more than that."""
        made = self.instance.application(f"my-org/{case.unique('caller')}",
                                         'scopes=[{"name":"read:application"}]')
        token = self.http.token(made)
        rows = self.instance.run_json("token", "list", "my-org",
                                      "updatedSince=2020-01-01T00:00:00Z")
        row = [row for row in rows if row["clientId"] == made.id][0]
        identity = f"my-org/{row['name']}"
        self.assertEqual(self.instance.run_json("token", "show", identity), row)
        self.instance.run("token", "delete", identity, "--dry-run", code=0)
        self.assert_token_good(token)
        self.instance.run("token", "delete", identity, code=0)
        self.assert_token_refused(token)
        for verb in ("add", "update"):
            self.instance.run("token", verb, identity, "scope=admin", code=2)


class Tenancy(RegistryCase):
    """Three callers: of the organisation, of another, of built-in."""

    def setUp(self):
        super().setUp()
        self.instance.run("organization", "add", "org-of-others")
        self.other = self.token_of("org-of-others", ALL)

    def test_R6_rows_of_others(self):
        """Not seen, not changed, not deleted, not made; built-in may."""
        for kind in KINDS:
            with self.subTest(kind=kind.name):
                row, identity = self.new(kind)
                self.fails(self.other, f"get_{kind.name}", "no", id=identity)
                self.fails(self.other, f"update_{kind.name}", id=identity,
                           **{kind.name: kind.change})
                self.fails(self.other, f"delete_{kind.name}", id=identity)
                if kind.name != "organization":
                    self.fails(self.other, f"add_{kind.name}", "your organisation",
                               **{kind.name: {"owner": "my-org", "name": "x"}})
                    self.fails(self.other, f"get_{kind.plural}", "your organisation",
                               owner="my-org")
                    self.fails(self.all, f"update_{kind.name}", id=identity,
                               **{kind.name: {"owner": "org-of-others"}})
                names = [one["name"] for one in self.do(self.other, f"get_{kind.plural}")]
                self.assertNotIn(row["name"], names)
                admin = self.admin()
                self.do(admin, f"update_{kind.name}", id=identity, **{kind.name: kind.change})
                self.do(admin, f"delete_{kind.name}", id=identity)

    def test_R6_organisations_are_for_built_in(self):
        """Others see their own, and change none."""
        for owner in ({}, {"owner": "admin"}, {"owner": "my-org"}):
            self.assertEqual([one["name"] for one in
                              self.do(self.all, "get_organizations", **owner)], ["my-org"])
        self.fails(self.all, "get_organizations", "owner", owner="built-in")
        self.assertLessEqual({"my-org", "built-in"}, {one["name"] for one in self.do(
            self.admin(), "get_organizations", owner="admin")})
        self.do(self.all, "get_organization", id="admin/my-org")
        self.fails(self.all, "get_organization", id="admin/org-of-others")
        for tool, arguments in (
                ("add_organization", {"organization": {"name": "new-one"}}),
                ("update_organization", {"id": "admin/my-org", "organization": {"userQuota": -1}}),
                ("delete_organization", {"id": "admin/my-org"})):
            self.fails(self.all, tool, "built-in", **arguments)

    def test_R6_built_in_stays(self):
        """It can't be renamed, switched off or deleted."""
        admin = self.admin()
        self.fails(admin, "update_organization", "built-in", id="admin/built-in",
                   organization={"name": "x"})
        self.fails(admin, "update_organization", "built-in", id="admin/built-in",
                   organization={"disableSignin": True})
        for cascade in (False, True):
            self.fails(admin, "delete_organization", id="admin/built-in", cascade=cascade)

    def test_R5_each_missing_scope(self):
        """Every tool without its scope: 403, and which one to ask for."""
        tools = self.http.rpc("tools/list", token=self.admin()).json()["result"]["tools"]
        self.assertEqual(len(tools), 30)
        for tool in tools:
            name = tool["name"]
            kind = "audit" if "audit" in name else name.partition("_")[2].removesuffix("_secret")
            kind = kind.rstrip("s") if kind not in ("audit",) else kind
            verb = "read" if name.startswith("get_") else "write"
            needed = f"{verb}:{kind}"
            rest = " ".join(word for word in ALL.split() if word != needed)
            with self.subTest(tool=name):
                token = self.http.token(self.wide(), rest)
                reply = self.http.call_tool_reply(token, name)
                self.assertEqual(reply.status_code, 403, f"{name}: {reply.text}")
                self.assertEqual(reply.json()["error"]["data"]["required_scope"], needed)

    def wide(self):
        """The credentials of one application with all scopes, made once."""
        if not hasattr(Tenancy, "credentials") or Tenancy.credentials[0] is not self.instance:
            made = self.instance.application(
                f"my-org/{case.unique('wide')}",
                "scopes=" + json.dumps([{"name": word} for word in ALL.split()]))
            Tenancy.credentials = (self.instance, made)
        return Tenancy.credentials[1]


class Escalation(RegistryCase):
    """Nobody hands out more than they hold."""

    def setUp(self):
        super().setUp()
        self.weak = self.token_of("my-org", "read:application read:user write:user read:role "
                                            "write:role read:permission write:permission")
        self.strong_user = self.user(scope="write:application")

    def test_R6_scopes_of_a_user(self):
        """Not given, and who has more is not touched."""
        for fields in ({"scopes": ["write:application"]}, {"scopes": ["admin"]},
                       {"scopes": ["write"]}, {"isAdmin": True}):
            with self.subTest(fields=fields):
                self.fails(self.weak, "add_user", "lacks",
                           user={"name": case.unique("user"), **fields})
                mine = self.user(scope="read:application")
                self.fails(self.weak, "update_user", "lacks", id=mine, user=fields)
        for patch in ({"password": "taken over"}, {"isForbidden": True}, {"email": "x@y.example"}):
            self.fails(self.weak, "update_user", "lacks", id=self.strong_user, user=patch)
        self.do(self.weak, "update_user", id=self.user(scope="read:application"),
                user={"password": "long enough"})

    def test_R6_scopes_through_a_role(self):
        """Who may not give a scope may not give a role that has it, nor nest into one."""
        role = self.do(self.all, "add_role", role={"name": case.unique("role")})
        identity = f"my-org/{role['name']}"
        self.do(self.all, "add_permission", permission={
            "name": case.unique("perm"), "scopes": ["write:application"], "roles": [identity]})
        mine = self.user(scope="read:application")
        self.fails(self.weak, "update_role", "lacks", id=identity, role={"users": [mine]})
        inner = self.do(self.weak, "add_role", role={"name": case.unique("inner")})
        self.fails(self.weak, "update_role", "lacks", id=identity,
                   role={"roles": [f"my-org/{inner['name']}"]})
        self.do(self.all, "update_role", id=identity, role={"roles": [f"my-org/{inner['name']}"]})
        self.fails(self.weak, "update_role", "lacks", id=f"my-org/{inner['name']}",
                   role={"users": [mine]})
        outer = case.unique("outer")
        self.do(self.weak, "add_role", role={"name": outer, "users": [mine]})
        self.fails(self.weak, "update_user", "lacks", id=self.in_role(identity),
                   user={"password": "taken over"})

    def in_role(self, role):
        """A user without scopes of its own who has a role."""
        user = self.user(scope="")
        users = self.do(self.all, "get_role", id=role)["users"]
        self.do(self.all, "update_role", id=role, role={"users": users + [user]})
        return user

    def test_R6_permissions(self):
        """Neither allowed nor denied nor lifted beyond what one holds."""
        for effect in ("Allow", "Deny"):
            with self.subTest(effect=effect):
                self.fails(self.weak, "add_permission", "lacks", permission={
                    "name": case.unique("perm"), "scopes": ["write:application"],
                    "effect": effect})
                made = self.do(self.all, "add_permission", permission={
                    "name": case.unique("perm"), "scopes": ["write:application"],
                    "effect": effect, "users": [self.strong_user]})
                identity = f"my-org/{made['name']}"
                self.fails(self.weak, "update_permission", "lacks", id=identity,
                           permission={"isEnabled": False})
                self.fails(self.weak, "delete_permission", "lacks", id=identity)
                self.do(self.all, "delete_permission", id=identity)

    def test_R6_a_denial_goes_with_no_role(self):
        """Who may not lift a denial may not delete the role, nor the one around it, that has it."""
        user = self.user(scope="write:application")
        inner = self.do(self.all, "add_role", role={"name": case.unique("role"), "users": [user]})
        outer = self.do(self.all, "add_role", role={
            "name": case.unique("role"), "roles": [f"my-org/{inner['name']}"]})
        self.do(self.all, "add_permission", permission={
            "name": case.unique("deny"), "scopes": ["write:application"], "effect": "Deny",
            "roles": [f"my-org/{outer['name']}"]})
        for role in (inner, outer):
            identity = f"my-org/{role['name']}"
            with self.subTest(role=role):
                self.fails(self.weak, "delete_role", "lacks", id=identity, cascade=True)
                self.do(self.all, "get_role", id=identity)
        self.do(self.all, "delete_role", id=f"my-org/{outer['name']}", cascade=True)

    def test_R6_links_stay_in_the_organisation(self):
        """Users and roles of others, or of nobody, are no members."""
        self.instance.run("organization", "add", "org-of-links")
        theirs = self.user(organization="org-of-links")
        for users in ([theirs], ["my-org/nobody"], ["nonsense"], [5], "my-org/x",
                      [self.strong_user, self.strong_user]):
            with self.subTest(users=users):
                self.fails(self.all, "add_role", "users",
                           role={"name": case.unique("role"), "users": users})
                self.fails(self.admin(), "add_role", "users", role={
                    "owner": "my-org", "name": case.unique("role"), "users": users})

    def test_no_cycles(self):
        """A role is never a member of itself, however long the way."""
        one, two, three = (self.new(KINDS[3])[1] for _ in range(3))
        self.do(self.all, "update_role", id=one, role={"roles": [two]})
        self.do(self.all, "update_role", id=two, role={"roles": [three]})
        for roles in ([one], [three], [two]):
            self.fails(self.all, "update_role", "itself", id=three, role={"roles": roles})


class Meaning(RegistryCase):
    """What rows do: from the next request on."""

    def allowed(self, token):
        """The scopes that a person's token has left: the tools that it sees."""
        tools = self.http.rpc("tools/list", token=token).json()["result"]["tools"]
        return {tool["name"] for tool in tools}

    def test_roles_and_permissions_give_and_take(self):
        """What a person may consent to, and what the token may do, follow at request time."""
        user = self.user(scope="")
        client_id = self.register()["client_id"]
        person = self.person()
        person.open(self.url(client_id, scope=case.BOTH))
        self.assert_redirect_error(person.sign_in(user), "access_denied")
        inner = self.do(self.all, "add_role", role={"name": case.unique("role"), "users": [user]})
        outer = self.do(self.all, "add_role", role={
            "name": case.unique("role"), "roles": [f"my-org/{inner['name']}"]})
        permission = self.do(self.all, "add_permission", permission={
            "name": case.unique("perm"), "scopes": case.BOTH.split(),
            "roles": [f"my-org/{outer['name']}"]})
        told = self.tokens(client_id, user, scope=case.BOTH)
        self.assertEqual(told["scope"], case.BOTH)
        token = told["access_token"]
        self.assertIn("add_application", self.allowed(token))
        deny = self.do(self.all, "add_permission", permission={
            "name": case.unique("deny"), "scopes": ["write:application"], "effect": "Deny",
            "users": [user]})
        self.assertNotIn("add_application", self.allowed(token))
        self.assertIn("get_applications", self.allowed(token))
        self.do(self.all, "delete_permission", id=f"my-org/{deny['name']}")
        self.assertIn("add_application", self.allowed(token))
        steps = (("role", inner, {"isEnabled": False}, {"isEnabled": True}),
                 ("role", outer, {"isEnabled": False}, {"isEnabled": True}),
                 ("permission", permission, {"isEnabled": False}, {"isEnabled": True}),
                 ("permission", permission, {"roles": []}, {"roles": [f"my-org/{outer['name']}"]}),
                 ("role", inner, {"users": []}, {"users": [user]}))
        for kind, row, off, on in steps:
            with self.subTest(kind=kind, off=off):
                identity = f"my-org/{row['name']}"
                self.do(self.all, f"update_{kind}", id=identity, **{kind: off})
                self.assertEqual(self.allowed(token), set())
                self.do(self.all, f"update_{kind}", id=identity, **{kind: on})
                self.assertIn("add_application", self.allowed(token))

    def test_administrator_of_an_organisation(self):
        """Has all scopes there, and nothing elsewhere."""
        user = self.user("isAdmin=true", scope="")
        told = self.tokens(self.register()["client_id"], user, scope=f"{case.READ} write:user")
        self.assertIn("add_user", self.allowed(told["access_token"]))
        self.fails(told["access_token"], "get_application", id="built-in/admin")

    def test_R6_switched_off(self):
        """An application, its organisation, or the person's: at the next request, tokens too."""
        admin = self.admin()
        self.instance.run("organization", "add", "org-to-switch")
        made = self.instance.agent("org-to-stop", "read:application")
        token = self.http.token(made)
        for tool, identity in (("organization", "admin/org-to-stop"),
                               ("application", "org-to-stop/agent")):
            with self.subTest(tool=tool):
                self.assert_token_good(token)
                self.do(admin, f"update_{tool}", id=identity, **{tool: {"disableSignin": True}})
                self.assert_token_refused(token)
                self.assert_oauth_error(self.http.token_reply(made), 401, "invalid_client")
                self.do(admin, f"update_{tool}", id=identity, **{tool: {"disableSignin": False}})
                self.assert_token_good(token)
        user = self.user(organization="org-to-switch")
        told = self.tokens(self.register()["client_id"], user)
        self.do(admin, "update_organization", id="admin/org-to-switch",
                organization={"disableSignin": True})
        self.assert_token_refused(told["access_token"])
        person = self.person()
        person.open("/account")
        self.assertEqual(person.sign_in(user).status_code, 403)

    def test_R6_forbidden_and_deleted_user(self):
        """Sessions and tokens end; with the row, all that hung on it."""
        user = self.user()
        told = self.tokens(self.register()["client_id"], user)
        self.do(self.all, "update_user", id=user, user={"isForbidden": True})
        self.assert_token_refused(told["access_token"])
        self.do(self.all, "update_user", id=user, user={"isForbidden": False})
        self.assert_token_refused(told["access_token"])
        told = self.tokens(self.register()["client_id"], user)
        self.do(self.all, "delete_user", id=user)
        self.assert_token_refused(told["access_token"])

    def test_passwords(self):
        """A new one works at once, is checked, and never comes out."""
        user = self.user()
        text = json.dumps(self.do(self.all, "update_user", id=user,
                                  user={"password": "battery staple"}))
        self.assertNotIn("battery", text)
        self.assertNotIn("$y$", json.dumps(self.do(self.all, "get_user", id=user)))
        person = self.person()
        person.open("/account")
        self.assertEqual(person.sign_in(user).status_code, 403)
        self.assertEqual(person.sign_in(user, "battery staple").status_code, 200)
        for bad in ("short", "x" * 201, 5, "$y$j9T$aaaa"[:7]):
            self.fails(self.all, "update_user", "user.password", id=user, user={"password": bad})

    def test_get_user_by_address(self):
        """By owner with email or phone, as Casdoor has it."""
        name = case.unique("found")
        self.do(self.all, "add_user", user={"name": name, "email": f"{name}@example.org",
                                            "phone": f"+{name}"})
        for arguments in ({"id": f"my-org/{name}"},
                          {"owner": "my-org", "email": f"{name.upper()}@example.org"},
                          {"owner": "my-org", "phone": f"+{name}"}):
            self.assertEqual(self.do(self.all, "get_user", **arguments)["name"], name)
        for arguments in ({}, {"owner": "my-org"}, {"email": "x"}, {"owner": "my-org", "email": ""},
                          {"owner": "my-org", "email": f"{name}@example.org", "phone": f"+{name}"},
                          {"owner": "built-in", "email": "x"}, {"owner": "my-org", "email": 5},
                          {"id": f"my-org/{name}", "owner": "my-org", "phone": f"+{name}"}):
            with self.subTest(arguments=arguments):
                self.fails(self.all, "get_user", **arguments)
        elsewhere = case.unique("elsewhere")
        self.user(f"email={elsewhere}@example.org", organization="built-in", name=elsewhere)
        text = self.fails(self.all, "get_user", "your organisation", owner="built-in",
                          email=f"{elsewhere}@example.org")
        self.assertNotIn(elsewhere, text)
        self.fails(self.all, "add_user", "user.email",
                   user={"name": case.unique("user"), "email": f"{name.upper()}@Example.Org"})

    def test_dependents(self):
        """Refused with the list, or done with cascade."""
        user = self.user()
        role = self.do(self.all, "add_role", role={"name": case.unique("role"), "users": [user]})
        identity = f"my-org/{role['name']}"
        permission = self.do(self.all, "add_permission", permission={
            "name": case.unique("perm"), "roles": [identity], "users": [user]})
        needs = f"permission my-org/{permission['name']}"
        self.fails(self.all, "delete_user", f"role {identity}", needs, id=user)
        self.fails(self.all, "delete_role", needs, id=identity)
        told = self.do(self.all, "delete_user", id=user, cascade=True, dry_run=True)
        self.assertIn(needs, told["neededBy"])
        self.do(self.all, "get_user", id=user)
        self.do(self.all, "delete_user", id=user, cascade=True)
        self.assertEqual(self.do(self.all, "get_role", id=identity)["users"], [])
        self.do(self.all, "delete_role", id=identity, cascade=True)
        left = self.do(self.all, "get_permission", id=f"my-org/{permission['name']}")
        self.assertEqual((left["users"], left["roles"]), ([], []))
        # What lost something says so in its own trail, and is another version.
        reader = self.token_of("my-org", "read:audit")
        events = self.do(reader, "get_audit_events", target=identity)
        self.assertEqual([(event["tool"], event["before"]["users"]) for event in events[:2]],
                         [("delete_role", []), ("update_role", [user])])
        events = self.do(reader, "get_audit_events", target=f"my-org/{permission['name']}")
        self.assertEqual([event["tool"] for event in events],
                         ["update_permission", "update_permission", "add_permission"])
        self.assertEqual(events[0]["after"], left)
        self.assertGreater(left["updatedTime"], permission["updatedTime"])

    def test_delete_an_organisation_with_all(self):
        """Refused while anything is in it; with cascade all of it goes."""
        admin = self.admin()
        made = self.instance.agent("org-to-go", "read:application")
        token = self.http.token(made)
        user = self.user(organization="org-to-go")
        self.instance.run("role", "add", "org-to-go/r", f"users={user}", code=0)
        self.fails(admin, "delete_organization", "application org-to-go/agent", user,
                   id="admin/org-to-go")
        self.assert_token_good(token)
        self.do(admin, "delete_organization", id="admin/org-to-go", cascade=True)
        self.assert_token_refused(token)
        for table in ("user", "role", "application"):
            self.assertEqual(self.instance.query(
                f"SELECT * FROM {table} WHERE owner = 'org-to-go'"), [])
        trail = self.instance.query(
            "SELECT tool || ' ' || target AS what FROM audit WHERE request_id = (SELECT request_id "
            "FROM audit WHERE tool = 'delete_organization' ORDER BY id DESC LIMIT 1) ORDER BY id")
        self.assertEqual([row["what"] for row in trail],
                         ["delete_role org-to-go/r", f"delete_user {user}",
                          "delete_application org-to-go/agent",
                          "delete_organization admin/org-to-go"])

    def test_renames_keep_references(self):
        """An organisation, a user, a role: what refers to them still does."""
        admin = self.admin()
        self.instance.agent("org-to-rename", "read:application")
        user = self.user(organization="org-to-rename", name="alice")
        self.instance.run("role", "add", "org-to-rename/r", f"users={user}", code=0)
        self.do(admin, "update_user", id=user, user={"name": "alison"})
        self.do(admin, "update_organization", id="admin/org-to-rename",
                organization={"name": "org-renamed"})
        role = self.do(admin, "get_role", id="org-renamed/r")
        self.assertEqual(role["users"], ["org-renamed/alison"])
        self.do(admin, "get_application", id="org-renamed/agent")


class Limits(RegistryCase):
    """Quotas, addresses, read-only mode."""

    def test_quotas(self):
        """One more than there may be is refused, and nothing is written."""
        self.instance.run("organization", "add", "org-of-few", "applicationQuota=1", "userQuota=1",
                          code=0)
        admin = self.admin()
        for kind in ("application", "user"):
            with self.subTest(kind=kind):
                self.do(admin, f"add_{kind}", **{kind: {"owner": "org-of-few", "name": "one"}})
                self.fails(admin, f"add_{kind}", "no more than 1",
                           **{kind: {"owner": "org-of-few", "name": "two"}})
                self.do(admin, f"update_{kind}", id="org-of-few/one",
                        **{kind: {"displayName": "still"}})
                self.assertEqual(self.instance.query(
                    f"SELECT count(*) AS n FROM {kind} WHERE owner = 'org-of-few'")[0]["n"], 1)
        # What is there already stays, whatever the quota becomes, and can be changed.
        self.do(admin, "update_organization", id="admin/org-of-few",
                organization={"applicationQuota": 0, "userQuota": 0})
        for kind in ("application", "user"):
            self.do(admin, f"update_{kind}", id="org-of-few/one",
                    **{kind: {"displayName": "and still"}})
        self.do(admin, "update_organization", id="admin/org-of-few",
                organization={"applicationQuota": 1, "userQuota": 1})
        made = self.add(admin)
        self.fails(admin, "update_application", "no more than 1", id=f"my-org/{made['name']}",
                   application={"owner": "org-of-few", "organization": "org-of-few"})
        self.do(admin, "get_application", id=f"my-org/{made['name']}")

    def test_ip_whitelist(self):
        """At the token endpoint and at MCP; IPv4, IPv6, ranges."""
        made = self.instance.application(f"my-org/{case.unique('fixed')}",
                                         'scopes=[{"name":"read:application"}]')
        identity = self.instance.query("SELECT name FROM application WHERE client_id = ?",
                                       made.id)[0]["name"]
        token = self.http.token(made)
        for addresses, good in (("127.0.0.1", True), ("10.0.0.1, 127.0.0.0/8", True),
                                ("10.0.0.0/8", False), ("::1", False),
                                ("::ffff:127.0.0.1", True), ("", True), ("0.0.0.0/0", True),
                                ("::/0", True), ("127.0.0.1/32", True), ("127.0.0.2/32", False)):
            with self.subTest(addresses=addresses):
                self.do(self.all, "update_application", id=f"my-org/{identity}",
                        application={"ipWhitelist": addresses})
                reply = self.http.token_reply(made)
                if good:
                    self.assert_token_good(token)
                    self.assertEqual(reply.status_code, 200, reply.text)
                else:
                    self.assert_token_refused(token)
                    self.assert_oauth_error(reply, 401, "invalid_client")
        for bad in ("x", "1.2.3", "1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4;5"):
            self.fails(self.all, "update_application", "ipWhitelist", id=f"my-org/{identity}",
                       application={"ipWhitelist": bad})

    def test_read_only_mode(self):
        """Every change is refused; everything else goes on."""
        self.fresh()
        token = self.token_of("my-org", ALL)
        user = self.user()
        self.instance.run("setting", "set", "read_only", "on", code=0)
        tools = self.http.rpc("tools/list", token=token).json()["result"]["tools"]
        for tool in tools:
            with self.subTest(tool=tool["name"]):
                if tool["annotations"]["readOnlyHint"]:
                    continue
                self.fails(token, tool["name"], "read-only")
        self.do(token, "get_applications")
        self.demo()
        self.register(status=403)
        self.do(token, "get_user", id=user)


class Tokens(RegistryCase):
    """What there is, and revoking it."""

    def test_list_get_revoke(self):
        """Never the token itself; gone at the next request."""
        user = self.user()
        told = self.tokens(self.register()["client_id"], user)
        rows = [row for row in self.everything("get_tokens") if row["user"] == user]
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0]["scope"], case.READ)
        self.assertNotIn(told["access_token"], json.dumps(rows))
        self.assertIsNone(rows[0]["revokedTime"])
        identity = f"my-org/{rows[0]['name']}"
        self.assert_token_good(told["access_token"])
        self.do(self.all, "delete_token", id=identity)
        self.assert_token_refused(told["access_token"])
        self.assertNotIn("1970", self.do(self.all, "get_token", id=identity)["revokedTime"])
        self.do(self.all, "delete_token", id=identity)

    def everything(self, tool):
        """All pages of a list."""
        rows, arguments = [], {"pageSize": 100}
        while True:
            answer = self.http.call_tool(self.all, tool, arguments, revision="2025-11-25")
            rows += answer.value
            if "nextCursor" not in answer.structured:
                return rows
            arguments["cursor"] = answer.structured["nextCursor"]

    def test_R6_tokens_of_others(self):
        """Neither seen nor revoked."""
        self.instance.run("organization", "add", "org-of-tokens")
        other = self.token_of("org-of-tokens", ALL)
        row = self.do(self.all, "get_tokens", pageSize=1)[0]
        identity = f"my-org/{row['name']}"
        self.fails(other, "get_token", id=identity)
        self.fails(other, "delete_token", id=identity)
        self.fails(other, "delete_token", id=f"org-of-tokens/{row['name']}")
        self.do(self.all, "get_token", id=identity)


class Trail(RegistryCase):
    """The audit trail."""

    def test_append_only(self):
        """Not by us, not by a person with sqlite3, until it is old enough."""
        for sql in ("DELETE FROM audit", "UPDATE audit SET outcome = 'x'",
                    "UPDATE audit SET at_s = 1", "DELETE FROM audit WHERE id = 1",
                    "UPDATE OR REPLACE audit SET id = 1 WHERE id = 2",
                    "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 1",
                    "REPLACE INTO audit (id, at_s, client_id, organization, tool, target, outcome,"
                    " request_id, address) VALUES (1, 1, '', '', '', '', '', '', '')"):
            with self.subTest(sql=sql):
                with self.assertRaisesRegex(Exception, "only added to"):
                    self.instance.change(sql)

    def test_retention(self):
        """What is older than the setting goes by itself, and may be deleted."""
        self.fresh()
        self.instance.run("setting", "set", "audit_retention_days", "10", code=0)
        self.instance.change(
            "INSERT INTO audit (at_s, client_id, organization, tool, target, outcome, request_id, "
            "address) SELECT strftime('%s', 'now') - 86400 * column1, 'x', 'my-org', 'old', '', "
            "'ok', '', '' FROM (VALUES (9), (11), (12))")
        self.instance.change("DELETE FROM audit WHERE tool = 'old' AND at_s < "
                             "strftime('%s', 'now') - 86400 * 11.5")
        for _ in range(400):
            self.demo()
            left = self.instance.query("SELECT count(*) AS n FROM audit WHERE tool = 'old'")[0]["n"]
            if left == 1:
                break
        self.assertEqual(left, 1)

    def test_R6_filters_and_tenancy(self):
        """By tool, target, client and time; of one's own organisation."""
        name = self.add(self.all)["name"]
        events = self.do(self.all, "get_audit_events", tool="add_application",
                         target=f"my-org/{name}")
        self.assertEqual(len(events), 1)
        mine = events[0]["clientId"]
        self.assertTrue(all(event["clientId"] == mine for event in
                            self.do(self.all, "get_audit_events", clientId=mine)))
        self.assertEqual(self.do(self.all, "get_audit_events", since="2999-01-01T00:00:00Z"), [])
        self.fails(self.all, "get_audit_events", organization="built-in")
        self.assertEqual({event["organization"] for event in
                          self.do(self.all, "get_audit_events", pageSize=100)}, {"my-org"})
        for bad in ({"pageSize": 0}, {"pageSize": 101}, {"cursor": "x"}, {"since": "x"},
                    {"tool": 5}, {"nonsense": 1}):
            self.fails(self.all, "get_audit_events", **bad)

    def test_R6_a_name_that_was_had_before(self):
        """Who had an organisation's name before, by rename or until its end, stays unknown."""
        scopes = ("read:audit", case.WRITE)
        name = case.unique("org")
        for ending in (("update", f"name={name}-before"), ("delete", "--cascade"), None):
            token = self.http.token(self.instance.agent(name, *scopes))
            secret = case.unique()
            self.do(token, "add_application", application={"name": secret})
            events = self.do(token, "get_audit_events", organization=name)
            self.assertEqual([(event["tool"], event["target"]) for event in events
                              if event["tool"] != "token"],
                             [("add_application", f"{name}/{secret}")])
            self.assertEqual(len(events), 2)
            if ending is not None:
                self.instance.run("organization", ending[0], name, *ending[1:], code=0)
        self.assertEqual(len(self.do(self.admin(), "get_audit_events", organization=name)), 6)
        self.assertIn("organization: must be", self.fails(token, "get_audit_events",
                                                          organization="built-in"))

    def test_pages(self):
        """The newest first, each once."""
        seen, arguments = [], {"pageSize": 7, "tool": "token"}
        for _ in range(4):
            answer = self.http.call_tool(self.all, "get_audit_events", arguments,
                                         revision="2025-11-25")
            seen += [event["id"] for event in answer.value]
            if "nextCursor" not in answer.structured:
                break
            arguments["cursor"] = answer.structured["nextCursor"]
        self.assertEqual(seen, sorted(set(seen), reverse=True))

    def test_command_line(self):
        """casement audit shows the same."""
        name = self.add(self.all)["name"]
        out = self.instance.run("audit", f"target=my-org/{name}", code=0).out
        self.assertIn("add_application", out)
        rows = self.instance.run("audit", f"target=my-org/{name}", "--json", code=0).out
        self.assertEqual(json.loads(rows)["after"]["name"], name)
        self.instance.run("audit", "since=yesterday", code=6)
        self.instance.run("audit", "nonsense=1", code=2)
        rows = self.instance.run("audit", "tool=add_application", "organization=my-org",
                                 "since=2020-01-01T00:00:00Z", "--json", code=0).out.splitlines()
        told = [json.loads(row) for row in rows]
        self.assertEqual({(row["tool"], row["organization"]) for row in told},
                         {("add_application", "my-org")})
        self.assertEqual([row["id"] for row in told],
                         sorted((row["id"] for row in told), reverse=True))
        self.assertEqual(self.instance.run("audit", f"clientId={told[0]['clientId']}",
                                           f"target={told[0]['target']}", "--json", code=0).out,
                         rows[0] + "\n")
        self.assertEqual(self.instance.run("audit", "since=2999-01-01T00:00:00Z", code=0).out, "")

    def test_follow(self):
        """What comes is told in its order, all of it and no other, until it is stopped."""
        self.fresh()
        token = self.token_of("my-org", ALL)
        for number in range(3):
            self.add(token, f"before{number}")
        with self.instance.start("audit", "--follow", "--json", "tool=add_application") as program:
            watch = threading.Timer(servers.patient(60), program.kill)
            watch.start()
            try:
                before = [json.loads(program.stdout.readline()) for _ in range(6)]
                self.assertEqual([row["target"] for row in before][:3],
                                 [f"my-org/before{number}" for number in (2, 1, 0)])
                # More than are read at once, in one transaction, and others between them.
                self.instance.run("import", "-", code=0, data=json.dumps({
                    "users": [{"owner": "my-org", "name": f"user{n}"} for n in range(300)],
                    "applications": [{"owner": "my-org", "name": f"app{n:03}"}
                                     for n in range(450)]}).encode())
                self.add(token, "last")
                after = [json.loads(program.stdout.readline())["target"] for _ in range(451)]
            finally:
                watch.cancel()
                program.terminate()
        self.assertEqual(after, [f"my-org/app{n:03}" for n in range(450)] + ["my-org/last"])
