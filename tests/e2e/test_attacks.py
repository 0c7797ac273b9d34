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
    "long_locale_compare": "const a = 'x'.repeat(1e6); for (;;) a.localeCompare('x'.repeat(1e6) + 'y');",
    "long_split": "const s = 'x'.repeat(1e6); for (;;) s.split('');",
    "long_replace": "const s = 'x'.repeat(1e6); for (;;) s.replaceAll('x', 'y');",
    "long_join": "for (;;) new Array(1e5).join('xxxxxxxxxx');",
    "long_parse": "const s = '[' + '1,'.repeat(1e6) + '1]'; for (;;) JSON.parse(s);",
    "long_stringify": "const a = new Array(1e6).fill(1); for (;;) JSON.stringify(a);",
    "long_typed_sort": "const t = new Float64Array(1e6).map(Math.random); for (;;) t.slice().sort();",
    "long_keys": "const o = {}; for (let i = 0; i < 3e4; ++i) o['k' + i] = i; for (;;) Object.keys(o);",
    "long_spread": "const s = 'x'.repeat(1e5); for (;;) [...s];",
    "long_bigint": "let x = 1n << (1n << 24n); for (;;) x + 1n;",
    "long_escape": "for (;;) escape('ä'.repeat(1e6));",
    "long_regexp": "const s = 'x'.repeat(1e6); for (;;) s.match(/y/);",
    "long_encode": "const e = new TextEncoder(), s = 'ä'.repeat(1e6); for (;;) e.encode(s);",
    "long_decode": "const d = new TextDecoder(), b = new Uint8Array(1e6); for (;;) d.decode(b);",
    "long_base64": "const s = 'x'.repeat(1e6); for (;;) btoa(s);",
    "long_clone": "const a = new Array(1e5).fill({}); for (;;) structuredClone(a);",
    "long_digest": "const b = new Uint8Array(6e4); for (;;) await crypto.subtle.digest('SHA-512', b);",
    "long_url": "const s = 'http://x/' + 'ä'.repeat(1e5); for (;;) new URL(s);",
    "long_headers": "const h = new Headers({ x: 'y'.repeat(1e5) }); for (;;) new Headers(h);",
    "long_blob": "const b = new Blob(['x'.repeat(1e6)]); for (;;) await b.text();",
    "no_loop": "const s = 'ä'.repeat(1e6); " + "encodeURIComponent(s); " * 5000,
    "large_function": "let x = 1; for (;;) { if (x === undefined) { " + "x += x * 3; " * 20000 + "} 'aaa'.indexOf('b'); }",
    # Built-in functions that call built-in functions.
    "for_each": "const a = new Array(1e5).fill(1), f = [].forEach; a.forEach(f.bind(a, f.bind(a, f.bind(a, Boolean))));",
    "reduce": "[].reduce.call({ length: 2 ** 53 - 1, 0: 1 }, Math.max);",
    "set": "new Set({ [Symbol.iterator]: () => ({ next: Object }) });",
    "map": "new Map({ [Symbol.iterator]: () => ({ next: Object.bind(null, { value: [1, 2] }) }) });",
    "weak_set": "new WeakSet({ [Symbol.iterator]: () => ({ next: Object.bind(null, { value: Array }) }) });",
    "iterator": "Iterator.prototype.find.call({ next: Object }, Boolean);",
    "drop": "Iterator.prototype.drop.call({ next: Object }, 2 ** 53 - 1).next();",
    "reactions": "const args = [], p = Promise.resolve(); "
                 "const f = Reflect.apply.bind(null, Promise.prototype.then, p, args); args.push(f); "
                 "p.then(f); await new Promise(() => {});",
    # Lists that say they are long.
    **{f"like_{name}": f"[].{name}.call({{ length: 2 ** 53 - 1 }}, Boolean);" for name in (
        "includes indexOf lastIndexOf forEach some filter find findIndex findLast reverse copyWithin sort flat flatMap "
        "shift").split()},
    **{f"sparse_{name}": f"new Array(2 ** 32 - 1).{name}(Boolean);" for name in
       "indexOf lastIndexOf forEach some filter find findLast reverse".split()},
    # Terminations that are caught.
    "finally": "l: for (;;) { try { for (;;); } finally { for (;;) continue l; } }",
    "generators": "function* g() { try { for (;;) yield 1; } finally { for (;;); } } for (const x of g()) { for (;;); }",
    "thenables": "const t = { then(f) { f(t); } }; await t;",
    "rejections": "(function f() { Promise.reject(1).catch(f); })(); await new Promise(() => {});",
    "stack": "Error.prepareStackTrace = () => { for (;;); }; new Error().stack;",
    "recursion": "const f = () => f(); for (;;) try { f(); } catch {}",
    "deep_async": "const f = async () => { await f(); }; for (;;) try { await f(); } catch {}",
    "proxy_chain": "let p = {}; for (let i = 0; i < 5e4; ++i) p = new Proxy(p, {}); for (;;) try { p.x; } catch {}",
    "tagged": "const t = (s) => { for (;;); }; t`x`;",
    "timers": "await new Promise(() => { const f = () => { for (;;); }; for (let i = 0; i < 100; ++i) setTimeout(f, 0); });",
    "message_port": "const { port1, port2 } = new MessageChannel(); port2.onmessage = () => { for (;;); }; "
                    "port1.postMessage(1); await new Promise((r) => setTimeout(r, 60000));",
    "weak_ref": "for (;;) new WeakRef({});",
    "regexp": "/^(a+)+$/.test('a'.repeat(60) + 'b');",
    "regexp_lookbehind": "/(?<=^(a+)+)$/.test('b' + 'a'.repeat(60));",
    "segmenter": "for (;;) for (const x of new Intl.Segmenter().segment('abc'));",
}

