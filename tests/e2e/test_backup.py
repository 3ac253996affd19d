"""`casement backup` and `casement restore`, while others read and write."""

import glob
import os
import sqlite3
import stat
import time

import case
import servers
from test_operation import Load

RECOVERY_SECONDS = 30
NOBODY = 65534
MIGRATIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../sql/migrations")


def rows(path, sql):
    """Rows of a file that nobody writes to."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def names(path):
    """The names of the applications in a file."""
    return {name for name, in rows(path, "SELECT name FROM application")}


class BackupCase(case.Case):
    """A fresh installation, and what its folder may hold."""

    def setUp(self):
        super().setUp()
        self.made = self.fresh()
        self.copy = os.path.join(self.made.folder, "copy.db")

    def backup(self, **options):
        """Write the copy."""
        return self.made.run("backup", self.copy, **{"code": 0, **options})

    def restore(self, **options):
        """Restore the copy."""
        return self.made.run("restore", self.copy, **{"code": 0, **options})

    def state(self):
        """Everything that the database holds."""
        connection = sqlite3.connect(f"file:{self.made.database}?mode=ro", uri=True, timeout=30)
        try:
            return list(connection.iterdump())
        finally:
            connection.close()

    def assert_tidy(self):
        """Nothing is left of the work."""
        left = {os.path.basename(path) for path in glob.glob(self.made.folder + "/*.db*")}
        self.assertLessEqual(left, {"casement.db", "casement.db-wal", "casement.db-shm", "copy.db"})

    def wait_for_health(self):
        """Until every process answers."""
        deadline = time.monotonic() + servers.patient(RECOVERY_SECONDS)
        good = 0
        while good < 6:
            self.assertLess(time.monotonic(), deadline, "no service")
            good = good + 1 if self.http.get("/api/health").status_code == 200 else 0


class Backup(BackupCase):
    """The copy."""

    def test_while_writers_run(self):
        """It opens and has every write that was acknowledged before; no client is in the way."""
        with Load(self.http, self.demo()) as load:
            for _ in range(4):
                load.wait(15)
                before = list(load.acknowledged)
                self.backup()
                self.assertLessEqual(set(before), names(self.copy))
                self.assertEqual(rows(self.copy, "PRAGMA integrity_check"), [("ok",)])
                self.assertEqual(stat.S_IMODE(os.stat(self.copy).st_mode), 0o600)
        self.assertEqual((load.refused, load.broken, load.other), ([], [], []))
        self.assertLess(len(before), len(load.acknowledged))
        self.assert_tidy()

    def test_says_nothing(self):
        """Cron sends mail of what a command says."""
        done = self.backup()
        self.assertEqual((done.out, done.err), ("", ""))
        self.assertEqual(self.made.run_json("backup", self.copy)["file"], self.copy)

    def test_is_a_database(self):
        """It can be used as it is."""
        name = self.add(self.demo())["name"]
        self.backup()
        done = self.made.run("application", "show", f"my-org/{name}", code=0,
                             env={"CASEMENT_DB": self.copy})
        self.assertIn(name, done.out)

    def test_names_that_are_refused(self):
        """Nothing is lost that is no backup, the database least of all."""
        note = os.path.join(self.made.folder, "note")
        with open(note, "w", encoding="utf-8") as file:
            file.write("Something of somebody's. " * 20)
        foreign = os.path.join(self.made.folder, "foreign")
        connection = sqlite3.connect(foreign)
        connection.execute("CREATE TABLE t (x)")
        connection.close()
        hard = os.path.join(self.made.folder, "hard")
        os.link(self.made.database, hard)
        soft = os.path.join(self.made.folder, "soft")
        os.symlink(note, soft)
        database = self.made.database
        for path, code in ((note, 6), (foreign, 6), (hard, 6), (soft, 6), (database, 6),
                           (database + "-wal", 6), (database + "-shm", 6),
                           (database + "-journal", 6), (self.made.folder, 6), ("", 6),
                           ("/dev/null", 6), (self.made.folder + "/nowhere/copy", 7),
                           ("x" * 5000, 6), (note + "/copy", 7)):
            with self.subTest(path=path[:200]):
                done = self.made.run("backup", path)
                self.assertEqual(done.code, code, done.err)
                self.assertTrue(done.err)
        with open(note, encoding="utf-8") as file:
            self.assertIn("somebody's", file.read())
        self.assertEqual(rows(foreign, "SELECT name FROM sqlite_schema"), [("t",)])
        self.assertEqual(self.made.query("PRAGMA integrity_check")[0][0], "ok")
        self.assertEqual(glob.glob(self.made.folder + "/*.part"), [])

    def test_part_of_another(self):
        """What has the name that is written to first is neither lost nor given secrets."""
        part = self.copy + ".part"
        account = self.made.server.account
        mine = account.get("user", os.geteuid()), account.get("group", os.getegid())
        with open(part, "w", encoding="utf-8") as file:
            file.write("Half of something of somebody's. " * 20)
        os.chown(part, *mine)
        self.assertEqual(self.backup(code=None).code, 6)
        with open(part, encoding="utf-8") as file:
            self.assertIn("somebody's", file.read())
        linked = os.path.join(self.made.folder, "linked")
        os.truncate(part, 0)
        os.link(part, linked)
        self.assertEqual(self.backup(code=None).code, 6)
        os.unlink(linked)
        if mine[0] == 0:
            os.chown(part, NOBODY, NOBODY)
            self.assertEqual(self.backup(code=None).code, 6)
            os.chown(part, *mine)
        self.assertFalse(os.path.exists(self.copy))
        # As a backup leaves it that is killed before it wrote the first page.
        os.truncate(part, 8192)
        self.backup()
        self.assert_tidy()

    def test_failure_keeps_the_last_one(self):
        """A database that can't be read costs no backup that is there."""
        self.backup()
        with open(self.copy, "rb") as file:
            before = file.read()
        self.made.server.stop()
        with open(self.made.database, "r+b") as file:
            file.seek(0, os.SEEK_END)
            size = file.tell()
            for place in range(4096, size, 4096):
                file.seek(place)
                file.write(b"\xff" * 4096)
        self.assertEqual(self.backup(code=None).code, 7)
        with open(self.copy, "rb") as file:
            self.assertEqual(file.read(), before)
        self.assert_tidy()


