"""Everything that a worker can do to use up a machine, beside a tenant who must not notice.

Two workers share one process and one shard. One of them does its worst; after each attempt the other one is asked, and
has to answer from the same isolate as before.
"""

from e2e.harness import Case, SLOW, SharedCase, handler, scaled

CPU_MS = scaled(50, 500)

# Each is the body of a function. All of them go on until they are stopped, and do not need much memory for it.
ENDLESS = {
    # Loops of long functions: V8 looks for interrupts only after many turns.
    "long_turns": "for (;;) encodeURIComponent('ä'.repeat(1e7));",
    "long_search": "const s = 'ab'.repeat(1e7); for (;;) s.indexOf('xyz');",
    "long_normalize": "for (;;) '\\u1E9B\\u0323'.repeat(1e6).normalize('NFKC');",
    "long_compare": "const a = 'x'.repeat(1e7), b = 'x'.repeat(1e7); a[0]; b[0]; for (;;) a === b;",
    "long_replace": "const s = 'x'.repeat(1e6); for (;;) s.replaceAll('x', 'y');",
    "long_parse": "const s = '[' + '1,'.repeat(1e6) + '1]'; for (;;) JSON.parse(s);",
    "long_stringify": "const a = new Array(1e6).fill(1); for (;;) JSON.stringify(a);",
    "long_typed_sort": "const t = new Float64Array(1e6).map(Math.random); for (;;) t.slice().sort();",
    "long_spread": "const s = 'x'.repeat(1e5); for (;;) [...s];",
    "long_bigint": "let x = 1n << (1n << 24n); for (;;) x + 1n;",
    "long_escape": "for (;;) escape('ä'.repeat(1e6));",
    "long_encode": "const e = new TextEncoder(), s = 'ä'.repeat(1e6); for (;;) e.encode(s);",
    "long_decode": "const d = new TextDecoder(), b = new Uint8Array(1e6); for (;;) d.decode(b);",
    "long_clone": "const a = new Array(1e5).fill({}); for (;;) structuredClone(a);",
    "long_digest": "const b = new Uint8Array(6e4); for (;;) await crypto.subtle.digest('SHA-512', b);",
    "no_loop": "const s = 'ä'.repeat(1e6); " + "encodeURIComponent(s); " * 5000,
    "large_function": "let x = 1; for (;;) { if (x === undefined) { " + "x += x * 3; " * 20000 + "} 'aaa'.indexOf('b'); }",
    # Built-in functions that call built-in functions.
    "for_each": "const a = new Array(1e5).fill(1), f = [].forEach; a.forEach(f.bind(a, f.bind(a, f.bind(a, Boolean))));",
    "reduce": "[].reduce.call({ length: 2 ** 53 - 1, 0: 1 }, Math.max);",
    "set": "new Set({ [Symbol.iterator]: () => ({ next: Object }) });",
    "map": "new Map({ [Symbol.iterator]: () => ({ next: Object.bind(null, { value: [1, 2] }) }) });",
    "iterator": "Iterator.prototype.find.call({ next: Object }, Boolean);",
    "drop": "Iterator.prototype.drop.call({ next: Object }, 2 ** 53 - 1).next();",
    "reactions": "const args = [], p = Promise.resolve(); "
                 "const f = Reflect.apply.bind(null, Promise.prototype.then, p, args); args.push(f); "
                 "p.then(f); await new Promise(() => {});",
    # Lists that say they are long.
    **{f"like_{name}": f"[].{name}.call({{ length: 2 ** 53 - 1 }}, Boolean);" for name in (
        "includes indexOf lastIndexOf forEach some find reverse copyWithin sort flat").split()},
    **{f"sparse_{name}": f"new Array(2 ** 32 - 1).{name}(Boolean);" for name in
       "indexOf forEach some reverse".split()},
    # Terminations that are caught.
    "finally": "l: for (;;) { try { for (;;); } finally { for (;;) continue l; } }",
    "generators": "function* g() { try { for (;;) yield 1; } finally { for (;;); } } for (const x of g()) { for (;;); }",
    "recursion": "const f = () => f(); for (;;) try { f(); } catch {}",
    "proxy_chain": "let p = {}; for (let i = 0; i < 5e4; ++i) p = new Proxy(p, {}); for (;;) try { p.x; } catch {}",
    "tagged": "const t = (s) => { for (;;); }; t`x`;",
    "timers": "await new Promise(() => { const f = () => { for (;;); }; for (let i = 0; i < 100; ++i) setTimeout(f, 0); });",
    "regexp": "/^(a+)+$/.test('a'.repeat(60) + 'b');",
}