# These need memory until they are stopped. Those in the second list may come to an end, or to an exception, by themselves.
HUNGRY = {
    "array": "const a = []; for (;;) a.push(new Array(10000).fill(1.5));",
    "doubling": "let s = 'x', a = []; for (;;) { s += s; s.charCodeAt(0); a.push(s.slice(1) + 'y'); if (s.length > 1e6) s = 'x' + a.length; }",
    "promise_all": "Promise.all({ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) });",
    "promise_any": "Promise.any({ [Symbol.iterator]: () => ({ next: Object.bind(null, { value: 1 }) }) });",
    "promise_race": "Promise.race({ [Symbol.iterator]: () => ({ next: Object.bind(null, { value: 1 }) }) });",
    "array_from": "Array.from({ [Symbol.iterator]: () => ({ next: Object }) });",
    "to_array": "Iterator.prototype.toArray.call({ next: Object });",
    "microtasks": "(function f() { queueMicrotask(f); queueMicrotask(f); })(); await new Promise(() => {});",
    "promise_chain": "let p = Promise.resolve(); for (;;) p = p.then(() => {});",
    "buffers": "const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1));",
    "wasm_memory": "const a = []; for (;;) { const m = new WebAssembly.Memory({ initial: 100 }); new Uint8Array(m.buffer).fill(1); a.push(m); }",
    "wasm_grow": "const m = new WebAssembly.Memory({ initial: 1, maximum: 65536 }), keep = []; "
                 "for (;;) { m.grow(100); new Uint8Array(m.buffer).fill(1); }",
    "like_fill": "[].fill.call({ length: 2 ** 53 - 1 }, 1);",
    "map_entries": "const m = new Map(); for (let i = 0; ; ++i) m.set(i, {});",
    "symbols": "const a = []; for (;;) a.push(Symbol('x'.repeat(1000) + a.length));",
    "closures": "let f = () => 1; for (;;) { const g = f, big = new Array(1000).fill(0.5); f = () => g() + big.length; }",
    "errors": "const a = []; for (;;) { try { null.x; } catch (e) { a.push(e); e.stack; } }",
    "event_listeners": "const t = new EventTarget(); for (;;) t.addEventListener('x', () => {});",
    "streams": "const a = []; for (;;) a.push(new TransformStream());",
    "headers": "const h = new Headers(); for (;;) h.append('x', 'y'.repeat(65536));",
    "requests": "const a = []; for (;;) a.push(new Request('http://x/', { method: 'POST', body: 'y'.repeat(10000) + a.length }));",
}

