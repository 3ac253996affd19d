#!/usr/bin/python3
"""
deploy/configure: what it prints is accepted by the servers, amid Debian's own configuration, and
names a site among others; what it is told wrongly is refused.

    /usr/bin/python3 tests/deploy/configure.py --binary build/casement
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

# pylint: disable=wrong-import-position
import apache
import client
import instance
import lighttpd
import nginx
import servers

CONFIGURE = os.path.join(servers.DEPLOY, "configure")
PROGRAM = "/usr/lib/casement/casement.fcgi"
SOCKET = "/run/casement/casement.sock"
URLS = ("https://example.org", "https://a-1.example.org:8443/", "http://127.0.0.1",
        "http://localhost:8090", "http://127.0.0.2:8091/", "https://example.org/auth",
        "http://127.0.0.1:8090/a/b.c_d-e/")


def configure(*arguments):
    """Run it; the finished process."""
    return subprocess.run([CONFIGURE, *arguments], capture_output=True, text=True, check=False,
                          timeout=60)


class Accepted(unittest.TestCase):
    """The servers' own checks, of Debian's configuration with ours in its place."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cm-")
        self.addCleanup(shutil.rmtree, self.folder)

    def printed(self, server, url, *socket):
        """A configuration without a name of the template left in it."""
        done = configure(server, url, instance.Instance.binary, *socket)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotRegex(done.stdout, "@[A-Z]+@")
        return done.stdout

    def copy(self, name):
        """A copy of a folder of /etc."""
        target = os.path.join(self.folder, name)
        shutil.rmtree(target, ignore_errors=True)
        return shutil.copytree(os.path.join("/etc", name), target, symlinks=True)

    def edit(self, path, *changes):
        """Replace texts that must be there."""
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        servers.write(path, text)

    def accepts(self, command, **environment):
        """The check succeeds without a warning."""
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60,
                              env={**os.environ, **environment})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotRegex(done.stderr.lower(), "warn|conflict|more than once")

    def test_apache(self):
        """As a site, or for all sites."""
        for url in URLS:
            with self.subTest(url=url):
                text = self.printed("apache", url)
                root = self.copy("apache2")
                where = "sites-enabled" if "<VirtualHost" in text else "conf-enabled"
                servers.write(os.path.join(root, where, "casement.conf"), text)
                for name in ("fcgid.load", "fcgid.conf"):
                    if not os.path.exists(os.path.join(root, "mods-enabled", name)):
                        os.symlink(f"../mods-available/{name}",
                                   os.path.join(root, "mods-enabled", name))
                servers.write(os.path.join(root, "conf-enabled", "name.conf"),
                              "ServerName test\nDefaultRuntimeDir " + self.folder + "\n")
                self.accepts([servers.find_program("apache2"), "-t", "-d", root, "-f",
                              os.path.join(root, "apache2.conf")],
                             APACHE_RUN_USER="www-data", APACHE_RUN_GROUP="www-data",
                             APACHE_RUN_DIR=self.folder, APACHE_LOCK_DIR=self.folder,
                             APACHE_LOG_DIR=self.folder, APACHE_PID_FILE=self.folder + "/pid")

    def test_lighttpd(self):
        """Processes of its own, and a pool's."""
        for url in URLS:
            for socket in ((), (SOCKET,)):
                with self.subTest(url=url, socket=socket):
                    text = self.printed("lighttpd", url, *socket)
                    root = self.copy("lighttpd")
                    conf = os.path.join(root, "lighttpd.conf")
                    self.edit(conf, ("/etc/lighttpd/conf-enabled", root + "/conf-enabled"))
                    servers.write(root + "/conf-enabled/90-casement.conf", text)
                    self.accepts([servers.find_program("lighttpd"), "-tt", "-f", conf])

    def test_nginx(self):
        """As a server, or within one.  The check of nginx binds the ports: so others than 80."""
        for url in URLS:
            with self.subTest(url=url):
                text = self.printed("nginx", url, SOCKET)
                if "server {" not in text:
                    text = f"server {{\nlisten 127.0.0.1:80;\n{text}}}\n"
                text = re.sub(r"listen \[::\]:\d+;", "", text)
                text = re.sub(r"listen (\S+:)?\d+;",
                              f"listen 127.0.0.1:{instance.free_port()};", text)
                root = self.copy("nginx")
                conf = os.path.join(root, "nginx.conf")
                self.edit(conf, ("user www-data;", ""), ("/etc/nginx/", root + "/"),
                          ("/run/nginx.pid", root + "/pid"), ("/var/log/nginx", self.folder))
                shutil.rmtree(root + "/sites-enabled")
                servers.write(root + "/sites-enabled/casement", text)
                self.accepts([servers.find_program("nginx"), "-t", "-c", conf, "-e",
                              self.folder + "/error.log"])


