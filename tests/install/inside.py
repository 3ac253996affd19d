#!/usr/bin/python3
"""
deploy/install in a world of its own (tests/install/world): refused, tried dry, installed, used, hurt,
moved, and taken away.  The program is installed below /usr/local already.

    inside.py FOLDER SERVER [--user NAME]

FOLDER is the one that has this file in the world.
"""

import base64
import glob
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

SERVER = sys.argv[2]
USER = sys.argv[4] if len(sys.argv) > 4 else None
SYSTEMD = os.path.isdir("/run/systemd/system")
POOL = SERVER == "nginx" or USER is not None
SERVICE = "apache2" if SERVER == "apache" else SERVER
OTHER = "nginx" if SERVER == "lighttpd" else "lighttpd"
OWNER = USER or ("casement" if SERVER == "nginx" else "www-data")
URL = "http://127.0.0.1:8765"
PREFIXED = "http://127.0.0.1/auth"
HOST = "casement.test"
STATE = "/var/lib/casement"
DATABASE = STATE + "/casement.db"
INSTALL = "/usr/local/share/casement/deploy/install"
SITE = {"apache": "/etc/apache2/sites-available/casement.conf",
        "lighttpd": "/etc/lighttpd/conf-available/90-casement.conf",
        "nginx": "/etc/nginx/sites-available/casement"}[SERVER]
# What adding and removing a user leaves behind.
ACCOUNTS = {"/etc/" + name + end for name in ("passwd", "group", "shadow", "gshadow", "subuid", "subgid")
            for end in ("", "-")}

# A site of the server's own over TLS, with pages in /srv/pages; Casement's prefix goes into it.
TLS = {
    "apache": ("/etc/apache2/sites-enabled/tls.conf", """
<VirtualHost *:443>
	ServerName casement.test
	DocumentRoot /srv/pages
	<Directory /srv/pages>
		Require all granted
	</Directory>
	SSLEngine on
	SSLCertificateFile /etc/tls.pem
	SSLCertificateKeyFile /etc/tls.key
</VirtualHost>
"""),
    "lighttpd": ("/etc/lighttpd/conf-enabled/20-tls.conf", """
server.modules += ( "mod_openssl" )
$SERVER["socket"] == "127.0.0.1:443" {
	ssl.engine = "enable"
	ssl.pemfile = "/etc/tls.pem"
	ssl.privkey = "/etc/tls.key"
	server.document-root = "/srv/pages"
}
"""),
    "nginx": ("/etc/nginx/conf.d/tls.conf", """
# server {
server {
	listen 443 ssl default_server;
	server_name other.test;
	ssl_certificate /etc/tls.pem; ssl_certificate_key /etc/tls.key;
}
server {
	listen 443 ssl;
	server_name www.casement.test casement.test;  # the one
	root /srv/pages;
	ssl_certificate /etc/tls.pem; ssl_certificate_key /etc/tls.key;
	location / { try_files $uri =404; }
}
""")}


