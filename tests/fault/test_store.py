"""The database: locked, damaged, foreign, in pieces."""

import concurrent.futures
import hashlib
import os
import shutil
import signal
import sqlite3
import threading
import time

import case
import fault_case
import ledger
import setting


def digest(path):
    """What a file holds, in short."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


WRITERS = 16


class Locked(fault_case.FaultCase):
    """Somebody else has the write lock."""

    def lock(self):
        """Take it; what gives it back."""
        connection = sqlite3.connect(self.instance.database, isolation_level=None, timeout=30,
                                     check_same_thread=False)
        self.addCleanup(connection.close)
        connection.execute("BEGIN IMMEDIATE")
        return lambda: connection.execute("ROLLBACK")

    def test_longer_than_the_timeout(self):
        """Writers hear 503 and when to come again, readers are served; then all goes on."""
        made = self.instance
        token = self.demo()
        unlock = self.lock()
        replies = []
        threads = [threading.Thread(target=lambda: replies.append(self.add_reply(token))),
                   threading.Thread(target=lambda: replies.append(
                       self.http.token_reply(made.demo)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([reply.status_code for reply in replies], [503, 503])
        for reply in replies:
            self.assert_down(reply)
            self.assert_logged(reply, "busy", "locked")
        self.assert_token_good(token)
        self.get(token, "my-org/demo")
        self.diagnosed("lock", "has kept the database locked")
        unlock()
        self.recovers(token)


class OneResponder(setting.Shared):
    """All clients wait for the same process."""

    responders_wanted = 1


class LockedForMany(Locked):
    """The same with one process, which takes what waits together."""

    server_class = OneResponder

    def test_longer_than_the_timeout(self):
        """Each of many writers hears so, who waited as long as the first, and nothing is left."""
        token = self.demo()
        names = [case.unique("many") for _ in range(WRITERS)]
        began_s, took_s = time.monotonic(), []

        def write(number):
            if number % 4 == 3:
                reply = self.http.token_reply(self.instance.demo)
            else:
                reply = self.http.call_tool_reply(token, "add_application", {
                    "application": {"owner": "my-org", "name": names[number]}})
            took_s.append(time.monotonic() - began_s)
            return reply

        unlock = self.lock()
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            replies = list(pool.map(write, range(WRITERS)))
        fault_case.say(self, f"{WRITERS} writers, the slowest heard after {max(took_s):.0f} s")
        for number, reply in enumerate(replies):
            expect = self.assert_oauth_down if number % 4 == 3 else self.assert_rpc_down
            expect(reply)
            self.assert_logged(reply, "busy", "locked")
        self.assert_token_good(token)
        unlock()
        self.assertEqual(self.instance.query(
            "SELECT name FROM application WHERE name LIKE 'many-%'"), [])
        for reply in replies:
            self.assertEqual(self.instance.query("SELECT * FROM audit WHERE request_id = ?",
                                                 reply.headers["X-Request-Id"]), [])
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            replies = list(pool.map(write, range(WRITERS)))
        self.assertEqual([reply.status_code for reply in replies], [200] * WRITERS)
        self.recovers(token)


class Damaged(fault_case.FaultCase):
    """A file that is not what it was: refused, with a reason, and left as it is."""

    def setUp(self):
        super().setUp()
        self.token = self.demo()
        self.name = self.probe()["name"]
        self.good = os.path.join(self.instance.folder, "good.db")

    def alone(self):
        """All of the database is in the one file."""
        made = self.instance
        made.change("PRAGMA wal_checkpoint(TRUNCATE)")
        self.assertFalse(os.path.exists(made.database + "-wal"))

    def put_aside(self):
        """Stop; keep the good file, whole in itself."""
        made = self.instance
        made.server.stop()
        self.alone()
        shutil.copyfile(made.database, self.good)

    def start(self):
        """Start the web server; nobody waits for health."""
        self.instance.server.start()

        def answers():
            try:
                return self.http.get("/api/health").status_code in (200, 503)
            except OSError:
                return False
        self.until(answers, "an answer")
        self.log_mark = self.instance.server.log_size()

    def refused(self, *needles):
        """Everything is answered 503 with the reason in the log, and the file is untouched."""
        made = self.instance
        before = digest(made.database) if os.path.isfile(made.database) else None
        for _ in range(3):
            reply = self.http.get("/api/health")
            self.assert_down(reply)
            self.assert_logged(reply, *needles)
            self.assert_rpc_down(self.http.rpc("ping", token=self.token))
            self.assert_oauth_down(self.http.token_reply(made.demo))
        if before is not None:
            self.assertEqual(digest(made.database), before)
        for suffix in ("-wal", "-journal"):
            path = made.database + suffix
            self.assertTrue(not os.path.exists(path) or os.path.getsize(path) == 0, suffix)

    def mended(self):
        """The good file comes back, and with it the service, without a restart."""
        made = self.instance
        shutil.copyfile(self.good, made.database + ".new")
        os.chmod(made.database + ".new", 0o600)
        if os.path.isdir(made.database):
            os.rmdir(made.database)
        os.replace(made.database + ".new", made.database)
        self.recovers(self.token)
        self.get(self.token, f"my-org/{self.name}")

    def replace(self, data):
        """The file holds this instead."""
        with open(self.instance.database, "wb") as file:
            file.write(data)

    def good_bytes(self):
        """What the good file holds."""
        with open(self.good, "rb") as file:
            return file.read()

    def test_truncated(self):
        """Half of it, a header, a few bytes."""
        self.put_aside()
        for size in (len(self.good_bytes()) // 2, 100, 20):
            with self.subTest(size=size):
                self.replace(self.good_bytes()[:size])
                self.start()
                self.refused()
                self.diagnosed("file", "truncated|no database")
                self.mended()
                self.instance.server.stop()

    def test_empty(self):
        """Nothing left: it is not taken for a new database."""
        self.put_aside()
        self.replace(b"")
        self.start()
        self.refused("empty")
        self.diagnosed("file", "is empty")
        self.mended()

    def test_emptied_while_running(self):
        """The same under processes that have it open."""
        self.put_aside()
        self.start()
        self.assert_token_good(self.token)
        os.truncate(self.instance.database, 0)
        for _ in range(4):
            reply = self.add_reply(self.token)
            self.assertIn(reply.status_code, (500, 503), reply.text)
        self.diagnosed("file", "is empty")
        self.mended()

    def test_cut_while_running(self):
        """Half of it goes away under processes that have it open: errors, no ends."""
        self.put_aside()
        self.start()
        self.assert_token_good(self.token)
        born = set(self.instance.server.responders())
        os.truncate(self.instance.database, len(self.good_bytes()) // 2 // 4096 * 4096)
        for _ in range(8):
            reply = self.http.call_tool_reply(self.token, "get_applications", {})
            self.assertIn(reply.status_code, (200, 500, 503), reply.text)
        self.assertEqual(set(self.instance.server.responders()), born)
        self.diagnosed("file", "truncated")
        self.mended()

    def test_page_overwritten(self):
        """The pages of one table are noise: those who need it hear 503, the others are served."""
        made = self.instance
        self.put_aside()
        root = made.query("SELECT rootpage FROM sqlite_schema WHERE name = 'audit'")[0][0]
        size = made.query("PRAGMA page_size")[0][0]
        data = bytearray(self.good_bytes())
        data[(root - 1) * size:root * size] = b"\xa5" * size
        self.replace(bytes(data))
        before = digest(made.database)
        self.start()
        self.assertTrue(self.healthy())
        self.assert_token_good(self.token)
        self.get(self.token, f"my-org/{self.name}")
        for _ in range(3):
            reply = self.add_reply(self.token)
            self.assert_rpc_down(reply)
            self.assert_logged(reply, "malformed")
        self.diagnosed("integrity", "damaged")
        self.assertEqual(digest(made.database), before)
        self.mended()

    def test_wrong_file(self):
        """A text, and the database of another program."""
        self.put_aside()
        self.replace(b"This is a letter.\n" * 500)
        self.start()
        self.refused("not a database")
        self.diagnosed("file", "is no database")
        os.unlink(self.instance.database)
        other = sqlite3.connect(self.instance.database)
        other.execute("CREATE TABLE letter (text)")
        other.commit()
        other.close()
        self.refused("another program")
        self.diagnosed("database", "another program")
        self.mended()

    def test_no_file(self):
        """A folder in its place, and nothing."""
        self.put_aside()
        os.unlink(self.instance.database)
        os.mkdir(self.instance.database)
        self.start()
        self.refused()
        self.diagnosed("file", "is no database")
        os.rmdir(self.instance.database)
        self.refused()
        self.diagnosed("file", "There is no file")
        self.assertFalse(os.path.exists(self.instance.database))
        self.mended()

    def test_newer_schema(self):
        """Of a version that is still to come."""
        made = self.instance
        self.put_aside()
        made.change("PRAGMA user_version = 9999")
        self.alone()
        self.start()
        self.refused("9999", "newer")
        self.diagnosed("schema", "9999")
        self.assertNotEqual(made.run("application", "list").code, 0)
        self.assertIn("newer", made.run("application", "list").err)
        self.mended()


class CutOff(fault_case.FaultCase):
    """The files beside the database go away while processes use it."""

    server_class = setting.Shared

    def test_log_and_index(self):
        """Who uses them goes on, others are refused until the last has ended; nothing is lost."""
        made = self.instance
        copy = os.path.join(made.folder, "copy.db")
        made.run("backup", copy, code=0)
        with ledger.Ledger(made) as book:
            book.wait_for(30)
            for suffix in ("-wal", "-shm"):
                os.unlink(made.database + suffix)
            book.wait_for(30)
            refused = made.run("application", "add", "my-org/late", code=7)
            self.assertIn("was deleted while processes use it", refused.err)
            self.assertEqual(made.run("restore", copy, code=7).out, "")
            self.diagnosed("journal", "others can't open it")
            for pid in made.server.responders():
                made.server.tell(pid, signal.SIGTERM)
            book.wait_for(300)
            self.assertTrue(os.path.exists(made.database + "-wal"))
        book.check(self)
        self.recovers()


class InPieces(fault_case.FaultCase):
    """The files beside the database go away between two runs."""

    def crash(self):
        """Some writes, then the end of all processes at once; the ledger."""
        made = self.instance
        with ledger.Ledger(made) as book:
            book.wait_for(30)
            made.server.crash()
        self.assertTrue(os.path.getsize(made.database + "-wal") > 0)
        return book

    def go_on(self):
        """The next run."""
        # pylint: disable=protected-access
        self.assertTrue(self.instance._start())

    def test_nothing(self):
        """All ends at once, and nothing goes away."""
        book = self.crash()
        self.go_on()
        book.check(self)
        self.recovers()

    def test_index(self):
        """Without -shm, which is made anew, nothing is lost."""
        book = self.crash()
        os.unlink(self.instance.database + "-shm")
        self.go_on()
        book.check(self)
        self.recovers()

    def test_log_of_a_crash(self):
        """Without the -wal of a crash, the last checkpoint is there, whole; the doctor warns."""
        made = self.instance
        kept = self.probe()["name"]
        made.change("PRAGMA wal_checkpoint(TRUNCATE)")
        self.crash()
        os.unlink(made.database + "-wal")
        self.diagnosed("journal", "latest changes may be lost")
        self.go_on()
        self.assertIsNotNone(self.row(f"my-org/{kept}"))
        self.recovers()

    def test_log(self):
        """Without the -wal of an orderly end, nothing is lost."""
        book = self.crash()
        made = self.instance
        made.change("PRAGMA wal_checkpoint(TRUNCATE)")
        self.go_on()
        late = self.probe()["name"]
        made.server.stop()
        for suffix in ("-wal", "-shm"):
            if os.path.exists(made.database + suffix):
                os.unlink(made.database + suffix)
        self.go_on()
        book.check(self)
        self.recovers()
        self.assertIsNotNone(self.row(f"my-org/{late}"))
