#!/usr/bin/python3
"""
A long mixed load, and whether memory, descriptors, the file and the times stay as they are.

    /usr/bin/python3 tests/fault/soak.py --binary build/casement --minutes 10 --out build/soak

In ten minutes three days pass for the program, so that what it keeps for a day comes to its end; in
less time the file is not judged.  The last line says what is flat.  The exit status is 1 when
something other than the times has grown, or an answer was a wrong one.
"""

import argparse
import collections
import json
import os
import random
import signal
import statistics
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), HERE, os.path.join(HERE, "..", "bench")]

# pylint: disable=wrong-import-position
import requests

import browser
import case
import chart
import client
import instance
import oauth_case
import setting

THREADS = 6
DAYS = 3
EXTRA_MAX = 450     # seconds in one; the clock goes in steps of this, and a token lives an hour
SAMPLE_SECONDS = 5
REST_LOOKS = 8
REST_SECONDS = 0.05
FORWARDED = "X-Forwarded-For"
PASSWORD = "correct horse"


class Load:
    """Threads that do what clients and people do, in a mix."""

    def __init__(self, made):
        self.made = made
        self.http = made.client
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.times = []                         # of the requests since the last sample
        self.counts = collections.Counter()     # of what was done
        self.wrong = []
        self.kept = threading.local()

    def timed(self, name, expected, work):
        """One request: its time, and whether the answer is one of those expected."""
        began = time.monotonic()
        reply = work()
        took = time.monotonic() - began
        with self.lock:
            self.times.append(took)
            self.counts[name] += 1
            if reply.status_code not in expected:
                self.wrong.append(f"{name}: {reply.status_code} {reply.text[:200]}")
        return reply

    def from_somewhere(self):
        """The header of another client's address each time."""
        return {FORWARDED: ".".join(str(random.randint(1, 254)) for _ in range(4))}

    def token(self):
        """The thread's token, renewed before its hour is over."""
        made = getattr(self.kept, "made", None)
        if made is None or time.monotonic() - made[0] > self.token_seconds:
            reply = self.timed("token", (200,), lambda: self.http.token_reply(self.made.demo))
            made = self.kept.made = (time.monotonic(), reply.json()["access_token"])
        return made[1]

    def call(self, name, arguments):
        """A tool."""
        token = self.token()
        return self.timed(name, (200,),
                          lambda: self.http.call_tool_reply(token, name, arguments))

    # What they do

    def reads(self):
        """A few looks."""
        for _ in range(6):
            self.call("get_application", {"id": "my-org/demo"})
        self.call("get_applications", {"pageSize": 20})
        token = self.token()
        self.timed("tools/list", (200,), lambda: self.http.rpc("tools/list", token=token))

    def writes(self):
        """An application comes and goes."""
        name = case.unique("soak")
        self.call("add_application", {"application": {"owner": "my-org", "name": name}})
        self.call("update_application", {"id": f"my-org/{name}",
                                         "application": {"displayName": "Soak"}})
        self.call("delete_application", {"id": f"my-org/{name}"})

    def tokens(self):
        """Tokens of a program."""
        for _ in range(4):
            self.timed("token", (200,), lambda: self.http.token_reply(self.made.demo))

    def refused(self):
        """Those who may not."""
        self.timed("401", (401,), lambda: self.http.rpc("ping", token="x.y.z"))
        self.timed("401", (401,), lambda: self.http.rpc("ping"))
        self.timed("wrong secret", (401, 429), lambda: self.http.token_reply(
            client.Credentials("nobody", "x"), headers=self.from_somewhere()))
        self.timed("400", (400,), lambda: self.http.post(b"{", self.token()))

    def pages(self):
        """What anybody may see."""
        for path in ("/", "/.well-known/jwks", "/.well-known/oauth-authorization-server",
                     "/api/health", "/casement.css"):
            self.timed("page", (200,), lambda path=path: self.http.get(path))

    def person(self):
        """A client registers, a person signs in and says yes, tokens come, are used and end."""
        pkce = browser.Pkce()
        reply = self.timed("register", (201,), lambda: self.http.request(
            "POST", oauth_case.REGISTER, headers=self.from_somewhere(), json={
                "redirect_uris": [oauth_case.CALLBACK], "client_name": "Soak",
                "grant_types": oauth_case.CODE_AND_REFRESH,
                "token_endpoint_auth_method": "none"}))
        told = reply.json()
        identity = told["client_id"]
        code = self.consent(identity, pkce)
        if code is not None:
            self.redeem(identity, code, pkce)
        self.timed("deregister", (204,), lambda: self.http.request(
            "DELETE", told["registration_client_uri"].replace(self.http.url, ""),
            headers={"Authorization": "Bearer " + told["registration_access_token"]}))

    def consent(self, identity, pkce):
        """A code, None when the minute of something was over."""
        query = requests.compat.urlencode({
            "response_type": "code", "client_id": identity, "redirect_uri": oauth_case.CALLBACK,
            "scope": "read:application offline_access", "state": "s",
            "code_challenge": pkce.challenge, "code_challenge_method": "S256"})
        person = browser.Browser(self.http)
        try:
            self.timed("sign-in page", (200,),
                       lambda: person.open(f"{oauth_case.AUTHORIZE}?{query}"))
            self.timed("sign in", (200,), lambda: person.sign_in("my-org/alice", PASSWORD))
            reply = self.timed("consent", (303,), person.decide)
            return browser.parameters(reply).get("code")
        finally:
            person.close()

    def redeem(self, identity, code, pkce):
        """Tokens for a code; it lives for a minute of the program's, a part of a second here."""
        form = {"grant_type": "authorization_code", "client_id": identity, "code": code,
                "redirect_uri": oauth_case.CALLBACK, "code_verifier": pkce.verifier}
        reply = self.timed("code", (200, 400), lambda: self.http.request(
            "POST", client.TOKEN_PATH, data=form))
        if reply.status_code != 200:
            return
        form = {"grant_type": "refresh_token", "client_id": identity,
                "refresh_token": reply.json()["refresh_token"]}
        reply = self.timed("refresh", (200,), lambda: self.http.request(
            "POST", client.TOKEN_PATH, data=form))
        self.timed("revoke", (200,), lambda: self.http.request(
            "POST", oauth_case.REVOKE,
            data={"client_id": identity, "token": reply.json()["refresh_token"]}))

    MIX = ((reads, 10), (writes, 4), (tokens, 3), (refused, 2), (pages, 2), (person, 1))

    def run(self):
        """One thread."""
        work, weights = zip(*self.MIX)
        while not self.stopping.is_set():
            try:
                random.choices(work, weights)[0](self)
            except (requests.RequestException, KeyError, AssertionError) as error:
                with self.lock:
                    self.wrong.append(repr(error))


