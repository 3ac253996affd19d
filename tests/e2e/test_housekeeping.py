"""What has expired goes, a few rows at a time; keys rotate; the endpoints' common rules."""

import case
import client
import oauth_case
from oauth_case import AUTHORIZE, DEVICE, INTROSPECT, REGISTER, REVOKE, USERINFO

TABLES = ("token", "refresh_token", "authorization_code", "session", "device_code", "throttle",
          "client_assertion")


class Sweep(oauth_case.OAuthCase):
    """The file does not grow for ever."""

    def count(self, table):
        """Rows of a table."""
        return self.instance.query(f"SELECT count(*) AS n FROM {table}")[0]["n"]

    def fill(self, rows):
        """Rows of every kind that expired long ago."""
        number = ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                  f"WHERE i < {rows}) ")
        ids = "(SELECT min(id) FROM application), (SELECT min(id) FROM user)"
        app = "(SELECT min(id) FROM application)"
        for sql in (
                f"INSERT INTO token (jti, application_id, subject, scope, resource, issued_at_s, "
                f"expires_at_s) SELECT 'old' || i, {app}, '', '', '', 1, 2 FROM n",
                "INSERT INTO refresh_token SELECT 'old' || i, " + ids +
                ", '', 1, 'f' || i, 1, 2, NULL FROM n",
                "INSERT INTO authorization_code SELECT 'old' || i, " + ids +
                ", '', 0, '', '', NULL, 1, 'f', 2, NULL FROM n",
                "INSERT INTO session SELECT 'old' || i, (SELECT min(id) FROM user), 1, 1, 2 FROM n",
                f"INSERT INTO device_code SELECT 'old' || i, 'c' || i, {app}, '', 2, NULL, 5, "
                "NULL, NULL, NULL FROM n",
                "INSERT INTO throttle SELECT 'old ' || i, 1, 2 FROM n",
                f"INSERT INTO client_assertion SELECT {app}, 'old' || i, 2 FROM n"):
            self.instance.change(number + sql)

    def test_expired_rows_go(self):
        """All of them, by issuing tokens; a few each time, and never what is still good."""
        self.fresh()
        told = self.tokens(self.register()["client_id"], self.user())
        self.fill(400)
        before = {table: self.count(table) for table in TABLES}
        self.demo()
        after = {table: self.count(table) for table in TABLES}
        self.assertLessEqual(sum(before.values()) - sum(after.values()), 100)
        for _ in range(400):
            self.demo()
            if not any(self.instance.query(f"SELECT 1 FROM {table} WHERE {column} = 2")
                       for table, column in (("session", "expires_at_s"),
                                             ("token", "expires_at_s"),
                                             ("refresh_token", "expires_at_s"),
                                             ("authorization_code", "expires_at_s"),
                                             ("device_code", "expires_at_s"),
                                             ("throttle", "last_at_s"),
                                             ("client_assertion", "expires_at_s"))):
                break
        left = {table: self.count(table) for table in TABLES}
        self.assertEqual([left[table] for table in TABLES[2:3] + TABLES[4:5]], [1, 0], left)
        self.assertEqual(left["session"], 1)
        self.assertEqual(left["refresh_token"], 1)
        self.assertLess(left["token"], 450)
        self.assert_token_good(told["access_token"])


class Keys(oauth_case.OAuthCase):
    """Rotation with overlap."""

    def test_old_tokens_stay_good(self):
        """The old key verifies until its tokens expire, and signs no more."""
        self.fresh()
        client_id = self.register()["client_id"]
        old = self.tokens(client_id, self.user(), scope=f"{case.READ} openid")
        reply = self.http.get("/.well-known/jwks")
        self.assertEqual(len(reply.json()["keys"]), 1)
        self.assertIn("max-age=", reply.headers["Cache-Control"])
        self.instance.run("key", "rotate", code=0)
        self.assertEqual(len(self.http.get("/.well-known/jwks").json()["keys"]), 2)
        self.assert_token_good(old["access_token"])
        new = self.refresh(client_id, old["refresh_token"]).json()
        self.assert_token_good(new["access_token"])
        self.assertNotEqual(old["access_token"].split(".")[0], new["access_token"].split(".")[0])
        self.instance.run("setting", "set", "signing_algorithm", "ES256", code=0)
        self.instance.run("key", "rotate", code=0)
        newer = self.refresh(client_id, new["refresh_token"]).json()
        for one in (old, new, newer):
            self.assert_token_good(one["access_token"])
        self.assertEqual([key["alg"] for key in self.keys() if key["retiredTime"] is None],
                         ["ES256"])

    def test_retired_key_goes_with_its_last_token(self):
        """Not before; the key in use stays."""
        self.fresh()
        old = self.demo()
        self.instance.run("key", "rotate", code=0)
        self.instance.change("UPDATE signing_key SET retired_at_s = retired_at_s - 7200 "
                             "WHERE retired_at_s IS NOT NULL")
        self.instance.change("UPDATE token SET issued_at_s = issued_at_s - 7200")
        for _ in range(60):
            self.demo()
        self.assertEqual(len(self.keys()), 2)
        self.assert_token_good(old)
        self.instance.change("UPDATE token SET expires_at_s = 1 WHERE issued_at_s < "
                             "strftime('%s', 'now') - 3600")
        for _ in range(200):
            new = self.demo()
            if len(self.keys()) == 1:
                break
        self.assertEqual([key["retiredTime"] for key in self.keys()], [None])
        self.assert_token_good(new)

    def keys(self):
        """What `casement key list` says."""
        return self.instance.run_json("key", "list")


