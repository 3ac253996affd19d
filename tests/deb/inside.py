#!/usr/bin/python3
"""
The life of the Debian package, in a world of its own (tests/install/world).

    tests/deb/inside.py FOLDER lighttpd

FOLDER has the packages, and the tests of deploy/install, whose helpers are used here.
"""

import glob
import os
import stat
import sys
import time
import unittest

FOLDER = sys.argv[1]
sys.path.insert(0, os.path.join(FOLDER, "install"))

# pylint: disable=wrong-import-position
import inside as install

PACKAGE, = glob.glob(os.path.join(FOLDER, "casement_*.deb"))
DEBUG, = glob.glob(os.path.join(FOLDER, "casement-dbgsym_*.deb"))
SCRIPT = "/usr/share/casement/deploy/install"
STATE = "/var/lib/casement/"
# What dpkg, and tools about users, keep for themselves.
OWN = ("/var/lib/dpkg/", "/var/log/", "/var/cache/", "/var/lib/systemd/", "/etc/passwd", "/etc/group",
       "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid", "/usr/lib/python3",
       "/var/lib/lighttpd/", "/var/lib/dbus/", "/etc/.pwd.lock")


def files():
    """All files but those of OWN: size and mode, or where a link goes."""
    found = {}
    for top in ("/etc", "/usr", "/lib/systemd", "/opt", "/var", "/run/casement", "/root", "/home"):
        for folder, folders, names in os.walk(top):
            for name in names + folders:
                path = os.path.join(folder, name)
                if path.startswith(OWN):
                    continue
                status = os.lstat(path)
                found[path] = (stat.filemode(status.st_mode), os.readlink(path) if os.path.islink(path)
                               else status.st_size if name in names else 0)
    return found


def listening():
    """What accepts connections from a network."""
    found = set()
    for path in ("/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6"):
        with open(path, encoding="ascii") as file:
            found |= {(path, line.split()[1]) for line in file if line.split()[3] in ("0A", "07")}
    return found


def processes():
    """The names of the programs that run."""
    return set(install.run("ps", "-eo", "comm=").stdout.split())


