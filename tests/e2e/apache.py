"""Apache with the program by mod_fcgid, and by nothing but .htaccess, as FastCGI and as plain CGI."""

import os
import shutil

from servers import DEPLOY, Server, descendants, find_program, quote, runs, write

MODULES = "/usr/lib/apache2/modules"


class Apache(Server):
    """mod_fcgid, as deploy/configure has it.  Processes come and go."""

    name = "apache"
    programs = ("apache2",)
    modules = ("mpm_event", "authz_core", "alias", "dir", "fcgid")
    as_user = True
    own_answers = {"/%2e%2e/etc/passwd": 400}

    def command(self):
        path = write(os.path.join(self.folder, "apache.conf"), self.common() + self.mount())
        return [find_program("apache2"), "-D", "FOREGROUND", "-d", self.folder, "-f", path]

    def common(self):
        """Everything that is not about the program: what Debian has, for a user without rights."""
        folder = quote(self.folder)
        lines = [f"DefaultRuntimeDir {folder}", f"PidFile {quote(self.folder + '/apache.pid')}",
                 f"Mutex {quote('file:' + self.folder)} default", "ServerName 127.0.0.1",
                 "ServerTokens OS", "TraceEnable Off",
                 f"ErrorLog {quote(self.log_files[0])}",
                 "StartServers 1", "ThreadsPerChild 25",
                 *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in self.modules),
                 f"DocumentRoot {quote(self.documents)}",
                 "<Directory />\nOptions FollowSymLinks\nAllowOverride None\n"
                 "Require all denied\n</Directory>"]
        if "mime" in self.modules:
            lines += ["TypesConfig /etc/mime.types"]
        if "fcgid" in self.modules:
            lines += [f"FcgidIPCDir {folder}",
                      f"FcgidProcessTableFile {quote(self.folder + '/fcgid')}",
                      *(f"FcgidInitialEnv {name} {quote(value)}"
                        for name, value in self.environment.items())]
        return "\n".join(lines) + "\n"

    def site(self):
        """The site on its port; one of Casement's own brings that along."""
        return (f"Listen 127.0.0.1:{self.port}\n<Directory {quote(self.documents)}>\n"
                "Require all granted\n</Directory>\n")

    def mount(self):
        """How the program gets its paths."""
        return (self.site() if self.prefix else "") + self.configure("apache")

    def responders(self):
        if not self.running():
            return []
        return [pid for pid in descendants(self.process.pid) if runs(pid, self.program)]


class Htaccess(Apache):
    """A host that allows .htaccess files FileInfo and Options, and no more; mod_fcgid."""

    name = "htaccess"
    # What mod_fcgid has where nobody may set FcgidMaxRequestLen.
    body_limit, body_refusal = 131072, 500
    # A file of the second name could not be; the third is a folder of the site's.
    own_answers = {**Apache.own_answers, "/" + "a" * 3000: 403, "/.well-known": 301}
    modules = ("mpm_event", "authz_core", "alias", "dir", "mime", "setenvif", "rewrite", "fcgid")

    @property
    def program(self):
        return os.path.join(self.documents + self.prefix, "casement.fcgi")

    def mount(self):
        os.makedirs(os.path.dirname(self.program), exist_ok=True)
        shutil.copy(self.binary, self.program)
        shutil.copy(os.path.join(DEPLOY, "shared-hosting", "htaccess"),
                    os.path.join(os.path.dirname(self.program), ".htaccess"))
        if self.prefix:
            write(os.path.join(self.documents, ".htaccess"),
                  "RewriteEngine On\n"
                  f"RewriteRule ^\\.well-known/[a-z-]+{self.prefix}(/|$)"
                  f" {self.prefix[1:]}/casement.fcgi [L]\n")
        return (self.site() + f"<Directory {quote(self.documents)}>\n"
                "AllowOverride FileInfo Options\n</Directory>\n")


class HtaccessCgi(Htaccess):
    """The same host without mod_fcgid: a process a request."""

    name = "htaccess-cgi"
    body_limit = body_refusal = None
    modules = ("mpm_event", "authz_core", "alias", "dir", "mime", "setenvif", "rewrite", "env", "cgid")
    pooled = False

    def common(self):
        return (super().common() + f"ScriptSock {quote(self.folder + '/cgid')}\n" +
                "".join(f"SetEnv {name} {quote(value)}\n"
                        for name, value in self.environment.items()))

    def responders(self):
        return []
