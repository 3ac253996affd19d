"""Clients that register themselves: A32 to A36, U6."""

import json

import case
import client
import oauth_case
from oauth_case import CALLBACK, REGISTER


class Register(oauth_case.OAuthCase):
    """RFC 7591."""

    def refuse(self, error="invalid_client_metadata", **metadata):
        """Registration that fails."""
        told = self.register(status=400, **metadata)
        self.assertEqual(told["error"], error, told)
        self.assertNotIn("client_id", told)

    def test_A33_reply(self):
        """201, not cached, with what holds now."""
        reply = self.http.request("POST", REGISTER, json={
            "redirect_uris": [CALLBACK], "client_name": "x", "logo_uri": "https://l.example/",
            "grant_types": ["authorization_code", "refresh_token", "implicit"],
            "response_types": ["code", "token"], "software_id": "y", "unheard_of": {"a": 1}})
        self.assertEqual(reply.status_code, 201)
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        told = reply.json()
        self.assertEqual(told["grant_types"], oauth_case.CODE_AND_REFRESH)
        self.assertEqual(told["response_types"], ["code"])
        self.assertEqual(told["redirect_uris"], [CALLBACK])
        self.assertEqual(told["token_endpoint_auth_method"], "client_secret_basic")
        self.assertEqual(told["client_secret_expires_at"], 0)
        self.assertGreaterEqual(len(told["client_secret"]), 43)
        self.assertNotIn("unheard_of", told)
        self.assertNotIn("logo_uri", told)
        self.assertTrue(told["registration_client_uri"].startswith(self.http.url))

    def test_A33_U6_method_is_honoured_and_echoed(self):
        """none gets no secret; the method that was chosen is the one that works."""
        none = self.register()
        self.assertEqual(none["token_endpoint_auth_method"], "none")
        self.assertNotIn("client_secret", none)
        self.assertNotIn("client_secret_expires_at", none)
        user = self.user()
        for method in ("client_secret_post", "client_secret_basic"):
            with self.subTest(method=method):
                made = self.register(token_endpoint_auth_method=method)
                self.assertEqual(made["token_endpoint_auth_method"], method)
                code = self.code(made["client_id"], user)
                pair = (made["client_id"], made["client_secret"])
                post = self.redeem(pair[0], code, client_secret=pair[1])
                basic = self.redeem(None, code, auth=pair)
                self.assertEqual((post.status_code, basic.status_code),
                                 (200, 401) if method == "client_secret_post" else (401, 200))

    def test_A32_redirect_uris(self):
        """What is no address to go back to is refused."""
        for uri in ("javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x",
                    "file:///etc/passwd", "http://app.example/cb", "https://app.example/cb#x",
                    "https://u:p@app.example/", "/callback", "", "https://", "x" * 600,
                    "https://a b.example/", 5, None, ["https://a.example/"]):
            with self.subTest(uri=uri):
                self.refuse("invalid_redirect_uri", redirect_uris=[CALLBACK, uri])
        for uris in ("https://a.example/", {}, [], None, [CALLBACK] * 21):
            with self.subTest(uris=uris):
                self.refuse("invalid_redirect_uri", redirect_uris=uris)

    def test_A32_metadata(self):
        """Of the wrong type, or beyond what works."""
        for metadata in ({"grant_types": "authorization_code"}, {"grant_types": [1]},
                         {"grant_types": ["password"]}, {"response_types": ["token"]},
                         {"response_types": "code"}, {"token_endpoint_auth_method": "tls"},
                         {"token_endpoint_auth_method": 1}, {"client_name": 1},
                         {"client_name": "x" * 101}, {"client_name": "a\nb"}, {"client_name": ""},
                         {"client_name": "a\u202eb"},
                         {"token_endpoint_auth_method": "private_key_jwt"},
                         {"jwks": "x"}, {"jwks": {"keys": {}}}):
            with self.subTest(metadata=metadata):
                self.refuse(**metadata)

    def test_A32_bodies(self):
        """Not JSON, not an object, not of the type."""
        for body, kind in ((b"{", "application/json"), (b"[]", "application/json"),
                           (b"", "application/json"), (b"{}", "text/plain"),
                           (b'{"redirect_uris":[],"redirect_uris":[]}', "application/json"),
                           (b'{"client_name":"' + b"x" * 20000 + b'"}', "application/json")):
            with self.subTest(body=body[:40]):
                reply = self.http.request("POST", REGISTER, data=body,
                                          headers={"Content-Type": kind})
                self.assertEqual(reply.status_code, 400, reply.text)
                self.assertEqual(reply.json()["error"], "invalid_client_metadata")

    def test_A34_no_client_credentials(self):
        """Nor anything without a person."""
        made = self.register(grant_types=["client_credentials", "authorization_code"],
                             token_endpoint_auth_method="client_secret_post",
                             scope="read:application write:application admin")
        self.assertEqual(made["grant_types"], ["authorization_code"])
        credentials = client.Credentials(made["client_id"], made["client_secret"])
        self.assert_oauth_error(self.http.token_reply(credentials), 400, "unauthorized_client")
        self.instance.change("UPDATE application SET grant_types = '[\"client_credentials\"]' "
                             "WHERE client_id = ?", made["client_id"])
        self.assert_oauth_error(self.http.token_reply(credentials), 400, "unauthorized_client")
        self.refuse(grant_types=["client_credentials"])

    def test_A34_registered_clients_are_not_of_the_organisation(self):
        """Nobody's tools see them but those of built-in."""
        made = self.register()
        name = "registered-" + made["client_id"]
        self.assert_tool_fails(self.demo(), "get_application", {"id": f"built-in/{name}"})
        self.assertEqual(self.get(self.admin(), f"built-in/{name}")["clientId"],
                         made["client_id"])

    def test_A36_rate(self):
        """One address can't register without end."""
        for _ in range(60):
            reply = self.http.request("POST", REGISTER, json={"redirect_uris": [CALLBACK]})
            if reply.status_code == 429:
                break
        self.assertEqual(reply.status_code, 429)
        self.assertGreater(int(reply.headers["Retry-After"]), 0)

    def test_A36_total(self):
        """There is an end, and what is made by administrators does not count."""
        self.fresh()
        self.instance.change(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
            "INSERT INTO application (owner, name, organization, display_name, description, "
            "created_at_s, updated_at_s, client_id, scopes, scope, grant_types, redirect_uris, "
            "expire_in_hours, properties, origin) SELECT 'built-in', 'r' || i, 'built-in', '', '',"
            " strftime('%s', 'now'), 0, 'r' || i, '[]', '', '[]', '[]', 0, '{}', 'registered' "
            "FROM n")
        self.register(status=429)
        self.assertEqual(self.instance.query("SELECT count(*) AS n FROM application "
                                             "WHERE origin = 'registered'")[0]["n"], 5000)
        self.instance.application("my-org/still")

    def test_A36_idle(self):
        """A client that nobody uses goes; one that is used stays."""
        self.fresh()
        user = self.user()
        old, used, fresh = (self.register()["client_id"] for _ in range(3))
        told = self.tokens(used, user)
        self.instance.change("UPDATE application SET created_at_s = created_at_s - 90000 "
                             "WHERE client_id IN (?, ?)", old, used)
        for _ in range(200):
            self.demo()
        left = {row["client_id"] for row in
                self.instance.query("SELECT client_id FROM application WHERE origin <> 'made'")}
        self.assertEqual(left, {used, fresh})
        self.assert_token_good(told["access_token"])

    def test_A29_U6_off(self):
        """Not advertised, and not there."""
        self.fresh(settings={"registration": "off"})
        document = self.http.get("/.well-known/oauth-authorization-server").json()
        self.assertNotIn("registration_endpoint", document)
        self.register(status=404)

    def test_A36_initial_access_token(self):
        """With policy token, who has none is refused."""
        self.fresh(settings={"registration": "token"})
        self.register(status=401)
        token = self.instance.run("registration", "rotate-token", code=0).out.strip()
        self.register(status=401, headers={"Authorization": "Bearer x"})
        self.register(status=401, headers={"Authorization": "Basic " + token})
        self.register(headers={"Authorization": "Bearer " + token})
        self.instance.run("registration", "rotate-token", code=0)
        self.register(status=401, headers={"Authorization": "Bearer " + token})
        self.assertNotIn(token.encode(), b"".join(
            json.dumps(dict(row)).encode() for row in self.instance.query("SELECT * FROM setting")))


