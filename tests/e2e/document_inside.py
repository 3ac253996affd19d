"""
Run by test_document.py in a network and mount namespace of its own, where a public address, a name
for it and a certificate authority that signed for it can be had without anybody noticing.

    document_inside.py BINARY
"""

import concurrent.futures
import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

# pylint: disable=wrong-import-position
import case
import forge
import instance
import lighttpd
import oauth_case
import servers

PUBLIC, NAME = "8.8.4.4", "client.example"
# Names of addresses that are this machine's and its network's own, served like the public one: only
# the guard keeps the program from them.
PRIVATE = {"loopback.example": "127.0.0.1", "ten.example": "10.1.2.3",
           "metadata.example": "169.254.169.254", "shared.example": "100.64.0.1",
           "six.example": "::1", "unique.example": "fd00::1", "mapped.example": "::ffff:10.1.2.3",
           "nat64.example": "64:ff9b::a01:203", "six-to-four.example": "2002:a01:203::1",
           "teredo.example": "2001:0:a01:203::1"}
# Of a zone whose server does not answer: so long the system's resolver waits for it.
UNTOLD, RESOLVER_SECONDS = "untold.example", 20
OVERLAID = ("/etc/hosts", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
CALLBACK = oauth_case.CALLBACK
documents = {}
asked = []


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves what is in `documents`: status, headers, body."""

    def do_GET(self):
        """One document."""
        asked.append(self.path)
        status, headers, body = documents.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            if callable(body):
                body(self.wfile)
            else:
                self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *_):
        """Quiet."""


class Server(http.server.ThreadingHTTPServer):
    """On every address of this namespace, those of IPv4 too."""

    address_family = socket.AF_INET6

    def server_bind(self):
        """Also where the system's rule is one kind of address a socket."""
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def put(path, client_id=None, headers=None, status=200, name=NAME, **changes):
    """Serve a document under a path; its client_id."""
    url = f"https://{name}{path}"
    body = {"client_id": client_id or url, "client_name": "A document client",
            "redirect_uris": [CALLBACK], "grant_types": oauth_case.CODE_AND_REFRESH, **changes}
    body = {name: value for name, value in body.items() if value is not None}
    documents[path] = (status, headers or {"Content-Type": "application/json"},
                       json.dumps(body).encode())
    return url


class Documents(oauth_case.OAuthCase):
    """What is fetched, and what of it is taken."""

    def setUp(self):
        super().setUp()
        if not getattr(Documents, "ready", None):
            Documents.ready = instance.Instance(settings={"client_id_metadata_documents": "on"})
        self.use(Documents.ready)

    def refuse(self, url):
        """The person is told, nothing is kept."""
        self.instance.change("DELETE FROM throttle")
        self.assert_page_error(self.http.get(self.url(url)))
        self.assertEqual(self.instance.query("SELECT * FROM application WHERE client_id = ?", url),
                         [])

    def test_flow(self):
        """A client that nobody knew ends with a token; the document is read once an hour."""
        url = put("/good.json")
        user = self.user()
        told = self.tokens(url, user)
        self.assert_token_good(told["access_token"])
        self.assertEqual(self.refresh(url, told["refresh_token"]).status_code, 200)
        self.tokens(url, user)
        self.assertEqual(asked.count("/good.json"), 1)
        put("/good.json", client_name="Renamed")
        self.instance.change("UPDATE application SET document_expires_at_s = 1")
        person = self.person()
        person.open(self.url(url))
        self.assertIn("Renamed", person.page.text)
        self.assertEqual(asked.count("/good.json"), 2)
        self.assert_token_good(told["access_token"])
        self.instance.run("setting", "set", "client_id_metadata_documents", "off", code=0)
        self.assert_oauth_error(self.refresh(url, "x"), 401, "invalid_client")
        self.assert_token_refused(told["access_token"])
        self.assert_page_error(self.http.get(self.url(url)))
        self.instance.run("setting", "set", "client_id_metadata_documents", "on", code=0)
        self.assert_token_good(told["access_token"])

    def test_renewed(self):
        """A document gives its client nothing back that an administrator took."""
        url = put("/renewed.json")
        self.tokens(url, self.user())
        admin = self.admin()
        name = self.instance.query("SELECT name FROM application WHERE client_id = ?",
                                   url)[0]["name"]
        lowered = {"scopes": [{"name": case.READ}], "grantTypes": ["authorization_code"]}
        answer = self.http.call_tool(admin, "update_application", {
            "id": f"built-in/{name}", "application": lowered})
        self.assertFalse(answer.failed, answer.text)
        put("/renewed.json", client_name="Renewed")
        self.instance.change("UPDATE application SET document_expires_at_s = 1")
        person = self.person()
        person.open(self.url(url))
        self.assertIn("Renewed", person.page.text)
        row = self.get(admin, f"built-in/{name}")
        self.assertEqual({field: row[field] for field in lowered}, lowered)
        put("/renewed.json", grant_types=[oauth_case.DEVICE_GRANT])
        self.instance.change("UPDATE application SET document_expires_at_s = 1")
        self.instance.change("DELETE FROM throttle")
        self.assert_page_error(self.http.get(self.url(url)))
        self.assertEqual(self.get(admin, f"built-in/{name}")["grantTypes"],
                         ["authorization_code"])

    def assertion(self, url, key, kid):
        """What a client with keys of its own proves itself with."""
        now = int(time.time())
        claims = {"iss": url, "sub": url, "aud": self.http.url, "exp": now + 60, "iat": now,
                  "jti": case.unique("jti")}
        return {"client_assertion": forge.join({"alg": "RS256", "kid": kid}, claims,
                                               forge.rs256(key)),
                "client_assertion_type":
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}

    def test_keys_by_their_url(self):
        """They are read with the document, and once an hour by who proves itself with them."""
        old, new = forge.new_rsa_key(), forge.new_rsa_key()
        keys = {"keys": [forge.rsa_jwk(old, "k1")]}
        headers = {"Content-Type": "application/jwk-set+json"}
        documents["/keys.json"] = (200, headers, json.dumps(keys).encode())
        url = put("/keyed.json", token_endpoint_auth_method="private_key_jwt",
                  jwks_uri=f"https://{NAME}/keys.json")
        told = self.tokens(url, self.user(), **self.assertion(url, old, "k1"))
        self.assert_token_good(told["access_token"])
        keys = {"keys": [forge.rsa_jwk(new, "k2")]}
        documents["/keys.json"] = (200, headers, json.dumps(keys).encode())
        self.assert_oauth_error(
            self.refresh(url, told["refresh_token"], **self.assertion(url, new, "k2")),
            401, "invalid_client")
        self.instance.change("UPDATE application SET document_expires_at_s = 1")
        reply = self.refresh(url, told["refresh_token"], **self.assertion(url, new, "k2"))
        self.assertEqual(reply.status_code, 200, reply.text)
        self.assert_oauth_error(
            self.refresh(url, reply.json()["refresh_token"], **self.assertion(url, old, "k1")),
            401, "invalid_client")
        # What can't be read leaves what is known; who is not known is not read.
        documents["/keys.json"] = (500, headers, b"")
        self.instance.change("UPDATE application SET document_expires_at_s = 1")
        reply = self.refresh(url, reply.json()["refresh_token"], **self.assertion(url, new, "k2"))
        self.assertEqual(reply.status_code, 200, reply.text)
        asked.clear()
        other = put("/unknown-keyed.json")
        self.assert_oauth_error(self.refresh(other, "x", **self.assertion(other, new, "k2")),
                                401, "invalid_client")
        self.assertEqual(asked, [])

    def test_renewals_take_no_turn(self):
        """They are slowed down, but their address may register, however often they come."""
        key = forge.new_rsa_key()
        url = put("/often.json", token_endpoint_auth_method="private_key_jwt",
                  jwks={"keys": [forge.rsa_jwk(key, "k1")]})
        self.tokens(url, self.user(), **self.assertion(url, key, "k1"))
        put("/often.json", status=500)
        self.instance.change("DELETE FROM throttle")
        asked.clear()
        for _ in range(50):
            self.instance.change("UPDATE application SET document_expires_at_s = 1")
            self.assert_oauth_error(self.refresh(url, "x", **self.assertion(url, key, "k1")),
                                    400, "invalid_grant")
        self.assertLess(len(asked), 50)
        self.register()

    def test_bad_keys(self):
        """By http, from a private address, that are not there, private ones, or none."""
        private = {"keys": [{**forge.rsa_jwk(forge.new_rsa_key(), "k1"), "d": "AA"}]}
        documents["/private-keys.json"] = (200, {"Content-Type": "application/json"},
                                           json.dumps(private).encode())
        documents["/no-keys.json"] = (200, {"Content-Type": "application/json"}, b"[]")
        documents["/no-text.json"] = (200, {"Content-Type": "application/json"}, b"{")
        for at in (f"http://{NAME}/keys.json", "https://ten.example/keys.json",
                   f"https://{NAME}/nowhere.json", f"https://{NAME}/private-keys.json",
                   f"https://{NAME}/no-keys.json", f"https://{NAME}/no-text.json",
                   "file:///etc/passwd", "", 7):
            with self.subTest(at=at):
                self.refuse(put("/bad-keys.json", token_endpoint_auth_method="private_key_jwt",
                                jwks_uri=at))

    def test_keys_of_somebody_else(self):
        """A document that is not about itself has no keys fetched."""
        asked.clear()
        self.refuse(put("/not-mine.json", client_id=f"https://{NAME}/other.json",
                        token_endpoint_auth_method="private_key_jwt",
                        jwks_uri=f"https://{NAME}/their-keys.json"))
        self.assertEqual(asked, ["/not-mine.json"])

    def test_read_only(self):
        """Who is known goes on, with what was read before; nobody new is taken."""
        url, other = put("/known.json", client_name="Known"), put("/new.json")
        self.tokens(url, self.user())
        self.instance.change("UPDATE application SET document_expires_at_s = 1")
        self.instance.run("setting", "set", "read_only", "on", code=0)
        self.addCleanup(self.instance.run, "setting", "set", "read_only", "off", code=0)
        put("/known.json", client_name="Renewed")
        asked.clear()
        person = self.person()
        person.open(self.url(url))
        self.assertIn("Known", person.page.text)
        refused = self.http.get(self.url(other))
        self.assertEqual(refused.status_code, 403, refused.text)
        self.assertIn("read-only mode", refused.text)
        self.assertEqual(asked, [])
        self.assertFalse(self.instance.query("SELECT * FROM application WHERE client_id = ?",
                                             other))

    def test_first_visits_at_once(self):
        """Both read the document, one writes it, and both go on; so with the next reading."""
        url = put("/once.json")
        _, headers, body = documents["/once.json"]
        both = threading.Barrier(2, timeout=servers.patient(8))

        def when_both_ask(out):
            both.wait()
            out.write(body)

        documents["/once.json"] = (200, headers, when_both_ask)
        for rows in (1, 2):
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                people = [self.person() for _ in range(2)]
                replies = list(pool.map(lambda one: one.open(self.url(url)), people))
            self.assertEqual([one.status_code for one in replies], [200, 200],
                             [one.text for one in replies])
            for person in people:
                self.assertIn("A document client", person.page.text)
            self.assertEqual(asked.count("/once.json"), 2 * rows)
            self.assertEqual(len(self.instance.query(
                "SELECT 1 FROM audit WHERE target = ? AND tool = 'read_client_document'", url)),
                rows)
            self.instance.change("UPDATE application SET document_expires_at_s = 1")

    def test_total(self):
        """Documents count among the clients that no administrator made."""
        self.use(instance.Instance(settings={"client_id_metadata_documents": "on"}))
        known, unknown = put("/known.json"), put("/unknown.json")
        self.assertEqual(self.http.get(self.url(known)).status_code, 200)
        self.instance.change(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
            "INSERT INTO application (owner, name, organization, display_name, description, "
            "created_at_s, updated_at_s, client_id, scopes, scope, grant_types, redirect_uris, "
            "expire_in_hours, properties, origin) SELECT 'built-in', 'r' || i, 'built-in', '', '',"
            " strftime('%s', 'now'), 0, 'r' || i, '[]', '', '[]', '[]', 0, '{}', 'registered' "
            "FROM n")
        self.assertEqual(self.http.get(self.url(unknown)).status_code, 429)
        self.assertEqual(self.instance.query("SELECT count(*) AS n FROM application "
                                             "WHERE origin <> 'made'")[0]["n"], 5000)
        self.instance.change("UPDATE application SET document_expires_at_s = 1")
        self.assertEqual(self.http.get(self.url(known)).status_code, 200)

    def test_bad_documents(self):
        """About another, with secrets, too long, of another type, or none."""
        self.refuse(put("/other.json", client_id="https://client.example/good.json"))
        self.refuse(put("/secret.json", client_secret="x"))
        self.refuse(put("/method.json", token_endpoint_auth_method="client_secret_post"))
        self.refuse(put("/uris.json", redirect_uris=["javascript:1"]))
        self.refuse(put("/grants.json", grant_types=["client_credentials"]))
        self.refuse(put("/type.json", headers={"Content-Type": "text/html"}))
        self.refuse(put("/long.json", client_uri="x" * 20000))
        self.refuse(put("/status.json", status=404))
        documents["/text.json"] = (200, {"Content-Type": "application/json"}, b"{")
        self.refuse(f"https://{NAME}/text.json")

    def test_redirect_is_not_followed(self):
        """Not even to a good document."""
        put("/target.json")
        documents["/moved.json"] = (302, {"Location": f"https://{NAME}/target.json"}, b"")
        self.refuse(f"https://{NAME}/moved.json")
        self.assertNotIn("/target.json", asked)

    def test_name_of_a_private_address(self):
        """The address that is connected to decides, not the name."""
        for name in PRIVATE:
            with self.subTest(name=name):
                before = len(asked)
                self.refuse(put("/private.json", name=name))
                self.assertEqual(len(asked), before)

    def test_the_private_addresses_would_answer(self):
        """Whoever asks without the guard gets the document."""
        for name in PRIVATE:
            with self.subTest(name=name):
                url = put("/open.json", name=name)
                done = subprocess.run(["curl", "-sS", "--noproxy", "*", url], check=True,
                                      capture_output=True, text=True)
                self.assertEqual(json.loads(done.stdout)["client_id"], url)

    def test_port_where_nobody_listens(self):
        """Is no document."""
        self.refuse(f"https://{NAME}:1/good.json")

    def test_certificate(self):
        """A name that the certificate does not have."""
        before = len(asked)
        self.refuse("https://impostor.example/good.json")
        self.assertEqual(len(asked), before)

    def test_slow_answer(self):
        """It ends after seconds, and the server answers others."""
        done = threading.Event()
        documents["/slow.json"] = (200, {"Content-Type": "application/json"},
                                   lambda out: done.wait(30))
        began = time.monotonic()
        self.refuse(f"https://{NAME}/slow.json")
        done.set()
        self.assertLess(time.monotonic() - began, servers.patient(20))
        self.assertEqual(self.http.get("/api/health").status_code, 200)

    def test_name_that_no_server_tells(self):
        """Who looks it up is not waited for."""
        began = time.monotonic()
        self.refuse(f"https://{UNTOLD}/good.json")
        self.assertLess(time.monotonic() - began, servers.patient(RESOLVER_SECONDS / 2))
        self.assertEqual(self.http.get("/api/health").status_code, 200)


def run(*command):
    """A command that must succeed."""
    subprocess.run(command, check=True, capture_output=True)


def prepare(folder):
    """The address, the names and the certificates of this namespace."""
    run("ip", "link", "set", "lo", "up")
    for address in {PUBLIC, *PRIVATE.values()} - {"127.0.0.1", "::1", "::ffff:10.1.2.3"}:
        run("ip", "address", "add", f"{address}/{128 if ':' in address else 32}", "dev", "lo")
    key, made = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key,
        "-out", made, "-subj", f"/CN={NAME}", "-addext",
        "subjectAltName=" + ",".join(f"DNS:{name}" for name in (NAME, *PRIVATE)))
    hosts = os.path.join(folder, "hosts")
    with open(hosts, "w", encoding="ascii") as out:
        out.write(f"127.0.0.1 localhost\n{PUBLIC} {NAME} impostor.example\n")
        out.writelines(f"{address} {name}\n" for name, address in PRIVATE.items())
    resolver = servers.write(os.path.join(folder, "resolv.conf"), "nameserver 127.0.0.1\n"
                             f"options timeout:{RESOLVER_SECONDS} attempts:1\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    nameserver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    nameserver.bind(("127.0.0.1", 53))
    server = Server(("::", 443), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    for file, path in zip((hosts, resolver, made), OVERLAID):
        run("mount", "--bind", file, os.path.realpath(path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return nameserver


def main():
    """Run the tests; the exit status says how it went."""
    instance.Instance.binary = sys.argv.pop(1)
    instance.Instance.server_class = lighttpd.Lighttpd
    with tempfile.TemporaryDirectory() as folder:
        nameserver = prepare(folder)
        try:
            done = unittest.main(exit=False)
        finally:
            instance.close_all()
            nameserver.close()
            for path in OVERLAID:
                subprocess.run(["umount", os.path.realpath(path)], check=False)
    sys.exit(0 if done.result.wasSuccessful() and not instance.reports() else 1)


if __name__ == "__main__":
    main()
