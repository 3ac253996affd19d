"""
A host as one rents it: Debian 11 with Apache and none of our libraries, in a folder that is
rebuilt when it is missing.  Apache runs as a customer without rights, and .htaccess is all that
the customer can say.
"""

import glob
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

RELEASE = "bullseye"
PACKAGES = ("apache2", "libapache2-mod-fcgid")
CUSTOMER = 12345
PATIENCE_SECONDS = 60

MODULES = {"authz_core": "authz_core", "alias": "alias", "rewrite": "rewrite",
           "setenvif": "setenvif", "mime": "mime", "dir": "dir", "version": None, "unixd": None}

CONFIGURATION = """
ServerRoot /site/server
ServerName shared.test
Listen 127.0.0.1:{port}
PidFile /site/server/pid
ErrorLog /site/server/error.log
LogLevel info
DefaultRuntimeDir /site/server
Mutex file:/site/server default
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
{modules}
{gateway}
TypesConfig /etc/mime.types
DocumentRoot /site/public_html
<Directory />
	AllowOverride None
	Require all denied
</Directory>
<Directory /site/public_html>
	AllowOverride {allow}
	Require all granted
</Directory>
<Files ".ht*">
	Require all denied
</Files>
"""
GATEWAYS = {
    "fcgid": "LoadModule fcgid_module /usr/lib/apache2/modules/mod_fcgid.so\n"
             "FcgidIPCDir /site/server/fcgid\n"
             "FcgidProcessTableFile /site/server/fcgid_shm",
    "cgi": "LoadModule cgid_module /usr/lib/apache2/modules/mod_cgid.so\n"
           "ScriptSock /site/server/cgisock",
}


class NoHost(Exception):
    """Why there can be no such host here."""


def build(folder, release, packages, setup):
    """Make a system of a Debian release with these packages, if it is not there; setup: of make."""
    if os.geteuid() != 0:
        raise NoHost("wants root, for a chroot")
    complete = os.path.join(folder, "complete")
    content = f"{release} {' '.join(sorted(packages))}\n"
    if os.path.exists(complete):
        with open(complete, encoding="ascii") as file:
            if file.read() == content:
                return
    if shutil.which("debootstrap") is None:
        raise NoHost(f"debootstrap is not installed; run: make {setup}")
    shutil.rmtree(folder, ignore_errors=True)
    print(f"Building a system of Debian's {release} in {folder}", flush=True)
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=" + ",".join(packages), release, folder],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False)
    if done.returncode != 0:
        raise NoHost("debootstrap failed: " + (done.stdout.strip().splitlines() or [""])[-1])
    os.makedirs(os.path.join(folder, "site"), exist_ok=True)
    with open(complete, "w", encoding="ascii") as file:
        file.write(content)


def glibc(world):
    """The version of the host's own C library."""
    path, = glob.glob(os.path.join(world, "lib/*/libc-*.so"))
    return tuple(int(part) for part in os.path.basename(path)[5:-3].split("."))


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def upload(source, target):
    """Copy a folder as FTP does: the modes are lost."""
    for folder, _, names in os.walk(source):
        into = os.path.join(target, os.path.relpath(folder, source))
        os.makedirs(into, exist_ok=True)
        os.chmod(into, 0o755)
        os.chown(into, CUSTOMER, CUSTOMER)
        for name in names:
            path = os.path.join(into, name)
            shutil.copyfile(os.path.join(folder, name), path)
            os.chmod(path, 0o644)
            os.chown(path, CUSTOMER, CUSTOMER)


def descendants(pid):
    """All processes below one."""
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="ascii") as file:
                for child in file.read().split():
                    found += [int(child), *descendants(int(child))]
        except OSError:
            pass
    return found


class Host:
    """One Apache with one document root; site is this host's folder on the outside."""

    def __init__(self, world, site, gateway, allow):
        self.world = world
        self.site = site
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.documents = os.path.join(site, "public_html")
        self.server = os.path.join(site, "server")
        self.process = None
        for folder in (site, self.documents, self.server):
            os.makedirs(folder)
            os.chown(folder, CUSTOMER, CUSTOMER)
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{file}.so"
            for name, file in MODULES.items() if file is not None)
        with open(os.path.join(self.server, "apache.conf"), "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(port=self.port, modules=modules, allow=allow,
                                            gateway=GATEWAYS[gateway]))

    def start(self):
        """Start Apache, in a world with processes of its own."""
        script = ('mount --bind "$1" "$2/site" && mount -t proc proc "$2/proc" && '
                  'exec chroot --userspec="$3:$3" "$2" apache2 -f /site/server/apache.conf '
                  '-DFOREGROUND')
        with open(os.path.join(self.server, "start.log"), "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh",
                 self.site, self.world, str(CUSTOMER)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 5).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise AssertionError("Apache did not start: " + self.log()) from None
                time.sleep(0.05)

    def stop(self):
        """End everything in the world: all of it ends with its first process."""
        if self.process is not None:
            # Which is not ended with unshare, since it became another user.
            pid = self.process.pid
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                first = file.read().split()
            for child in first:
                os.kill(int(child), signal.SIGKILL)
            self.process.kill()
            self.process.wait()
            self.process = None

    def log(self):
        """What the host shows its customer."""
        text = ""
        for name in ("start.log", "error.log"):
            try:
                with open(os.path.join(self.server, name), encoding="utf-8",
                          errors="replace") as file:
                    text += file.read()
            except OSError:
                pass
        return text

    def get(self, path):
        """Status and body of a page."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE_SECONDS) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as reply:
            return reply.code, reply.read()

    def mapped(self):
        """For each responder, the files that it has mapped."""
        found = {}
        for pid in descendants(self.process.pid):
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                    name = file.read().strip()
                with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
                    lines = [line.split(None, 5) for line in file]
            except OSError:
                continue
            if name == "casement":
                found[pid] = {fields[5].strip() for fields in lines if len(fields) == 6}
        return found
