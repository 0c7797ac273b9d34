"""CPU time and memory: who hurts a limit is stopped, who shares the isolate is not."""

import os
import time

from e2e.harness import Case, SLOW, Verge, handler, scaled

CPU = ["--cpu-ms", "50"]

# Ways to use CPU time for ever. Each is the body of a function (request, env, ctx).
LOOPS = {
    "loop": "while (true) {}",
    "try_finally": "try { throw 1; } finally { while (true) {} }",
    "catch": "for (;;) { try { for (;;); } catch { } finally { for (;;); } }",
    "regex": "return new Response(String(/^(a+)+$/.test('a'.repeat(60) + 'b')));",
    "url_pattern": "return new Response(String(new URLPattern({ pathname: '/((?:a+)+)b' }).test({ pathname: '/' + 'a'.repeat(60) })));",
    "url_pattern_exec": "return Response.json(new URLPattern({ hash: '((?:a+)+)b' }).exec('http://x/#' + 'a'.repeat(60)));",
    "sticky_regex": "'x'.repeat(1e5).replace(/(x+x+)+y/g, '');",
    "json": "const a = []; a.toJSON = function () { for (;;); }; return Response.json(a);",
    "sort": "[3, 2, 1].sort(() => { for (;;); });",
    "bigint": "let x = 3n; for (;;) x = (x * x) & ((1n << 20000n) - 1n);",
    "string": "let s = 'x'; for (;;) s = (s + s).slice(0, 1000);",
    "microtasks": "await new Promise(() => { (function f() { Promise.resolve().then(f); })(); });",
    "microtasks_after_response": "(function f() { queueMicrotask(f); })(); return new Response('x');",
    "await_loop": "for (;;) await null;",
    "async_generator": "async function* g() { for (;;) yield 1; } for await (const x of g());",
    "generator": "function* g() { for (;;) yield 1; } for (const x of g());",
    "getter": "return new Response('x', { get status() { for (;;); } });",
    "to_string": "return new Response({ toString() { for (;;); } });",
    "header_iterator": "return new Response('x', { headers: { *[Symbol.iterator]() { for (;;) yield ['a', 'b']; } } });",
    "header_to_string": "new Headers([['a', { toString() { for (;;); } }]]);",
    "url_to_string": "new URL({ toString() { for (;;); } });",
    "proxy": "return new Response('x', new Proxy({}, { get() { for (;;); } }));",
    "thenable": "return { then() { for (;;); } };",
    "then_getter": "return { get then() { for (;;); } };",
    "structured_clone": "structuredClone({ get a() { for (;;); } });",
    "console": "console.log({ get [Symbol.toStringTag]() { for (;;); } }); for (;;) console.debug;",
    "event": "const t = new EventTarget(); t.addEventListener('x', () => { for (;;); }); t.dispatchEvent(new Event('x'));",
    "chain_of_arrays": "let f = null; for (;;) { f = { f, big: new Array(1000) }; }",
    "closures_over_arrays": "let f = () => 1; for (;;) { const g = f, big = new Array(1000).fill(0.5); "
                            "f = () => g() + big.length; }",
    "nested_loops": "let x = 0; for (;;) { for (let i = 0; i < 1000; ++i) x += i; }",
    "abort": "const c = new AbortController(); c.signal.onabort = () => { for (;;); }; c.abort(); for (;;);",
    "timer": "await new Promise(() => setTimeout(() => { for (;;); }, 1));",
    "interval": "await new Promise(() => setInterval(() => { const end = 3e6; for (let i = 0; i < end; ++i); }, 1));",
    "stream_start": "return new Response(new ReadableStream({ start() { for (;;); } }));",
    "iteration_of_params": "for (;;) for (const x of new URLSearchParams('a=b&c=d'));",
    "encode": "const e = new TextEncoder(); for (;;) e.encode('abc');",
    "random": "for (;;) crypto.randomUUID();",
    "clone": "const r = new Response('x'); for (;;) r.clone();",
    "timers": "for (;;) clearTimeout(setTimeout(() => {}, 1000));",
    "sub_await": "const f = async (n) => { if (n) await f(n - 1); else for (;;); }; await f(5);",
    "import": "await import('./loop.js');",
    "one_compression": "const all = new Uint8Array(5e7); crypto.getRandomValues(all.subarray(0, 65536)); "
                       "for (let n = 65536; n < all.length; n *= 2) all.copyWithin(n, 0, n); "
                       "const s = new CompressionStream('gzip'); s.readable.getReader().read(); "
                       "await s.writable.getWriter().write(all);",
    "finalizer": "const r = new FinalizationRegistry(() => {}); for (;;) r.register({}, 1);",
    "unhandled": "addEventListener('unhandledrejection', () => { for (;;); }, { once: true }); Promise.reject(1); "
                 "await new Promise((r) => setTimeout(r, 1000));",
    "wasm": "(await import('./loop.wasm')).default && new WebAssembly.Instance((await import('./loop.wasm')).default)"
            ".exports.loop();",
}

