"""Client ID Metadata Documents (A37): fetched over https from public addresses only."""

import os
import shutil
import subprocess
import sys

import case
import oauth_case
import servers

HERE = os.path.dirname(os.path.abspath(__file__))


class Off(oauth_case.OAuthCase):
    """Unless switched on, a URL is no client."""

    def test_A29_A37_not_advertised(self):
        """And not fetched."""
        document = self.http.get("/.well-known/oauth-authorization-server").json()
        self.assertNotIn("client_id_metadata_document_supported", document)
        self.assert_page_error(self.http.get(self.url("https://client.example/c.json")))


class Guard(oauth_case.OAuthCase):
    """Where nothing may be fetched from."""

    def setUp(self):
        super().setUp()
        self.fresh(settings={"client_id_metadata_documents": "on"})

    def test_A37_advertised(self):
        """A client can know that it may."""
        document = self.http.get("/.well-known/oauth-authorization-server").json()
        self.assertIs(document["client_id_metadata_document_supported"], True)

    def test_A37_ssrf(self):
        """Not this machine, not its network, not by another scheme, not by a trick."""
        port = self.http.url.rpartition(":")[2]
        for url in (f"https://127.0.0.1:{port}/c", f"https://localhost:{port}/c",
                    "https://[::1]/c", "https://[::ffff:127.0.0.1]/c", "https://10.0.0.1/c",
                    "https://169.254.169.254/latest/meta-data", "https://0.0.0.0/c",
                    "https://2130706433/c", "https://0x7f.1/c", "https://192.168.1.1/c",
                    "https://[fe80::1]/c", "https://[64:ff9b::7f00:1]/c",
                    f"http://127.0.0.1:{port}/c", "file:///etc/passwd", "ftp://127.0.0.1/c",
                    "https://client.example", "https://client.example/",
                    "https://user@client.example/c", "https://client.example/c#x",
                    "https://client.example/../c", "https://client.example/c?x=1"):
            with self.subTest(url=url):
                self.instance.change("DELETE FROM throttle")
                self.assert_page_error(self.http.get(self.url(url)))
        self.assertEqual(self.instance.query(
            "SELECT * FROM application WHERE origin = 'document'"), [])

    def test_A37_fetches_are_slowed(self):
        """One address can't make the server fetch without end."""
        for number in range(60):
            reply = self.http.get(self.url(f"https://127.0.0.1/{number}"))
            if reply.status_code == 429:
                break
        self.assertEqual(reply.status_code, 429)


class Fetched(case.Case):
    """With a public address of this machine's own, in a network namespace."""

    def test_A37_documents(self):
        """Every test of document_inside.py passes."""
        if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
            self.skipTest("a network namespace wants root, unshare and ip")
        probe = subprocess.run(["unshare", "-nm", "true"], check=False, capture_output=True)
        if probe.returncode != 0:
            self.skipTest("this system gives no network namespace")
        done = subprocess.run(
            ["unshare", "-nm", "--propagation", "private", sys.executable,
             os.path.join(HERE, "document_inside.py"), self.instance.binary],
            check=False, capture_output=True, text=True, timeout=servers.patient(120))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
