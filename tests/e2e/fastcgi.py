"""A FastCGI client that hands over a request in pieces, and a responder without a web server."""

import os
import socket
import struct
import subprocess
import time

import servers

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
RESPONDER = 1


def record(kind, content=b""):
    """A record of request 1 (FastCGI specification section 3.3)."""
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def length(number):
    """The length of a name or a value."""
    return bytes([number]) if number < 128 else struct.pack("!I", number | 0x80000000)


def request(variables, body):
    """All bytes of a request."""
    pairs = b"".join(length(len(name)) + length(len(value)) + name + value for name, value in
                     ((name.encode(), value.encode()) for name, value in variables.items()))
    return (record(BEGIN, struct.pack("!HB5x", RESPONDER, 0)) + record(PARAMS, pairs) +
            record(PARAMS) + record(STDIN, body) + record(STDIN))


def answer(connection):
    """What the responder wrote to its output, until it ends the request or the connection."""
    file, output = connection.makefile("rb"), b""
    while len(head := file.read(8)) == 8:
        _, kind, _, size, padding = struct.unpack("!BBHHBx", head)
        content = file.read(size + padding)[:size]
        if kind == STDOUT:
            output += content
        if kind == END:
            break
    return output


class Responder:
    """The program with a listening socket of its own as its input."""

    def __init__(self, binary, folder, environment, through=()):
        self.path = os.path.join(folder, "responder")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.path)
            listening.listen(16)
            self.process = subprocess.Popen(     # pylint: disable=consider-using-with
                [*through, binary], stdin=listening, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**servers.inherited_environment(), **environment}, cwd=folder)

    def connect(self):
        """A connection to it."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(servers.patient(60))
        connection.connect(self.path)
        return connection

    def connect_accepted(self):
        """A connection that it has accepted; it must have answered before, and be idle."""
        folder = f"/proc/{self.process.pid}/fd"
        before = len(os.listdir(folder))
        connection = self.connect()
        deadline = time.monotonic() + servers.patient(20)
        while time.monotonic() < deadline:
            if len(os.listdir(folder)) > before:
                return connection
        raise AssertionError("the responder never accepts")

    def wait_idle(self):
        """Wait until the process waits for something."""
        deadline = time.monotonic() + servers.patient(20)
        while time.monotonic() < deadline:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "S":
                    return
        raise AssertionError("the responder never waits")

    def wait(self):
        """The exit status."""
        return self.process.wait(servers.patient(20))

    def stop(self):
        """End it, if it has not ended."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.unlink(self.path)
