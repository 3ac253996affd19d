"""The token endpoint: grant client_credentials (RFC 6749), resource indicators (RFC 8707)."""

import base64
import json
import urllib.parse

import case
import client
import forge

FORM = "application/x-www-form-urlencoded"
BASIC = 'Basic realm="casement"'


def basic_header(text):
    """An Authorization header of this very text."""
    raw = text if isinstance(text, bytes) else text.encode()
    return {"Authorization": "Basic " + base64.b64encode(raw).decode()}


class TokenCase(case.Case):
    """Helpers for bodies that are written by hand."""

    def form(self, **more):
        """The form of a good request of my-org/demo, as a dict."""
        return {"grant_type": "client_credentials", "client_id": self.instance.demo.id,
                "client_secret": self.instance.demo.secret, **more}

    def post(self, body, content_type=FORM, headers=None):
        """Send these bytes to the token endpoint."""
        sent = {"Content-Type": content_type} if content_type else {}
        raw = body if isinstance(body, bytes) else body.encode()
        return self.http.request("POST", client.TOKEN_PATH, data=raw,
                                 headers={**sent, **(headers or {})})

    def post_json(self, value):
        """Send a value as JSON."""
        return self.post(json.dumps(value), "application/json")


class Success(TokenCase):
    """What a good request gets."""

    def test_A2_answer(self):
        """JSON, no-store, Bearer, one hour, the scope; nothing else."""
        reply = self.http.token_reply(self.instance.demo, scope=case.BOTH)
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assertEqual(reply.headers["Content-Type"].partition(";")[0], "application/json")
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        body = reply.json()
        self.assertEqual(set(body), {"access_token", "token_type", "expires_in", "scope"})
        self.assertEqual((body["token_type"], body["expires_in"], body["scope"]),
                         ("Bearer", 3600, case.BOTH))

    def test_R1_claims(self):
        """The access token is an RFC 9068 JWT without a secret in it."""
        header, claims = forge.parts(self.demo())
        self.assertEqual(set(header), {"typ", "alg", "kid"})
        self.assertEqual((header["typ"], header["alg"]), ("at+jwt", "RS256"))
        self.assertEqual(set(claims), {"iss", "aud", "sub", "client_id", "iat", "exp", "jti",
                                       "scope", "organization"})
        self.assertEqual(claims["iss"], self.http.url)
        self.assertEqual(claims["aud"], self.http.mcp_url)
        self.assertEqual(claims["client_id"], self.instance.demo.id)
        self.assertEqual(claims["exp"] - claims["iat"], 3600)
        self.assertEqual(claims["scope"], case.BOTH)
        self.assertEqual(claims["organization"], "my-org")

    def test_A10_no_refresh_no_id_token(self):
        """client_credentials: sub is the client, and there is no refresh or ID token."""
        body = self.http.token_reply(self.instance.demo).json()
        self.assertNotIn("refresh_token", body)
        self.assertNotIn("id_token", body)
        claims = forge.parts(body["access_token"])[1]
        self.assertEqual(claims["sub"], self.instance.demo.id)

    def test_R1_signature_matches_jwks(self):
        """The published key verifies the token, by arithmetic that is not the program's."""
        token = self.demo()
        keys = {key["kid"]: key for key in self.http.get("/.well-known/jwks").json()["keys"]}
        jwk = keys[forge.parts(token)[0]["kid"]]
        self.assertTrue(forge.verify(token, jwk))
        self.assertNotIn("d", jwk)

    def test_jti_is_never_repeated(self):
        """Two tokens are two."""
        ids = {forge.parts(self.demo())[1]["jti"] for _ in range(5)}
        self.assertEqual(len(ids), 5)
        self.assertTrue(all(len(name) >= 16 for name in ids))

    def test_basic(self):
        """The client may be named in the header."""
        reply = self.http.token_reply(self.instance.demo, basic=True)
        self.assertEqual(reply.status_code, 200, reply.text)

    def test_A6_basic_is_form_decoded(self):
        """Id and secret in Basic are form-encoded first (RFC 6749 section 2.3.1)."""
        demo = self.instance.demo
        encoded = ":".join("".join(f"%{byte:02x}" for byte in part.encode()) for part in demo)
        reply = self.http.token_reply(headers=basic_header(encoded))
        self.assertEqual(reply.status_code, 200, reply.text)

    def test_basic_scheme_in_any_case(self):
        """The name of a scheme has no case (RFC 9110 section 11.1)."""
        header = basic_header(":".join(self.instance.demo))
        for word in ("basic", "BASIC"):
            reply = self.http.token_reply(
                headers={"Authorization": header["Authorization"].replace("Basic", word)})
            self.assertEqual(reply.status_code, 200, reply.text)

    def test_A11_no_scope_gives_the_registered(self):
        """Without a scope, or with an empty one, the registered set is given and named."""
        for scope in (None, ""):
            with self.subTest(scope=scope):
                body = self.http.token_reply(self.instance.demo, scope=scope).json()
                self.assertEqual(set(body["scope"].split()), set(case.BOTH.split()))

    def test_A11_scope_in_the_spelling_asked_for(self):
        """Both spellings of a scope are one; the client reads its own."""
        for scope in ("application:read", "read:application", "application:write read:application"):
            with self.subTest(scope=scope):
                body = self.http.token_reply(self.instance.demo, scope=scope).json()
                self.assertEqual(body["scope"], scope)
                self.assertEqual(forge.parts(body["access_token"])[1]["scope"], scope)

    def test_A11_broad_scope_covers_narrow(self):
        """A client that is registered for `admin` may ask for what `admin` covers."""
        reply = self.http.token_reply(self.instance.admin, scope=case.READ)
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assertEqual(reply.json()["scope"], case.READ)

    def test_json_body(self):
        """A JSON body works as a form does."""
        reply = self.post_json(self.form(scope=case.READ))
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assertEqual(reply.json()["scope"], case.READ)

    def test_content_type_with_parameters_and_in_any_case(self):
        """Media types have parameters, and no case."""
        body = urllib.parse.urlencode(self.form())
        for kind in (FORM + "; charset=UTF-8", FORM.upper(), FORM + ";charset=utf-8"):
            with self.subTest(kind=kind):
                self.assertEqual(self.post(body, kind).status_code, 200)
        reply = self.post(json.dumps(self.form()), "Application/JSON; charset=utf-8")
        self.assertEqual(reply.status_code, 200, reply.text)

    def test_unknown_parameters_are_ignored(self):
        """RFC 6749 section 3.2: what is not known does no harm."""
        reply = self.http.token_reply(self.instance.demo, audience="x", foo="", username="y")
        self.assertEqual(reply.status_code, 200, reply.text)

    def test_lifetime_setting(self):
        """access_token_lifetime_s is what the answer and the token say."""
        self.fresh(settings={"access_token_lifetime_s": "60"})
        body = self.http.token_reply(self.instance.demo).json()
        self.assertEqual(body["expires_in"], 60)
        claims = forge.parts(body["access_token"])[1]
        self.assertEqual(claims["exp"] - claims["iat"], 60)

    def test_lifetime_of_an_application(self):
        """expireInHours of an application goes before the setting."""
        own = self.instance.application(f"my-org/{case.unique()}", "expireInHours=0.5")
        body = self.http.token_reply(own).json()
        self.assertEqual(body["expires_in"], 1800)
        claims = forge.parts(body["access_token"])[1]
        self.assertEqual(claims["exp"] - claims["iat"], 1800)


