"""The authorization endpoint: A19 to A26 of a security review, and what goes right."""

import concurrent.futures
import html
import re
import threading
import urllib.parse

import browser
import case
import oauth_case
import servers
from oauth_case import CALLBACK


class Flow(oauth_case.OAuthCase):
    """From a URL to a tool call."""

    def test_code_flow_ends_with_a_tool_call(self):
        """Register, sign in, allow, redeem, call, refresh, call."""
        user = self.user()
        made = self.register()
        told = self.tokens(made["client_id"], user, scope=case.BOTH)
        self.assertEqual(told["token_type"], "Bearer")
        self.assertEqual(told["scope"], case.BOTH)
        added = self.add(told["access_token"])
        self.assertEqual(added["owner"], "my-org")
        again = self.refresh(made["client_id"], told["refresh_token"]).json()
        self.assertNotEqual(again["refresh_token"], told["refresh_token"])
        self.get(again["access_token"], f"my-org/{added['name']}")

    def test_user_limits_the_scopes(self):
        """The token gets what the user may hand on, and says so."""
        user = self.user(scope=case.READ)
        made = self.register()
        told = self.tokens(made["client_id"], user, scope=case.BOTH)
        self.assertEqual(told["scope"], case.READ)
        reply = self.http.call_tool_reply(told["access_token"], "add_application", {
            "application": {"owner": "my-org", "name": "x"}})
        self.assertEqual(reply.status_code, 403)

    def test_no_scope_is_what_the_user_has(self):
        """Without scope the token gets the tools' scopes, none about the person."""
        made = self.register()
        told = self.tokens(made["client_id"], self.user(), scope=None)
        self.assertEqual(set(told["scope"].split()), set(case.BOTH.split()))
        self.assertNotIn("id_token", told)

    def test_token_reaches_the_organisation_of_the_user(self):
        """A client of nobody's gets what its user reaches, and no more."""
        self.instance.run("organization", "add", "org-of-eve")
        made = self.register()
        mine = self.tokens(made["client_id"], self.user(), scope=case.BOTH)["access_token"]
        hers = self.tokens(made["client_id"], self.user(organization="org-of-eve"),
                           scope=case.BOTH)["access_token"]
        name = self.add(mine)["name"]
        self.assert_tool_fails(hers, "get_application", {"id": f"my-org/{name}"})
        self.assert_tool_fails(hers, "delete_application", {"id": f"my-org/{name}"})
        self.get(mine, f"my-org/{name}")

    def test_step_up(self):
        """A second request for more scopes brings them; the consent page asks again."""
        user, person = self.user(), self.person()
        made = self.made()
        self.code(made.id, user, person, scope=case.READ)
        reply = person.open(self.url(made.id, scope=case.READ))
        self.assertIn("code", browser.parameters(reply))
        reply = person.open(self.url(made.id, scope=case.BOTH))
        self.assertEqual(reply.status_code, 200)
        self.assertIn("Create, change and delete", person.page.text)

    def test_post_request_becomes_a_get(self):
        """OpenID Connect Core section 3.1.2.1: the request itself may be a POST."""
        made = self.register()
        query = self.url(made["client_id"]).partition("?")[2]
        reply = self.http.request("POST", oauth_case.AUTHORIZE, data=query, headers={
            "Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(reply.status_code, 303)
        self.assertEqual(reply.headers["Location"],
                         f"{self.http.url}{oauth_case.AUTHORIZE}?{query}")


class Requests(oauth_case.OAuthCase):
    """What a client may ask for, and how it is told."""

    def setUp(self):
        super().setUp()
        self.client_id = self.register()["client_id"]

    def ask(self, **parameters):
        """GET the endpoint with a request that has these parameters."""
        return self.http.get(self.url(self.client_id, **parameters))

    def test_A19_A20_redirect_uris(self):
        """Exact, but for the port of a loopback address."""
        good = {"http://127.0.0.1:7777/callback", "http://127.0.0.1:1/callback",
                "http://127.0.0.1/callback"}
        bad = {"http://127.0.0.1:7777/callback/", "http://127.0.0.1:7777/Callback",
               "http://127.0.0.1:7777/callback?x=1", "http://127.0.0.1:7777/callback#x",
               "http://localhost:7777/callback", "https://127.0.0.1:7777/callback",
               "http://127.0.0.2:7777/callback", "http://127.0.0.1:7777/callback/../callback",
               "http://user@127.0.0.1:7777/callback", "http://127.0.0.1:7777",
               "http://127.0.0.1.evil.example:7777/callback", "//127.0.0.1:7777/callback",
               "javascript:alert(1)", "http://evil.example/callback", "x" * 600}
        for uri in good:
            with self.subTest(uri=uri):
                self.assertEqual(self.ask(redirect_uri=uri).status_code, 200)
        for uri in bad:
            with self.subTest(uri=uri):
                self.assert_page_error(self.ask(redirect_uri=uri))

    def test_A19_https_port_is_exact(self):
        """The port may differ on loopback addresses only."""
        client_id = self.register(redirect_uris=["https://app.example/cb"])["client_id"]
        good = self.http.get(self.url(client_id, redirect_uri="https://app.example/cb"))
        self.assertEqual(good.status_code, 200)
        self.assert_page_error(
            self.http.get(self.url(client_id, redirect_uri="https://app.example:8443/cb")))

    def test_A19_redirect_uri_left_out(self):
        """It may be left out if there is one; not if there are two."""
        self.assertEqual(self.ask(redirect_uri=None).status_code, 200)
        two = self.register(redirect_uris=[CALLBACK, CALLBACK + "2"])["client_id"]
        self.assert_page_error(self.http.get(self.url(two, redirect_uri=None)))

    def test_A20_bad_client(self):
        """An error page, never a redirect."""
        for client_id in ("nobody", "", None, "x" * 5000, "' OR 1=1 --", "https://evil.example/c"):
            with self.subTest(client_id=client_id):
                reply = self.http.get(self.url(client_id))
                self.assert_page_error(reply)
                self.assertNotIn("evil.example", reply.headers.get("Location", ""))

    def test_A20_repeated_parameter(self):
        """Two values of one parameter are for the person to see."""
        self.assert_page_error(self.http.get(self.url(self.client_id) + "&state=2"))
        self.assert_page_error(self.http.get(self.url(self.client_id) +
                                             "&redirect_uri=https%3A%2F%2Fevil.example"))

    def test_A20_error_of_a_client_that_nobody_vouches_for(self):
        """Sends to another site whoever has signed in; others see where it would (RFC 9700)."""
        site = "https://app.example/cb"
        stranger = self.register(redirect_uris=[site], client_name="<Evil & Co>")["client_id"]
        for change, error in (({"scope": "nonsense"}, "invalid_scope"),
                              ({"response_type": "token"}, "unsupported_response_type"),
                              ({"prompt": "none"}, "login_required"),
                              ({"code_challenge": None}, "invalid_request")):
            url = self.url(stranger, redirect_uri=site, **change)
            with self.subTest(change=change):
                reply = self.http.get(url)
                self.assert_page_error(reply)
                self.assertIn("app.example", browser.Page(reply).text)
                self.assertIn("<Evil & Co>", browser.Page(reply).text)
                self.assertNotIn("<Evil", reply.text)
                link = html.unescape(re.search('<a href="([^"]*)"', reply.text)[1])
                told = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query))
                self.assertTrue(link.startswith(site + "?"), link)
                self.assertEqual((told["error"], told["state"], told["iss"]),
                                 (error, "st&te=1", self.http.url))
        person = self.person()
        person.open("/account")
        person.sign_in(self.user())
        reply = person.open(self.url(stranger, redirect_uri=site, scope="nonsense"))
        self.assertEqual(browser.parameters(reply)["error"], "invalid_scope")
        self.assertTrue(reply.headers["Location"].startswith(site + "?"))

    def test_A20_error_of_a_client_of_the_administrator(self):
        """Goes back by itself, whoever it is."""
        site = "https://shop.example/cb"
        made = self.made(redirect=site)
        reply = self.http.get(self.url(made.id, redirect_uri=site, scope="nonsense"))
        self.assertTrue(reply.headers["Location"].startswith(site + "?"))
        self.assertEqual(browser.parameters(reply)["error"], "invalid_scope")

    def test_A21_pkce(self):
        """S256 for every code."""
        for change in ({"code_challenge": None}, {"code_challenge_method": None},
                       {"code_challenge_method": "plain"}, {"code_challenge_method": "s256"},
                       {"code_challenge": "short"}, {"code_challenge": "x" * 44},
                       {"code_challenge": "!" * 43}):
            with self.subTest(change=change):
                self.assert_redirect_error(self.ask(**change), "invalid_request")

    def test_A21_confidential_clients_too(self):
        """A secret is no reason to do without."""
        made = self.made()
        self.assert_redirect_error(
            self.http.get(self.url(made.id, code_challenge=None)), "invalid_request")

    def test_A23_errors_to_the_client(self):
        """response_type, response_mode, scope, resource, request objects."""
        rows = [({"response_type": "token"}, "unsupported_response_type"),
                ({"response_type": "code id_token"}, "unsupported_response_type"),
                ({"response_type": None}, "invalid_request"),
                ({"response_mode": "fragment"}, "invalid_request"),
                ({"response_mode": "form_post"}, "invalid_request"),
                ({"scope": "read:nonsense"}, "invalid_scope"),
                ({"scope": "nonsense"}, "invalid_scope"),
                ({"resource": "https://elsewhere.example/api/mcp"}, "invalid_target"),
                ({"resource": "relative"}, "invalid_target"),
                ({"request": "eyJ"}, "request_not_supported"),
                ({"request_uri": "https://evil.example/r"}, "request_uri_not_supported"),
                ({"prompt": "none login"}, "invalid_request"),
                ({"prompt": "none"}, "login_required"),
                ({"max_age": "-1"}, "invalid_request"),
                ({"max_age": "1000000000"}, "invalid_request"),
                ({"nonce": "n" * 256}, "invalid_request")]
        for change, error in rows:
            with self.subTest(change=change):
                self.assert_redirect_error(self.ask(**change), error)

    def test_A23_scope_that_is_not_registered(self):
        """A client of an administrator gets registered scopes only."""
        made = self.instance.application(
            f"my-org/{case.unique('narrow')}", f'redirectUris=["{CALLBACK}"]',
            'grantTypes=["authorization_code"]', 'scopes=[{"name":"read:application"}]')
        self.assert_redirect_error(self.http.get(self.url(made.id, scope=case.BOTH)),
                                   "invalid_scope")

    def test_A23_description_is_plain(self):
        """RFC 6749 section 4.1.2.1: ASCII without quote and backslash."""
        reply = self.ask(scope='a"b\\c\u00e9')
        self.assert_redirect_error(reply, "invalid_scope")
        self.assertEqual(browser.parameters(reply)["error_description"],
                         "The client is not registered for scope a?b?c??.")

    def test_A23_grant_that_is_not_registered(self):
        """Client credentials are no reason to send people around."""
        self.assert_page_error(self.http.get(self.url(self.instance.demo.id)))
        made = self.made(grants=["client_credentials"])
        self.assert_redirect_error(self.http.get(self.url(made.id)), "unauthorized_client")

    def test_A22_A23_state_and_iss(self):
        """state comes back once and unchanged, iss with success and error."""
        user, person = self.user(), self.person()
        state = "a b+c%20&=?/\"'<>\u00fc"
        person.open(self.url(self.client_id, state=state))
        person.sign_in(user)
        reply = person.decide()
        told = browser.parameters(reply)
        self.assertEqual(told["state"], state)
        self.assertEqual(told["iss"], self.http.url)
        self.assertEqual(set(told), {"code", "state", "iss"})
        reply = self.ask(state=None, response_type="x")
        self.assertNotIn("state", browser.parameters(reply))
        document = self.http.get("/.well-known/oauth-authorization-server").json()
        self.assertIs(document["authorization_response_iss_parameter_supported"], True)
        self.assertEqual(document["issuer"], told["iss"])

    def test_long_state(self):
        """As long as may be, with every character escaped on its way back."""
        state = "\"" * 2000
        reply = self.ask(state=state, response_type="x")
        self.assertEqual(browser.parameters(reply)["state"], state)

    def test_A22_U10_iss_with_an_error(self):
        """The client can tell whose error it is."""
        self.assert_redirect_error(self.ask(response_type="x"), "unsupported_response_type")

    def test_U7_desktop_redirects(self):
        """Private-use schemes and loopback addresses work; schemes that run do not."""
        for uri in ("cursor://anysphere.cursor-retrieval/oauth/cb", "com.example.app:/cb",
                    "http://localhost/cb", "http://[::1]/cb", "vscode://x/y"):
            with self.subTest(uri=uri):
                client_id = self.register(redirect_uris=[uri])["client_id"]
                person, user = self.person(), self.user()
                asked = uri.replace("/cb", ":4321/cb") if uri.startswith("http://") else uri
                reply = person.open(self.url(client_id, redirect_uri=asked))
                self.assertEqual(reply.status_code, 200, reply.text)
                person.sign_in(user)
                reply = person.decide()
                self.assertTrue(reply.headers["Location"].startswith(asked + "?"), reply.headers)