# These need memory until they are stopped.
HUNGRY = {
    "array": "const a = []; for (;;) a.push(new Array(10000).fill(1.5));",
    "promise_all": "Promise.all({ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) });",
    "array_from": "Array.from({ [Symbol.iterator]: () => ({ next: Object }) });",
    "microtasks": "(function f() { queueMicrotask(f); queueMicrotask(f); })(); await new Promise(() => {});",
    "promise_chain": "let p = Promise.resolve(); for (;;) p = p.then(() => {});",
    "buffers": "const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1));",
    "closures": "let f = () => 1; for (;;) { const g = f, big = new Array(1000).fill(0.5); f = () => g() + big.length; }",
}

def routes(*groups):
    lines = [f"  {name}: async (request, env, ctx) => {{ {code} }}," for group in groups for name, code in group.items()]
    return "\n".join(lines)


HEALTHY = "let n = 0; export default { fetch: () => new Response(String(++n)) };"

CONFIGURATION = f"""
[[workers]]
name = "evil"
main = "evil.js"
routes = ["evil.test/*"]
limits = {{ cpu_ms = %d }}

[[workers]]
name = "healthy"
main = "healthy.js"
routes = ["healthy.test/*"]
limits = {{ cpu_ms = {scaled(5000, 60000)} }}
"""

HUNGRY_MS = scaled(20000, 200000)


class Attacks(Case):
    def neighbours(self, evil, cpu_ms, *arguments):
        verge = self.start({"verge.toml": CONFIGURATION % cpu_ms, "evil.js": evil, "healthy.js": HEALTHY},
                           *arguments, main="verge.toml")
        self.served = 0
        self.ask(verge)
        return verge

    def get(self, verge, host, path="/"):
        with verge.connect(timeout=scaled(120, 600)) as client:
            client.send_request("GET", path, (), None, close=True, host=host)
            return client.read_response("GET")

    def ask(self, verge):
        """The neighbour answers, and has lost nothing."""
        self.served += 1
        self.assert_response(self.get(verge, "healthy.test"), 200, str(self.served))
        self.assertTrue(verge.alive())

    def worker(self, attacks):
        return ("const routes = {\n" + routes(attacks) + "\n  fine: () => 'fine',\n};\n"
                + handler("return new Response(String(await routes[new URL(request.url).pathname.slice(1)](request, env, ctx)));"))

    def each(self, attacks, cpu_ms, check):
        verge = self.neighbours(self.worker(attacks), cpu_ms)
        for name in attacks:
            with self.subTest(name):
                with verge.connect(timeout=scaled(120, 600)) as client:
                    client.send_request("GET", "/" + name, (), None, close=True, host="evil.test")
                    self.ask(verge)
                    response = client.read_response("GET")
                check(verge, name, response)
                self.ask(verge)
                self.assert_response(self.get(verge, "evil.test", "/fine"), 200, "fine")
        return verge

    def test_endless(self):
        def check(verge, name, response):
            self.assert_limit(response)
            verge.wait_for_log(f"GET /{name}: Worker exceeded its CPU time limit of {CPU_MS} ms")

        self.each(ENDLESS, CPU_MS, check)

    def test_hungry(self):
        def check(verge, name, response):
            self.assert_limit(response)
            verge.wait_for_log(f"GET /{name}: Worker exceeded its memory limit of 128 MB")

        self.each(HUNGRY, HUNGRY_MS, check)

    def test_callbacks_outside_of_events(self):
        """A finalizer belongs to no event, and is stopped all the same."""
        verge = self.neighbours("""
const registry = new FinalizationRegistry(() => { console.log('finalizer'); for (;;); });
export default {
  async fetch() {
    (() => { for (let i = 0; i < 1000; ++i) registry.register({}, i); })();
    const garbage = [];
    for (let i = 0; i < 300; ++i) { garbage[i % 3] = new Uint8Array(1e6).fill(i); await null; }
    await new Promise((r) => setTimeout(r, 1));
    return new Response('x');
  },
};
""", scaled(1000, 10000))
        for _ in range(20):
            response = self.get(verge, "evil.test")
            self.assertIn(response.status, (200, 503))
            self.ask(verge)
            if "finalizer" in verge.log:
                break
        verge.wait_for_log("finalizer")
        self.ask(verge)


