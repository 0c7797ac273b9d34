#!/usr/bin/env python3
"""Runs the end-to-end tests.

  tests/e2e/run.py [--verge PATH] [--filter RE] [-j N] [-v]

Each test_*.py runs in a process of its own, N of them at a time. Prints the details of each failure and, last,
"N passed, N failed". Exits with 1 when anything failed, and also when nothing ran.
"""

import argparse
import concurrent.futures
import contextlib
import glob
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)

# Only a hang takes a module this long.
MODULE_TIMEOUT = 3600 if os.environ.get("VERGE_TEST_SLOW") == "1" else 1200


class JsonResult(unittest.TestResult):
    """Writes a line of JSON for each test that ended."""

    def __init__(self, out):
        super().__init__()
        self._out = out
        self._begin = 0.0
        self._details = []

    def _emit(self, test, details, seconds=0.0, skipped=None):
        record = {"test": test.id() if hasattr(test, "id") else str(test), "details": details, "seconds": seconds}
        if skipped is not None:
            record["skipped"] = skipped
        print(json.dumps(record), file=self._out, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self._begin = time.monotonic()
        self._details = []
        self._skipped = None

    def stopTest(self, test):
        super().stopTest(test)
        details = "\n".join(self._details) if self._details else None
        self._emit(test, details, time.monotonic() - self._begin, self._skipped)

    def _add(self, test, error, note=""):
        text = note + "".join(traceback.format_exception(*error))
        if isinstance(test, unittest.TestCase) or note:
            self._details.append(text)
        else:  # setUpClass and the like
            self._emit(test, text)

    def addError(self, test, err):
        self._add(test, err)

    def addFailure(self, test, err):
        self._add(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._add(test, err, f"{subtest._subDescription()}\n")

    def addSkip(self, test, reason):
        self._skipped = reason


def run_module(name, pattern):
    """In the child: runs one module's tests and reports on stdout."""
    sys.path.insert(0, TESTS)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nobody else writes between the lines
    try:
        module = importlib.import_module(f"e2e.{name}")
    except Exception:  # pylint: disable=broad-except
        print(json.dumps({"test": f"e2e.{name}", "details": traceback.format_exc(), "seconds": 0}), file=out, flush=True)
        return
    loaded = unittest.defaultTestLoader.loadTestsFromModule(module)
    suite = unittest.TestSuite()

    def add(tests):
        group = unittest.TestSuite()
        for test in tests:
            if isinstance(test, unittest.TestSuite):
                add(test)
            elif re.search(pattern, test.id()):
                group.addTest(test)
        if group.countTestCases():
            suite.addTest(group)

    add(loaded)
    suite.run(JsonResult(out))
    print(json.dumps({"end": True}), file=out, flush=True)


running = set()  # children; each leads the process group of the servers that it started


def end_all(*_):
    """A signal ends the run: nothing that it started stays behind."""
    for child in list(running):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    os._exit(1)


def run_child(name, pattern):
    """In the parent: the child's records, the last of them about the child itself if it did not end well."""
    child = subprocess.Popen(
        [sys.executable, os.path.abspath(__file__), "--module", name, "--filter", pattern],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    running.add(child)
    try:
        stdout, stderr = child.communicate(timeout=MODULE_TIMEOUT)
        reason = f"the test process ended with {child.returncode}"
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)  # with the servers that it started
        stdout, stderr = child.communicate()
        reason = f"not done after {MODULE_TIMEOUT} s"
    finally:
        running.discard(child)
    records = []
    for line in stdout.decode("utf-8", "replace").splitlines():
        records.append(json.loads(line))
    if records and "end" in records[-1]:
        return records[:-1]
    if not (records and records[-1].get("details") and child.returncode == 0):
        records.append({"test": f"e2e.{name}", "details": f"{reason}\n{stderr.decode('utf-8', 'replace')[-4000:]}",
                        "seconds": 0})
    return records


def main():
    parser = argparse.ArgumentParser(description="Runs the end-to-end tests of verge.")
    parser.add_argument("--verge", help="the binary to test (default: $VERGE_BIN, or out/release/verge)")
    parser.add_argument("--filter", default="", metavar="RE", help="only tests whose name matches")
    parser.add_argument("-j", type=int, default=2, metavar="N", help="test modules at a time")
    parser.add_argument("-v", action="store_true", help="a line for each test")
    parser.add_argument("--module", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.module:
        run_module(options.module, options.filter)
        return 0
    if options.verge:
        os.environ["VERGE_BIN"] = os.path.abspath(options.verge)
    sys.path.insert(0, TESTS)
    from e2e import harness  # pylint: disable=import-outside-toplevel
    if not os.access(harness.BINARY, os.X_OK):
        print(f"no such program: {harness.BINARY}; build it, or name it with --verge", file=sys.stderr)
        return 1

    signal.signal(signal.SIGTERM, end_all)
    signal.signal(signal.SIGINT, end_all)
    names = sorted(os.path.basename(path)[:-3] for path in glob.glob(os.path.join(HERE, "test_*.py")))
    passed = failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, options.j)) as pool:
        runs = [pool.submit(run_child, name, options.filter) for name in names]
        for each in concurrent.futures.as_completed(runs):
            for record in each.result():
                if record["details"] is not None:
                    failed += 1
                    print(f"FAILED {record['test']}\n{record['details']}\n", flush=True)
                elif record.get("skipped"):
                    skipped += 1
                    print(f"skipped {record['test']}: {record['skipped']}", flush=True)
                else:
                    passed += 1
                    if options.v:
                        print(f"passed {record['test']} ({record['seconds']:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
