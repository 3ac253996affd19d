"""Introspection, revocation, ID tokens and userinfo: A38, A39."""

import base64
import json

import case
import client
import forge
import oauth_case
from oauth_case import INTROSPECT, REVOKE, USERINFO


class Introspect(oauth_case.OAuthCase):
    """RFC 7662."""

    def setUp(self):
        super().setUp()
        self.web = self.made()

    def ask(self, token, credentials=None):
        """The reply for a token."""
        who = credentials or self.web
        return self.form(INTROSPECT, token=token, client_id=who.id, client_secret=who.secret)

    def assert_dead(self, reply):
        """Exactly that, and no more."""
        self.assertEqual((reply.status_code, reply.text), (200, '{"active":false}'))
        self.assertEqual(reply.headers["Cache-Control"], "no-store")

    def test_A38_own_tokens(self):
        """What they are good for."""
        user = self.user()
        told = self.tokens(self.web.id, user, client_secret=self.web.secret)
        access = self.ask(told["access_token"]).json()
        self.assertIs(access["active"], True)
        self.assertEqual(access["client_id"], self.web.id)
        self.assertEqual(access["username"], user)
        self.assertEqual(access["scope"], case.READ)
        self.assertEqual(access["aud"], self.http.mcp_url)
        refresh = self.ask(told["refresh_token"]).json()
        self.assertIs(refresh["active"], True)
        self.assertEqual(refresh["sub"], access["sub"])

    def test_A38_dead_foreign_unknown(self):
        """They look alike."""
        user = self.user()
        told = self.tokens(self.web.id, user, client_secret=self.web.secret)
        header, claims, signature = told["access_token"].split(".")
        other = self.made()
        theirs = self.tokens(other.id, user, client_secret=other.secret)
        for token in ("x", "a.b.c", header + "." + claims + "." + signature[:-4] + "AAAA",
                      theirs["access_token"], theirs["refresh_token"], self.demo()):
            with self.subTest(token=token):
                self.assert_dead(self.ask(token))
        self.refresh(self.web.id, told["refresh_token"], client_secret=self.web.secret)
        self.assert_dead(self.ask(told["refresh_token"]))
        self.instance.change("UPDATE token SET revoked_at_s = 1")
        self.assert_dead(self.ask(told["access_token"]))

    def test_A38_scopes_that_hold_now(self):
        """The words of the token, as far as the MCP endpoint would still go by them."""
        words = "openid application:write read email"
        self.registered(self.web.id, "read write openid email")
        user = self.user(scope="admin")
        told = self.tokens(self.web.id, user, scope=words, client_secret=self.web.secret)
        for registered, held, left in (
                ("admin openid email profile", "admin", words),
                (f"{case.READ} openid", "admin", f"openid {case.READ}"),
                ("admin", f"{case.BOTH} read:user", f"application:write {case.READ} read:user"),
                ("admin openid email", "", "openid email"),
                ("write", case.READ, "")):
            self.registered(self.web.id, registered)
            self.holds(user, held)
            for kind in ("access_token", "refresh_token"):
                with self.subTest(registered=registered, held=held, kind=kind):
                    answer = self.ask(told[kind]).json()
                    self.assertEqual((answer["active"], answer["scope"]), (True, left))
            tools = self.http.rpc("tools/list", token=told["access_token"]).json()["result"]
            self.assertEqual("add_application" in {tool["name"] for tool in tools["tools"]},
                             "write" in left)

    def test_A38_scopes_of_a_client_itself(self):
        """A script's token, too."""
        made = self.made(grants=["client_credentials"])
        token = self.http.token_reply(made, scope=f"application:write {case.READ}").json()
        self.registered(made.id, "read")
        self.assertEqual(self.ask(token["access_token"], made).json()["scope"], case.READ)
        self.registered(made.id, "openid")
        self.assertEqual(self.ask(token["access_token"], made).json()["scope"], "")

    def test_A38_person_who_is_kept_out(self):
        """Neither kind of token is good while its person may not use the client."""
        user = self.user()
        told = self.tokens(self.web.id, user, client_secret=self.web.secret)
        for statement, out, back, key in (
                ("UPDATE user SET is_forbidden = ? WHERE owner || '/' || name = ?", 1, 0, user),
                ("UPDATE application SET organization = ? WHERE client_id = ?", "other-org",
                 "my-org", self.web.id)):
            for kind in ("access_token", "refresh_token"):
                with self.subTest(statement=statement, kind=kind):
                    self.instance.change(statement, out, key)
                    self.assert_dead(self.ask(told[kind]))
                    self.instance.change(statement, back, key)
                    self.assertIs(self.ask(told[kind]).json()["active"], True)

    def test_A38_client_of_some_addresses(self):
        """Who asks does not use the token, and may be anywhere; a stranger learns nothing."""
        made = self.made("ipWhitelist=127.0.0.0/8,::1", grants=["client_credentials"])
        token = self.http.token(made)
        self.assert_token_good(token)
        answer = self.ask(token, made)
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertIs(answer.json()["active"], True)
        self.assert_dead(self.ask(token))
        self.assertIs(self.ask(token, made).json()["active"], True)

    def test_A38_needs_authentication(self):
        """A public client, a wrong secret, nobody."""
        public = self.register()["client_id"]
        for form in ({}, {"client_id": public}, {"client_id": self.web.id},
                     {"client_id": self.web.id, "client_secret": "wrong"}):
            with self.subTest(form=form):
                self.assert_oauth_error(self.form(INTROSPECT, token="x", **form), 401,
                                        "invalid_client")
        self.assert_oauth_error(self.ask(None), 400, "invalid_request")
        reply = self.http.get(INTROSPECT)
        self.assertEqual(reply.status_code, 405)


