"""The program as plain CGI without a web server: lengths that lie, odd variables, no database."""

import os
import subprocess

import case
import client
import servers

PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


class CgiReply:
    """What a CGI program wrote, taken apart."""

    def __init__(self, output):
        head, _, self.content = output.partition(b"\r\n\r\n")
        self.headers = client.requests.structures.CaseInsensitiveDict(
            line.decode("latin-1").split(": ", 1) for line in head.split(b"\r\n") if b": " in line)
        self.status_code = int(self.headers["Status"].split()[0])
        self.text = self.content.decode("utf-8")

    def json(self):
        """The body as JSON."""
        return client.json.loads(self.content)


class Direct(case.Case):
    """Each test runs the program once or more, with the variables of RFC 3875."""

    def cgi(self, body=b"", arguments=(), stdin=None, **variables):
        """Run the program for one request; a variable of None is left out."""
        environment = {
            "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_SOFTWARE": "test", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
            "REQUEST_METHOD": "POST", "REQUEST_URI": client.MCP_PATH, "SCRIPT_NAME": "",
            "PATH_INFO": client.MCP_PATH, "QUERY_STRING": "", "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
            **servers.inherited_environment(), **self.instance.environment(), **variables}
        if (environment["REQUEST_URI"] or "").startswith("/"):
            environment["REQUEST_URI"] = self.http.prefix + environment["REQUEST_URI"]
        environment = {name: value for name, value in environment.items() if value is not None}
        given = {"stdin": stdin} if stdin is not None else {"input": body}
        done = subprocess.run([self.instance.binary, *arguments], capture_output=True,
                              timeout=servers.patient(60),
                              env=environment, cwd=self.instance.folder, check=False, **given)
        self.assertEqual(done.returncode, 0, done.stderr)
        return CgiReply(done.stdout)

    def authorized(self, body=PING, **variables):
        """The same with a token of my-org/demo."""
        return self.cgi(body, **{"HTTP_AUTHORIZATION": f"Bearer {self.demo()}", **variables})

    def test_ping(self):
        """The way of calling is right."""
        reply = self.authorized()
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assertEqual(reply.json()["result"], {})
        self.assertEqual(reply.headers["Content-Length"], str(len(reply.content)))
        self.assertRegex(reply.headers["Status"], r"^200 \w+")

    def test_length_beyond_the_body(self):
        """The client went away in the middle: 400, and nothing is done."""
        name = case.unique()
        body = case.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "add_application",
            "arguments": {"application": {"owner": "my-org", "name": name}}}})
        for length in (len(body) + 1, len(body) + 1000, 1000000):
            with self.subTest(length=length):
                self.assertEqual(self.authorized(body, CONTENT_LENGTH=str(length)).status_code, 400)
        self.assertIsNone(self.row(f"my-org/{name}"))
        self.assertEqual(self.authorized(b"", CONTENT_LENGTH="10").status_code, 400)

    def test_length_beyond_the_body_at_the_token_endpoint(self):
        """The same there, in its own shape."""
        demo = self.instance.demo
        body = (f"grant_type=client_credentials&client_id={demo.id}"
                f"&client_secret={demo.secret}").encode()
        reply = self.cgi(body, REQUEST_URI=client.TOKEN_PATH, CONTENT_LENGTH="100000",
                         CONTENT_TYPE="application/x-www-form-urlencoded")
        self.assertEqual(reply.status_code, 400)
        self.assertEqual(reply.json()["error"], "invalid_request")
        reply = self.cgi(body, REQUEST_URI=client.TOKEN_PATH,
                         CONTENT_TYPE="application/x-www-form-urlencoded")
        self.assertEqual(reply.status_code, 200)

    def test_length_short_of_the_body(self):
        """What is beyond the length is not read."""
        self.assertEqual(self.authorized(PING + b"   x", CONTENT_LENGTH=str(len(PING))).status_code,
                         200)
        self.assertEqual(self.authorized(CONTENT_LENGTH="5").status_code, 400)
        self.assertEqual(self.authorized(CONTENT_LENGTH="0").status_code, 400)

    def test_lengths_that_are_no_lengths(self):
        """Signs, letters, overflow: 400, or 413 for a number that is merely too large."""
        for length in ("-1", "x", "40x", "+40", " 40", "4e1", "0x28", "-9223372036854775808",
                       "18446744073709551656", "9" * 40, "40, 40"):
            with self.subTest(length=length):
                self.assertIn(self.authorized(CONTENT_LENGTH=length).status_code, (400, 413))
        self.assertEqual(self.authorized(CONTENT_LENGTH="1048577").status_code, 413)
        self.assertEqual(self.authorized(CONTENT_LENGTH="9223372036854775807").status_code, 413)

    def test_without_a_length(self):
        """Chunked bodies come without one: read to the end."""
        for length in (None, ""):
            reply = self.authorized(CONTENT_LENGTH=length, HTTP_TRANSFER_ENCODING="chunked")
            self.assertEqual(reply.status_code, 200, reply.text)
        big = PING + b" " * 1048577
        reply = self.authorized(big, CONTENT_LENGTH=None, HTTP_TRANSFER_ENCODING="chunked")
        self.assertEqual(reply.status_code, 413)

    def test_U4_authorization_under_another_name(self):
        """REDIRECT_HTTP_AUTHORIZATION counts when the first name is absent."""
        token = f"Bearer {self.demo()}"
        self.assertEqual(self.cgi(PING, REDIRECT_HTTP_AUTHORIZATION=token).status_code, 200)
        reply = self.cgi(PING, HTTP_AUTHORIZATION="Bearer x", REDIRECT_HTTP_AUTHORIZATION=token)
        self.assertEqual(reply.status_code, 401)

    def test_routing_by_request_uri(self):
        """REQUEST_URI decides; a query, a fragment and the absolute form are cut off."""
        for target in (client.MCP_PATH + "?x=1", client.MCP_PATH + "#x", client.MCP_PATH + "?"):
            with self.subTest(target=target):
                reply = self.authorized(REQUEST_URI=target, PATH_INFO="/nothing")
                self.assertEqual(reply.status_code, 200)
        for target in ("/nothing", "", "*", "api/mcp", "//api/mcp", "/api/mcp/", "/api/./mcp",
                       "/" + "x" * 100000, "/\u017e", "/api/mcp%00"):
            with self.subTest(target=target[:20]):
                self.assertIn(self.authorized(REQUEST_URI=target).status_code, (400, 404, 414))
        reply = self.authorized(REQUEST_URI="http://evil.example" + client.MCP_PATH)
        self.assertIn(reply.status_code, (200, 400, 404))
        self.assertNotIn("evil", reply.text)

    def test_variables_that_are_missing(self):
        """No crash without what every server sends."""
        for name in ("REQUEST_URI", "CONTENT_TYPE", "SERVER_PROTOCOL",
                     "REMOTE_ADDR", "QUERY_STRING", "SCRIPT_NAME", "PATH_INFO", "SERVER_NAME"):
            with self.subTest(name=name):
                reply = self.authorized(**{name: None})
                self.assertLess(reply.status_code, 500)

    def test_stdin_of_other_kinds(self):
        """A file and /dev/null under stdin."""
        path = os.path.join(self.instance.folder, case.unique("body"))
        with open(path, "wb") as file:
            file.write(PING)
        token = f"Bearer {self.demo()}"
        with open(path, "rb") as file:
            reply = self.cgi(stdin=file, HTTP_AUTHORIZATION=token, CONTENT_LENGTH=str(len(PING)))
        self.assertEqual(reply.status_code, 200, reply.text)
        reply = self.cgi(stdin=subprocess.DEVNULL, REQUEST_METHOD="GET", CONTENT_LENGTH=None,
                         REQUEST_URI="/api/health")
        self.assertEqual(reply.status_code, 200)

    def test_no_body_is_waited_for(self):
        """Under some servers stdin is the client's connection: what nobody announced never ends."""
        reader, writer = os.pipe()
        try:
            for method in ("GET", "OPTIONS", "DELETE"):
                for length in (None, "", "0"):
                    with self.subTest(method=method, length=length):
                        reply = self.cgi(stdin=reader, REQUEST_METHOD=method,
                                         CONTENT_LENGTH=length, REQUEST_URI="/api/health")
                        self.assertIn(reply.status_code, (200, 204, 405))
        finally:
            os.close(reader)
            os.close(writer)

    def test_arguments_from_a_query_are_no_commands(self):
        """Some servers pass a query without '=' as arguments; they must not reach the commands."""
        self.fresh(start=False)
        for words in (("version",), ("key", "rotate"), ("application", "list"), ("--help",),
                      ("application", "delete", "my-org/demo"), ("help",)):
            with self.subTest(words=words):
                before = self.instance.query("SELECT count(*) AS n FROM signing_key")[0]["n"]
                reply = self.cgi(arguments=words, REQUEST_METHOD="GET", CONTENT_LENGTH=None,
                                 REQUEST_URI="/?" + "+".join(words), QUERY_STRING="+".join(words))
                self.assertEqual(reply.status_code, 200)
                self.assertIn("text/html", reply.headers["Content-Type"])
                self.assertEqual(self.instance.query("SELECT count(*) AS n FROM signing_key")
                                 [0]["n"], before)
        self.assertIsNotNone(self.row("my-org/demo"))

    def test_A26_cookie_over_https(self):
        """Behind https the cookie is for this host alone, and goes nowhere in the clear."""
        self.fresh(start=False, settings={"issuer": "https://public.example" + self.http.prefix})
        reply = self.cgi(REQUEST_METHOD="GET", REQUEST_URI="/account", HTTPS="on",
                         CONTENT_TYPE=None, REMOTE_ADDR="192.0.2.1")
        self.assertEqual(reply.status_code, 200, reply.text)
        name = "__Host-casement" + ("-[0-9a-f]{16}" if self.http.prefix else "")
        self.assertRegex(reply.headers["Set-Cookie"], f"^{name}=[A-Za-z0-9_-]{{43}}; "
                         "Path=/; HttpOnly; SameSite=Lax; Secure$")

    def test_A1_plain_http_from_elsewhere(self):
        """Secrets come over https, or from this machine."""
        demo = self.instance.demo
        body = (f"grant_type=client_credentials&client_id={demo.id}"
                f"&client_secret={demo.secret}").encode()
        more = {"REQUEST_URI": client.TOKEN_PATH,
                "CONTENT_TYPE": "application/x-www-form-urlencoded"}
        for address in ("203.0.113.9", "2001:db8::1", "10.0.0.1", ""):
            with self.subTest(address=address):
                reply = self.cgi(body, REMOTE_ADDR=address, **more)
                self.assertEqual(reply.status_code, 400, reply.text)
                self.assertNotIn("access_token", reply.text)
        for variables in ({"REMOTE_ADDR": "203.0.113.9", "HTTPS": "on"}, {"REMOTE_ADDR": "::1"},
                          {"REMOTE_ADDR": "127.0.0.2"}):
            with self.subTest(variables=variables):
                self.assertEqual(self.cgi(body, **variables, **more).status_code, 200)
        # A client can write this header itself.
        reply = self.cgi(body, REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_PROTO="https", **more)
        self.assertEqual(reply.status_code, 400)

    def test_A1_behind_a_proxy(self):
        """What a trusted proxy says of its own client counts, and only that."""
        self.fresh(start=False, settings={"trusted_proxies": "192.0.2.1, 127.0.0.1"})
        demo = self.instance.demo
        body = (f"grant_type=client_credentials&client_id={demo.id}"
                f"&client_secret={demo.secret}").encode()
        more = {"REQUEST_URI": client.TOKEN_PATH,
                "CONTENT_TYPE": "application/x-www-form-urlencoded"}
        for proxy, scheme, address, status in (
                ("192.0.2.1", "https", "203.0.113.9", 200), ("192.0.2.1", "HTTPS", None, 200),
                ("192.0.2.1", "http", "203.0.113.9", 400), ("192.0.2.1", "http", None, 400),
                ("192.0.2.1", "", "203.0.113.9", 400), ("192.0.2.1", None, "203.0.113.9", 400),
                ("192.0.2.1", "http, https", "203.0.113.9", 400),
                ("127.0.0.1", "http", "203.0.113.9", 400), ("127.0.0.1", "http", None, 400),
                ("127.0.0.1", "http", "127.0.0.1", 200), ("127.0.0.1", None, None, 200),
                ("192.0.2.2", "https", "203.0.113.9", 400)):
            with self.subTest(proxy=proxy, scheme=scheme, address=address):
                reply = self.cgi(body, REMOTE_ADDR=proxy, HTTP_X_FORWARDED_PROTO=scheme,
                                 HTTP_X_FORWARDED_FOR=address, **more)
                self.assertEqual(reply.status_code, status, reply.text)

    def test_no_database(self):
        """503 with a request id, and no file is made by the way."""
        path = os.path.join(self.instance.folder, case.unique("absent") + ".db")
        reply = self.cgi(REQUEST_METHOD="GET", REQUEST_URI="/api/health", CASEMENT_DB=path)
        self.assertEqual(reply.status_code, 503)
        self.assertTrue(reply.headers["X-Request-Id"])
        self.assertNotIn(path, reply.text)
        reply = self.cgi(PING, CASEMENT_DB=path, HTTP_AUTHORIZATION="Bearer x")
        self.assertEqual(reply.status_code, 503)
        self.assertTrue(reply.headers["X-Request-Id"])
        self.assertFalse(os.path.exists(path))

    def test_header_injection(self):
        """Line breaks in a value that a server let through make no header."""
        for name in ("HTTP_ORIGIN", "HTTP_AUTHORIZATION", "HTTP_MCP_PROTOCOL_VERSION",
                     "CONTENT_TYPE", "REQUEST_URI", "REQUEST_METHOD", "HTTP_HOST"):
            with self.subTest(name=name):
                reply = self.cgi(PING, **{name: "x\r\nInjected: yes\r\n\r\nbody"})
                self.assertNotIn("Injected", reply.headers)
                self.assertLess(reply.status_code, 500)
