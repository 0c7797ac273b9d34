"""Limits other than CPU and memory: wall time, log lines, sizes of requests; and what is said when one is hit."""

import json
import re

from e2e.harness import chunked, handler
from e2e.test_metrics import Operated
from e2e.websocket_peer import connect

BASE = 'name = "site"\nmain = "worker.js"\n'


class Bounded(Operated):
    def bounded(self, body, limits, *arguments, **more):
        """A worker whose fetch() has this body, with lines of [limits]."""
        files = {"wrangler.toml": BASE + "[limits]\n" + "\n".join(limits) + "\n", "worker.js": handler(body)}
        return self.start(files, *arguments, main="wrangler.toml", **more)


class WallTime(Bounded):
    WAITING = """
    const { pathname } = new URL(request.url);
    if (pathname === '/soon') return new Response('soon');
    if (pathname === '/caught') {
      try { await scheduler.wait(3_600_000); } finally { console.log('never'); }
    }
    if (pathname === '/stream') {
      let n = 0;
      return new Response(new ReadableStream({
        async pull(controller) {
          if (n++ > 0) await scheduler.wait(3_600_000);
          controller.enqueue(new TextEncoder().encode('piece'));
        },
      }));
    }
    await scheduler.wait(3_600_000);
"""
    TEXT = re.compile(r"Worker exceeded its wall time limit of 300 ms: (\d+) ms passed \(limits\.wall_ms\)\.")

    def test_an_event_that_waits_is_ended(self):
        verge = self.bounded(self.WAITING, ["wall_ms = 300"])
        for path in ("/", "/caught"):
            self.assert_limit(verge.get(path))
            verge.wait_for_log(f"[site] GET {path}: Worker exceeded its wall time limit of 300 ms: ")
        for passed in self.TEXT.findall(verge.log):
            self.assertGreaterEqual(int(passed), 300)
        self.assertNotIn("never", verge.log)

    def test_a_response_under_way_is_cut(self):
        verge = self.bounded(self.WAITING, ["wall_ms = 300"])
        response = verge.get("/stream")
        self.assertEqual((response.status, response.body, response.complete), (200, b"piece", False))
        verge.wait_for_log("GET /stream: Worker exceeded its wall time limit of 300 ms: ")

    def test_the_page_in_development_says_it(self):
        verge = self.bounded(self.WAITING, ["wall_ms = 300"], command="dev")
        response = verge.get("/")
        self.assertEqual(response.status, 503)
        self.assertRegex(response.text, self.TEXT)

    def test_others_in_the_isolate_go_on(self):
        verge = self.bounded("globalThis.n ??= 0; ++n;" + self.WAITING.replace("'soon')", "String(n))"), ["wall_ms = 2000"])
        with verge.connect() as client:
            client.send_request("GET", "/")
            self.assert_response(verge.get("/soon"), 200)
            self.assert_limit(client.read_response())
        self.assert_response(verge.get("/soon"), 200, "3")

    def test_what_follows_the_response_has_a_limit_of_its_own(self):
        verge = self.bounded("""
    ctx.waitUntil(scheduler.wait(2500).then(() => console.log('after the response')));
    return new Response('sent');
""", ["wall_ms = 2000"])
        self.assert_response(verge.get("/"), 200, "sent")
        verge.wait_for_log("after the response")

    def test_scheduled_events(self):
        files = {"wrangler.toml": BASE + "[limits]\nwall_ms = 300\n",
                 "worker.js": "export default { scheduled: () => scheduler.wait(3_600_000) };"}
        verge = self.start(files, main="wrangler.toml", command="dev")
        response = verge.get("/cdn-cgi/local/scheduled?format=json&cron=x")
        self.assertEqual(json.loads(response.text), {"outcome": "exceededWallTime", "noRetry": False})
        verge.wait_for_log("scheduled (x): Worker exceeded its wall time limit of 300 ms: ")

    def test_calls_of_other_workers(self):
        toml = """
[[workers]]
name = "caller"
main = "caller.js"
routes = ["*/*"]
[[workers.services]]
binding = "B"
service = "b"
[[workers]]
name = "b"
main = "b.js"
routes = []
limits = { wall_ms = 300 }
"""
        verge = self.start({"verge.toml": toml, "caller.js": handler("""
    const said = [];
    for (const call of [() => env.B.fetch('http://b/'), () => env.B.wait()]) await call().catch((e) => said.push(e.message));
    return Response.json(said);
"""), "b.js": """
import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  async fetch() { await this.wait(); }
  async wait() { await scheduler.wait(3_600_000); }
};
"""}, main="verge.toml")
        for said in json.loads(verge.get("/").text):
            self.assertRegex(said, self.TEXT)
        verge.wait_for_log("wait(): Worker exceeded its wall time limit of 300 ms: ")


