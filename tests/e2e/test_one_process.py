"""One process and many clients at once: what waits for it is written together."""

import concurrent.futures
import os
import signal
import time

import browser
import case
import instance
import lighttpd
import oauth_case
import servers
from test_registry import ALL, RegistryCase

ROUNDS = 20
WAIT_SECONDS = 30


class Alone(lighttpd.Lighttpd):
    """lighttpd with one process, which can be made to wait until so many requests have come."""

    processes = 1

    def mount(self):
        usual = super().mount()
        assert '"max-procs" => 2' in usual
        return usual.replace('"max-procs" => 2', '"max-procs" => 1')

    def waiting(self):
        """How many connections nobody has accepted yet, while the process is stopped."""
        with open("/proc/net/unix", encoding="utf-8", errors="replace") as sockets:
            return sum(os.path.join(self.folder, "s") in line for line in sockets) - 1

    def together(self, calls):
        """Let the process find all of them when it goes on; what they gave, in their order."""
        pid, = self.responders()
        deadline = time.monotonic() + servers.patient(WAIT_SECONDS)
        with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
            os.kill(pid, signal.SIGSTOP)
            try:
                before = self.waiting()
                running = [pool.submit(call) for call in calls]
                while self.waiting() < before + len(calls):
                    assert time.monotonic() < deadline, "they did not come"
                    time.sleep(0.001)
            finally:
                os.kill(pid, signal.SIGCONT)
            return [one.result() for one in running]


