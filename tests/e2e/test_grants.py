"""Codes and refresh tokens at the token endpoint: A12 to A18, U8."""

import concurrent.futures
import glob

import browser
import case
import client
import forge
import oauth_case


class Code(oauth_case.OAuthCase):
    """A code is good once, soon, and for whom it was given."""

    def setUp(self):
        super().setUp()
        self.client_id = self.register()["client_id"]
        self.who = self.user()

    def test_A12_bound_to_the_client(self):
        """Another client gets nothing for it, and does not use it up."""
        code = self.code(self.client_id, self.who)
        other = self.register()["client_id"]
        self.assert_grant_refused(self.redeem(other, code))
        made = self.made()
        self.assert_grant_refused(self.redeem(made.id, code, client_secret=made.secret))
        self.assertEqual(self.redeem(self.client_id, code).status_code, 200)

    def test_A12_bound_to_the_redirect_uri(self):
        """It must be the one of the authorization request."""
        code = self.code(self.client_id, self.who)
        for uri in (None, oauth_case.CALLBACK + "x", "http://127.0.0.1:1/callback"):
            with self.subTest(uri=uri):
                self.assert_grant_refused(self.redeem(self.client_id, code, redirect_uri=uri))
        self.assertEqual(self.redeem(self.client_id, code).status_code, 200)

    def test_A12_redirect_uri_left_out(self):
        """Left out in both requests, there is nothing to compare."""
        code = self.code(self.client_id, self.who, redirect_uri=None)
        reply = self.redeem(self.client_id, code, redirect_uri=None)
        self.assertEqual(reply.status_code, 200, reply.text)

    def test_A12_lives_a_minute(self):
        """Then it is gone."""
        code = self.code(self.client_id, self.who)
        row = self.instance.query("SELECT expires_at_s - strftime('%s', 'now') AS left "
                                  "FROM authorization_code ORDER BY expires_at_s DESC")[0]
        self.assertLessEqual(row["left"], 60)
        self.instance.change("UPDATE authorization_code SET expires_at_s = expires_at_s - 61")
        self.assert_grant_refused(self.redeem(self.client_id, code))

    def test_A12_A17_bound_to_the_resource(self):
        """The token request may repeat the resource, and name no other."""
        code = self.code(self.client_id, self.who, resource=self.http.mcp_url)
        self.assert_grant_refused(
            self.redeem(self.client_id, code, resource="https://elsewhere.example/"),
            "invalid_target")
        reply = self.redeem(self.client_id, code, resource=self.http.mcp_url)
        self.assertEqual(forge.parts(reply.json()["access_token"])[1]["aud"], self.http.mcp_url)

    def test_A13_replay_revokes(self):
        """A second use ends what the first one brought."""
        code = self.code(self.client_id, self.who)
        told = self.redeem(self.client_id, code).json()
        self.assert_token_good(told["access_token"])
        self.assert_grant_refused(self.redeem(self.client_id, code))
        self.assert_token_refused(told["access_token"])
        self.assert_grant_refused(self.refresh(self.client_id, told["refresh_token"]))

    def test_A13_late_replay_revokes(self):
        """When the code would have expired, too."""
        code = self.code(self.client_id, self.who)
        told = self.redeem(self.client_id, code).json()
        self.instance.change("UPDATE authorization_code SET expires_at_s = expires_at_s - 61")
        self.assert_grant_refused(self.redeem(self.client_id, code))
        self.assert_token_refused(told["access_token"])
        self.assert_grant_refused(self.refresh(self.client_id, told["refresh_token"]))

    def test_A13_a_refusal_is_no_replay(self):
        """Who is kept out gets nothing, and nobody is told of a theft."""
        code = self.code(self.client_id, self.who)
        name = self.who.partition("/")[2]
        self.instance.change("UPDATE user SET is_forbidden = 1 WHERE name = ?", name)
        reply = self.redeem(self.client_id, code)
        self.assert_grant_refused(reply)
        self.assertNotIn("used already", reply.json()["error_description"])
        self.assertEqual(self.instance.query(
            "SELECT * FROM audit WHERE tool = 'token_replay' AND client_id = ?",
            self.client_id), [])
        self.instance.change("UPDATE user SET is_forbidden = 0 WHERE name = ?", name)
        self.assertEqual(self.redeem(self.client_id, code).status_code, 200)

    def test_A13_replay_without_the_verifier_revokes_nothing(self):
        """Who has only the code can't end the tokens of who had the verifier."""
        code = self.code(self.client_id, self.who)
        told = self.redeem(self.client_id, code).json()
        reply = self.redeem(self.client_id, code, code_verifier=browser.Pkce().verifier)
        self.assert_grant_refused(reply)
        self.assert_token_good(told["access_token"])

    def test_A13_redeemed_by_many_at_once(self):
        """One gets tokens, and then loses them."""
        code = self.code(self.client_id, self.who)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: self.redeem(self.client_id, code), range(8)))
        good = [reply for reply in replies if reply.status_code == 200]
        self.assertEqual(len(good), 1, [reply.text for reply in replies])
        for reply in replies:
            if reply not in good:
                self.assert_grant_refused(reply)
        self.assert_token_refused(good[0].json()["access_token"])

    def test_A14_verifier(self):
        """43 to 128 unreserved characters, and the one whose digest is the challenge."""
        code = self.code(self.client_id, self.who)
        for verifier in (None, "", "x" * 42, "x" * 129, "x" * 42 + "!", "x" * 42 + "\u00fc"):
            with self.subTest(verifier=verifier):
                self.assert_grant_refused(
                    self.redeem(self.client_id, code, code_verifier=verifier), "invalid_request")
        for verifier in (self.pkce.verifier[:-1] + "~", self.pkce.challenge, "x" * 128):
            with self.subTest(verifier=verifier):
                self.assert_grant_refused(
                    self.redeem(self.client_id, code, code_verifier=verifier))
        self.assertEqual(self.redeem(self.client_id, code).status_code, 200)

    def test_A12_unknown_code(self):
        """Missing, empty, made up."""
        for code in (None, ""):
            self.assert_grant_refused(self.redeem(self.client_id, code), "invalid_request")
        for code in ("x", "x" * 43, "'; --"):
            self.assert_grant_refused(self.redeem(self.client_id, code))

    def test_A5_confidential_client_authenticates(self):
        """Its secret is needed for a code, by any registered method."""
        made = self.made()
        code = self.code(made.id, self.who)
        self.assert_oauth_error(self.redeem(made.id, code), 401, "invalid_client")
        self.assert_oauth_error(self.redeem(made.id, code, client_secret="wrong"), 401,
                                "invalid_client")
        reply = self.redeem(made.id, code, client_secret=made.secret)
        self.assertEqual(reply.status_code, 200, reply.text)

    def test_A18_errors_hold_no_code(self):
        """No code, verifier or SQL in what is told."""
        code = self.code(self.client_id, self.who)
        reply = self.redeem(self.client_id, code, code_verifier="y" * 50)
        for secret in (code, "y" * 50, self.pkce.challenge, "SELECT", "sqlite"):
            self.assertNotIn(secret, reply.text)

    def test_codes_and_tokens_are_stored_as_digests(self):
        """Who reads the file can't use what is in it."""
        code = self.code(self.client_id, self.who)
        told = self.redeem(self.client_id, code).json()
        data = b""
        for path in glob.glob(self.instance.database + "*"):
            with open(path, "rb") as stored:
                data += stored.read()
        self.assertIn(self.who.encode().partition(b"/")[2], data)
        for secret in (code, told["refresh_token"], told["access_token"], oauth_case.PASSWORD):
            self.assertNotIn(secret.encode(), data)

    def test_disabled_user(self):
        """A code of a person who was disabled since is worth nothing."""
        code = self.code(self.client_id, self.who)
        self.instance.run("user", "disable", self.who, code=0)
        self.assert_grant_refused(self.redeem(self.client_id, code))

    def test_R1_claims_of_a_persons_token(self):
        """sub is the person, client_id the client; nothing personal."""
        told = self.tokens(self.client_id, self.who, scope=f"{case.READ} openid profile email")
        header, claims = forge.parts(told["access_token"])[:2]
        self.assertEqual(header["typ"], "at+jwt")
        self.assertEqual(set(claims), {"iss", "aud", "sub", "client_id", "organization", "scope",
                                       "jti", "iat", "exp", "auth_time"})
        self.assertEqual(claims["client_id"], self.client_id)
        self.assertTrue(claims["sub"].startswith("user:"))
        self.assertNotIn(self.who.partition("/")[2], str(claims))


