#!/usr/bin/python3
"""
The archive for shared hosting, unpacked, prepared, uploaded to a host of Debian 11, and used.

    tests/dist/run.py --program build/casement --archive FILE --world FOLDER

The last line is `N passed, N failed, N skipped`; the exit status is 1 when something failed.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

# pylint: disable=wrong-import-position
import host

CLIENT = os.path.join(HERE, "../e2e/example_client.py")
SCRATCH = tempfile.TemporaryDirectory(prefix="casement-dist-")
NAMES = iter(range(1000))
DENIED = ("casement", "casement.conf", "README.txt", ".htaccess", "lib/libc.so.6", "licences/casement.txt",
          "casement-state/.htaccess", "casement-state/casement.db", "lib/", "casement-state/")
OPTIONS = None


def fresh_folder():
    """The name of a folder that is not there yet."""
    return os.path.join(SCRATCH.name, str(next(NAMES)))


def unpack():
    """The archive's folder, unpacked anew."""
    folder = fresh_folder()
    with tarfile.open(OPTIONS.archive) as archive:
        archive.extractall(folder)
    name, = os.listdir(folder)
    return os.path.join(folder, name)


def run(*command, env=None, cwd=None):
    """Run a command; what it was and said."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=120, cwd=cwd,
                          env={**os.environ, "NO_PROXY": "127.0.0.1", **(env or {})})


def init(*arguments):
    """The installed program's command."""
    return run(OPTIONS.program, "init", *arguments, env={"CASEMENT_DB": "/nonexistent/x.db"})


def mode(*path):
    """The rights of a file."""
    return stat.S_IMODE(os.stat(os.path.join(*path)).st_mode)