# (module (func (export "loop") (loop (br 0))))
LOOP_WASM = bytes.fromhex("0061736d01000000" "010401600000" "03020100" "07080104" "6c6f6f70" "0000"
                          "0a09010700" "03400c000b0b")

ROUTES = ",\n".join(f"  {name}: async (request, env, ctx) => {{ {code} }}" for name, code in LOOPS.items())

WORKER = {
    "worker.js": """
let served = 0;
const routes = {
""" + ROUTES + """,
  count: () => new Response(String(++served)),
  slow: async () => {
    console.log("slow is waiting");
    for (let i = 0; i < 20; ++i) await new Promise((r) => setTimeout(r, 10));
    return new Response("slow " + served);
  },
  stream: () => {
    let n = 0;
    return new Response(new ReadableStream({
      async pull(controller) {
        await new Promise((r) => setTimeout(r, 10));
        controller.enqueue(new TextEncoder().encode(`${n} `));
        if (++n === 1) console.log("stream has begun");
        if (n === 20) controller.close();
      },
    }));
  },
};
export default {
  fetch(request, env, ctx) { return routes[new URL(request.url).pathname.slice(1)](request, env, ctx); },
};
""",
    "loop.js": "for (;;);",
    "loop.wasm": LOOP_WASM,
}


class Cpu(Case):
    def test_every_way_to_loop(self):
        verge = self.start(WORKER, *CPU)
        for name in LOOPS:
            with self.subTest(name):
                response = verge.get("/" + name)
                if name == "microtasks_after_response":
                    # The response exists, but microtasks are part of the turn that makes it.
                    self.assertIn(response.status, (200, 503))
                else:
                    self.assert_limit(response)
                    verge.wait_for_log(f"[site] GET /{name}: Worker exceeded its CPU time limit of 50 ms")
                # A new isolate, which counts from one. One that was not in the middle of JavaScript is as good as new.
                response = verge.get("/count")
                self.assert_response(response, 200)
                if name != "interval":
                    self.assertEqual(response.text, "1")

    def test_no_waiting_in_place(self):
        """Atomics.wait would stop the shard without using CPU time."""
        verge = self.start(handler("try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }\n"
                                   "catch (e) { return new Response(e.name); }"))
        self.assert_response(verge.get("/"), 200, "TypeError")

    def test_others_finish(self):
        """Requests of the same isolate that are waiting go on to their end; new ones get a new isolate."""
        verge = self.start(WORKER, *CPU)
        self.assert_response(verge.get("/count"), 200, "1")
        clients = [verge.connect() for _ in range(10)]
        stream = verge.connect()
        try:
            for client in clients:
                client.send_request("GET", "/slow")
            stream.send_request("GET", "/stream")
            verge.wait_for_log("slow is waiting", 10)
            verge.wait_for_log("stream has begun")
            self.assert_limit(verge.get("/loop"))
            self.assert_response(verge.get("/count"), 200, "1")
            for client in clients:
                self.assert_response(client.read_response(), 200, "slow 1")
            self.assert_response(stream.read_response(), 200, "".join(f"{n} " for n in range(20)))
            self.assert_response(verge.get("/count"), 200, "2")
        finally:
            for client in [*clients, stream]:
                client.close()

    def test_many_in_a_row(self):
        verge = self.start(WORKER, "--cpu-ms", "10")
        for _ in range(scaled(100, 10)):
            self.assert_limit(verge.get("/loop"))
        self.assert_response(verge.get("/count"), 200, "1")

    def test_many_at_once(self):
        verge = self.start(WORKER, "--cpu-ms", "10", shards=2)
        clients = [verge.connect() for _ in range(scaled(50, 10))]
        try:
            for index, client in enumerate(clients):
                client.send_request("GET", "/loop" if index % 2 else "/slow")
            for index, client in enumerate(clients):
                response = client.read_response()
                if index % 2:
                    self.assert_limit(response)
                else:
                    self.assertEqual((response.status, response.text[:5]), (200, "slow "))
        finally:
            for client in clients:
                client.close()

    def test_it_adds_up_over_turns(self):
        """Many short turns count together."""
        verge = self.start(handler("""
    const turn = () => { let x = 0; for (let i = 0; i < 2e6; ++i) x += i % 7; return x; };
    for (;;) { turn(); await new Promise((r) => setTimeout(r, 1)); }
"""), *CPU)
        self.assert_limit(verge.get("/"))

    def test_waiting_costs_nothing(self):
        verge = self.start(handler("for (let i = 0; i < 100; ++i) await new Promise((r) => setTimeout(r, 5));\n"
                                   "return new Response('patient');"), "--cpu-ms", "30" if not SLOW else "1000")
        self.assert_response(verge.get("/"), 200, "patient")

    def test_it_counts_for_each_request_alone(self):
        verge = self.start(handler("let x = 0; for (let i = 0; i < 3e6; ++i) x += i % 7; return new Response(String(x));"),
                           "--cpu-ms", "200" if not SLOW else "5000")
        for _ in range(50):
            self.assert_response(verge.get("/"), 200, "8999994")

    def test_after_the_response(self):
        """waitUntil work is under the limit, too; the response is not touched by it."""
        verge = self.start("let n = 0;\n" + handler("""
    ctx.waitUntil((async () => { await new Promise((r) => setTimeout(r, 5)); for (;;); })());
    return new Response('sent ' + ++n);
"""), *CPU)
        self.assert_response(verge.get("/"), 200, "sent 1")
        verge.wait_for_log("Worker exceeded its CPU time limit of 50 ms")
        self.assert_response(verge.get("/"), 200, "sent 1")

    def test_in_a_stream(self):
        """The head is out: the connection is cut, so that the client does not take the body for whole."""
        verge = self.start(handler("""
    let n = 0;
    return new Response(new ReadableStream({
      async pull(controller) {
        await new Promise((r) => setTimeout(r, 1));
        if (++n === 4) for (;;);
        controller.enqueue(new TextEncoder().encode('piece'));
      },
    }));
"""), *CPU)
        response = verge.get("/")
        self.assertEqual((response.status, response.complete), (200, False), response)
        self.assertTrue(b"piecepiecepiece".startswith(response.body), response)
        verge.wait_for_log("Worker exceeded its CPU time limit of 50 ms")
        self.assertFalse(verge.get("/").complete)

    def test_while_reading_a_body(self):
        verge = self.start(handler("for await (const chunk of request.body) for (;;);\nreturn new Response('x');"), *CPU)
        self.assert_limit(verge.post("/", "body"))
        verge = self.start(handler("await request.text();\nfor (;;);"), *CPU)
        with verge.connect() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
            self.assertTrue(client.silent())
            client.send(b"def")
            self.assert_limit(client.read_response())

    def test_when_the_client_goes_away(self):
        verge = self.start(handler("""
    request.signal.addEventListener('abort', () => { console.log('aborted'); for (;;); });
    await new Promise((r) => setTimeout(r, 600_000));
"""), *CPU)
        with verge.connect() as client:
            client.send_request()
            self.assertTrue(client.silent())
        verge.wait_for_log("aborted")
        with verge.connect() as client:
            client.send_request()
            self.assertTrue(client.silent())

    def test_page_in_development(self):
        verge = self.start(handler("for (;;);"), "--cpu-ms", "50", command="dev")
        self.assertIn("Worker exceeded its CPU time limit of 50 ms", verge.get("/").text)

    def test_restart_fails(self):
        """A worker that loads once only: later requests are told so, and the process lives."""
        verge = self.start("const start = Date.now();\nif (globalThis.x) throw 1;\n" + handler("for (;;);"), *CPU)
        for _ in range(3):
            self.assert_limit(verge.get("/"))

    def test_latency_of_others(self):
        """A loop ends near its limit: whoever waits for the shard does not wait much longer. Detects a missing watchdog."""
        verge = self.start(WORKER, "--cpu-ms", "100")
        begin = time.monotonic()
        with verge.connect() as looping:
            looping.send_request("GET", "/loop")
            self.assert_response(verge.get("/count"), 200, "1")
            self.assert_limit(looping.read_response())
        self.assertLess(time.monotonic() - begin, 20)


