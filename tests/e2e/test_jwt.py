"""Access tokens that must not open anything, and where a token may be (RFC 6750, 8725, 9068)."""

import json
import time

import case
import client
import forge


class JwtCase(case.Case):
    """A real token, taken apart, and the real key."""

    def setUp(self):
        super().setUp()
        self.token = self.demo()
        self.header, self.claims = forge.parts(self.token)
        self.key = self.instance.signing_key()

    def forged(self, header=None, without=(), **claims):
        """The real token with changes, signed with the real key."""
        head = {**self.header, **(header or {})}
        body = {name: value for name, value in {**self.claims, **claims}.items()
                if name not in without}
        return forge.join({name: value for name, value in head.items() if name not in without},
                          body, forge.rs256(self.key["private_pem"]))


class Claims(JwtCase):
    """Tokens of the real key that say the wrong thing."""

    def test_control(self):
        """The way of forging is right: unchanged claims, and one claim more, are accepted."""
        self.assert_token_good(self.forged())
        self.assert_token_good(self.forged(nbf=int(time.time()) - 60))

    def test_R2_expired(self):
        """exp has passed, by an hour, by much, or was never in the future."""
        now = int(time.time())
        for exp in (now - 3600, now - 120, 1, 0, -1):
            with self.subTest(exp=exp):
                self.assert_token_refused(self.forged(exp=exp))

    def test_R2_exp_missing_or_malformed(self):
        """A token without a usable end is no token."""
        self.assert_token_refused(self.forged(without=("exp",)))
        for exp in ("never", str(self.claims["exp"]), None, True, [self.claims["exp"]], {}):
            with self.subTest(exp=exp):
                self.assert_token_refused(self.forged(exp=exp))

    def test_R2_not_yet_valid(self):
        """nbf lies ahead, or is no time."""
        now = int(time.time())
        for nbf in (now + 3600, now + 10**9, "x"):
            with self.subTest(nbf=nbf):
                self.assert_token_refused(self.forged(nbf=nbf))

    def test_R2_other_audience(self):
        """A token for another resource, or for none."""
        for aud in ("https://elsewhere.example/api/mcp", self.http.url, self.http.mcp_url + "/",
                    self.http.mcp_url[:-1], "", None, 5, [], ["https://elsewhere.example/"]):
            with self.subTest(aud=aud):
                self.assert_token_refused(self.forged(aud=aud))
        self.assert_token_refused(self.forged(without=("aud",)))

    def test_R2_other_issuer(self):
        """A token of another server, or of none."""
        for iss in ("https://elsewhere.example", self.http.url + "/", self.http.url + ".evil",
                    self.http.url.upper(), "", None, [self.http.url]):
            with self.subTest(iss=iss):
                self.assert_token_refused(self.forged(iss=iss))
        self.assert_token_refused(self.forged(without=("iss",)))

    def test_R2_other_typ(self):
        """Only at+jwt is an access token; an ID token or a logout token is not."""
        for typ in ("JWT", "jwt", "logout+jwt", "", "at+jwtx", 5, None):
            with self.subTest(typ=typ):
                self.assert_token_refused(self.forged(header={"typ": typ}))
        self.assert_token_refused(self.forged(without=("typ",)))

    def test_R6_unknown_jti(self):
        """A token that the database does not have is not ours any more."""
        for jti in ("unknown", "", None, 5, self.claims["jti"] + "x", "' OR 1=1 --"):
            with self.subTest(jti=jti):
                self.assert_token_refused(self.forged(jti=jti))
        self.assert_token_refused(self.forged(without=("jti",)))

    def test_R2_subject(self):
        """A token speaks for the client that it was issued to."""
        for name in ("sub", "client_id"):
            self.assert_token_refused(self.forged(without=(name,)))
        self.assert_token_refused(self.forged(sub=self.instance.admin.id,
                                              client_id=self.instance.admin.id))

    def test_claims_that_are_no_object(self):
        """A good signature over nonsense."""
        sign = forge.rs256(self.key["private_pem"])
        for text in (b"", b"[]", b"null", b"5", b"{", b"\xff\xfe", b"\x00",
                     json.dumps(self.claims).encode()[:-1] + b', "exp": 9999999999}',
                     json.dumps(self.claims).encode() + b"x"):
            with self.subTest(text=text[:20]):
                self.assert_token_refused(forge.join(self.header, text, sign))


