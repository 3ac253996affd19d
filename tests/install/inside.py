#!/usr/bin/python3
"""
deploy/install in a world of its own (tests/install/world): installed, used, installed again, broken,
and taken away.

    tests/install/inside.py REPOSITORY SERVER [--user NAME]
"""

import base64
import glob
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

REPOSITORY, SERVER = sys.argv[1:3]
USER = sys.argv[4:5]
SYSTEMD = os.path.isdir("/run/systemd/system")
POOL = SERVER == "nginx" or bool(USER)
SERVICE = "apache2" if SERVER == "apache" else SERVER
OWNER = USER[0] if USER else "casement" if SERVER == "nginx" else "www-data"
PORT = 8765
URL = f"http://127.0.0.1:{PORT}"
PREFIXED = "http://127.0.0.1/auth"
DATABASE = "/var/lib/casement/casement.db"
INSTALL = "/usr/local/share/casement/deploy/install"


def run(*command, **more):
    """Run a command; what it was and said."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=120, **more)


def install(*arguments):
    """Run deploy/install for the server at hand."""
    return run(INSTALL, "--server", SERVER, *arguments)


def put(url=URL, *more):
    """Install at a URL."""
    user = ("--user", *USER) if USER else ()
    return install("--url", url, *user, *more)


def files():
    """Every file and link that an installation might touch."""
    found = {}
    for top in ("/etc", "/run/casement", "/var/lib/casement", "/var/www"):
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    found[path] = os.readlink(path)
                elif os.path.isfile(path):
                    with open(path, "rb") as file:
                        found[path] = file.read()
    return found


def request(path, data=None, url=URL, **headers):
    """Status, headers and body of an answer."""
    asked = urllib.request.Request(url + path, data, headers)
    try:
        with urllib.request.urlopen(asked, timeout=30) as reply:
            return reply.status, reply.headers, reply.read().decode()
    except urllib.error.HTTPError as reply:
        return reply.code, reply.headers, reply.read().decode()


def token(output, url=URL):
    """A token for the administrator's client that the first installation printed."""
    identity = re.search(r"[Cc]lient.?id\s+(\S+)", output).group(1)
    secret = re.search(r"[Cc]lient.?[Ss]ecret\s+(\S+)", output).group(1)
    basic = base64.b64encode(f"{identity}:{secret}".encode()).decode()
    status, _, body = request("/api/login/oauth/access_token", b"grant_type=client_credentials",
                              url, Authorization="Basic " + basic)
    assert status == 200, body
    return json.loads(body)["access_token"]