class OpenSockets(Bounded):
    def test_a_websocket_outlives_the_wall_time(self):
        """The event's work is done with the handshake."""
        verge = self.start({"wrangler.toml": BASE + "[limits]\nwall_ms = 2000\nlog_kb = 1\n", "worker.js": handler("""
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.addEventListener('message', async ({ data }) => {
      for (let i = 0; i < 40; ++i) console.log(`${data} ${i} `.padEnd(100, '.'));
      await scheduler.wait(data === 'late' ? 2500 : 0);
      server.send(data);
    });
    return new Response(null, { status: 101, webSocket: client });
""")}, main="wrangler.toml")
        peer, response = connect(verge.port)
        self.assertEqual(response.status, 101)
        for data in ("late", "again"):
            peer.send(data)
            self.assertEqual(peer.read(), data)
        peer.client.close()
        # Each message may log as much as an event.
        verge.wait_for_log("Worker exceeded its log size limit: ", 2)
        verge.wait_for_log("late 0 ")
        verge.wait_for_log("again 0 ")


class LogSize(Bounded):
    LOGGING = """
    const { pathname } = new URL(request.url);
    if (pathname === '/lines') for (let i = 0; i < 100; ++i) console.log(`line ${i} `.padEnd(100, '.'));
    if (pathname === '/one') console.log('x'.repeat(1 << 22));
    if (pathname === '/wide') console.log('\\u20ac'.repeat(5000));
    if (pathname === '/empty') for (let i = 0; i < 5000; ++i) console.log('');
    if (pathname === '/rejections') for (let i = 0; i < 100; ++i) Promise.reject(new Error('y'.repeat(200)));
    if (pathname === '/later') {
      ctx.waitUntil((async () => { for (let i = 0; i < 50; ++i) { console.log('z'.repeat(200)); await 0; } })());
    }
    return new Response('served');
"""
    TEXT = re.compile(r"Worker exceeded its log size limit: (\d+) bytes or more written, 1024 allowed \(limits\.log_kb\)\. The rest")

    def test_the_rest_is_left_out(self):
        verge = self.bounded(self.LOGGING, ["log_kb = 1"], "--cpu-ms", "60000")
        for count, path in enumerate(["/lines", "/lines", "/one", "/wide", "/empty", "/rejections", "/later"], 1):
            with self.subTest(path):
                before = len(verge.log)
                self.assert_response(verge.get(path), 200, "served")
                verge.wait_for_log("Worker exceeded its log size limit", count)
                written = verge.log[before:]
                self.assertLess(len(written.encode()), 1024 + 10 * written.count("\n") + 500)
                self.assertEqual(written.count("Worker exceeded"), 1)
        self.assertIn("line 9 ", verge.log)
        self.assertNotIn("line 11 ", verge.log)
        self.assertIn("(cut)", verge.log)
        self.assertNotIn("\ufffd", verge.log)
        for written in self.TEXT.findall(verge.log):
            self.assertGreater(int(written), 1024)

    def test_by_default_it_is_256_kb(self):
        verge = self.start(handler("""
    for (let i = 0; i < 255; ++i) console.log('x'.repeat(1023));
    console.log('the last one');
    console.log('x'.repeat(1023));
    return new Response('served');
"""), "--cpu-ms", "60000")
        self.assert_response(verge.get("/"), 200, "served")
        verge.wait_for_log("the last one")
        verge.wait_for_log("log size limit: ")
        self.assertIn("262144 allowed (limits.log_kb)", verge.log)

    def test_global_scope(self):
        verge = self.start({"wrangler.toml": BASE + "[limits]\nlog_kb = 1\n",
                            "worker.js": "for (let i = 0; i < 100; ++i) console.log(`global ${i} `.padEnd(100, '.'));\n"
                                         + handler("return new Response('served');")}, main="wrangler.toml")
        verge.wait_for_log("Worker exceeded its log size limit")
        self.assert_response(verge.get("/"), 200, "served")
        self.assertNotIn("global 99", verge.log)


