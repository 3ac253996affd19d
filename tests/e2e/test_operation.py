"""Signals in the middle of a request, logs that are rotated, upgrades in place."""

import collections
import json
import os
import re
import resource
import shutil
import signal
import stat
import struct
import subprocess
import threading
import time

import case
import client
import fastcgi
import instance
import servers

RECOVERY_SECONDS = 30
AT_SECURE = 23                  # of a process with rights of its file (getauxval(3))

Told = collections.namedtuple("Told", "tunables name secure")


class Load:
    """Clients that read and write until they are told to stop, and what they saw."""

    def __init__(self, http, token, clients=3):
        self.http = http
        self.token = token
        self.stem = case.unique("load")
        self.good = 0                # answers of 200
        self.acknowledged = []       # names of applications that were added
        self.refused = []            # answers of 503
        self.broken = []             # connections without an answer
        self.other = []              # answers that no client may get
        self._lock = threading.Lock()
        self.clients = clients
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,))
                         for number in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def wait(self, count):
        """Wait until so many more requests went well."""
        deadline = time.monotonic() + servers.patient(RECOVERY_SECONDS)
        wanted = self.good + count
        while self.good < wanted:
            if time.monotonic() > deadline:
                raise AssertionError(f"only {self.good} of {wanted} went well; {self.refused[-3:]}"
                                     f" {self.broken[-3:]} {self.other[-3:]}")
            time.sleep(0.01)

    def _run(self, number):
        item = 0
        while not self._stopped.is_set():
            item += 1
            name = f"{self.stem}-{number}-{item}"
            self._ask(name, "add_application", {"application": {"owner": "my-org", "name": name}})
            self._ask(None, "get_application", {"id": "my-org/demo"})

    def _ask(self, name, tool, arguments):
        try:
            reply = self.http.call_tool_reply(self.token, tool, arguments)
        except client.requests.RequestException as error:
            self.broken.append(error)
            return
        with self._lock:
            if reply.status_code == 200 and not reply.json()["result"].get("isError"):
                self.good += 1
                if name:
                    self.acknowledged.append(name)
            elif reply.status_code == 503 and "Retry-After" in reply.headers:
                self.refused.append(reply)
            else:
                self.other.append((reply.status_code, dict(reply.headers), reply.text))


