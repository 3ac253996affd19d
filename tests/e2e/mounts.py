#!/usr/bin/python3
"""
The whole end-to-end suite over every way of mounting, at the root and under a prefix, but for those
two that `make check` runs.

    /usr/bin/python3 tests/e2e/mounts.py --binary build/casement

Some run at a time.  A table of what passed where comes at the end, then the line that adds it up.
"""

import argparse
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

# pylint: disable=wrong-import-position
import mountings

PREFIX = "/auth"
CHECKED = {("lighttpd", ""), ("cgi", "")}
AT_ONCE = 1 + (os.cpu_count() or 1)     # each waits for others nearly half of its time
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")

_running = set()


def interrupt(*_):
    """End the runs, which stop what they started, and then this."""
    for process in list(_running):
        process.terminate()
    raise KeyboardInterrupt


def run(options, server, prefix):
    """Run the suite over one mounting; passed, failed, skipped, seconds and what it printed."""
    began = time.monotonic()
    with subprocess.Popen([sys.executable, os.path.join(HERE, "run.py"),
                           "--binary", options.binary, "--next", options.next,
                           "--server", server, "--prefix", prefix], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        _running.add(process)
        output = process.stdout.read()
    _running.discard(process)
    lines = output.splitlines() or [""]
    counts = COUNTS.match(lines[-1])
    passed, failed, skipped = map(int, counts.groups()) if counts else (0, 1, 0)
    if process.returncode != 0 and failed == 0:
        failed = 1
    return passed, failed, skipped, time.monotonic() - began, output


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="End-to-end tests over every mounting.")
    parser.add_argument("--binary", default="build/casement", help="the program")
    parser.add_argument("--next", default="build/next/casement",
                        help="the same with one more migration, for upgrades")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    total = [0, 0, 0]
    rows = []
    mounted = [(server, prefix) for server in mountings.SERVERS for prefix in ("", PREFIX)
               if (server, prefix) not in CHECKED]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [pool.submit(run, options, *one) for one in mounted]
        for (server, prefix), done in zip(mounted, runs):
            *counts, seconds, output = done.result()
            print(f"\n== {server} {prefix or '/'}\n{output}", end="", flush=True)
            rows.append(f"{server:13} {prefix or '/':6}" +
                        "".join(f"{count:9}" for count in counts) + f"{seconds:9.0f}")
            total = [one + more for one, more in zip(total, counts)]
    print(f"\n{'mounted by':13} {'at':6}{'passed':>9}{'failed':>9}{'skipped':>9}{'seconds':>9}")
    print("\n".join(rows))
    print(f"\n{total[0]} passed, {total[1]} failed, {total[2]} skipped", flush=True)
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