class Refresh(oauth_case.OAuthCase):
    """A refresh token is good once, for one client, and for no more than it was given."""

    def setUp(self):
        super().setUp()
        self.client_id = self.register()["client_id"]
        self.who = self.user()

    def test_U8_given_when_registered(self):
        """And not when not."""
        self.assertIn("refresh_token", self.tokens(self.client_id, self.who))
        without = self.register(grant_types=["authorization_code"])["client_id"]
        self.assertNotIn("refresh_token", self.tokens(without, self.who))
        self.assert_grant_refused(self.refresh(without, "x"), "unauthorized_client")

    def test_A15_bound_to_the_client(self):
        """Another client gets nothing for it, and a confidential one authenticates."""
        token = self.tokens(self.client_id, self.who)["refresh_token"]
        self.assert_grant_refused(self.refresh(self.register()["client_id"], token))
        self.assertEqual(self.refresh(self.client_id, token).status_code, 200)
        made = self.made()
        token = self.tokens(made.id, self.who, client_secret=made.secret)["refresh_token"]
        self.assert_oauth_error(self.refresh(made.id, token), 401, "invalid_client")
        self.assertEqual(self.refresh(made.id, token, client_secret=made.secret).status_code, 200)

    def test_A15_rotation(self):
        """Each use gives the next; one that was used long ago ends the family."""
        first = self.tokens(self.client_id, self.who)
        second = self.refresh(self.client_id, first["refresh_token"]).json()
        third = self.refresh(self.client_id, second["refresh_token"]).json()
        self.assertEqual(len({one["refresh_token"] for one in (first, second, third)}), 3)
        self.instance.change("UPDATE refresh_token SET used_at_s = used_at_s - 31 "
                             "WHERE used_at_s IS NOT NULL")
        self.assert_grant_refused(self.refresh(self.client_id, first["refresh_token"]))
        self.assert_grant_refused(self.refresh(self.client_id, third["refresh_token"]))
        for one in (first, second, third):
            self.assert_token_refused(one["access_token"])

    def test_signed_in_when_it_was(self):
        """What comes of a refresh token tells when the person signed in, not when it was used."""
        told = self.tokens(self.client_id, self.who, scope=f"openid {case.READ}")
        before = forge.parts(told["id_token"])[1]["auth_time"]
        self.instance.change("UPDATE refresh_token SET signed_in_at_s = signed_in_at_s - 1000")
        for _ in range(2):
            told = self.refresh(self.client_id, told["refresh_token"]).json()
            for kind in ("access_token", "id_token"):
                self.assertEqual(forge.parts(told[kind])[1]["auth_time"], before - 1000)

    def test_A15_U8_two_windows_at_once(self):
        """A token that was used a moment ago is good once more."""
        token = self.tokens(self.client_id, self.who)["refresh_token"]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda _: self.refresh(self.client_id, token), range(4)))
        self.assertEqual([reply.status_code for reply in replies], [200] * 4)
        for reply in replies:
            told = reply.json()
            self.assert_token_good(told["access_token"])
            self.assertEqual(self.refresh(self.client_id, told["refresh_token"]).status_code, 200)

    def test_A15_U8_grace_has_an_end(self):
        """Half a minute after its use a token is good once more, then it is a stolen one."""
        first = self.tokens(self.client_id, self.who)
        self.assertEqual(self.refresh(self.client_id, first["refresh_token"]).status_code, 200)
        for back, status in ((20, 200), (11, 400)):
            self.instance.change(f"UPDATE refresh_token SET used_at_s = used_at_s - {back} "
                                 "WHERE used_at_s IS NOT NULL")
            reply = self.refresh(self.client_id, first["refresh_token"])
            self.assertEqual(reply.status_code, status, reply.text)
        self.assert_token_refused(first["access_token"])

    def test_A16_never_wider(self):
        """Narrower is fine, for this access token; wider is not."""
        token = self.tokens(self.client_id, self.who, scope=case.READ)["refresh_token"]
        self.assert_grant_refused(self.refresh(self.client_id, token, scope=case.BOTH),
                                  "invalid_scope")
        self.assert_grant_refused(self.refresh(self.client_id, token, scope="read"),
                                  "invalid_scope")
        both = self.tokens(self.client_id, self.who, scope=case.BOTH)["refresh_token"]
        narrow = self.refresh(self.client_id, both, scope=case.READ).json()
        self.assertEqual(narrow["scope"], case.READ)
        again = self.refresh(self.client_id, narrow["refresh_token"]).json()
        self.assertEqual(again["scope"], case.BOTH)

    def test_A16_no_other_resource(self):
        """The resource stays."""
        token = self.tokens(self.client_id, self.who)["refresh_token"]
        self.assert_grant_refused(
            self.refresh(self.client_id, token, resource="https://elsewhere.example/"),
            "invalid_target")

    def test_A15_expired_and_unknown(self):
        """No token, and no family that ends."""
        told = self.tokens(self.client_id, self.who)
        for token in ("x", "x" * 43, told["access_token"]):
            self.assert_grant_refused(self.refresh(self.client_id, token))
        self.assert_grant_refused(self.refresh(self.client_id, ""), "invalid_request")
        self.instance.change("UPDATE refresh_token SET expires_at_s = 1")
        self.assert_grant_refused(self.refresh(self.client_id, told["refresh_token"]))
        self.assert_token_good(told["access_token"])

    def test_user_who_lost_scopes(self):
        """What the person may do now counts, for tokens there are and those to come."""
        told = self.tokens(self.client_id, self.who, scope=case.BOTH)
        self.instance.change("UPDATE user SET scope = 'read:application' WHERE name = ?",
                             self.who.partition("/")[2])
        again = self.refresh(self.client_id, told["refresh_token"]).json()
        for token in (told["access_token"], again["access_token"]):
            reply = self.http.call_tool_reply(token, "add_application", {
                "application": {"owner": "my-org", "name": "x"}})
            self.assertEqual(reply.status_code, 403)

    def test_R6_disabled_user_stops_at_once(self):
        """Access and refresh tokens; enabling does not bring them back."""
        told = self.tokens(self.client_id, self.who)
        self.assert_token_good(told["access_token"])
        self.instance.run("user", "disable", self.who, code=0)
        self.assert_token_refused(told["access_token"])
        self.assert_grant_refused(self.refresh(self.client_id, told["refresh_token"]))
        self.instance.run("user", "enable", self.who, code=0)
        self.assert_token_refused(told["access_token"])
        self.assert_grant_refused(self.refresh(self.client_id, told["refresh_token"]))

    def test_R6_forbidden_by_hand(self):
        """A person with sqlite3 can stop a user too."""
        told = self.tokens(self.client_id, self.who)
        self.instance.change("UPDATE user SET is_forbidden = 1 WHERE name = ?",
                             self.who.partition("/")[2])
        self.assert_token_refused(told["access_token"])
        self.assert_grant_refused(self.refresh(self.client_id, told["refresh_token"]))

    def test_R6_client_of_another_organisation(self):
        """Who may not sign in to a client any more has lent it nothing either."""
        made = self.made()
        secret = {"client_secret": made.secret}
        told = self.tokens(made.id, self.who, **secret)
        code = self.code(made.id, self.who, scope=case.READ)
        self.assert_token_good(told["access_token"])
        self.instance.change("UPDATE application SET organization = 'built-in'"
                             " WHERE client_id = ?", made.id)
        self.assert_token_refused(told["access_token"])
        for token in (told["access_token"], told["refresh_token"]):
            reply = self.form(oauth_case.INTROSPECT, client_id=made.id, token=token, **secret)
            self.assertEqual(reply.json(), {"active": False})
        self.assert_grant_refused(self.refresh(made.id, told["refresh_token"], **secret))
        self.assert_grant_refused(self.redeem(made.id, code, **secret))


