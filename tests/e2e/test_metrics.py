"""What a server counts, and what it tells its operator."""

import re
import signal
import socket
import threading

from e2e.harness import IO_TIMEOUT, Case, Client, handler, write_files

WORKER = """
const bytes = (n) => new Uint8Array(n);
export default {
  async fetch(request, env, ctx) {
    switch (new URL(request.url).pathname) {
      case '/throw': throw new Error('as told');
      case '/hang': return new Promise(() => {});
      case '/spin': for (;;);
      case '/memory': { const all = []; for (;;) all.push(new Array(1 << 16).fill(0).map(() => ({}))); }
      case '/never': console.log('WAITING'); return await new Promise((r) => setTimeout(r, 3_600_000));
      case '/endless':
        return new Response(new ReadableStream({
          async pull(c) { c.enqueue(bytes(1 << 16)); await new Promise((r) => setTimeout(r, 1)); } }));
      case '/stream':
        return new Response(new ReadableStream({ start(c) { for (let i = 0; i < 10; ++i) c.enqueue(bytes(1000)); c.close(); } }));
      case '/bytes': return new Response(bytes(300_000));
      case '/cache': {
        const cache = caches.default, key = 'https://cache.example/key';
        await cache.match(key);
        await cache.put(key, new Response('x', { headers: { 'Cache-Control': 'max-age=60' } }));
        return await cache.match(key);
      }
      case '/kv':
        await env.KV.put('k', 'v');
        return new Response(await env.KV.get('k') + await env.KV.get('k'));
      case '/d1':
        await env.DB.exec('CREATE TABLE IF NOT EXISTS t (n INTEGER)');
        await env.DB.batch([1, 2, 3].map((n) => env.DB.prepare('INSERT INTO t VALUES (?)').bind(n)));
        return Response.json((await env.DB.prepare('SELECT n FROM t').all()).results.length);
      case '/work': {
        let x = 0;
        for (let i = 0; i < 20_000_000; ++i) x += i % 7;
        return new Response(String(x));
      }
    }
    return new Response('hello');
  },
};
"""

CONFIGURATION = """
name = "all"
main = "worker.js"
[[kv_namespaces]]
binding = "KV"
id = "kv"
[[d1_databases]]
binding = "DB"
database_id = "db"
"""

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]+="(?:[^"\\]|\\.)*",?)*\})? (\S+)$')


class Operated(Case):
    def start_operated(self, worker, *arguments, **more):
        verge = self.start(worker, "--metrics", "0", *arguments, **more)
        found = re.compile(r"^metrics at http://127\.0\.0\.1:(\d+)/metrics$", re.M)
        self.assertTrue(verge.stdout.wait_for(found.search, IO_TIMEOUT), verge.stdout.text)
        verge.operator_port = int(found.search(verge.stdout.text).group(1))
        return verge

    def ask(self, verge, path, method="GET"):
        with Client(verge.operator_port) as client:
            client.send_request(method, path, close=True)
            return client.read_response(method)

    def samples(self, verge):
        response = self.ask(verge, "/metrics")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.header("content-type"), "text/plain; version=0.0.4; charset=utf-8")
        samples = {}
        for line in response.text.splitlines():
            if line.startswith("# "):
                continue
            match = SAMPLE.match(line)
            self.assertTrue(match, line)
            key = match.group(1) + (match.group(2) or "")
            self.assertNotIn(key, samples)
            samples[key] = float(match.group(3))
        return samples

    def wait_for_samples(self, verge, **expected):
        """Asks until all are as expected: what is over is counted a moment after the client has its response."""
        samples = {}
        for _ in range(int(IO_TIMEOUT * 50)):
            samples = self.samples(verge)
            if all(samples.get(key) == value for key, value in expected.items()):
                return samples
            threading.Event().wait(0.02)
        self.assertEqual({key: samples.get(key) for key in expected}, expected)
        return samples


def outcome(worker, name):
    return f'verge_worker_outcomes_total{{worker="{worker}",outcome="{name}"}}'


