"""Processes: signals, several at once, memory, a store that is busy or away."""

import os
import signal
import sqlite3
import threading
import time

import case
import client
import servers

RECOVERY_SECONDS = 20
GROWTH_KIB = 4096


def resident_kib(pid):
    """The resident memory of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def in_threads(count, work):
    """Run work(number) in so many threads; the results in order, the first exception raised."""
    results, errors = [None] * count, []

    def run(number):
        try:
            results[number] = work(number)
        except BaseException as error:      # pylint: disable=broad-except
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


class Concurrency(case.Case):
    """Several clients at once."""

    def test_adds(self):
        """Every acknowledged application is there, each with an id of its own."""
        token = self.demo()
        stem = case.unique("parallel")

        def work(number):
            return [self.add(token, f"{stem}-{number}-{item}")["clientId"] for item in range(8)]

        ids = sum(in_threads(4, work), [])
        self.assertEqual(len(set(ids)), 32)
        rows = self.instance.query("SELECT client_id FROM application WHERE name LIKE ?",
                                   stem + "-%")
        self.assertEqual({row["client_id"] for row in rows}, set(ids))

    def test_one_name(self):
        """Of several who add one name, one wins, and the others are told that it exists."""
        token = self.demo()
        for _ in range(4):
            name = case.unique("race")
            answers = in_threads(4, lambda _, name=name: self.http.call_tool(
                token, "add_application", {"application": {"owner": "my-org", "name": name}}))
            self.assertEqual(sorted(answer.failed for answer in answers),
                             [False, True, True, True])
            won = next(answer for answer in answers if not answer.failed)
            self.assertEqual(self.row(f"my-org/{name}")["client_id"], won.value["clientId"])
            for answer in answers:
                if answer.failed:
                    self.assertRegex(answer.text, "exist")

    def test_updates_of_different_fields(self):
        """Two who change two fields lose neither."""
        token = self.demo()
        identity = f"my-org/{self.add(token)['name']}"
        fields = ("displayName", "description", "homepageUrl", "termsOfUse")

        def work(number):
            for turn in range(6):
                self.update(token, identity, **{fields[number]: f"/{turn}"})

        in_threads(4, work)
        stored = self.get(token, identity)
        self.assertEqual([stored[field] for field in fields], ["/5"] * 4)

    def test_tokens(self):
        """Tokens for all, all different and good."""
        tokens = sum(in_threads(4, lambda _: [self.demo() for _ in range(5)]), [])
        self.assertEqual(len(set(tokens)), 20)
        for token in tokens[::5]:
            self.assert_token_good(token)


class Signals(case.Case):
    """What happens to responders."""

    def setUp(self):
        super().setUp()
        self.needs_pool()
        self.fresh()

    def wait_for_service(self, count):
        """Until health is 200 so many times in a row."""
        deadline = time.monotonic() + servers.patient(RECOVERY_SECONDS)
        good = 0
        while good < count:
            self.assertLess(time.monotonic(), deadline, "no service")
            good = good + 1 if self.http.get("/api/health").status_code == 200 else 0
            if not good:
                time.sleep(0.1)

    def test_two_processes(self):
        """The pool is as large as configured."""
        if self.instance.server.processes is None:
            self.skipTest("the server starts processes as it needs them")
        self.assertEqual(len(self.instance.server.responders()), self.instance.server.processes)

    def test_SIGTERM(self):
        """The responder ends, the service goes on, a token stays good."""
        token = self.demo()
        for pid in self.instance.server.responders():
            birth = servers.process_birth(pid)
            os.kill(pid, signal.SIGTERM)
            self.assertTrue(servers.wait_gone(pid, birth, servers.patient(RECOVERY_SECONDS)),
                            "still there")
            self.wait_for_service(10)
        self.assert_token_good(token)
        self.add(token)

    def test_SIGTERM_under_load(self):
        """A request in hand is finished: nothing that was acknowledged is lost."""
        token = self.demo()
        stem = case.unique("load")
        acknowledged = []
        ended = threading.Event()

        def work(number):
            if number == 0:
                for pid in self.instance.server.responders():
                    os.kill(pid, signal.SIGTERM)
                ended.set()
                return
            deadline = time.monotonic() + servers.patient(RECOVERY_SECONDS)
            done = item = 0
            while done < 15 and time.monotonic() < deadline:
                item += 1
                name = f"{stem}-{number}-{item}"
                reply = self.http.call_tool_reply(token, "add_application", {
                    "application": {"owner": "my-org", "name": name}})
                if reply.status_code == 200:
                    acknowledged.append(name)
                    done += 1
                else:
                    time.sleep(0.1)

        in_threads(4, work)
        self.assertTrue(ended.is_set())
        self.wait_for_service(5)
        self.assertEqual(len(acknowledged), 45)
        for name in acknowledged:
            self.assertIsNotNone(self.row(f"my-org/{name}"))

    def test_SIGKILL(self):
        """A responder that is killed leaves a whole database and a service."""
        token = self.demo()
        for pid in self.instance.server.responders():
            birth = servers.process_birth(pid)
            os.kill(pid, signal.SIGKILL)
            self.assertTrue(servers.wait_gone(pid, birth, servers.patient(RECOVERY_SECONDS)))
        self.wait_for_service(10)
        self.assert_token_good(token)
        self.assertEqual(self.instance.query("PRAGMA integrity_check")[0][0], "ok")

    def test_end_with_the_server(self):
        """When the web server ends, so do they, by themselves."""
        pids = self.instance.server.responders()
        born = {pid: servers.process_birth(pid) for pid in pids}
        self.instance.server.stop()
        self.assertEqual(self.instance.server.stubborn, [])
        for pid, birth in born.items():
            self.assertTrue(servers.wait_gone(pid, birth, 0))


class Settings(case.Case):
    """All processes see a change at once."""

    def test_lifetime(self):
        """The next token has the new lifetime, whichever process issues it."""
        made = self.fresh()
        for seconds in (300, 600):
            made.run("setting", "set", "access_token_lifetime_s", str(seconds), code=0)
            for _ in range(8):
                self.assertEqual(self.http.token_reply(made.demo).json()["expires_in"], seconds)


class Store(case.Case):
    """A store that is locked, or away."""

    def lock(self, made):
        """A connection that holds the lock; any thread may let it go."""
        connection = sqlite3.connect(made.database, isolation_level=None, timeout=30,
                                     check_same_thread=False)
        self.addCleanup(connection.close)
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def test_locked_for_a_while(self):
        """A write waits for a lock that another holds shortly."""
        made = self.fresh()
        token = self.demo()
        connection = self.lock(made)
        release = threading.Timer(0.5, connection.execute, ["ROLLBACK"])
        release.start()
        try:
            self.add(token)
        finally:
            release.join()

    def test_revoked_while_waiting(self):
        """Who holds the lock revokes the token of a caller that waits for it: nothing is added."""
        made = self.fresh()
        token = self.demo()
        connection = self.lock(made)
        connection.execute("UPDATE token SET revoked_at_s = 1")
        release = threading.Timer(0.5, connection.execute, ["COMMIT"])
        release.start()
        try:
            reply = self.http.call_tool_reply(token, "add_application", {
                "application": {"owner": "my-org", "name": "after"}})
        finally:
            release.join()
        self.assertEqual(reply.status_code, 401, reply.text)
        self.assertIn('error="invalid_token"', reply.headers["WWW-Authenticate"])
        self.assertFalse(made.query("SELECT * FROM application WHERE name = 'after'"))

    def test_reads_go_on_under_a_lock(self):
        """A write lock stops no reader."""
        made = self.fresh()
        token = self.demo()
        connection = self.lock(made)
        self.assert_token_good(token)
        self.get(token, "my-org/demo")
        self.assertEqual(self.http.get("/api/health").status_code, 200)
        connection.execute("ROLLBACK")

    def test_damaged_row_is_no_crash(self):
        """Somebody's hand in the file: an error with a request id, and others go on."""
        made = self.fresh()
        token = self.demo()
        name = self.add(token)["name"]
        made.change("UPDATE application SET properties = '{broken', scopes = 'x' WHERE name = ?",
                    name)
        reply = self.http.call_tool_reply(token, "get_application", {"id": f"my-org/{name}"})
        self.assertIn(reply.status_code, (200, 500, 503))
        self.assertTrue(reply.headers["X-Request-Id"])
        self.assertNotIn("json", reply.text.lower().replace("jsonrpc", ""))
        self.get(token, "my-org/demo")