class Left(oauth_case.OAuthCase):
    """What was granted is issued as far as client and person have it when it is issued."""

    GRANTED = "openid application:write read email"
    REGISTERED = "read write openid email"
    ROWS = (  # what the client is registered for, what the person has, what is left
        (REGISTERED, "admin", GRANTED),
        ("admin email", "admin", "application:write read email"),
        (f"{case.READ} openid email", "admin", f"openid {case.READ} email"),
        ("write:application", "admin", "application:write"),
        (REGISTERED, case.READ, f"openid {case.READ} email"),
        (REGISTERED, "", "openid email"),
        (f"{case.WRITE} email", case.READ, "email"),
        ("read", "write", None),
        ("", "admin", None),
    )

    def setUp(self):
        super().setUp()
        self.web = self.made()
        self.registered(self.web.id, self.REGISTERED)
        self.who = self.user(scope="admin")

    def check(self, ask):
        """Ask for tokens in each state of client and person."""
        for registered, held, left in self.ROWS:
            with self.subTest(registered=registered, held=held):
                reply = ask(registered, held)
                if left is None:
                    self.assert_oauth_error(reply, 400, "invalid_scope")
                else:
                    self.assertEqual(self.scope_of(reply), left)

    def now(self, registered, held):
        """What client and person have from now on."""
        self.registered(self.web.id, registered)
        self.holds(self.who, held)

    def test_A12_code(self):
        """A code was for what was granted a minute ago; one that brings nothing stays."""
        person = self.person()

        def ask(registered, held):
            self.now(self.REGISTERED, "admin")
            code = self.code(self.web.id, self.who, person, scope=self.GRANTED)
            self.now(registered, held)
            reply = self.redeem(self.web.id, code, client_secret=self.web.secret)
            if reply.status_code == 400:
                self.now(self.REGISTERED, held)
                self.holds(self.who, "admin")
                again = self.redeem(self.web.id, code, client_secret=self.web.secret)
                self.assertEqual(self.scope_of(again), self.GRANTED)
            return reply

        self.check(ask)

    def test_A16_refresh_token(self):
        """A refresh token lives longer; it keeps what was granted, for what is given back."""
        token = self.tokens(self.web.id, self.who, scope=self.GRANTED,
                            client_secret=self.web.secret)["refresh_token"]

        def ask(registered, held):
            nonlocal token
            self.now(registered, held)
            reply = self.refresh(self.web.id, token, client_secret=self.web.secret)
            token = reply.json().get("refresh_token", token)
            return reply

        self.check(ask)
        self.assertEqual(self.scope_of(ask(self.REGISTERED, "admin")), self.GRANTED)

    def test_A16_asking_for_what_is_gone(self):
        """The rest is issued when there is one; what was never granted is refused as ever."""
        token = self.tokens(self.web.id, self.who, scope=self.GRANTED,
                            client_secret=self.web.secret)["refresh_token"]
        self.now(f"{case.READ} read:user openid", f"{case.BOTH} read:user")
        for asked, left in (("write:application", None), ("email", None),
                            ("email write:application", None), ("openid read:token", "openid"),
                            ("read", f"{case.READ} read:user"),
                            ("write:application application:read", "application:read"),
                            ("openid write", None), ("openid profile", None)):
            with self.subTest(asked=asked):
                reply = self.refresh(self.web.id, token, scope=asked,
                                     client_secret=self.web.secret)
                if left is None:
                    self.assert_grant_refused(reply, "invalid_scope")
                else:
                    self.assertEqual(self.scope_of(reply), left)

    def test_denied_by_a_permission(self):
        """What a permission denies is no more in the token than at the MCP endpoint."""
        told = self.tokens(self.web.id, self.who, scope="application:write application:read",
                           client_secret=self.web.secret)
        self.instance.run("permission", "add", f"my-org/{case.unique('deny')}", "effect=Deny",
                          'scopes=["write:application"]', f'users=["{self.who}"]', code=0)
        reply = self.refresh(self.web.id, told["refresh_token"], client_secret=self.web.secret)
        self.assertEqual(self.scope_of(reply), "application:read")


