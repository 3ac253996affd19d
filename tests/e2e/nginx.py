"""nginx with the program's processes started by spawn-fcgi and multiwatch."""

import os

from servers import Server, children, find_program, write

# What nginx wants to write for itself.
TEMPORARY = ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")


class Nginx(Server):
    """Two processes on one unix socket; nginx as deploy/configure has it."""

    name = "nginx"
    programs = ("nginx", "spawn-fcgi", "multiwatch")
    processes = 2
    as_user = True
    own_answers = {"/%2e%2e/etc/passwd": 400}

    def __init__(self, binary, folder, port, environment):
        super().__init__(binary, folder, port, environment)
        self.pool = None

    @property
    def socket(self):
        """The socket of the pool."""
        return os.path.join(self.folder, "pool")

    def start(self):
        # A responder may die often for a while: multiwatch gives up no slot for that.
        self.pool = self.run_beside([
            find_program("spawn-fcgi"), "-n", "-s", self.socket, "-M", "0600", "--",
            find_program("multiwatch"), "-f", str(self.processes), "-r", "1000", "-t", "1000",
            "--", self.binary])
        super().start()

    def command(self):
        temporary = "".join(f"{name}_temp_path {self.folder}/{name};\n" for name in TEMPORARY)
        mount = self.configure("nginx", self.socket)
        if self.prefix:
            mount = (f"server {{\nlisten 127.0.0.1:{self.port};\nroot {self.documents};\n"
                     f"{mount}}}\n")
        path = write(os.path.join(self.folder, "nginx.conf"),
                     f"daemon off;\npid {self.folder}/nginx.pid;\nerror_log {self.log_files[0]};\n"
                     "worker_processes 2;\nevents {}\n"
                     f"http {{\naccess_log off;\n{temporary}{mount}}}\n")
        return [find_program("nginx"), "-c", path, "-e", self.log_files[0]]

    def responders(self):
        return children(self.pool.pid) if self.pool is not None else []

    def stop(self):
        if self.process is not None:
            self.end(self.process)
        if self.pool is not None:
            self.process = self.pool
            super().stop()
            self.pool = None
