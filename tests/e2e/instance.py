"""A whole installation for tests: folder, database, web server, client."""

import collections
import json
import os
import shlex
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time

import client
import servers

READY_SECONDS = 30
COMMAND_SECONDS = 120

_open = []          # instances that were not closed yet
_reports = []       # what sanitizers wrote, and responders that did not end

CommandResult = collections.namedtuple("CommandResult", "code out err")


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def short_folder():
    """A new folder whose path leaves room for the name of a unix socket."""
    parent = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix="cm-", dir=parent if len(parent) < 40 else "/tmp")


def close_all():
    """Close every instance that is still open."""
    while _open:
        _open[-1].close()


def reports():
    """Sanitizer reports and the like of all closed instances."""
    return _reports


class Instance:
    """
    An installation with a database made by `casement init --demo`.

    The first one is; the others begin with a copy of that file, for to make a key takes longer than
    most tests.  settings are set before the server starts.  close() stops and removes everything.
    """

    binary = None           # set by run.py
    wrapped = False         # binary is a script that runs the program in an emulator, as valgrind
    next_binary = None
    server_class = None
    keep = False
    _first = None           # URL, database and environment of the first one

    def __init__(self, settings=None, start=True):
        self.folder = short_folder()
        self.database = os.path.join(self.folder, "casement.db")
        self.env_file = os.path.join(self.folder, "demo.env")
        self.server = None
        _open.append(self)
        try:
            self._begin(settings or {}, start)
        except BaseException:
            self.close()
            raise

    def _begin(self, settings, start):
        for attempt in range(5):
            self.server = self.server_class(self.binary, self.folder, free_port(),
                                            self.environment())
            self.client = client.Client(self.server.url)
            self._create(settings)
            if not start or self._start():
                return
            self.server.stop()
            os.unlink(self.database)
        raise RuntimeError(f"no free port in {attempt + 1} tries\n{self.server.log_since()}")

    def _create(self, settings):
        if Instance._first is None:
            self.run("init", "--url", self.server.url, "--demo", "--env-file", self.env_file, code=0)
            Instance._first = (self.server.url, read_file(self.database), read_file(self.env_file))
        else:
            self._copy(*Instance._first)
        self.env = read_shell_file(self.env_file)
        self.demo = client.Credentials(self.env["CASEMENT_CLIENT_ID"],
                                       self.env["CASEMENT_CLIENT_SECRET"])
        self.admin = client.Credentials(self.env["CASEMENT_ADMIN_CLIENT_ID"],
                                        self.env["CASEMENT_ADMIN_CLIENT_SECRET"])
        for name, value in settings.items():
            self.run("setting", "set", name, value, code=0)

    def _copy(self, url, database, env):
        """Make what was made for another URL this one's."""
        new_env = env.replace(url.encode(), self.server.url.encode())
        for path, content in ((self.database, database), (self.env_file, new_env)):
            with open(path, "wb", opener=private) as file:
                file.write(content)
        self.server.hand_over()
        self.change("UPDATE setting SET value = ? WHERE name = 'issuer'", self.server.url)

    def _start(self):
        """Start the server; False when its port was taken in between."""
        self.server.start()
        deadline = time.monotonic() + servers.patient(READY_SECONDS)
        while time.monotonic() < deadline:
            if not self.server.running():
                if "already in use" in self.server.log_since():
                    return False
                raise RuntimeError(f"the server ended\n{self.server.log_since()}")
            try:
                if self.client.get("/api/health").status_code == 200:
                    return True
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"not ready in time\n{self.server.log_since()}")

    def environment(self):
        """What the program gets: where the database is, where sanitizers write."""
        given = {"CASEMENT_DB": self.database}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            options = os.environ.get(name, "")
            if "log_path=" not in options:
                report = "log_path=" + os.path.join(self.folder, "sanitizer")
                given[name] = f"{options}:{report}" if options else report
        return given

    def run(self, *arguments, code=None, env=None, data=None):
        """Run the program's command line; code is the exit status that it must have."""
        done = subprocess.run([self.server.binary, *arguments], capture_output=True, input=data,
                              stdin=subprocess.DEVNULL if data is None else None,
                              env={**os.environ, **self.environment(), **(env or {})},
                              cwd=self.folder, check=False, **self.server.account,
                              timeout=servers.patient(COMMAND_SECONDS))
        result = CommandResult(done.returncode, done.stdout.decode("utf-8", "replace"),
                               done.stderr.decode("utf-8", "replace"))
        if code is not None and result.code != code:
            raise AssertionError(f"casement {shlex.join(arguments)}: exit status {result.code}, "
                                 f"not {code}\n{result.out}{result.err}")
        return result

    def start(self, *arguments):
        """Start the command line; the caller ends it."""
        return subprocess.Popen([self.binary, *arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, cwd=self.folder,
                                env={**os.environ, **self.environment()})

    def run_json(self, *arguments):
        """Run a command that succeeds, with --json; its output, parsed."""
        return json.loads(self.run(*arguments, "--json", code=0).out)

    def application(self, identity, *fields):
        """Add an application by command line; its credentials."""
        made = self.run_json("application", "add", identity, *fields)
        return client.Credentials(made["clientId"], made["clientSecret"])

    def agent(self, organization, *scopes):
        """A new organisation with an application `agent` of these scopes; its credentials."""
        self.run("organization", "add", organization, code=0)
        return self.application(f"{organization}/agent",
                                "scopes=" + json.dumps([{"name": scope} for scope in scopes]))

    def query(self, sql, *values):
        """Rows of the database, as a person with sqlite3 would see them."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def change(self, sql, *values):
        """Change the database behind the program's back."""
        connection = sqlite3.connect(self.database, timeout=30)
        try:
            with connection:
                connection.execute(sql, values)
        finally:
            connection.close()

    def signing_key(self):
        """The row of the key that signs now."""
        return self.query("SELECT * FROM signing_key WHERE retired_at_s IS NULL"
                          " ORDER BY created_at_s DESC")[0]

    def close(self):
        """Stop the server; remove the folder unless it is to be kept."""
        if self in _open:
            _open.remove(self)
        if self.server is not None:
            self.server.stop()
            for pid in self.server.stubborn:
                _reports.append(f"responder {pid} did not end when the server told it to")
        self._collect_reports()
        if self.keep:
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _collect_reports(self):
        for name in sorted(os.listdir(self.folder)) if os.path.isdir(self.folder) else []:
            if name.startswith("sanitizer"):
                path = os.path.join(self.folder, name)
                with open(path, encoding="utf-8", errors="replace") as report:
                    _reports.append(report.read())


def read_file(path):
    """All bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def private(path, flags):
    """Open a file that is its owner's alone."""
    return os.open(path, flags, 0o600)


def read_shell_file(path):
    """The variables that a shell has after reading a file."""
    text = subprocess.run(["sh", "-c", 'set -a; . "$1"; env -0', "sh", path], check=True,
                          capture_output=True, env={"PATH": os.environ["PATH"]}).stdout.decode()
    return dict(line.partition("=")[::2] for line in text.split("\0") if line)


class Shared:
    """The instance that most tests share, made when the first one asks."""

    _instance = None

    @classmethod
    def get(cls):
        """The shared instance."""
        if cls._instance is None:
            cls._instance = Instance()
        return cls._instance