class Revoke(oauth_case.OAuthCase):
    """RFC 7009."""

    def setUp(self):
        super().setUp()
        self.client_id = self.register()["client_id"]
        self.told = self.tokens(self.client_id, self.user())

    def revoke(self, token, client_id=None, **parameters):
        """The reply to a revocation."""
        return self.form(REVOKE, token=token, client_id=client_id or self.client_id, **parameters)

    def test_A39_access_token(self):
        """It ends; the refresh token stays."""
        reply = self.revoke(self.told["access_token"], token_type_hint="refresh_token")
        self.assertEqual((reply.status_code, reply.text), (200, ""))
        self.assert_token_refused(self.told["access_token"])
        self.assertEqual(self.refresh(self.client_id, self.told["refresh_token"]).status_code, 200)
        self.assertEqual(self.revoke(self.told["access_token"]).status_code, 200)

    def test_A39_refresh_token_takes_all_along(self):
        """The access tokens of the family end with it."""
        again = self.refresh(self.client_id, self.told["refresh_token"]).json()
        self.assertEqual(self.revoke(again["refresh_token"]).status_code, 200)
        for one in (self.told, again):
            self.assert_token_refused(one["access_token"])
            self.assert_grant_refused(self.refresh(self.client_id, one["refresh_token"]))

    def test_A39_unknown_token(self):
        """As good as ended."""
        for token in ("x", "a.b.c", "x" * 43):
            reply = self.revoke(token, token_type_hint="nonsense")
            self.assertEqual((reply.status_code, reply.text), (200, ""))
        self.assert_oauth_error(self.revoke(None), 400, "invalid_request")

    def test_A39_own_tokens_only(self):
        """Nobody ends what is another's."""
        other = self.register()["client_id"]
        for token in (self.told["access_token"], self.told["refresh_token"]):
            self.assertEqual(self.revoke(token, other).status_code, 400)
        self.assert_oauth_error(self.revoke(self.told["access_token"], "nobody"), 401,
                                "invalid_client")
        web = self.made()
        self.assert_oauth_error(self.revoke("x", web.id), 401, "invalid_client")
        self.assert_token_good(self.told["access_token"])
        self.assertEqual(self.refresh(self.client_id, self.told["refresh_token"]).status_code, 200)

    def test_client_ends_its_own_token(self):
        """A script that is done, too."""
        token = self.demo()
        reply = self.form(REVOKE, token=token, client_id=self.instance.demo.id,
                          client_secret=self.instance.demo.secret)
        self.assertEqual(reply.status_code, 200)
        self.assert_token_refused(token)


class Identity(oauth_case.OAuthCase):
    """Who the person is, as far as the scopes tell."""

    def setUp(self):
        super().setUp()
        self.client_id = self.register()["client_id"]
        self.name = case.unique("person")
        self.who = self.user("displayName=Alice A.", f"email={self.name}@example.org",
                             name=self.name)

    def told(self, scope, **parameters):
        """Tokens for a scope, and more parameters of the authorization request."""
        code = self.code(self.client_id, self.who, scope=scope, **parameters)
        return self.redeem(self.client_id, code).json()

    def userinfo(self, token, method="GET"):
        """The reply for a token."""
        return self.http.request(method, USERINFO, headers={"Authorization": f"Bearer {token}"})

    def test_id_token(self):
        """For this client, with the nonce, and of a type that opens nothing."""
        told = self.told("openid profile email", nonce="n-1")
        header, claims = forge.parts(told["id_token"])[:2]
        self.assertEqual(header["typ"], "JWT")
        self.assertEqual(claims["aud"], self.client_id)
        self.assertEqual(claims["iss"], self.http.url)
        self.assertEqual(claims["nonce"], "n-1")
        self.assertEqual(claims["name"], "Alice A.")
        self.assertEqual(claims["email"], f"{self.name}@example.org")
        self.assertEqual(claims["sub"], forge.parts(told["access_token"])[1]["sub"])
        self.assert_token_refused(told["id_token"])
        self.assertEqual(self.userinfo(told["id_token"]).status_code, 401)

    def test_R2_id_token_made_into_an_access_token(self):
        """Its payload under another header is not signed."""
        told = self.told("openid")
        payload, signature = told["id_token"].split(".")[1:]
        header = forge.parts(told["access_token"])[0]
        text = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
        self.assert_token_refused(f"{text}.{payload}.{signature}")

    def test_scopes_limit_the_claims(self):
        """openid alone tells an identifier."""
        told = self.told("openid")
        self.assertEqual(set(forge.parts(told["id_token"])[1]),
                         {"iss", "aud", "sub", "iat", "exp", "auth_time"})
        self.assertEqual(set(self.userinfo(told["access_token"]).json()), {"sub"})
        told = self.told("openid profile")
        self.assertEqual(set(self.userinfo(told["access_token"], "POST").json()),
                         {"sub", "name", "preferred_username"})

    def test_userinfo_needs_openid(self):
        """A token without it is told what to ask for."""
        for token in (self.told(case.READ)["access_token"], self.demo()):
            reply = self.userinfo(token)
            self.assertEqual(reply.status_code, 403)
            told = client.challenge(reply)
            self.assertEqual((told["error"], told["scope"]), ("insufficient_scope", "openid"))
        self.assertEqual(self.userinfo("x").status_code, 401)

    def test_identity_opens_no_tool(self):
        """A token about the person alone calls nothing."""
        token = self.told("openid profile email offline_access")["access_token"]
        self.assertEqual(self.http.rpc("tools/list", token=token).json()["result"]["tools"], [])
        reply = self.http.call_tool_reply(token, "get_applications")
        self.assertEqual(reply.status_code, 403)