class Interrupted(case.Case):
    """A responder gets a signal while half of a request has arrived, or nothing of it."""

    def setUp(self):
        super().setUp()
        self.responder = fastcgi.Responder(self.instance.binary, self.instance.folder,
                                           self.instance.environment())
        self.addCleanup(self.responder.stop)

    def request(self, method="ping", **params):
        """A whole request, as bytes."""
        body = case.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        return fastcgi.request({
            "REQUEST_METHOD": "POST", "REQUEST_URI": self.http.prefix + client.MCP_PATH,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Bearer {self.demo()}"}, body)

    def send_in_halves(self, cut, number):
        """Send one request, and another with a signal after so many bytes; its answer."""
        data = self.request()
        with self.responder.connect() as connection:
            connection.sendall(data)
            self.assertIn(b'"result":{}', fastcgi.answer(connection))
        self.responder.wait_idle()
        with self.responder.connect_accepted() as connection:
            connection.sendall(data[:cut])
            self.responder.wait_idle()
            self.responder.process.send_signal(number)
            self.responder.wait_idle()
            connection.sendall(data[cut:])
            return fastcgi.answer(connection)

    def test_SIGHUP(self):
        """Costs no request, wherever it comes, and ends nothing."""
        size = len(self.request())
        for cut in (0, 4, 20, size // 2, size - 40, size - 9):
            with self.subTest(cut=cut):
                self.assertIn(b'"result":{}', self.send_in_halves(cut, signal.SIGHUP))
        self.assertIsNone(self.responder.process.poll())

    def test_more_than_the_length(self):
        """A server that sends more than it said gets its answer all the same."""
        whole = self.request()
        for more in (b"x", b"x" * 65535):
            with self.subTest(more=len(more)), self.responder.connect() as connection:
                connection.sendall(whole[:-8] + fastcgi.record(fastcgi.STDIN, more))
                self.assertIn(b'"result":{}', fastcgi.answer(connection))
                self.assertEqual(connection.recv(1), b"")

    def test_SIGXFSZ(self):
        """Where files may not grow nothing is added, which is told and ends nothing."""
        name, pid = case.unique("grown"), self.responder.process.pid
        add = self.request("tools/call", name="add_application",
                           arguments={"application": {"owner": "my-org", "name": name}})
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        for limit, status in ((1, b"Status: 503 "), (most, b"Status: 200 ")):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, most))
            with self.responder.connect() as connection:
                connection.sendall(add)
                self.assertEqual(fastcgi.answer(connection)[:len(status)], status)
            self.assertEqual(self.row(f"my-org/{name}") is not None, limit == most)

    def test_SIGTERM(self):
        """The request is answered, then the process ends."""
        answer = self.send_in_halves(len(self.request()) - 40, signal.SIGTERM)
        self.assertIn(b'"result":{}', answer)
        self.assertEqual(self.responder.wait(), 0)

    def test_SIGTERM_when_connected(self):
        """So is one whose web server has connected, and will send it."""
        self.assertIn(b'"result":{}', self.send_in_halves(0, signal.SIGTERM))
        self.assertEqual(self.responder.wait(), 0)

    def test_SIGTERM_idle(self):
        """Nothing to finish: it ends at once."""
        with self.responder.connect() as connection:
            connection.sendall(self.request())
            self.assertIn(b'"result":{}', fastcgi.answer(connection))
        self.responder.wait_idle()
        self.responder.process.terminate()
        self.assertEqual(self.responder.wait(), 0)


class Environment(case.Case):
    """What the C library of a responder is told of memory, which the environment alone can do."""

    def told(self, binary=None, through=(), **given):
        """What it has been told when it has answered, its name, and whether it has rights so."""
        responder = fastcgi.Responder(binary or self.instance.binary, self.instance.folder,
                                      {**self.instance.environment(), **given}, through)
        folder = f"/proc/{responder.process.pid}"
        try:
            with responder.connect() as connection:
                connection.sendall(fastcgi.request(
                    {"REQUEST_METHOD": "GET", "REQUEST_URI": self.http.prefix + "/api/health"},
                    b""))
                self.assertIn(b"Status: 200", fastcgi.answer(connection))
            with open(f"{folder}/environ", encoding="ascii") as file:
                variables = dict(line.split("=", 1) for line in file.read().split("\0") if line)
            with open(f"{folder}/comm", encoding="ascii") as file:
                name = file.read().rstrip()
            with open(f"{folder}/auxv", "rb") as file:
                secure = dict(struct.iter_unpack("@LL", file.read()))[AT_SECURE]
        finally:
            responder.stop()
        return Told(variables.get("GLIBC_TUNABLES"), name, secure)

    def test_more_at_hand(self):
        """Nobody else says anything of it: more of freed memory is kept at hand."""
        if self.instance.wrapped:
            self.skipTest("the emulator has memory of its own")
        self.assertRegex(self.told().tunables, "^glibc.malloc.tcache_count=[0-9]+$")

    def test_same_name(self):
        """pkill and ps find the process by the name of the link that it was started by."""
        if self.instance.wrapped:
            self.skipTest("the name is the emulator's")
        link = os.path.join(self.instance.folder, "linked.fcgi")
        os.symlink(os.path.abspath(self.instance.binary), link)
        self.addCleanup(os.unlink, link)
        for binary in (link, "./linked.fcgi"):
            self.assertEqual(self.told(binary).name, "linked.fcgi")

    def test_what_others_say(self):
        """It stays as it is."""
        for value in ("glibc.malloc.check=0", ""):
            self.assertEqual(self.told(GLIBC_TUNABLES=value).tunables, value)

    def test_through_a_loader(self):
        """Nothing is said where the loader was told of libraries that the program alone lacks."""
        if self.instance.wrapped:
            self.skipTest("the program runs through an emulator already")
        with open(self.instance.binary, "rb") as file:
            whole = file.read()
        loader = re.search(rb"\0(/[^\0]*/ld[^\0]*)\0", whole).group(1).decode()
        listed = subprocess.run(["ldd", self.instance.binary], check=True, capture_output=True,
                                text=True).stdout
        folder = os.path.join(self.instance.folder, "libraries")
        os.mkdir(folder)
        self.addCleanup(shutil.rmtree, folder)
        shutil.copy(re.search(r"libfcgi\.so\.0 => (\S+)", listed).group(1),
                    os.path.join(folder, "libfcgX.so.0"))
        binary = self.copy(whole.replace(b"\0libfcgi.so.0\0", b"\0libfcgX.so.0\0"))
        self.assertIsNone(self.told(binary, (loader, "--library-path", folder)).tunables)

    def test_rights_of_the_file(self):
        """Nothing is said to a program with its file's rights: glibc takes no notice there."""
        if self.instance.wrapped:
            self.skipTest("an emulator runs it with its own rights")
        if os.geteuid() != 0:
            self.skipTest("only root can give a file to any group")
        with open(self.instance.binary, "rb") as file:
            binary = self.copy(file.read())
        os.chown(binary, 0, 65534)
        os.chmod(binary, 0o2755)
        told = self.told(binary)
        if not told.secure:
            self.skipTest("no program gets the rights of its file here")
        self.assertIsNone(told.tunables)

    def copy(self, content):
        """The path of such a program, which goes with the test."""
        path = os.path.join(self.instance.folder, "copy")
        self.addCleanup(os.unlink, path)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o755)
        return path