class Signatures(JwtCase):
    """Tokens that the key did not sign."""

    def test_R2_alg_none(self):
        """No signature, whatever the spelling, with the old signature or without."""
        signature = self.token.rpartition(".")[2]
        for alg in ("none", "None", "NONE", "nOnE", "", None):
            with self.subTest(alg=alg):
                bare = forge.join({**self.header, "alg": alg}, self.claims, forge.unsigned)
                self.assert_token_refused(bare)
                self.assert_token_refused(bare + signature)
                self.assert_token_refused(bare.rstrip("."))
        no_alg = {name: value for name, value in self.header.items() if name != "alg"}
        self.assert_token_refused(forge.join(no_alg, self.claims, forge.unsigned))

    def test_R2_hs256_with_the_public_key(self):
        """The published key is no HMAC secret, in no form of its text."""
        pem = self.key["public_pem"]
        jwk = json.dumps(self.http.get("/.well-known/jwks").json()["keys"][0])
        secrets = [pem, pem.strip(), pem + "\n", pem.replace("\n", "\r\n"), jwk,
                   self.key["private_pem"], "", self.instance.demo.secret]
        for secret in secrets:
            with self.subTest(secret=secret[:30]):
                sign = forge.hs256(secret.encode())
                for header in ({**self.header, "alg": "HS256"}, self.header,
                               {"typ": "at+jwt", "alg": "HS256"}):
                    self.assert_token_refused(forge.join(header, self.claims, sign))

    def test_R2_another_algorithm_of_the_same_key(self):
        """The algorithm is the key's, not the token's."""
        for alg, digest in (("RS512", "sha512"), ("RS384", "sha384"), ("RS256", "sha512"),
                            ("PS256", "sha256"), ("ES256", "sha256"), ("rs256", "sha256")):
            with self.subTest(alg=alg):
                sign = forge.rs256(self.key["private_pem"], digest)
                self.assert_token_refused(forge.join({**self.header, "alg": alg}, self.claims,
                                                     sign))

    def test_R2_a_stranger_s_key(self):
        """Keys inside or beside the token are never used."""
        pem = forge.new_rsa_key()
        sign = forge.rs256(pem)
        jwk = forge.rsa_jwk(pem, self.header["kid"])
        where = "https://elsewhere.example/jwks"
        for more in ({}, {"jwk": jwk}, {"jku": where}, {"x5u": where}, {"x5c": ["MIIB"]},
                     {"kid": "mine", "jwk": {**jwk, "kid": "mine"}}):
            with self.subTest(more=list(more)):
                self.assert_token_refused(forge.join({**self.header, **more}, self.claims, sign))

    def test_R2_unknown_kid(self):
        """kid picks among our own keys and nothing else."""
        for kid in ("unknown", "", "../../dev/null", "' OR 1=1 --", "x" * 3000,
                    self.header["kid"] + " ", self.header["kid"].swapcase(), 5, None, ["x"], {}):
            with self.subTest(kid=str(kid)[:20]):
                self.assert_token_refused(self.forged(header={"kid": kid}))

    def test_R2_missing_kid(self):
        """Every token of ours names its key."""
        self.assert_token_refused(self.forged(without=("kid",)))

    def test_R2_bit_flips(self):
        """One bit of header, claims or signature."""
        segments = self.token.split(".")
        for number in range(3):
            raw = forge.decode(segments[number])
            for at in (0, len(raw) // 2, len(raw) - 1):
                with self.subTest(segment=number, at=at):
                    bad = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1:]
                    changed = segments[:number] + [forge.encode(bad)] + segments[number + 1:]
                    self.assert_token_refused(".".join(changed))

    def test_R2_claims_exchanged(self):
        """The signature of one token on the claims of another."""
        other = self.admin().split(".")
        mine = self.token.split(".")
        self.assert_token_refused(".".join([mine[0], other[1], mine[2]]))
        self.assert_token_refused(".".join([mine[0], mine[1], other[2]]))

    def test_R2_truncated(self):
        """Any part of a token is no token."""
        for length in (1, 10, len(self.token) // 2, self.token.index("."),
                       self.token.index(".") + 1, self.token.rindex("."),
                       self.token.rindex(".") + 1, len(self.token) - 1, len(self.token) - 2):
            with self.subTest(length=length):
                self.assert_token_refused(self.token[:length])

    def test_R2_malformed(self):
        """What merely looks like a token."""
        head, body, signature = self.token.split(".")
        for text in ("x", ".", "..", "...", "a.b", "a.b.c", f"{head}..{signature}",
                     f".{body}.{signature}", self.token + ".", self.token + "." + signature,
                     "." + self.token, self.token + "=", self.token + "A", self.token + "%00",
                     self.token + ",", f"{head}.{body}.{signature}.x.y", f'"{self.token}"',
                     f"{head}=.{body}.{signature}", "null", "%s%n%s", "-" * 400,
                     forge.encode(b"[]") + f".{body}.{signature}",
                     forge.encode(b'{"alg":') + f".{body}.{signature}",
                     forge.encode(b'{"alg":{}}') + f".{body}.{signature}",
                     forge.encode(b"\xff\x00") + f".{body}.{signature}"):
            with self.subTest(text=f"{text[:20]}...{text[-10:]}"):
                self.assert_token_refused(text)

    def test_R2_deeply_nested(self):
        """Nesting in header or claims ends in 401, nowhere else."""
        deep = b'{"a":' + b"[" * 1500 + b"]" * 1500 + b"}"
        sign = forge.rs256(self.key["private_pem"])
        self.assert_token_refused(forge.join(deep, self.claims, sign))
        self.assert_token_refused(forge.join(self.header, deep, sign))

    def test_R2_duplicate_header_members(self):
        """alg twice is no alg."""
        text = b'{"typ":"at+jwt","alg":"none","alg":"RS256","kid":"%s"}'
        head = text.replace(b"%s", self.header["kid"].encode())
        self.assert_token_refused(forge.join(head, self.claims, forge.unsigned))

    def test_R2_long(self):
        """7 kB of token are refused by the program, 100 kB by it or the web server before it."""
        self.assert_token_refused("A" * 7000)
        self.assert_token_refused(self.token + "A" * 6000)
        for token in ("A" * 100000, self.token + "A" * 100000):
            try:
                status = self.http.rpc("ping", token=token).status_code
            except OSError:
                status = 400        # closed before all was read
            self.assertIn(status, (400, 401, 413, 431))
        self.assert_token_good(self.token)


