"""private_key_jwt (RFC 7523): a client proves itself with a key of its own.  A5 to A7."""

import json
import time

import case
import client
import forge
import oauth_case

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Assertion(oauth_case.OAuthCase):
    """One client with an RSA key, and what it may send."""

    @classmethod
    def setUpClass(cls):
        cls.key = forge.new_rsa_key()
        cls.other_key = forge.new_rsa_key()

    def setUp(self):
        super().setUp()
        keys = {"keys": [{"kty": "OKP", "x": "AAAA"}, forge.rsa_jwk(self.key, "k1")]}
        made = self.instance.run_json(
            "application", "add", f"my-org/{case.unique('signer')}",
            "tokenEndpointAuthMethod=private_key_jwt", "jwks=" + json.dumps(keys),
            'scopes=[{"name":"read:application"}]')
        self.client_id = made["clientId"]
        self.secret = made.get("clientSecret")

    def assertion(self, key=None, header=None, **changes):
        """A signed assertion; a change to None leaves a claim out."""
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.http.url,
                  "exp": now + 60, "iat": now, "jti": case.unique("jti"), **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        return forge.join({"alg": "RS256", "typ": "JWT", "kid": "k1", **(header or {})}, claims,
                          forge.rs256(key or self.key))

    def ask(self, assertion, **parameters):
        """The token endpoint's answer."""
        return self.form(client.TOKEN_PATH, grant_type="client_credentials",
                         client_assertion=assertion,
                         **{"client_assertion_type": TYPE, **parameters})

    def test_good(self):
        """With and without client_id, for the issuer or the endpoint, with or without kid."""
        for parameters, changes in (({}, {}), ({"client_id": self.client_id}, {}),
                                    ({}, {"aud": self.http.token_url}),
                                    ({}, {"aud": [self.http.token_url, self.http.url]}),
                                    ({}, {"header": {"kid": None}}),
                                    ({}, {"header": {"typ": None}}),
                                    ({}, {"header": {"typ": "client-authentication+jwt"}})):
            with self.subTest(parameters=parameters, changes=changes):
                header = {"alg": "RS256", "typ": "JWT", "kid": "k1", **changes.pop("header", {})}
                header = {name: value for name, value in header.items() if value is not None}
                assertion = forge.join(header, forge.parts(self.assertion(**changes))[1],
                                       forge.rs256(self.key))
                reply = self.ask(assertion, **parameters)
                self.assertEqual(reply.status_code, 200, reply.text)
                self.assert_token_good(reply.json()["access_token"])

    def test_A5_claims(self):
        """Each of them is looked at."""
        now = int(time.time())
        for changes in ({"iss": "x"}, {"sub": self.instance.demo.id}, {"iss": None},
                        {"sub": None}, {"aud": "https://elsewhere.example"}, {"aud": None},
                        {"aud": self.http.url + "x"}, {"aud": []}, {"aud": 1},
                        {"aud": ["https://x.example", self.http.url]},
                        {"aud": [self.http.url, 1]},
                        {"exp": now - 1}, {"exp": None}, {"exp": str(now + 60)},
                        {"exp": now + 3600}, {"nbf": now + 600}, {"nbf": "x"},
                        {"jti": None}, {"jti": ""}, {"jti": 5}, {"jti": "x" * 300}):
            with self.subTest(changes=changes):
                reply = self.ask(self.assertion(**changes), client_id=self.client_id)
                self.assert_oauth_error(reply, 401, "invalid_client")
                self.instance.change("DELETE FROM throttle")

    def test_A5_replay(self):
        """An assertion is good once."""
        assertion = self.assertion()
        self.assertEqual(self.ask(assertion).status_code, 200)
        self.assert_oauth_error(self.ask(assertion), 401, "invalid_client")

    def test_R2_signatures(self):
        """Another key, no algorithm, the public key as a secret, a damaged signature."""
        good = self.assertion()
        head, body, signature = good.split(".")
        claims = forge.parts(good)[1]
        public = json.dumps(forge.rsa_jwk(self.key, "k1")).encode()
        bad = [self.assertion(key=self.other_key),
               forge.join({"alg": "none", "typ": "JWT"}, claims, forge.unsigned),
               forge.join({"alg": "HS256", "typ": "JWT", "kid": "k1"}, claims,
                          forge.hs256(public)),
               forge.join({"alg": "RS512", "typ": "JWT", "kid": "k1"}, claims,
                          forge.rs256(self.key, "sha512")),
               self.assertion(header={"kid": "k2"}), self.assertion(header={"typ": "at+jwt"}),
               self.assertion(header={"crit": ["x"]}),
               self.assertion(key=self.other_key, header={
                   "jwk": forge.rsa_jwk(self.other_key, "k1")}),
               f"{head}.{body}.{signature[:-8]}AAAAAAAA", f"{head}.{body}.", f"{head}.{body}",
               "x", "a.b.c", self.demo()]
        for assertion in bad:
            with self.subTest(assertion=assertion[:60]):
                self.instance.change("DELETE FROM throttle")
                reply = self.ask(assertion, client_id=self.client_id)
                self.assert_oauth_error(reply, 401, "invalid_client")

    def test_A6_one_method(self):
        """Not an assertion and a secret, and not without its type."""
        reply = self.ask(self.assertion(), client_id=self.client_id, client_secret="x")
        self.assert_oauth_error(reply, 400, "invalid_request")
        for kind in (None, "x"):
            reply = self.ask(self.assertion(), client_assertion_type=kind,
                             client_id=self.client_id)
            self.assert_oauth_error(reply, 401, "invalid_client")

    def test_A7_no_other_method(self):
        """The secret that it was made with opens nothing, nor does its id."""
        for form in ({"client_secret": self.secret}, {}):
            reply = self.form(client.TOKEN_PATH, grant_type="client_credentials",
                              client_id=self.client_id, **form)
            self.assert_oauth_error(reply, 401, "invalid_client")

    def test_A7_clients_without_keys(self):
        """An assertion about a client that has a secret instead."""
        now = int(time.time())
        claims = {"iss": self.instance.demo.id, "sub": self.instance.demo.id,
                  "aud": self.http.url, "exp": now + 60, "jti": "j"}
        reply = self.ask(forge.join({"alg": "RS256", "typ": "JWT"}, claims,
                                    forge.rs256(self.key)))
        self.assert_oauth_error(reply, 401, "invalid_client")

    def test_registered_client_with_keys(self):
        """A client that registered its keys gets a person's token with them."""
        made = self.register(token_endpoint_auth_method="private_key_jwt",
                             jwks={"keys": [forge.rsa_jwk(self.key, "k1")]})
        self.client_id = made["client_id"]
        code = self.code(self.client_id, self.user())
        reply = self.redeem(None, code, client_assertion=self.assertion(),
                            client_assertion_type=TYPE)
        self.assertEqual(reply.status_code, 200, reply.text)
        code = self.code(self.client_id, self.user())
        self.assert_oauth_error(self.redeem(self.client_id, code), 401, "invalid_client")
