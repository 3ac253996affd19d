"""What the tests run on: where the tools are, a pool of responders, a disk of one's own."""

import os
import signal
import socket
import subprocess
import threading

import instance
import mountings

# Set by run.py.
MOUNTS = False      # whether file systems can be mounted
SECONDS = 60.0      # how long processes are killed under load
STEP = 1            # each so manieth allocation fails
CLOCK = ""          # the library that shifts the clock
MEMORY = ""         # the program that runs out of memory
SHORT = ""          # the library by which any program does

Lighttpd = mountings.SERVERS["lighttpd"]


class Shared(Lighttpd):
    """
    lighttpd in front of responders that share a socket which outlives them, and are started anew
    when they end: what systemd and multiwatch do.
    """

    responders_wanted = 2

    def __init__(self, binary, folder, port, environment):
        super().__init__(binary, folder, port, environment)
        self.socket_path = os.path.join(folder, "s")
        self.listener = None
        self.workers = []
        self.started = 0
        self.keeper = None
        self.closing = False
        self.lock = threading.Lock()    # while some thread asks whether a worker has ended

    def mount(self):
        return self.configure("lighttpd", self.socket_path)

    def start(self):
        if self.listener is None:
            if os.path.exists(self.socket_path):
                os.unlink(self.socket_path)
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(self.socket_path)
            self.listener.listen(1024)
            self.workers = [self._spawn() for _ in range(self.responders_wanted)]
            self.keeper = threading.Thread(target=self._keep)
            self.keeper.start()
        super().start()

    def _spawn(self):
        with open(self.log_files[0], "ab") as log:
            self.started += 1
            return subprocess.Popen([self.binary], stdin=self.listener, stdout=log, stderr=log,
                                    cwd=self.folder, env={**os.environ, **self.environment},
                                    start_new_session=True)

    def _keep(self):
        pause = threading.Event()
        while not self.closing:
            with self.lock:
                for number, worker in enumerate(self.workers):
                    if worker.poll() is not None and not self.closing:
                        self.workers[number] = self._spawn()
            pause.wait(0.005)

    def responders(self):
        with self.lock:
            return [worker.pid for worker in self.workers if worker.poll() is None]

    def tell(self, pid, number):
        """Send a signal to a responder; to none if it has ended since it was listed."""
        with self.lock:
            for worker in self.workers:
                if worker.pid == pid:
                    worker.send_signal(number)

    def _let_go(self):
        """Start none anew from now on."""
        self.closing = True
        if self.keeper is not None:
            self.keeper.join()

    def crash(self):
        """The end of all processes at once, as when the power fails."""
        self._let_go()
        for process in [*self.workers, self.process]:
            process.kill()
        self.stop()

    def stop(self):
        self._let_go()
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        super().stop()
        for worker in self.workers:
            worker.wait()
        if self.listener is not None:
            self.listener.close()
        self.workers, self.listener, self.keeper, self.closing = [], None, None, False


class Shifted(instance.Instance):
    """An instance whose responders see another time."""

    def environment(self):
        return {**super().environment(), "LD_PRELOAD": CLOCK,
                "CASEMENT_CLOCK": os.path.join(self.folder, "clock")}

    def set_clock(self, *words):
        """What clock.c reads: the seconds from the real time, and how it goes on from there."""
        path = os.path.join(self.folder, "clock")
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(" ".join(str(word) for word in words))
        os.replace(path + ".new", path)