def of(worker, name):
    return f'verge_worker_{name}{{worker="{worker}"}}'


class Metrics(Operated):
    def test_outcomes(self):
        # Time enough for the memory to be used up first, however slow the machine is.
        verge = self.start_operated({"worker.js": WORKER, "wrangler.toml": CONFIGURATION}, "--cpu-ms", "10000")
        for _ in range(3):
            self.assert_response(verge.get("/"), 200, "hello")
        self.assert_exception(verge.get("/throw"))
        self.assert_exception(verge.get("/hang"))
        self.assert_limit(verge.get("/spin"))
        self.assert_limit(verge.get("/memory"))
        with verge.connect() as client:
            client.send_request("GET", "/never")
            verge.wait_for_log("WAITING")
        with verge.connect() as client:
            client.send_request("GET", "/endless")
            client.read_head()
            client.read_exactly(1000)
        samples = self.wait_for_samples(verge, **{
            outcome("all", "ok"): 3, outcome("all", "exception"): 2, outcome("all", "exceededCpu"): 1,
            outcome("all", "exceededMemory"): 1, outcome("all", "canceled"): 1,
            outcome("all", "responseStreamDisconnected"): 1, outcome("all", "internalError"): 0,
            of("all", "requests_total"): 9, of("all", "requests_open"): 0})
        # Counts outlive the isolates that hurt a limit.
        self.assertGreaterEqual(samples[of("all", "isolate_starts_total")], 3)
        self.assertEqual(samples['verge_worker_cpu_seconds_count{worker="all"}'], 9)
        self.assertGreaterEqual(samples['verge_worker_cpu_seconds_sum{worker="all"}'], 0.05)

    def test_what_is_used(self):
        verge = self.start_operated({"worker.js": WORKER, "wrangler.toml": CONFIGURATION}, "--cpu-ms", "60000")
        self.assert_response(verge.get("/stream"), 200)
        self.assertEqual(len(verge.get("/bytes").body), 300_000)
        self.assert_response(verge.get("/"), 200, "hello")
        self.assert_response(verge.request("HEAD", "/"), 200)
        self.assert_response(verge.get("/kv"), 200, "vv")
        self.assert_response(verge.get("/d1"), 200, "3")
        self.assert_response(verge.get("/cache"), 200, "x")
        work = len(verge.get("/work").body)
        samples = self.wait_for_samples(verge, **{outcome("all", "ok"): 8})
        self.assertEqual(samples[of("all", "response_bytes_total")], 10_000 + 300_000 + 5 + 2 + 1 + 1 + work)
        self.assertEqual(samples['verge_worker_cache_total{worker="all",result="hit"}'], 1)
        self.assertEqual(samples['verge_worker_cache_total{worker="all",result="miss"}'], 1)
        self.assertEqual(samples[of("all", "subrequests_total")], 3)
        self.assertEqual(samples['verge_worker_storage_seconds_count{worker="all",kind="kv_write"}'], 1)
        self.assertEqual(samples['verge_worker_storage_seconds_count{worker="all",kind="kv_read"}'], 2)
        self.assertEqual(samples['verge_worker_storage_seconds_count{worker="all",kind="d1"}'], 3)
        self.assertEqual(samples[of("all", "d1_rows_written_total")], 3)
        self.assertGreaterEqual(samples[of("all", "d1_rows_read_total")], 3)
        self.assertGreater(samples['verge_worker_wall_seconds_sum{worker="all"}'], 0)
        self.assertEqual(samples['verge_worker_wall_seconds_bucket{worker="all",le="+Inf"}'], 8)
        self.assertEqual(samples[of("all", "isolates")], 1)
        self.assertGreater(samples[of("all", "memory_bytes")], 500_000)
        self.assertGreater(samples[of("all", "startup_cpu_seconds_total")], 0)
        self.assertGreater(samples["process_resident_memory_bytes"], 0)
        self.assertIn("verge_cache_memory_bytes", samples)

    def test_memory_over_time(self):
        verge = self.start_operated(handler("return new Response('x');"))
        before = self.samples(verge).get(of("site", "memory_gb_seconds_total"), 0)
        after = before
        while after <= before:  # a sample each second
            threading.Event().wait(0.05)
            now = self.samples(verge)[of("site", "memory_gb_seconds_total")]
            self.assertGreaterEqual(now, after)
            after = now

    def test_shards_are_summed_up(self):
        verge = self.start_operated(handler("return new Response('x');"), shards=3)
        for _ in range(30):
            self.assert_response(verge.get("/"), 200, "x")
        samples = self.wait_for_samples(verge, **{outcome("site", "ok"): 30})
        self.assertEqual(samples[of("site", "isolates")], 3)
        # What servers have counted is looked at each second.
        for _ in range(int(IO_TIMEOUT * 20)):
            samples = self.samples(verge)
            requests = sum(samples[f'verge_http_requests_total{{shard="{i}"}}'] for i in range(3))
            if requests == 30:
                break
            threading.Event().wait(0.05)
        self.assertEqual(requests, 30)

    def test_workers_of_a_fleet(self):
        configuration = "\n".join(
            f'[[workers]]\nname = "{name}"\nmain = "{name}.js"\nroutes = ["{name}.test/*"]' for name in ("a", "b"))
        verge = self.start_operated({"verge.toml": configuration, "a.js": handler("return new Response('a');"),
                                     "b.js": handler("throw 1;")}, main="verge.toml")
        for host in ("a.test", "b.test", "a.test"):
            with verge.connect() as client:
                client.send_request("GET", "/", close=True, host=host)
                client.read_response()
        self.wait_for_samples(verge, **{outcome("a", "ok"): 2, outcome("a", "exception"): 0, outcome("b", "exception"): 1,
                                        of("a", "requests_total"): 2, of("b", "requests_total"): 1})

    def test_development_counts_across_versions(self):
        directory = self.directory({"worker.js": handler("return new Response('1');")})
        verge = self.start_operated(None, command="dev", path=directory)
        self.assert_response(verge.get("/"), 200, "1")
        asked = 1
        write_files(directory, {"worker.js": handler("return new Response('2');")})
        for _ in range(int(IO_TIMEOUT * 50)):
            asked += 1
            if verge.get("/").text == "2":
                break
        samples = self.wait_for_samples(verge, **{outcome("site", "ok"): asked})
        self.assertEqual(samples[of("site", "isolate_starts_total")], 2)

    def test_no_server_unless_asked_for(self):
        verge = self.start(handler("return new Response('x');"))
        self.assertNotIn("metrics", verge.stdout.text)