class Restore(BackupCase):
    """Back to the copy."""

    def test_while_writers_run(self):
        """
        What was acknowledged before the copy is there, and what is acknowledged afterwards stays;
        every answer meanwhile is 200, or 503 with Retry-After.
        """
        token = self.demo()
        with Load(self.http, token) as load:
            load.wait(20)
            before = list(load.acknowledged)
            self.backup()
            for _ in range(3):
                load.wait(10)
                self.restore()
        self.assertEqual((load.broken, load.other), ([], []))
        with Load(self.http, token) as after:
            after.wait(20)
        self.assertEqual((after.refused, after.broken, after.other), ([], [], []))
        there = {row["name"] for row in self.made.query("SELECT name FROM application")}
        self.assertLessEqual(set(before), there)
        self.assertLessEqual(set(after.acknowledged), there)
        self.assertEqual(self.made.query("PRAGMA integrity_check")[0][0], "ok")
        self.assertEqual(self.made.query("PRAGMA foreign_key_check"), [])
        self.assertEqual(names(self.copy) - set(load.acknowledged) - {"admin", "demo"}, set())
        self.assert_tidy()

    def test_all_processes_at_once(self):
        """Rows and settings are those of the copy at the next request, whoever answers it."""
        token = self.demo()
        kept = self.add(token)["name"]
        self.made.run("setting", "set", "access_token_lifetime_s", "600", code=0)
        self.backup()
        self.made.run("setting", "set", "access_token_lifetime_s", "300", code=0)
        lost = self.add(token)["name"]
        self.http.call_tool(token, "delete_application", {"id": f"my-org/{kept}"})
        done = self.restore()
        self.assertIn(f"issuer is {self.http.url}\n", done.out)
        for _ in range(8):
            self.assertEqual(self.http.token_reply(self.made.demo).json()["expires_in"], 600)
            self.get(token, f"my-org/{kept}")
            self.assert_tool_fails(token, "get_application", {"id": f"my-org/{lost}"})
        audit = self.made.query("SELECT * FROM audit WHERE tool = 'restore_database'")
        self.assertEqual([row["target"] for row in audit], [self.copy])
        self.assertEqual(self.made.run_json("restore", self.copy)["issuer"], self.http.url)

    def test_what_is_refused(self):
        """A copy that is no good changes nothing."""
        self.backup()
        with open(self.copy, "rb") as file:
            good = file.read()
        foreign = self.copy + ".foreign"
        connection = sqlite3.connect(foreign)
        connection.execute("CREATE TABLE t (x)")
        connection.close()
        with open(foreign, "rb") as file:
            other = file.read()
        newer = good[:60] + (9999).to_bytes(4, "big") + good[64:]
        page = len(good) // 4096 // 2 * 4096
        before = self.state()
        for name, data, needle in (
                ("empty", b"", "no database of Casement"),
                ("text", b"# notes\n" * 1000, "not a database"),
                ("truncated", good[:page], ""),
                ("page overwritten", good[:page] + b"\xa5" * 4096 + good[page + 4096:], ""),
                ("other program", other, "another program"),
                ("newer", newer, "use a newer casement")):
            with self.subTest(name=name):
                with open(self.copy, "wb") as file:
                    file.write(data)
                done = self.restore(code=None)
                self.assertIn(done.code, (6, 7))
                self.assertIn(needle, done.err)
                self.assertEqual(self.state(), before)
                with open(self.copy, "rb") as file:
                    self.assertEqual(file.read(), data)
        os.unlink(foreign)
        os.unlink(self.copy)
        self.assertEqual(self.restore(code=None).code, 3)
        self.assertEqual(self.made.run("restore", self.made.folder).code, 6)
        self.assertEqual(self.made.run("restore", self.made.database).code, 6)
        self.assertEqual(self.state(), before)
        self.assert_tidy()
        self.assert_token_good(self.demo())

    def test_references_and_settings_of_the_copy(self):
        """Rows that refer to nothing, and settings that would stop every request."""
        for change, needle in (
                ("INSERT INTO setting VALUES ('issuer', 'nonsense', 0)", "issuer"),
                ("DELETE FROM organization WHERE name = 'my-org'", "refers to none")):
            with self.subTest(change=change):
                self.backup()
                connection = sqlite3.connect(self.copy)
                with connection:
                    connection.execute("DELETE FROM setting WHERE name = 'issuer'")
                    connection.execute(change)
                connection.close()
                before = self.state()
                done = self.restore(code=None)
                self.assertIn(done.code, (6, 7))
                self.assertIn(needle, done.err)
                self.assertEqual(self.state(), before)

    def test_lost_database(self):
        """Gone, empty or cut off: the service is back without a hand on it."""
        token = self.demo()
        self.backup()
        for name in ("gone", "empty", "truncated"):
            with self.subTest(name=name):
                if name == "gone":
                    os.unlink(self.made.database)
                    self.assertEqual(self.http.get("/api/health").status_code, 503)
                else:
                    os.truncate(self.made.database, 0 if name == "empty" else 20000)
                self.restore()
                self.wait_for_health()
                self.assert_token_good(token)
                self.add(token)
                self.assertEqual(self.made.query("PRAGMA integrity_check")[0][0], "ok")
                self.assertEqual(stat.S_IMODE(os.stat(self.made.database).st_mode), 0o600)
        self.assert_tidy()

    def test_owner_of_a_lost_database(self):
        """Root restores it for the user that the server runs as."""
        if os.geteuid() != 0 or self.made.server.account:
            self.skipTest("only root gives files to others")
        self.backup()
        self.made.server.stop()
        for name in ("empty", "gone"):
            with self.subTest(name=name):
                if name == "gone":
                    os.chown(self.made.folder, NOBODY, NOBODY)
                    os.unlink(self.made.database)
                else:
                    os.chown(self.made.database, NOBODY, NOBODY)
                    os.truncate(self.made.database, 0)
                self.restore()
                made = os.stat(self.made.database)
                self.assertEqual((made.st_uid, made.st_gid), (NOBODY, NOBODY))
        os.chown(self.made.folder, 0, 0)

    def test_link_to_a_lost_database(self):
        """What a link leads to is restored, not the link replaced."""
        self.backup()
        self.made.server.stop()
        link = os.path.join(self.made.folder, "link.db")
        os.symlink(self.made.database, link)
        os.truncate(self.made.database, 0)
        self.restore(env={"CASEMENT_DB": link})
        self.assertEqual(os.readlink(link), self.made.database)
        self.assertEqual(self.made.query("PRAGMA integrity_check")[0][0], "ok")
        self.assertEqual(names(self.made.database), names(self.copy))

    def test_place_of_another(self):
        """What is in the database's place and not ours is not replaced."""
        self.backup()
        self.made.server.stop()
        for suffix in ("-wal", "-shm"):
            if os.path.exists(self.made.database + suffix):
                os.unlink(self.made.database + suffix)
        for data in (b"something of somebody's\n" * 100, None):
            os.unlink(self.made.database)
            if data is None:
                connection = sqlite3.connect(self.made.database)
                connection.execute("CREATE TABLE t (x)")
                connection.close()
            else:
                with open(self.made.database, "wb") as file:
                    file.write(data)
            with open(self.made.database, "rb") as file:
                before = file.read()
            self.assertEqual(self.restore(code=None).code, 7)
            with open(self.made.database, "rb") as file:
                self.assertEqual(file.read(), before)

    def test_older_copy(self):
        """A copy of an older version is brought up to date before it is in use."""
        connection = sqlite3.connect(self.copy)
        known = 0
        for path in sorted(glob.glob(MIGRATIONS + "/*.sql")):
            known += 1
            if known <= 2:
                with open(path, encoding="utf-8") as file:
                    connection.executescript(file.read())
        connection.execute(f"PRAGMA application_id = {0x43534d54}")
        connection.execute("PRAGMA user_version = 2")
        connection.close()
        self.restore()
        self.assertEqual(self.made.query("PRAGMA user_version")[0][0], known)
        self.assertEqual(rows(self.copy, "PRAGMA user_version"), [(2,)])
        self.made.run("setting", "set", "issuer", self.made.server.url, code=0)
        self.wait_for_health()

    def test_locked_database(self):
        """A writer that does not end: given up after a while, and nothing is changed."""
        self.needs_pool()       # it takes its time, and no server has a part in it
        self.backup()
        before = self.state()
        connection = sqlite3.connect(self.made.database, isolation_level=None, timeout=30)
        self.addCleanup(connection.close)
        connection.execute("BEGIN IMMEDIATE")
        self.assertEqual(self.restore(code=None).code, 7)
        connection.execute("ROLLBACK")
        self.assertEqual(self.state(), before)
        self.assert_tidy()