class Requests(TokenCase):
    """Requests that are wrong in themselves."""

    def test_A1_post_only(self):
        """Any other method is 405 with Allow, whatever it carries."""
        query = "?" + urllib.parse.urlencode(self.form())
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            with self.subTest(method=method):
                reply = self.http.request(method, client.TOKEN_PATH + query)
                self.assertEqual(reply.status_code, 405, reply.text)
                self.assertIn("POST", reply.headers["Allow"])
                self.assertNotIn("access_token\"", reply.text)
                self.assertEqual(reply.headers["Cache-Control"], "no-store")

    def test_A1_credentials_in_the_uri(self):
        """Query parameters are no parameters."""
        form = self.form()
        secret = {"client_id": form.pop("client_id"), "client_secret": form.pop("client_secret")}
        path = client.TOKEN_PATH + "?" + urllib.parse.urlencode(secret)
        self.assert_no_token(self.http.request("POST", path, data=form))
        path = client.TOKEN_PATH + "?" + urllib.parse.urlencode({**secret, **form})
        self.assert_no_token(self.http.request("POST", path, headers={"Content-Type": FORM}))
        path = client.TOKEN_PATH + "?grant_type=client_credentials"
        self.assert_oauth_error(self.http.request("POST", path, data=secret), 400,
                                "invalid_request")

    def test_A3_repeated_parameter(self):
        """Each known parameter once; %-encoding its name is no way round."""
        good = urllib.parse.urlencode(self.form(scope=case.READ))
        for name, value in self.form(scope=case.READ).items():
            for spelled in (name, "%{:02x}".format(ord(name[0])) + name[1:]):
                with self.subTest(name=spelled):
                    extra = f"&{spelled}={urllib.parse.quote(value)}"
                    self.assert_oauth_error(self.post(good + extra), 400, "invalid_request")

    def test_A3_resource_may_be_repeated(self):
        """RFC 8707 section 2 allows several resources."""
        good = urllib.parse.urlencode(self.form())
        resource = "&resource=" + urllib.parse.quote(self.http.mcp_url, safe="")
        self.assertEqual(self.post(good + resource * 2).status_code, 200)

    def test_A3_duplicate_json_key(self):
        """A repeated member is a repeated parameter, also when it is escaped."""
        good = json.dumps(self.form())[:-1]
        for name in ("client_id", "grant_type", "\\u0063lient_id", "foo"):
            with self.subTest(name=name):
                extra = f', "{name}": "x"' + (', "foo": "y"' if name == "foo" else "") + "}"
                self.assert_oauth_error(self.post(good + extra, "application/json"), 400,
                                        "invalid_request")

    def test_A4_grant_type_missing(self):
        """Missing or empty: invalid_request."""
        for grant in (None, ""):
            with self.subTest(grant=grant):
                reply = self.http.token_reply(self.instance.demo, grant_type=grant)
                self.assert_oauth_error(reply, 400, "invalid_request")

    def test_A4_A9_grant_type_unknown(self):
        """Unknown grants, the password grant and the implicit grant do not exist."""
        for grant in ("password", "implicit", "CLIENT_CREDENTIALS", "client_credentials ",
                      "urn:ietf:params:oauth:grant-type:jwt-bearer", "token-exchange", "žluť"):
            with self.subTest(grant=grant):
                reply = self.http.token_reply(self.instance.demo, grant_type=grant,
                                              username="admin", password="123")
                self.assert_oauth_error(reply, 400, "unsupported_grant_type")

    def test_A4_grant_not_of_this_client(self):
        """An application without client_credentials is told so."""
        name = case.unique()
        other = self.instance.application(f"my-org/{name}", 'grantTypes=["authorization_code"]')
        self.assert_oauth_error(self.http.token_reply(other), 400, "unauthorized_client")
        self.assert_oauth_error(self.http.token_reply(other, scope="nonsense"), 400,
                                "unauthorized_client")

    def test_other_content_types(self):
        """Neither a form nor JSON: invalid_request."""
        body = urllib.parse.urlencode(self.form())
        for kind in (None, "text/plain", "multipart/form-data; boundary=x", "application/xml",
                     "application/jsonp", "", "application/x-www-form-urlencodedx"):
            with self.subTest(kind=kind):
                self.assert_oauth_error(self.post(body, kind), 400, "invalid_request")

    def test_json_that_is_not_an_object_of_strings(self):
        """Numbers, lists and nested objects are no parameters."""
        for value in ([], "x", 5, None, [self.form()],
                      self.form(scope=5), self.form(scope=["read:application"]),
                      self.form(grant_type={"x": 1}), self.form(client_secret=True)):
            with self.subTest(value=str(value)[:40]):
                self.assert_no_token(self.post_json(value))

    def test_json_that_is_no_json(self):
        """Every kind of malformed JSON is invalid_request, never more."""
        good = json.dumps(self.form())
        bodies = [b"", b"{", good[:-1].encode(), good.encode() + b"x", b"\xff\xfe{}", b"\x00",
                  good.replace("client_credentials", "client_credentials\\u0000").encode(),
                  good.encode().replace(b"client_credentials", b"client\x00credentials"),
                  good.encode("utf-16"), b"[" * 10000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
                  good.encode().replace(b"client_credentials", b"\xc3\x28")]
        for body in bodies:
            with self.subTest(body=body[:30]):
                self.assert_no_token(self.post(body, "application/json"))

    def test_form_that_is_malformed(self):
        """Bad escapes, NUL and bytes that are not UTF-8 never pass, and never break anything."""
        good = urllib.parse.urlencode(self.form())
        demo = self.instance.demo
        bodies = [b"", b"&&&", b"=", b"%", b"grant_type", b"\xff\xfe",
                  (good + "%00").encode(), (good + "%00junk").encode(), (good + "%zz").encode(),
                  (good + "%f").encode(), (good + "%ff").encode(), good.encode() + b"\x00",
                  good.replace("client_id=", "client_id=%00").encode(),
                  good.replace(demo.id, demo.id + "%00").encode(),
                  good.replace(demo.id, demo.id + "%0a").encode(), b"a=b&" * 20000]
        for body in bodies:
            with self.subTest(body=body[-30:]):
                self.assert_no_token(self.post(body))

    def test_over_the_limit(self):
        """413 in the shape of this endpoint; one byte less is taken."""
        good = urllib.parse.urlencode(self.form()) + "&x="
        limit = 1048576
        self.needs_bodies_of(2 * limit)
        reply = self.post(good + "a" * (limit - len(good)))
        self.assertEqual(reply.status_code, 200, reply.text)
        for size in (limit + 1, 2 * limit):
            reply = self.post(good + "a" * (size - len(good)))
            self.assert_oauth_error(reply, 413, "invalid_request")


