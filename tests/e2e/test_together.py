"""Processes that change the same rows: nothing is lost, and the trail replays to the state."""

import concurrent.futures
import itertools
import json
import random
import time

import case
from test_registry import RegistryCase

KINDS = {"application": "applications", "organization": "organizations", "user": "users",
         "role": "roles", "permission": "permissions"}
LINKS = {"user": "users", "role": "roles"}
NAMES = [f"shared{number}" for number in range(5)]
HOMES = ["shared-a", "shared-b"]


class Replay:
    """The rows that a trail tells of, from nothing on."""

    def __init__(self, check):
        self.check = check
        self.rows = {}

    def event(self, tool, target, before, after):
        """One row of the trail: what was before must be what the earlier ones left behind."""
        verb, _, kind = tool.partition("_")
        kind = kind.removesuffix("_secret")
        if kind not in KINDS:
            return
        self.check.assertEqual(self.rows.get((kind, target)), before, f"{tool} {target}")
        if after is None:
            del self.rows[kind, target]
            return
        identity = f"{after['owner']}/{after['name']}"
        if verb != "add" and identity != target:
            del self.rows[kind, target]
            self.rename(kind, target, identity)
        self.rows[kind, identity] = after

    def rename(self, kind, old, new):
        """What refers to a row follows its new name; so does all that is in an organisation."""
        if kind == "organization":
            old_home, new_home = old.partition("/")[2], new.partition("/")[2]
            self.rows = {
                (one, self.moved(identity, old_home, new_home)):
                    {name: self.moved_value(name, value, old_home, new_home)
                     for name, value in row.items()}
                for (one, identity), row in self.rows.items()}
        elif kind in LINKS:
            for row in self.rows.values():
                members = row.get(LINKS[kind], [])
                if old in members:
                    row[LINKS[kind]] = sorted(new if one == old else one for one in members)

    @staticmethod
    def moved(identity, old, new):
        """An id after its organisation has another name."""
        return f"{new}/{identity.partition('/')[2]}" if identity.startswith(f"{old}/") else identity

    def moved_value(self, name, value, old, new):
        """A field's value after that."""
        if name in ("owner", "organization"):
            return new if value == old else value
        if name in LINKS.values():
            return sorted(self.moved(one, old, new) for one in value)
        return value


class Worker:
    """Calls tools one after the other, as its own random numbers say."""

    def __init__(self, test, token, seed):
        self.test = test
        self.token = token
        self.choose = random.Random(seed)
        self.done = []          # request ids of what succeeded
        self.refused = 0

    def call(self, tool, **arguments):
        """A call that may be refused; whether it was not."""
        answer = self.test.http.call_tool(self.token, tool, arguments)
        if answer.failed:
            self.refused += 1
        elif not arguments.get("dry_run"):
            self.done.append(answer.reply.headers["X-Request-Id"])
        return answer

    def some(self, home, names):
        """Ids of some rows."""
        return [f"{home}/{name}" for name in self.choose.sample(names, self.choose.randrange(3))]

    def fields(self, kind, home):
        """What a row is to have."""
        fields = {"displayName": f"by {self.choose.randrange(1000000)}"}
        if kind in ("role", "permission"):
            fields["users"] = self.some(home, NAMES)
            fields["roles"] = self.some(home, NAMES)
        return fields

    def step(self):
        """One change, or the try."""
        kind = self.choose.choice(["application", "user", "user", "role", "role", "permission"])
        home, name = self.choose.choice(HOMES), self.choose.choice(NAMES)
        identity, fields = f"{home}/{name}", self.fields(kind, home)
        verb = self.choose.choices(
            ["add", "update", "rename", "delete", "dry", "secret", "organization", "count"],
            [30, 30, 10, 12, 5, 3, 2, 8])[0]
        if verb == "add":
            self.call(f"add_{kind}", **{kind: {"owner": home, "name": name, **fields}})
        elif verb == "update":
            self.call(f"update_{kind}", id=identity, **{kind: fields})
        elif verb == "rename":
            self.call(f"update_{kind}", id=identity,
                      **{kind: {"name": self.choose.choice(NAMES)}})
        elif verb == "delete":
            self.call(f"delete_{kind}", id=identity, cascade=self.choose.random() < 0.7)
        elif verb == "dry":
            self.call(f"update_{kind}", id=identity, dry_run=True, **{kind: fields})
        elif verb == "secret":
            self.call("rotate_application_secret", id=identity)
        elif verb == "organization":
            self.organization(home)
        else:
            self.count()

    def organization(self, home):
        """An organisation comes, goes with all that is in it, or gets another name."""
        what = self.choose.randrange(3)
        if what == 0:
            self.call("delete_organization", id=f"admin/{home}", cascade=True)
        elif what == 1:
            self.call("update_organization", id=f"admin/{home}",
                      organization={"name": self.choose.choice(HOMES)})
        for name in HOMES:
            self.call("add_organization", organization={"name": name})

    def count(self):
        """One more, if nobody was faster: what was read must be what is there."""
        row = self.test.do(self.token, "get_role", id="my-org/counter")
        self.call("update_role", id="my-org/counter", if_match=row["updatedTime"],
                  role={"description": str(int(row["description"]) + 1)})

    def run(self, until_s):
        """Go on until a time."""
        for number in itertools.count():
            if time.monotonic() >= until_s:
                return number
            self.step()


