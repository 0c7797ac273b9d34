"""The runner of web-platform-tests, tests/wpt, on a made-up checkout: what it makes of results, and its lists."""

import json
import os
import stat
import subprocess
import sys
import unittest

from e2e.harness import BINARY, Case, write_files
from wpt import areas, expectations, worker

RUNNER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "wpt", "run.py")

# As much of testharness.js as the runner sees of it: the test functions, done(), messages to the page's side.
HARNESS = """
(function () {
  const tests = [];
  let waiting = 1, chain = Promise.resolve();
  function add(name, status, message) {
    const test = { name, status, message };
    tests.push(test);
    self.postMessage({ type: 'result', test });
  }
  function end() {
    if (--waiting === 0) self.postMessage({ type: 'complete', tests, status: { status: 0 } });
  }
  self.promise_test = (body, name) => {
    ++waiting;
    chain = chain.then(body).then(() => add(name, 0, null), (error) => add(name, 1, String(error))).then(end);
  };
  self.test = (body, name) => {
    try { body(); add(name, 0, null); } catch (error) { add(name, 1, String(error)); }
  };
  self.assert_equals = (got, expected) => {
    if (got !== expected) throw new Error(`${got}, not ${expected}`);
  };
  self.done = end;
  if (!(self instanceof DedicatedWorkerGlobalScope) || !GLOBAL.isWorker()) throw new Error('not in a worker');
})();
"""

GOOD = """// META: title=good
// META: script=resources/helper.js
// META: script=/common/sum.js
sloppy = 1;
test(() => assert_equals(sum(helper, 1), 3), 'scripts');
test(() => assert_equals(location.href, 'http://web-platform.test:8000/url/good.any.js'), 'location');
promise_test(async () => {
  const response = await fetch('resources/data.json');
  assert_equals(response.headers.get('content-type'), 'application/json');
  assert_equals((await response.json()).answer, 42);
}, 'a file');
promise_test(() => new Promise((resolve) => setTimeout(resolve, 1)), 'a timer');
"""

STRICT = """// META: global=worker
'use strict';
test(() => assert_equals((function () { return this; })(), undefined), 'strict');
"""

BAD = """test(() => {}, 'passes');
test(() => assert_equals(1, 2), 'fails');
test(() => assert_equals(1, 2), 'fails');
"""

FILES = {
    "resources/testharness.js": HARNESS,
    "common/sum.js": "function sum(a, b) { return a + b; }",
    "url/resources/helper.js": "const helper = 2;",
    "url/resources/data.json": '{"answer": 42}',
    "url/good.any.js": GOOD,
    "url/strict.any.js": STRICT,
    "url/page.any.js": "// META: global=window\ntest(() => {}, 'never');\n",
}

# The server of web-platform-tests, as far as the runner needs one.
SERVE = """
import http.server, json, socket, threading
def run(config_path):
    config = json.load(open(config_path))
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = open('..' + self.path).read()
            if '.sub.' in self.path:
                body = body.replace('{{host}}', config['browser_host'])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())
    sockets = [socket.create_server((config['browser_host'], port)) for port in config['ports']['ws']]
    for port in config['ports']['http']:
        server = http.server.ThreadingHTTPServer((config['browser_host'], port), Handler)
        threading.Thread(target=server.serve_forever).start()
    threading.Event().wait()
"""

# A verge that becomes ready and dies of the first request.
DYING = f"""#!{sys.executable}
import os, socket, sys
if 'crash' not in ' '.join(sys.argv):
    os.execv({BINARY!r}, [{BINARY!r}, *sys.argv[1:]])
listener = socket.create_server(('127.0.0.1', 0))
print(f'verge 0: crash at http://127.0.0.1:{{listener.getsockname()[1]}} (serve)', flush=True)
listener.accept()[0].recv(1)
os.kill(os.getpid(), 9)
"""