class RequestSizes(Bounded):
    ECHO = "return new Response(`${request.url.length} ${(await request.text()).length}`);"

    def check(self, verge, host="localhost", numbers=True):
        def ask(method, path, headers=(), body=None):
            with verge.connect() as client:
                client.send_request(method, path, headers, body, close=True, host=host)
                return client.read_response(method)
        self.assert_response(ask("GET", "/" + "a" * 1000), 200)
        response = ask("GET", "/" + "a" * 1500)
        self.assertEqual(response.status, 414)
        self.assertIn("the request's target is too long" + (": 1501 bytes, 1024 allowed" if numbers else ""), response.text)
        self.assert_response(ask("GET", "/", [("x", "a" * 1000)]), 200)
        response = ask("GET", "/", [("x", "a" * 3000)])
        self.assertEqual(response.status, 431)
        self.assertRegex(response.text, "the header fields are too long" +
                         (r": 3\d\d\d bytes, 2048 allowed" if numbers else ""))
        self.assert_response(ask("POST", "/", (), "b" * 1_000_000), 200)
        response = ask("POST", "/", (), "b" * 1_000_001)
        self.assertEqual(response.status, 413)
        self.assertIn("the request's body is too large" + (": 1000001 bytes, 1000000 allowed" if numbers else ""),
                      response.text)

    def test_of_a_worker(self):
        verge = self.bounded(self.ECHO, ["url_kb = 1", "header_kb = 2", "body_mb = 1"], "--cpu-ms", "5000")
        self.check(verge, numbers=False)
        head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        self.assertIn(b" 1000000", verge.raw(head + chunked(b"b" * 600_000, b"b" * 400_000)))
        # It shows when the worker reads already.
        verge.raw(head + chunked(b"b" * 600_000, b"b" * 400_001))
        verge.wait_for_log("TypeError: the request's body is too large")

    def test_of_one_among_others(self):
        """The server lets through what the largest of them may get."""
        toml = """
[[workers]]
name = "small"
main = "echo.js"
routes = ["small.test/*"]
limits = { url_kb = 1, header_kb = 2, body_mb = 1 }
[[workers]]
name = "large"
main = "echo.js"
routes = ["large.test/*"]
limits = { url_kb = 32, body_mb = 200 }
"""
        verge = self.start({"verge.toml": toml, "echo.js": handler(self.ECHO)}, "--cpu-ms", "5000", main="verge.toml")
        self.check(verge, "small.test")
        with verge.connect() as client:
            client.send_request("GET", "/" + "a" * 30_000, close=True, host="large.test")
            self.assert_response(client.read_response(), 200)
        with verge.connect() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: large.test\r\nContent-Length: 200000001\r\n\r\n")
            self.assertEqual(client.read_response().status, 413)

    def test_the_command_line_wins(self):
        verge = self.bounded(self.ECHO, ["body_mb = 1"], "--max-body", "1000")
        response = verge.post("/", "b" * 1001)
        self.assertEqual(response.status, 413)
        self.assert_response(verge.post("/", "b" * 1000), 200)


