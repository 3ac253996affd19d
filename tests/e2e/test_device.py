"""The device authorization grant (RFC 8628), for terminals without a browser."""

import re

import case
import client
import oauth_case
from oauth_case import DEVICE, DEVICE_GRANT


class Device(oauth_case.OAuthCase):
    """A code here, a person there."""

    def setUp(self):
        super().setUp()
        self.client_id = self.register(grant_types=[DEVICE_GRANT, "refresh_token"],
                                       redirect_uris=None)["client_id"]

    def begin(self, **parameters):
        """Ask for a pair of codes."""
        reply = self.form(DEVICE, client_id=self.client_id,
                          **{"scope": case.READ, **parameters})
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        return reply.json()

    def poll(self, device_code, client_id=None):
        """What the terminal gets."""
        return self.form(client.TOKEN_PATH, grant_type=DEVICE_GRANT, device_code=device_code,
                         client_id=client_id or self.client_id)

    def answer(self, user_code, action, user=None):
        """A person signs in, types the code and decides; the last page."""
        person = self.person()
        person.open("/device")
        person.sign_in(user or self.user())
        person.follow(person.submit(user_code=user_code, action="find"))
        person.follow(person.submit(action=action))
        return person

    def test_allowed(self):
        """The terminal gets tokens, once."""
        told = self.begin()
        self.assertRegex(told["user_code"], "^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$")
        self.assertEqual(told["verification_uri"], self.http.url + "/device")
        self.assert_grant_refused(self.poll(told["device_code"]), "authorization_pending")
        person = self.answer(told["user_code"].lower().replace("-", " "), "allow")
        self.assertIn("Connected", person.page.text)
        reply = self.poll(told["device_code"])
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assert_token_good(reply.json()["access_token"])
        self.assertEqual(self.refresh(self.client_id,
                                      reply.json()["refresh_token"]).status_code, 200)
        self.assert_grant_refused(self.poll(told["device_code"]))

    def test_denied(self):
        """The terminal is told."""
        told = self.begin()
        self.answer(told["user_code"], "deny")
        self.assert_oauth_error(self.poll(told["device_code"]), 400, "access_denied")

    def test_slow_down(self):
        """Who asks too often waits longer."""
        told = self.begin()
        self.assert_grant_refused(self.poll(told["device_code"]), "authorization_pending")
        self.assert_grant_refused(self.poll(told["device_code"]), "slow_down")
        row = self.instance.query("SELECT interval_s FROM device_code WHERE user_code = ?",
                                  told["user_code"])[0]
        self.assertEqual(row["interval_s"], told["interval"] + 5)

    def test_expired(self):
        """For the terminal and for the person."""
        told = self.begin()
        self.instance.change("UPDATE device_code SET expires_at_s = 1")
        self.assert_grant_refused(self.poll(told["device_code"]), "expired_token")
        person = self.person()
        person.open("/device")
        person.sign_in(self.user())
        reply = person.submit(user_code=told["user_code"], action="find")
        self.assertEqual(reply.status_code, 404)
        self.assertIn("No device waits", person.page.text)

    def test_bound_to_the_client(self):
        """Another client gets nothing for it."""
        told = self.begin()
        self.answer(told["user_code"], "allow")
        other = self.register(grant_types=[DEVICE_GRANT], redirect_uris=None)["client_id"]
        self.assert_grant_refused(self.poll(told["device_code"], other))
        self.assertEqual(self.poll(told["device_code"]).status_code, 200)

    def test_person_sees_what_and_which(self):
        """The page shows client, scopes and the code; a link decides nothing by itself."""
        told = self.begin()
        person = self.person()
        person.open(told["verification_uri_complete"])
        person.sign_in(self.user())
        self.assertEqual(person.page.forms[0]["fields"]["user_code"], told["user_code"])
        self.assert_grant_refused(self.poll(told["device_code"]), "authorization_pending")
        person.submit(action="find")
        for words in ("A test client", "See the applications", told["user_code"]):
            self.assertIn(words, person.page.text)

    def test_guessing_codes_is_slowed(self):
        """A person who types one after the other has to wait."""
        person = self.person()
        person.open("/device")
        person.sign_in(self.user())
        for _ in range(20):
            reply = person.submit(user_code="BBBB-BBBB", action="find")
            if reply.status_code == 429:
                break
        self.assertEqual(reply.status_code, 429)

    def test_needs_session_and_form_token(self):
        """Nobody decides for another."""
        told = self.begin()
        person = self.person()
        person.open("/device")
        reply = person.submit(user_code=told["user_code"], action="allow")
        self.assertTrue(re.search("password", reply.text))
        person.sign_in(self.user())
        person.page.forms[0]["fields"]["form_token"] = "x"
        self.assert_page_error(person.submit(user_code=told["user_code"], action="allow"))
        self.assert_grant_refused(self.poll(told["device_code"]), "authorization_pending")

    def test_requests(self):
        """Clients without the grant, unknown scopes, other resources."""
        plain = self.register()["client_id"]
        self.assert_oauth_error(self.form(DEVICE, client_id=plain), 400, "unauthorized_client")
        self.assert_oauth_error(self.form(DEVICE, client_id=self.client_id, scope="x"), 400,
                                "invalid_scope")
        self.assert_oauth_error(self.form(DEVICE, client_id=self.client_id,
                                          resource="https://elsewhere.example/"), 400,
                                "invalid_target")
        self.assert_oauth_error(self.form(DEVICE, client_id="nobody"), 401, "invalid_client")
        self.assert_oauth_error(self.form(DEVICE, scope=case.READ), 401, "invalid_client")
        self.assert_grant_refused(self.poll("x"))
        self.assert_grant_refused(self.poll(""), "invalid_request")

    def test_user_limits_the_scopes(self):
        """As with a code."""
        told = self.begin(scope=case.BOTH)
        self.answer(told["user_code"], "allow", self.user(scope=case.READ))
        self.assertEqual(self.poll(told["device_code"]).json()["scope"], case.READ)

    def test_scopes_lost_since(self):
        """As with a code: what client and person have when the terminal fetches it."""
        words = "application:write application:read"
        user = self.user()
        for registered, held, left in (("read openid", case.BOTH, "application:read"),
                                       ("write", case.BOTH, "application:write"),
                                       ("admin", case.READ, "application:read"),
                                       ("read", case.WRITE, None)):
            with self.subTest(registered=registered, held=held):
                self.registered(self.client_id, case.BOTH)
                self.holds(user, case.BOTH)
                told = self.begin(scope=words)
                self.answer(told["user_code"], "allow", user)
                self.registered(self.client_id, registered)
                self.holds(user, held)
                reply = self.poll(told["device_code"])
                if left is not None:
                    self.assertEqual(self.scope_of(reply), left)
                    continue
                self.assert_grant_refused(reply, "invalid_scope")
                self.registered(self.client_id, case.BOTH)
                self.assertEqual(self.scope_of(self.poll(told["device_code"])),
                                 "application:write")
