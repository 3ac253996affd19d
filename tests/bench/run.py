#!/usr/bin/python3
"""
Casement beside what can't be beaten (a null responder, the bare libraries) and beside a peer, in the
same minutes on the same machine.

    /usr/bin/python3 tests/bench/run.py --binary build/casement --tools build/bench

Rounds alternate between all that is compared; each figure is a median with its spread.  The table
goes to the terminal, all figures to results.json and charts to *.svg in the folder of the tools.
Nothing passes or fails here: that is for the reader.
"""

import argparse
import collections
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import requests as http

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]

# pylint: disable=wrong-import-position
import fill
import instance
import report
import stand

ROUNDS = 3
SECONDS = 2
FINE_ROUNDS = 9         # of one second, where differences of a few microseconds are read off
CONNECTIONS = (1, 8, 32, 128)
USUAL = 32
FEW = 8
PAGE = 100
NEVER_SEEN = 4096       # tokens in turn: more than a process remembers
TOTAL_REQUESTS = 1000000
COLD_STARTS = 40

Subject = collections.namedtuple("Subject", "label target request connections")


class Run:
    """One run: what was opened, and the figures."""

    def __init__(self, binary, tools, short):
        self.binary, self.tools, self.short = binary, tools, short
        self.folder = tempfile.mkdtemp(prefix="cm-bench-")
        self.figures = {}
        self.floors = []
        self.notes = []
        self.opened = []

    def open(self, target):
        """Remember to close it."""
        self.opened.append(target)
        return target

    def close(self):
        """Stop everything and remove what was made."""
        for target in reversed(self.opened):
            target.close()
        instance.close_all()
        shutil.rmtree(self.folder, ignore_errors=True)

    def null(self, size, processes=2):
        """A null responder."""
        return self.open(stand.null(os.path.join(self.tools, "null"), self.folder, size,
                                    processes))

    def casement(self, processes=2, database=None):
        """Casement on a new or on a given database."""
        made = stand.Casement(self.binary, processes, database)
        self.open(made.target)
        return made

    def floor(self):
        """The libraries alone, once more: the machine may be faster at one time than at another."""
        done = subprocess.run([os.path.join(self.tools, "floor"), self.folder], check=True,
                              capture_output=True, text=True)
        print("The libraries alone:", done.stdout.strip(), flush=True)
        self.floors.append(json.loads(done.stdout))
        self.figures["floor"] = {name: statistics.median(floor[name] for floor in self.floors)
                                 for name in self.floors[0]}

    def measure(self, subjects, rounds=ROUNDS, seconds=SECONDS):
        """Let the subjects take turns; a figure for each label."""
        found = collections.defaultdict(list)
        for subject in subjects:      # what is done once is done now
            stand.load(subject.target, subject.request, 2, 1)
        for _ in range(1 if self.short else rounds):
            for subject in subjects:
                found[subject.label].append(stand.load(subject.target, subject.request,
                                                       subject.connections,
                                                       1 if self.short else seconds))
        for label, rows in found.items():
            self.figures[label] = {
                name: {"median": statistics.median(row[name] for row in rows),
                       "min": min(row[name] for row in rows),
                       "max": max(row[name] for row in rows)}
                for name in rows[0]}
            figure = self.figures[label]
            print(f"{label:44} {figure['per_s']['median']:9.0f}/s"
                  f"  p50 {figure['p50_us']['median'] / 1e3:7.2f} ms"
                  f"  p99 {figure['p99_us']['median'] / 1e3:7.2f} ms"
                  f"  CPU {figure['cpu_us']['median']:7.1f} us", flush=True)


def answer_size(casement, request):
    """Bytes that the program writes for a request, as the web server hands them on, about."""
    done = subprocess.run(["curl", "-si", "-d", request.body, "-H",
                           f"Authorization: {request.authorization}", "-H",
                           f"Content-Type: {request.content_type}", "-H",
                           "MCP-Protocol-Version: 2025-06-18",
                           casement.target.url + request.path], capture_output=True, check=True)
    return len(done.stdout)


def requests(casement):
    """The cases, by name."""
    bearer = "Bearer " + casement.token()
    client, secret = casement.secret()
    get = {"id": "my-org/demo"}
    new = {"application": {"owner": "my-org", "name": "made-{n}"}}
    reader = "Bearer " + casement.instance.run(
        "token", "issue", "my-org/demo", "--scope", "read:application", code=0).out.strip()
    return {
        "get_application": stand.call("get_application", get, bearer),
        "tools/list": stand.Request("/api/mcp", json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}), bearer),
        "get_applications, page of 100": stand.call(
            "get_applications", {"owner": "my-org", "pageSize": PAGE}, bearer),
        "add_application": stand.call("add_application", new, bearer),
        "token issue": stand.Request(
            "/api/login/oauth/access_token",
            f"grant_type=client_credentials&client_id={client}&client_secret={secret}", "",
            "application/x-www-form-urlencoded"),
        "401, no token": stand.call("get_application", get, "", refused=True),
        "403, low scope": stand.call("add_application", new, reader, refused=True),
    }


def never_seen(run, casement):
    """Tokens that are good and not remembered: more of them than a process has room for."""
    path = os.path.join(run.folder, "tokens")
    client, secret = casement.secret()
    form = f"grant_type=client_credentials&client_id={client}&client_secret={secret}"
    with open(path, "w", encoding="ascii") as file, http.Session() as session:
        for _ in range(NEVER_SEEN):
            reply = session.post(
                casement.target.url + "/api/login/oauth/access_token", data=form,
                headers={"Content-Type": "application/x-www-form-urlencoded"})
            file.write(f"Bearer {reply.json()['access_token']}\n")
    return stand.call("get_application", {"id": "my-org/demo"}, "@" + path)