class SignIn(oauth_case.OAuthCase):
    """Names, passwords and sessions."""

    def setUp(self):
        super().setUp()
        self.client_id = self.register()["client_id"]

    def test_A24_credentials_are_answered_with_303(self):
        """No browser sends the password again to where it is redirected."""
        user, person = self.user(), self.person()
        person.open(self.url(self.client_id))
        reply = person.submit(username=user, password=oauth_case.PASSWORD, action="sign-in")
        self.assertEqual(reply.status_code, 303)
        self.assertTrue(reply.headers["Location"].startswith(self.http.url))
        person.follow(reply)
        reply = person.submit(action="allow")
        self.assertEqual(reply.status_code, 303)

    def test_A26_wrong_password_and_unknown_user(self):
        """They look alike."""
        texts = set()
        for username in (self.user(), "my-org/nobody", "nobody", "nobody@example.org", "a/b/c"):
            person = self.person()
            person.open(self.url(self.client_id))
            reply = person.sign_in(username, "wrong password")
            self.assertEqual(reply.status_code, 403)
            texts.add(person.page.text)
        self.assertEqual(len(texts), 1, texts)

    def test_A26_failures_are_slowed(self):
        """After a few failures the right password waits too; known and unknown names alike."""
        for username in (self.user(), "my-org/nobody-at-all"):
            with self.subTest(username=username):
                self.instance.change("DELETE FROM throttle")
                person = self.person()
                person.open(self.url(self.client_id))
                for _ in range(20):
                    reply = person.sign_in(username, "wrong password")
                    if reply.status_code == 429:
                        break
                self.assertEqual(reply.status_code, 429)
                self.assertGreater(int(reply.headers["Retry-After"]), 0)
                self.instance.change("UPDATE throttle SET failures = 15")
                reply = person.sign_in(username, oauth_case.PASSWORD)
                self.assertEqual(reply.status_code, 429)
                self.assertIn("Too many attempts", person.page.text)

    def fail_as(self, *spellings):
        """Wrong passwords for these names, one after the other; the statuses."""
        person = self.person()
        person.open(self.url(self.client_id))
        return [person.sign_in(one, "wrong password").status_code for one in spellings]

    def lock(self):
        """Make those wait long for whom a failure is on record."""
        self.instance.change("UPDATE throttle SET failures = 15 WHERE key LIKE 'user %'")

    def test_A26_spellings_tell_nothing(self):
        """Failures under one spelling of a name show under no other that somebody has it."""
        name = case.unique("spelled")
        self.user(f"email={name}@example.org", name=name)
        row = self.instance.query("SELECT id FROM user WHERE name = ?", name)[0]["id"]
        for who in (name, case.unique("nobody")):
            with self.subTest(who=who):
                self.instance.change("DELETE FROM throttle")
                self.assertEqual(self.fail_as(f"my-org/{who}"), [403])
                self.lock()
                self.assertEqual(self.fail_as(f"my-org/{who}", who, f"{who}@example.org",
                                              f"my-org/{who} #{row}", f"my-org/{who} #0"),
                                 [429, 403, 403, 403, 403])

    def test_A26_one_spelling_in_any_case(self):
        """The case of an address gives no new tries."""
        name = case.unique("cased")
        self.user(f"email={name}@example.org", name=name)
        self.assertEqual(self.fail_as(f"{name}@example.org"), [403])
        self.lock()
        self.assertEqual(self.fail_as(f"{name.upper()}@example.org", f"{name}@Example.Org"),
                         [429, 429])

    def test_A26_failures_of_an_address_are_slowed(self):
        """One address can't try many names."""
        person = self.person()
        person.open(self.url(self.client_id))
        for number in range(40):
            reply = person.sign_in(f"my-org/guess-{number}", "wrong password")
            if reply.status_code == 429:
                break
        self.assertEqual(reply.status_code, 429)
        self.assertGreaterEqual(number, 20)

    def test_A26_session_changes_at_sign_in(self):
        """A cookie that was planted before is worth nothing after."""
        user, person = self.user(), self.person()
        person.open(self.url(self.client_id))
        before = dict(person.session.cookies)
        person.sign_in(user)
        after = dict(person.session.cookies)
        self.assertNotEqual(before, after)
        stranger = self.person()
        stranger.session.cookies.update(before)
        stranger.open(self.url(self.client_id))
        self.assertIn("password", stranger.page.forms[0]["fields"])
        rows = self.instance.query("SELECT id_sha256 FROM session")
        self.assertFalse(set(after.values()) & {row["id_sha256"] for row in rows})

    def test_A26_signing_in_again_ends_the_session_before(self):
        """Its cookie opens nothing any more."""
        user, person = self.user(), self.person()
        person.open("/account")
        person.sign_in(user)
        before = dict(person.session.cookies)
        person.open(self.url(self.client_id, prompt="login"))
        person.sign_in(user)
        stranger = self.person()
        stranger.session.cookies.update(before)
        stranger.open("/account")
        self.assertIn("password", stranger.page.forms[0]["fields"])
        person.open("/account")
        self.assertIn(user, person.page.text)

    def test_ways_to_say_who_one_is(self):
        """Organisation and name, name alone, e-mail address in any case."""
        name = case.unique("named")
        self.user(f"email={name}@example.org", name=name)
        for username in (f"my-org/{name}", name, f"{name}@example.org",
                         f"{name.upper()}@Example.Org"):
            with self.subTest(username=username):
                person = self.person()
                person.open(self.url(self.client_id))
                person.sign_in(username)
                self.assertIn(f"my-org/{name}", person.page.text)

    def test_name_of_two_organisations(self):
        """A name alone is nobody when two have it, but for a client of one of them."""
        name = case.unique("twin")
        self.instance.run("organization", "add", "org-of-twins")
        self.user(name=name)
        self.user(name=name, organization="org-of-twins")
        person = self.person()
        person.open(self.url(self.client_id))
        self.assertEqual(person.sign_in(name).status_code, 403)
        person.open(self.url(self.made().id))
        person.sign_in(name)
        self.assertIn(f"my-org/{name}", person.page.text)

    def test_user_of_another_organisation(self):
        """A client of one organisation lets in nobody else's people."""
        self.instance.run("organization", "add", "org-of-strangers")
        user, person = self.user(organization="org-of-strangers"), self.person()
        person.open(self.url(self.made().id))
        reply = person.sign_in(user)
        self.assertEqual(reply.status_code, 403)
        self.assertIn("not of the organisation", person.page.text)
        reply = person.send("GET", self.url(self.made().id, prompt="none"))
        self.assert_redirect_error(reply, "login_required")

    def test_session_that_ended(self):
        """Idle too long, or older than it may be: sign in again."""
        user = self.user()
        for change in ("seen_at_s = seen_at_s - 3700", "expires_at_s = 1"):
            with self.subTest(change=change):
                person = self.person()
                person.open(self.url(self.client_id))
                person.sign_in(user)
                self.instance.change(f"UPDATE session SET {change}")
                reply = person.submit(action="allow")
                self.assertEqual(reply.status_code, 200)
                self.assertIn("password", person.page.forms[0]["fields"])

    def test_disabled_user(self):
        """No sign-in, and no going on with the session there is."""
        user, person = self.user(), self.person()
        person.open(self.url(self.client_id))
        person.sign_in(user)
        self.instance.run("user", "disable", user, code=0)
        person.submit(action="allow")
        self.assertIn("password", person.page.forms[0]["fields"])
        self.assertEqual(person.sign_in(user).status_code, 403)
        self.instance.run("user", "enable", user, code=0)
        self.assertEqual(person.sign_in(user).status_code, 200)

    def test_user_or_organisation_switched_off_by_hand(self):
        """Whoever does it with sqlite3: the next request finds nobody signed in."""
        self.instance.run("organization", "add", "org-off", code=0)
        user = self.user(organization="org-off")
        for change in ("UPDATE user SET is_forbidden = {} WHERE owner = 'org-off'",
                       "UPDATE organization SET disable_signin = {} WHERE name = 'org-off'"):
            with self.subTest(change=change):
                person = self.person()
                person.open("/account")
                person.sign_in(user)
                self.instance.change(change.format(1))
                person.open("/account")
                self.assertIn("password", person.page.forms[0]["fields"])
                self.assertEqual(person.sign_in(user).status_code, 403)
                self.instance.change(change.format(0))

    def test_new_password_ends_sessions(self):
        """Who knew the old one is out."""
        user, person = self.user(), self.person()
        person.open(self.url(self.client_id))
        person.sign_in(user)
        self.instance.run("user", "set-password", user, code=0, data=b"battery staple\n")
        person.submit(action="allow")
        self.assertIn("password", person.page.forms[0]["fields"])
        self.assertEqual(person.sign_in(user).status_code, 403)
        self.assertEqual(person.sign_in(user, "battery staple").status_code, 200)

    def test_new_password_while_signing_in(self):
        """Who begins with the old one is not signed in once the new one is there."""
        for number in range(5):
            with self.subTest(number=number):
                user, begun = self.user(), threading.Event()
                with concurrent.futures.ThreadPoolExecutor(2) as pool:
                    running = [pool.submit(self.sign_in_until_refused, user, begun)
                               for _ in range(2)]
                    begun.wait(servers.patient(30))
                    self.instance.run("user", "set-password", user, code=0,
                                      data=b"battery staple\n")
                    self.assertEqual({one.result() for one in running}, {403})
                rows = self.instance.query("SELECT 1 FROM session JOIN user ON user.id = user_id"
                                           " WHERE owner || '/' || user.name = ?", user)
                self.assertEqual(len(rows), 0)

    def sign_in_until_refused(self, user, begun):
        """Sign in with one browser after the other; the status of the first refusal."""
        while True:
            person = self.person()
            person.open("/account")
            reply = person.sign_in(user)
            begun.set()
            if reply.status_code != 200:
                return reply.status_code

    def test_prompt_and_max_age(self):
        """login asks for the password once more, consent for the yes; max_age when it is old."""
        user, person = self.user(), self.person()
        made = self.made()
        self.code(made.id, user, person)
        person.open(self.url(made.id, prompt="login"))
        self.assertIn("password", person.page.forms[0]["fields"])
        reply = person.sign_in(user)
        self.assertIn("code", browser.parameters(reply))
        reply = person.open(self.url(made.id, prompt="consent"))
        self.assertEqual(reply.status_code, 200)
        self.assertIn("Let this application in?", person.page.text)
        self.instance.change("UPDATE session SET signed_in_at_s = signed_in_at_s - 100")
        person.open(self.url(made.id, max_age="50"))
        self.assertIn("password", person.page.forms[0]["fields"])
        reply = person.submit(username=user, password=oauth_case.PASSWORD, action="sign-in")
        self.assertNotIn("max_age", reply.headers["Location"], "max_age=0 would never end")
        self.assertIn("code", browser.parameters(person.follow(reply)))
        reply = person.open(self.url(made.id, prompt="none"))
        self.assertIn("code", browser.parameters(reply))
        reply = person.open(self.url(made.id, prompt="none", scope=case.BOTH))
        self.assert_redirect_error(reply, "consent_required")

    def test_login_hint(self):
        """The name is there to begin with, as text."""
        person = self.person()
        person.open(self.url(self.client_id, login_hint='a"><script>alert(1)</script>'))
        self.assertEqual(person.page.forms[0]["fields"]["username"],
                         'a"><script>alert(1)</script>')
        self.assertNotIn("<script", person.page.reply.text)