class Endpoints(oauth_case.OAuthCase):
    """Rules that all endpoints of the authorization server share."""

    def test_A1_post_only_and_nothing_in_the_url(self):
        """Credentials never in the URI."""
        for path in (client.TOKEN_PATH, INTROSPECT, REVOKE, DEVICE):
            with self.subTest(path=path):
                reply = self.http.get(path)
                self.assertEqual((reply.status_code, reply.headers["Allow"]), (405, "POST"))
                reply = self.form(f"{path}?client_id=x", token="x", client_id="x")
                self.assert_oauth_error(reply, 400, "invalid_request")

    def test_A3_repeated_parameters(self):
        """One value each."""
        for path in (INTROSPECT, REVOKE, DEVICE):
            with self.subTest(path=path):
                reply = self.http.request("POST", path, data="token=a&token=b", headers={
                    "Content-Type": "application/x-www-form-urlencoded"})
                self.assert_oauth_error(reply, 400, "invalid_request")

    def test_U5_preflight(self):
        """A page of an allowed origin may use every endpoint; the preflight wants no token."""
        self.fresh(settings={"allowed_origins": "https://inspector.example"})
        for path, method in ((client.MCP_PATH, "POST"), (client.TOKEN_PATH, "POST"),
                             (REGISTER, "POST"), (REVOKE, "POST"), (USERINFO, "GET")):
            with self.subTest(path=path):
                reply = self.http.request("OPTIONS", path, headers={
                    "Origin": "https://inspector.example",
                    "Access-Control-Request-Method": method,
                    "Access-Control-Request-Headers": "authorization,content-type"})
                self.assertEqual(reply.status_code, 204)
                told = reply.headers
                self.assertEqual(told["Access-Control-Allow-Origin"], "https://inspector.example")
                self.assertIn(method, told["Access-Control-Allow-Methods"])
                self.assertIn("Authorization", told["Access-Control-Allow-Headers"])
                self.assertNotIn("Access-Control-Allow-Credentials", told)
        reply = self.http.rpc("ping", headers={"Origin": "https://inspector.example"})
        self.assertEqual(reply.status_code, 401)
        self.assertIn("WWW-Authenticate", reply.headers["Access-Control-Expose-Headers"])

    def test_U5_other_origins(self):
        """Get no permission, and what everybody may read is for everybody."""
        reply = self.http.request("OPTIONS", client.TOKEN_PATH, headers={
            "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})
        self.assertNotIn("Access-Control-Allow-Origin", reply.headers)
        for path in ("/.well-known/oauth-authorization-server",
                     "/.well-known/openid-configuration",
                     "/.well-known/oauth-protected-resource", "/.well-known/jwks"):
            reply = self.http.get(path, headers={"Origin": "https://evil.example"})
            self.assertEqual(reply.headers["Access-Control-Allow-Origin"], "*")

    def test_U11_statuses(self):
        """An error is never 200."""
        for path in (AUTHORIZE, AUTHORIZE + "?client_id=x", "/nowhere", REGISTER + "/x", USERINFO):
            self.assertGreaterEqual(self.http.get(path).status_code, 400, path)

    def test_store_that_fails(self):
        """The client is told server_error, the person a request id; nobody the reason."""
        self.fresh()
        made = self.register()["client_id"]
        person = self.person()
        person.open("/account")
        self.instance.change("ALTER TABLE session RENAME TO gone")
        reply = person.open(self.url(made))
        self.assert_redirect_error(reply, "server_error")
        self.assertNotIn("session", reply.headers["Location"])
        reply = person.open("/account")
        self.assertEqual(reply.status_code, 500)
        self.assertIn(reply.headers["X-Request-Id"], person.page.text)
        self.assertNotIn("session", person.page.text)
        self.assertIn("session", self.instance.server.log_since(self.log_mark))
        self.instance.change("ALTER TABLE gone RENAME TO session")
        self.assertEqual(person.open(self.url(made)).status_code, 200)