class Place(JwtCase):
    """Where a token may be."""

    PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'

    def ping(self, headers=(), path=client.MCP_PATH, body=PING):
        """A ping with these headers and no others."""
        return self.http.raw("POST", path, [("Content-Type", "application/json"),
                                            ("Content-Length", str(len(body))), *headers], body)

    def test_R3_query_body_and_cookie_are_ignored(self):
        """A token anywhere but in the header is no token, so none was sent."""
        in_body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping",
                              "access_token": self.token,
                              "params": {"access_token": self.token}}).encode()
        self.assert_unauthorized(
            self.ping(path=f"{client.MCP_PATH}?access_token={self.token}"), token_sent=False)
        self.assert_unauthorized(self.ping(body=in_body), token_sent=False)
        self.assert_unauthorized(self.ping([("Cookie", f"access_token={self.token}")]),
                                 token_sent=False)
        self.assert_unauthorized(self.ping([("X-Access-Token", self.token)]), token_sent=False)
        form = self.http.raw("POST", client.MCP_PATH,
                             [("Content-Type", "application/x-www-form-urlencoded")],
                             b"access_token=" + self.token.encode())
        self.assert_unauthorized(form, token_sent=False)

    def test_R3_scheme_in_any_case(self):
        """bearer and BEARER are Bearer."""
        for word in ("bearer", "BEARER", "bEaReR"):
            with self.subTest(word=word):
                reply = self.ping([("Authorization", f"{word} {self.token}")])
                self.assertEqual(reply.status_code, 200, reply.text)

    def test_R3_other_schemes(self):
        """Anything but Bearer and one token."""
        good = self.token
        for value in (f"Basic {good}", f"Token {good}", f"Bearer{good}", f"{good}",
                      f"Bearer:{good}", f"Bearer {good} {good}", f"Bearer {good}, Bearer {good}",
                      f"Bearer {good},x", f"Basic eDp5, Bearer {good}", f"Bearer token={good}",
                      f"Bearer Bearer {good}", f'Bearer "{good}"', f"XBearer {good}"):
            with self.subTest(value=value[:20]):
                reply = self.ping([("Authorization", value)])
                self.assertEqual(reply.status_code, 401, reply.text)
                self.assertEqual(reply.json()["error"]["code"], -32001)

    def test_R3_two_headers(self):
        """Two Authorization headers are refused, also when one or both are good."""
        good = ("Authorization", f"Bearer {self.token}")
        for other in (good, ("Authorization", "Bearer x"), ("Authorization", "Basic eDp5"),
                      ("authorization", f"Bearer {self.token}")):
            for headers in ([good, other], [other, good]):
                with self.subTest(headers=str(headers)[:40]):
                    self.assertIn(self.ping(headers).status_code, (400, 401))

    def test_R4_nothing_sent(self):
        """No header, or an empty one: the challenge names no error."""
        self.assert_unauthorized(self.ping(), token_sent=False)
        self.assert_unauthorized(self.ping([("Authorization", "")]), token_sent=False)

    def test_R4_scheme_without_a_token(self):
        """Bearer and nothing behind it."""
        for value in ("Bearer", "Bearer "):
            self.assertEqual(self.ping([("Authorization", value)]).status_code, 401)

    def test_R4_any_method_and_any_body(self):
        """Without a token nothing is looked at, notifications included."""
        bodies = [b'{"jsonrpc":"2.0","method":"notifications/initialized"}',
                  b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}',
                  b'{"jsonrpc":"2.0","id":1,"method":"nonsense"}', b"{", b"", b"[]", b"\xff",
                  b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
                  b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}']
        for body in bodies:
            with self.subTest(body=body[:40]):
                self.assert_unauthorized(self.ping(body=body), token_sent=False)
                self.assert_unauthorized(self.ping([("Authorization", "Bearer x")], body=body))

    def test_R4_error_description(self):
        """A sent token is told why, without a word of its content."""
        reply = self.http.rpc("ping", token=self.forged(exp=1))
        told = client.challenge(reply)
        self.assertTrue(told["error_description"])
        self.assertNotIn(self.claims["jti"], reply.headers["WWW-Authenticate"])