class Clients(oauth_case.OAuthCase):
    """Who may use which grant by which method: A7, A10, A34."""

    def test_A7_public_client_has_no_client_credentials(self):
        """Whatever its row says."""
        made = self.instance.application(
            f"my-org/{case.unique('public')}", "tokenEndpointAuthMethod=none",
            'grantTypes=["client_credentials"]', 'scopes=[{"name":"read:application"}]')
        reply = self.http.token_reply(None, client_id=made.id)
        self.assert_oauth_error(reply, 400, "unauthorized_client")
        reply = self.http.token_reply(made)
        self.assert_oauth_error(reply, 401, "invalid_client")

    def test_A7_registered_method(self):
        """basic is not post, and a secret is not none."""
        rows = {"client_secret_basic": (True, False), "client_secret_post": (False, True)}
        for method, (basic, post) in rows.items():
            with self.subTest(method=method):
                made = self.instance.application(
                    f"my-org/{case.unique('method')}", f"tokenEndpointAuthMethod={method}",
                    'scopes=[{"name":"read:application"}]')
                self.assertEqual(self.http.token_reply(made, basic=True).status_code,
                                 200 if basic else 401)
                self.assertEqual(self.http.token_reply(made).status_code, 200 if post else 401)
                self.assert_oauth_error(self.http.token_reply(None, client_id=made.id), 401,
                                        "invalid_client")

    def test_A8_guessing_is_slowed(self):
        """A client's wrong secrets from an address; Retry-After says how long."""
        wrong = client.Credentials(self.instance.demo.id, "wrong")
        for _ in range(30):
            reply = self.http.token_reply(wrong)
            if reply.status_code == 429:
                break
        self.assertEqual(reply.status_code, 429, reply.text)
        self.assertEqual(reply.json()["error"], "temporarily_unavailable")
        self.assertGreater(int(reply.headers["Retry-After"]), 0)
        self.instance.change("UPDATE throttle SET failures = 30")
        self.assertEqual(self.http.token_reply(self.instance.demo).status_code, 429)
        self.assertEqual(self.http.token_reply(self.instance.admin).status_code, 200)
        self.instance.change("UPDATE throttle SET last_at_s = last_at_s - 31")
        self.assertEqual(self.http.token_reply(self.instance.demo).status_code, 200)
        self.assertEqual(self.http.token_reply(wrong).status_code, 401)

    def test_A10_client_credentials_bring_no_more(self):
        """No refresh token, no ID token, no scopes about people."""
        made = self.made(grants=["client_credentials", "refresh_token"])
        told = self.http.token_reply(made).json()
        self.assertLessEqual(set(told), {"access_token", "token_type", "expires_in", "scope"})
        self.assertEqual(set(told["scope"].split()), set(case.BOTH.split()))
        self.assert_oauth_error(self.http.token_reply(made, scope="openid"), 400, "invalid_scope")
        self.assertEqual(forge.parts(told["access_token"])[1]["sub"], made.id)
