#!/usr/bin/python3
"""
End-to-end tests: the real program behind a real web server.

    /usr/bin/python3 tests/e2e/run.py --binary build/casement --server lighttpd

The last line is `N passed, N failed, N skipped`; the exit status is 1 when something failed.
"""

import argparse
import os
import signal
import sys
import time
import traceback
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

# pylint: disable=wrong-import-position
import case
import checklist
import client
import instance
import mistakes
import mountings
import recording
import servers

LOG_LINES = 20
WRAPPED_PATIENCE = 10


class Result(unittest.TestResult):
    """Prints what failed with the end of the server's log, and counts tests once each."""

    def __init__(self, verbose):
        super().__init__()
        self.verbose = verbose
        self.passed = set()
        self.failed = set()
        self.skipped_tests = set()
        self.cases = 0
        self.started_s = time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self.started_s = time.monotonic()

    def say(self, word, test, more=""):
        """One line a test."""
        if self.verbose or word != "ok":
            print(f"{word:4} {test.id()}  {time.monotonic() - self.started_s:.2f} s{more}",
                  flush=True)

    def addSuccess(self, test):
        self.passed.add(test.id())
        self.say("ok", test)

    def addSkip(self, test, reason):
        self.skipped_tests.add(test.id())
        self.say("skip", test, f": {reason}")

    def _bad(self, test, err, whole):
        self.failed.add(whole.id())
        self.say("FAIL", test)
        print(self._exc_info_to_string(err, whole))
        made = getattr(whole, "instance", None)
        if made is not None and made.server is not None:
            lines = made.server.log_since(getattr(whole, "log_mark", None)).splitlines()
            for line in lines[-LOG_LINES:]:
                print(f"  log: {line}")
        sys.stdout.flush()

    def addError(self, test, err):
        self._bad(test, err, test)

    def addFailure(self, test, err):
        self._bad(test, err, test)

    def addSubTest(self, test, subtest, err):
        self.cases += 1
        if err is not None:
            self._bad(subtest, err, test)


def tests_of(suite):
    """The single tests of a suite."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_of(item)
        else:
            yield item


def load(folder, substring):
    """All tests of a folder whose id holds the substring."""
    suite = unittest.defaultTestLoader.discover(folder, "test_*.py", folder)
    return unittest.TestSuite(test for test in tests_of(suite) if substring in test.id())


def interrupt(*_):
    """SIGTERM ends the run as Ctrl-C does."""
    raise KeyboardInterrupt


def run_suite(suite, verbose, begin=None):
    """Begin, run the tests, and close every instance; the result, with all that was reported."""
    result = Result(verbose)
    try:
        if begin is not None:
            begin()
        suite.run(result)
    except KeyboardInterrupt:
        result.failed.add("interrupted")
        print("FAIL interrupted")
    except Exception:       # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
        result.failed.add("no server")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        instance.close_all()
    for number, text in enumerate(instance.reports()):
        result.failed.add(f"report {number}")
        print(f"FAIL report of a process\n{text}")
    return result


def counts(result):
    """How many tests passed, failed and were skipped."""
    return len(result.passed), len(result.failed), len(result.skipped_tests)


def run(arguments):
    """Run the tests; the counts."""
    instance.Instance.binary = os.path.abspath(arguments.binary)
    instance.Instance.server_class = mountings.SERVERS[arguments.server]
    instance.Instance.next_binary = os.path.abspath(arguments.next)
    servers.Server.prefix = arguments.prefix
    instance.Instance.keep = arguments.keep
    case.Case.seconds = arguments.seconds
    with open(arguments.binary, "rb") as program:
        instance.Instance.wrapped = program.read(4) != b"\x7fELF"
    if instance.Instance.wrapped:
        servers.set_patience(WRAPPED_PATIENCE)
    if arguments.record:
        client.Client.recorder = recording.Recorder(arguments.record)
    result = run_suite(load(HERE, arguments.k), arguments.verbose, instance.Shared.get)
    if client.Client.recorder is not None:
        client.Client.recorder.close()
    print(f"{result.cases} cases within the tests")
    if arguments.checklist:
        checklist.show(result)
        mistakes.show()
    for line in checklist.unproven(result) if not arguments.k else ():
        result.failed.add(f"line {line}")
        print(f"FAIL no passing test of {line}, {checklist.LINES[line]}")
    return counts(result)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="End-to-end tests of casement.")
    parser.add_argument("--binary", default="build/casement", help="the program")
    parser.add_argument("--next", default="build/next/casement",
                        help="the program with one more migration")
    parser.add_argument("--server", choices=sorted(mountings.SERVERS), default="lighttpd",
                        help="how it is mounted")
    parser.add_argument("--prefix", default="", help="the path under which, /auth for example")
    parser.add_argument("--keep", action="store_true", help="leave the folders of state behind")
    parser.add_argument("--seconds", type=int, default=case.Case.seconds, metavar="N",
                        help="how long processes change the same rows")
    parser.add_argument("--record", metavar="FILE", help="write every answer of MCP to a file")
    parser.add_argument("--checklist", action="store_true",
                        help="print the lines of a security review and their tests, and the mistakes "
                             "that the doctor names")
    parser.add_argument("--verbose", "-v", action="store_true", help="name passed tests too")
    parser.add_argument("-k", default="", metavar="SUBSTRING", help="only tests of such a name")
    arguments = parser.parse_args()
    if not os.access(arguments.binary, os.X_OK):
        parser.error(f"{arguments.binary} is no program; build it first")
    signal.signal(signal.SIGTERM, interrupt)
    passed, failed, skipped = run(arguments)
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