class Texts(Bounded):
    """Each says which limit, what was used, what is allowed, and where that is set."""

    def test_cpu(self):
        verge = self.bounded("for (;;);", ["cpu_ms = 20"], command="dev")
        text = r"Worker exceeded its CPU time limit of 20 ms: (\d+\.\d) ms used \(limits\.cpu_ms\)\."
        response = verge.get("/")
        self.assertEqual(response.status, 503)
        self.assertRegex(response.text, text)
        verge.wait_for_log("GET /: Worker exceeded its CPU time limit of 20 ms: ")
        self.assertGreaterEqual(float(re.search(text, verge.log).group(1)), 20)

    def test_memory(self):
        verge = self.bounded("""
    const keep = [];
    if (request.url.endsWith('/buffers')) for (;;) keep.push(new Uint8Array(1 << 20).fill(1));
    for (;;) keep.push(new Array(10_000).fill(1.5));
""", ["memory_mb = 32", "cpu_ms = 300000"], command="dev")
        text = (r"Worker exceeded its memory limit of 32 MB: (\d+) MB of heap and (\d+) MB of buffers in use or asked for "
                r"\(limits\.memory_mb\)\.")
        heap, buffers = map(int, re.search(text, verge.get("/heap").text).groups())
        self.assertGreater(heap, 16)
        self.assertLess(buffers, 16)
        heap, buffers = map(int, re.search(text, verge.get("/buffers").text).groups())
        self.assertLess(heap, 16)
        self.assertGreater(buffers, 32)

    def test_wait_until(self):
        verge = self.bounded("ctx.waitUntil(scheduler.wait(3_600_000)); return new Response('sent');",
                             ["wait_until_ms = 200"])
        self.assert_response(verge.get("/"), 200, "sent")
        verge.wait_for_log("waitUntil() tasks did not complete within the allowed time after the response and were "
                           "cancelled: ")
        self.assertRegex(verge.log, r"cancelled: \d+ ms passed, 200 ms allowed \(limits\.wait_until_ms\)\.")

    def test_start_up(self):
        files = {"wrangler.toml": BASE + "[limits]\nstartup_ms = 50\n", "worker.js": "for (;;);"}
        result = self.run_to_failure("serve", "--port", "0", cwd=self.directory(files))
        self.assertIn("the worker's global scope used more than 50 ms of CPU time (limits.startup_ms)", str(result))

    def test_calls_of_other_workers(self):
        toml = """
[[workers]]
name = "a"
main = "a.js"
routes = ["*/*"]
[[workers.services]]
binding = "SELF"
service = "a"
"""
        verge = self.start({"verge.toml": toml, "a.js": handler("""
    if (request.url.endsWith('/many')) {
      let n = 0;
      try { for (;; ++n) await env.SELF.fetch('http://a/'); } catch (e) { return new Response(e.message); }
    }
    if (!request.url.endsWith('/deep')) return new Response('x');
    try { return await env.SELF.fetch(request); } catch (e) { return new Response(e.message); }
""")}, main="verge.toml")
        self.assertIn("Subrequest depth limit exceeded: this request goes through workers that call each other, 17 deep, "
                      "16 allowed.", verge.get("/deep").text)
        self.assertIn("Too many calls of other workers: this request causes 33 events, itself counted, 32 allowed.",
                      verge.get("/many").text)

    def test_they_are_counted(self):
        verge = self.start_operated({"wrangler.toml": BASE + "[limits]\nsubrequests = 2\ntimers = 1\nlog_kb = 1\n",
                                     "worker.js": handler("""
    for (let i = 0; i < 3; ++i) await caches.default.match('http://x/').catch(() => {});
    for (let i = 0; i < 4; ++i) try { setTimeout(() => {}, 1); } catch {}
    console.log('x'.repeat(2000));
    return new Response('served');
""")}, main="wrangler.toml")
        self.assert_response(verge.get("/"), 200, "served")
        self.assert_response(verge.get("/"), 200, "served")
        hits = lambda limit: f'verge_worker_limits_exceeded_total{{worker="site",limit="{limit}"}}'
        samples = self.wait_for_samples(verge, **{hits("subrequests"): 2, hits("timers"): 6, hits("log_kb"): 2})
        self.assertNotIn(hits("cpu_ms"), samples)


class Tenants(Bounded):
    """What a worker's own configuration says of its limits, when somebody else runs it."""

    COUNT = handler("""
    let n = 0;
    try { for (;; ++n) setTimeout(() => {}, 60_000); } catch (e) { return new Response(String(n)); }
""")

    def count(self, own, given=None):
        more = f"limits = {{ {given} }}\n" if given else ""
        verge = self.start({
            "verge.toml": f'[[workers]]\nname = "t"\nmain = "t"\nroutes = ["*/*"]\n{more}',
            "t/wrangler.toml": f'name = "t"\nmain = "index.js"\n[limits]\n{own}\n', "t/index.js": self.COUNT},
            "--cpu-ms", "60000", "--limits", "strict", main="verge.toml")
        return verge, verge.get("/").text

    def test_it_may_be_tighter(self):
        self.assertEqual(self.count("timers = 10")[1], "10")
        self.assertEqual(self.count("timers = 10", "timers = 2000")[1], "10")

    def test_only_the_operator_gives_more(self):
        verge, count = self.count("timers = 5000")
        self.assertEqual(count, "1000")
        verge.wait_for_log("[t] limits.timers = 5000 of the worker's own configuration does not count: 1000 is allowed here, "
                           "and only verge.toml can give it more (limits = { timers = 5000 })")
        self.assertEqual(self.count("timers = 5000", "timers = 2000")[1], "2000")
