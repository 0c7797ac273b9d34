#!/usr/bin/env python3
"""Runs tests of web-platform-tests inside verge and compares the results with what is expected. See README.md.

  run.py [--wpt PATH] [--verge PATH] [OPTIONS] [AREA | FILE ...]

Exits with 1 when a subtest failed that is not on the list of its area, with 2 when nothing could be run.
"""

import argparse
import concurrent.futures
import contextlib
import fnmatch
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests"))

# pylint: disable=wrong-import-position
from wpt import areas, expectations, worker
from wpt import checkout as checkouts
from wpt import server as servers

# Under a sanitizer everything takes longer; tests that say they are long do anyway.
SLOW_FACTOR = 6
LONG_FACTOR = 5
MAX_SECONDS = 300  # of CPU time that verge can be asked to grant

PASSED = 0
STATUS = {1: "fail", 2: "timeout", 3: "not run", 4: "unsupported"}


class Test:
    """A file to be run."""

    def __init__(self, path, area):
        self.path = path
        self.area = area


class Outcome:
    """What came of a file."""

    def __init__(self, test, kind, message, subtests, seconds):
        self.test = test
        self.kind = kind  # "ok", "error", "timeout", "crash"
        self.message = message
        self.subtests = subtests  # (name, status, message)
        self.seconds = seconds

    @property
    def results(self):
        """(name, passed, message) of each subtest, names made distinct, and of the file as a whole."""
        seen = {}
        out = []
        for name, status, message in self.subtests:
            seen[name] = seen.get(name, 0) + 1
            unique = name if seen[name] == 1 else f"{name} #{seen[name]}"
            out.append((unique, status == PASSED, f"{STATUS.get(status, status)}: {message}"))
        if self.kind != "ok":
            out.append((expectations.FILE, False, f"{self.kind}: {self.message}"))
        return out


class Runner:
    """Runs files, each in a process of its own."""

    def __init__(self, harness, checkout, scratch, server, seconds):
        self._harness = harness
        self._seconds = seconds * (SLOW_FACTOR if harness.SLOW else 1)
        self._checkout = checkout
        self._folder = os.path.join(scratch, "workers")
        os.makedirs(self._folder, exist_ok=True)
        self._server = server
        help_text = harness.run(["help", "serve"])[1]
        self._outbound = ["--allow-outbound", "127.0.0.0/8"] if "--allow-outbound" in help_text else []
        self._lock = threading.Lock()
        self._running = set()

    def run(self, test):
        begin = time.monotonic()
        try:
            kind, message, subtests = self._run(test)
        except FileNotFoundError as error:  # a script that the test names
            kind, message, subtests = "error", f"not in this checkout: {error}", []
        return Outcome(test, kind, message, subtests, time.monotonic() - begin)

    def _run(self, test):
        long = worker.Meta(self._checkout.read(test.path).decode("utf-8", "replace")).long
        seconds = min(self._seconds * (LONG_FACTOR if long else 1), MAX_SECONDS)
        text = worker.assemble(self._checkout, test.path, seconds * 1000,
                                  self._server if test.area.network else None)
        path = os.path.join(self._folder, re.sub(r"[^\w.-]", "_", test.path))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        arguments = ["serve", path, "--port", "0", "--shards", "1", "--cpu-ms", str(seconds * 1000), *self._outbound]
        try:
            verge = self._harness.Verge(arguments)
        except self._harness.Failed as error:
            crashed = self._harness.SANITIZER.search(str(error))
            return "crash" if crashed else "error", str(error)[:3000], []
        with self._lock:
            self._running.add(verge)
        try:
            return self._ask(verge, seconds)
        finally:
            with self._lock:
                self._running.discard(verge)
            if not verge.stopped:
                verge.kill()

    def _ask(self, verge, seconds):
        kind, message, subtests = "error", "", []
        answered = False
        try:
            # The worker answers when its time is up, the CPU limit ends a loop; then there is only this.
            connection = http.client.HTTPConnection("127.0.0.1", verge.port, timeout=seconds + 20)
            with contextlib.closing(connection):
                connection.request("GET", "/")
                response = connection.getresponse()
                body = response.read()
            answered = True
            if response.status == 200:
                report = json.loads(body)
                kind, message, subtests = report["outcome"], report["message"], report["tests"]
            elif response.status == 503:
                kind, message = "timeout", f"the worker exceeded its limits: {verge.log[-600:]}"
            else:
                message = f"status {response.status}: {body[:300].decode('utf-8', 'replace')} {verge.log[-600:]}"
        except TimeoutError:
            kind, message = "timeout", "no answer"
        except (OSError, http.client.HTTPException) as error:
            message = f"{type(error).__name__}: {error}"
        except ValueError as error:
            message = f"the report cannot be read: {error}"
        # However it went, the process has to be in good order.
        try:
            if answered or verge.process.poll() is not None or not self._is_stuck(verge):
                verge.stop()
            else:
                verge.kill()
        except self._harness.Failed as error:
            kind, message = "crash", str(error)[-3000:]
        return kind, message, subtests

    def _is_stuck(self, verge):
        """A short time to end after no answer came."""
        verge.signal(signal.SIGTERM)
        try:
            verge.process.wait(10)
        except subprocess.TimeoutExpired:
            return True
        return False

    def kill_all(self):
        with self._lock:
            for verge in self._running:
                verge.process.kill()


