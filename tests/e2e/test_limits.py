"""Rates, proxies, import and export, and many who change the same at once."""

import concurrent.futures
import json
import random

import case
import oauth_case
from test_registry import ALL, RegistryCase


class Rates(RegistryCase):
    """So many a minute, counted for all processes together."""

    def test_token_requests(self):
        """429 with Retry-After for one client, and the others go on."""
        self.fresh(settings={"token_requests_per_minute": "5"})
        replies = [self.http.token_reply(self.instance.demo) for _ in range(14)]
        codes = [reply.status_code for reply in replies]
        self.assertIn(codes.count(200), range(5, 11))       # the minute may end in between
        last = replies[codes.index(429)]
        self.assertEqual(last.json()["error"], "temporarily_unavailable")
        self.assertIn(int(last.headers["Retry-After"]), range(1, 61))
        self.assertEqual(self.http.token_reply(self.instance.admin).status_code, 200)

    def test_tool_calls(self):
        """The same for calls; everything else goes on."""
        self.fresh(settings={"tool_calls_per_minute": "5"})
        token = self.demo()
        replies = [self.http.call_tool_reply(token, "get_applications") for _ in range(14)]
        codes = [reply.status_code for reply in replies]
        self.assertIn(codes.count(200), range(5, 11))
        last = replies[codes.index(429)]
        self.assertEqual(last.json()["error"]["code"], -32000)
        self.assertIn(int(last.headers["Retry-After"]), range(1, 61))
        self.assert_token_good(token)
        self.http.call_tool(self.admin(), "get_applications")


class Proxies(RegistryCase):
    """Whose X-Forwarded-For is believed."""

    def address(self, trusted, *forwarded):
        """The address that the audit row of a call has; each of forwarded is a line of its own."""
        self.instance.run("setting", "set", "trusted_proxies", trusted, code=0)
        name = case.unique("seen")
        self.http.raw("POST", case.client.MCP_PATH, [
            ("Authorization", f"Bearer {self.demo()}"), ("Content-Type", "application/json"),
            *(("X-Forwarded-For", line) for line in forwarded)], case.dumps({
                "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
                    "name": "add_application", "arguments": {"application": {"name": name}}}}))
        return self.instance.query("SELECT address FROM audit WHERE target = ?",
                                   f"my-org/{name}")[0]["address"]

    def test_forwarded_for(self):
        """The last address that is no trusted proxy; nothing from strangers."""
        self.fresh()
        for forwarded, trusted, seen in (
                ("192.0.2.9", "", "127.0.0.1"), ("192.0.2.9", "10.0.0.0/8", "127.0.0.1"),
                ("192.0.2.9", "127.0.0.0/8", "192.0.2.9"),
                ("198.51.100.1, 192.0.2.9", "127.0.0.1", "192.0.2.9"),
                ("192.0.2.9, 10.1.2.3", "127.0.0.1,10.0.0.0/8", "192.0.2.9"),
                ("10.1.2.3", "127.0.0.1,10.0.0.0/8", "10.1.2.3"),
                ("2001:db8::1", "127.0.0.1", "2001:db8::1"),
                ("", "127.0.0.1", "127.0.0.1"), ("nonsense", "127.0.0.1", "127.0.0.1"),
                ("192.0.2.9, nonsense", "127.0.0.1", "127.0.0.1"),
                ("x" * 500, "127.0.0.1", "127.0.0.1"), (",,,", "127.0.0.1", "127.0.0.1")):
            with self.subTest(forwarded=forwarded[:40], trusted=trusted):
                self.assertEqual(self.address(trusted, forwarded), seen)

    def test_a_proxy_that_adds_a_line(self):
        """The last line counts: a client wrote the others."""
        self.fresh()
        self.assertEqual(self.address("127.0.0.1", "192.0.2.1", "198.51.100.7"), "198.51.100.7")
        self.assertEqual(self.address("127.0.0.1,10.0.0.0/8", "192.0.2.1", "198.51.100.7, 10.1.1.1",
                                      "10.2.2.2"), "198.51.100.7")


# What Casdoor has of the password 123456789.
BCRYPT = "$2b$04$egrsrmI29HKVZ1CRNmrb1.WfOMJ1yXipVyk4k/47xZvYOibW0.1le"


