"""GET /metrics: what it says, who may read it, and that all processes count together."""

import collections
import glob
import math
import os
import re
import signal
import stat

import case
import client
import servers
from test_process import in_threads

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
HISTOGRAM = "casement_request_duration_seconds"


class Metrics:
    """The text format 0.0.4 of Prometheus, taken apart by its rules; ValueError where it breaks."""

    def __init__(self, text):
        self.types = {}
        self.samples = {}       # (name, label pairs in their order): value
        if not text.endswith("\n"):
            raise ValueError("the last line has no end")
        for line in text[:-1].split("\n"):
            if line.startswith("# TYPE "):
                self._type(line)
            elif not line.startswith("# HELP "):
                self._sample(line)

    def _type(self, line):
        _, _, name, kind = line.split(" ")
        if name in self.types or kind not in ("counter", "gauge", "histogram"):
            raise ValueError(line)
        self.types[name] = kind

    def _sample(self, line):
        match = SAMPLE.fullmatch(line)
        if not match:
            raise ValueError(line)
        name, labels, value = match.groups()
        pairs = tuple(LABEL.findall(labels or ""))
        if LABEL.sub("", labels or "") or (name, pairs) in self.samples:
            raise ValueError(line)
        family = re.sub("_(bucket|sum|count)$", "", name)
        last = list(self.types)[-1]     # the lines of a family stand together
        if last not in (name, family) or (family != name and self.types[last] != "histogram"):
            raise ValueError(f"not within its family: {line}")
        self.samples[(name, pairs)] = float(value)

    def get(self, name, **labels):
        """The sum of the samples that have these labels."""
        return sum(value for (found, pairs), value in self.samples.items()
                   if found == name and labels.items() <= dict(pairs).items())


class MetricsCase(case.Case):
    """An instance that counts."""

    def setUp(self):
        super().setUp()
        self.made = self.fresh(settings={"metrics_addresses": "127.0.0.1"})
        self.file = self.made.database + "-metrics"

    def read(self, **headers):
        """The metrics."""
        reply = self.http.get("/metrics", headers=headers)
        self.assertEqual(reply.status_code, 200, reply.text)
        return Metrics(reply.text)