class Memory(case.Case):
    """Memory that is not given back."""

    def test_growth(self):
        """After a warm-up, 3000 requests of many kinds leave the responders as they were."""
        self.needs_pool()
        with open(self.instance.binary, "rb") as file:
            program = file.read()
        if program[:4] != b"\x7fELF" or b"__asan_init" in program:
            self.skipTest("a sanitizer keeps freed memory; it looks for leaks itself")
        self.fresh()
        token = self.demo()
        self.load(token, 100)
        pids = self.instance.server.responders()
        before = {pid: resident_kib(pid) for pid in pids}
        self.load(token, 375)
        for pid in pids:
            growth = resident_kib(pid) - before[pid]
            self.assertLess(growth, GROWTH_KIB, f"{growth} KiB more")

    def load(self, token, rounds):
        """Eight requests a round."""
        big = case.dumps({"jsonrpc": "2.0", "id": "x" * 20000, "method": "nonsense"})
        add = {"name": "add_application",
               "arguments": {"application": {"owner": "my-org", "name": "demo"}}}
        get = {"name": "get_application", "arguments": {"id": "my-org/demo"}}
        calls = (("tools/list", {}), ("ping", {}), ("tools/call", get), ("tools/call", add))
        with client.requests.Session() as session:
            session.trust_env = False
            session.headers.update({"Content-Type": "application/json"})

            def post(body, sent=token):
                return session.post(self.http.mcp_url, data=body, timeout=servers.patient(60),
                                    headers={"Authorization": f"Bearer {sent}"})

            for number in range(rounds):
                for method, params in calls:
                    reply = post(case.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                                             "params": params}))
                    self.assertEqual(reply.status_code, 200)
                post(big)
                post(b'{"a":[1,2')
                post(b"{}", f"{token}{number}")
                session.get(self.http.url + "/.well-known/jwks", timeout=servers.patient(60))