class Totals:
    def __init__(self):
        self.files = self.passed = self.expected = self.unexpected = self.fixed = 0


def select(checkout, words):
    """The tests that the command line asks for, and those left out: (path, reason)."""
    tests, left_out = [], []
    names = {area.name for area in areas.AREAS}
    wanted_areas = {word for word in words if word in names}
    patterns = [word for word in words if word not in names]
    for path in checkout.tests():
        area = areas.area_of(path)
        if words and area.name not in wanted_areas and not any(
                pattern in path or fnmatch.fnmatch(path, pattern) for pattern in patterns):
            continue
        reason = areas.reason_to_leave_out(path)
        if not reason and not worker.Meta(checkout.read(path).decode("utf-8", "replace")).in_worker:
            reason = "is not for workers, it says"
        if reason:
            left_out.append((path, reason))
        else:
            tests.append(Test(path, area))
    return tests, left_out


class Report:
    """Prints as results come in and keeps count."""

    def __init__(self, options, count):
        self._options = options
        self._count = count
        self._done = 0
        self.totals = {}
        self.lists = {}
        self.saved = {}
        self.crashes = []
        self._live = sys.stdout.isatty()

    def list_of(self, area):
        if area.name not in self.lists:
            path = os.path.join(self._options.expectations, area.name + ".txt")
            self.lists[area.name] = expectations.Expectations(path)
        return self.lists[area.name]

    def add(self, outcome):
        self._done += 1
        test, results = outcome.test, outcome.results
        listed = self.list_of(test.area)
        verdict = listed.judge(test.path, results)
        if outcome.kind == "crash":  # never expected
            self.crashes.append(test.path)
            if expectations.FILE in verdict.expected:
                verdict.expected.remove(expectations.FILE)
                verdict.unexpected.append((expectations.FILE, outcome.message))
        total = self.totals.setdefault(test.area.name, Totals())
        total.files += 1
        total.passed += verdict.passed
        total.expected += len(verdict.expected)
        total.unexpected += len(verdict.unexpected)
        total.fixed += len(verdict.fixed)
        self.saved[test.path] = {"outcome": outcome.kind, "seconds": round(outcome.seconds, 2),
                                 "subtests": {name: passed for name, passed, _ in results}}
        self._print(outcome, verdict)
        if self._options.update and outcome.kind != "crash":
            listed.update(test.path, results)

    def _print(self, outcome, verdict):
        if self._live:
            print("\r\033[K", end="")
        marks = "".join([
            f", {len(verdict.expected)} fail as expected" if verdict.expected else "",
            f", {len(verdict.unexpected)} FAIL" if verdict.unexpected else "",
            f", {len(verdict.fixed)} pass unexpectedly" if verdict.fixed else ""])
        if self._options.verbose or verdict.unexpected or verdict.fixed:
            print(f"[{self._done}/{self._count}] {outcome.test.path}: {verdict.passed} pass{marks}"
                  f" ({outcome.seconds:.1f} s)")
            limit = len(verdict.unexpected) if self._options.verbose else 10
            for name, message in verdict.unexpected[:limit]:
                print(f"    FAIL {name}\n         " + message.strip().replace("\n", "\n         "))
            if len(verdict.unexpected) > limit:
                print(f"    … and {len(verdict.unexpected) - limit} more (-v shows all)")
            for name in verdict.fixed[:limit]:
                print(f"    pass, though listed: {name}")
        if self._live:
            print(f"[{self._done}/{self._count}] {outcome.test.path}", end="", flush=True)
        elif self._done % 50 == 0:
            print(f"[{self._done}/{self._count}]", flush=True)

    def finish(self, checkout):
        if self._live:
            print("\r\033[K", end="")
        print(f"{'area':<18}{'files':>6}{'pass':>8}{'expected':>10}{'unexpected':>12}{'fixed':>7}")
        sums = Totals()
        for area in areas.AREAS:
            total = self.totals.get(area.name)
            if not total:
                continue
            print(f"{area.name:<18}{total.files:>6}{total.passed:>8}{total.expected:>10}{total.unexpected:>12}"
                  f"{total.fixed:>7}")
            for key in vars(sums):
                setattr(sums, key, getattr(sums, key) + getattr(total, key))
        print(f"{'all':<18}{sums.files:>6}{sums.passed:>8}{sums.expected:>10}{sums.unexpected:>12}{sums.fixed:>7}")
        for path in self.crashes:
            print(f"crashed: {path}")
        if self._options.update:
            for name, listed in self.lists.items():
                listed.write(f"Area {name}: what is expected to fail of web-platform-tests at {checkout.revision}.")
            print(f"wrote {self._options.expectations}")
        unexplained = sum(listed.unexplained() for listed in self.lists.values())
        if unexplained:
            print(f"{unexplained} lines of the lists have no reason yet")
        if sums.fixed and not self._options.update:
            print("what passes though it is listed can be taken off the lists: --update")
        print(f"web-platform-tests at {checkout.revision}")
        return sums


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="tools/wpt", description="Runs tests of web-platform-tests inside verge.",
        epilog="AREA is one of: " + ", ".join(area.name for area in areas.AREAS))
    parser.add_argument("what", nargs="*", metavar="AREA|FILE",
                        help="areas, or parts of or patterns for the paths of tests (default: everything)")
    parser.add_argument("--wpt", default=os.environ.get("VERGE_WPT"), metavar="PATH",
                        help="a checkout of web-platform-tests, or a git directory of one (default: $VERGE_WPT)")
    parser.add_argument("--verge", metavar="PATH", help="the binary (default: $VERGE_BIN, or out/release/verge)")
    parser.add_argument("-j", type=int, default=2, metavar="N", help="tests at a time (default: 2)")
    parser.add_argument("--seconds", type=int, default=20, metavar="N",
                        help="time for a test; long ones have five times as much (default: 20)")
    parser.add_argument("--list", action="store_true", help="show what would be run and what is left out, and why")
    parser.add_argument("--update", action="store_true", help="rewrite the lists of expected failures")
    parser.add_argument("--expectations", default=os.path.join(HERE, "expectations"), metavar="DIR",
                        help="the folder with the lists (default: the one beside this program)")
    parser.add_argument("--scratch", default=os.path.join(ROOT, "out", "wpt"), metavar="DIR",
                        help="where files made for the run go (default: out/wpt)")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for each test, every failure")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if not options.wpt:
        print(checkouts.HELP, file=sys.stderr)
        return 2
    if options.verge:
        os.environ["VERGE_BIN"] = os.path.abspath(options.verge)
    from e2e import harness  # pylint: disable=import-outside-toplevel
    if not os.access(harness.BINARY, os.X_OK):
        print(f"no such program: {harness.BINARY}; build it, or name it with --verge", file=sys.stderr)
        return 2
    os.makedirs(options.scratch, exist_ok=True)
    os.makedirs(options.expectations, exist_ok=True)
    try:
        checkout = checkouts.open_checkout(options.wpt, options.scratch)
    except checkouts.Unusable as error:
        print(f"{error}\n\n{checkouts.HELP}", file=sys.stderr)
        return 2
    tests, left_out = select(checkout, options.what)
    if options.list:
        for test in tests:
            print(f"{test.area.name:<18} {test.path}")
        for path, reason in left_out:
            print(f"{'left out':<18} {path}: {reason}")
        return 0
    if not tests:
        print("no test matches", file=sys.stderr)
        return 2
    return run_all(options, harness, checkout, tests)


def run_all(options, harness, checkout, tests):
    server = None
    try:
        if any(test.area.network for test in tests):
            server = servers.Server(checkout, options.scratch)
        runner = Runner(harness, checkout, options.scratch, server, options.seconds)
        report = Report(options, len(tests))
        with concurrent.futures.ThreadPoolExecutor(max(1, options.j)) as pool:
            runs = [pool.submit(runner.run, test) for test in tests]
            try:
                for each in concurrent.futures.as_completed(runs):
                    report.add(each.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                runner.kill_all()
                raise
        sums = report.finish(checkout)
    except (servers.NotStarted, expectations.Malformed) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        if server:
            server.stop()
    with open(os.path.join(options.scratch, "results.json"), "w", encoding="utf-8") as file:
        json.dump({"wpt": checkout.revision, "tests": report.saved}, file)
    return 1 if report.crashes or (sums.unexpected and not options.update) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
