"""Metadata, keys, health, the page for people, and paths that are not there."""

import case
import client
import forge
import servers

PRM = "/.well-known/oauth-protected-resource"
ASM = "/.well-known/oauth-authorization-server"
OIDC = "/.well-known/openid-configuration"
JWKS = "/.well-known/jwks"
EVIL = "evil.example"


class Metadata(case.Case):
    """RFC 8414, RFC 9728, RFC 7517."""

    def document(self, path, http=None):
        """A JSON document, with its status and type checked."""
        reply = (http or self.http).get(path)
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assertEqual(reply.headers["Content-Type"].partition(";")[0], "application/json")
        return reply.json()

    def test_A28_A31_protected_resource(self):
        """The same document at the root and with the resource's path inserted."""
        for path in (PRM, PRM + client.MCP_PATH):
            with self.subTest(path=path):
                body = self.document(path)
                self.assertEqual(body["resource"], self.http.mcp_url)
                self.assertEqual(body["authorization_servers"], [self.http.url])
                self.assertEqual(body["bearer_methods_supported"], ["header"])
                self.assertLessEqual(set(case.BOTH.split()), set(body["scopes_supported"]))
                self.assertNotIn("offline_access", body["scopes_supported"])

    def test_A27_A29_authorization_server(self):
        """What works, and only that."""
        body = self.document(ASM)
        self.assertEqual(body["issuer"], self.http.url)
        self.assertEqual(body["token_endpoint"], self.http.token_url)
        self.assertEqual(body["jwks_uri"], self.http.url + JWKS)
        self.assertEqual(body["grant_types_supported"],
                         ["client_credentials", "authorization_code", "refresh_token",
                          "urn:ietf:params:oauth:grant-type:device_code"])
        self.assertEqual(set(body["token_endpoint_auth_methods_supported"]),
                         {"none", "client_secret_basic", "client_secret_post",
                          "private_key_jwt"})
        self.assertEqual(body["response_types_supported"], ["code"])
        self.assertLessEqual(set(case.BOTH.split()), set(body["scopes_supported"]))
        for name in ("authorization_endpoint", "registration_endpoint", "revocation_endpoint",
                     "introspection_endpoint"):
            if name in body:
                self.assertNotEqual(self.http.request("POST", body[name][len(self.http.url):])
                                    .status_code, 404)

    def test_A28_A29_openid_configuration(self):
        """Both documents are one; a client sees in either that S256 is what works."""
        body = self.document(ASM)
        self.assertEqual(self.document(OIDC), body)
        self.assertEqual(body["code_challenge_methods_supported"], ["S256"])
        self.assertEqual(body["subject_types_supported"], ["public"])
        self.assertEqual(body["id_token_signing_alg_values_supported"], ["RS256"])

    def test_A29_algorithms_of_assertions(self):
        """RFC 8414 section 2: told for each endpoint that takes private_key_jwt."""
        body = self.document(ASM)
        for endpoint in ("token", "revocation", "introspection"):
            with self.subTest(endpoint=endpoint):
                self.assertIn("private_key_jwt",
                              body[endpoint + "_endpoint_auth_methods_supported"])
                self.assertEqual(body[endpoint + "_endpoint_auth_signing_alg_values_supported"],
                                 ["RS256", "ES256"])

    def test_A29_what_is_listed_works(self):
        """A client that knows the 401 alone finds its way to a token."""
        told = client.challenge(self.http.rpc("ping"))
        resource = self.document(told["resource_metadata"], client.Client(""))
        issuer = resource["authorization_servers"][0]
        server = self.document(client.Client(issuer).well_known("oauth-authorization-server"),
                               client.Client(""))
        self.assertEqual(server["issuer"], issuer)
        reply = self.http.request("POST", server["token_endpoint"][len(self.http.url):], data={
            "grant_type": server["grant_types_supported"][0], "scope": told["scope"],
            "resource": resource["resource"]}, auth=tuple(self.instance.demo))
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assert_token_good(reply.json()["access_token"])
        self.assertEqual(forge.parts(reply.json()["access_token"])[1]["iss"], issuer)

    def test_jwks(self):
        """Public members only, each key with an id, a use and an algorithm."""
        keys = self.document(JWKS)["keys"]
        self.assertTrue(keys)
        for key in keys:
            self.assertLessEqual({"kty", "kid", "use", "alg"}, set(key))
            self.assertEqual(key["use"], "sig")
            self.assertFalse({"d", "p", "q", "dp", "dq", "qi", "k"} & set(key))

    def test_A28_other_paths(self):
        """A document that is not there is 404, not 200."""
        for path in (PRM + "/", PRM + "/other", PRM + "/api", PRM + client.MCP_PATH + "/",
                     PRM + client.MCP_PATH + "x", PRM + "x", ASM + "/other",
                     "/.well-known/", "/.well-known", "/.well-known/jwks.json.bak",
                     "/.well-known/openid-configurationx", "/.well-known/security.txt",
                     "/api/.well-known/jwks", "/api" + PRM):
            with self.subTest(path=path):
                self.assertIn(self.http.get(path).status_code,
                              (404, self.instance.server.own_answers.get(path)))

    def test_query_is_ignored(self):
        """A query is no part of a path."""
        self.assertEqual(self.http.get(PRM + "?x=/../etc").json(), self.http.get(PRM).json())