class WptRunner(Case):
    def run_wpt(self, files, *arguments, lists=None, wpt=None, verge=BINARY):
        """Gives the runner's exit code, and sets self.output, self.results (by test) and self.lists (the folder)."""
        self.root = self.directory()
        write_files(os.path.join(self.root, "wpt"), files)
        self.lists = os.path.join(self.root, "lists")
        write_files(self.lists, lists or {"README": ""})
        scratch = os.path.join(self.root, "scratch")
        process = subprocess.run(
            [sys.executable, RUNNER, "--wpt", wpt or os.path.join(self.root, "wpt"), "--verge", verge, "--expectations",
             self.lists, "--scratch", scratch, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False)
        self.output = process.stdout.decode("utf-8", "replace")
        self.results = {}
        results = os.path.join(scratch, "results.json")
        if os.path.exists(results):
            with open(results, encoding="utf-8") as file:
                self.results = json.load(file)["tests"]
        return process.returncode

    def list_text(self, area="url"):
        with open(os.path.join(self.lists, area + ".txt"), encoding="utf-8") as file:
            return file.read()

    def test_passes(self):
        self.assertEqual(self.run_wpt(FILES), 0, self.output)
        self.assertEqual(sorted(self.results), ["url/good.any.js", "url/strict.any.js"])
        self.assertEqual(self.results["url/good.any.js"]["subtests"],
                         {"scripts": True, "location": True, "a file": True, "a timer": True}, self.output)
        self.assertEqual(self.results["url/strict.any.js"]["subtests"], {"strict": True}, self.output)

    def test_failure(self):
        self.assertEqual(self.run_wpt(FILES | {"url/bad.any.js": BAD}), 1, self.output)
        self.assertEqual(self.results["url/bad.any.js"]["subtests"],
                         {"passes": True, "fails": False, "fails #2": False})
        self.assertIn("FAIL fails #2\n         fail: Error: 1, not 2", self.output)

    def test_expected_failure(self):
        lists = {"url.txt": "reason: Because.\n\nurl/bad.any.js\n  fail*\n"}
        self.assertEqual(self.run_wpt({**FILES, "url/bad.any.js": BAD}, lists=lists), 0, self.output)
        self.assertNotIn("FAIL", self.output)
        self.assertNotIn("no reason", self.output)

    def test_unexpected_pass(self):
        lists = {"url.txt": "reason: Because.\n\nurl/good.any.js\n  a file\n"}
        self.assertEqual(self.run_wpt(FILES, lists=lists), 0, self.output)
        self.assertIn("pass, though listed: a file", self.output)

    def test_sometimes(self):
        lists = {"url.txt": "reason: Because.\n\nurl/bad.any.js\n  ~ *\n"}
        self.assertEqual(self.run_wpt({**FILES, "url/bad.any.js": BAD}, lists=lists), 0, self.output)
        self.assertNotIn("though listed", self.output)

    def test_update(self):
        lists = {"url.txt": "# For another.\n# About.\nreason: Because.\n\n"
                            "url/bad.any.js\n  fails\n\nurl/good.any.js\n  a file\n"}
        self.assertEqual(self.run_wpt({**FILES, "url/bad.any.js": BAD}, "--update", lists=lists), 0, self.output)
        self.assertEqual(self.list_text(),
                         "# Area url: what is expected to fail of web-platform-tests at unknown.\n# About.\n\n"
                         "reason: Because.\n\nurl/bad.any.js\n  fails\n  fails #2\n")
        lists = {"url.txt": self.list_text()}
        self.assertEqual(self.run_wpt({**FILES, "url/bad.any.js": BAD}, lists=lists), 0, self.output)

    def test_ends_early(self):
        """A test that throws, one whose text is no script, and one that names a script which is not there."""
        self.assertEqual(self.run_wpt({
            **FILES, "url/throws.any.js": "test(() => {}, 'before');\nnothere();\n", "url/broken.any.js": "test((\n",
            "url/lacks.any.js": "// META: script=nothere.js\n"}), 1, self.output)
        self.assertEqual(self.results["url/throws.any.js"]["subtests"], {"before": True, "(file)": False})
        self.assertIn("nothere is not defined", self.output)
        self.assertEqual(self.results["url/broken.any.js"]["subtests"], {"(file)": False})
        self.assertIn("SyntaxError", self.output)
        self.assertEqual(self.results["url/lacks.any.js"]["subtests"], {"(file)": False})
        self.assertIn("not in this checkout: /url/nothere.js", self.output)

    def test_hang(self):
        """One waits for nothing, one never gives up the CPU."""
        lists = {"url.txt": "reason: Because.\n\nurl/loops.any.js\n  (file)\n"}
        self.assertEqual(self.run_wpt({
            **FILES,
            "url/waits.any.js": "test(() => {}, 'before');\npromise_test(() => new Promise(() => {}), 'waits');\n",
            "url/loops.any.js": "for (;;);\n"}, "--seconds", "1", lists=lists), 1, self.output)
        self.assertEqual(self.results["url/waits.any.js"]["outcome"], "timeout")
        self.assertEqual(self.results["url/waits.any.js"]["subtests"], {"before": True, "(file)": False})
        self.assertEqual(self.results["url/loops.any.js"]["outcome"], "timeout")
        self.assertNotIn("url/loops.any.js: 0 pass, 1 FAIL", self.output)
        self.assertEqual(self.results["url/good.any.js"]["outcome"], "ok")

    def test_crash(self):
        """Nothing can make the death of the process an expected result."""
        dying = os.path.join(self.directory({"verge": DYING}), "verge")
        os.chmod(dying, stat.S_IRWXU)
        lists = {"url.txt": "reason: Because.\n\nurl/crash.any.js\n  (file)\n  *\n"}
        self.assertEqual(self.run_wpt({**FILES, "url/crash.any.js": BAD}, lists=lists, verge=dying), 1, self.output)
        self.assertEqual(self.results["url/crash.any.js"]["outcome"], "crash")
        self.assertIn("crashed: url/crash.any.js", self.output)
        self.assertEqual(self.results["url/good.any.js"]["outcome"], "ok")

    def test_server(self):
        files = {
            **FILES, "tools/localpaths.py": "", "tools/serve/serve.py": SERVE,
            "common/host.sub.js": "const host = '{{host}}';",
            "fetch/api/headers/network.any.js":
                "// META: script=/common/host.sub.js\n"
                "test(() => assert_equals(location.hostname, host), 'the host');\n"
                "test(() => assert_equals(new Request('../x').url, location.origin + '/fetch/api/x'), 'the base');\n"
                "test(() => assert_equals(new Request('x') instanceof Request, true), 'the class');\n"}
        self.assertEqual(self.run_wpt(files), 0, self.output)
        self.assertEqual(self.results["fetch/api/headers/network.any.js"]["subtests"],
                         {"the host": True, "the base": True, "the class": True})

    def test_git_directory(self):
        source = self.directory(FILES)
        for command in (["init", "-q"], ["add", "."],
                        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "a"]):
            subprocess.run(["git", "-C", source, *command], check=True, stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual(self.run_wpt({}, wpt=os.path.join(source, ".git")), 0, self.output)
        self.assertEqual(self.results["url/good.any.js"]["outcome"], "ok", self.output)

    def test_selection(self):
        self.assertEqual(self.run_wpt({**FILES, "console/a.any.js": BAD}, "good", "console", "--list"), 0, self.output)
        self.assertEqual([line.split() for line in self.output.splitlines()],
                         [["console", "console/a.any.js"], ["url", "url/good.any.js"]])
        self.assertEqual(self.run_wpt(FILES, "url", "--list"), 0, self.output)
        self.assertIn("url/page.any.js: is not for workers, it says", self.output)

    def test_nothing_to_run(self):
        self.assertEqual(self.run_wpt(FILES, "encoding"), 2, self.output)
        self.assertEqual(self.run_wpt({"a": ""}), 2, self.output)
        self.assertIn("git clone", self.output)


class Lists(unittest.TestCase):
    """The lists' patterns, without a run."""

    def test_escaped(self):
        for name in ("plain words", "a*b", "back\\slash", "line\nbreak", " space at the ends ", "~ tilde", "é 😀",
                     "", "\ud800 lone", "\x00\x7f", "(file", "a ~ b", "# comment"):
            pattern = expectations.escape(name)
            self.assertEqual(pattern, pattern.strip(), name)
            pattern.encode("utf-8")
            self.assertTrue(expectations.Pattern(pattern, "").matches(name), (name, pattern))
            self.assertFalse(expectations.Pattern(pattern, "").sometimes, name)
            self.assertFalse(expectations.Pattern(pattern, "").matches(name + "x"), name)

    def test_file_is_matched_by_its_name_only(self):
        self.assertFalse(expectations.Pattern("*", "").matches("(file)"))
        self.assertTrue(expectations.Pattern("(file)", "").matches("(file)"))

    def test_compact(self):
        for failing, passing, expected in (
                (["a", "b", "c"], [], ["*"]),
                (["a", "b", "c"], ["d"], ["a", "b", "c"]),
                (["get: a", "get: b", "get: c", "set: a"], ["set: b"], ["get: *", "set: a"]),
                (["get: a", "get: b", "get: c"], ["get: d"], ["get: a", "get: b", "get: c"]),
                (["(file)", "a"], [], ["(file)", "a"]),
                (["x * a", "x * b", "x * c"], ["x y"], ["x \\* *"])):
            self.assertEqual(expectations.compact(failing, passing), expected)
            patterns = [expectations.Pattern(text, "") for text in expected]
            for name in failing:
                self.assertTrue(any(pattern.matches(name) for pattern in patterns), name)
            for name in passing:
                self.assertFalse(any(pattern.matches(name) for pattern in patterns), name)

    def test_areas(self):
        self.assertEqual(areas.area_of("url/url-constructor.any.js").name, "url")
        self.assertEqual(areas.area_of("url/idlharness.any.js").name, "idl")
        self.assertEqual(areas.area_of("streams/piping/abort.any.js").name, "streams")
        self.assertIsNone(areas.area_of("url/sub/x.any.js"))
        self.assertIsNone(areas.area_of("url/url-constructor.html"))
        self.assertIsNotNone(areas.reason_to_leave_out("fetch/api/basic/status.h2.any.js"))
        self.assertIsNone(areas.reason_to_leave_out("fetch/api/basic/status.any.js"))

    def test_evaluated(self):
        text = worker.evaluated("a.add_objects({\n  A: ['new A(\"x\")', \"f({ b })\"],\n});\n'c';\n"
                                "a.add_objects({ D: ['d'] });\n")
        self.assertIn('case "new A(\\"x\\")": return (new A("x"));', text)
        self.assertIn('case "f({ b })": return (f({ b }));', text)
        self.assertIn('case "d": return (d);', text)
        self.assertNotIn("(c)", text)
        self.assertEqual(worker.evaluated("test(() => {}, 'x');"), "")

    def test_meta(self):
        meta = worker.Meta("// META: global=window,worker\n// META: timeout=long\n// a comment\n// META: script=a.js\n"
                           "// META: variant=?a\n// META: variant=?b\ncode\n// META: script=b.js\n")
        self.assertEqual((meta.scripts, meta.long, meta.in_worker, meta.query), (["a.js"], True, True, "?a"))
        parts = worker.Meta("// META: script=/common/subset-tests.js\n// META: variant=?1-10\n")
        self.assertEqual(parts.query, "")
        self.assertFalse(worker.Meta("// META: global=window\n").in_worker)


if __name__ == "__main__":
    unittest.main()