class Memory(Case):
    BOMBS = {
        "array": "const a = []; for (;;) a.push(new Array(10000).fill(1.5));",
        "objects": "const a = []; for (;;) a.push({ x: { y: [a.length] } });",
        "strings": "const a = []; for (;;) a.push('x'.repeat(1000) + a.length);",
        "map": "const m = new Map(); for (let i = 0;; ++i) m.set('key ' + i, { i });",
        "closures": "let f = () => 1; for (;;) { const g = f, big = new Array(1000).fill(0.5); f = () => g() + big.length; }",
        "promises": "const all = []; for (;;) all.push(new Promise(() => {}));",
        "string_growth": "let s = 'x'; for (;;) { s = s + s.slice(0, 1000000) + Math.random(); s.charCodeAt(s.length - 1); [...s]; }",
        "across_awaits": "const a = []; for (;;) { a.push(new Array(10000).fill(1.5)); await null; }",
        "module": "globalThis.keep ??= []; for (;;) keep.push(new Array(10000).fill(1.5));",
    }

    def test_bombs(self):
        routes = ",\n".join(f"  {name}: async () => {{ {code} }}" for name, code in self.BOMBS.items())
        verge = self.start("let served = 0;\nconst routes = {\n" + routes + ",\n  count: () => new Response(String(++served)),\n};\n"
                           + handler("return routes[new URL(request.url).pathname.slice(1)]();"),
                           "--cpu-ms", "300000")
        for name in self.BOMBS:
            with self.subTest(name):
                response = verge.get("/" + name)
                self.assert_limit(response)
                verge.wait_for_log(f"GET /{name}: Worker exceeded its memory limit of 128 MB")
                self.assert_response(verge.get("/count"), 200, "1")
        self.assertLess(verge.rss_bytes(), 1_000_000_000)

    def test_leak_over_requests(self):
        """A worker that leaks a little with each request is replaced; no request but those that hit the limit fails."""
        verge = self.start("const leak = [];\n" + handler("leak.push(new Array(500_000).fill(leak.length + 0.5));\n"
                                                          "return new Response(String(leak.length));"),
                           "--cpu-ms", "20000")
        responses = [verge.get("/") for _ in range(100)]
        statuses = [response.status for response in responses]
        self.assertGreater(statuses.count(200), 80, statuses)
        self.assertEqual(statuses.count(200) + statuses.count(503), 100, statuses)
        # 4 MB each: about 32 of them fit.
        self.assertLess(max(int(response.text) for response in responses if response.status == 200), 60)
        self.assertLess(verge.rss_bytes(), 1_000_000_000)

    def test_huge_single_allocations(self):
        verge = self.start("const routes = {\n"
                           "  buffer: () => new ArrayBuffer(2 ** 40),\n"
                           "  string: () => 'x'.repeat(2 ** 29),\n"
                           "  flat: () => 'x'.repeat(2 ** 28) === 'y'.repeat(2 ** 28),\n"
                           "  wide: () => 'a\\ud800'.repeat(2 ** 27).toWellFormed(),\n"
                           "  array: () => new Array(2 ** 26).fill(0).concat(new Array(2 ** 26).fill(0)),\n"
                           "  random: () => crypto.getRandomValues(new Uint8Array(65537)),\n"
                           "};\n" + handler("try { routes[new URL(request.url).pathname.slice(1)](); return new Response('done'); }\n"
                                            "catch (e) { return new Response(e.name); }"), "--cpu-ms", "5000")
        self.assert_response(verge.get("/buffer"), 200, "RangeError")
        self.assert_response(verge.get("/string"), 200, "RangeError")
        for route in ["flat", "wide", "array"]:
            self.assertIn(verge.get("/" + route).status, (200, 503))
            self.assert_response(verge.get("/buffer"), 200, "RangeError")
        self.assert_response(verge.get("/random"), 200, "QuotaExceededError")
        self.assert_response(verge.get("/buffer"), 200, "RangeError")

    def test_array_buffers(self):
        """Bytes outside the heap count as well."""
        verge = self.start("const keep = [];\n" + handler("for (;;) { keep.push(new Uint8Array(1 << 20).fill(1)); }"),
                           "--cpu-ms", scaled(20000, 300000))
        self.assert_limit(verge.get("/"))
        self.assert_limit(verge.get("/"))
        self.assertLess(verge.rss_bytes(), 1_000_000_000)

    OUTSIDE = {
        "shared": "for (;;) { const b = new SharedArrayBuffer(1 << 20); new Uint8Array(b).fill(1); keep.push(b); }",
        "resizable": "for (;;) { const b = new ArrayBuffer(1 << 20, { maxByteLength: 1 << 24 }); b.resize(1 << 24); "
                     "new Uint8Array(b).fill(1); keep.push(b); }",
        "wasm": "for (;;) { const m = new WebAssembly.Memory({ initial: 256 }); new Uint8Array(m.buffer).fill(1); keep.push(m); }",
        "headers": "for (;;) { const h = new Headers(); keep.push(h); for (let i = 0; i < 8; ++i) h.append('x', 'y'.repeat(8192)); }",
        "one_header_list": "const h = new Headers(); for (;;) h.append('x', 'y'.repeat(65536));",
        "search_params": "for (;;) keep.push(new URLSearchParams([['x', 'y'.repeat(8192)], ['z', 'y'.repeat(8192)]]));",
        "urls": "for (;;) keep.push(new URL('http://x/' + 'y'.repeat(1000)));",
        "codecs": "for (;;) { const s = new CompressionStream('zstd'); const r = s.readable.getReader(); "
                  "keep.push(s, r.read()); await s.writable.getWriter().write(new Uint8Array(1000)); }",
    }

    def test_outside_the_heap(self):
        """Memory that is neither V8's heap nor an ordinary buffer."""
        routes = ",\n".join(f"  {name}: async () => {{ {code} }}" for name, code in self.OUTSIDE.items())
        source = ("const keep = [];\nconst routes = {\n" + routes + ",\n};\n"
                  + handler("return routes[new URL(request.url).pathname.slice(1)]();"))
        for name in self.OUTSIDE:
            with self.subTest(name):
                verge = self.start(source, "--cpu-ms", scaled(4000, 60000), "--drain-timeout", "1")
                self.assert_limit(verge.get("/" + name))
                verge.wait_for_log(f"GET /{name}: Worker exceeded its memory limit of 128 MB", timeout=5)

    def test_lists_that_are_dropped_are_no_leak(self):
        verge = self.start(handler("""
    const value = 'y'.repeat(8192);
    for (let i = 0; i < 20_000; ++i) {
      const h = new Headers({ x: value });
      h.append('x', value);
      h.set('x', value);
      h.delete('x');
      new Headers(h).set('y', value);
      new URLSearchParams([['x', value]]);
    }
    return new Response('fine');"""), "--cpu-ms", scaled(20000, 300000))
        for _ in range(2):
            self.assert_response(verge.get("/"), 200, "fine")

    def test_garbage_is_no_leak(self):
        verge = self.start(handler("for (let i = 0; i < 300; ++i) new Uint8Array(4 << 20)[0] = 1;\n"
                                   "return new Response('fine');"), "--cpu-ms", "20000")
        for _ in range(3):
            self.assert_response(verge.get("/"), 200, "fine")

    def test_timers(self):
        verge = self.start(handler("""
    let n = 0;
    try { for (;;) { setTimeout(() => {}, 600_000); ++n; } } catch (e) { return new Response(n + ' ' + e.message); }
"""), "--cpu-ms", "5000")
        self.assert_response(verge.get("/"), 200, "10000 You have exceeded the number of active timers "
                             "you may set. 10001 asked for, 10000 allowed (limits.timers).")
        self.assert_response(verge.get("/"), 200)


