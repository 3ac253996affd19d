"""`casement doctor` where the database is: each fault that it knows, made on purpose."""

import concurrent.futures
import os
import shlex
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import time

import instance
import mistakes
import servers
import without_shared_memory

HERE = os.path.dirname(os.path.abspath(__file__))
WRAPPER = [sys.executable, os.path.join(HERE, "without_shared_memory.py")]
MANY = 65
FRESH = {}          # the bytes of a good database


def good_database():
    """The bytes of a database that init made, with a public URL of its own."""
    if not FRESH:
        made = instance.Instance(start=False)
        try:
            made.run("setting", "set", "issuer", "https://mcp.example", code=0)
            with open(made.database, "rb") as file:
                FRESH["bytes"] = file.read()
        finally:
            made.close()
    return FRESH["bytes"]


class InsideCase(mistakes.MistakeCase):
    """A folder with a good database."""

    def setUp(self):
        super().setUp()
        self.folder = instance.short_folder()
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.database = os.path.join(self.folder, "casement.db")
        self.put(good_database())

    def put(self, content, path=None):
        """Write the database."""
        path = path or self.database
        with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(content)
        return path

    def change(self, *statements):
        """Change the database behind the program's back, and close it."""
        connection = sqlite3.connect(self.database)
        for statement in statements:
            connection.execute(statement)
            connection.commit()
        connection.close()

    def state(self):
        """All that a look must not change."""
        found = {}
        for name in sorted(os.listdir(self.folder)):
            path = os.path.join(self.folder, name)
            status = os.stat(path)
            with open(path, "rb") if os.path.isfile(path) else open(os.devnull, "rb") as file:
                found[name] = (status.st_mode, status.st_uid, status.st_mtime_ns, file.read())
        return found

    def look(self, **options):
        """The findings; nothing was changed."""
        before = self.state()
        findings = self.doctor(database=options.pop("database", self.database), **options)
        self.assertEqual(self.state(), before)
        return findings

    def expect(self, mistake, check, says, mend="", **options):
        """Look, and the mistake is named."""
        return self.named(mistake, self.look(), check, says, mend, **options)