class Life(case.Case):
    """When a token ends before its time."""

    def test_R6_application_deleted(self):
        """With the application its tokens and its secret die, in every process at once."""
        admin = self.admin()
        made = self.add(admin, scopes=case.scopes(case.READ))
        own = client.Credentials(made["clientId"], made["clientSecret"])
        token = self.http.token(own)
        for _ in range(6):
            self.assert_token_good(token)
        identity = f"my-org/{made['name']}"
        self.http.call_tool(admin, "delete_application", {"id": identity})
        for _ in range(6):
            self.assert_token_refused(token)
        self.assertEqual(self.http.token_reply(own).status_code, 401)
        self.add(admin, name=made["name"], scopes=case.scopes(case.READ))
        self.assert_token_refused(token)

    def test_R6_application_deleted_by_command(self):
        """The command line ends tokens in running processes too."""
        name = case.unique()
        own = self.instance.application(f"my-org/{name}")
        token = self.http.token(own)
        for _ in range(6):
            self.assert_token_good(token)
        self.instance.run("application", "delete", f"my-org/{name}", code=0)
        for _ in range(6):
            self.assert_token_refused(token)

    def test_R6_application_deleted_in_a_batch(self):
        """What comes after the deletion of the caller itself is not done any more."""
        own = self.instance.application(f"my-org/{case.unique()}", 'scopes=[{"name":"%s"}]'
                                        % case.WRITE)
        name = self.instance.query("SELECT name FROM application WHERE client_id = ?",
                                   own.id)[0]["name"]
        after = case.unique()
        calls = (("delete_application", {"id": f"my-org/{name}"}),
                 ("add_application", {"application": {"owner": "my-org", "name": after}}))
        self.http.post([{"jsonrpc": "2.0", "id": number, "method": "tools/call",
                         "params": {"name": tool, "arguments": arguments}}
                        for number, (tool, arguments) in enumerate(calls)], self.http.token(own))
        self.assertIsNone(self.row(f"my-org/{name}"))
        self.assertIsNone(self.row(f"my-org/{after}"))

    def test_R6_token_revoked(self):
        """A row with revoked_at_s is the end of its token."""
        made = self.fresh()
        token = self.demo()
        self.assert_token_good(token)
        jti = forge.parts(token)[1]["jti"]
        made.change("UPDATE token SET revoked_at_s = issued_at_s WHERE jti = ?", jti)
        for _ in range(4):
            self.assert_token_refused(token)
        self.assert_token_good(self.demo())

    def test_rotated_keys(self):
        """A retired key's tokens stay good, new ones are of the new key, both are published."""
        made = self.fresh()
        old = self.demo()
        before = made.signing_key()["kid"]
        made.run("key", "rotate", code=0)
        for _ in range(6):
            new = self.demo()
            self.assertNotEqual(forge.parts(new)[0]["kid"], before)
            self.assert_token_good(new)
            self.assert_token_good(old)
        keys = {key["kid"]: key for key in self.http.get("/.well-known/jwks").json()["keys"]}
        self.assertEqual(set(keys), {forge.parts(token)[0]["kid"] for token in (old, new)})
        for token in (old, new):
            self.assertTrue(forge.verify(token, keys[forge.parts(token)[0]["kid"]]))

    def test_ES256(self):
        """The other algorithm, by setting: issued, published, verified, accepted."""
        made = self.fresh()
        old = self.demo()
        made.run("setting", "set", "signing_algorithm", "ES256", code=0)
        made.run("key", "rotate", code=0)
        token = self.demo()
        header, claims = forge.parts(token)
        self.assertEqual((header["alg"], header["typ"]), ("ES256", "at+jwt"))
        self.assertEqual(len(forge.decode(token.rpartition(".")[2])), 64)
        keys = {key["kid"]: key for key in self.http.get("/.well-known/jwks").json()["keys"]}
        jwk = keys[header["kid"]]
        self.assertEqual((jwk["kty"], jwk["crv"], jwk["alg"]), ("EC", "P-256", "ES256"))
        self.assertNotIn("d", jwk)
        self.assertTrue(forge.verify(token, jwk))
        self.assert_token_good(token)
        self.assert_token_good(old)
        row = made.query("SELECT * FROM signing_key WHERE kid = ?", header["kid"])[0]
        for alg in ("HS256", "RS256", "none"):
            sign = forge.unsigned if alg == "none" else forge.hs256(row["public_pem"].encode())
            self.assert_token_refused(forge.join({**header, "alg": alg}, claims, sign))
        other = forge.join({**header, "alg": "RS256"}, claims,
                           forge.rs256(made.query("SELECT private_pem FROM signing_key"
                                                  " WHERE alg = 'RS256'")[0]["private_pem"]))
        self.assert_token_refused(other)
        zero = token.rpartition(".")[0] + "." + forge.encode(bytes(64))
        self.assert_token_refused(zero)
