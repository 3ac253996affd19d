#!/usr/bin/python3
"""
Instructions a request, counted by callgrind: the same from run to run where seconds are not, so that
one commit can be held against another.

    /usr/bin/python3 tests/bench/instructions.py --binary build/casement

The program runs as a responder of its own; requests come straight as FastCGI records.  What N
requests take is the difference between 2 N and N: what starting takes is not in it.
"""

import argparse
import base64
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

REQUESTS = 100
# What a responder sets up by starting once more, which callgrind would not follow.
TUNABLES = "glibc.malloc.tcache_count=127"
BEGIN, PARAMS, STDIN = 1, 4, 5      # types of records (FastCGI 1.0 section 8)


def record(kind, content):
    """One record."""
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def pair(name, value):
    """A variable as PARAMS has it."""
    parts = [text.encode() for text in (name, value)]
    return b"".join(bytes([len(part)]) if len(part) < 128 else
                    struct.pack(">I", len(part) | 0x80000000) for part in parts) + b"".join(parts)


def request(path, body, **variables):
    """A POST as lighttpd hands it on."""
    given = {"REQUEST_METHOD": "POST", "REQUEST_URI": path, "QUERY_STRING": "",
             "CONTENT_LENGTH": str(len(body)), "SCRIPT_NAME": "", "PATH_INFO": path,
             "DOCUMENT_ROOT": "/nowhere", "GATEWAY_INTERFACE": "CGI/1.1",
             "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_SOFTWARE": "lighttpd/1.4.69",
             "SERVER_NAME": "127.0.0.1", "SERVER_ADDR": "127.0.0.1", "SERVER_PORT": "80",
             "REQUEST_SCHEME": "http", "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "40000",
             "REDIRECT_STATUS": "200", "HTTP_HOST": "127.0.0.1",
             "HTTP_ACCEPT": "application/json, text/event-stream",
             "HTTP_MCP_PROTOCOL_VERSION": "2025-06-18", "CONTENT_TYPE": "application/json",
             **variables}
    params = b"".join(pair(*item) for item in given.items())
    return (record(BEGIN, struct.pack(">HB5x", 1, 0)) + record(PARAMS, params) +
            record(PARAMS, b"") + record(STDIN, body) + record(STDIN, b""))


def call(token, tool, arguments):
    """A tools/call."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments}}
    return request("/api/mcp", json.dumps(body).encode(), HTTP_AUTHORIZATION="Bearer " + token)


class Responder:
    """The program behind a socket, under callgrind or not."""

    def __init__(self, binary, folder, wrapper=()):
        self.path = os.path.join(folder, "socket")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path)
            listener.listen(8)
            self.process = subprocess.Popen(
                [*wrapper, binary], stdin=listener.fileno(), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**place(folder), "GLIBC_TUNABLES": TUNABLES})

    def send(self, records):
        """Send a request; the answer, which must be a good one."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.path)
            connection.sendall(records)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        if b"Status: 200" not in answer:
            sys.exit(f"not answered: {answer[:500]}")
        return answer

    def stop(self):
        """End it."""
        self.process.terminate()
        self.process.wait()
        os.unlink(self.path)


def issue_token(binary, folder):
    """A new access token."""
    return subprocess.run([binary, "token", "issue", "my-org/demo"], check=True,
                          capture_output=True, text=True, env=place(folder)).stdout.strip()


def cases(binary, folder):
    """For each case what to send the n-th time."""
    token = issue_token(binary, folder)
    unseen = [issue_token(binary, folder) for _ in range(3 * REQUESTS)]
    with open(os.path.join(folder, "demo.env"), encoding="utf-8") as file:
        env = dict(re.findall(r"^(?:export )?(\w+)='?([^'\n]*)'?$", file.read(), re.M))
    basic = base64.b64encode(f"{env['CASEMENT_CLIENT_ID']}:{env['CASEMENT_CLIENT_SECRET']}"
                             .encode()).decode()
    get = call(token, "get_application", {"id": "my-org/demo"})
    listing = request("/api/mcp", b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
                      HTTP_AUTHORIZATION="Bearer " + token)
    issue = request("/api/login/oauth/access_token", b"grant_type=client_credentials",
                    HTTP_AUTHORIZATION="Basic " + basic,
                    CONTENT_TYPE="application/x-www-form-urlencoded")
    return {
        "get_application": lambda _: get,
        "get_application, token not seen before": lambda n: call(
            unseen[n], "get_application", {"id": "my-org/demo"}),
        "tools/list": lambda _: listing,
        "add_application": lambda n: call(token, "add_application", {
            "application": {"owner": "my-org", "name": f"made-{n}"}}),
        "token issue": lambda _: issue,
    }


def place(folder):
    """The environment of a command on the folder's database."""
    return {**os.environ, "CASEMENT_DB": os.path.join(folder, "casement.db")}


def wrapper(folder):
    """What counts the instructions of a program."""
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind"]


def counted(folder):
    """How many it counted."""
    with open(os.path.join(folder, "callgrind"), encoding="utf-8") as file:
        return int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M).group(1))


def count(binary, folder, send, first, number):
    """Instructions of a responder that answers so many requests."""
    responder = Responder(binary, folder, wrapper(folder))
    for n in range(number):
        responder.send(send(first + n))
    responder.stop()
    return counted(folder)


def start(binary, folder):
    """Instructions of a process that answers one request as CGI."""
    subprocess.run([*wrapper(folder), binary], check=True, stdin=subprocess.DEVNULL,
                   capture_output=True,
                   env={**place(folder), "REQUEST_METHOD": "GET", "REQUEST_URI": "/api/health",
                        "REMOTE_ADDR": "127.0.0.1", "GATEWAY_INTERFACE": "CGI/1.1"})
    return counted(folder)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="Instructions a request.")
    parser.add_argument("--binary", default="build/casement", help="the program")
    binary = os.path.abspath(parser.parse_args().binary)
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed; run: make setup-bench")
    folder = tempfile.mkdtemp(prefix="cm-")
    try:
        subprocess.run([binary, "init", "--demo", "--env-file",
                        os.path.join(folder, "demo.env")], check=True,
                       stdout=subprocess.DEVNULL, env=place(folder))
        for name, send in cases(binary, folder).items():
            once = count(binary, folder, send, 0, REQUESTS)
            twice = count(binary, folder, send, REQUESTS, 2 * REQUESTS)
            print(f"{name:40} {(twice - once) / REQUESTS:12.0f} instructions a request",
                  flush=True)
        print(f"{'a start as CGI':40} {start(binary, folder):12.0f} instructions")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