class ClientAuthentication(TokenCase):
    """Who asks."""

    def test_A5_wrong_secret_in_the_body(self):
        """401 without a challenge: none was used."""
        for secret in ("wrong", self.instance.demo.secret[:-1], self.instance.demo.secret + "x",
                       self.instance.admin.secret, " " + self.instance.demo.secret):
            with self.subTest(secret=secret[:5]):
                other = client.Credentials(self.instance.demo.id, secret)
                reply = self.http.token_reply(other)
                self.assert_oauth_error(reply, 401, "invalid_client")
                self.assertNotIn("WWW-Authenticate", reply.headers)

    def test_A5_wrong_secret_in_basic(self):
        """401 with a Basic challenge."""
        reply = self.http.token_reply(client.Credentials(self.instance.demo.id, "wrong"),
                                      basic=True)
        self.assert_oauth_error(reply, 401, "invalid_client")
        self.assertEqual(reply.headers["WWW-Authenticate"], BASIC)

    def test_A5_unknown_client(self):
        """Unknown and wrong are told apart by nothing."""
        wrong = self.http.token_reply(client.Credentials(self.instance.demo.id, "x" * 40))
        for name in ("nobody", "x" * 5000, "' OR '1'='1", "my-org/demo", "ž"):
            with self.subTest(name=name[:20]):
                reply = self.http.token_reply(client.Credentials(name, "x" * 40))
                self.assert_oauth_error(reply, 401, "invalid_client")
                if name == "nobody":
                    self.assertEqual(reply.json(), wrong.json())

    def test_A5_client_is_checked_before_the_grant(self):
        """A stranger learns nothing about grants, scopes and resources."""
        stranger = client.Credentials(self.instance.demo.id, "wrong")
        for more in ({"grant_type": "password"}, {"grant_type": None}, {"scope": "nonsense"},
                     {"resource": "https://elsewhere.example/"}):
            with self.subTest(more=more):
                self.assert_oauth_error(self.http.token_reply(stranger, **more), 401,
                                        "invalid_client")

    def test_A5_no_client_at_all(self):
        """Nobody asks: invalid_client, or invalid_request."""
        self.assert_no_token(self.http.token_reply())
        self.assert_no_token(self.http.token_reply(client_id=self.instance.demo.id))
        self.assert_no_token(self.http.token_reply(client_secret=self.instance.demo.secret))

    def test_A6_two_methods_in_one_request(self):
        """Basic and a secret in the body, even the same: invalid_request."""
        demo = self.instance.demo
        reply = self.http.token_reply(demo, headers=basic_header(":".join(demo)))
        self.assert_oauth_error(reply, 400, "invalid_request")

    def test_A6_another_client_in_the_body(self):
        """Basic names one client, the body another."""
        reply = self.http.token_reply(self.instance.demo, basic=True,
                                      client_id=self.instance.admin.id)
        self.assert_no_token(reply)

    def test_A6_malformed_basic(self):
        """What is no Basic header authenticates nobody."""
        demo = self.instance.demo
        headers = [basic_header(demo.id), basic_header(":"), basic_header(""),
                   basic_header(b"\xff\xfe:\xff"), basic_header(":".join(demo) + "\x00"),
                   basic_header(f"{demo.id}:%zz"), basic_header(f"{demo.id}:%00{demo.secret}"),
                   basic_header(":" + demo.secret),
                   {"Authorization": "Basic"}, {"Authorization": "Basic ===="},
                   {"Authorization": "Basic !!!"}, {"Authorization": "Bearer " + demo.secret},
                   {"Authorization": "Digest x"},
                   {"Authorization": "Basic " + base64.b64encode(b"a:b").decode() + ", Basic x"}]
        for header in headers:
            with self.subTest(header=header["Authorization"][:40]):
                self.assert_no_token(self.http.token_reply(headers=header))

    def test_A6_two_authorization_headers(self):
        """Two headers are no header."""
        value = basic_header(":".join(self.instance.demo))["Authorization"]
        reply = self.http.raw("POST", client.TOKEN_PATH, [
            ("Authorization", value), ("Authorization", value), ("Content-Type", FORM)],
            b"grant_type=client_credentials")
        self.assertIn(reply.status_code, (400, 401))
        self.assertNotIn("access_token", reply.text)

    def test_A7_empty_secret(self):
        """An empty secret never matches."""
        demo = self.instance.demo
        self.assert_oauth_error(self.http.token_reply(client.Credentials(demo.id, "")), 401,
                                "invalid_client")
        reply = self.http.token_reply(headers=basic_header(demo.id + ":"))
        self.assert_oauth_error(reply, 401, "invalid_client")

    def test_A8_secret_is_stored_as_a_digest(self):
        """The digest of a secret is no secret."""
        digest = self.row("my-org/demo")["client_secret_sha256"]
        self.assertGreaterEqual(len(self.instance.demo.secret), 22)
        self.assertNotIn(self.instance.demo.secret, digest)
        self.assert_oauth_error(
            self.http.token_reply(client.Credentials(self.instance.demo.id, digest)), 401,
            "invalid_client")

    def test_A8_rotated_secret(self):
        """After rotate-secret the old one is dead at once, the new one works."""
        name = case.unique()
        old = self.instance.application(f"my-org/{name}")
        self.http.token(old)
        new = self.instance.run_json("application", "rotate-secret", f"my-org/{name}")
        self.assertEqual(new["clientId"], old.id)
        self.assert_oauth_error(self.http.token_reply(old), 401, "invalid_client")
        self.http.token(client.Credentials(new["clientId"], new["clientSecret"]))

    def test_A18_descriptions_tell_no_secret(self):
        """Neither a secret nor the database shows in an error."""
        demo, canary = self.instance.demo, "canary-secret-4711"
        replies = [
            self.http.token_reply(client.Credentials(demo.id, canary)),
            self.http.token_reply(client.Credentials(canary, canary)),
            self.http.token_reply(client.Credentials(demo.id, canary), basic=True),
            self.http.token_reply(demo, scope=f"x {demo.secret}"),
            self.http.token_reply(demo, grant_type="'\"; DROP TABLE token; --"),
            self.post(json.dumps(self.form())[:-1], "application/json"),
        ]
        for reply in replies:
            for word in (canary, demo.secret, "sqlite", "SELECT", "sha256", ".c:"):
                self.assertNotIn(word, reply.text)