class Refused(unittest.TestCase):
    """A wrong call is 2, a value that will not do 1; one line, and nothing on standard output."""

    def refused(self, code, *arguments):
        """What it says."""
        with self.subTest(arguments=arguments):
            done = configure(*arguments)
            self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertRegex(done.stderr, "^usage: " if code == 2 else "^configure: ")

    def test_calls(self):
        """Too few, too many, another server, a socket too much or missing."""
        url = URLS[0]
        for arguments in ((), ("apache",), ("apache", url), ("caddy", url, PROGRAM), ("", url, PROGRAM),
                          ("apache", url, PROGRAM, SOCKET), ("nginx", url, PROGRAM),
                          ("lighttpd", url, PROGRAM, SOCKET, "x"), ("--help",)):
            self.refused(2, *arguments)

    def test_urls(self):
        """Schemes, hosts, ports and paths."""
        for url in ("", "example.org", "/auth", "ftp://example.org", "https://", "https:///auth",
                    "https://Example.org", "https://exa mple.org", "https://user@example.org",
                    "https://.example.org", "https://example.org.", "https://a..b", "https://-a",
                    "https://[::1]", "https://ex\"ample.org", "https://example.org:",
                    "https://example.org:0", "https://example.org:65536", "https://example.org:080",
                    "https://example.org:443x", "https://example.org:1:2",
                    "https://example.org?x", "https://example.org/a?b", "https://example.org/a#b",
                    "https://example.org//a", "https://example.org/a//", "https://example.org/a/../b",
                    "https://example.org/.well-known", "https://example.org/a b",
                    "https://example.org/a%20b", "https://example.org/$(id)", "https://example.org/a\nb",
                    "https://example.org/" + "a" * 200, "http://example.org", "http://10.0.0.1",
                    "http://127.0.0.1.example.org", "http://localhost.example.org"):
            for server, *socket in (("apache",), ("lighttpd",), ("nginx", SOCKET)):
                self.refused(1, server, url, PROGRAM, *socket)

    def test_paths(self):
        """Relative, with odd characters, a folder, a socket that the kernel would not take."""
        for path in ("", "casement.fcgi", "/casement.fcgi", "./a/b", "/usr/lib/a b", "/usr/lib/\"",
                     "/usr/lib/'x", "/usr/lib/a;b", "/usr/lib/casement/", "/usr/lib/@URL@", "/a/b\nc"):
            self.refused(1, "apache", URLS[0], path)
            self.refused(1, "nginx", URLS[0], PROGRAM, path)
        self.refused(1, "lighttpd", URLS[0], PROGRAM, "/run/" + "a" * 103)


class Named:
    """A site for one name, on a port where another site is at home already."""

    @property
    def origin(self):
        """The name under which the program answers."""
        return f"http://localhost:{self.port}"

    def configure(self, server, *socket):
        """That of port 80, on the port of the test."""
        done = configure(server, "https://localhost", self.binary, *socket)
        return re.sub(r"listen \[::\]:80;|(?<=VirtualHost \*:)80|(?<=listen )80;",
                      lambda found: "" if "[" in found[0] else found[0].replace("80", str(self.port)),
                      done.stdout)


class NamedApache(Named, apache.Apache):
    """A name-based virtual host."""

    def mount(self):
        return (self.site() + f"<VirtualHost *:{self.port}>\nServerName other\n</VirtualHost>\n" +
                self.configure("apache"))


class NamedLighttpd(Named, lighttpd.Lighttpd):
    """A condition on the host."""

    def listen(self):
        return f'server.bind = "127.0.0.1"\nserver.port = {self.port}\n'


class NamedNginx(Named, nginx.Nginx):
    """A server name."""

    def configure(self, server, *socket):
        return (f"server {{\nlisten {self.port} default_server;\nroot {self.documents};\n}}\n" +
                super().configure(server, *socket))


class Sites(unittest.TestCase):
    """Requests for the name are the program's, all others are not."""

    def test_names(self):
        """A token over the name; the page of the site over the address."""
        for server in (NamedApache, NamedLighttpd, NamedNginx):
            with self.subTest(server=server.__name__):
                instance.Instance.server_class = server
                made = instance.Instance()
                self.addCleanup(made.close)
                token = made.client.token(made.demo)
                self.assertEqual(made.client.rpc("ping", token=token).status_code, 200)
                self.assertEqual(made.client.get("/page.txt").status_code, 404)
                site = client.Client(f"http://127.0.0.1:{made.server.port}")
                self.assertEqual(site.get("/page.txt").text, servers.SITE_PAGE)
                self.assertNotIn("X-Request-Id", site.get("/api/health").headers)


class Result(unittest.TextTestResult):
    """Counts what passed."""

    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="Tests of deploy/configure.")
    parser.add_argument("--binary", default="build/casement", help="the program")
    instance.Instance.binary = os.path.abspath(parser.parse_args().binary)
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=sys.stdout, resultclass=Result).run(suite)
    instance.close_all()
    failed = len(result.failures) + len(result.errors) + len(instance.reports())
    print("".join(instance.reports()), end="")
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
