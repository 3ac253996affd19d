"""Rates, proxies, import and export."""

import base64
import concurrent.futures
import hashlib
import json
import os
import resource
import sqlite3
import threading

import case
import oauth_case
from test_registry import ALL, RegistryCase

GRANTS = ", ".join(f'"{name}"' for name in (
    "client_credentials", "authorization_code", "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code"))


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


class RatesOfPeople(oauth_case.OAuthCase):
    """The same for people who use one client."""

    def test_tool_calls(self):
        """Nobody uses up the calls of others."""
        self.fresh(settings={"tool_calls_per_minute": "5"})
        client_id = self.register()["client_id"]
        eager, other = (self.tokens(client_id, self.user())["access_token"] for _ in range(2))
        codes = [self.http.call_tool_reply(eager, "get_applications").status_code
                 for _ in range(14)]
        self.assertIn(429, codes)
        self.http.call_tool(other, "get_applications")


class Proxies(RegistryCase):
    """Whose X-Forwarded-For is believed."""

    def address(self, trusted, *forwarded):
        """The address that the audit row of a call has; each of forwarded is a line of its own."""
        self.instance.run("setting", "set", "trusted_proxies", trusted, code=0)
        return self.told([("X-Forwarded-For", line) for line in forwarded])[1]

    def told(self, headers):
        """The status of a call with these headers, and the address of its audit row, if any."""
        name = case.unique("seen")
        reply = self.http.raw("POST", case.client.MCP_PATH, [
            ("Authorization", f"Bearer {self.demo()}"), ("Content-Type", "application/json"),
            *headers], case.dumps({
                "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
                    "name": "add_application", "arguments": {"application": {"name": name}}}}))
        rows = self.instance.query("SELECT address FROM audit WHERE target = ?", f"my-org/{name}")
        return reply.status_code, rows[0]["address"] if rows else None

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

    def test_a_name_like_that_of_the_header(self):
        """lighttpd makes one variable of both: what a client may have written never counts."""
        self.fresh(settings={"trusted_proxies": "127.0.0.1"})
        good = ("X-Forwarded-For", "192.0.2.9")
        for name in ("X_Forwarded_For", "X.Forwarded-For"):
            for value in ("198.51.100.7", "nonsense"):
                for headers in ([good, (name, value)], [(name, value), good]):
                    with self.subTest(headers=headers):
                        self.assertIn(self.told(headers), [(200, "192.0.2.9"), (400, None)])

    def test_R6_ip_whitelist_behind_a_proxy(self):
        """The client's address counts, not the proxy's; at the token endpoint and at MCP."""
        self.fresh(settings={"trusted_proxies": "127.0.0.1"})
        made = self.instance.application(
            "my-org/fixed", 'scopes=[{"name":"read:application"}]',
            "ipWhitelist=2001:db8:1::/48, 192.0.2.0/25")
        token = self.http.token_reply(
            made, headers={"X-Forwarded-For": "192.0.2.1"}).json()["access_token"]
        for address, good in (("2001:db8:1::9", True), ("2001:DB8:1:ffff::1", True),
                              ("192.0.2.127", True), ("::ffff:192.0.2.9", True),
                              ("2001:db8:2::9", False), ("192.0.2.128", False),
                              ("2001:db8:1::9, 198.51.100.1", False), ("127.0.0.1", False),
                              ("::1", False), (None, False)):
            with self.subTest(address=address):
                headers = {"X-Forwarded-For": address}
                reply = self.http.token_reply(made, headers=headers)
                self.assertEqual(reply.status_code, 200 if good else 401, reply.text)
                reply = self.http.rpc("tools/list", token=token, headers=headers)
                self.assertEqual(reply.status_code, 200 if good else 401, reply.text)
        self.instance.run("setting", "set", "trusted_proxies", "", code=0)
        reply = self.http.token_reply(made, headers={"X-Forwarded-For": "192.0.2.1"})
        self.assert_oauth_error(reply, 401, "invalid_client")


def digest(name, text):
    """A digest in hexadecimal."""
    return hashlib.new(name, text.encode()).hexdigest()


PASSWORD = "123456789"
SALTED = digest("sha256", digest("sha256", PASSWORD) + "pepper")
PBKDF2 = base64.b64encode(hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salty", 27500,
                                              64)).decode()
