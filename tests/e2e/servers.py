"""What a web server with the program behind it is to the tests, and what all of them share."""

import os
import pwd
import shutil
import signal
import subprocess
import time

DEPLOY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy")
SANITIZER_PREFIXES = ("ASAN_", "UBSAN_", "LSAN_", "MSAN_", "TSAN_", "LLVM_", "GCOV_")
STOP_SECONDS = 20
SITE_PAGE = "A page of the site.\n"
WELL_KNOWN = ("oauth-protected-resource", "oauth-authorization-server", "openid-configuration")

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


def descendants(parent):
    """The pids of the living children of a process, of their children, and so on."""
    found = []
    for pid in children(parent):
        found += [pid, *descendants(pid)]
    return found


def runs(pid, program):
    """Whether a process runs this program."""
    try:
        return os.readlink(f"/proc/{pid}/exe") == os.path.realpath(program)
    except OSError:
        return False


def wait_gone(pid, birth, seconds):
    """Wait until the process that was born then is gone; False when it outlives the time."""
    deadline = time.monotonic() + seconds
    while process_birth(pid) == birth:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def find_program(name):
    """Where a web server is; Debian keeps them where a user's PATH does not look."""
    for folder in os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/usr/local/sbin"]:
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f"{name} is not installed")


def quote(text):
    """A string of the configuration language that Apache and lighttpd have in common."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write(path, text):
    """Write a file, and make its folder; its path."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Server:
    """
    A web server with the program behind it.

    folder holds its configuration, logs and sockets and has a short path; environment is for the
    responders.  A subclass gives command() and may override the rest.
    """

    name = ""
    programs = ()           # that it needs besides what every test needs
    prefix = ""             # the path under which the program is mounted; set by run.py

    # What the mounting is like, for the tests that care.
    pooled = True           # responders live on from one request to the next
    processes = None        # how many of them; None when they come and go
    body_limit = None       # the largest body that the server lets through; None: any of the tests
    body_refusal = None     # its answer to a larger one
    own_answers = {}        # its own answers to paths that are 404 elsewhere

    # A web server that does not run programs as root is given another user.
    as_user = False

    def __init__(self, binary, folder, port, environment):
        self.binary = binary
        self.folder = folder
        self.port = port
        self.environment = {**inherited_environment(), **environment}
        self.log_files = [os.path.join(folder, "error.log")]
        self.process = None
        self.stubborn = []          # responders that had to be killed
        self.account = {}           # of the user, for subprocess
        if self.as_user and os.geteuid() == 0:
            user = pwd.getpwnam("www-data")
            self.account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            # The folder of the program may be closed to others.
            self.binary = os.path.join(folder, "program", os.path.basename(binary))
            os.makedirs(os.path.dirname(self.binary), exist_ok=True)
            shutil.copy(binary, self.binary)
            self.hand_over()

    def hand_over(self):
        """Give the folder and all in it to the user."""
        for path, _, names in os.walk(self.folder) if self.account else ():
            for name in [".", *names]:
                os.chown(os.path.join(path, name), self.account["user"], self.account["group"],
                         follow_symlinks=False)

    @property
    def origin(self):
        """Scheme, host and port of the site."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self):
        """The public URL of the program, without a slash at its end."""
        return self.origin + self.prefix

    @property
    def program(self):
        """The path of what the server starts."""
        return self.binary

    @property
    def documents(self):
        """The folder of the site around the program: one page, and a well-known document."""
        folder = os.path.join(self.folder, "w")
        write(os.path.join(folder, "page.txt"), SITE_PAGE)
        write(os.path.join(folder, ".well-known", "security.txt"), SITE_PAGE)
        return folder

    def configure(self, server, *socket):
        """What deploy/configure says."""
        done = subprocess.run([os.path.join(DEPLOY, "configure"), server, self.url, self.binary,
                               *socket], check=True, capture_output=True, text=True)
        return done.stdout

    def command(self):
        """Write the configuration; the command that runs the server in the foreground."""
        raise NotImplementedError

    def start(self):
        """Start the server; readiness is for the caller to find out."""
        self.process = self.run_beside(self.command())

    def run_beside(self, command):
        """Start a process in the server's folder, with what it says in the log."""
        with open(self.log_files[0], "ab") as log:
            self.hand_over()
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env={**os.environ, **self.environment}, start_new_session=True, **self.account)

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
        self.end(self.process)
        for pid, birth in born.items():
            if birth is None or wait_gone(pid, birth, patient(STOP_SECONDS) / 2):
                continue
            # One that lighttpd had forked but not yet made the program took the signal for lighttpd.
            os.kill(pid, signal.SIGTERM)
            if not wait_gone(pid, birth, patient(STOP_SECONDS) / 2):
                self.stubborn.append(pid)
                os.kill(pid, signal.SIGKILL)
        self.process = None

    def end(self, process):
        """Tell a process to end, and wait for it."""
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(patient(STOP_SECONDS))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

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
