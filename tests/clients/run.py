#!/usr/bin/python3
"""
Real MCP clients against the real program behind a real lighttpd.

    /usr/bin/python3 tests/clients/run.py --binary build/casement

The last line is `N passed, N failed, N skipped`; the exit status is 1 when something failed.
"""

import argparse
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

# pylint: disable=wrong-import-position
import instance
import servers

INSTALL_SECONDS = 300
RUN_SECONDS = 300


def install():
    """Put the packages of the lock file in place, unless they are there."""
    done = os.path.join(HERE, "node_modules", ".package-lock.json")
    lock = os.path.join(HERE, "package-lock.json")
    if os.path.exists(done) and os.path.getmtime(done) >= os.path.getmtime(lock):
        return
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True,
                   timeout=INSTALL_SECONDS)


def main():
    """Run the clients; the exit status."""
    parser = argparse.ArgumentParser(description="Real MCP clients against the program.")
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    if not shutil.which("node") or not shutil.which("npm"):
        print("skip: node and npm are not installed\n0 passed, 0 failed, 1 skipped")
        return 0
    install()
    instance.Instance.binary = os.path.abspath(options.binary)
    instance.Instance.server_class = servers.Lighttpd
    try:
        server = instance.Instance()
        env = {**os.environ, **instance.read_shell_file(server.env_file)}
        return subprocess.run(["node", os.path.join(HERE, "clients.mjs")], env=env, check=False,
                              timeout=RUN_SECONDS).returncode
    finally:
        instance.close_all()


if __name__ == "__main__":
    sys.exit(main())