class Health(Operated):
    def test_answers(self):
        verge = self.start_operated(handler("return new Response('x');"))
        self.assert_response(self.ask(verge, "/healthz"), 200, "ok\n")
        self.assert_response(self.ask(verge, "/readyz"), 200, "ready\n")
        self.assertEqual(self.ask(verge, "/else").status, 404)
        self.assertEqual(self.ask(verge, "/metrics", "POST").status, 405)
        self.assertEqual(self.ask(verge, "/metrics", "HEAD").body, b"")

    def test_not_ready_while_it_drains(self):
        verge = self.start_operated(WORKER)
        with verge.connect() as client:
            client.send_request("GET", "/never")
            verge.wait_for_log("WAITING")
            self.assert_response(self.ask(verge, "/readyz"), 200, "ready\n")
            verge.signal(signal.SIGTERM)
            for _ in range(int(IO_TIMEOUT * 100)):
                if self.ask(verge, "/readyz").status == 503:
                    break
                threading.Event().wait(0.01)
            self.assert_response(self.ask(verge, "/readyz"), 503, "not taking requests\n")
            self.assert_response(self.ask(verge, "/healthz"), 200, "ok\n")
        self.assertEqual(verge.wait(), 0)

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            error = self.fail_to_start(handler("return new Response('x');"), "--metrics", str(port))
        self.assertIn("--metrics: ", error)
        self.assertIn("in use", error)