class Package(unittest.TestCase):
    """Its life, in order."""

    maxDiff = None
    before = None
    after_install = None
    credentials = ""

    def dpkg(self, *arguments):
        """A dpkg that works and asks nothing: it has no input."""
        done = install.run("dpkg", *arguments, env={
            **{name: value for name, value in os.environ.items() if not name.startswith("DEB")},
            "TERM": "dumb", "DEBCONF_NOWARNINGS": "yes"})
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def wait_gone(self):
        """Until the web server, which was asked to reload, has done so."""
        deadline = time.monotonic() + 30
        while True:
            try:
                if install.request("/api/health")[0] == 404:
                    return
            except OSError:
                return
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_01_a_clean_system(self):
        """Nothing that building needs is there."""
        Package.before = files()
        names = install.run("dpkg-query", "-W", "-f=${Package}\n").stdout.split()
        self.assertEqual([name for name in names if name.endswith("-dev")], [])
        for name in ("gcc", "make", "dpkg-dev", "casement"):
            self.assertNotIn(name, names)
        install.run("service", "lighttpd", "stop")

    def test_02_install(self):
        """It asks nothing, runs nothing, and opens nothing."""
        open_to = listening()
        self.dpkg("-i", PACKAGE, DEBUG)
        self.assertEqual(listening(), open_to)
        self.assertFalse({"casement", "casement.fcgi", "lighttpd"} & processes())
        self.assertFalse(os.path.exists(STATE))
        self.assertEqual(install.run("id", "-gn", "casement").stdout, "casement\n")
        self.assertEqual(install.run("dpkg", "--verify", "casement").stdout, "")
        self.assertEqual(install.run("dpkg", "--audit").stdout, "")
        if install.SYSTEMD:
            for unit in ("casement.socket", "casement@1.service"):
                self.assertEqual(install.run("systemctl", "is-enabled", unit).stdout, "disabled\n")
                self.assertEqual(install.run("systemctl", "is-active", unit).stdout, "inactive\n")
        Package.after_install = files()

    def test_03_what_is_there(self):
        """The program, its other name, manual and completion; without a database it says so."""
        self.assertIn("casement 0", install.run("casement", "version").stdout)
        self.assertEqual(install.run("/usr/lib/casement/casement.fcgi", "version").stdout,
                         install.run("casement", "version").stdout)
        done = install.run("casement", "key", "list")
        self.assertEqual(done.returncode, 7)
        self.assertIn("/etc/casement.conf", done.stdout)
        for page in ("man1/casement.1.gz", "man5/casement.conf.5.gz", "man8/casement.fcgi.8.gz"):
            self.assertIn("/usr/share/man/" + page, self.after_install)
        done = install.run("bash", "-ic", ". /usr/share/bash-completion/bash_completion; "
                                          "_completion_loader casement; complete -p casement")
        self.assertIn("complete -F _casement casement", done.stdout)

    def test_04_behind_a_server(self):
        """deploy/install, a token, and a tool call."""
        done = install.run(SCRIPT, "--server", "lighttpd", "--url", install.URL)
        self.assertEqual(done.returncode, 0, done.stdout)
        Package.credentials = done.stdout
        self.assertEqual(install.request("/api/health")[0], 200)
        bearer = install.token(self.credentials)
        made = install.call(bearer, "add_application", {
            "application": {"owner": "built-in", "name": "tool", "displayName": "A tool"}})
        self.assertFalse(made.get("isError", False), made)
        self.assertIn("built-in/tool", install.run("casement", "application", "list").stdout)

    def test_05_upgrade(self):
        """The same package again: what was set up goes on."""
        self.dpkg("-i", PACKAGE)
        self.assertEqual(install.request("/api/health")[0], 200)
        found = install.call(install.token(self.credentials), "get_applications", {})
        self.assertIn("A tool", str(found))

    def test_06_remove(self):
        """The program goes, and what was put behind the server; the state stays."""
        self.dpkg("-r", "casement-dbgsym", "casement")
        self.wait_gone()
        left = {path for path in files() if path not in self.before}
        self.assertEqual({path for path in left if not path.startswith(STATE.rstrip("/"))},
                         {"/etc/logrotate.d/casement"})
        self.assertIn(STATE + "casement.db", left)

    def test_07_again(self):
        """Installed once more, it finds its state."""
        self.dpkg("-i", PACKAGE)
        done = install.run(SCRIPT, "--server", "lighttpd", "--url", install.URL)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("client_secret", done.stdout)
        found = install.call(install.token(self.credentials), "get_applications", {})
        self.assertIn("A tool", str(found))

    def enable_units(self):
        """Use the units of the package without deploy/install."""
        for arguments in (("enable", "casement.socket", "casement@1.service"),
                          ("start", "casement.socket")):
            done = install.run("systemctl", *arguments)
            self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(os.path.exists("/run/casement/casement.sock"))

    def test_08_purge(self):
        """Nothing but the state is left, of units neither; without the state, nothing."""
        if install.SYSTEMD:
            self.enable_units()
        self.dpkg("-P", "casement")
        there = files()
        left = {path: what for path, what in there.items() if path not in self.before}
        self.assertEqual([path for path in left if not path.startswith(STATE.rstrip("/"))], [])
        self.assertIn(STATE + "casement.db", left)
        # Folders that became empty may go.
        self.assertEqual({path for path, what in self.before.items()
                          if there.get(path) != what and what[0][0] != "d"}, set())
        self.assertEqual(install.run("id", "-un", "casement").stdout, "casement\n")
        self.assertFalse({"casement", "casement.fcgi"} & processes())
        self.dpkg("-i", PACKAGE)
        for path in glob.glob(STATE + "*"):
            os.unlink(path)
        self.dpkg("-P", "casement")
        self.assertFalse(os.path.exists(STATE))
        self.assertNotEqual(install.run("id", "casement").returncode, 0)


def main():
    """Run the tests."""
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Package)
    result = unittest.TextTestRunner(stream=sys.stdout, resultclass=install.Result,
                                     failfast=True).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{install.Result.passed} passed, {failed} failed, {len(result.skipped)} skipped",
          flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