class Log(case.Case):
    """The log is moved away while requests come; where nobody takes it."""

    def test_rotation_under_load(self):
        """Every request is in one of the files, whole; after SIGHUP in the new one."""
        made = self.fresh()
        path = os.path.join(made.folder, "casement.log")
        token = self.demo()
        made.run("setting", "set", "log_level", "info", code=0)
        made.run("setting", "set", "log_target", path, code=0)
        with Load(self.http, token) as load:
            for number in range(1, 4):
                load.wait(10)
                os.rename(path, f"{path}.{number}")
                for pid in made.server.responders() if made.server.pooled else ():
                    os.kill(pid, signal.SIGHUP)
                load.wait(10)
        self.assertEqual((load.refused, load.broken, load.other), ([], [], []))
        logged = []
        for number in ("", ".1", ".2", ".3"):
            self.assertEqual(stat.S_IMODE(os.stat(path + number).st_mode), 0o600)
            with open(path + number, encoding="utf-8") as log:
                lines = [json.loads(line) for line in log]
            self.assertTrue(lines)
            logged += [line["request_id"] for line in lines if line.get("tool")]
        self.assertEqual(len(logged), load.good)
        self.assertEqual(len(set(logged)), load.good)

    def test_no_system_log(self):
        """Without a system's log the server's has the lines, and says why."""
        if os.path.exists("/dev/log"):
            self.skipTest("this system has a log, which is not for tests")
        made = self.fresh()
        made.run("setting", "set", "log_level", "info", code=0)
        made.run("setting", "set", "log_target", "syslog", code=0)
        mark = made.server.log_size()
        for _ in range(6):
            self.assert_token_good(self.demo())
        log = made.server.log_since(mark)
        self.assertIn("can't write the log to syslog: No such file", log)
        self.assertEqual(log.count("\"method\":\"ping\""), 6, log)
        if made.server.pooled:
            self.assertLessEqual(log.count("can't write the log"), len(made.server.responders()))