class Manage(oauth_case.OAuthCase):
    """A35, RFC 7592."""

    def setUp(self):
        super().setUp()
        self.made = self.register(token_endpoint_auth_method="client_secret_post")
        self.path = self.made["registration_client_uri"][len(self.http.url):]
        self.token = self.made["registration_access_token"]

    def send(self, method, token=None, path=None, **options):
        """A request with the registration access token, or another."""
        return self.http.request(method, path or self.path, headers={
            "Authorization": f"Bearer {self.token if token is None else token}"}, **options)

    def metadata(self, **changes):
        """What a PUT must say."""
        return {"client_id": self.made["client_id"], "redirect_uris": [CALLBACK],
                "grant_types": oauth_case.CODE_AND_REFRESH,
                "token_endpoint_auth_method": "client_secret_post", **changes}

    def test_A35_read(self):
        """All but the secret, which is told once."""
        told = self.send("GET").json()
        self.assertEqual(told["client_id"], self.made["client_id"])
        self.assertNotIn("client_secret", told)
        self.assertEqual(told["registration_access_token"], self.token)

    def test_A35_wrong_token(self):
        """401, whether the client is there or not."""
        other = self.register()["registration_access_token"]
        demo = self.demo()
        for token in ("x", "", other, demo):
            for method in ("GET", "PUT", "DELETE"):
                with self.subTest(token=token, method=method):
                    reply = self.send(method, token)
                    self.assertEqual(reply.status_code, 401, reply.text)
                    self.assertIn("Bearer", reply.headers["WWW-Authenticate"])
        reply = self.send("GET", path=REGISTER + "/nobody")
        self.assertEqual(reply.status_code, 401)
        reply = self.send("GET", token="", path=f"{REGISTER}/{self.instance.demo.id}")
        self.assertEqual(reply.status_code, 401)
        self.assertEqual(self.http.get(self.path).status_code, 401)

    def test_A35_update(self):
        """Replaces all, keeps the secret; client_id must be the client's."""
        reply = self.send("PUT", json=self.metadata(client_name="New name"))
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assertEqual(reply.json()["client_name"], "New name")
        self.assertNotIn("client_secret", reply.json())
        code = self.code(self.made["client_id"], self.user())
        reply = self.redeem(self.made["client_id"], code,
                            client_secret=self.made["client_secret"])
        self.assertEqual(reply.status_code, 200)
        for change in ({"client_id": "x"}, {"client_id": None}, {"client_secret": "chosen"},
                       {"client_id": self.instance.demo.id}):
            with self.subTest(change=change):
                reply = self.send("PUT", json=self.metadata(**change))
                self.assertEqual(reply.status_code, 400)
        reply = self.send("PUT", json=self.metadata(redirect_uris=["javascript:1"]))
        self.assertEqual(reply.json()["error"], "invalid_redirect_uri")

    def test_A36_updates_are_slowed(self):
        """Each one is written to the trail: a stranger can't fill the disk with them."""
        for _ in range(60):
            reply = self.send("PUT", json=self.metadata(client_name="New name"))
            if reply.status_code == 429:
                break
        self.assertEqual(reply.status_code, 429)
        self.assertGreater(int(reply.headers["Retry-After"]), 0)

    def test_A35_what_an_administrator_took_away(self):
        """A client gets neither scopes nor grants back by saying all anew."""
        name = f"built-in/registered-{self.made['client_id']}"
        token = self.tokens(self.made["client_id"], self.user(), scope=case.BOTH,
                            client_secret=self.made["client_secret"])["access_token"]
        answer = self.http.call_tool(self.admin(), "update_application", {
            "id": name, "application": {"scopes": [{"name": "read:application"}],
                                        "grantTypes": ["authorization_code"]}})
        self.assertFalse(answer.failed, answer.text)
        reply = self.send("PUT", json=self.metadata(client_name="New name", scope="admin"))
        self.assertEqual(reply.status_code, 200, reply.text)
        told = reply.json()
        self.assertEqual((told["client_name"], told["scope"], told["grant_types"]),
                         ("New name", "read:application", ["authorization_code"]))
        row = self.get(self.admin(), name)
        self.assertEqual((row["scopes"], row["grantTypes"]),
                         ([{"name": "read:application"}], ["authorization_code"]))
        reply = self.http.call_tool_reply(token, "add_application", {
            "application": {"owner": "my-org", "name": "beyond"}})
        self.assertEqual(reply.status_code, 403, reply.text)
        reply = self.send("PUT", json=self.metadata(grant_types=[oauth_case.DEVICE_GRANT]))
        self.assertEqual((reply.status_code, reply.json()["error"]),
                         (400, "invalid_client_metadata"))
        self.assertEqual(self.get(self.admin(), name)["grantTypes"], ["authorization_code"])

    def test_A35_a_client_that_needs_no_secret_has_none(self):
        """The one it had is gone."""
        reply = self.send("PUT", json=self.metadata(token_endpoint_auth_method="none"))
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assertNotIn("client_secret", reply.json())
        row = self.instance.query("SELECT client_secret_sha256 AS digest FROM application "
                                  "WHERE client_id = ?", self.made["client_id"])[0]
        self.assertFalse(row["digest"])

    def test_A35_policy(self):
        """Who is registered manages that, whoever may register now."""
        self.fresh()
        made = [self.register() for _ in range(2)]
        for policy, one in zip(("off", "token"), made):
            with self.subTest(policy=policy):
                self.instance.run("setting", "set", "registration", policy, code=0)
                path = one["registration_client_uri"][len(self.http.url):]
                token = one["registration_access_token"]
                reply = self.send("PUT", token, path, json=self.metadata(
                    client_id=one["client_id"], token_endpoint_auth_method="none"))
                self.assertEqual(reply.status_code, 200, reply.text)
                self.assertEqual(self.send("DELETE", token, path).status_code, 204)

    def test_trail(self):
        """The trail has what a client was and what it became, and no secret."""
        self.send("PUT", json=self.metadata(client_name="New name"))
        self.assertEqual(self.send("DELETE").status_code, 204)
        rows = self.instance.query(
            "SELECT tool, before_json, after_json FROM audit WHERE target = ? ORDER BY id",
            self.made["client_id"])
        names = [tuple(text and json.loads(text)["client_name"] for text in row[1:])
                 for row in rows]
        self.assertEqual([row["tool"] for row in rows],
                         ["register_client", "update_client", "delete_client"])
        self.assertEqual(names, [(None, "A test client"), ("A test client", "New name"),
                                 ("New name", None)])
        told = str([tuple(row) for row in rows])
        self.assertNotIn(self.token, told)
        self.assertNotIn(self.made["client_secret"], told)

    def test_A35_token_is_stored_as_a_digest(self):
        """Who reads the file can manage no client."""
        row = self.instance.query("SELECT * FROM application WHERE client_id = ?",
                                  self.made["client_id"])[0]
        self.assertNotIn(self.token, str(dict(row)))
        self.assertEqual(len(row["registration_token_sha256"]), 64)
        self.assertEqual(self.send("GET", row["registration_token_sha256"]).status_code, 401)

    def test_A35_read_only(self):
        """In read-only mode a client can look, and change nothing."""
        self.fresh(settings={"read_only": "on"})
        self.register(status=403)
        self.instance.run("setting", "set", "read_only", "off", code=0)
        made = self.register()
        self.instance.run("setting", "set", "read_only", "on", code=0)
        path = made["registration_client_uri"][len(self.http.url):]
        token = made["registration_access_token"]
        self.assertEqual(self.send("PUT", token, path, json=self.metadata(
            client_id=made["client_id"], client_name="Renamed")).status_code, 403)
        self.assertEqual(self.send("DELETE", token, path).status_code, 403)
        reply = self.send("GET", token, path)
        self.assertEqual((reply.status_code, reply.json()["client_name"]), (200, "A test client"))

    def test_A35_delete(self):
        """204, and all that it got is worth nothing."""
        user = self.user()
        told = self.tokens(self.made["client_id"], user,
                           client_secret=self.made["client_secret"])
        self.assert_token_good(told["access_token"])
        reply = self.send("DELETE")
        self.assertEqual((reply.status_code, reply.text), (204, ""))
        self.assert_token_refused(told["access_token"])
        self.assertEqual(self.send("GET").status_code, 401)
        self.assert_page_error(self.http.get(self.url(self.made["client_id"])))
        self.assertEqual(self.instance.query("SELECT * FROM refresh_token WHERE application_id "
                                             "NOT IN (SELECT id FROM application)"), [])

    def test_other_paths(self):
        """Nothing above, below or beside."""
        for path in (REGISTER + "/", self.path + "/", self.path + "/x", REGISTER + "x"):
            self.assertEqual(self.send("GET", path=path).status_code,
                             404, path)
        reply = self.http.get(REGISTER)
        self.assertEqual((reply.status_code, reply.headers["Allow"]), (405, "POST"))
        reply = self.send("POST")
        self.assertEqual((reply.status_code, reply.headers["Allow"]), (405, "GET, PUT, DELETE"))