def casdoor_data(users=120, applications=25):
    """A file such as Casdoor starts from, of a realistic size."""
    people = [{"owner": "acme", "name": f"user{number}", "type": "normal-user",
               "password": BCRYPT,
               "displayName": f"User {number}", "avatar": "", "email": f"u{number}@acme.example",
               "phone": f"+1555{number:04}", "countryCode": "US", "address": [], "addresses": [],
               "affiliation": "Acme", "tag": "staff", "score": 2000, "ranking": number,
               "isAdmin": number == 0, "isForbidden": number == 1, "isDeleted": False,
               "signupApplication": "app0", "createdIp": "", "groups": []}
              for number in range(users)]
    clients = [{"owner": "admin", "name": f"app{number}", "displayName": f"App {number}",
                "logo": "https://acme.example/logo.png", "homepageUrl": "https://acme.example",
                "organization": "acme", "cert": "cert-built-in", "enablePassword": True,
                "enableSignUp": True, "disableSignin": number == 2,
                "clientId": f"client{number:04}", "clientSecret": f"secret-of-app-{number}",
                "providers": [{"name": "provider_captcha", "canSignUp": False}],
                "signinMethods": [{"name": "Password", "displayName": "Password", "rule": "All"}],
                "grantTypes": ["client_credentials", "authorization_code"],
                "redirectUris": ["https://acme.example/callback"], "tokenFormat": "JWT",
                "tokenFields": [], "expireInHours": 168,
                "scopes": [{"name": "read:application"}], "failedSigninLimit": 5,
                "failedSigninFrozenTime": 15} for number in range(applications)]
    return {
        "organizations": [{"owner": "admin", "name": "acme", "displayName": "Acme",
                           "websiteUrl": "https://acme.example", "passwordType": "bcrypt",
                           "passwordOptions": ["AtLeast6"], "countryCodes": ["US"],
                           "languages": ["en"], "tags": [], "initScore": 2000,
                           "enableSoftDeletion": False, "isProfilePublic": True,
                           "disableSignin": False, "masterPassword": "",
                           "accountItems": [{"name": "ID", "visible": True}]}],
        "applications": clients, "users": people,
        "roles": [{"owner": "acme", "name": "staff", "displayName": "Staff", "isEnabled": True,
                   "users": ["acme/user0", "acme/user5", "acme/nobody"], "roles": ["acme/inner"]},
                  {"owner": "acme", "name": "inner", "displayName": "Inner", "isEnabled": True,
                   "users": ["acme/user7"], "roles": []}],
        "permissions": [{"owner": "acme", "name": "read-all", "displayName": "Read", "effect":
                         "Allow", "isEnabled": True, "model": "m", "resourceType": "Application",
                         "resources": ["app0"], "actions": ["Read"], "roles": ["acme/staff"],
                         "users": []}],
        "providers": [{"owner": "admin", "name": "provider_captcha"}],
        "certs": [{"owner": "admin", "name": "cert-built-in", "privateKey": "x"}],
        "groups": [],
    }


