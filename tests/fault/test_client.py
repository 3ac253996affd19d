"""Clients that are slow, go away, or never listen, and descriptors that run out."""

import json
import resource
import signal
import socket
import threading
import time

import case
import client
import fault_case
import ledger
import servers


class Clients(fault_case.FaultCase):
    """More bad clients than there are processes; the good ones are served meanwhile."""

    BAD = 12

    def connect(self):
        """A connection to the web server."""
        made = socket.create_connection(("127.0.0.1", self.instance.server.port))
        self.addCleanup(made.close)
        return made

    def head(self, length, token="x"):
        """The head of a request with a body."""
        return (f"POST {client.MCP_PATH} HTTP/1.1\r\nHost: casement\r\n"
                f"Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Length: {length}\r\n\r\n").encode()

    def served(self, token):
        """The others."""
        for _ in range(10):
            self.add(token)
            self.get(token, "my-org/demo")

    def test_slow(self):
        """A byte a second, in the head and in the body."""
        token = self.demo()
        for sent in (b"POST /api/mcp HT", self.head(1000) + b'{"jsonrpc"'):
            connections = [self.connect() for _ in range(self.BAD)]
            for connection in connections:
                connection.sendall(sent)
            for _ in range(3):
                for connection in connections:
                    connection.sendall(b" ")
                self.served(token)
                time.sleep(1)
        ledger.whole(self, self.instance)

    def test_gone_in_the_middle(self):
        """Disconnects in the middle of the body of a change: nothing is changed."""
        token = self.demo()
        name = case.unique("gone")
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "add_application",
            "arguments": {"application": {"owner": "my-org", "name": name}}}}).encode()
        for part in (0, 1, len(body) // 2, len(body) - 1):
            for _ in range(self.BAD):
                connection = self.connect()
                connection.sendall(self.head(len(body), token) + body[:part])
                connection.close()
            self.served(token)
        self.assertIsNone(self.row(f"my-org/{name}"))
        self.recovers(token)

    def test_never_listens(self):
        """Asks for a long answer and never reads it."""
        token = self.demo()
        for number in range(60):
            self.add(token, f"long-{number}", description="x" * 2000)
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "get_applications", "arguments": {"pageSize": 100}}}).encode()
        length = len(self.http.post(body, token).content)
        self.assertGreater(length, 100000)
        for _ in range(self.BAD):
            connection = self.connect()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.sendall((self.head(len(body), token) + body) * 4)
        self.served(token)
        self.recovers(token)


class Descriptors(fault_case.FaultCase):
    """No descriptor is left."""

    def limit(self, number):
        """Let all responders have so many; what is open stays open."""
        for pid in self.instance.server.responders():
            _, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (number, most))

    def test_in_a_request(self):
        """None to open the database with: 503; with some again, the same processes serve."""
        token = self.demo()
        server = self.instance.server
        for pid in server.responders():
            server.tell(pid, signal.SIGTERM)
        self.until(lambda: server.started >= 4 and len(server.responders()) == 2, "new processes")
        # The socket, stdout, stderr, /dev/null and the request.
        self.limit(5)
        born = set(server.responders())
        for _ in range(6):
            reply = self.http.get("/api/health")
            self.assert_down(reply)
            self.assert_logged(reply, "open")
        self.assert_rpc_down(self.add_reply(token))
        self.assert_oauth_down(self.http.token_reply(self.instance.demo))
        self.diagnosed("processes", "may have 5 files open")
        self.limit(1024)
        self.recovers(token)
        self.assertEqual(set(server.responders()), born)

    def test_at_accept(self):
        """None to take a request with: it waits, and the same processes serve it afterwards."""
        token = self.demo()
        for _ in range(6):
            self.get(token, "my-org/demo")
        born = set(self.instance.server.responders())
        self.limit(1)
        replies = []
        threads = [threading.Thread(target=lambda: replies.append(self.add_reply(token)))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        self.limit(1024)
        for thread in threads:
            thread.join(servers.patient(60))
        self.assertEqual([reply.status_code for reply in replies], [200] * 4)
        self.assertEqual(set(self.instance.server.responders()), born)
        self.recovers(token)

    def test_end_while_none_is_left(self):
        """SIGTERM ends a responder that waits for a descriptor."""
        self.limit(1)
        server = self.instance.server
        for pid in server.responders():
            birth = servers.process_birth(pid)
            server.tell(pid, signal.SIGTERM)
            self.assertTrue(servers.wait_gone(pid, birth, servers.patient(20)))
        self.recovers()