class Upgrade(case.Case):
    """Another program takes the place of the one that runs, and changes the schema."""

    def setUp(self):
        super().setUp()
        with open(self.instance.binary, "rb") as program:
            if program.read(4) != b"\x7fELF":
                self.skipTest("the program is a script around the program")

    def begin(self):
        """An installation with a program of its own, which may be replaced."""
        folder = instance.short_folder()
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        program = os.path.join(folder, "casement.fcgi")
        shutil.copy2(instance.Instance.binary, program)

        class Own(instance.Instance):
            """The same with another program."""
            binary = program

        made = Own()
        self.addCleanup(made.close)
        self.use(made)
        return made

    def schema(self):
        """The schema that the file has."""
        return self.instance.query("PRAGMA user_version")[0][0]

    def replace(self):
        """Put the next program in the place of this one, as mv and dpkg do."""
        for path in {self.instance.server.binary, self.instance.server.program}:
            shutil.copy2(instance.Instance.next_binary, path + ".new")
            os.rename(path + ".new", path)

    def test_under_load(self):
        """Every answer is 200, or 503 with Retry-After; nothing acknowledged is lost."""
        made = self.begin()
        before = self.schema()
        token = self.demo()
        pids = made.server.responders() if made.server.pooled else []
        with Load(self.http, token) as load:
            load.wait(20)
            self.replace()
            made.run("migrate", code=0)
            load.wait(60)
        self.assertEqual((load.broken, load.other), ([], []))
        self.assertEqual(self.schema(), before + 1)
        if made.server.processes:
            # The same processes: no web server had to start one.
            for pid in pids:
                self.assertTrue(os.path.samefile(f"/proc/{pid}/exe", made.server.program))
            self.assertEqual(made.server.responders(), pids)
        if made.server.pooled:
            # A process takes what waits, at most one request of a client, refuses it, and is the
            # next program.
            self.assertLessEqual(len(load.refused), load.clients * len(made.server.responders()))
        for name in load.acknowledged:
            self.assertIsNotNone(self.row(f"my-org/{name}"), name)
        self.assertEqual(made.query("PRAGMA integrity_check")[0][0], "ok")
        self.assert_token_good(token)

    def test_schema_first(self):
        """While only the schema is new: 503 with Retry-After, nothing written, no end of it."""
        made = self.begin()
        token = self.demo()
        self.add(token)
        count = made.query("SELECT count(*) FROM application")[0][0]
        older = self.schema()
        made.change(f"PRAGMA user_version = {older + 1}")
        self.wait_for(503)
        for _ in range(6):
            reply = self.http.call_tool_reply(token, "add_application", {
                "application": {"owner": "my-org", "name": case.unique()}})
            self.assertEqual(reply.status_code, 503)
            self.assertEqual(reply.headers["Retry-After"], "2")
            self.assertEqual(reply.json()["error"]["code"], -32603)
        self.assertIn("use a newer casement", made.server.log_since(self.log_mark))
        self.assertEqual(made.run("application", "list").code, 7)
        self.assertEqual(made.query("SELECT count(*) FROM application")[0][0], count)
        # The program follows: the processes that wait for it become it.
        made.change(f"PRAGMA user_version = {older}")
        self.wait_for(200)
        made.change(f"PRAGMA user_version = {older + 1}")
        self.wait_for(503)
        self.replace()
        self.wait_for(200)
        self.add(token)

    def wait_for(self, status):
        """Until health is answered so, by the program itself, several times in a row."""
        deadline = time.monotonic() + servers.patient(RECOVERY_SECONDS)
        good = 0
        while good < 6:
            self.assertLess(time.monotonic(), deadline, self.http.get("/api/health").text)
            reply = self.http.get("/api/health")
            good = good + 1 if reply.status_code == status and "X-Request-Id" in reply.headers else 0
            if not good:
                time.sleep(0.05)