class Site(case.Case):
    """The program as a part of a site of others."""

    def setUp(self):
        super().setUp()
        if not self.http.prefix:
            self.skipTest("the program has the whole site")
        self.site = client.Client(self.http.origin)

    def test_U1_documents_at_the_root_of_the_host(self):
        """The prefix is behind the document's name, where clients look first."""
        for name, path, member, value in (
                ("oauth-protected-resource", "", "resource", self.http.mcp_url),
                ("oauth-protected-resource", client.MCP_PATH, "resource", self.http.mcp_url),
                ("oauth-authorization-server", "", "issuer", self.http.url),
                ("openid-configuration", "", "issuer", self.http.url)):
            with self.subTest(name=name, path=path):
                reply = client.Client("").get(self.http.well_known(name, path))
                self.assertEqual(reply.status_code, 200, reply.text)
                self.assertEqual(reply.json()[member], value)

    def test_the_rest_is_the_site_s(self):
        """Its pages are there, its well-known documents too, and no path of the program's."""
        for path in ("/page.txt", "/.well-known/security.txt"):
            with self.subTest(path=path):
                self.assertEqual(self.site.get(path).text, servers.SITE_PAGE)
        for path in ("/", PRM, ASM, JWKS, "/.well-known/openid-configuration", "/api/health",
                     client.MCP_PATH, self.http.prefix + "x", self.http.prefix + "x/api/health",
                     PRM + self.http.prefix + "x", "/x" + self.http.prefix + "/api/health",
                     "/x" + PRM + self.http.prefix):
            with self.subTest(path=path):
                reply = self.site.get(path)
                self.assertIn(reply.status_code, (403, 404))
                self.assertNotIn("X-Request-Id", reply.headers)

    def test_the_prefix_itself(self):
        """The page for people, with and without the slash; a server may add it."""
        for path in (self.http.prefix, self.http.prefix + "/"):
            with self.subTest(path=path):
                reply = self.site.get(path, allow_redirects=True)
                self.assertIn(self.http.mcp_url, reply.text)


