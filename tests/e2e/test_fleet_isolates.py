"""The isolates of many workers: how many, for how much, and what is kept of them."""

import glob
import os

from e2e.harness import Client, handler
from e2e.test_fleet import FleetCase, HELLO, toml

# Larger than what is compiled in no time.
LARGE = ("const table = [];\n"
         + "".join(f"table.push(function route{i}(a) {{ return `route {i} ${{a}}`; }});\n" for i in range(1000))
         + "export default { fetch: (request) => new Response(table[500](new URL(request.url).pathname)) };\n")


class IsolatesTest(FleetCase):
    def test_too_many_requests_at_a_time(self):
        verge = self.fleet(toml(("slow", "slow.js", "slow.test/*"), ("good", "good.js", "good.test/*"),
                                ("caller", "caller.js", "caller.test/*", '[[workers.services]]\nbinding = "SLOW"\nservice = "slow"'),
                                top="max_concurrent = 2"),
                           {"slow.js": handler("""
    if (request.method === "GET") return new Response("went");
    console.log("WAITS");
    return new Response("got " + await request.text());
"""), "good.js": HELLO % "good", "caller.js": handler("""
    return env.SLOW.fetch(request).catch((error) => new Response(error.message));
""")})
        clients = []
        for _ in range(2):
            client = Client(verge.port)
            self.addCleanup(client.close)
            client.send(b"POST / HTTP/1.1\r\nHost: slow.test\r\nContent-Length: 4\r\n\r\n")
            clients.append(client)
        verge.wait_for_log("WAITS", 2)
        refused = self.get(verge, "slow.test")
        self.assertEqual(refused.status, 503)
        self.assertIn("Too many requests for this worker are under way", refused.text)
        self.assertEqual(refused.header("retry-after"), "1")
        self.assert_response(self.get(verge, "caller.test"), 200, 'The worker "slow" has too many events under way.')
        self.assert_response(self.get(verge, "good.test"), 200, b"good  /")
        verge.wait_for_log("2 events of the worker are under way on a shard")
        clients[0].reset()  # its place is free again
        for _ in range(1000):
            answer = self.get(verge, "slow.test")
            if answer.status == 200:
                break
        self.assert_response(answer, 200, "went")
        clients[1].send(b"body")
        self.assert_response(clients[1].read_response(), 200, "got body")

    def test_a_worker_that_cannot_start_is_not_tried_all_the_time(self):
        verge = self.fleet(toml(("bad", "bad.js", "bad.test/*")), {"bad.js": "throw new Error('at start');"})
        for _ in range(20):
            self.assertEqual(self.get(verge, "bad.test").status, 500)
        verge.wait_for_log("requests for it fail for 1 s before it is tried again: bad.js:1")

    def test_compiled_code_is_kept(self):
        files = {"large.js": LARGE, "small.js": HELLO % "small"}
        site = self.directory({"verge.toml": toml(("large", "large.js", "large.test/*"), ("small", "small.js", "small.test/*")),
                               **files})
        code = os.path.join(site, ".verge", "state", "code")

        def kept():
            return glob.glob(os.path.join(code, "*.code"))

        verge = self.start(None, path=site)
        self.assert_response(self.get(verge, "large.test", "/x"), 200, b"route 500 /x")
        self.assert_response(self.get(verge, "small.test"), 200, b"small  /")
        # Written when the worker has rested for a second, from another thread: asked for as long as it takes.
        for _ in range(100000):
            if kept():
                break
            self.get(verge, "small.test")
        self.assertEqual(len(kept()), 1)
        self.assert_response(self.get(verge, "large.test", "/rested"), 200, b"route 500 /rested")
        self.assertEqual(os.stat(code).st_mode & 0o777, 0o700)
        verge.stop()
        # The second process starts with it; damaged, it is not used.
        for damage in (False, True):
            if damage:
                with open(kept()[0], "r+b") as file:
                    file.seek(500)
                    file.write(b"\xff" * 100)
            verge = self.start(None, path=site)
            self.assert_response(self.get(verge, "large.test", "/y"), 200, b"route 500 /y")
            if damage:
                self.assertEqual(kept(), [])
            verge.stop()

    def test_other_code_of_the_same_length(self):
        site = self.directory({"verge.toml": toml(("a", "a.js", "a.test/*"), ("b", "b.js", "b.test/*")),
                               "a.js": LARGE, "b.js": LARGE.replace("route 500", "ROUTE 500")})
        for _ in range(2):
            verge = self.start(None, path=site)
            self.assert_response(self.get(verge, "a.test", "/x"), 200, b"route 500 /x")
            self.assert_response(self.get(verge, "b.test", "/x"), 200, b"ROUTE 500 /x")
            for _ in range(100000):
                if len(glob.glob(os.path.join(site, ".verge", "state", "code", "*.code"))) == 2:
                    break
                self.get(verge, "none.test")
            verge.stop()

    def test_large_sources_in_any_script(self):
        # What is not ASCII is converted once and shared by all isolates; a string's length tells how it was read.
        texts = {"latin": "\u00fcber caf\u00e9 \u00a9", "wide": "\u65e5\u672c \u20ac", "astral": "\U0001f600 \u00e9", "ascii": "plain"}
        padding = "// " + "x" * 70 + "\n"
        files = {f"{name}.js": padding * 300 + handler(f"return new Response('{text} ' + '{text}'.length + ' ' + (() => 1).toString());")
                 for name, text in texts.items()}
        files["broken.js"] = (padding * 300).encode() + b"// \xff\xc3(\n" + handler("return new Response('\u00e9');").encode()
        names = [*texts, "broken"]
        workers = [(f"{name}{i}", f"{name}.js", f"{name}{i}.test/*") for name in names for i in range(2)]
        verge = self.fleet(toml(*workers, top="max_isolates = 3"), files)
        for _ in range(2):  # the first ones have been given up by then
            for name, text in texts.items():
                length = len(text.encode("utf-16-le")) // 2
                for i in range(2):
                    self.assert_response(self.get(verge, f"{name}{i}.test"), 200, f"{text} {length} () => 1".encode())
            for i in range(2):
                self.assert_response(self.get(verge, f"broken{i}.test"), 200, "\u00e9".encode())

    def test_isolates_made_in_advance_keep_to_their_workers_limits(self):
        greedy = handler("""
    if (new URL(request.url).pathname === "/greedy") { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)); }
    if (new URL(request.url).pathname === "/busy") for (;;) {}
    try { eval("1"); } catch (error) { return new Response(error.name + " " + (globalThis.seen ??= 0) + ++globalThis.seen); }
""")
        limits = {"a": "", "b": "limits = { memory_mb = 32 }", "c": "limits = { cpu_ms = 20 }", "d": "limits = { memory_mb = 32 }"}
        verge = self.fleet(toml(*[(name, "greedy.js", f"{name}.test/*", limit) for name, limit in limits.items()]),
                           {"greedy.js": greedy})
        for round_ in range(3):
            for name in limits:
                # Nobody else's code has run in it.
                self.assert_response(self.get(verge, f"{name}.test"), 200, b"EvalError 01")
                self.assert_response(self.get(verge, f"{name}.test"), 200, b"EvalError 12")
                end = self.get(verge, f"{name}.test", "/busy" if name == "c" or round_ == 1 else "/greedy")
                self.assertEqual(end.status, 503)
                self.assertIn("1102", end.text)