class Moving(RegistryCase):
    """A person who comes from Casdoor, or goes on to another machine."""

    def load(self, data, *options, code=0):
        """Import a file; the result of the command."""
        return self.instance.run("import", "-", *options, code=code,
                                 data=json.dumps(data).encode())

    def test_casdoor_file(self):
        """All of it is there, what is not understood is said, and people sign in."""
        self.fresh()
        data = casdoor_data()
        done = self.load(data)
        self.assertIn("149 added", done.out)
        for words in ("providers: is not known", "certs: is not known",
                      "roles[0].users: names somebody", "permissions[0].actions",
                      "users[0].addresses"):
            self.assertIn(words, done.err)
        self.assertNotIn("secret-of-app", done.err + done.out)
        admin = self.admin()
        self.assertEqual(self.do(admin, "get_role", id="acme/staff")["roles"], ["acme/inner"])
        made = self.do(admin, "get_application", id="acme/app3")
        self.assertEqual((made["clientId"], made["expireInHours"]), ("client0003", 168))
        reply = self.http.token_reply(case.client.Credentials("client0003", "secret-of-app-3"))
        self.assertEqual(reply.status_code, 200, reply.text)
        reply = self.http.token_reply(case.client.Credentials("client0002", "secret-of-app-2"))
        self.assertEqual(reply.status_code, 401)
        self.compare(data, json.loads(self.instance.run("export", "acme", code=0).out))
        person = self.person()
        person.open("/account")
        self.assertEqual(person.sign_in("acme/user5", "123456780").status_code, 403)
        self.assertEqual(person.sign_in("acme/user5", "123456789").status_code, 200)
        hashes = self.instance.query("SELECT name, password_hash FROM user ORDER BY name")
        again = {row["name"]: row["password_hash"][:3] for row in hashes}
        self.assertEqual((again["user5"], again["user6"]), ("$y$", "$2b"))
        person = self.person()
        person.open("/account")
        self.assertEqual(person.sign_in("acme/user5", "123456789").status_code, 200)

    def compare(self, data, exported):
        """What was imported comes out again, but for what the report names and secrets."""
        left_out = {"organizations": {"masterPassword"},
                    "applications": {"owner", "clientSecret", "tokenFields"},
                    "users": {"password", "createdIp", "addresses", "groups"},
                    "roles": {"users"}, "permissions": set()}
        for section, names in left_out.items():
            there = {row["name"]: row for row in exported[section]}
            self.assertEqual(set(there), {row["name"] for row in data[section]})
            for row in data[section]:
                for name in set(row) - names:
                    found = there[row["name"]].get(name)
                    self.assertEqual(found if row[name] != "" else found or "", row[name],
                                     f"{section} {row['name']} {name}")

    def test_all_or_nothing(self):
        """One bad row, and nothing is written; the row is named."""
        self.fresh()
        data = casdoor_data(3, 2)
        data["applications"][1]["name"] = ""
        done = self.load(data, code=6)
        self.assertIn("applications[1]", done.err)
        self.assertEqual(self.instance.query("SELECT * FROM organization WHERE name = 'acme'"), [])
        self.assertEqual(self.instance.query("SELECT * FROM user"), [])
        data = casdoor_data(3, 2)
        self.assertIn("added", self.load(data, "--dry-run").out)
        self.assertEqual(self.instance.query("SELECT * FROM user"), [])
        self.load(data)
        self.assertIn("exists already", self.load(data, code=4).err)
        for text in (b"", b"[]", b"{", b'{"users":5}', b'{"users":[5]}'):
            with self.subTest(text=text):
                done = self.instance.run("import", "-", data=text)
                self.assertIn(done.code, (0, 6))
        self.instance.run("import", "/nowhere", code=6)

    def test_export_and_back(self):
        """What is written is read again, the same; secrets only when asked for."""
        self.fresh()
        self.load(casdoor_data(30, 5))
        plain = self.instance.run("export", "acme", code=0).out
        self.assertNotIn("$2b", plain)
        self.assertNotIn("clientSecretSha256", plain)
        whole = json.loads(self.instance.run("export", "acme", "--secrets", code=0).out)
        self.assertEqual([len(whole[name]) for name in
                          ("organizations", "users", "roles", "permissions", "applications")],
                         [1, 30, 2, 1, 5])
        self.fresh()
        self.assertIn(" 0 not understood", self.load(whole).out)
        again = json.loads(self.instance.run("export", "acme", "--secrets", code=0).out)
        made = {"createdTime", "updatedTime", "id"}
        for section, rows in whole.items():
            for old, new in zip(rows, again[section]):
                self.assertEqual({name: old[name] for name in old if name not in made},
                                 {name: new[name] for name in new if name not in made})
        self.instance.run("export", "nobody", code=3)


class Together(RegistryCase):
    """Processes that change the same rows: nothing is lost, and the trail tells it all."""

    def test_trail_replays_to_the_state(self):
        """What the events say, one after the other, is what is there."""
        self.fresh()
        admin = self.admin()
        token = self.token_of("my-org", ALL)
        names = [f"shared{number}" for number in range(4)]
        choices = random.Random(7)
        plan = [(choices.choice(("application", "user", "role", "permission")),
                 choices.choice(names), choices.choice(("add", "update", "delete")), number)
                for number in range(320)]

        def act(step):
            kind, name, verb, number = step
            arguments = {"id": f"my-org/{name}"}
            if verb != "delete":
                arguments[kind] = {"displayName": f"step {number}"}
            if verb == "add":
                arguments = {kind: {"owner": "my-org", "name": name,
                                    "displayName": f"step {number}"}}
            answer = self.http.call_tool(token, f"{verb}_{kind}", arguments)
            return not answer.failed

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            done = sum(pool.map(act, plan))
        events = self.instance.query(
            "SELECT tool, target, before_json, after_json FROM audit WHERE target LIKE "
            "'my-org/shared%' AND outcome = 'ok' ORDER BY id")
        self.assertEqual(len(events), done)
        state = {}
        for event in events:
            key = (event["tool"].partition("_")[2], event["target"])
            before = event["before_json"] and json.loads(event["before_json"])
            self.assertEqual(state.get(key), before)
            state[key] = event["after_json"] and json.loads(event["after_json"])
        for (kind, target), row in state.items():
            if row is None:
                self.fails(admin, f"get_{kind}", id=target)
            else:
                self.assertEqual(self.do(admin, f"get_{kind}", id=target), row)