class Well(InsideCase):
    """A good installation."""

    def test_nothing_is_wrong(self):
        """Exit status 0, and every check is content."""
        findings = self.look()
        self.all_well(findings)
        self.assertEqual(len(findings), 16)

    def test_served(self):
        """Nor while it is served, with changes in the -wal."""
        self.use(instance.Shared.get())
        self.add(self.admin(), owner="my-org")
        findings = self.doctor(database=self.instance.database)
        self.all_well(findings)

    def test_text(self):
        """Word, check, sentence; below, what mends it; the summary is no finding."""
        os.chmod(self.database, 0o644)
        done = subprocess.run([instance.Instance.binary, "doctor"], capture_output=True, text=True,
                              env={**os.environ, "CASEMENT_DB": self.database}, check=False)
        self.assertEqual(done.returncode, 8)
        self.assertRegex(done.stdout, r"(?m)^ok     schema         Schema \d+, the one")
        self.assertRegex(done.stdout, r"(?m)^wrong  rights         Others .*\n {11}chmod 600 '")
        self.assertEqual(done.stderr, "casement: 1 of the checks found something wrong\n")

    def test_usage(self):
        """A token without a URL, a URL that is none, no database."""
        for arguments, code in ((("--token", "x"), 2), (("--url", "example.org"), 6),
                                (("--url", "ftp://example.org"), 6), (("--url",), 2),
                                (("x",), 2)):
            with self.subTest(arguments=arguments):
                done = subprocess.run([instance.Instance.binary, "doctor", *arguments],
                                      env={**os.environ, "CASEMENT_DB": self.database},
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_strange_names(self):
        """A path with what means something in a URI."""
        path = self.put(good_database(), os.path.join(self.folder, "a ?#%41.db"))
        self.all_well(self.look(database=path))


class File(InsideCase):
    """The file, and where it is."""

    def test_link(self):
        """By a link too, what waits in the -wal is seen, and that others have the file open."""
        link = os.path.join(self.folder, "link.db")
        os.symlink(self.database, link)
        connection = sqlite3.connect(self.database)
        self.addCleanup(connection.close)
        connection.execute("UPDATE setting SET value = 'https://new.example' WHERE name = 'issuer'")
        connection.commit()
        self.assertGreater(os.path.getsize(self.database + "-wal"), 0)
        findings = self.doctor(database=link)
        issuer = next(row for row in findings if row["check"] == "issuer")
        self.assertIn("https://new.example", issuer["says"])

    def test_missing(self):
        """No file."""
        os.unlink(self.database)
        self.expect("no database", "file", "There is no file", "casement init")

    def test_of_another_user(self):
        """Who may not read it is sent to who may; nothing is given away for that."""
        if os.geteuid() != 0:
            self.skipTest("only root can be another user")
        before, folder = instance.Instance.binary, instance.short_folder()
        self.addCleanup(shutil.rmtree, folder, True)
        self.addCleanup(setattr, instance.Instance, "binary", before)
        os.chmod(folder, 0o755)
        instance.Instance.binary = shutil.copy(before, folder)
        found = self.named("asked by another user", self.look(user=12345), "file",
                           "can't be read by the user 12345", "run it as root")
        self.assertNotIn("folder", str(found["mend"]))
        self.all_well(self.look())

    def test_empty(self):
        """A file without a byte."""
        self.put(b"")
        self.expect("database is empty", "file", "is empty", "casement init")

    def test_wrong_file(self):
        """A text, and a folder."""
        self.put(b"database = /srv/casement.db\n" * 40)
        self.expect("wrong file: a text", "file", "is no database", "casement.conf")
        os.unlink(self.database)
        os.mkdir(self.database)
        self.expect("wrong file: a folder", "file", "is no database", "casement.conf")

    def test_other_program(self):
        """SQLite's, and not ours."""
        self.change("PRAGMA application_id = 7")
        self.expect("wrong file: a database of another program", "database",
                    "another program", "CASEMENT_DB")

    def test_truncated(self):
        """Cut short."""
        self.put(good_database()[:100000])
        self.expect("database truncated", "file", "truncated: it has 100000 bytes", "backup",
                    also=("database",))

    def test_overwritten(self):
        """Pages of noise; the first page and others."""
        content = bytearray(good_database())
        content[5 * 4096:9 * 4096] = os.urandom(4 * 4096)
        self.put(content)
        found = self.named("pages overwritten", self.look(), "integrity", "damaged", "backup",
                           also=self.wrong_but("integrity"))
        command = found["mend"][1].partition(": ")[2]
        # The file holds keys: nobody else may read it while it grows, before a chmod.
        subprocess.run(["sh", "-c", f"umask 022; chmod() {{ :; }}; {command}"], check=True,
                       cwd=self.folder, capture_output=True)
        self.assertEqual(os.stat(os.path.join(self.folder, "NEW.db")).st_mode & 0o777, 0o600)
        for finding in self.doctor(database=os.path.join(self.folder, "NEW.db")):
            if finding["check"] in ("file", "rights", "database", "schema"):
                self.assertEqual(finding["status"], "ok", finding)
        self.put(os.urandom(4096) + good_database()[4096:])
        self.expect("first page overwritten", "file", "first bytes were overwritten", "backup")

    def wrong_but(self, check):
        """What damage takes along depends on where it is."""
        return {finding["check"] for finding in self.look()
                if finding["status"] == "wrong"} - {check}

    def test_dangling_row(self):
        """A row that refers to one that is not there."""
        self.change("PRAGMA foreign_keys = OFF",
                    "UPDATE application SET owner = 'nobody' WHERE name = 'demo'")
        self.expect("a row refers to nothing", "integrity", "row of application refers", "backup")

    def test_rights(self):
        """Others may read it, or its -wal, or replace it."""
        os.chmod(self.database, 0o644)
        self.expect("database readable for all users", "rights", "mode 0644", "chmod 600")
        os.chmod(self.database, 0o600)
        os.chmod(self.folder, 0o777)
        self.expect("folder writable for all users", "rights", "replace", "chmod o-w")
        os.chmod(self.folder, 0o700)
        beside = self.put(b"", self.database + "-journal")
        os.chmod(beside, 0o660)
        self.expect("journal readable for a group", "rights", "-journal", "chmod 600")

    def test_commands_for_root(self):
        """A folder's owner names no file that root then changes, nor a command of a shell."""
        target = self.put(b"", os.path.join(self.folder, "target"))
        os.chmod(target, 0o644)
        os.symlink(target, self.database + "-journal")
        self.expect("link beside the database", "rights", "is a link", "rm '")
        os.unlink(self.database + "-journal")
        folder = os.path.join(self.folder, "a'; touch x; '")
        os.mkdir(folder)
        path = self.put(good_database(), os.path.join(folder, "casement.db"))
        os.chmod(path, 0o644)
        mend = next(row for row in self.look(database=path) if row["check"] == "rights")["mend"]
        self.assertEqual([shlex.split(line) for line in mend], [["chmod", "600", path]])

    def test_owner_can_not_write(self):
        """File or folder without the owner's own rights."""
        self.addCleanup(os.chmod, self.folder, 0o700)
        os.chmod(self.database, 0o400)
        self.expect("database not writable for its owner", "rights", "may not write", "chmod 600")
        os.chmod(self.database, 0o600)
        os.chmod(self.folder, 0o500)
        self.expect("folder not writable for the owner", "rights", "can't make files", "chmod")

    def test_owners_differ(self):
        """A -wal that another user made, and a database of another user than its folder."""
        if os.geteuid() != 0:
            self.skipTest("only root can give files away")
        beside = self.put(b"", self.database + "-wal")
        os.chown(beside, 12345, 12345)
        self.expect("-wal of another user", "rights", "belongs to the user 12345", "chown")
        os.unlink(beside)
        os.chown(self.database, 12345, 12345)
        found = self.expect("folder of another user than the database", "rights",
                            "can't make files", "chown -h --reference")
        subprocess.run(["sh", "-c", found["mend"][0]], check=True)
        self.all_well(self.look())

    def test_folder_of_others(self):
        """A home, or a folder of the system, is not to be given away for a database in it."""
        if os.geteuid() != 0:
            self.skipTest("only root can give files away")
        other = self.put(b"", os.path.join(self.folder, "letters"))
        os.chown(other, 54321, 54321)
        os.chown(self.database, 12345, 12345)
        self.expect("database of another user in somebody's home", "rights", "can't make files",
                    "others have files there: move the database")

    def test_among_web_pages(self):
        """Below a document root; protected, that is worth a note."""
        pages = os.path.join(self.folder, "public_html")
        os.mkdir(pages)
        path = self.put(good_database(), os.path.join(pages, "casement.db"))
        self.named("database in a folder of web pages", self.look(database=path), "place",
                   "among web pages", "move it")
        with open(os.path.join(pages, ".htaccess"), "w", encoding="ascii") as file:
            file.write("Require all denied\n")
        self.named("the same, with a .htaccess", self.look(database=path), "place", ".htaccess",
                   status="note")


class Store(InsideCase):
    """What is in the file."""

    def test_schema(self):
        """Older and newer; neither is touched."""
        self.change("PRAGMA user_version = 1")
        self.expect("old schema", "schema", "old schema 1", "casement migrate")
        self.change("PRAGMA user_version = 99")
        self.expect("newer schema", "schema", "schema 99", "newer casement")

    def test_settings(self):
        """A setting that was edited into nonsense; the mend makes it good."""
        self.change("UPDATE setting SET value = 'http://mcp.example' WHERE name = 'issuer'")
        found = self.expect("issuer without https", "settings", "must begin with https",
                            "DELETE FROM setting")
        subprocess.run(["sh", "-c", found["mend"][0]], check=True)
        self.expect("no issuer set", "issuer", "No public URL", "casement setting set issuer",
                    status="note")

    def test_keys(self):
        """None, only a retired one, only one for the other algorithm, one that is damaged."""
        self.change("UPDATE signing_key SET retired_at_s = 1")
        self.mended_key("signing key retired", "No signing key for RS256")
        self.change("UPDATE signing_key SET retired_at_s = NULL",
                    "INSERT INTO setting VALUES ('signing_algorithm', 'ES256', 0)")
        self.mended_key("no key for the algorithm", "No signing key for ES256")
        self.change("DELETE FROM setting WHERE name = 'signing_algorithm'",
                    "UPDATE signing_key SET private_pem = 'x', retired_at_s = NULL")
        self.mended_key("signing key damaged", "does not work")
        self.change("DELETE FROM signing_key")
        self.mended_key("signing key missing", "There is no signing key")

    def mended_key(self, mistake, says):
        """A mistake, which what is advised makes good."""
        self.expect(mistake, "signing key", says, "casement key rotate")
        subprocess.run([instance.Instance.binary, "key", "rotate"], check=True,
                       capture_output=True, env={**os.environ, "CASEMENT_DB": self.database})
        self.all_well(self.look())

    def test_clock(self):
        """A key of tomorrow, and a row of the audit trail."""
        self.change("UPDATE signing_key SET created_at_s = created_at_s + 86400")
        self.expect("clock jumped back", "clock", "The clock jumped: .*newest signing key",
                    "timedatectl")
        self.change("UPDATE signing_key SET created_at_s = 1",
                    "INSERT INTO audit (at_s, client_id, user, organization, tool, target, outcome,"
                    " request_id, address) SELECT at_s + 7200, client_id, user, organization, tool,"
                    " target, outcome, request_id, address FROM audit LIMIT 1")
        self.expect("clock jumped back, by the audit trail", "clock", "row of the audit trail",
                    "timedatectl")

    def test_journal(self):
        """A rollback journal where a write-ahead log would be possible is temporary."""
        self.change("PRAGMA journal_mode = DELETE")
        self.expect("rollback journal", "journal", "makes it a write-ahead log", status="note")

    def test_files_deleted(self):
        """The -wal without the -shm, and the other way round."""
        connection = sqlite3.connect(self.database)
        connection.execute("UPDATE application SET display_name = 'x' WHERE name = 'demo'")
        connection.commit()
        with open(self.database + "-wal", "rb") as file:
            log = file.read()
        connection.close()
        self.put(good_database())
        index = self.put(b"", self.database + "-shm")
        self.expect("-wal deleted", "journal", "latest changes may be lost", "casement audit")
        os.unlink(index)
        self.put(log, self.database + "-wal")
        self.expect("-shm deleted", "journal", "-shm is not there", status="note")

    def test_cut_short(self):
        """A rollback journal that a killed process left."""
        connection = sqlite3.connect(self.database, isolation_level=None)
        self.addCleanup(connection.close)
        for statement in ("PRAGMA journal_mode = DELETE", "PRAGMA cache_size = 1", "BEGIN",
                          "CREATE TABLE x (y)",
                          "INSERT INTO x SELECT randomblob(2000) FROM audit a, audit b, audit c"):
            connection.execute(statement).fetchall()
        copy = os.path.join(self.folder, "copy.db")
        for suffix in ("", "-journal"):
            with open(self.database + suffix, "rb") as file:
                self.put(file.read(), copy + suffix)
        self.named("a change cut short", self.look(database=copy), "database", "cut short",
                   status="note")

    def test_log(self):
        """A log that can't be written."""
        self.change("INSERT INTO setting VALUES ('log_target', '/nonexistent/casement.log', 0)")
        self.expect("log can't be written", "log", "/nonexistent/casement.log", "log_target")
        self.change(f"UPDATE setting SET value = '{self.folder}' WHERE name = 'log_target'")
        self.expect("log is a folder", "log", "is a folder", "log_target '.*'/casement.log")
        if os.geteuid() != 0:
            return
        logs = instance.short_folder()
        self.addCleanup(shutil.rmtree, logs, True)
        for path in (self.folder, self.database):
            os.chown(path, 12345, 12345)
        os.chmod(logs, 0o755)
        binary = shutil.copy(instance.Instance.binary, logs)
        before, instance.Instance.binary = instance.Instance.binary, binary
        self.addCleanup(setattr, instance.Instance, "binary", before)
        for name in ("casement.log", "below/casement.log"):
            path = os.path.join(logs, name)
            self.change("DELETE FROM setting WHERE name = 'log_target'",
                        f"INSERT INTO setting VALUES ('log_target', '{path}', 0)")
            for who in ({}, {"user": 12345}):
                found = self.named("log in a folder of root", self.look(**who), "log",
                                   "can't be written by 12345", "as root: ")
            subprocess.run(["sh", "-c", found["mend"][0].partition(": ")[2]], check=True)
            for who in ({}, {"user": 12345}):
                self.all_well(self.look(**who))
        self.assertEqual(os.stat(logs).st_uid, 0)

    def test_syslog(self):
        """The system's log is no file of that name."""
        self.change("INSERT INTO setting VALUES ('log_target', 'syslog', 0)")
        there = os.access("/dev/log", os.W_OK)
        self.named("the system's log", self.look(), "log", "system's log",
                   "" if there else "log_target", status="ok" if there else "wrong")

    def test_locked(self):
        """By somebody who does not let go; who, is told."""
        connection = sqlite3.connect(self.database, isolation_level=None)
        self.addCleanup(connection.close)
        connection.execute("BEGIN IMMEDIATE")
        findings = self.doctor(database=self.database)
        self.named("database locked", findings, "lock", "has kept the database locked",
                   f"kill {os.getpid()}$")


class FileSystem(InsideCase):
    """Faults of the file system, in a mount namespace of their own."""

    def inside(self, script):
        """The findings after a shell script that sets up the namespace."""
        under = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-e", "-c",
                 script + '\nexec "$@"', "sh")
        if shutil.which("unshare") is None or subprocess.run(
                [*under, "true"], cwd=self.folder, capture_output=True, check=False).returncode:
            self.skipTest("no mount namespaces here")
        return self.doctor(database=self.database, under=under, cwd=self.folder)

    def test_full(self):
        """A tmpfs without room."""
        findings = self.inside("cp casement.db /tmp/$$.db; mount -t tmpfs -o size=600k,mode=700"
                               " tmpfs .; cd .; cp /tmp/$$.db \"$PWD/casement.db\";"
                               " rm /tmp/$$.db")
        self.named("disk full", findings, "space", "disk is full", "other files")

    def test_read_only(self):
        """Mounted read-only."""
        findings = self.inside("mount --bind . .; mount -o remount,bind,ro \"$PWD\"")
        self.named("file system read-only", findings, "file system", "read-only", "remount,rw")