class Format(MetricsCase):
    """What it says."""

    def test_headers(self):
        """Media type and version, no store."""
        reply = self.http.get("/metrics")
        self.assertEqual(reply.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        reply = self.http.request("HEAD", "/metrics")
        self.assertEqual((reply.status_code, reply.text), (200, ""))

    def test_requests_and_tools(self):
        """By route, tool and outcome, whatever clients call things."""
        token = self.demo(case.READ)
        self.get(token, "my-org/demo")
        self.http.call_tool(token, "get_application", {"id": "my-org/nobody"})
        self.http.call_tool_reply(token, "add_application")
        self.http.call_tool_reply(token, 'x"} 1\nevil{a="')
        self.http.rpc("nonsense", token=token)
        self.http.rpc("ping", token="nonsense")
        for path in ("/x", '/a"b', "/metrics/x"):
            self.http.get(path)
        self.http.request("DELETE", "/api/mcp")
        told = self.read()
        self.assertEqual(told.types["casement_requests_total"], "counter")

        def requests(path, outcome, method="POST"):
            return told.get("casement_requests_total", method=method, path=path, outcome=outcome)

        self.assertEqual(requests(client.TOKEN_PATH, "ok"), 1)
        self.assertEqual(requests(client.MCP_PATH, "ok"), 1)
        self.assertEqual(requests(client.MCP_PATH, "not_found"), 1)
        self.assertEqual(requests(client.MCP_PATH, "insufficient_scope"), 1)
        self.assertEqual(requests(client.MCP_PATH, "unauthorized"), 1)
        self.assertEqual(requests(client.MCP_PATH, "method_not_found"), 1)
        self.assertEqual(requests("other", "not_found", "other"), 3)
        self.assertEqual(requests("other", "http_method", "other"), 1)

        def tools(tool, outcome):
            return told.get("casement_tool_calls_total", tool=tool, outcome=outcome)

        self.assertEqual(tools("get_application", "ok"), 1)
        self.assertEqual(tools("get_application", "not_found"), 1)
        self.assertEqual(tools("add_application", "insufficient_scope"), 1)
        self.assertEqual(told.get("casement_tool_calls_total"), 3)

    def test_histogram(self):
        """Buckets that add up, a sum, and as many as there were requests."""
        for _ in range(5):
            self.assert_token_good(self.demo())
        told = self.read()
        self.assertEqual(told.types[HISTOGRAM], "histogram")
        series = collections.defaultdict(list)
        for (name, pairs), value in told.samples.items():
            if name == HISTOGRAM + "_bucket":
                self.assertEqual(pairs[-1][0], "le")
                series[pairs[:-1]].append((float(pairs[-1][1]), value))
        self.assertGreaterEqual(len(series), 2)
        for labels, buckets in series.items():
            self.assertEqual(buckets, sorted(buckets))
            self.assertEqual([value for _, value in buckets],
                             sorted(value for _, value in buckets))
            self.assertEqual(buckets[-1][0], math.inf)
            count = told.samples[(HISTOGRAM + "_count", labels)]
            self.assertEqual(buckets[-1][1], count)
            self.assertEqual(told.get("casement_requests_total", **dict(labels)), count)
            self.assertGreater(told.samples[(HISTOGRAM + "_sum", labels)], 0)
        self.assertEqual(told.get(HISTOGRAM + "_count", path=client.MCP_PATH), 5)

    def test_store(self):
        """The size of the files."""
        told = self.read()
        self.assertEqual(told.types["casement_store_bytes"], "gauge")
        self.assertEqual(told.get("casement_store_bytes", file="database"),
                         os.path.getsize(self.made.database))
        wal = self.made.database + "-wal"
        self.assertEqual(told.get("casement_store_bytes", file="wal"),
                         os.path.getsize(wal) if os.path.exists(wal) else 0)


class Access(MetricsCase):
    """Who may read."""

    def test_addresses(self):
        """Those of the setting; 403 for others, also by a proxy that is trusted, and no other."""
        self.made.run("setting", "set", "trusted_proxies", "127.0.0.1", code=0)
        reply = self.http.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
        self.assertEqual(reply.status_code, 403)
        self.assertIn("192.0.2.1", reply.json()["error_description"])
        self.assertNotIn("casement_", reply.text)
        self.made.run("setting", "set", "metrics_addresses", "192.0.2.0/24", code=0)
        self.read(**{"X-Forwarded-For": "192.0.2.1"})
        self.assertEqual(self.http.get("/metrics").status_code, 403)
        self.made.run("setting", "set", "trusted_proxies", "", code=0)
        reply = self.http.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
        self.assertEqual(reply.status_code, 403)

    def test_off(self):
        """As it is by itself: nothing is there, nothing is counted, no file is made."""
        made = self.fresh()
        reply = self.http.get("/metrics")
        self.assertEqual(reply.status_code, 404)
        self.assertEqual(reply.json()["error_description"],
                         self.http.get("/nowhere").json()["error_description"])
        self.assert_token_good(self.demo())
        self.assertEqual(glob.glob(made.database + "-metrics*"), [])
        made.run("setting", "set", "metrics_addresses", "127.0.0.1,::1", code=0)
        self.assertEqual(self.read().get("casement_requests_total"), 0)
        self.assertEqual(self.read().get("casement_requests_total"), 1)
        made.run("setting", "set", "metrics_addresses", "", code=0)
        self.assertEqual(self.http.get("/metrics").status_code, 404)
        self.assertEqual(made.run("setting", "set", "metrics_addresses", "nowhere").code, 6)


class Shared(MetricsCase):
    """One file for all processes."""

    def test_all_processes(self):
        """No count is lost, whoever answers, and also when processes end."""
        before = self.read().get("casement_requests_total", path="/api/health")

        def work(_):
            for _ in range(25):
                self.assertEqual(self.http.get("/api/health").status_code, 200)

        in_threads(4, work)
        self.assertEqual(
            self.read().get("casement_requests_total", path="/api/health"), before + 100)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        for pid in self.made.server.responders() if self.made.server.pooled else ():
            birth = servers.process_birth(pid)
            os.kill(pid, signal.SIGTERM)
            self.assertTrue(servers.wait_gone(pid, birth, servers.patient(20)))
        while self.http.get("/api/health").headers.get("X-Request-Id") is None:
            continue
        self.assertGreaterEqual(
            self.read().get("casement_requests_total", path="/api/health"), before + 101)

    def test_damaged_file(self):
        """Made anew; no process ends of it, no answer suffers."""
        self.read()
        pids = self.made.server.responders() if self.made.server.pooled else []
        for name, spoil in (
                ("cut", lambda: os.truncate(self.file, 70)),
                ("empty", lambda: os.truncate(self.file, 0)),
                ("gone", lambda: os.unlink(self.file)),
                ("text", lambda: self.write("# notes\n" * 1000))):
            with self.subTest(name=name):
                spoil()
                for _ in range(6):
                    self.assertEqual(self.http.get("/api/health").status_code, 200)
                self.assertEqual(
                    self.read().get("casement_requests_total", path="/api/health"), 6)
        if pids:
            self.assertEqual(self.made.server.responders(), pids)

    def write(self, text):
        """Put something else in the place of the file."""
        with open(self.file + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        self.made.server.hand_over()
        os.rename(self.file + ".new", self.file)

    def test_no_place_for_the_file(self):
        """Requests are answered, metrics are not, and the log says why, not with every request."""
        made = self.fresh()
        self.file = made.database + "-metrics"
        os.mkdir(self.file)
        made.run("setting", "set", "metrics_addresses", "127.0.0.1", code=0)
        for _ in range(6):
            self.assert_token_good(self.demo())
        reply = self.http.get("/metrics")
        self.assertEqual(reply.status_code, 503)
        self.assertNotIn(self.file, reply.text)
        log = made.server.log_since(self.log_mark)
        self.assertIn("Is a directory", log)
        if made.server.pooled:
            self.assertLessEqual(log.count("metrics: can't use"), len(made.server.responders()))