def status_kib(pid, name):
    """A number of /proc/PID/status."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name + ":"))


def size(path):
    """Bytes of a file, 0 when it is not there."""
    return os.path.getsize(path) if os.path.exists(path) else 0


def at_rest(pids):
    """
    Memory in KiB and descriptors of the larger process: the least of some looks, for a password
    takes 16 MiB while it is checked, and a request a descriptor.
    """
    looks = []
    for _ in range(REST_LOOKS):
        looks.append([(status_kib(pid, "VmRSS"), len(os.listdir(f"/proc/{pid}/fd")))
                      for pid in pids])
        time.sleep(REST_SECONDS)
    least = [[min(figures) for figures in zip(*of_one)] for of_one in zip(*looks)]
    return [max(figures) for figures in zip(*least)]


def sample(load, began, last):
    """What is measured now."""
    pids = load.made.server.responders()
    memory_kib, descriptors = at_rest(pids)
    with load.lock:
        times, load.times = sorted(load.times), []
    now = time.monotonic()
    return {
        "minutes": (now - began) / 60,
        "memory_kib": memory_kib,
        "descriptors": descriptors,
        "file_kib": size(load.made.database) / 1024,
        "log_kib": size(load.made.database + "-wal") / 1024,
        "p99_ms": 1000 * times[len(times) * 99 // 100] if times else 0,
        "per_s": len(times) / (now - last),
    }


Figure = collections.namedtuple("Figure", "key name title unit growth must")
# growth: of the last third against the one before, up to which it counts as flat; must: what grows
# by more fails the run, where the times of a machine that does other work too do not.
FIGURES = (
    Figure("memory_kib", "memory", "Resident memory, the larger of two", "KiB", 1.1, True),
    Figure("descriptors", "descriptors", "Open descriptors, the larger of two", "", 1, True),
    Figure("file_kib", "database", "The database file", "KiB", 1.1, True),
    Figure("log_kib", "write-ahead log", "Its write-ahead log", "KiB", 1.1, True),
    Figure("p99_ms", "p99", "99th percentile of the time of a request", "ms", 1.25, False))


def verdict(flat, wrong, short):
    """The last line, and whether all is well."""
    grown = [figure for figure in FIGURES if not flat[figure.key]]
    unjudged = [figure for figure in grown if short and figure.key == "file_kib"]
    names = [figure.name for figure in FIGURES if flat[figure.key]]
    parts = ["flat: " + (", ".join(names) or "nothing")]
    parts += [f"{figure.name} {'not judged in so short a run' if figure in unjudged else 'grew'}"
              for figure in grown]
    parts.append(f"{wrong} wrong answers")
    bad = wrong or any(figure.must for figure in grown if figure not in unjudged)
    return "; ".join(parts), not bad


def report(samples, load, folder, short):
    """Charts, figures, the table; whether all is well."""
    third = max(1, len(samples) // 3)
    flat = {}
    lines = ["| | first third | second | last | flat |", "|---|---|---|---|---|"]
    os.makedirs(folder, exist_ok=True)
    for figure in FIGURES:
        title = figure.title + (", " + figure.unit if figure.unit else "")
        chart.line(os.path.join(folder, f"{figure.key}.svg"), figure.title + " over minutes",
                   figure.unit, [(at["minutes"], at[figure.key]) for at in samples])
        parts = [statistics.median(at[figure.key] for at in part) for part in
                 (samples[:third], samples[third:-third] or samples, samples[-third:])]
        flat[figure.key] = parts[2] <= parts[1] * figure.growth
        lines.append(f"| {title} | " + " | ".join(f"{part:,.0f}" for part in parts)
                     + f" | {'yes' if flat[figure.key] else 'no'} |")
    last, good = verdict(flat, len(load.wrong), short)
    done = ", ".join(f"{count} {name}" for name, count in sorted(load.counts.items()))
    rate = statistics.median(at["per_s"] for at in samples)
    text = "\n".join(lines) + f"\n\n{sum(load.counts.values())} requests, {rate:,.0f} a second:" \
        f" {done}\n\n{last}\n"
    with open(os.path.join(folder, "soak.md"), "w", encoding="utf-8") as file:
        file.write(text)
    with open(os.path.join(folder, "soak.json"), "w", encoding="utf-8") as file:
        json.dump({"verdict": last, "flat": flat, "wrong": load.wrong, "requests": load.counts,
                   "samples": samples}, file, indent=1)
    for line in load.wrong[:10]:
        print(f"  {line}")
    print(text, end="", flush=True)
    return good


def soak(arguments):
    """The whole run."""
    made = setting.Shifted({"trusted_proxies": "127.0.0.1", "audit_retention_days": "1",
                            "log_target": os.devnull})
    seconds = arguments.minutes * 60
    extra = min(EXTRA_MAX, int(DAYS * 86400 / seconds))
    made.run("user", "add", "my-org/alice", "scopes=read:application", code=0,
             data=PASSWORD.encode() + b"\n")
    load = Load(made)
    load.token_seconds = 1800 / extra
    made.set_clock(0, extra, int(time.time()))
    threads = [threading.Thread(target=load.run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    began = last = time.monotonic()
    samples = []
    try:
        while last - began < seconds:
            load.stopping.wait(min(SAMPLE_SECONDS, seconds / 30))
            samples.append(sample(load, began, last))
            last = time.monotonic()
    finally:
        load.stopping.set()
        for thread in threads:
            thread.join()
    rows = {name: made.query(f"SELECT count(*) FROM {name}")[0][0]
            for name in ("application", "token", "refresh_token", "session", "audit")}
    print("Rows at the end: " + ", ".join(f"{count} {name}" for name, count in rows.items()))
    whole = made.query("PRAGMA integrity_check")[0][0]
    print(f"integrity_check: {whole}")
    short = seconds * extra < DAYS * 86400 * 0.9
    return report(samples, load, arguments.out, short) and whole == "ok"


def interrupt(*_):
    """SIGTERM ends the run as Ctrl-C does."""
    raise KeyboardInterrupt


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="A long mixed load on casement.")
    parser.add_argument("--binary", default="build/casement", help="the program")
    parser.add_argument("--tools", default="build/fault", help="the folder with clock.so")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", default="build/soak", help="where charts and figures go")
    arguments = parser.parse_args()
    setting.CLOCK = os.path.abspath(os.path.join(arguments.tools, "clock.so"))
    instance.Instance.binary = os.path.abspath(arguments.binary)
    instance.Instance.server_class = setting.Lighttpd
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return 0 if soak(arguments) else 1
    finally:
        instance.close_all()


if __name__ == "__main__":
    sys.exit(main())