def call(bearer, name, arguments, url=URL):
    """Call a tool; the structured result."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": name, "arguments": arguments}}
    headers = {"Authorization": "Bearer " + bearer, "Content-Type": "application/json",
               "Accept": "application/json, text/event-stream"}
    status, _, text = request("/api/mcp", json.dumps(body).encode(), url, **headers)
    assert status == 200, text
    return json.loads(text)["result"]


def responders():
    """The pids of processes that answer requests."""
    found = []
    for path in glob.glob("/proc/[0-9]*/exe"):
        try:
            if os.readlink(path) == "/usr/local/bin/casement":
                found.append(int(path.split("/")[2]))
        except OSError:
            pass
    return found


class Install(unittest.TestCase):
    """One installation, in the order of its life."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.before = files()
        cls.first = None

    def installed(self):
        """Install if that was not done yet; what the first time printed."""
        if Install.first is None:
            done = put()
            self.assertEqual(done.returncode, 0, done.stdout)
            Install.first = done.stdout
        return Install.first

    def test_01_what_is_refused(self):
        """Nothing is written for arguments that will not do."""
        refused = (
            ((), 2), (("--url",), 2), (("--url", ""), 2), (("--nonsense",), 2),
            (("--url", URL, "--uninstall"), 2), (("--url", "ftp://127.0.0.1"), None),
            (("--url", "http://127.0.0.1/a b"), None), (("--url", "http://127.0.0.1/\"x"), None),
            (("--url", "http://127.0.0.1:99999"), None), (("--url", "http://127.0.0.1/?q"), None),
            (("--url", URL, "--db", "relative.db"), 1), (("--url", URL, "--db", "/x.db"), 1),
            (("--url", URL, "--db", "/var/www/html/x.db"), 1),
            (("--url", URL, "--db", "/var/lib/a b/x.db"), 1),
            (("--url", URL, "--user", "root"), 1), (("--url", URL, "--user", "a;b"), 1),
        )
        for arguments, code in refused:
            with self.subTest(arguments=arguments):
                done = install(*arguments)
                if code is None:
                    self.assertIn(done.returncode, (1, 2), done.stdout)
                else:
                    self.assertEqual(done.returncode, code, done.stdout)
                self.assertTrue(done.stdout)
        self.assertEqual(run(INSTALL, "--server", "iis", "--url", URL).returncode, 2)
        self.assertEqual(files(), self.before)

    def test_02_not_root(self):
        """Without rights it says what it needs; a dry run needs none."""
        plain = run("setpriv", "--reuid", "65534", "--clear-groups", INSTALL, "--server", SERVER,
                    "--url", URL)
        self.assertEqual(plain.returncode, 1)
        self.assertIn("run it as root", plain.stdout)
        dry = run("setpriv", "--reuid", "65534", "--clear-groups", INSTALL, "--server", SERVER,
                  "--url", URL, "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stdout)

    def test_03_dry_run(self):
        """The difference is shown, and nothing changes."""
        done = put(URL, "--dry-run")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("+++ ", done.stdout)
        self.assertIn("+database = " + DATABASE, done.stdout)
        self.assertIn("nothing was changed", done.stdout)
        self.assertEqual(files(), self.before)

    def test_04_a_configuration_that_is_broken(self):
        """What the server does not accept is taken back."""
        broken = {"apache": "/etc/apache2/conf-enabled/zz.conf",
                  "lighttpd": "/etc/lighttpd/conf-enabled/99-zz.conf",
                  "nginx": "/etc/nginx/conf.d/zz.conf"}[SERVER]
        with open(broken, "w", encoding="ascii") as file:
            file.write("this is no directive of any server {\n")
        self.addCleanup(lambda: os.path.exists(broken) and os.unlink(broken))
        done = put()
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("nothing of it was kept", done.stdout)
        os.unlink(broken)
        there = {path for path in files() if not path.startswith("/var/lib/casement/")}
        accounts = {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-"}
        self.assertEqual(there - accounts, set(self.before) - accounts)
        # A database was made, with a secret that nobody has now.
        for path in glob.glob("/var/lib/casement/*"):
            os.unlink(path)

    def test_05_installed(self):
        """It runs, with an own folder for the state, and the doctor found nothing wrong."""
        output = self.installed()
        self.assertRegex(output, r"(?m)^ok ")
        self.assertNotRegex(output, r"(?m)^wrong ")
        folder = os.stat(os.path.dirname(DATABASE))
        self.assertEqual(folder.st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(DATABASE).st_mode & 0o777, 0o600)
        self.assertEqual(run("stat", "-c", "%U", DATABASE).stdout.strip(), OWNER)
        self.assertEqual(request("/api/health")[0], 200)

    def test_06_a_tool(self):
        """A token, and a tool call."""
        bearer = token(self.installed())
        result = call(bearer, "get_applications", {})
        self.assertIn("built-in", json.dumps(result))
        self.assertEqual(request("/api/mcp", b"{}", Authorization="Bearer x")[0], 401)
        status, _, body = request("/.well-known/oauth-protected-resource/api/mcp")
        self.assertEqual((status, json.loads(body)["resource"]), (200, URL + "/api/mcp"))

    def test_07_who_runs(self):
        """Responders run as the owner of the state and nobody else."""
        self.installed()
        self.assertEqual(request("/api/health")[0], 200)
        running = responders()
        self.assertTrue(running)
        for pid in running:
            self.assertEqual(run("ps", "-o", "user:32=", "-p", str(pid)).stdout.strip(), OWNER)

    def test_08_again(self):
        """A second time changes nothing."""
        self.installed()
        before = {path: content for path, content in files().items()
                  if not path.startswith(("/var/lib/", "/run/"))}
        done = put()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("wrote", done.stdout)
        self.assertNotIn("linked", done.stdout)
        after = {path: content for path, content in files().items()
                 if not path.startswith(("/var/lib/", "/run/"))}
        self.assertEqual(before, after)
        dry = put(URL, "--dry-run")
        self.assertNotIn("+++", dry.stdout)

    def test_09_responders_die(self):
        """Killed responders are replaced."""
        self.installed()
        for _ in range(3):
            request("/api/health")
            for pid in responders():
                os.kill(pid, signal.SIGKILL)
            deadline = time.monotonic() + 30
            while request("/api/health")[0] != 200:
                self.assertLess(time.monotonic(), deadline)

    def test_10_restart_of_the_server(self):
        """The server can be stopped and started."""
        self.installed()
        for verb in ("stop", "start"):
            done = run("service", SERVICE, verb)
            self.assertEqual(done.returncode, 0, done.stdout)
        deadline = time.monotonic() + 30
        while True:
            try:
                if request("/api/health")[0] == 200:
                    break
            except OSError:
                pass
            self.assertLess(time.monotonic(), deadline)

    @unittest.skipUnless(SYSTEMD and POOL, "no units of systemd here")
    def test_11_units(self):
        """The units are sound and shut in."""
        self.installed()
        done = run("systemd-analyze", "verify", "/etc/systemd/system/casement@1.service")
        self.assertNotIn("casement", done.stdout)
        done = run("systemd-analyze", "security", "--no-pager", "casement@1.service")
        score = re.search(r"Overall exposure level.*: ([\d.]+)", done.stdout)
        print("systemd-analyze security:", score.group(0)[2:], flush=True)
        self.assertLess(float(score.group(1)), 2.0)
        for unit in ("casement.socket", "casement@1.service", "casement@2.service"):
            self.assertEqual(run("systemctl", "is-active", unit).stdout.strip(), "active")
            self.assertEqual(run("systemctl", "is-enabled", unit).stdout.strip(), "enabled")
        self.assertEqual(len(responders()), 2)

    def test_12_elsewhere(self):
        """Another URL, under a prefix: the first place is given up."""
        bearer = token(self.installed())
        self.assertEqual(install("--uninstall").returncode, 0)
        done = put(PREFIXED)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(request("/api/health", url=PREFIXED)[0], 200)
        status, _, body = request("/.well-known/oauth-protected-resource/auth/api/mcp",
                                  url="http://127.0.0.1")
        self.assertEqual((status, json.loads(body)["resource"]), (200, PREFIXED + "/api/mcp"))
        self.assertEqual(request("/api/health", url="http://127.0.0.1")[0], 404)
        # A token names who issued it; the first URL's is not one of this URL's.
        self.assertEqual(request("/api/mcp", b"{}", PREFIXED,
                                 Authorization="Bearer " + bearer)[0], 401)
        bearer = token(self.first, PREFIXED)
        self.assertIn("built-in", json.dumps(call(bearer, "get_applications", {}, PREFIXED)))

    def test_13_uninstall(self):
        """Only the state is left."""
        self.installed()
        before = files()
        dry = install("--uninstall", "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stdout)
        self.assertEqual(set(files()), set(before))
        done = install("--uninstall")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("the state stays: " + DATABASE, done.stdout)
        left = set(files()) - set(self.before)
        self.assertEqual({path for path in left if "casement" in path},
                         {path for path in left if path.startswith("/var/lib/casement/")})
        self.assertIn(DATABASE, left)
        self.assertLessEqual({path for path in left if not path.startswith("/var/lib/casement/")},
                             {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-",
                              "/etc/subuid-", "/etc/subgid-"})
        self.assertNotEqual(request("/api/health", url="http://127.0.0.1")[0], 200)
        deadline = time.monotonic() + 30
        while responders():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        again = install("--uninstall")
        self.assertEqual(again.returncode, 0, again.stdout)


class Result(unittest.TextTestResult):
    """Counts for the closing line."""

    passed = 0

    def addSuccess(self, test):
        Result.passed += 1
        super().addSuccess(test)


def main():
    """Install the program, then run the tests."""
    made = run("make", "-C", REPOSITORY, "install")
    if made.returncode != 0:
        sys.exit(made.stdout)
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Install)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1, resultclass=Result).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{Result.passed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
