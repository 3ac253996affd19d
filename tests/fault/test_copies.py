"""Backup and restore while writers run, and while they are killed."""

import os
import random
import signal
import sqlite3
import time

import fault_case
import ledger


class Copies(fault_case.FaultCase):
    """Eight writers, and a copy."""

    def setUp(self):
        super().setUp()
        self.copy = os.path.join(self.instance.folder, "copy.db")

    def of_copy(self, sql):
        """The first column of a query of the copy."""
        connection = sqlite3.connect(f"file:{self.copy}?mode=ro", uri=True)
        try:
            return [row[0] for row in connection.execute(sql)]
        finally:
            connection.close()

    def holds(self, entries):
        """The copy is whole, and has all of these."""
        self.assertEqual(self.of_copy("PRAGMA integrity_check"), ["ok"])
        there = set(self.of_copy("SELECT client_id FROM application"))
        self.assertEqual([entry for entry in entries if entry.client_id not in there], [])

    def test_backup(self):
        """Every write that was acknowledged before it began is in it; nobody is in the way."""
        made = self.instance
        with ledger.Ledger(made) as book:
            for _ in range(6):
                book.wait_for(20)
                before = list(book.acknowledged)
                made.run("backup", self.copy, code=0)
                self.holds(before)
        fault_case.say(self, book.told())
        self.assertEqual(dict(book.others), {})
        book.check(self)
        self.recovers()

    def test_backup_of_the_killed(self):
        """The same while responders are killed."""
        made = self.instance
        with ledger.Ledger(made) as book:
            for _ in range(6):
                book.wait_for(10)
                before = list(book.acknowledged)
                made.server.tell(random.choice(made.server.responders()), signal.SIGKILL)
                made.run("backup", self.copy, code=0)
                self.holds(before)
        fault_case.say(self, book.told())
        book.check(self)
        self.recovers()

    def test_restore(self):
        """
        What was acknowledged before the copy is there, and what is acknowledged after the last
        restore; meanwhile every answer is 200, or 503 with Retry-After.
        """
        made = self.instance
        with ledger.Ledger(made) as book:
            book.wait_for(20)
            before = list(book.acknowledged)
            made.run("backup", self.copy, code=0)
            for _ in range(4):
                book.wait_for(10)
                made.run("restore", self.copy, code=0)
        fault_case.say(self, book.told())
        self.assertEqual(book.odd, [])
        self.assertLessEqual(set(book.others), {503})
        with ledger.Ledger(made) as after:
            after.wait_for(20)
        after.check(self)
        there = {row["client_id"] for row in made.query("SELECT client_id FROM application")}
        self.assertLessEqual({entry.client_id for entry in before}, there)
        self.recovers()

    def cut_short(self, *arguments):
        """Kill a command at a random moment; whether it had ended before."""
        process = self.instance.start(*arguments)
        time.sleep(random.uniform(0, 0.15))
        process.kill()
        process.stdout.close()
        return process.wait() == 0

    def test_killed_backup(self):
        """SIGKILL of the command: the last copy stays, or the new one is whole."""
        made = self.instance
        whole = 0
        with ledger.Ledger(made) as book:
            book.wait_for(20)
            before = list(book.acknowledged)
            made.run("backup", self.copy, code=0)
            for _ in range(30):
                whole += self.cut_short("backup", self.copy)
                self.holds(before)
        fault_case.say(self, f"{whole} of 30 had ended, {book.told()}")
        self.assertEqual(dict(book.others), {})
        book.check(self)
        self.recovers()

    def test_killed_restore(self):
        """SIGKILL of the command: all is as it was, or as it is in the copy."""
        made = self.instance
        made.run("backup", self.copy, code=0)
        copied = sorted(self.of_copy("SELECT client_id FROM application"))
        whole = 0
        for _ in range(30):
            self.probe()
            before = sorted(row[0] for row in made.query("SELECT client_id FROM application"))
            whole += self.cut_short("restore", self.copy)
            self.until(self.healthy, "health")
            after = sorted(row[0] for row in made.query("SELECT client_id FROM application"))
            self.assertIn(after, (before, copied))
            ledger.whole(self, made)
        fault_case.say(self, f"{whole} of 30 had ended")
        self.recovers()