# How Casdoor has the password, by its type: more members of the user.
PASSWORDS = {
    "bcrypt": {"password": "$2b$04$egrsrmI29HKVZ1CRNmrb1.WfOMJ1yXipVyk4k/47xZvYOibW0.1le"},
    "plain": {"password": PASSWORD, "passwordType": "plain"},
    "salt": {"password": SALTED, "passwordType": "salt"},
    "md5-salt": {"password": digest("md5", digest("md5", PASSWORD) + "mine"),
                 "passwordType": "md5-salt", "passwordSalt": "mine"},
    "sha512-salt": {"password": digest("sha512", digest("sha512", PASSWORD) + "pepper"),
                    "passwordType": "sha512-salt"},
    "pbkdf2-salt": {"password": PBKDF2, "passwordType": "pbkdf2-salt",
                    "passwordSalt": base64.b64encode(b"salty").decode()},
    "argon2id": {"password": "$argon2id$v=19$m=65536,t=1,p=2$c2FsdHNhbHQ$aGFzaGhhc2g",
                 "passwordType": "argon2id"},
}
SIGNUP_ITEMS = ["ID", "Username", "Display name", "Password", "Confirm password", "Email", "Phone",
                "Agreement"]


def casdoor_user(number):
    """A user as Casdoor's init_data has them; the first ones have passwords of every type."""
    kinds = list(PASSWORDS)
    return {"owner": "acme", "name": f"user{number}", "type": "normal-user",
            "displayName": f"User {number}", "avatar": "", "email": f"u{number}@acme.example",
            "phone": f"+1555{number:04}", "countryCode": "US", "address": ["1 Street", "Town"],
            "addresses": [{"tag": "home"}], "affiliation": "Acme", "tag": "staff", "score": 2000,
            "ranking": number, "isAdmin": number == 0, "isForbidden": number == 1,
            "isDeleted": False, "signupApplication": "app0", "createdIp": "", "groups": [],
            "wechat": "", "signinWrongTimes": 0,
            **PASSWORDS[kinds[number - 10] if 10 <= number < 10 + len(kinds) else "bcrypt"]}


def casdoor_application(number):
    """An application as Casdoor's init_data has them."""
    return {"owner": "admin", "name": f"app{number}", "displayName": f"App {number}",
            "logo": "https://acme.example/logo.png", "homepageUrl": "https://acme.example",
            "organization": "acme", "cert": "cert-built-in", "enablePassword": True,
            "enableSignUp": True, "disableSignin": number == 2,
            "clientId": f"client{number:04}", "clientSecret": f"secret-of-app-{number}",
            "providers": [{"name": "provider_captcha", "canSignUp": False, "canSignIn": True,
                           "canUnlink": False, "prompted": False, "alertType": "None"}],
            "signinMethods": [{"name": name, "displayName": name, "rule": "All"}
                              for name in ("Password", "Verification code", "WebAuthn")],
            "signupItems": [{"name": name, "visible": True, "required": True, "prompted": False,
                             "rule": "None"} for name in SIGNUP_ITEMS],
            "grantTypes": ["authorization_code", "password", "client_credentials", "token",
                           "id_token", "refresh_token"],
            "redirectUris": [f"https://app{number}.acme.example/callback",
                             "http://localhost:9000/callback"],
            "tokenFormat": "JWT", "tokenFields": [], "expireInHours": 168,
            "scopes": [{"name": "read:application"}, {"name": "mail:send"}],
            "failedSigninLimit": 5, "failedSigninFrozenTime": 15}


# Sections of other kinds.
OTHER_SECTIONS = ("providers", "certs", "ldaps", "models", "payments", "products", "resources",
                  "syncers", "webhooks", "groups", "adapters", "enforcers", "plans", "pricings")


def casdoor_data(users=120, applications=25):
    """A file such as Casdoor starts from, of a realistic size."""
    return {
        "organizations": [{"owner": "admin", "name": "acme", "displayName": "Acme",
                           "websiteUrl": "https://acme.example", "passwordType": "bcrypt",
                           "passwordSalt": "pepper", "passwordOptions": ["AtLeast6"],
                           "countryCodes": ["US", "GB", "DE"], "languages": ["en", "de"],
                           "tags": [], "initScore": 2000, "enableSoftDeletion": False,
                           "isProfilePublic": True, "disableSignin": False,
                           "masterPassword": "open sesame", "defaultPassword": "",
                           "accountItems": [{"name": "ID", "visible": True}]}],
        "applications": [casdoor_application(number) for number in range(applications)],
        "users": [casdoor_user(number) for number in range(users)],
        "roles": [{"owner": "acme", "name": "staff", "displayName": "Staff", "isEnabled": True,
                   "users": ["acme/user0", "acme/user2", "acme/nobody"], "roles": ["acme/inner"]},
                  {"owner": "acme", "name": "inner", "displayName": "Inner", "isEnabled": True,
                   "users": ["acme/user1"], "roles": []}],
        "permissions": [{"owner": "acme", "name": "read-all", "displayName": "Read", "effect":
                         "Allow", "isEnabled": True, "model": "m", "resourceType": "Application",
                         "resources": ["app0"], "actions": ["Read"], "roles": ["acme/staff"],
                         "users": ["acme/user2"]}],
        **{name: [{"owner": "admin", "name": f"{name}-1"}] for name in OTHER_SECTIONS},
        "tokens": [],
    }


