"""lighttpd with the program as FastCGI and as plain CGI."""

import os

from servers import WELL_KNOWN, Server, find_program, quote, write


def table(values):
    """A table of lighttpd's configuration language."""
    return "(" + ", ".join(f"{quote(name)} => {quote(value)}"
                           for name, value in sorted(values.items())) + ")"


class Lighttpd(Server):
    """mod_fastcgi, two processes that lighttpd starts itself, as deploy/configure has it."""

    name = "lighttpd"
    processes = 2

    def command(self):
        path = write(os.path.join(self.folder, "lighttpd.conf"), self.common() + self.mount())
        return [find_program("lighttpd"), "-D", "-f", path]

    def common(self):
        """Everything that is not about the program."""
        return (f"server.document-root = {quote(self.documents)}\n"
                f"{self.listen()}"
                f"server.errorlog = {quote(self.log_files[0])}\n"
                f"server.upload-dirs = ( {quote(self.folder)} )\n")

    def listen(self):
        """Where the site is.  A site of Casement's own brings its port along, so not on that."""
        if self.prefix:
            return f'server.bind = "127.0.0.1"\nserver.port = {self.port}\n'
        return f"server.bind = {quote(os.path.join(self.folder, 'main'))}\n"

    def mount(self):
        """How the program gets its paths."""
        conf = self.configure("lighttpd")
        # Where a user without rights can make a socket.
        shared = '"/run/lighttpd/casement.socket"'
        assert shared in conf
        return conf.replace(shared, quote(os.path.join(self.folder, "s")))


class LighttpdCgi(Lighttpd):
    """mod_cgi: a process a request."""

    name = "cgi"
    pooled = False
    processes = None

    def __init__(self, binary, folder, port, environment):
        super().__init__(binary, folder, port, environment)
        self.log_files.append(os.path.join(folder, "cgi.log"))

    def listen(self):
        return f'server.bind = "127.0.0.1"\nserver.port = {self.port}\n'

    def mount(self):
        # The paths are the program's file, and what is below them, "files below it": PATH_INFO.
        aliases = {"/": self.binary + "/"}
        if self.prefix:
            aliases = {path + self.prefix: self.binary
                       for path in ("", *(f"/.well-known/{name}" for name in WELL_KNOWN))}
        return (f'server.modules = ( "mod_setenv", "mod_alias", "mod_cgi" )\n'
                f"server.breakagelog = {quote(self.log_files[1])}\n"
                f"setenv.add-environment = {table(self.environment)}\n"
                f"alias.url = {table(aliases)}\n"
                f'cgi.assign = ( {quote("/" + os.path.basename(self.binary))} => "" )\n')