class ScopeAndResource(TokenCase):
    """What is asked for."""

    def test_A11_scope_that_is_unknown_or_not_registered(self):
        """Asking for more than the registration is invalid_scope, never less silently."""
        for scope in ("nonsense", "read:user", "admin", "read", "write", "read:*", "*:read", "*",
                      "openid", "Read:Application", "read:application write:user", "read:",
                      ":read", "read:application,write:application", 'read:"application"',
                      "read:application\twrite:application", "read:aplication", "ř", "a" * 10000):
            with self.subTest(scope=scope[:40]):
                reply = self.http.token_reply(self.instance.demo, scope=scope)
                self.assert_oauth_error(reply, 400, "invalid_scope")

    def test_A11_admin_does_not_cover_nonsense(self):
        """A broad registration does not make unknown scopes known."""
        reply = self.http.token_reply(self.instance.admin, scope="nonsense")
        self.assert_oauth_error(reply, 400, "invalid_scope")

    def test_application_without_scopes(self):
        """Its token has the empty scope and opens no tool; asking for one is refused."""
        bare = self.instance.application(f"my-org/{case.unique()}")
        body = self.http.token_reply(bare).json()
        self.assertEqual(body["scope"], "")
        reply = self.http.rpc("tools/list", token=body["access_token"])
        self.assertEqual(reply.json()["result"]["tools"], [])
        self.assert_oauth_error(self.http.token_reply(bare, scope=case.READ), 400, "invalid_scope")

    def test_A17_resources_that_mean_this_server(self):
        """The MCP URL, or the issuer with or without a slash; the audience is the MCP URL."""
        for resource in (self.http.mcp_url, self.http.url, self.http.url + "/"):
            with self.subTest(resource=resource):
                token = self.http.token(self.instance.demo, resource=resource)
                self.assertEqual(forge.parts(token)[1]["aud"], self.http.mcp_url)
                self.assert_token_good(token)

    def test_A17_U3_resources_that_do_not(self):
        """Another server, another path, a slash too much, relative, with a fragment."""
        for resource in ("https://elsewhere.example/api/mcp", self.http.mcp_url + "/",
                         self.http.url + "/api", self.http.url + "/API/MCP",
                         self.http.mcp_url + "?x=1", self.http.url.replace("http:", "https:"),
                         "/api/mcp", "api/mcp", "//127.0.0.1/api/mcp", "x",
                         self.http.mcp_url + "#x", self.http.mcp_url + "#", self.http.url + "#",
                         self.http.url.replace("127.0.0.1", "127.0.0.1.evil.example"),
                         self.http.url.replace("//", "//user@"), "http://", "a" * 5000):
            with self.subTest(resource=resource[:60]):
                reply = self.http.token_reply(self.instance.demo, resource=resource)
                self.assert_oauth_error(reply, 400, "invalid_target")

    def test_A17_one_bad_resource_among_good(self):
        """Every resource must be good, in a form and in JSON."""
        pairs = list(self.form().items())
        pairs += [("resource", self.http.mcp_url), ("resource", "https://elsewhere.example/")]
        self.assert_oauth_error(self.post(urllib.parse.urlencode(pairs)), 400, "invalid_target")
        self.assert_oauth_error(
            self.post_json(self.form(resource=[self.http.mcp_url, "https://elsewhere.example/"])),
            400, "invalid_target")

    def test_A17_resource_in_json(self):
        """A string, or an array of strings."""
        for resource in (self.http.mcp_url, [self.http.mcp_url],
                         [self.http.mcp_url, self.http.url]):
            with self.subTest(resource=resource):
                self.assertEqual(self.post_json(self.form(resource=resource)).status_code, 200)
        for resource in (5, {"a": 1}, [5], [[self.http.mcp_url]], [None]):
            with self.subTest(resource=resource):
                self.assert_no_token(self.post_json(self.form(resource=resource)))
