"""deploy/run, which is `make run`: a server of its own in the foreground, until it is interrupted."""

import os
import shutil
import signal
import socket
import subprocess

import case
import client
import instance
import servers

RUN = os.path.join(servers.DEPLOY, "run")


def end_outright(pid, birth):
    """End the process that was born then, should it be there."""
    if servers.process_birth(pid) == birth:
        os.kill(pid, signal.SIGKILL)


class Run(case.Case):
    """Started with a port and a folder, and ended."""

    @classmethod
    def setUpClass(cls):
        cls.once()

    def setUp(self):
        self.folder = instance.short_folder()
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.state = os.path.join(self.folder, "a state & more")
        self.binary = os.path.abspath(instance.Instance.binary)

    def start(self, port, *under):
        """Start it; all that it says until it answers."""
        # Where the tests run in the background of a script, Ctrl-C is ignored, and that is inherited.
        process = subprocess.Popen(["env", "--default-signal=INT", *under, RUN, self.binary,
                                    str(port), self.state],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, servers.patient(60))
        self.addCleanup(process.terminate)
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                return process, "".join(said)
        self.fail("".join(said))

    def end(self, process):
        """Ctrl-C."""
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(servers.patient(60)), 0)

    def credentials(self):
        """Those of the file for shells."""
        with open(os.path.join(self.state, "demo.env"), encoding="utf-8") as file:
            values = dict(line.rstrip("\n").split("=", 1) for line in file)
        return client.Credentials(values["CASEMENT_CLIENT_ID"].strip("'"),
                                  values["CASEMENT_CLIENT_SECRET"].strip("'"))

    def test_again(self):
        """A second run finds what the first one made; without the database, it makes all anew."""
        port = instance.free_port()
        http = client.Client(f"http://127.0.0.1:{port}")
        process, said = self.start(port)
        self.assertIn("secret is shown this once", said)
        http.token(self.credentials(), case.READ)
        self.end(process)
        process, said = self.start(port)
        self.assertNotIn("secret", said)
        http.token(self.credentials(), case.READ)
        self.end(process)
        os.unlink(os.path.join(self.state, "casement.db"))
        process, _ = self.start(port)
        http.token(self.credentials(), case.READ)
        self.end(process)
        with socket.socket() as probe:
            self.assertNotEqual(probe.connect_ex(("127.0.0.1", port)), 0)

    def test_a_process_that_does_not_end(self):
        """It has ended when the run has, and the folder can be used again."""
        process, _ = self.start(instance.free_port())
        with open(os.path.join(self.state, "lighttpd.pid"), encoding="ascii") as file:
            stopped = {pid: servers.process_birth(pid) for pid in servers.children(int(file.read()))}
        self.assertTrue(stopped)
        for pid in stopped:
            self.addCleanup(end_outright, pid, stopped[pid])
            os.kill(pid, signal.SIGSTOP)
        self.end(process)
        self.assertEqual([pid for pid in stopped if servers.process_birth(pid) == stopped[pid]], [])
        process, _ = self.start(instance.free_port())
        self.end(process)

    def test_default_port(self):
        """80, which no URL names."""
        alone = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
        if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("no network of its own can be made")
        process, said = self.start(80, *alone)
        self.assertIn("http://127.0.0.1/api/mcp", said)
        self.end(process)