def edit(path, old, new):
    """Change a text in a file, which must be there."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert old in text, f"no {old} in {path}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


class Archive(unittest.TestCase):
    """What is in it, and what `init --dist` makes of it."""

    def test_same_files_same_archive(self):
        """Packed again, with the date that it has, it is the same to the byte."""
        folder = fresh_folder()
        with tarfile.open(OPTIONS.archive) as archive:
            date, = {member.mtime for member in archive}
        done = run("deploy/dist", OPTIONS.program,
                   os.path.join(os.path.dirname(OPTIONS.archive), "casement"), folder,
                   env={"SOURCE_DATE_EPOCH": str(date)})
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(OPTIONS.archive, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        self.assertEqual(done.stdout, f"{digest}  {os.path.basename(OPTIONS.archive)}\n")

    def test_every_library_is_inside(self):
        """Nothing that is loaded comes from elsewhere, and each has its licence."""
        folder = unpack()
        done = run("./casement", "version", env={"LD_DEBUG": "files"}, cwd=folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        loaded = set(re.findall(r"calling init: (\S+)", done.stderr))
        self.assertGreater(len(loaded), 8)
        for path in loaded:
            self.assertEqual(os.path.join(folder, path),
                             os.path.join(folder, "lib", os.path.basename(path)))
        licences = os.listdir(os.path.join(folder, "licences"))
        for name in ("casement.txt", "libc6.txt", "libssl3.txt", "LGPL-2.1.txt"):
            self.assertIn(name, licences)

    def test_text(self):
        """A page, with nothing left to fill in, that tells what the host must be."""
        folder = unpack()
        for name in ("README.txt", "casement.fcgi", "casement.conf"):
            with open(os.path.join(folder, name), encoding="ascii") as file:
                text = file.read()
            self.assertNotRegex(text, "@[A-Z]+@")
            if name == "README.txt":
                self.assertLess(len(text.splitlines()), 100)
                self.assertRegex(text, r"Linux \d+\.\d+\.\d+ or newer on \w+")
                self.assertRegex(text, r"libsqlite3-0 \d")

    def test_init(self):
        """A database ready for upload: closed, readable by its owner alone."""
        folder = unpack()
        done = init("--dist", folder, "--url", "https://example.org/auth")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("client_secret", done.stdout)
        self.assertIn("755", done.stdout)
        state = os.path.join(folder, "casement-state")
        self.assertEqual(sorted(os.listdir(state)), [".htaccess", "casement.db"])
        self.assertEqual((mode(state), mode(state, "casement.db")), (0o700, 0o600))
        database = sqlite3.connect(os.path.join(state, "casement.db"))
        self.addCleanup(database.close)
        self.assertEqual(database.execute("SELECT value FROM setting WHERE name = 'issuer'")
                         .fetchone()[0], "https://example.org/auth")
        keys = database.execute("SELECT count(*) FROM signing_key").fetchone()
        again = init("--dist", folder, "--url", "https://example.org")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertNotIn("client_secret", again.stdout)
        self.assertEqual(database.execute("SELECT count(*) FROM signing_key").fetchone(), keys)
        told = init("--dist", folder, "--url", "https://example.org", "--json")
        self.assertEqual(json.loads(told.stdout)["url"], "https://example.org/api/mcp")

    def test_init_outside(self):
        """casement.conf says where; the folder is made."""
        folder = unpack()
        edit(os.path.join(folder, "casement.conf"), "= casement-state/", "= ../state/")
        done = init("--dist", folder, "--url", "https://example.org")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.listdir(os.path.join(folder, "../state")), ["casement.db"])
        self.assertEqual(mode(folder, "../state"), 0o700)
        self.assertFalse(os.path.exists(os.path.join(folder, "casement-state/casement.db")))
        own = run(os.path.join(folder, "casement.fcgi"), "setting", "get", "issuer")
        self.assertEqual(own.stdout.split()[-1], "https://example.org")

    def test_init_refused(self):
        """What will not do is said, and nothing is made."""
        folder = unpack()
        before = sorted(os.walk(folder))
        empty = fresh_folder()
        os.mkdir(empty)
        refused = (
            (("--dist",), 2, "needs a value"),
            (("--dist", folder), 2, "--url"),
            (("--dist", folder, "--url", "http://example.org"), 6, "https"),
            (("--dist", empty, "--url", "https://example.org"), 6, "casement.fcgi"),
            (("--dist", empty + "/no", "--url", "https://example.org"), 6, "casement.fcgi"),
            (("--dist", "x" * 5000, "--url", "https://example.org"), 6, "casement.fcgi"),
        )
        for arguments, code, word in refused:
            with self.subTest(arguments=arguments):
                done = init(*arguments)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertIn(word, done.stderr)
        self.assertEqual(run(OPTIONS.program, "migrate", "--dist", folder).returncode, 2)
        self.assertEqual(sorted(os.walk(folder)), before)
        self.assertEqual(os.listdir(empty), [])
        for text in ("", "database =\n", "# database = x\n", "database = " + "x" * 5000 + "\n"):
            with open(os.path.join(folder, "casement.conf"), "w", encoding="ascii") as file:
                file.write(text)
            done = init("--dist", folder, "--url", "https://example.org")
            self.assertNotEqual(done.returncode, 0, text)
            self.assertIn("casement", done.stderr)
        self.assertNotIn("casement.db", os.listdir(os.path.join(folder, "casement-state")))


class HostCase(unittest.TestCase):
    """A host with the archive on it."""

    def place(self, gateway, allow="FileInfo Options", prefix="", prepare=None):
        """Unpack, prepare, upload, set the one mode that the text asks for; the host, started."""
        there = host.Host(OPTIONS.world, fresh_folder(), gateway, allow)
        self.addCleanup(there.stop)
        folder = unpack()
        if prepare is not None:
            prepare(folder)
        environment = os.path.join(os.path.dirname(folder), "demo.env")
        done = init("--dist", folder, "--url", there.url + prefix, "--demo", "--env-file",
                    environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(environment, encoding="ascii") as file:
            there.environment = dict(re.findall(r"^(\w+)='(.*)'$", file.read(), re.M))
        there.root = there.documents + prefix
        host.upload(folder, there.root)
        os.chmod(os.path.join(there.root, "casement.fcgi"), 0o755)
        for name in os.listdir(os.path.dirname(folder)):
            if name.startswith("state"):
                host.upload(os.path.join(os.path.dirname(folder), name),
                            os.path.join(there.site, name))
        there.start()
        return there

    def use(self, there):
        """A newcomer's program, in both branches."""
        done = run(sys.executable, CLIENT, env=there.environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout + there.log())
        self.assertIn("Created application:", done.stdout)
        done = run(sys.executable, CLIENT, "--scope", "read:application", env=there.environment)
        self.assertEqual((done.returncode, done.stderr), (3, ""), done.stdout + there.log())
        self.assertIn("Need scope: write:application", done.stdout)
        self.assertIn("Have scopes: read:application", done.stdout)

    def secret(self, there, prefix=""):
        """No file of the folder is given away."""
        for name in DENIED:
            with self.subTest(name=name):
                status, body = there.get(f"{prefix}/{name}")
                self.assertIn(status, (403, 404), name)
                path = os.path.join(there.root, name)
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        self.assertNotIn(file.read(16), body)


