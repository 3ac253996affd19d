"""What the tests of the authorization server share: users, clients, and the flow in steps."""

import urllib.parse

import browser
import case
import client
import forge

AUTHORIZE = "/login/oauth/authorize"
REGISTER = "/api/oauth/register"
REVOKE = "/api/login/oauth/revoke"
INTROSPECT = "/api/login/oauth/introspect"
DEVICE = "/api/login/oauth/device_authorization"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
USERINFO = "/api/userinfo"
PASSWORD = "correct horse"
CALLBACK = "http://127.0.0.1:7777/callback"
CODE_AND_REFRESH = ["authorization_code", "refresh_token"]


class OAuthCase(case.Case):
    """A test of sign-in, consent, codes and tokens of people."""

    def setUp(self):
        super().setUp()
        self.pkce = browser.Pkce()

    # Who takes part

    def user(self, *fields, organization="my-org", name=None, password=PASSWORD,
             scope=case.BOTH):
        """A new user; the name with the organisation."""
        identity = f"{organization}/{name or case.unique('user')}"
        self.instance.run("user", "add", identity, f"scopes={scope}", *fields, code=0,
                          data=password.encode() + b"\n")
        return identity

    def register(self, status=201, headers=None, **metadata):
        """Register a client (RFC 7591); a public one with the callback unless said otherwise."""
        body = {"redirect_uris": [CALLBACK], "client_name": "A test client",
                "grant_types": CODE_AND_REFRESH, "token_endpoint_auth_method": "none",
                **metadata}
        body = {name: value for name, value in body.items() if value is not None}
        reply = self.http.request("POST", REGISTER, json=body, headers=headers)
        self.assertEqual(reply.status_code, status, reply.text)
        return reply.json()

    def made(self, *fields, organization="my-org", redirect=CALLBACK, grants=None):
        """A confidential client made by the administrator; its credentials."""
        name = case.unique("web")
        return self.instance.application(
            f"{organization}/{name}", f'redirectUris=["{redirect}"]',
            "grantTypes=" + str(grants or CODE_AND_REFRESH).replace("'", '"'),
            'scopes=[{"name":"read:application"},{"name":"write:application"},'
            '{"name":"openid"},{"name":"profile"},{"name":"email"}]', *fields)

    # Steps

    def person(self):
        """A browser without cookies."""
        made = browser.Browser(self.http)
        self.addCleanup(made.close)
        return made

    def url(self, client_id, **parameters):
        """An authorization request; None leaves a parameter out."""
        query = {"response_type": "code", "client_id": client_id, "redirect_uri": CALLBACK,
                 "scope": case.READ, "state": "st&te=1", "code_challenge": self.pkce.challenge,
                 "code_challenge_method": "S256", **parameters}
        query = {name: value for name, value in query.items() if value is not None}
        return AUTHORIZE + "?" + urllib.parse.urlencode(query, doseq=True)

    def code(self, client_id, user, person=None, **parameters):
        """Sign in, allow, and take the code from the redirect."""
        person = person or self.person()
        reply = person.open(self.url(client_id, **parameters))
        if person.page.forms and "password" in person.page.forms[0]["fields"]:
            reply = person.sign_in(user, PASSWORD)
        if reply.status_code == 200:
            reply = person.decide()
        self.assertEqual(reply.status_code, 303, reply.text)
        told = browser.parameters(reply)
        self.assertIn("code", told, told)
        return told["code"]

    def redeem(self, client_id, code, **parameters):
        """The answer of the token endpoint to a code."""
        form = {"grant_type": "authorization_code", "client_id": client_id, "code": code,
                "redirect_uri": CALLBACK, "code_verifier": self.pkce.verifier, **parameters}
        return self.form(client.TOKEN_PATH, **form)

    def refresh(self, client_id, token, **parameters):
        """The answer of the token endpoint to a refresh token."""
        return self.form(client.TOKEN_PATH, grant_type="refresh_token", client_id=client_id,
                         refresh_token=token, **parameters)

    def form(self, path, auth=None, **parameters):
        """POST a form; None leaves a parameter out."""
        form = {name: value for name, value in parameters.items() if value is not None}
        return self.http.request("POST", path, data=form, auth=auth)

    def tokens(self, client_id, user, scope=case.READ, person=None, **parameters):
        """All that a person's yes brings, as the token endpoint told it."""
        code = self.code(client_id, user, scope=scope, person=person)
        reply = self.redeem(client_id, code, **parameters)
        self.assertEqual(reply.status_code, 200, reply.text)
        return reply.json()

    def registered(self, client_id, scope):
        """Let a client be registered for other scopes from now on."""
        self.instance.change("UPDATE application SET scope = ? WHERE client_id = ?", scope,
                             client_id)

    def holds(self, user, scope):
        """Let a user have other scopes from now on."""
        self.instance.change("UPDATE user SET scope = ? WHERE owner || '/' || name = ?", scope,
                             user)

    # Expectations

    def scope_of(self, reply):
        """The scope of an access token: the answer, the token and its row tell the same."""
        self.assertEqual(reply.status_code, 200, reply.text)
        told = reply.json()
        claims = forge.parts(told["access_token"])[1]
        row = self.instance.query("SELECT scope FROM token WHERE jti = ?", claims["jti"])[0]
        self.assertEqual((claims["scope"], row["scope"]), (told["scope"], told["scope"]))
        return told["scope"]

    def assert_redirect_error(self, reply, error, state="st&te=1"):
        """The browser goes back to the client with this error, state and iss."""
        self.assertEqual(reply.status_code, 303, reply.text)
        self.assertTrue(reply.headers["Location"].startswith(CALLBACK + "?"))
        told = browser.parameters(reply)
        self.assertEqual(told["error"], error, told)
        self.assertEqual(told.get("state"), state)
        self.assertEqual(told["iss"], self.http.url)
        self.assertNotIn("code", told)

    def assert_page_error(self, reply):
        """The person sees a page; nobody is sent anywhere."""
        self.assertEqual(reply.status_code, 400, reply.text)
        self.assertIn("text/html", reply.headers["Content-Type"])
        self.assertNotIn("Location", reply.headers)
        self.assertIn('role="alert"', reply.text)

    def assert_grant_refused(self, reply, error="invalid_grant"):
        """The token endpoint says no."""
        self.assert_oauth_error(reply, 400, error)