class Consent(oauth_case.OAuthCase):
    """What the person is told, and what a form must carry."""

    def setUp(self):
        super().setUp()
        self.client_id = self.register(client_name="<b>Tom & \"Jerry\"</b>")["client_id"]

    def ask(self, client_id=None, user=None, **parameters):
        """A person in front of the consent page."""
        person = self.person()
        person.open(self.url(client_id or self.client_id, **parameters))
        person.sign_in(user or self.user())
        return person

    def test_A25_names_client_host_and_scopes(self):
        """In plain words, and as text."""
        person = self.ask(scope=case.BOTH + " openid email")
        self.assertIn('<b>Tom & "Jerry"</b>', person.page.text)
        self.assertNotIn("<b>", person.page.reply.text)
        self.assertIn("127.0.0.1", person.page.text)
        for words in ("See the applications", "Create, change and delete", "e-mail address"):
            self.assertIn(words, person.page.text)
        self.assertIn("nobody checked it", person.page.text)
        self.assertIn("st&te=1", urllib.parse.unquote(person.page.forms[0]["action"]))

    def test_A25_headers(self):
        """Strict policy, no framing, no referrer, nothing cached; on every page."""
        person = self.ask()
        for path in (self.url(self.client_id), self.url("nobody"), "/account", "/device", "/"):
            with self.subTest(path=path):
                reply = person.send("GET", path)
                policy = reply.headers["Content-Security-Policy"]
                for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'",
                             "form-action 'self'"):
                    self.assertIn(part, policy)
                self.assertNotIn("unsafe", policy)
                self.assertEqual(reply.headers["Referrer-Policy"], "no-referrer")
                self.assertEqual(reply.headers["X-Frame-Options"], "DENY")
                self.assertEqual(reply.headers["Cache-Control"], "no-store")
                self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff")
                self.assertNotIn("<script", reply.text)

    def test_A25_form_token(self):
        """No other site, and no other browser, can send the form."""
        user = self.user()
        for change in ("", None, "0" * 64, "token of another"):
            with self.subTest(change=change):
                person = self.ask(user=user)
                fields = person.page.forms[0]["fields"]
                fields["form_token"] = change
                if change is None:
                    del fields["form_token"]
                if change == "token of another":
                    fields["form_token"] = self.ask(user=user).page.forms[0]["fields"]["form_token"]
                self.assert_page_error(person.submit(action="allow"))

    def test_A25_form_without_cookie(self):
        """A browser that kept no cookie has said nothing; no other site can replace the cookie."""
        person = self.ask()
        person.session.cookies.clear()
        reply = person.submit(action="allow")
        self.assert_page_error(reply)
        self.assertNotIn("Set-Cookie", reply.headers)

    def test_cookie(self):
        """Not for scripts, not for other sites, for this host alone over https."""
        person = self.person()
        reply = person.open(self.url(self.client_id))
        cookie = reply.headers["Set-Cookie"]
        for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
            self.assertIn(part, cookie)
        self.assertNotIn("Domain", cookie)

    def test_denied(self):
        """The client is told, and nothing is kept."""
        user = self.user()
        person = self.ask(user=user)
        self.assert_redirect_error(person.submit(action="deny"), "access_denied")
        self.assertEqual(self.instance.query(
            "SELECT * FROM consent_readable WHERE user = ?", user), [])

    def test_unknown_action(self):
        """A form of ours has no other buttons."""
        person = self.ask()
        self.assert_redirect_error(person.submit(action="explode"), "invalid_request")

    def test_policy_of_the_application(self):
        """once remembers, always asks, never does not."""
        user, person = self.user(), self.person()
        asks = {"once": False, "always": True, "never": False}
        for policy, second in asks.items():
            with self.subTest(policy=policy):
                made = self.made(f"consentPolicy={policy}")
                reply = person.open(self.url(made.id))
                if "password" in (person.page.forms or [{"fields": {}}])[0]["fields"]:
                    reply = person.sign_in(user)
                self.assertEqual(reply.status_code, 303 if policy == "never" else 200)
                if policy != "never":
                    person.decide()
                reply = person.open(self.url(made.id))
                self.assertEqual(reply.status_code, 200 if second else 303)

    def test_a_yes_adds_to_earlier_ones(self):
        """Nobody is asked again for what was allowed in parts."""
        user, person = self.user(), self.person()
        made = self.made()
        for scope in (case.READ, "openid"):
            self.code(made.id, user, person, scope=scope)
        reply = person.open(self.url(made.id, scope=f"{case.READ} openid"))
        self.assertEqual(reply.status_code, 303, reply.text)
        self.assertIn("code", browser.parameters(reply))
        self.assertEqual(person.open(self.url(made.id, scope=case.BOTH)).status_code, 200)

    def test_client_of_its_own_making_is_always_asked_for(self):
        """No policy of an application lets in who registered itself without a yes."""
        made = self.register(redirect_uris=["https://app.example/callback"])["client_id"]
        self.instance.change("UPDATE application SET consent_policy = 'never' WHERE client_id = ?",
                             made)
        person = self.person()
        person.open(self.url(made, redirect_uri="https://app.example/callback"))
        reply = person.sign_in(self.user())
        self.assertEqual(reply.status_code, 200, reply.headers.get("Location"))
        self.assertEqual(person.page.forms[0]["fields"].get("password"), None)

    def test_public_loopback_client_is_asked_each_time(self):
        """Anybody can listen on a loopback port (RFC 8252 section 8.6)."""
        user, person = self.user(), self.person()
        self.code(self.client_id, user, person)
        self.assertEqual(person.open(self.url(self.client_id)).status_code, 200)

    def test_sign_in_as_somebody_else(self):
        """The session ends, the request goes on."""
        person = self.ask()
        person.follow(person.submit(action="switch"))
        self.assertIn("password", person.page.forms[0]["fields"])
        other = self.user()
        person.sign_in(other)
        self.assertIn(other, person.page.text)

    def test_user_without_scopes(self):
        """Nothing to grant: the client is told so."""
        person = self.person()
        person.open(self.url(self.client_id, scope="write:application"))
        self.assert_redirect_error(person.sign_in(self.user(scope=case.READ)), "access_denied")