class Hosted(HostCase):
    """On hosts of each kind."""

    def test_host_is_old(self):
        """The host's own C library would not do."""
        own = host.glibc(OPTIONS.world)
        print(f"the host has glibc {'.'.join(map(str, own))}", flush=True)
        needed = run("objdump", "-T", os.path.join(unpack(), "lib/libcrypto.so.3")).stdout
        newest = max(tuple(map(int, found.split("."))) for found in
                     re.findall(r"GLIBC_([0-9.]+)", needed))
        self.assertLess(own, newest)

    def test_fastcgi(self):
        """With mod_fcgid, and only FileInfo and Options; with libraries of its own alone."""
        there = self.place("fcgid")
        self.use(there)
        self.secret(there)
        responders = there.mapped()
        self.assertTrue(responders)
        for files in responders.values():
            libraries = {path for path in files if ".so" in path}
            self.assertGreater(len(libraries), 8)
            self.assertFalse({path for path in libraries if path.startswith(("/usr", "/lib"))})

    def test_cgi(self):
        """Without mod_fcgid."""
        there = self.place("cgi")
        self.use(there)
        self.secret(there)
        self.assertEqual(there.mapped(), {})

    def test_doctor(self):
        """The doctor finds the 128 KiB of mod_fcgid and nothing else; under CGI, nothing."""
        for gateway, code, wrong in (("cgi", 0, []), ("fcgid", 8, ["body limit"])):
            with self.subTest(gateway=gateway):
                there = self.place(gateway)
                done = run(OPTIONS.program, "doctor", "--url", there.url)
                self.assertEqual(re.findall(r"^wrong +(\w+(?: \w+)*)  ", done.stdout, re.M), wrong,
                                 done.stdout)
                self.assertEqual(done.returncode, code, done.stdout)
                there.stop()

    def test_htaccess_is_ignored(self):
        """Where .htaccess does nothing, the doctor tells that the database is given away."""
        there = self.place("fcgid", allow="None")
        done = run(OPTIONS.program, "doctor", "--url", there.url)
        self.assertEqual(done.returncode, 8, done.stdout)
        self.assertIn(there.url + "/casement-state/casement.db", done.stdout)

    def test_more_is_allowed(self):
        """With AuthConfig, and with all."""
        for allow in ("AuthConfig FileInfo Options", "All"):
            for gateway in host.GATEWAYS:
                with self.subTest(allow=allow, gateway=gateway):
                    there = self.place(gateway, allow)
                    self.use(there)
                    self.secret(there)
                    there.stop()

    def test_modes(self):
        """What an upload did to the modes is mended by the first start."""
        there = self.place("fcgid")
        self.assertEqual(mode(there.root, "casement-state/casement.db"), 0o644)
        self.assertEqual(there.get("/api/health")[0], 200, there.log())
        self.assertEqual(mode(there.root, "casement"), 0o755)
        self.assertEqual(mode(there.root, "casement-state"), 0o700)
        self.assertEqual(mode(there.root, "casement-state/casement.db"), 0o600)

    def test_state_outside(self):
        """The database beside the document root."""
        there = self.place("fcgid", prepare=lambda folder: edit(
            os.path.join(folder, "casement.conf"), "= casement-state/", "= ../state/"))
        self.use(there)
        self.assertTrue(os.path.exists(os.path.join(there.site, "state/casement.db")))

    def test_prefix(self):
        """In a folder of a site that is there already, with the text's lines for its root."""
        for gateway in host.GATEWAYS:
            with self.subTest(gateway=gateway):
                there = self.place(gateway, prefix="/auth")
                with open(os.path.join(there.root, "README.txt"), encoding="ascii") as file:
                    lines = re.findall(r"^ +(Rewrite.*)$", file.read(), re.M)
                with open(os.path.join(there.documents, ".htaccess"), "w",
                          encoding="ascii") as file:
                    file.write("\n".join(lines) + "\n")
                with open(os.path.join(there.documents, "index.html"), "w",
                          encoding="ascii") as file:
                    file.write("the site\n")
                self.use(there)
                self.secret(there, "/auth")
                self.assertEqual(there.get("/index.html"), (200, b"the site\n"))
                for path in ("/.well-known/oauth-protected-resource/auth/api/mcp",
                             "/auth/.well-known/oauth-protected-resource/api/mcp"):
                    status, body = there.get(path)
                    self.assertEqual((status, json.loads(body)["resource"]),
                                     (200, there.url + "/auth/api/mcp"))
                there.stop()

    def test_certificates(self):
        """Files that renew a certificate are still the host's."""
        there = self.place("fcgid")
        folder = os.path.join(there.root, ".well-known/acme-challenge")
        os.makedirs(folder)
        with open(os.path.join(folder, "token"), "w", encoding="ascii") as file:
            file.write("proof")
        self.assertEqual(there.get("/.well-known/acme-challenge/token"), (200, b"proof"))
        self.assertEqual(there.get("/.well-known/oauth-authorization-server")[0], 200)

    def test_what_goes_wrong(self):
        """The reason is in the page of CGI, and in the log of both."""
        def other_machine(folder):
            edit(os.path.join(folder, "casement.fcgi"), f'= {os.uname().machine} ]', "= pdp11 ]")

        def half_uploaded(folder):
            shutil.rmtree(os.path.join(folder, "lib"))

        for prepare, text in ((other_machine, f"this host is {os.uname().machine}, and"),
                              (half_uploaded, "casement or lib/ is missing")):
            for gateway in host.GATEWAYS:
                with self.subTest(gateway=gateway, text=text):
                    there = self.place(gateway, prepare=prepare)
                    status, body = there.get("/api/health")
                    self.assertEqual(status, 500)
                    if gateway == "cgi":
                        self.assertIn(text.encode(), body)
                    self.assertIn(text, there.log())
                    there.stop()

    def test_not_the_owner(self):
        """Modes that the starter may not change are named."""
        there = self.place("cgi")
        for name in ("casement", "lib"):
            os.chown(os.path.join(there.root, name), 0, 0)
        status, body = there.get("/api/health")
        self.assertEqual(status, 500)
        self.assertIn(b"set their mode to 755", body)