class Paths(case.Case):
    """Routes, methods, ids, hosts."""

    def test_health(self):
        """200 when the store answers."""
        self.assertEqual(self.http.get("/api/health").status_code, 200)

    def test_page_for_people(self):
        """An HTML page that says how to connect."""
        reply = self.http.get("/")
        self.assertEqual(reply.status_code, 200)
        self.assertIn("text/html", reply.headers["Content-Type"])
        self.assertIn(self.http.mcp_url, reply.text)
        self.assertNotIn("<script", reply.text.lower())

    def test_U11_unknown_paths(self):
        """404, also for what merely looks like a path of ours."""
        for path in ("/nothing", "/api", "/api/", "/api/mcp/", "/api/mcpx", "/api/MCP", "/API/mcp",
                     "/index.html", "/favicon.ico", "/api/health/", "/api/login/oauth",
                     "/login/oauth/access_token", "/casement", "/casement.db", "/etc/passwd",
                     "/api/mcp;x", "/" + "a" * 3000, "/%2e%2e/etc/passwd", "/api%2fmcp"):
            for method in ("GET", "POST"):
                with self.subTest(path=path[:40], method=method):
                    self.assertIn(self.http.request(method, path).status_code,
                                  (404, self.instance.server.own_answers.get(path)))

    def test_paths_that_the_web_server_may_refuse(self):
        """Dots, double slashes, NUL and the absolute form never reach another route's answer."""
        for target in ("//api/mcp", "/api//mcp", "/x/../api/health", "/./api/health",
                       "/api/health%00", "/api/%68ealth%00", "http://evil.example/nothing"):
            with self.subTest(target=target):
                reply = self.http.raw("GET", target)
                self.assertLess(reply.status_code, 500)
                self.assertNotIn(EVIL, reply.text)

    def test_wrong_methods(self):
        """405 with Allow."""
        for path in (PRM, PRM + client.MCP_PATH, ASM, JWKS, "/", "/api/health"):
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                with self.subTest(path=path, method=method):
                    reply = self.http.request(method, path)
                    self.assertEqual(reply.status_code, 405, reply.text)
                    self.assertIn("GET", reply.headers["Allow"])

    def test_head(self):
        """HEAD is GET without a body."""
        for path in (PRM, JWKS, "/", "/api/health"):
            with self.subTest(path=path):
                reply = self.http.request("HEAD", path)
                self.assertEqual(reply.status_code, 200)
                self.assertEqual(reply.content, b"")

    def test_request_ids(self):
        """Every answer has an id of its own."""
        replies = [self.http.get(path) for path in (PRM, ASM, JWKS, "/", "/api/health", "/nothing",
                                                    client.MCP_PATH, client.TOKEN_PATH)]
        replies += [self.http.rpc("ping"), self.http.token_reply(),
                    self.http.token_reply(self.instance.demo),
                    self.http.post(b"{", self.demo()),
                    self.http.post({"jsonrpc": "2.0", "method": "x"}, self.demo()),
                    self.http.rpc("ping", token=self.demo()), self.http.request("POST", "/")]
        ids = [reply.headers.get("X-Request-Id") for reply in replies]
        self.assertTrue(all(ids), ids)
        self.assertEqual(len(set(ids)), len(ids))

    def test_request_id_is_not_the_client_s(self):
        """A client does not write our log."""
        reply = self.http.get("/api/health", headers={"X-Request-Id": "mine\" OR 1=1"})
        self.assertNotEqual(reply.headers["X-Request-Id"], "mine\" OR 1=1")

    def test_A30_forged_host(self):
        """Public URLs come from the setting only."""
        json_type = ("Content-Type", "application/json")
        for headers in ([("Host", EVIL)], [("Host", EVIL + ":8080")],
                        [("X-Forwarded-Host", EVIL), ("X-Forwarded-Proto", "https")],
                        [("Forwarded", f"host={EVIL};proto=https")],
                        [("X-Original-URL", "/" + EVIL), ("X-Rewrite-URL", "/" + EVIL)]):
            replies = [self.http.raw("GET", path, headers)
                       for path in (PRM, PRM + client.MCP_PATH, ASM, JWKS, "/", "/nothing")]
            replies.append(self.http.raw("POST", client.MCP_PATH, [*headers, json_type], b"{}"))
            replies.append(self.http.raw("POST", client.TOKEN_PATH, [*headers, json_type], b"{}"))
            replies.append(self.http.raw("GET", client.TOKEN_PATH, headers))
            for reply in replies:
                with self.subTest(headers=headers):
                    self.assertNotIn(EVIL, reply.text)
                    self.assertNotIn(EVIL, str(reply.headers))
            self.assertEqual(replies[0].json()["resource"], self.http.mcp_url)

    def test_A30_token_for_a_forged_host(self):
        """Issuer and audience do not follow the Host header."""
        body = ("grant_type=client_credentials"
                f"&client_id={self.instance.demo.id}&client_secret={self.instance.demo.secret}")
        reply = self.http.raw("POST", client.TOKEN_PATH, [
            ("Host", EVIL), ("Content-Type", "application/x-www-form-urlencoded")], body.encode())
        claims = forge.parts(reply.json()["access_token"])[1]
        self.assertEqual((claims["iss"], claims["aud"]), (self.http.url, self.http.mcp_url))

    def test_issuer_setting(self):
        """A server behind another address names that address."""
        made = self.fresh()
        public = client.Client("https://public.example" + self.http.prefix)
        made.run("setting", "set", "issuer", public.url, code=0)
        for _ in range(4):
            body = self.http.get(ASM).json()
            self.assertEqual(body["issuer"], public.url)
            self.assertEqual(body["token_endpoint"], public.token_url)
        told = client.challenge(self.http.rpc("ping"))
        self.assertEqual(told["resource_metadata"],
                         public.well_known("oauth-protected-resource", client.MCP_PATH))
        self.assertEqual(forge.parts(self.demo())[1]["aud"], public.mcp_url)

    def test_U1_U2_mounted_under_a_path(self):
        """An issuer with a path: it is in every URL, and both forms of the metadata are there."""
        made = self.fresh()
        root = made.server.origin
        place = made.server.prefix + "/some/where"
        made.run("setting", "set", "issuer", root + place, code=0)
        self.http = client.Client(root + place)
        self.assertEqual(self.http.get("/api/health").status_code, 200)
        token = self.demo()
        claims = forge.parts(token)[1]
        self.assertEqual((claims["iss"], claims["aud"]), (self.http.url, self.http.mcp_url))
        self.assert_token_good(token)
        told = client.challenge(self.http.rpc("ping"))
        at_root = client.Client(root)
        for path in (PRM + place + client.MCP_PATH, ASM + place, OIDC + place, place + OIDC,
                     place + PRM, place + ASM, place + JWKS,
                     told["resource_metadata"][len(root):]):
            with self.subTest(path=path):
                reply = at_root.get(path)
                self.assertEqual(reply.status_code, 200, reply.text)
                self.assertIn("some", reply.text + path)
        for path in (made.server.prefix + client.MCP_PATH, place + place + client.MCP_PATH,
                     place + "ver" + client.MCP_PATH, place.rpartition("/")[0] + client.MCP_PATH):
            with self.subTest(path=path):
                self.assertEqual(at_root.request("POST", path).status_code, 404)