class Account(oauth_case.OAuthCase):
    """What a person granted, and taking it back."""

    def test_list_and_revoke(self):
        """All that the client got ends at once."""
        user, person = self.user(), self.person()
        made = self.register(client_name="Revoked client")
        told = self.tokens(made["client_id"], user, person=person)
        self.assert_token_good(told["access_token"])
        person.open("/account")
        self.assertIn("Revoked client", person.page.text)
        reply = person.follow(person.submit(1, action="revoke"))
        self.assertEqual(reply.status_code, 200)
        self.assertIn("There are none.", person.page.text)
        self.assert_token_refused(told["access_token"])
        self.assert_grant_refused(self.refresh(made["client_id"], told["refresh_token"]))

    def test_sign_in_and_out(self):
        """The page asks who it is; after signing out the cookie opens nothing."""
        user, person = self.user(), self.person()
        person.open("/account")
        person.sign_in(user)
        self.assertIn(user, person.page.text)
        cookie = dict(person.session.cookies)
        person.submit(0, action="sign-out")
        self.assertIn("signed out", person.page.text)
        person.session.cookies.clear()
        person.session.cookies.update(cookie)
        person.open("/account")
        self.assertIn("password", person.page.forms[0]["fields"])

    def test_revoke_needs_the_form_token_and_a_session(self):
        """And touches nobody else's."""
        victim, made = self.user(), self.register()
        told = self.tokens(made["client_id"], victim)
        person = self.person()
        person.open("/account")
        person.sign_in(self.user())
        person.submit(0, action="revoke", client_id=made["client_id"])
        self.assert_token_good(told["access_token"])
        person.open("/account")
        person.page.forms[0]["fields"]["form_token"] = "x"
        self.assert_page_error(person.submit(0, action="sign-out"))
        stranger = self.person()
        stranger.open("/account")
        stranger.submit(0, action="revoke", client_id=made["client_id"])
        self.assertIn("Sign in", stranger.page.text)
        self.assert_token_good(told["access_token"])
        for bad in ("", "x", "0", "9" * 300):
            person.open("/account")
            self.assert_page_error(person.submit(0, action="revoke", client_id=bad))
