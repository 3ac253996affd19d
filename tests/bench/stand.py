"""What is measured and what measures: web servers with programs behind them, wrk, /proc."""

import json
import os
import shutil
import subprocess
import time

import instance
from lighttpd import Lighttpd

HERE = os.path.dirname(os.path.abspath(__file__))
LOAD = os.path.join(HERE, "load.lua")
PEER = os.path.join(HERE, "peer")


class Bench(Lighttpd):
    """lighttpd as it is for the tests, with processes, without a limit on requests a connection."""

    def common(self):
        return super().common() + "server.max-keep-alive-requests = 100000000\n"

    def mount(self):
        installed = '"max-procs" => 2'
        conf = super().mount()
        assert installed in conf
        return conf.replace(installed, f'"max-procs" => {self.processes}')


class Null(Bench):
    """The same server in front of a program that answers a number of bytes and does nothing."""

    def __init__(self, binary, folder, size, processes):
        super().__init__(binary, folder, instance.free_port(), {})
        self.processes = processes
        # lighttpd takes no arguments for a program.
        self.binary = os.path.join(folder, "null.sh")
        with open(self.binary, "w", encoding="ascii") as script:
            script.write(f"#!/bin/sh\nexec '{binary}' {size}\n")
        os.chmod(self.binary, 0o755)


def wait_for(url, seconds=30):
    """Wait until something answers there."""
    deadline = time.monotonic() + seconds
    while subprocess.run(["curl", "-s", "-o", "/dev/null", "-d", "{}", url],
                         check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise RuntimeError(f"nothing answers at {url}")
        time.sleep(0.05)


class Target:
    """Somebody who answers requests: a URL, and the processes whose CPU counts."""

    def __init__(self, name, url, pids, close):
        self.name, self.url, self._pids, self._close = name, url, pids, close

    def cpu_ns(self):
        """Nanoseconds that the processes have run."""
        total = 0
        for pid in self._pids():
            with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total

    def resident_kib(self):
        """Resident memory of each process in KiB."""
        found = []
        for pid in self._pids():
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                found += [int(line.split()[1]) for line in file if line.startswith("VmRSS:")]
        return found

    def close(self):
        """Stop it."""
        self._close()


def null(binary, folder, size, processes):
    """The null responder behind lighttpd."""
    home = os.path.join(folder, f"null-{size}-{processes}")
    os.makedirs(home)
    server = Null(binary, home, size, processes)
    server.start()
    wait_for(server.url + "/")
    return Target("null", server.url, server.responders, server.stop)


class Casement:
    """Casement behind lighttpd, on a database of its own."""

    def __init__(self, binary, processes, database=None):
        instance.Instance.binary = binary
        server = type("Processes", (Bench,), {"processes": processes})
        instance.Instance.server_class = server
        self.instance = instance.Instance(start=database is None)
        if database is not None:
            self._take(database)
        self.target = Target("casement", self.instance.server.url,
                             self.instance.server.responders, self.instance.close)

    def _take(self, database):
        """Start on a copy of a database that is there already, with the issuer of this server."""
        place = self.instance
        for suffix in ("-wal", "-shm"):
            if os.path.exists(place.database + suffix):
                os.unlink(place.database + suffix)
        shutil.copyfile(database, place.database)
        place.run("setting", "set", "issuer", place.server.url, code=0)
        # pylint: disable=protected-access
        if not place._start():
            raise RuntimeError("the port was taken")

    def sign_with(self, algorithm):
        """Let it sign tokens another way."""
        self.instance.run("setting", "set", "signing_algorithm", algorithm, code=0)
        self.instance.run("key", "rotate", code=0)

    def token(self, application="my-org/demo"):
        """An access token of an application."""
        return self.instance.run("token", "issue", application, code=0).out.strip()

    def secret(self):
        """client_id and secret of an application made for this."""
        made = self.instance.run_json("application", "add", f"my-org/bench-{time.time_ns()}",
                                      'scopes=[{"name":"read:application"}]')
        return made["clientId"], made["clientSecret"]


def peer(database, folder):
    """The TypeScript SDK's server on the same database; None with a reason."""
    if not shutil.which("node") or not os.path.isdir(os.path.join(PEER, "node_modules")):
        return None, "the peer is not installed (node, npm, then: make setup-bench)"
    port = instance.free_port()
    with open(os.path.join(folder, "peer.log"), "ab") as log:
        process = subprocess.Popen(["node", os.path.join(PEER, "server.mjs"), database, str(port)],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   env={**os.environ, "NODE_ENV": "production"})

    def close():
        process.terminate()
        process.wait()
    url = f"http://127.0.0.1:{port}"
    wait_for(url + "/api/mcp")
    return Target("TypeScript SDK", url, lambda: [process.pid], close), None


class Request:
    """One kind of request."""

    def __init__(self, path, body="", authorization="", content_type="application/json",
                 refused=False):
        self.path, self.body, self.authorization = path, body, authorization
        self.content_type, self.refused = content_type, refused


def call(tool, arguments, authorization, **more):
    """A tools/call."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                       "params": {"name": tool, "arguments": arguments}})
    return Request("/api/mcp", body, authorization, **more)


def load(target, request, connections, seconds):
    """Let wrk send a request over and over; what came of it."""
    cpu = target.cpu_ns()
    done = subprocess.run(
        ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "20s",
         "-s", LOAD, target.url + request.path, "--", "POST", request.body,
         request.authorization, request.content_type],
        capture_output=True, text=True, check=False, timeout=seconds + 60)
    line = [line for line in done.stdout.splitlines() if line.startswith("result ")]
    if not line:
        raise RuntimeError(f"wrk: {done.stdout}{done.stderr}")
    result = json.loads(line[0][len("result "):])
    cpu = target.cpu_ns() - cpu
    if result["failed"] or not result["requests"] or \
            result["refused"] != (result["requests"] if request.refused else 0):
        raise RuntimeError(f"{target.name}, {request.path}: {result}")
    return {"per_s": result["requests"] * 1e6 / result["duration_us"],
            "p50_us": result["p50_us"], "p99_us": result["p99_us"],
            "cpu_us": cpu / 1e3 / result["requests"], "requests": result["requests"]}
