#!/usr/bin/python3
"""
Real MCP clients and a strict OAuth library against the real program behind a real lighttpd, a real
browser on its pages, and
every answer of the end-to-end tests against the schemas that the clients' packages carry.

    /usr/bin/python3 tests/clients/run.py --binary build/casement [--browser]

The last line is `N passed, N failed, N skipped`; the exit status is 1 when something failed.
"""

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
E2E = os.path.join(HERE, "..", "e2e")
sys.path.insert(0, E2E)

# pylint: disable=wrong-import-position
import chromium
import instance
import lighttpd

INSTALL_SECONDS = 600
RUN_SECONDS = 600
VENV = os.path.join(HERE, "python")

USER = {"CASEMENT_USER": "my-org/alice", "CASEMENT_PASSWORD": "correct horse"}
ALGORITHMS = ("RS256", "ES256")

# clients, schemas, oauth and strict (or None) are scripts
Tool = collections.namedtuple("Tool", "name command clients schemas oauth strict")


def newer(done, source):
    """Whether a stamp is as new as the file it was made from."""
    return os.path.exists(done) and os.path.getmtime(done) >= os.path.getmtime(source)


def node():
    """What runs JavaScript, with the packages of the lock file in place; None with a reason."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "node and npm are not installed"
    if not newer(os.path.join(HERE, "node_modules", ".package-lock.json"),
                 os.path.join(HERE, "package-lock.json")):
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=False,
                              timeout=INSTALL_SECONDS)
        if done.returncode != 0:
            return None, "npm could not install the packages"
    return Tool("TypeScript", ["node"], "clients.mjs", "schemas.mjs", "oauth.mjs",
                "oauth_strict.mjs"), None


def python():
    """What runs Python, in an environment of its own; None with a reason."""
    wanted = os.path.join(HERE, "requirements.txt")
    stamp = os.path.join(VENV, "installed")
    program = os.path.join(VENV, "bin", "python3")
    if not newer(stamp, wanted):
        for command in ([sys.executable, "-m", "venv", "--clear", VENV],
                        [program, "-m", "pip", "install", "--quiet", "--no-deps",
                         "--disable-pip-version-check", "-r", wanted]):
            done = subprocess.run(command, check=False, timeout=INSTALL_SECONDS,
                                  capture_output=True, text=True)
            if done.returncode != 0:
                reason = (done.stderr or done.stdout).strip().splitlines()[-1:]
                return None, "pip could not install the packages: " + "".join(reason)
        with open(stamp, "w", encoding="ascii"):
            pass
    return Tool("Python", [program, "-B"], "clients.py", "schemas.py", "oauth.py", None), None


def run_script(tool, script, folder, env):
    """Run one of the scripts; what it wrote, None when it failed to write."""
    results = os.path.join(folder, script + ".json")
    if os.path.exists(results):
        os.unlink(results)
    subprocess.run([*tool.command, os.path.join(HERE, script)], check=False, timeout=RUN_SECONDS,
                   env={**os.environ, **env, "CASEMENT_RESULTS": results})
    if not os.path.exists(results):
        print(f"FAILED {script} ended before its time")
        return None
    with open(results, encoding="utf-8") as written:
        return json.load(written)


def run_clients(tools, folder):
    """Every client of every tool; the tables as one, and the number that gave none."""
    server = instance.Instance()
    table, broken = {}, 0
    for tool in tools:
        rows = run_script(tool, tool.clients, folder, server.env)
        broken += rows is None
        table.update(rows or {})
    return table, broken


def run_oauth(tool, script, folder, algorithm="RS256"):
    """
    A script with a person who can sign in; its table, None when it failed to write one.

    Each has a server of its own, since many registrations from one address are slowed down.
    """
    server = instance.Instance({"signing_algorithm": algorithm})
    server.run("key", "rotate", code=0)
    server.run("user", "add", USER["CASEMENT_USER"], "scopes=read:application write:application",
               "email=alice@example.org", code=0,
               data=USER["CASEMENT_PASSWORD"].encode() + b"\n")
    try:
        return run_script(tool, script, folder,
                          {**server.env, **USER, "CASEMENT_ALGORITHM": algorithm})
    finally:
        server.close()


def run_oauths(tools, folder):
    """The SDKs' own OAuth, and the strict library; both tables, and the number that gave none."""
    sdks, strict, broken = {}, {}, 0
    for tool in tools:
        rows = run_oauth(tool, tool.oauth, folder)
        broken += rows is None
        sdks.update(rows or {})
        for algorithm in ALGORITHMS if tool.strict else ():
            rows = run_oauth(tool, tool.strict, folder, algorithm)
            broken += rows is None
            strict.update(rows or {})
    return sdks, strict, broken


