"""The ways to mount the program behind a web server, each a class with the same interface."""

import os
import signal
import subprocess
import time

SANITIZER_PREFIXES = ("ASAN_", "UBSAN_", "LSAN_", "MSAN_", "TSAN_", "LLVM_", "GCOV_")
STOP_SECONDS = 20

_patience = 1.0


def set_patience(factor):
    """Let every deadline be so many times longer."""
    global _patience        # pylint: disable=global-statement
    _patience = factor


def patient(seconds):
    """A deadline, longer where the program runs in an emulator."""
    return seconds * _patience


def inherited_environment():
    """The variables of sanitizers and coverage that reach the responders."""
    return {name: value for name, value in os.environ.items()
            if name.startswith(SANITIZER_PREFIXES)}


def process_birth(pid):
    """The start time of a process in clock ticks, None when it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def children(parent):
    """The pids of the living children of a process."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] not in "ZX":
            found.append(int(entry))
    return sorted(found)


def wait_gone(pid, birth, seconds):
    """Wait until the process that was born then is gone; False when it outlives the time."""
    deadline = time.monotonic() + seconds
    while process_birth(pid) == birth:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Server:
    """
    A web server with the program behind it.

    folder holds its configuration, logs and sockets and has a short path; environment is for the
    responders.  A subclass gives command() and may override the rest.
    """

    name = ""
    pooled = True      # whether responders live on from one request to the next
    prefix = ""        # the path under which the program is mounted

    def __init__(self, binary, folder, port, environment):
        self.binary = binary
        self.folder = folder
        self.port = port
        self.environment = {**inherited_environment(), **environment}
        self.log_files = [os.path.join(folder, "error.log")]
        self.process = None
        self.stubborn = []          # responders that had to be killed

    @property
    def url(self):
        """The public URL of the program, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def command(self):
        """Write the configuration; the command that runs the server in the foreground."""
        raise NotImplementedError

    def start(self):
        """Start the server; readiness is for the caller to find out."""
        with open(self.log_files[0], "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, start_new_session=True)

    def running(self):
        """Whether the server's own process is there."""
        return self.process is not None and self.process.poll() is None

    def responders(self):
        """The pids of the program's processes."""
        return children(self.process.pid) if self.running() else []

    def stop(self):
        """Stop the server and wait for it and its responders."""
        if self.process is None:
            return
        born = {pid: process_birth(pid) for pid in self.responders()}
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(patient(STOP_SECONDS))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid, birth in born.items():
            if birth is not None and not wait_gone(pid, birth, patient(STOP_SECONDS)):
                self.stubborn.append(pid)
                os.kill(pid, signal.SIGKILL)
        self.process = None

    def log_size(self):
        """A mark for log_since()."""
        return {path: os.path.getsize(path) for path in self.log_files if os.path.exists(path)}

    def log_since(self, mark=None):
        """What was logged after the mark."""
        parts = []
        for path in self.log_files:
            if os.path.exists(path):
                with open(path, "rb") as log:
                    log.seek((mark or {}).get(path, 0))
                    parts.append(log.read().decode("utf-8", "replace"))
        return "".join(parts)


def lighttpd_quote(text):
    """A string of lighttpd's configuration language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def lighttpd_map(values):
    """A table of lighttpd's configuration language."""
    return "(" + ", ".join(f"{lighttpd_quote(name)} => {lighttpd_quote(value)}"
                           for name, value in sorted(values.items())) + ")"


class Lighttpd(Server):
    """lighttpd, mod_fastcgi, two processes that it starts itself."""

    name = "lighttpd"
    modules = ("mod_fastcgi",)
    processes = 2

    def command(self):
        documents = os.path.join(self.folder, "documents")
        os.makedirs(documents, exist_ok=True)
        path = os.path.join(self.folder, "lighttpd.conf")
        with open(path, "w", encoding="utf-8") as conf:
            conf.write(self.common(documents) + self.mount())
        return [find_lighttpd(), "-D", "-f", path]

    def common(self, documents):
        """Everything that is not about the program."""
        modules = ", ".join(lighttpd_quote(module) for module in self.modules)
        return (f"server.document-root = {lighttpd_quote(documents)}\n"
                f'server.bind = "127.0.0.1"\n'
                f"server.port = {self.port}\n"
                f"server.modules = ( {modules} )\n"
                f"server.errorlog = {lighttpd_quote(self.log_files[0])}\n"
                f"server.upload-dirs = ( {lighttpd_quote(self.folder)} )\n"
                f"server.max-request-size = 8192\n")

    def mount(self):
        """How the program gets every path."""
        return (f'fastcgi.server = ( "/" => ((\n'
                f'  "bin-path" => {lighttpd_quote(self.binary)},\n'
                f'  "socket" => {lighttpd_quote(os.path.join(self.folder, "s"))},\n'
                f'  "check-local" => "disable",\n'
                f'  "fix-root-scriptname" => "enable",\n'
                f'  "max-procs" => {self.processes},\n'
                f'  "bin-environment" => {lighttpd_map(self.environment)}\n'
                f")))\n")


class LighttpdCgi(Lighttpd):
    """lighttpd, mod_cgi: a process a request."""

    name = "cgi"
    modules = ("mod_setenv", "mod_alias", "mod_cgi")
    pooled = False

    def __init__(self, binary, folder, port, environment):
        super().__init__(binary, folder, port, environment)
        self.log_files.append(os.path.join(folder, "cgi.log"))

    def mount(self):
        # The file's own name is mapped, then every path is "a file below it": PATH_INFO.
        return (f"server.breakagelog = {lighttpd_quote(self.log_files[1])}\n"
                f"setenv.add-environment = {lighttpd_map(self.environment)}\n"
                f'alias.url = ( "/" => {lighttpd_quote(self.binary + "/")} )\n'
                f'cgi.assign = ( {lighttpd_quote("/" + os.path.basename(self.binary))} => "" )\n')


def find_lighttpd():
    """Where lighttpd is; Debian keeps it where a user's PATH does not look."""
    for folder in os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/usr/local/sbin"]:
        path = os.path.join(folder, "lighttpd")
        if os.access(path, os.X_OK):
            return path
    raise FileNotFoundError("lighttpd is not installed")


SERVERS = {server.name: server for server in (Lighttpd, LighttpdCgi)}
