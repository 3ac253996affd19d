"""Writers that keep a ledger of what was acknowledged, and what the database must hold for it."""

import collections
import threading
import time

import requests

import case
import client
import servers

Entry = collections.namedtuple("Entry", "name client_id")

PAUSE_SECONDS = 0.02


class Ledger:
    """
    Threads that add applications of my-org until told to stop.  An answer of 200 goes into the
    ledger, any other is counted, and a connection that breaks off is a 0.
    """

    def __init__(self, made, writers=8):
        self.instance = made
        self.token = made.client.token(made.demo, case.BOTH)
        self.stem = case.unique("ledger")
        self.acknowledged = []
        self.others = collections.Counter()
        self.odd = []           # answers that are neither success nor an error of the server's own
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,))
                         for number in range(writers)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count):
        """Until so many more were acknowledged."""
        wanted = len(self.acknowledged) + count
        deadline = time.monotonic() + servers.patient(60)
        while len(self.acknowledged) < wanted:
            if time.monotonic() > deadline:
                raise AssertionError(f"nobody acknowledges: {dict(self.others)} {self.odd[:3]}")
            self._stopping.wait(PAUSE_SECONDS)

    def _write(self, number):
        turn = 0
        while not self._stopping.is_set():
            turn += 1
            name = f"{self.stem}-{number}-{turn}"
            try:
                reply = self.instance.client.call_tool_reply(
                    self.token, "add_application",
                    {"application": {"owner": "my-org", "name": name}})
            except requests.RequestException:
                self._note(name, None)
                self._stopping.wait(PAUSE_SECONDS)
                continue
            self._note(name, reply)
            if reply.status_code != 200:
                self._stopping.wait(PAUSE_SECONDS)

    def _note(self, name, reply):
        status = 0 if reply is None else reply.status_code
        with self._lock:
            if status == 200:
                answer = client.ToolAnswer(reply)
                if answer.failed:
                    self.odd.append(answer.text)
                else:
                    self.acknowledged.append(Entry(name, answer.value["clientId"]))
            else:
                self.others[status] += 1
                if status not in (0, 500, 503):
                    self.odd.append(f"{status} {reply.text}")

    def check(self, test):
        """All that was acknowledged is there, whole, and nothing else is half there."""
        made = self.instance
        test.assertEqual(self.odd, [])
        rows = {row["name"]: row for row in made.query(
            "SELECT name, client_id FROM application WHERE name LIKE ?", self.stem + "-%")}
        lost = [entry for entry in self.acknowledged
                if entry.name not in rows or rows[entry.name]["client_id"] != entry.client_id]
        test.assertEqual(lost, [], f"{len(lost)} of {len(self.acknowledged)} lost")
        audited = {row["target"].partition("/")[2] for row in made.query(
            "SELECT target FROM audit WHERE tool = 'add_application' AND outcome = 'ok'"
            " AND target LIKE ?", f"my-org/{self.stem}-%")}
        test.assertEqual(set(rows), audited, "rows without an audit row, or the reverse")
        whole(test, made)

    def told(self):
        """The counts in words."""
        others = ", ".join(f"{count} of {status or 'no answer'}"
                           for status, count in sorted(self.others.items()))
        return f"{len(self.acknowledged)} acknowledged, others: {others or 'none'}"


def whole(test, made):
    """The file is whole."""
    test.assertEqual([row[0] for row in made.query("PRAGMA integrity_check")], ["ok"])
    test.assertEqual(made.query("PRAGMA foreign_key_check"), [])