class Escapes(SharedCase):
    """Ways out of the sandbox that JavaScript has, or had elsewhere."""

    worker = handler("""
    const routes = {
      constructor: () => (() => {}).constructor.constructor('return 1')(),
      ofResponse: () => Response.constructor.constructor('return 1')(),
      ofEnv: () => env.constructor.constructor('return 1')(),
      ofContext: () => ctx.waitUntil.constructor('return 1')(),
      asyncGenerator: () => (async function* () {}).constructor('yield 1')(),
      ofError: () => { try { null.x; } catch (e) { return e.constructor.constructor('return 1')(); } },
      callSites: () => {
        let site;
        Error.prepareStackTrace = (error, sites) => { site = sites; return ''; };
        new Error().stack;
        Error.prepareStackTrace = undefined;
        return (site ?? []).map((each) => typeof each.getThis() + typeof each.getFunction()).join();
      },
      pollution: async () => {
        const polluted = [];
        for (const target of [Object.prototype, Array.prototype, Function.prototype, Promise.prototype]) {
          for (const name of ['then', 'get', 'set', 'status', 'headers', 'body', 'value', 'done', 'next', '0', 'kind']) {
            if (Object.hasOwn(target, name)) continue;
            Object.defineProperty(target, name, { get() { polluted.push(name); return undefined; }, set(v) {}, configurable: true });
          }
        }
        const text = await new Response(new Blob(['a', 'b']).stream().pipeThrough(new TextDecoderStream())
          .pipeThrough(new TextEncoderStream())).text();
        return text;
      },
      ownRealm: () => Object.getPrototypeOf(request.url.constructor) === Function.prototype,
      natives: () => ['%DebugPrint', 'internalBinding', 'primordials', 'native', 'internal'].filter((x) => x in globalThis).length,
    };
    try { return new Response(String(await routes[new URL(request.url).pathname.slice(1)]())); }
    catch (e) { return new Response(`${e.name}: ${e.message}`); }
""")

    def test_code_from_strings(self):
        for name in ["constructor", "ofResponse", "ofEnv", "ofContext", "asyncGenerator", "ofError"]:
            with self.subTest(name):
                self.assert_response(self.verge.get("/" + name), 200,
                                     "EvalError: Code generation from strings disallowed for this context")

    def test_call_sites(self):
        for each in self.verge.get("/callSites").text.split(","):
            self.assertIn(each, ("", "undefinedundefined"), "strict code gives neither its receiver nor its function")

    def test_pollution(self):
        verge = self.start(self.worker)
        response = verge.get("/pollution")
        self.assert_response(response, 200, "ab")

    def test_nothing_of_the_runtime(self):
        self.assert_response(self.verge.get("/ownRealm"), 200, "true")
        self.assert_response(self.verge.get("/natives"), 200, "0")


class ManyAtOnce(Case):
    def test_attackers_in_parallel(self):
        """Several runaway requests at a time, on two shards: all of them are stopped, all others answered."""
        attacks = {name: ENDLESS[name] for name in ("long_turns", "for_each", "set", "like_includes", "no_loop")}
        verge = self.start("const routes = {\n" + routes(attacks) + "\n  fine: () => 'fine',\n};\n"
                           + handler("return new Response(String(await routes[new URL(request.url).pathname.slice(1)]()));"),
                           "--cpu-ms", CPU_MS, shards=2)
        clients = [(name, verge.connect(timeout=600 if SLOW else 120)) for name in list(attacks) * scaled(4, 1)]
        try:
            for name, client in clients:
                client.send_request("GET", "/" + name)
            for _, client in clients:
                self.assert_limit(client.read_response())
        finally:
            for _, client in clients:
                client.close()
        self.assert_response(verge.get("/fine"), 200, "fine")