class Result(unittest.TextTestResult):
    """Counts for the closing line."""

    passed = 0

    def addSuccess(self, test):
        Result.passed += 1
        super().addSuccess(test)


def main():
    """Build the host, then run the tests."""
    global OPTIONS  # pylint: disable=global-statement
    parser = argparse.ArgumentParser(description="Test the archive for shared hosting.")
    parser.add_argument("--program", required=True, type=os.path.abspath)
    parser.add_argument("--archive", required=True, type=os.path.abspath)
    parser.add_argument("--world", required=True, type=os.path.abspath)
    parser.add_argument("tests", nargs="*")
    OPTIONS = parser.parse_args()
    # The customer must reach what lies in it.
    os.chmod(SCRATCH.name, 0o755)
    os.chdir(os.path.join(HERE, "../.."))
    loader = unittest.defaultTestLoader
    cases = [Archive, Hosted]
    skipped = 0
    try:
        host.build(OPTIONS.world, host.RELEASE, host.PACKAGES, "setup-dist")
    except host.NoHost as why:
        print(f"skipped: {why}")
        skipped = loader.loadTestsFromTestCase(cases.pop()).countTestCases()
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(one) for one in cases)
    if OPTIONS.tests:
        suite = loader.loadTestsFromNames(OPTIONS.tests, sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1, resultclass=Result).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{Result.passed} passed, {failed} failed, {skipped + len(result.skipped)} skipped",
          flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