class Profiles(Case):
    SUBREQUESTS = handler("""
    let made = 0;
    try { for (;; ++made) await fetch('http://127.0.0.1:1/').catch((e) => { if (/Too many/.test(e.message)) throw e; }); }
    catch (e) { return new Response(`${made}: ${e.message}`); }
""")

    def test_a_profile_has_its_own_limits(self):
        verge = self.start(self.SUBREQUESTS, "--limits", "cloudflare-free", "--allow-outbound", "127.0.0.1")
        self.assertIn("10 ms CPU a request", verge.ready_line)
        verge = self.start(self.SUBREQUESTS, "--limits", "cloudflare-free", "--cpu-ms", scaled(5000, 60000), "--allow-outbound",
                           "127.0.0.1")
        response = verge.get("/")
        self.assert_response(response, 200)
        self.assertTrue(response.text.startswith("50: "), response)

    def test_the_configuration_wins_over_the_profile(self):
        config = 'name = "a"\nmain = "worker.js"\n[limits]\ncpu_ms = 77\nmemory_mb = 32\ntimers = 3\n'
        verge = self.start({"wrangler.toml": config, "worker.js": handler("""
    if (request.url.endsWith('/timers')) {
      let n = 0;
      try { for (;; ++n) setTimeout(() => {}, 60000); } catch (e) { return new Response(n + ' ' + e.message); }
    }
    for (const keep = [];;) keep.push(new Array(10000).fill(1.5));
""")}, "--limits", "strict", main="wrangler.toml")
        self.assertIn("77 ms CPU a request", verge.ready_line)
        self.assert_response(verge.get("/timers"), 200, "3 You have exceeded the number of active timers "
                             "you may set. 4 asked for, 3 allowed (limits.timers).")

    def test_memory_of_the_configuration(self):
        config = 'name = "a"\nmain = "worker.js"\n[limits]\nmemory_mb = 32\n'
        verge = self.start({"wrangler.toml": config, "worker.js": handler(
            "for (const keep = [];;) keep.push(new Array(10000).fill(1.5));")}, "--cpu-ms", scaled(20000, 200000),
            main="wrangler.toml")
        self.assert_limit(verge.get("/"))
        verge.wait_for_log("Worker exceeded its memory limit of 32 MB")
