#!/usr/bin/python3
"""
The Debian packages on a Debian that has never seen the project: installed, put behind lighttpd,
used, upgraded and removed, with systemd and without.

    tests/deb/run.py --packages build/deb --world build/debian

The last line is `N passed, N failed, N skipped`; the exit status is 1 when something failed.
"""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../dist"))

# pylint: disable=wrong-import-position
import host

WORLD = os.path.join(HERE, "../install/world")
# What the tests themselves want there, and a web server.
BESIDES = ("lighttpd", "python3", "systemd-sysv", "dbus", "procps", "bash-completion")
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)
TIMEOUT_SECONDS = 600


def output(*command):
    """What a command prints."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def needed(package):
    """The names of what a package depends on, but for debconf's and what comes in any Debian."""
    depends = output("dpkg-deb", "-f", package, "Depends")
    return sorted(re.findall(r"(?:^|, )([a-z0-9.+-]+)", depends))


def release():
    """This Debian's code name: the packages were built on it."""
    with open("/etc/os-release", encoding="utf-8") as file:
        return re.search(r"^VERSION_CODENAME=(\w+)$", file.read(), re.M).group(1)


def debug_matches(package, debug):
    """Whether the debug package is that of the program."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        subprocess.run(["dpkg-deb", "-x", debug, folder], check=True)
        notes = output("readelf", "-n", os.path.join(folder, "usr/bin/casement"))
        identity = re.search(r"Build ID: (\w+)", notes).group(1)
        path = os.path.join(folder, "usr/lib/debug/.build-id", identity[:2], identity[2:] + ".debug")
        return os.path.exists(path) and ".debug_info" in output("objdump", "-h", path)


def in_world(base, kind, packages):
    """Run the inside tests in a world of their own; their counts."""
    print(f"== deb: {kind}", flush=True)
    with tempfile.TemporaryDirectory(prefix="casement-deb-") as folder:
        given = os.path.join(folder, "given")
        os.mkdir(given)
        for name in ("deb", "install"):
            shutil.copytree(os.path.join(HERE, "..", name), os.path.join(given, name))
        for path in packages:
            shutil.copy(path, given)
        done = subprocess.run(
            ["timeout", "-k", "5", str(TIMEOUT_SECONDS), WORLD, kind, folder, "/usr/bin/python3",
             "/mnt/deb/inside.py", "/mnt", "lighttpd"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, env={**os.environ, "WORLD_BASE": base})
    print(done.stdout, flush=True)
    counts = COUNTS.findall(done.stdout)
    return [int(count) for count in counts[-1]] if counts else [0, 1, 0]


def main():
    """Build the system, put the packages into it, run the tests there."""
    parser = argparse.ArgumentParser(description="Test the Debian packages.")
    parser.add_argument("--packages", required=True, type=os.path.abspath)
    parser.add_argument("--world", required=True, type=os.path.abspath)
    options = parser.parse_args()
    package, = glob.glob(os.path.join(options.packages, "casement_*.deb"))
    debug, = glob.glob(os.path.join(options.packages, "casement-dbgsym_*.deb"))
    total = [0, 0, 0]
    total[0 if debug_matches(package, debug) else 1] += 1
    try:
        host.build(options.world, release(), (*BESIDES, *needed(package)), "setup-deb")
    except host.NoHost as why:
        print(f"skipped: {why}")
        total[2] += 1
    else:
        for kind in ("plain", "systemd"):
            counts = in_world(options.world, kind, (package, debug))
            total = [sum(pair) for pair in zip(total, counts)]
    print("{} passed, {} failed, {} skipped".format(*total), flush=True)
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