class Together(RegistryCase):
    """Several web server's processes and the command line, all on the same rows."""

    def command_line(self, until_s):
        """The same from another program; how many changes."""
        made = 0
        choose = random.Random(99)
        while time.monotonic() < until_s:
            home, name = choose.choice(HOMES), choose.choice(NAMES)
            kind, verb = choose.choice(["user", "role"]), choose.choice(["update", "delete"])
            more = ["displayName=by hand"] if verb == "update" else ["--cascade"]
            made += self.instance.run(kind, verb, f"{home}/{name}", *more).code == 0
        return made

    def state(self, token):
        """All rows that there are."""
        rows = {}
        for kind, plural in KINDS.items():
            arguments = {"pageSize": 100}
            while arguments is not None:
                answer = self.http.call_tool(token, f"get_{plural}", arguments, "2025-11-25")
                self.assertFalse(answer.failed, answer.text)
                rows |= {(kind, f"{row['owner']}/{row['name']}"): row for row in answer.value}
                cursor = answer.structured.get("nextCursor")
                arguments = None if cursor is None else {"pageSize": 100, "cursor": cursor}
        return rows

    def test_trail_replays_to_the_state(self):
        """Every change is in the trail, and nothing else; one after the other they give the rows."""
        self.fresh()
        token = self.admin()
        for home in HOMES:
            self.do(token, "add_organization", organization={"name": home})
        self.do(token, "add_role", role={"owner": "my-org", "name": "counter", "description": "0"})
        begun = self.instance.query("SELECT max(id) AS id FROM audit")[0]["id"]
        workers = [Worker(self, self.admin(), seed) for seed in range(4)]
        until_s = time.monotonic() + case.Case.seconds
        with concurrent.futures.ThreadPoolExecutor(len(workers) + 1) as pool:
            by_hand = pool.submit(self.command_line, until_s)
            steps = sum(pool.map(lambda worker: worker.run(until_s), workers))
            by_hand = by_hand.result()
        trail = self.instance.query(
            "SELECT id, tool, target, request_id, before_json, after_json FROM audit"
            " WHERE outcome = 'ok' ORDER BY id")
        told = [event["request_id"] for event in trail if event["id"] > begun]
        done = [one for worker in workers for one in worker.done]
        self.assertEqual(len(done), len(set(done)))
        self.assertEqual(set(done), {one for one in told if one} - self.tokens_issued(trail))
        self.assertGreaterEqual(told.count(""), by_hand)
        replay = Replay(self)
        for event in trail:
            replay.event(event["tool"], event["target"], *(
                event[name] and json.loads(event[name]) for name in ("before_json", "after_json")))
        state = self.state(self.admin())
        self.assertEqual(set(replay.rows), set(state))
        for key, row in state.items():
            self.assertEqual(replay.rows[key], row, key)
        counted = [event for event in trail if event["target"] == "my-org/counter"]
        self.assertEqual(state["role", "my-org/counter"]["description"], str(len(counted) - 1))
        print(f"together: {steps} calls in {case.Case.seconds} s, {len(done)} of them changes, "
              f"{by_hand} more by the command line; {len(trail)} rows in the trail, "
              f"which replay to the {len(state)} rows that are there", flush=True)

    @staticmethod
    def tokens_issued(trail):
        """The request ids of tokens, which are no rows that people change."""
        return {event["request_id"] for event in trail if event["tool"] == "token"}
