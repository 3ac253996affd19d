#!/usr/bin/python3
"""
Faults: the real program behind a real web server, and what may happen to it.

    /usr/bin/python3 tests/fault/run.py --binary build/casement --tools build/fault

The last line is `N passed, N failed, N skipped`; the exit status is 1 when something failed.
"""

import argparse
import os
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
E2E = os.path.join(HERE, "..", "e2e")
sys.path[:0] = [E2E, HERE]

# pylint: disable=wrong-import-position
import instance
import setting

# The runner of the end-to-end tests: how tests are run, counted and told.
sys.path.insert(0, E2E)
import run as e2e

NAMESPACE = "CASEMENT_FAULT_MOUNTS"


def may_mount():
    """Go on in a mount namespace of our own, where the system has that; whether this is one."""
    if NAMESPACE not in os.environ:
        wanted = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
        command = ["unshare", *wanted, sys.executable, *sys.argv]
        done = subprocess.run([*command[:1 + len(wanted)], "true"], check=False,
                              capture_output=True)
        os.environ[NAMESPACE] = "yes" if done.returncode == 0 else "no"
        if done.returncode == 0:
            os.execvp(command[0], command)
    return os.environ[NAMESPACE] == "yes"


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="What may happen to casement.")
    parser.add_argument("--binary", default="build/casement", help="the program")
    parser.add_argument("--tools", default="build/fault", help="the folder with clock.so and short.so")
    parser.add_argument("--memory", default="build/fault/memory",
                        help="the program that runs out of memory")
    parser.add_argument("--seconds", type=float, default=60,
                        help="how long processes are killed under load")
    parser.add_argument("--step", type=int, default=1, help="let each STEPth allocation fail")
    parser.add_argument("--keep", action="store_true", help="leave the folders of state behind")
    parser.add_argument("--verbose", "-v", action="store_true", help="name passed tests too")
    parser.add_argument("-k", default="", metavar="SUBSTRING", help="only tests of such a name")
    arguments = parser.parse_args()
    setting.CLOCK = os.path.abspath(os.path.join(arguments.tools, "clock.so"))
    setting.SHORT = os.path.abspath(os.path.join(arguments.tools, "short.so"))
    setting.MEMORY = os.path.abspath(arguments.memory)
    for path in (arguments.binary, setting.CLOCK, setting.SHORT, setting.MEMORY):
        if not os.access(path, os.X_OK):
            parser.error(f"{path} is not there; make check-fault builds it")
    setting.MOUNTS = may_mount()
    setting.SECONDS = arguments.seconds
    setting.STEP = arguments.step
    instance.Instance.binary = os.path.abspath(arguments.binary)
    instance.Instance.server_class = setting.Shared
    instance.Instance.keep = arguments.keep
    signal.signal(signal.SIGTERM, e2e.interrupt)
    passed, failed, skipped = e2e.counts(
        e2e.run_suite(e2e.load(HERE, arguments.k), arguments.verbose))
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