LARGE = {
    "fill_map": "return Array(2 ** 27).fill().map((_, i) => i).length;",
    "spread": "return [...'x'.repeat(5e8)].length;",
    "template": "const s = 'x'.repeat(2 ** 28); return `${s}${s}${s}`.length;",
    "join": "return new Array(2 ** 32 - 2).join().length;",
    "sparse_includes": "return new Array(2 ** 32 - 1).includes(1);",
    "sparse_sort": "return new Array(2 ** 32 - 1).sort().length;",
    "nested_json": "return JSON.parse('['.repeat(1e6) + ']'.repeat(1e6)).length;",
    "nested_json_text": "let a = []; for (let i = 0; i < 1e5; ++i) a = [a]; return JSON.stringify(a).length;",
    "flat_json": "return JSON.parse('[' + '[],'.repeat(5e7) + '[]]').length;",
    "map_2_24": "const m = new Map(); for (let i = 0; i < 2 ** 24 + 1; ++i) m.set(i, i); return m.size;",
    "set_2_24": "const m = new Set(); for (let i = 0; i < 2 ** 24 + 1; ++i) m.add(i); return m.size;",
    "captures": "return new RegExp('(a)'.repeat(60000)).exec('a'.repeat(60000)).length;",
    "nested_regexp": "return new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).exec('').length;",
    "from_char_code": "return String.fromCharCode.apply(null, new Uint16Array(1e8)).length;",
    "from_code_point": "return String.fromCodePoint(...new Array(1e6).fill(65)).length;",
    "apply": "return Math.max.apply(null, { length: 2 ** 30 });",
    "apply_max": "return Math.max.apply(null, { length: 2 ** 53 - 1 });",
    "buffer": "return new ArrayBuffer(1e10).byteLength;",
    "shared_buffer": "return new SharedArrayBuffer(1e10).byteLength;",
    "resizable": "return new ArrayBuffer(1, { maxByteLength: 2 ** 40 }).byteLength;",
    "wasm": "return new WebAssembly.Memory({ initial: 65536 }).buffer.byteLength;",
    "wasm_table": "return new WebAssembly.Table({ element: 'externref', initial: 1e7 }).length;",
    "typed_from": "return new Float64Array({ length: 2 ** 40 }).length;",
    "concat": "const a = new Array(2 ** 25).fill(1); return a.concat(a, a, a, a, a, a, a).length;",
    "like_concat": "return [].concat({ length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true }).length;",
    "like_map": "return [].map.call({ length: 2 ** 32 - 1 }, Boolean).length;",
    "like_slice": "return [].slice.call({ length: 2 ** 32 - 1 }).length;",
    "to_sorted": "return [].toSorted.call({ length: 2 ** 32 - 1 }).length;",
    "to_spliced": "return [].toSpliced.call({ length: 2 ** 32 - 1 }, 0, 1).length;",
    "with": "return [].with.call({ length: 2 ** 32 - 1 }, 0, 1).length;",
    "raw": "return String.raw({ raw: { length: 2 ** 53 - 1 } }).length;",
    "bigint": "return String(1n << (1n << 29n)).length;",
    "bigint_power": "return String(3n ** (1n << 26n)).length;",
    "bigint_parse": "return BigInt('9'.repeat(5e6)) > 1n;",
    "pad": "return 'ab'.padEnd(2 ** 29 - 25, 'cd').length;",
    "upper": "return 'ß'.repeat(2 ** 27).toUpperCase().length;",
    "well_formed": "return 'a\\ud800'.repeat(2 ** 27).toWellFormed().length;",
    "split": "return 'x'.repeat(2 ** 27).split('').length;",
    "match_all": "return [...'x'.repeat(1e7).matchAll(/x/g)].length;",
    "replace_grow": "return 'x'.repeat(1e5).replaceAll('x', 'y'.repeat(1e5)).length;",
    "replace_context": "return 'x'.repeat(3e4).replace(/x/g, '$`$\\'').length;",
    "clone": "let a = {}; for (let i = 0; i < 1e5; ++i) a = { a }; return structuredClone(a) !== a;",
    "clone_large": "return structuredClone(new Array(2 ** 24).fill({})).length;",
    "keys": "const o = {}; for (let i = 0; i < 1e7; ++i) o['k' + i] = 1; return Object.keys(o).length;",
    "descriptors": "return Object.getOwnPropertyDescriptors('x'.repeat(1e7)).length;",
    "group": "return Object.keys(Object.groupBy('x'.repeat(1e7), (c, i) => i)).length;",
    "format": "return new Intl.NumberFormat('de', { minimumFractionDigits: 100 }).format(10n ** 100000n).length;",
    "normalize": "return '\\ufdfa'.repeat(1e7).normalize('NFKD').length;",
    "function_text": "const f = function () {" + "'" + "x" * 100000 + "'" + "}; return new Array(1e4).fill(String(f)).join().length;",
    "date": "return new Date('1'.repeat(1e8)).getTime();",
    "url": "return new URL('http://x/' + 'ä'.repeat(1e7)).href.length;",
    "form": "const f = new FormData(); f.append('a', 'x'.repeat(1e8)); return (await new Response(f).text()).length;",
    "decode": "return new TextDecoder('utf-16le').decode(new Uint8Array(1e8)).length;",
    "console": "console.log({ toString() { return 'x'.repeat(1e8); } }, 'y'.repeat(1e8)); return 1;",
    "error_message": "throw new Error('x'.repeat(2 ** 28));",
    "response": "return 'x'.repeat(2 ** 28);",
    "search_params": "return new URLSearchParams('a=' + 'b'.repeat(1e8)).toString().length;",
    "getter_chain": "let o = {}; for (let i = 0; i < 1e6; ++i) o = Object.create(o); return o.x;",
    "bound_chain": "let f = () => 1; for (let i = 0; i < 1e5; ++i) f = f.bind(); return f();",
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

# Larger ones stop at their memory.
HUNGRY_MS = scaled(20000, 200000)
LARGE_MS = scaled(2000, 20000)


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

    def test_large(self):
        """What asks for much at once: it gets it, or an exception, or is stopped."""
        def check(verge, name, response):
            del verge, name
            self.assertIn(response.status, (200, 500, 503), response)

        self.each(LARGE, LARGE_MS, check)

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