class OneProcess(RegistryCase):
    """Rounds of requests that come together, and of those that come as they like."""

    def setUp(self):
        usual = instance.Instance.server_class
        if usual is not lighttpd.Lighttpd:
            self.skipTest("only lighttpd is told here to start one process")
        super().setUp()
        instance.Instance.server_class = Alone
        self.addCleanup(setattr, instance.Instance, "server_class", usual)
        self.fresh()
        self.all = self.token_of("my-org", ALL)

    def at_once(self, turn, calls):
        """Every other time the calls are one group for certain."""
        if turn % 2 == 0:
            return self.instance.server.together(calls)
        with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
            return [one.result() for one in [pool.submit(call) for call in calls]]

    def adds(self, name, **more):
        """A call that adds an application, not made yet."""
        return lambda: self.http.call_tool(self.all, "add_application", {
            "application": {"owner": "my-org", "name": name}, **more})

    def audits(self, reply):
        """The rows that the trail has of a request."""
        return self.instance.query("SELECT * FROM audit WHERE request_id = ? ORDER BY id",
                                   reply.headers["X-Request-Id"])

    def assert_added(self, answer, name):
        """It said so, the row is there, and the trail tells of it."""
        self.assertFalse(answer.failed, answer.text)
        self.assertEqual(answer.value["name"], name)
        self.assertEqual(self.row(f"my-org/{name}")["client_id"], answer.value["clientId"])
        self.assertEqual([(event["tool"], event["target"], event["outcome"])
                          for event in self.audits(answer.reply)],
                         [("add_application", f"my-org/{name}", "ok")])

    def test_the_same_name(self):
        """One gets it; the others are told."""
        for turn in range(ROUNDS):
            name = case.unique("same")
            answers = self.at_once(turn, [self.adds(name)] * 8)
            won = [answer for answer in answers if not answer.failed]
            self.assertEqual(len(won), 1, [answer.text for answer in answers])
            self.assert_added(won[0], name)
            for answer in answers:
                self.assertEqual(answer.reply.status_code, 200)
                if answer.failed:
                    self.assertIn("exists already", answer.text)
                    self.assertEqual(self.audits(answer.reply), [])

    def test_tokens_of_one_that_is_deleted(self):
        """A token from before, or no client any more."""
        for turn in range(ROUNDS):
            name = case.unique("gone")
            credentials = self.instance.application(f"my-org/{name}",
                                                    'scopes=[{"name":"read:application"}]')
            calls = [lambda: self.http.token_reply(credentials)] * 8
            calls[turn % 8] = lambda: self.http.call_tool(
                self.all, "delete_application", {"id": f"my-org/{name}"})
            self.instance.change("DELETE FROM throttle")
            replies = self.at_once(turn, calls)
            deleted = replies.pop(turn % 8)
            self.assertFalse(deleted.failed, deleted.text)
            last, = self.audits(deleted.reply)
            for reply in replies:
                if reply.status_code != 200:
                    # Whoever is unknown too often is slowed down.
                    told = (429, "temporarily_unavailable") if reply.status_code == 429 else (
                        401, "invalid_client")
                    self.assert_oauth_error(reply, *told)
                    self.assertEqual(self.audits(reply), [])
                    continue
                event, = self.audits(reply)
                self.assertEqual((event["tool"], event["outcome"]), ("token", "ok"))
                self.assertLess(event["id"], last["id"])
                self.assert_token_refused(reply.json()["access_token"])

    def test_tokens(self):
        """Each has its row, and works."""
        for turn in range(ROUNDS):
            for reply in self.at_once(turn, [lambda: self.http.token_reply(self.instance.demo)] * 8):
                self.assertEqual(reply.status_code, 200, reply.text)
                event, = self.audits(reply)
                self.assertEqual(len(self.instance.query(
                    "SELECT 1 FROM token WHERE jti = ?", event["target"])), 1)
                self.assert_token_good(reply.json()["access_token"])

    def batch(self, names, tried):
        """A call of a batch that adds some and tries one, not made yet."""
        wanted = [(name, {}) for name in names] + [(tried, {"dry_run": True})]
        return lambda: self.http.post([
            {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {
                "name": "add_application",
                "arguments": {"application": {"owner": "my-org", "name": name}, **more}}}
            for number, (name, more) in enumerate(wanted)], self.all, "2025-03-26")

    def test_batches_and_dry_runs(self):
        """What was only tried leaves nothing, whatever stands beside it."""
        for turn in range(ROUNDS):
            single, batched, tried = ([case.unique(word) for _ in range(6)]
                                      for word in ("single", "batched", "tried"))
            replies = self.at_once(turn, [
                self.adds(tried[0], dry_run=True), self.batch(batched[:3], tried[1]),
                self.adds(single[0]), self.adds(tried[2], dry_run=True), self.adds(single[1]),
                self.batch(batched[3:], tried[3]), self.adds(tried[4], dry_run=True),
                self.adds(single[2])])
            for answer in (replies[number] for number in (0, 3, 6)):
                self.assertFalse(answer.failed, answer.text)
                self.assertEqual(self.audits(answer.reply), [])
            for number, name in zip((2, 4, 7), single):
                self.assert_added(replies[number], name)
            for number, names in ((1, batched[:3]), (5, batched[3:])):
                answers = replies[number].json()
                self.assertEqual([item["result"]["isError"] for item in answers], [False] * 4)
                self.assertEqual([event["target"] for event in self.audits(replies[number])],
                                 [f"my-org/{name}" for name in names])
                for name in names:
                    self.assertIsNotNone(self.row(f"my-org/{name}"))
            for name in tried:
                self.assertIsNone(self.row(f"my-org/{name}"))

    def test_refused_calls(self):
        """Each that was refused is in the trail, and the others are done."""
        reader = self.demo(case.READ)
        for turn in range(ROUNDS):
            names = [case.unique("beside") for _ in range(4)]
            calls = [call for name in names for call in (
                self.adds(name), lambda: self.http.call_tool_reply(
                    reader, "delete_application", {"id": "my-org/demo"}))]
            replies = self.at_once(turn, calls)
            for name, answer in zip(names, replies[::2]):
                self.assert_added(answer, name)
            for reply in replies[1::2]:
                self.assertEqual(reply.status_code, 403, reply.text)
                self.assertEqual([(event["tool"], event["target"], event["outcome"])
                                  for event in self.audits(reply)],
                                 [("delete_application", "my-org/demo", "insufficient_scope")])
            self.assertIsNotNone(self.row("my-org/demo"))

    def test_passwords(self):
        """Who has one, and who signs in with it, while others are added."""
        for turn in range(4):
            names = [case.unique("beside") for _ in range(3)]
            users = [case.unique("person") for _ in range(3)]
            calls = [call for name, user in zip(names, users) for call in (
                self.adds(name), lambda user=user: self.http.call_tool(self.all, "add_user", {
                    "user": {"owner": "my-org", "name": user, "password": oauth_case.PASSWORD}}))]
            replies = self.at_once(turn, calls)
            for user, answer in zip(users, replies[1::2]):
                self.assertFalse(answer.failed, answer.text)
                self.assertEqual([event["target"] for event in self.audits(answer.reply)],
                                 [f"my-org/{user}"])
            people = [self.person() for _ in users]
            for person in people:
                person.open("/account")
            more = [case.unique("beside") for _ in range(3)]
            calls = [call for name, user, person in zip(more, users, people) for call in (
                self.adds(name),
                lambda user=user, person=person: person.sign_in(f"my-org/{user}",
                                                                oauth_case.PASSWORD))]
            again = self.at_once(turn, calls)
            for name, answer in zip(names + more, replies[::2] + again[::2]):
                self.assert_added(answer, name)
            self.assertEqual([reply.status_code for reply in again[1::2]], [200] * 3)

    def test_a_code(self):
        """It works once, whoever stands beside it."""
        identity, user = self.register()["client_id"], self.user()
        for turn in range(4):
            self.pkce = browser.Pkce()
            code, names = self.code(identity, user), [case.unique("beside") for _ in range(4)]
            calls = [call for name in names for call in (
                self.adds(name), lambda: self.redeem(identity, code))]
            replies = self.at_once(turn, calls)
            for name, answer in zip(names, replies[::2]):
                self.assert_added(answer, name)
            self.assertEqual(sorted(reply.status_code for reply in replies[1::2]),
                             [200, 400, 400, 400])