class WithoutSharedMemory(InsideCase):
    """Where a write-ahead log is not possible: a rollback journal, and all works."""

    def setUp(self):
        super().setUp()
        if not without_shared_memory.supported():
            self.skipTest("this kind of machine is not known")

    def journal_mode(self):
        """What the file itself says."""
        with open(self.database, "rb") as file:
            file.seek(18)
            return {b"\1\1": "rollback", b"\2\2": "wal"}[file.read(2)]

    def casement(self, *arguments):
        """A command that must work there; its output."""
        done = subprocess.run([*WRAPPER, instance.Instance.binary, *arguments],
                              capture_output=True, text=True, check=False,
                              env={**os.environ, "CASEMENT_DB": self.database})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_new(self):
        """A database that is made there, used by several at once."""
        os.unlink(self.database)
        self.casement("init", "--url", "https://mcp.example", "--demo")
        self.assertEqual(self.journal_mode(), "rollback")
        commands = [subprocess.Popen(
            [*WRAPPER, instance.Instance.binary, "application", "add", f"my-org/a{number}"],
            stdout=subprocess.DEVNULL, env={**os.environ, "CASEMENT_DB": self.database})
                    for number in range(8)]
        self.assertEqual([command.wait() for command in commands], [0] * 8)
        self.assertEqual(self.casement("application", "list", "my-org").count("my-org/a"), 8)
        self.assertFalse([name for name in os.listdir(self.folder) if ".casement-" in name])

    def test_brought_along(self):
        """A database that comes with a write-ahead log, and something in it."""
        self.assertEqual(self.journal_mode(), "wal")
        self.casement("setting", "set", "registration", "off")
        self.assertEqual(self.journal_mode(), "rollback")
        self.assertEqual(self.casement("setting", "get", "registration"), "off\n")
        findings = self.doctor(database=self.database, under=WRAPPER)
        self.named("no write-ahead log possible here", findings, "file system",
                   "not possible .*rollback journal", status="note")
        self.named("the same", findings, "journal", "no write-ahead log", status="note")

    def test_served(self):
        """By a web server, to several clients at once."""
        base = instance.Instance.server_class
        if base.as_user:
            self.skipTest("the web server is another user's, who may not be able to run the wrapper")
        if instance.Instance.wrapped:
            self.skipTest("the responders run in an emulator, which maps files itself")

        class Wrapped(base):
            """All of it without shared memory."""

            def command(self):
                return [*WRAPPER, *super().command()]

        made = type("Without", (instance.Instance,), {"server_class": Wrapped})()
        self.addCleanup(made.close)
        self.use(made)
        self.database = made.database
        token = self.admin()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda _: self.add(token, owner="my-org"), range(30)))
        self.assertEqual(made.query("SELECT count(*) FROM application WHERE name LIKE 'app-%'")
                         [0][0], 30)
        self.assertEqual(self.journal_mode(), "rollback")

    def test_back_again(self):
        """Where it is possible, the next one makes it a write-ahead log."""
        self.casement("setting", "get", "issuer")
        subprocess.run([instance.Instance.binary, "migrate"], check=True,
                       stdout=subprocess.DEVNULL,
                       env={**os.environ, "CASEMENT_DB": self.database})
        self.assertEqual(self.journal_mode(), "wal")

    def test_not_others(self):
        """A database of another program is refused and left as it is, there too."""
        self.change("PRAGMA application_id = 7")
        with open(self.database, "rb") as file:
            before = file.read()
        done = subprocess.run([*WRAPPER, instance.Instance.binary, "key", "list"], text=True,
                              capture_output=True, check=False,
                              env={**os.environ, "CASEMENT_DB": self.database})
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertIn("another program", done.stderr)
        with open(self.database, "rb") as file:
            self.assertEqual(file.read(), before)