def run_browser(tool, folder):
    """The tests in the browser; passed and failed."""
    try:
        server = instance.Instance()
        rows = run_script(tool, "browser.mjs", folder,
                          chromium.prepare(server, instance.Instance.binary))
    finally:
        instance.close_all()
    good, bad = count(rows or {})
    return good, bad + (rows is None)


def markdown(first, table):
    """A line a client and revision; what it says nothing of is "–"."""
    features = list(dict.fromkeys(feature for row in table.values() for feature in row))
    lines = [f"| {first} | " + " | ".join(features) + " |", "|---|" + "---|" * len(features)]
    for name, row in table.items():
        cells = [str(row.get(feature, "–")) for feature in features]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def record(binary, folder):
    """Run the end-to-end tests; the file with every answer, None when they failed."""
    path = os.path.join(folder, "answers.jsonl")
    done = subprocess.run([sys.executable, os.path.join(E2E, "run.py"), "--binary", binary,
                           "--server", "lighttpd", "--record", path], check=False,
                          timeout=RUN_SECONDS, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stdout + done.stderr)
        return None
    return path


def run_schemas(tools, path, folder):
    """Hold every recorded answer against the schemas; how many fit, and the scripts that failed."""
    table, broken = {}, 0
    for tool in tools:
        rows = run_script(tool, tool.schemas, folder, {"CASEMENT_ANSWERS": path})
        broken += rows is None
        table.update(rows or {})
    return table, broken


def count(table):
    """Passed and failed cells of a table."""
    cells = [cell for column in table.values() for cell in column.values()]
    failed = cells.count("NO")
    return len(cells) - failed - cells.count("–"), failed


def run(tools, binary, folder):
    """Run everything; passed and failed."""
    try:
        clients, broken = run_clients(tools, folder)
        sdks, strict, more = run_oauths(tools, folder)
    finally:
        instance.close_all()
    tables = {"client": clients, "client, given the URL alone": sdks, "OAuth library": strict}
    path = record(binary, folder)
    if path is not None:
        tables["answers that fit the schema of"], lost = run_schemas(tools, path, folder)
    broken += more + (1 if path is None else lost)
    passed = failed = 0
    for first, table in tables.items():
        if table:
            print(f"\n{markdown(first, table)}", flush=True)
        good, bad = count(table)
        passed, failed = passed + good, failed + bad
    print()
    return passed, failed + broken


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="Real MCP clients against the program.")
    parser.add_argument("--binary", required=True)
    parser.add_argument("--browser", action="store_true", help="the tests in the browser alone")
    options = parser.parse_args()
    found = [node()] if options.browser else [node(), python()]
    tools = [tool for tool, _ in found if tool]
    reasons = [reason for _, reason in found if reason]
    script = found[0][0]
    if script and chromium.missing():
        reasons.append(chromium.missing())
    instance.Instance.binary = os.path.abspath(options.binary)
    instance.Instance.server_class = lighttpd.Lighttpd
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="cm-clients-") as folder:
        if tools and not options.browser:
            passed, failed = run(tools, instance.Instance.binary, folder)
        if script and not chromium.missing():
            seen, unseen = run_browser(script, folder)
            passed, failed = passed + seen, failed + unseen
    for reason in reasons:
        print(f"skip: {reason}")
    print(f"{passed} passed, {failed} failed, {len(reasons)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