def every_request(run, casement):
    """All cases, by name."""
    return {**requests(casement), "token not seen before": never_seen(run, casement)}


def cases(run):
    """Every case, at the usual load; then few and many connections, and one process."""
    casement = run.casement()
    kinds = every_request(run, casement)
    get = kinds["get_application"]
    size = answer_size(casement, get)
    null = run.null(size)
    peer, reason = stand.peer(casement.instance.database, run.folder)
    if peer is None:
        run.notes.append(reason)
    else:
        run.open(peer)

    def beside(label, connections):
        subjects = [Subject(f"null{label}", null, get, connections),
                    Subject(f"get_application{label}", casement.target, get, connections)]
        if peer is not None:
            subjects.append(Subject(f"TypeScript SDK{label}", peer, get, connections))
        return subjects

    def others(label, target, kinds, connections):
        return [Subject(name + label, target, request, connections)
                for name, request in kinds.items() if name != "get_application"]

    print(f"\nAt {USUAL} connections, two processes, {size} bytes an answer")
    run.measure(beside("", USUAL))
    elliptic = run.casement()
    elliptic.sign_with("ES256")
    run.measure([*others("", casement.target, kinds, USUAL),
                 Subject("token issue, ES256", elliptic.target,
                         requests(elliptic)["token issue"], USUAL)])
    run.floor()
    print("\nFew and many connections")
    for connections in CONNECTIONS:
        if connections != USUAL:
            label = f", {connections} connections"
            run.measure([*beside(label, connections),
                         *others(label, casement.target, kinds, connections)], seconds=1)
    one = run.casement(processes=1)
    kinds = every_request(run, one)
    print("\nOne process: CPU of the responder")
    run.measure([Subject("null, one process", run.null(size, 1), get, FEW),
                 Subject("get_application, one process", one.target,
                         kinds["get_application"], FEW),
                 *others(", one process", one.target, kinds, FEW)], FINE_ROUNDS, seconds=1)
    run.floor()
    while run.opened:
        run.opened.pop().close()


def sizes(run, every):
    """The same rows out of a thousand and out of a million."""
    print("\nStores of other sizes")
    fresh = run.casement()
    stores = fill.stores(fresh.instance.database, run.folder, every)
    run.opened.pop().close()
    subjects, last = [], None
    for count, path in stores.items():
        last = run.casement(database=path)
        kinds = requests(last)
        os.unlink(path)
        for name in ("get_application", "get_applications, page of 100"):
            subjects.append(Subject(f"{name}, {count} rows", last.target, kinds[name], FEW))
    run.measure(subjects, FINE_ROUNDS, seconds=1)
    return last, kinds


def memory(run, casement, request, total):
    """Resident memory while so many requests go by."""
    print("\nMemory of a process, largest")
    samples, done = [], 0
    while done < total:
        done += stand.load(casement.target, request, USUAL, 5)["requests"]
        samples.append({"requests": done, "kib": max(casement.target.resident_kib())})
    print(f"{samples[0]['kib']} KiB after {samples[0]['requests']} requests,"
          f" {samples[-1]['kib']} KiB after {samples[-1]['requests']}", flush=True)
    run.figures["memory"] = samples


def cold(run):
    """From the start of the program as CGI to the first byte of its answer."""
    place = run.casement()
    environment = {**os.environ, **place.instance.environment(), "REQUEST_METHOD": "GET",
                   "REQUEST_URI": "/api/health", "REMOTE_ADDR": "127.0.0.1",
                   "GATEWAY_INTERFACE": "CGI/1.1"}
    taken = []
    for _ in range(COLD_STARTS):
        reader, writer = os.pipe()
        start = time.monotonic()
        pid = os.posix_spawn(run.binary, [run.binary], environment, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writer, 1)])
        os.close(writer)
        os.read(reader, 1)
        taken.append((time.monotonic() - start) * 1e3)
        os.close(reader)
        os.waitpid(pid, 0)
    run.opened.pop().close()
    run.figures["cold start"] = {"median_ms": statistics.median(taken), "min_ms": min(taken),
                                 "max_ms": max(taken)}
    print(f"\nCold start as CGI: {statistics.median(taken):.1f} ms", flush=True)


def everything(run, arguments):
    """All measurements, the floor first."""
    run.floor()
    cold(run)
    cases(run)
    last, kinds = sizes(run, fill.SIZES[:2] if arguments.short else fill.SIZES)
    memory(run, last, kinds["get_application"],
           TOTAL_REQUESTS // 50 if arguments.short else TOTAL_REQUESTS)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="Benchmarks of casement.")
    parser.add_argument("--binary", default="build/casement", help="the program")
    parser.add_argument("--tools", default="build/bench", help="where null and floor are")
    parser.add_argument("--short", action="store_true", help="a look of a few minutes, not for quoting")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed; run: make setup-bench")
    run = Run(os.path.abspath(arguments.binary), os.path.abspath(arguments.tools), arguments.short)
    began = time.monotonic()
    try:
        everything(run, arguments)
    finally:
        run.close()
    report.write(run.tools, run.figures, run.notes, time.monotonic() - began)


if __name__ == "__main__":
    main()