class Processes(InsideCase):
    """Responders on this machine."""

    def setUp(self):
        super().setUp()
        if instance.Instance.wrapped:
            self.skipTest("the responders run in an emulator")
        self.running = []
        self.addCleanup(self.stop)
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.bind(os.path.join(self.folder, "s"))
        self.listener.listen()
        self.binary = instance.Instance.binary
        if os.geteuid() == 0:                    # another user must be able to run it
            self.binary = os.path.join(self.folder, "casement.fcgi")
            shutil.copy(instance.Instance.binary, self.binary)
            os.chmod(self.folder, 0o755)

    def stop(self):
        """End what was started."""
        for process in self.running:
            process.kill()
            process.wait()

    def start(self, count, **options):
        """Start responders that wait for requests."""
        for _ in range(count):
            self.running.append(subprocess.Popen(
                [self.binary], stdin=self.listener,
                env={**servers.inherited_environment(), "CASEMENT_DB": self.database}, **options))
        deadline = time.monotonic() + servers.patient(30)
        while not all(self.waits(process.pid) for process in self.running):
            self.assertLess(time.monotonic(), deadline, "a responder does not wait for requests")
            time.sleep(0.02)

    @staticmethod
    def waits(pid):
        """Whether a process is the program by now, and sleeps."""
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as command, \
                open(f"/proc/{pid}/wchan", encoding="utf-8") as channel:
            return command.read().count("\0") == 1 and channel.read() not in ("0", "")

    def see(self, mistake, says, mend):
        """What is said about processes."""
        self.named(mistake, self.doctor_of_program(), "processes", says, mend)

    def doctor_of_program(self):
        """The findings of the same program that the responders are."""
        before, instance.Instance.binary = instance.Instance.binary, self.binary
        try:
            return self.doctor(database=self.database)
        finally:
            instance.Instance.binary = before

    def test_counted(self):
        """Those of this database, and no others."""
        self.start(3)
        findings = self.doctor_of_program()
        self.all_well(findings)
        self.assertRegex(str(findings), "3 serve it")
        other = self.put(good_database(), os.path.join(self.folder, "other.db"))
        self.database = other
        self.assertRegex(str(self.doctor_of_program()), "None is seen that serves it")

    def test_too_many(self):
        """More than a machine has use for."""
        self.start(MANY)
        self.see("too many processes", f"too many: {MANY} processes", "FcgidMaxProcessesPerClass")

    def test_descriptors(self):
        """A limit of open files that is soon reached."""
        self.start(1, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12)))
        self.see("descriptors run out", "may have 12 files open", "LimitNOFILE")

    def test_other_user(self):
        """The web server runs it as somebody else."""
        if os.geteuid() != 0:
            self.skipTest("only root can start processes of others")
        self.start(1, user=12345)
        self.see("served by another user", "runs as the user 12345", "chown")