class Moving(RegistryCase):
    """A person who comes from Casdoor, or goes on to another machine."""

    def load(self, data, *options, code=0):
        """Import a file; the result of the command."""
        return self.instance.run("import", "-", *options, code=code,
                                 data=json.dumps(data).encode())

    def test_casdoor_file(self):
        """All of it is there, and what is not understood is said, once for each kind of thing."""
        self.fresh()
        data = casdoor_data()
        done = self.load(data)
        self.assertIn("149 added", done.out)
        lines = done.err.splitlines()
        self.assertEqual(len(lines), len(set(lines)))
        self.assertEqual(set(lines), {f"{name}: is not known here; left out"
                                      for name in OTHER_SECTIONS} | {
            "organizations[0].masterPassword: is not known here; left out",
            "users[0].addresses: is not known here; left out (120 times)",
            "users[16].password: is of a type that can't be checked; set a new one",
            "roles[0].users: names somebody who is not there; left out",
            "permissions[0].actions: say nothing here; give the permission scopes",
            "applications[0].providers[0].alertType: is not known here; left out (25 times)",
            *(f'applications[0].grantTypes[{at}]: "{grant}" is none of the allowed values: '
              f"{GRANTS}; left out (25 times)"
              for at, grant in ((1, "password"), (3, "token"), (4, "id_token"))),
            f"applications[0].scopes[1].name: is no scope of this server; it has {ALL}; "
            "left out (25 times)"})
        for secret in ("secret-of-app", "open sesame", PASSWORD, "$2b", SALTED):
            self.assertNotIn(secret, done.err + done.out)
        told = json.loads(self.load(data, "--dry-run", "--json", code=4).err)
        self.assertEqual(told["error"], "conflict")
        self.compare(data, json.loads(self.instance.run("export", "acme", code=0).out))
        trail = "".join(str(tuple(row)) for row in self.instance.query("SELECT * FROM audit"))
        for secret in ("secret-of-app", PASSWORD, "$2b", "$y$"):
            self.assertNotIn(secret, trail)

    def test_masked_secrets(self):
        """What Casdoor writes in the place of a secret becomes none, and is said to be missing."""
        self.fresh()
        data = casdoor_data(1, 2)
        data["applications"][0]["clientSecret"] = "***"
        data["users"][0].update(password="***", passwordType="plain")
        lines = self.load(data).err.splitlines()
        self.assertIn("applications[0].clientSecret: is masked; make a new one by rotate-secret",
                      lines)
        self.assertIn("users[0].password: is masked; set a new one", lines)
        self.assertEqual(self.hashes()["user0"], "")
        reply = self.http.token_reply(case.client.Credentials("client0000", "***"))
        self.assertEqual(reply.status_code, 401, reply.text)
        reply = self.http.token_reply(case.client.Credentials("client0001", "secret-of-app-1"))
        self.assertEqual(reply.status_code, 200, reply.text)

    def test_secrets_that_are_no_text(self):
        """They are said to be left out, as all that is not understood."""
        self.fresh()
        done = self.load({"users": [{"owner": "my-org", "name": "u", "password": 5},
                                    {"owner": "my-org", "name": "v", "password": "a" * 64,
                                     "passwordType": 5}],
                          "applications": [{"owner": "my-org", "name": "app", "clientSecret": [5],
                                            "clientSecretSha256": None}]})
        self.assertEqual(done.err.splitlines(), [
            "users[1].password: is of a type that can't be checked; set a new one",
            "users[0].password: is no text; left out",
            "users[1].passwordType: is no text; left out",
            "applications[0].clientSecret: is no text; left out"])

    def test_digests_that_are_none(self):
        """A client's secret is taken over by its SHA-256; what is none is said to be left out."""
        self.fresh()
        for number, digest in enumerate(("abc", "Z" * 64, "A" * 64, 64 * "a" + "a")):
            with self.subTest(digest=digest):
                done = self.load({"applications": [{"owner": "my-org", "name": f"app{number}",
                                                    "clientSecretSha256": digest}]})
                self.assertEqual(done.err, "applications[0].clientSecretSha256: is no SHA-256 in "
                                           "hexadecimal; make a new secret by rotate-secret\n")
        self.assertEqual(self.load({"applications": [
            {"owner": "my-org", "name": "app", "clientSecretSha256": 64 * "a"}]}).err, "")
        self.assertEqual([row["name"] for row in self.instance.query(
            "SELECT name FROM application WHERE client_secret_sha256 = ?", 64 * "a")], ["app"])

    def test_too_deep(self):
        """An object that may hold anything is left out where it could not be told."""
        self.fresh()
        deep = {}
        for _ in range(28):
            deep = {"a": deep}
        done = self.load({"organizations": [{"name": "acme", "themeData": deep}]})
        self.assertEqual(done.out, "1 added, 1 not understood\n")
        self.assertEqual(done.err, "organizations[0].themeData: is nested deeper than 28 levels; "
                                   "left out\n")

    def test_links_that_are_no_list(self):
        """They are said to be left out, as all that is not understood."""
        self.fresh()
        done = self.load({"roles": [{"owner": "my-org", "name": "staff", "users": "my-org/alice",
                                     "roles": {"a": 1}, "\x1b[31m": 1}]})
        self.assertEqual(done.err.splitlines(), [
            "roles[0].?[31m: is not known here; left out",
            "roles[0].users: must be an array, not a string; left out",
            "roles[0].roles: must be an array, not an object; left out"])

    def test_client_id_of_the_program(self):
        """No application is called what the command line is in the trail."""
        self.fresh()
        done = self.load({"applications": [{"owner": "my-org", "name": "app",
                                            "clientId": "casement"}]}, code=6)
        self.assertIn("clientId: casement is the program itself", done.err)
        self.instance.run("application", "add", "my-org/app", "clientId=casement", code=6)
        self.assertEqual(self.instance.query("SELECT 1 FROM application WHERE name = 'app'"), [])

    def test_what_comes_from_casdoor_works(self):
        """Clients with their secrets, people with their passwords, roles with their members."""
        self.fresh()
        self.load(casdoor_data())
        admin = self.admin()
        self.assertEqual(self.do(admin, "get_role", id="acme/staff")["roles"], ["acme/inner"])
        made = self.do(admin, "get_application", id="acme/app3")
        self.assertEqual((made["clientId"], made["expireInHours"], made["grantTypes"]),
                         ("client0003", 168,
                          ["authorization_code", "client_credentials", "refresh_token"]))
        reply = self.http.token_reply(case.client.Credentials("client0003", "secret-of-app-3"))
        self.assertEqual(reply.status_code, 200, reply.text)
        reply = self.http.token_reply(case.client.Credentials("client0002", "secret-of-app-2"))
        self.assertEqual(reply.status_code, 401)
        stored = self.hashes()
        for hashed in stored.values():
            self.assertNotIn(hashed, [row["password"] for name, row in PASSWORDS.items()
                                      if name != "bcrypt"])
            for row in PASSWORDS.values():
                self.assertTrue(row["password"] == hashed or row["password"] not in hashed)
        for number, kind in enumerate(PASSWORDS, 10):
            with self.subTest(kind=kind):
                person = self.person()
                person.open("/account")
                self.assertEqual(person.sign_in(f"acme/user{number}", "123456780").status_code,
                                 403)
                good = 200 if kind != "argon2id" else 403
                self.assertEqual(person.sign_in(f"acme/user{number}", PASSWORD).status_code, good)
                if good == 200:
                    # Hashed anew, and good as before.
                    self.assertEqual(self.hashes()[f"user{number}"][:3], "$y$")
                    person = self.person()
                    person.open("/account")
                    self.assertEqual(person.sign_in(f"acme/user{number}", PASSWORD).status_code,
                                     200)
        self.assertEqual(self.hashes()["user20"], stored["user20"])

    def hashes(self):
        """What is kept of passwords, by the name of the user."""
        return {row["name"]: row["password_hash"] for row in self.instance.query(
            "SELECT name, coalesce(password_hash, '') AS password_hash FROM user")}

    def compare(self, data, exported):
        """What was imported comes out again, but for what the report names and secrets."""
        left_out = {"organizations": {"masterPassword", "passwordSalt"},
                    "applications": {"clientSecret", "providers", "grantTypes", "scopes"},
                    "users": {"password", "passwordType", "passwordSalt", "addresses"},
                    "roles": {"users"}, "permissions": set()}
        self.assertEqual(set(left_out), set(exported))
        for section, names in left_out.items():
            there = {row["name"]: row for row in exported[section]}
            self.assertEqual(set(there), {row["name"] for row in data[section]})
            for row in data[section]:
                for name in set(row) - names:
                    found = there[row["name"]]
                    if name in found or row[name]:
                        self.assertEqual(found.get(name), row[name],
                                         f"{section} {row['name']} {name}")
        self.assertEqual(exported["applications"][0]["providers"][0], {
            "name": "provider_captcha", "canSignUp": False, "canSignIn": True, "canUnlink": False,
            "prompted": False})
        self.assertEqual(exported["applications"][0]["scopes"], [{"name": "read:application"}])
        self.assertEqual({row["name"]: row["users"] for row in exported["roles"]},
                         {"staff": ["acme/user0", "acme/user2"], "inner": ["acme/user1"]})

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
        for text in (b"", b"[]", b"{", b'{"users":5}', b'{"users":[5]}', b'{"roles":"x"}',
                     b'{"users":[{"owner":"nobody","name":"x"}]}', b'{"users":[{"name":5}]}'):
            with self.subTest(text=text):
                self.instance.run("import", "-", data=text, code=6)
        self.assertEqual(self.load({}).out, "0 added, 0 not understood\n")
        for path in ("/nowhere", "/"):
            self.assertIn(f"can't read {path}: ", self.instance.run("import", path, code=6).err)

    def test_unknown_sections(self):
        """They are said to be left out whatever they hold, unless that is nothing."""
        self.fresh()
        done = self.load({"organization": {"owner": "admin", "name": "x"}, "motto": "text",
                          "providers": [], "theme": {}, "ldaps": None, "users": None})
        self.assertEqual(sorted(done.err.splitlines()), [
            "motto: is not known here; left out",
            "organization: is not known here; left out"])
        self.assertEqual(done.out, "0 added, 2 not understood\n")

    def test_export_and_back(self):
        """What is written is read again, the same; secrets only when asked for."""
        self.fresh()
        self.load(casdoor_data(30, 5))
        self.instance.application("acme/shared", "organization=my-org")
        plain = self.instance.run("export", "acme", code=0).out
        self.assertNotIn("$2b", plain)
        self.assertNotIn("clientSecretSha256", plain)
        whole = json.loads(self.instance.run("export", "acme", "--secrets", code=0).out)
        self.assertEqual([len(whole[name]) for name in
                          ("organizations", "users", "roles", "permissions", "applications")],
                         [1, 30, 2, 1, 6])
        self.fresh()
        self.assertIn(" 0 not understood", self.load(whole).out)
        again = json.loads(self.instance.run("export", "acme", "--secrets", code=0).out)
        made = {"createdTime", "updatedTime", "id"}
        for section, rows in whole.items():
            for old, new in zip(rows, again[section]):
                self.assertEqual({name: old[name] for name in old if name not in made},
                                 {name: new[name] for name in new if name not in made})
        self.instance.run("export", "nobody", code=3)

    def test_export_is_of_one_moment(self):
        """Who is there all the time is in it, once, whatever it is called meanwhile."""
        made = self.fresh(start=False)
        made.change("WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 4000)"
                    " INSERT INTO user (subject, owner, name, display_name, email, scope,"
                    " is_forbidden, created_at_s, updated_at_s)"
                    " SELECT 'subject' || n, 'my-org', 'm' || n, '', '', '', 0, 1, 1 FROM i")
        done = threading.Event()

        def rename():
            """How often that was done."""
            connection = sqlite3.connect(made.database, timeout=30, isolation_level=None)
            while not done.is_set():
                for old, new in (("m1", "z1"), ("z1", "m1")):
                    connection.execute("UPDATE user SET name = ? WHERE name = ?", (new, old))
            count = connection.total_changes
            connection.close()
            return count

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            renaming = pool.submit(rename)
            try:
                for _ in range(10):
                    users = json.loads(made.run("export", "my-org", code=0).out)["users"]
                    self.assertEqual(sum(user["name"] in ("m1", "z1") for user in users), 1)
            finally:
                done.set()
            self.assertGreater(renaming.result(), 10)

    def test_report_of_many_kinds(self):
        """The lock is not held for long, however many things are not understood."""
        self.fresh(start=False)

        def seconds(kinds):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.load({"users": [{"owner": "my-org", "name": "alice",
                                  **{f"unknown{number}": 1 for number in range(kinds)}}]},
                      "--dry-run", "--json")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        # Eight times as many; each compared with each would be 64 times the work.
        self.assertLess(seconds(40000), 20 * seconds(5000))
