"""Disks: full, read-only.  The database is on a small file system of its own."""

import errno
import os
import signal
import subprocess
import time

import fault_case
import instance
import ledger
import servers
import setting

DISK_BYTES = 64 << 20     # room for a write-ahead log of 16 MiB, and what the doctor calls full


class OnDisk(instance.Instance):
    """An instance whose database is on a tmpfs."""

    def _begin(self, settings, start):
        self.disk = os.path.join(self.folder, "disk")
        os.mkdir(self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "tmpfs",
                        self.disk], check=True)
        self.database = os.path.join(self.disk, "casement.db")
        super()._begin(settings, start)

    def close(self):
        if self.server is not None:
            self.server.stop()
        if os.path.ismount(self.disk):
            subprocess.run(["umount", self.disk], check=True)
        super().close()

    def fill(self, room):
        """Leave no more than so many bytes."""
        with open(os.path.join(self.disk, "ballast"), "ab", buffering=0) as ballast:
            while True:
                state = os.statvfs(self.disk)
                free = state.f_bavail * state.f_bsize - room
                if free <= 0:
                    return
                try:
                    ballast.write(b"x" * min(free, 65536))
                except OSError as error:    # a writer of the database was faster
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self):
        """Give it back."""
        os.unlink(os.path.join(self.disk, "ballast"))

    def remount(self, how):
        """Read-only or not; no process may have a file open for writing."""
        return subprocess.run(["mount", "-o", f"remount,{how}", self.disk], check=False,
                              capture_output=True).returncode == 0


class Disk(fault_case.FaultCase):
    """A disk that takes nothing more."""

    def make(self):
        if not setting.MOUNTS:
            self.skipTest("no file system can be mounted here (unshare --mount fails)")
        made = OnDisk()
        self.addCleanup(made.close)
        self.use(made)

    def refused(self, ask):
        """
        The first answer of 503, and those of 200 before it: what is left of the log may have room for
        a small write.
        """
        replies = []

        def ask_again():
            replies.append(ask())
            return replies[-1].status_code == 503

        self.until(ask_again, "refused")
        for reply in replies[:-1]:
            self.assertEqual(reply.status_code, 200, reply.text)
        return replies[-1], replies[:-1]

    def test_full_of_a_file_for_shells(self):
        """`init` shows the secrets that it made but can't write, and leaves the old file."""
        made = self.instance
        path = os.path.join(made.disk, "env")
        with open(path, "w", encoding="ascii") as file:
            file.write("OTHER=1\n")
        made.fill(0)
        done = made.run("init", "--demo", "--env-file", path,
                        env={"CASEMENT_DB": os.path.join(made.folder, "other.db")})
        self.assertEqual(done.code, 7, done.err)
        self.assertIn("No space left on device", done.err)
        self.assertEqual(done.out.count("client_secret"), 2)
        self.assertNotIn("env.new", os.listdir(made.disk))
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), "OTHER=1\n")

    def test_full(self):
        """Full under writers: 503 to writers, answers to readers; room again: all goes on."""
        made = self.instance
        token = self.demo()
        name = self.add(token)["name"]
        with ledger.Ledger(made) as book:
            book.wait_for(20)
            made.fill(0)
            self.until(lambda: book.others[503] > 20, "writers are refused")
            reply, _ = self.refused(lambda: self.add_reply(token))
            self.assert_rpc_down(reply)
            self.assert_logged(reply, "full")
            reply, issued = self.refused(lambda: self.http.token_reply(made.demo))
            self.assert_oauth_down(reply)
            self.assertEqual(self.get(token, f"my-org/{name}")["name"], name)
            self.assertTrue(self.healthy())
            self.diagnosed("space", "disk is full")
            made.free()
            book.wait_for(50)
        fault_case.say(self, book.told())
        book.check(self)
        for answer in issued:
            self.assert_token_good(answer.json()["access_token"])
        self.recovers(token)

    def test_log_after_full(self):
        """The disk is full where the log has to go into the file: it does as soon as there is room."""
        made = self.instance
        with ledger.Ledger(made) as book:
            for _ in range(3):
                self.until(lambda: os.path.getsize(made.database + "-wal") > 15 << 20, "a long log")
                made.fill(0)
                before = book.others[503]
                self.until(lambda before=before: book.others[503] > before + 20, "writers are refused")
                made.free()
                book.wait_for(1600)
        fault_case.say(self, f"{os.path.getsize(made.database + '-wal') >> 10} KiB, {book.told()}")
        self.assertLess(os.path.getsize(made.database + "-wal"), 18 << 20)
        book.check(self)
        self.recovers()

    def test_full_and_killed(self):
        """Full, and new processes: they serve what they can, and nothing is lost."""
        made = self.instance
        token = self.demo()
        with ledger.Ledger(made) as book:
            book.wait_for(20)
            made.fill(0)
            self.until(lambda: book.others[503] > 5, "writers are refused")
            for pid in made.server.responders():
                made.server.tell(pid, signal.SIGKILL)
            self.until(lambda: book.others[503] > 30, "writers are refused by new processes")
            made.free()
            book.wait_for(20)
        fault_case.say(self, book.told())
        book.check(self)
        self.recovers(token)

    def test_nearly_full(self):
        """A few pages of room at a time: each write is whole or not there."""
        made = self.instance
        with ledger.Ledger(made) as book:
            for room in (4096, 12288, 20480, 40960, 65536):
                book.wait_for(5)
                made.fill(room)
                self.until(lambda seen=book.others[503]: book.others[503] > seen,
                           "writers are refused")
                made.free()
            book.wait_for(5)
        fault_case.say(self, book.told())
        book.check(self)
        self.recovers()

    def test_read_only(self):
        """Read-only under the responders: readers are served, writers told; then all goes on."""
        made = self.instance
        token = self.demo()
        with ledger.Ledger(made) as book:
            book.wait_for(20)
        self.make_read_only()
        self.assert_token_good(token)
        self.get(token, f"my-org/{book.acknowledged[0].name}")
        for _ in range(4):
            reply = self.add_reply(token)
            self.assert_rpc_down(reply)
            self.assert_logged(reply, "readonly")
        self.assert_oauth_down(self.http.token_reply(made.demo))
        self.diagnosed("file system", "read-only")
        self.assertTrue(made.remount("rw"))
        self.until(lambda: self.add_reply(token).status_code == 200, "writers are served again")
        for _ in range(6):
            self.assertEqual(self.add_reply(token).status_code, 200)
        book.check(self)
        self.recovers(token)

    def make_read_only(self):
        """Between the end of processes that have the database open and the first work of others."""
        made = self.instance
        deadline = time.monotonic() + servers.patient(20)
        while True:
            for pid in made.server.responders():
                made.server.tell(pid, signal.SIGKILL)
            if made.remount("ro"):
                return
            self.assertLess(time.monotonic(), deadline, "still in use")
