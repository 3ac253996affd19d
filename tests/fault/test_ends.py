"""Processes that end: responders, the web server."""

import os
import random
import signal
import time

import fault_case
import ledger
import servers
import setting


class Responders(fault_case.FaultCase):
    """Responders that are killed or told to end, under eight writers."""

    def test_killed(self):
        """SIGKILL at random moments: what was acknowledged is there."""
        server = self.instance.server
        kills = 0
        deadline = time.monotonic() + setting.SECONDS
        with ledger.Ledger(self.instance) as book:
            while time.monotonic() < deadline:
                time.sleep(random.uniform(0.01, 0.3))
                pids = server.responders()
                if pids:
                    server.tell(random.choice(pids), signal.SIGKILL)
                    kills += 1
            book.wait_for(10)
        fault_case.say(self, f"{kills} kills in {setting.SECONDS:g} s, {book.told()}")
        self.assertGreater(kills, setting.SECONDS)
        self.recovers()
        book.check(self)

    def test_told_to_end(self):
        """SIGTERM under load: no request is lost."""
        server = self.instance.server
        ended = 0
        with ledger.Ledger(self.instance) as book:
            for _ in range(20):
                book.wait_for(10)
                for pid in server.responders():
                    server.tell(pid, signal.SIGTERM)
                    ended += 1
            book.wait_for(20)
        fault_case.say(self, f"{ended} told to end, {book.told()}")
        self.assertEqual(dict(book.others), {})
        self.assertGreaterEqual(server.started, 20)
        book.check(self)
        self.recovers()

    def test_told_to_end_while_starting(self):
        """SIGTERM in the first moments of a process ends it too."""
        server = self.instance.server
        for _ in range(150):
            pids = server.responders()
            time.sleep(random.uniform(0, 0.02))
            for pid in pids:
                birth = servers.process_birth(pid)
                server.tell(pid, signal.SIGTERM)
                self.assertTrue(birth is None or
                                servers.wait_gone(pid, birth, servers.patient(20)))
        self.recovers()


class WebServer(fault_case.FaultCase):
    """A web server that is killed; it runs the responders itself."""

    server_class = setting.Lighttpd

    def test_killed(self):
        """Another one takes over, with the responders that are left or with its own."""
        server = self.instance.server
        orphans = {}
        for _ in range(3):
            with ledger.Ledger(self.instance) as book:
                book.wait_for(20)
                orphans.update((pid, servers.process_birth(pid)) for pid in server.responders())
                server.process.kill()
                server.process.wait()
                server.start()
                book.wait_for(20)
            fault_case.say(self, book.told())
            book.check(self)
        self.recovers()
        server.stop()
        for pid, birth in orphans.items():
            if birth is not None and servers.process_birth(pid) == birth:
                os.kill(pid, signal.SIGTERM)
                self.assertTrue(servers.wait_gone(pid, birth, servers.patient(20)))