def run(*command, **more):
    """Run a command; what it was and said."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=120, **more)


def install(*arguments, server=SERVER):
    """Run deploy/install."""
    return run(INSTALL, "--server", server, *arguments)


def put(url=URL, *more):
    """Install at a URL, for the user that this world is about."""
    user = ("--user", USER) if USER and "--user" not in more else ()
    return install("--url", url, *user, *more)


def files(*tops):
    """Every file and link with its content, every folder."""
    found = {"/var/lib/" + name: "there" for name in os.listdir("/var/lib")}
    for top in tops or ("/etc", "/run/casement", "/var/log/casement", STATE, "/var/lib/apache2",
                        "/var/www", "/srv"):
        for folder, names, others in os.walk(top):
            found[folder] = "folder"
            for path in (os.path.join(folder, name) for name in names + others):
                if os.path.islink(path):
                    found[path] = os.readlink(path)
                elif os.path.isfile(path):
                    with open(path, "rb") as file:
                        found[path] = file.read()
    return found


def settings():
    """The files that an installation writes, not what services keep."""
    return files("/etc")


def changed(before, after):
    """The paths that differ."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def write(path, text, mode=0o644):
    """Write a file."""
    with open(path, "w", encoding="utf-8",
              opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(text)


def request(path, data=None, url=URL, **headers):
    """Status and body of an answer."""
    trusted = ssl.create_default_context(cafile="/etc/tls.pem") if url.startswith("https") else None
    asked = urllib.request.Request(url + path, data, headers)
    try:
        with urllib.request.urlopen(asked, timeout=30, context=trusted) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as reply:
        return reply.code, reply.read().decode()


def until(true, what):
    """Wait for something to become true."""
    deadline = time.monotonic() + 30
    while True:
        try:
            if true():
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise AssertionError("never: " + what)
        time.sleep(0.02)


def healthy(url=URL):
    """Whether Casement answers."""
    status, body = request("/api/health", url=url)
    return status == 200 and '"' in body


def token(output, url=URL):
    """A token for the administrator's client that the first installation printed."""
    identity = re.search(r"client_id +(\S+)", output).group(1)
    secret = re.search(r"client_secret +(\S+)", output).group(1)
    basic = base64.b64encode(f"{identity}:{secret}".encode()).decode()
    status, body = request("/api/login/oauth/access_token", b"grant_type=client_credentials", url,
                           Authorization="Basic " + basic)
    assert status == 200, body
    return json.loads(body)["access_token"]


def call(bearer, name, arguments, url=URL):
    """Call a tool; the result."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": name, "arguments": arguments}}
    headers = {"Authorization": "Bearer " + bearer, "Content-Type": "application/json",
               "Accept": "application/json, text/event-stream"}
    status, text = request("/api/mcp", json.dumps(body).encode(), url, **headers)
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


def prepare():
    """A site over TLS, and pages."""
    os.makedirs("/srv/pages")
    made = run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
               "-keyout", "/etc/tls.key", "-out", "/etc/tls.pem", "-subj", "/CN=" + HOST,
               "-addext", "subjectAltName=DNS:" + HOST)
    assert made.returncode == 0, made.stdout
    # Anew: the file may be one of the image, and the certificate is for this world alone.
    with open("/etc/tls.pem", encoding="ascii") as file:
        certificate = file.read()
    with open("/etc/ssl/certs/ca-certificates.crt", "a", encoding="ascii") as file:
        file.write(certificate)
    with open("/etc/hosts", "a", encoding="ascii") as file:
        file.write("127.0.0.1 " + HOST + "\n")
    if SERVER == "apache":
        assert run("a2enmod", "-q", "ssl").returncode == 0
        assert run("a2dismod", "-q", "fcgid").returncode == 0
    write(*TLS[SERVER])


def where(condition):
    """A test that is one only under a condition."""
    return lambda test: test if condition else None


class Install(unittest.TestCase):
    """One installation, in the order of its life."""

    maxDiff = None
    before = {}
    first = None

    @classmethod
    def setUpClass(cls):
        prepare()
        cls.before = files()

    def put(self, *arguments):
        """Install without a complaint; the output."""
        done = put(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"(?m)^ok ")
        self.assertNotRegex(done.stdout, r"(?m)^wrong ")
        return done.stdout

    def installed(self):
        """Install if that was not done yet; what the first time printed."""
        self.assertNotEqual(Install.first, "", "the installation failed")
        if Install.first is None:
            Install.first = ""
            Install.first = self.put()
        return Install.first

    def refused(self, arguments, code, says, before=None):
        """It ends with a code and one line, and nothing is written."""
        done = install(*arguments)
        with self.subTest(arguments=arguments):
            self.assertEqual(done.returncode, code, done.stdout)
            self.assertIn(says, done.stdout)
            if code == 1:
                self.assertEqual(done.stdout.count("\n"), 1, done.stdout)
            self.assertEqual(changed(before or self.before, files()), set())

    def test_01_usage(self):
        """What is no call of it."""
        for arguments in ((), ("--url",), ("--url", ""), ("--url", URL, "--nonsense"),
                          ("--url", URL, "--uninstall"), ("--uninstall", "--db", DATABASE)):
            self.refused(arguments, 2, "usage:")
        self.assertEqual(run(INSTALL, "--server", "iis", "--url", URL).returncode, 2)

    def test_02_urls(self):
        """URLs that will not do."""
        for url in ("ftp://127.0.0.1", "http://127.0.0.1/a b", "http://127.0.0.1/\"x",
                    "http://127.0.0.1:99999", "http://127.0.0.1/?q", "http://example.org",
                    "https://", "https://example.org/../x", "http://127.0.0.1\n"):
            self.refused(("--url", url), 1, "configure: ")

    def test_03_places(self):
        """Databases and users that will not do."""
        os.symlink("/srv/pages", "/var/lib/linked")
        self.addCleanup(os.unlink, "/var/lib/linked")
        before = files()
        for path, says in (("relative.db", "absolute"), ("/x.db", "folder of its own"),
                           ("/var/lib/../../x.db", "folder of its own"),
                           ("/var/www/html/x.db", "gives away"), ("/srv/pages/state/x.db", "gives away"),
                           ("/var/lib/linked/x.db", "gives away"), ("/var/lib/a b/x.db", "only letters"),
                           ("/tmp/x/x.db", "/var/lib"), ("/home/x/x.db", "/var/lib"),
                           ("/var/lib/", "that is a folder"), ("/var/lib/dpkg", "that is a folder")):
            self.refused(("--url", URL, "--db", path), 1, says, before)
        for user, says in (("root", "without rights"), ("a;b", "not the name"), ("-x", "not the name"),
                           ("0", "not the name")):
            self.refused(("--url", URL, "--user", user), 1, says, before)
        if SERVER == "apache":
            self.refused(("--url", URL, "--user", "nobody"), 1, "mod_fcgid", before)

    def test_04_port(self):
        """Another program's port."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.refused(("--url", f"http://127.0.0.1:{port}"), 1, f"port {port} is in use by python3")

    def test_05_not_root(self):
        """Without rights it says what it needs; a dry run needs none."""
        nobody = ("setpriv", "--reuid", "65534", "--clear-groups", INSTALL, "--server", SERVER,
                  "--url", URL)
        plain = run(*nobody)
        self.assertEqual(plain.returncode, 1)
        self.assertIn("run it as root", plain.stdout)
        dry = run(*nobody, "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stdout)
        self.assertIn("nothing was changed", dry.stdout)

    def test_06_dry_run(self):
        """The difference is shown, and nothing changes."""
        done = put(URL, "--dry-run")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("\n+++ " + SITE, done.stdout)
        self.assertIn("+database = " + DATABASE, done.stdout)
        self.assertIn("would make the database", done.stdout)
        self.assertIn("nothing was changed", done.stdout)
        self.assertEqual(changed(self.before, files()), set())

    def test_07_configuration_that_is_broken(self):
        """What the server does not accept is taken back."""
        broken = {"apache": "/etc/apache2/conf-enabled/zz.conf",
                  "lighttpd": "/etc/lighttpd/conf-enabled/99-zz.conf",
                  "nginx": "/etc/nginx/conf.d/zz.conf"}[SERVER]
        write(broken, "this is no directive of any server {\n")
        self.addCleanup(os.unlink, broken)
        before = files()
        done = put()
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("nothing of the configuration was kept", done.stdout)
        self.assertNotIn("client_secret", done.stdout)
        self.assertEqual(changed(before, files()), set())
        self.assertEqual(responders(), [])

    def test_08_state_of_somebody_else(self):
        """A folder that the responders' user does not own is left alone, and all the rest."""
        os.mkdir(STATE, 0o755)
        self.addCleanup(os.rmdir, STATE)
        before = files()
        done = put()
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(STATE + " is root's", done.stdout)
        self.assertLessEqual(changed(before, files()), ACCOUNTS)
        self.assertNotEqual(run("id", "casement").returncode, 0)

    # Under systemd, lighttpd is said to be started before it has tried.
    @where(not (SYSTEMD and SERVER == "lighttpd"))
    def test_09_server_that_does_not_start(self):
        """Its port is somebody else's: all is taken back but the database."""
        before = files()
        with socket.create_server(("0.0.0.0", 80)):
            done = put()
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("did not take it", done.stdout)
        until(lambda: not responders(), "an end of the responders")
        left = {path for path in changed(before, files()) if not path.startswith(STATE)}
        self.assertLessEqual(left, ACCOUNTS)
        self.assertTrue(os.path.exists(DATABASE))
        shutil.rmtree(STATE)

    def test_10_installed(self):
        """It runs, with an own folder for the state, and the doctor found nothing wrong."""
        self.assertIn("its secret is shown this once", self.installed())
        self.assertEqual(os.stat(STATE).st_mode & 0o777, 0o700)
        for path in glob.glob(DATABASE + "*"):
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600, path)
            self.assertEqual(run("stat", "-c", "%U", path).stdout.strip(), OWNER)
        self.assertTrue(healthy())

    def test_11_a_tool(self):
        """A token, and a tool call."""
        bearer = token(self.installed())
        self.assertIn("built-in", str(call(bearer, "get_applications", {})))
        self.assertEqual(request("/api/mcp", b"{}", Authorization="Bearer x")[0], 401)
        status, body = request("/.well-known/oauth-protected-resource/api/mcp")
        self.assertEqual((status, json.loads(body)["resource"]), (200, URL + "/api/mcp"))

    def test_12_people(self):
        """Passwords are hashed within the limits that responders have."""
        call(token(self.installed()), "add_user",
             {"user": {"owner": "built-in", "name": "alice", "password": "a long enough password"}})

    def test_13_who_runs(self):
        """Responders run as the owner of the state and nobody else."""
        self.installed()
        self.assertTrue(healthy())
        running = responders()
        self.assertTrue(running)
        for pid in running:
            self.assertEqual(run("stat", "-c", "%U", f"/proc/{pid}").stdout.strip(), OWNER)

    def test_14_again(self):
        """A second time changes nothing, and tells no secret."""
        self.installed()
        before = settings()
        output = self.put()
        self.assertNotIn("install: wrote", output)
        self.assertNotIn("install: removed", output)
        self.assertNotIn("secret is shown", output)
        self.assertEqual(changed(before, settings()), set())
        dry = put(URL, "--dry-run")
        self.assertNotIn("+++", dry.stdout)
        self.assertNotIn("would", dry.stdout)

    def test_15_changed_by_hand(self):
        """What somebody added to the configuration stays; where it can't stay, nothing is done."""
        self.installed()
        with open(SITE, "a", encoding="ascii") as file:
            file.write("# a line of the administrator's\n")
        self.put()
        with open(SITE, encoding="ascii") as file:
            self.assertIn("administrator's", file.read())
        before = settings()
        for url in ("http://127.0.0.1:8766", PREFIXED):
            done = put(url)
            self.assertEqual(done.returncode, 1)
            self.assertIn(SITE + " was changed by hand", done.stdout)
            self.assertEqual(changed(before, settings()), set())
        os.unlink(SITE)
        self.assertIn("install: wrote " + SITE, self.put())

    @where(POOL)
    def test_15_changed_by_hand_beside_the_server(self):
        """So is it with what starts the responders."""
        self.installed()
        path = "/etc/systemd/system/casement@.service" if SYSTEMD else "/etc/init.d/casement"
        with open(path, encoding="ascii") as file:
            written = file.read()
        write(path, written + "# a line of the administrator's\n")
        before = settings()
        self.put()
        done = put(URL, "--user", "nobody", "--dry-run")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(path + " was changed by hand", done.stdout)
        self.assertEqual(changed(before, settings()), set())
        write(path, written)

    def test_16_another_server(self):
        """It is behind one server at a time."""
        self.installed()
        before = settings()
        for arguments in (("--url", "http://127.0.0.1:8767"), ("--uninstall",)):
            done = install(*arguments, server=OTHER)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("is behind " + SERVER, done.stdout)
        self.assertEqual(changed(before, settings()), set())

    def test_20_responders_die(self):
        """Killed responders are replaced, however often."""
        self.installed()
        for _ in range(8 if POOL else 2):
            request("/api/health")
            for pid in responders():
                os.kill(pid, signal.SIGKILL)
            until(healthy, "an answer after a kill")

    def test_21_restart_of_the_server(self):
        """The server can be stopped and started."""
        self.installed()
        for verb in ("stop", "start"):
            done = run("service", SERVICE, verb)
            self.assertEqual(done.returncode, 0, done.stdout)
        until(healthy, "an answer after a restart")

    @where(SYSTEMD and POOL)
    def test_22_units(self):
        """Both responders run, at the next boot too, with little that they may do."""
        self.installed()
        units = ("casement.socket", "casement@1.service", "casement@2.service")
        for unit in units:
            until(lambda name=unit: run("systemctl", "is-active", name).stdout.strip() == "active", unit)
            self.assertEqual(run("systemctl", "is-enabled", unit).stdout.strip(), "enabled")
        self.assertEqual(len(responders()), 2)
        checked = run("systemd-analyze", "verify", "--man=no", *units)
        self.assertEqual((checked.returncode, checked.stdout), (0, ""))
        score = run("systemd-analyze", "security", "--no-pager", "casement@1.service").stdout
        overall = re.search(r"Overall exposure level for casement@1.service: ([0-9.]+)", score)
        print("systemd-analyze security:", overall.group(0), flush=True)
        self.assertLess(float(overall.group(1)), 2.0)
        for pid in responders():
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                status = file.read()
            self.assertRegex(status, r"CapBnd:\s+0+\nCapAmb:\s+0+\nNoNewPrivs:\s+1\nSeccomp:\s+2\n")
            with open(f"/proc/{pid}/net/dev", encoding="ascii") as file:
                self.assertEqual(len(file.readlines()), 3, "only lo")

    @where(SYSTEMD and POOL)
    def test_23_more_responders(self):
        """A third one stays when it is installed again."""
        self.installed()
        third = "casement@3.service"
        self.assertEqual(run("systemctl", "enable", "--now", third).returncode, 0)
        self.put()
        until(lambda: len(responders()) == 3, "three responders")
        self.assertEqual(run("systemctl", "disable", "--now", third).returncode, 0)

    @where(SYSTEMD and POOL)
    def test_24_socket(self):
        """Without a responder, the socket starts one; only the web server's group gets there."""
        self.installed()
        run("systemctl", "stop", "casement@1.service", "casement@2.service")
        self.assertTrue(healthy())
        path = "/run/casement/casement.sock"
        self.assertEqual(run("stat", "-c", "%a %U %G", path).stdout.strip(), f"660 {OWNER} www-data")
        run("systemctl", "start", "casement@2.service")

    @where(POOL and not SYSTEMD)
    def test_25_init_script(self):
        """The script starts and stops the responders, twice without harm, and tells which it is."""
        self.installed()
        for verb, status in (("status", 0), ("stop", 0), ("stop", 0), ("status", 3), ("start", 0),
                             ("start", 0), ("restart", 0), ("status", 0), ("nonsense", 2)):
            done = run("service", "casement", verb)
            self.assertEqual(done.returncode, status, verb + done.stdout)
            until(lambda gone=verb == "stop": not gone or not responders(), "an end")
        until(healthy, "an answer after a restart")
        self.assertEqual(run("stat", "-c", "%a %U %G", "/run/casement/casement.sock").stdout.strip(),
                         f"660 {OWNER} www-data")

    @where(SERVER == "lighttpd" and not USER)
    def test_26_other_processes(self):
        """From the server's own processes to ones on a socket, and back."""
        self.installed()
        self.put(URL, "--user", OWNER)
        self.assertTrue(os.path.exists("/run/casement/casement.sock"))
        self.put()
        self.assertFalse(os.path.exists("/run/casement"))
        self.assertEqual([path for path in settings() if "casement" in path and "init" in path], [])

    @where(not (SYSTEMD and SERVER == "lighttpd"))
    def test_27_elsewhere_in_vain(self):
        """Another URL, but the server does not start: files and URL are as they were."""
        self.installed()
        self.assertEqual(run("service", SERVICE, "stop").returncode, 0)
        before = settings()
        with socket.create_server(("0.0.0.0", 80)):
            done = put("http://127.0.0.1:8766")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("did not take it", done.stdout)
        self.assertEqual(changed(before, settings()), set())
        self.assertEqual(run("/usr/local/bin/casement", "setting", "get", "issuer").stdout, URL + "\n")
        self.put()

    def test_30_elsewhere(self):
        """Another URL, under a prefix: the first place is given up."""
        bearer = token(self.installed())
        self.put(PREFIXED)
        self.assertTrue(healthy(PREFIXED))
        status, body = request("/.well-known/oauth-protected-resource/auth/api/mcp",
                               url="http://127.0.0.1")
        self.assertEqual((status, json.loads(body)["resource"]), (200, PREFIXED + "/api/mcp"))
        self.assertEqual(request("/api/health", url="http://127.0.0.1")[0], 404)
        self.assertRaises(OSError, request, "/api/health")
        # A token names who issued it; the first URL's is not one of this URL's.
        self.assertEqual(request("/api/mcp", b"{}", PREFIXED,
                                 Authorization="Bearer " + bearer)[0], 401)
        bearer = token(self.first, PREFIXED)
        self.assertIn("built-in", str(call(bearer, "get_applications", {}, PREFIXED)))
        before = settings()
        self.put(PREFIXED)
        self.assertEqual(changed(before, settings()), set())

    def test_31_https(self):
        """Under a prefix of a site over TLS."""
        self.installed()
        url = f"https://{HOST}/auth"
        self.put(url)
        status, body = request("/.well-known/oauth-protected-resource/auth/api/mcp",
                               url=f"https://{HOST}")
        self.assertEqual((status, json.loads(body)["resource"]), (200, url + "/api/mcp"))
        self.assertIn("built-in", str(call(token(self.first, url), "get_applications", {}, url)))
        self.assertEqual(request("/api/health", url=f"https://{HOST}")[0], 404)

    def test_32_https_elsewhere(self):
        """A site of its own is the plain side of https; until TLS is there, the doctor complains."""
        self.installed()
        if SERVER == "lighttpd":        # all that comes for the host, over TLS too
            self.put(f"https://{HOST}")
        else:
            done = put(f"https://{HOST}")
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertRegex(done.stdout, r"(?m)^wrong +path ")
            self.assertIn("not all is well", done.stdout)
        status, body = request("/.well-known/oauth-protected-resource/api/mcp", url="http://127.0.0.1",
                               Host=HOST)
        self.assertEqual((status, json.loads(body)["resource"]), (200, f"https://{HOST}/api/mcp"))
        self.assertEqual(request("/api/health", url="http://127.0.0.1")[0], 404)

    def test_33_another_database(self):
        """Elsewhere, with secrets of its own; without --db it stays there."""
        self.installed()
        elsewhere = "/var/lib/elsewhere/registry.db"
        output = self.put(URL, "--db", elsewhere)
        self.assertIn("built-in", str(call(token(output), "get_applications", {})))
        self.assertEqual(os.stat(elsewhere).st_mode & 0o777, 0o600)
        self.assertNotIn("secret is shown", self.put())
        self.assertIn("database = " + elsewhere, settings()["/etc/casement.conf"].decode())
        for by_hand in (f"# mine\n\tdatabase\t= {elsewhere} \n",
                        f"\ufeffdatabase = {elsewhere}\r\n",
                        f"database =\ndatabase = {elsewhere}\n"):
            write("/etc/casement.conf", by_hand)
            self.assertNotIn("secret is shown", self.put())
            self.assertEqual(settings()["/etc/casement.conf"].decode(), by_hand)
        self.put(URL, "--db", DATABASE)
        token(self.first)

    def test_40_uninstall(self):
        """Only the state is left."""
        self.installed()
        self.put(PREFIXED)
        before = files()
        dry = install("--uninstall", "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stdout)
        self.assertIn("would remove", dry.stdout)
        self.assertEqual(changed(before, files()), set())
        done = install("--uninstall")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("the state stays: " + DATABASE, done.stdout)
        left = {path for path in changed(self.before, files())
                if not path.startswith((STATE, "/var/lib/elsewhere"))}
        if POOL and not USER == "www-data":
            left -= ACCOUNTS
        # Apache's module is as its package leaves it: on.
        left -= {f"/etc/apache2/mods-enabled/fcgid.{end}" for end in ("load", "conf")}
        self.assertEqual(left, set())
        self.assertTrue(os.path.exists(DATABASE))
        until(lambda: not responders(), "an end of the responders")
        until(lambda: request("/api/health", url=PREFIXED)[0] == 404, "a server without it")
        if SYSTEMD:
            self.assertIn("0 loaded", run("systemctl", "list-units", "--all", "casement*").stdout)

    def test_41_uninstall_again(self):
        """There is nothing to take away then."""
        before = files()
        done = install("--uninstall")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("removed", done.stdout)
        self.assertEqual(changed(before, files()), set())

    def test_42_back(self):
        """The state is found again."""
        self.assertNotIn("secret is shown", self.put())
        self.assertIn("alice", str(call(token(self.first), "get_users", {"owner": "built-in"})))


class Result(unittest.TextTestResult):
    """Counts for the closing line."""

    passed = 0

    def addSuccess(self, test):
        Result.passed += 1
        super().addSuccess(test)


def main():
    """Run the tests."""
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Install)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1, resultclass=Result).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{Result.passed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
