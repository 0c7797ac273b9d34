"""Everything that a worker can do to use up a machine, beside a tenant who must not notice.

Two workers share one process and one shard. One of them does its worst; while it does and after each attempt the other one
is asked, and has to answer from the same isolate as before.
"""

from e2e.harness import Case, IO_TIMEOUT, SLOW, SharedCase, handler, scaled

CPU_MS = scaled(50, 500)
TIMEOUT = IO_TIMEOUT if not SLOW else 600

# Each is the body of a function. All of them go on until they are stopped, and do not need much memory for it.
ENDLESS = {
    # Loops of long functions: V8 looks for interrupts only after many turns.
    "long_turns": "for (;;) encodeURIComponent('ä'.repeat(1e6));",
    "long_search": "const s = 'ab'.repeat(1e6); for (;;) s.indexOf('xyz');",
    "long_normalize": "for (;;) '\\u1E9B\\u0323'.repeat(1e5).normalize('NFKC');",
    "long_compare": "const a = 'x'.repeat(1e7), b = 'x'.repeat(1e7); a[0]; b[0]; for (;;) a === b;",
    "long_replace": "const s = 'x'.repeat(1e5); for (;;) s.replaceAll('x', 'y');",
    "long_parse": "const s = '[' + '1,'.repeat(1e5) + '1]'; for (;;) JSON.parse(s);",
    "long_stringify": "const a = new Array(1e5).fill(1); for (;;) JSON.stringify(a);",
    "long_typed_sort": "const t = new Float64Array(1e5).map(Math.random); for (;;) t.slice().sort();",
    "long_spread": "const s = 'x'.repeat(1e5); for (;;) [...s];",
    "long_bigint": "let x = 1n << (1n << 22n); for (;;) x + 1n;",
    "long_product": "const x = (1n << (1n << 20n)) - 1n; for (;;) x * x;",
    "long_decimal": "const x = (1n << (1n << 18n)) - 1n; for (;;) String(x);",
    "long_escape": "for (;;) escape('ä'.repeat(1e6));",
    "long_encode": "const e = new TextEncoder(), s = 'ä'.repeat(1e6); for (;;) e.encode(s);",
    "long_decode": "const d = new TextDecoder(), b = new Uint8Array(1e6); for (;;) d.decode(b);",
    "long_clone": "const a = new Array(1e5).fill({}); for (;;) structuredClone(a);",
    "long_digest": "const b = new Uint8Array(6e4); for (;;) await crypto.subtle.digest('SHA-512', b);",
    "long_intl": "const s = 'ä'.repeat(1e5); for (;;) s.localeCompare(s + 'a');",
    "long_date": "for (;;) new Date().toLocaleString();",
    "large_function": "let x = 1; if (x === undefined) { " + "x += x * 3; " * 20000 + "} "
                      "const s = 'ä'.repeat(1e5); for (;;) encodeURIComponent(s);",
    "hot_function": "const f = (s, n) => { for (let i = 0; i < n; ++i) encodeURIComponent(s); }; "
                    "for (let i = 0; i < 2000; ++i) f('a', 50); f('ä'.repeat(1e5), 1e9);",
    # Built-in functions that call only each other.
    "for_each": "const a = new Array(1e5).fill(1), f = [].forEach; a.forEach(f.bind(a, f.bind(a, f.bind(a, Boolean))));",
    "map_of_map": "new Array(1e6).fill('ä'.repeat(50)).forEach([].map.bind(new Array(1e6).fill('a'), escape));",
    "find": "[].find.call({ length: 2 ** 53 - 1 }, Boolean);",
    "reduce": "[].reduceRight.call({ length: 2 ** 53 - 1, 9007199254740990: 1, 9007199254740989: 1 }, Math.max.bind(null, 1));",
    "builtin_set": "new Set({ [Symbol.iterator]: () => ({ next: Object }) });",
    "builtin_map": "new Map({ [Symbol.iterator]: () => ({ next: Object.bind(null, { value: [1, 2] }) }) });",
    "builtin_iterator": "Iterator.prototype.find.call({ next: Object }, Boolean);",
    "builtin_drop": "Iterator.prototype.drop.call({ next: Object }, 2 ** 53 - 1).next();",
    "reactions": "const args = [], p = Promise.resolve(); "
                 "const f = Reflect.apply.bind(null, Promise.prototype.then, p, args); args.push(f); "
                 "p.then(f); await new Promise(() => {});",
    # Lists that say they are long.
    **{f"like_{name}": f"[].{name}.call({{ length: 2 ** 53 - 1 }}, Boolean);" for name in (
        "includes indexOf fill sort lastIndexOf forEach some every reverse copyWithin flat").split()},
    **{f"sparse_{name}": f"new Array(2 ** 32 - 1).{name}(1);" for name in "indexOf includes forEach some reverse".split()},
    "like_apply": "for (;;) try { Math.max.apply(null, { length: 1e6 }); } catch {}",
    # Endless iterators.
    "promise_all_of_functions": "Promise.all({ *[Symbol.iterator]() { for (;;) yield { then() {} }; } });",
    "weak_set": "new WeakSet({ *[Symbol.iterator]() { const o = {}; for (;;) yield o; } });",
    "object_from_entries": "Object.fromEntries({ *[Symbol.iterator]() { for (;;) yield ['a', 1]; } });",
    "set": "new Set({ *[Symbol.iterator]() { for (;;) yield 1; } });",
    "map": "new Map({ *[Symbol.iterator]() { for (;;) yield [1, 1]; } });",
    "destructuring": "const f = () => { for (;;); }; const [a, b] = { *[Symbol.iterator]() { f(); yield 1; } };",
    "iterator_helpers": "function* g() { for (;;) yield 1; } g().map((x) => x).filter(() => false).next();",
    "yield_star": "const forever = { [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) }; "
                  "function* g() { yield* forever; } for (const x of g());",
    # Terminations that are caught.
    "finally": "l: for (;;) { try { for (;;); } finally { for (;;) continue l; } }",
    "generators": "function* g() { try { for (;;) yield 1; } finally { for (;;); } } for (const x of g()) { for (;;); }",
    "catch_in_callback": "for (;;) try { [1].forEach(() => { for (;;); }); } catch {} finally { continue; }",
    "catch_in_promise": "const f = () => Promise.reject().catch(() => { for (;;); }).finally(f); await f();",
    # Deep stacks.
    "recursion": "const f = () => f(); for (;;) try { f(); } catch {}",
    "async_recursion": "const f = async () => { await f(); }; for (;;) try { await f(); } catch {}",
    "proxy_chain": "let p = {}; for (let i = 0; i < 5e4; ++i) p = new Proxy(p, {}); for (;;) try { p.x; } catch {}",
    "bound_chain": "let f = () => 1; for (let i = 0; i < 1e4; ++i) f = f.bind(null); for (;;) try { f(); } catch {}",
    "json_recursion": "const a = { toJSON() { return [a]; } }; for (;;) try { JSON.stringify(a); } catch {}",
    "to_string_recursion": "const a = { toString() { return `${a}`; } }; for (;;) try { String(a); } catch {}",
    "constructor_recursion": "const h = { get status() { return new Response('', h).status; } }; "
                             "for (;;) try { new Response('', h); } catch {}",
    "getter_recursion": "const o = { get a() { return this.a; } }; for (;;) try { o.a; } catch {}",
    "clone_recursion": "let a = []; for (let i = 0; i < 1e5; ++i) a = [a]; for (;;) try { structuredClone(a); } catch {}",
    "regexp_recursion": "const r = '('.repeat(1e4) + ')'.repeat(1e4); for (;;) try { new RegExp(r); } catch {}",
    # Traps in arguments.
    "tagged": "const t = (s) => { for (;;); }; t`x`;",
    "proxy_traps": "const p = new Proxy({}, new Proxy({}, { get() { return () => { for (;;); }; } })); Object.keys(p);",
    "symbol_to_primitive": "new Date({ [Symbol.toPrimitive]() { for (;;); } });",
    "species": "const a = [1]; a.constructor = { get [Symbol.species]() { for (;;); } }; a.map((x) => x);",
    "headers_getter": "new Headers({ get a() { for (;;); } });",
    "compare": "new Array(1000).fill(0).map(Math.random).sort(() => { for (;;); });",
    "replacer": "'x'.replace(/x/, () => { for (;;); });",
    "reviver": "JSON.parse('[1]', () => { for (;;); });",
    # Flat loops of microtasks and timers.
    "timers": "await new Promise(() => { const f = () => { for (;;); }; for (let i = 0; i < 100; ++i) setTimeout(f, 0); });",
    "thenable_chain": "const t = { then(f) { f(t); } }; await t;",
    "await_thenables": "for (;;) await { then(f) { f(); } };",
    "async_generators": "async function* g() { for (;;) yield Promise.resolve(1); } for await (const x of g());",
    # Regular expressions.
    "regexp": "/^(a+)+$/.test('a'.repeat(60) + 'b');",
    "regexp_lookbehind": "/(?<=^(?:a|a)*)b/.test('a'.repeat(60) + 'c'); /(?:(?:a|a)*)*$/.test('a'.repeat(60) + 'b');",
    "regexp_backreference": "/^(a*)*\\1b$/.test('a'.repeat(60));",
    "regexp_unicode": "/^(\\p{L}+)+$/u.test('ä'.repeat(60) + '1');",
    "regexp_split": "('a'.repeat(60) + 'b').split(/(a+)+$/);",
    "regexp_global": "'a'.repeat(1e6).replace(/(?=(a+))a*b/g, '');",
    # What errors run.
    "prepare_stack_trace": "Error.prepareStackTrace = () => { for (;;); }; new Error('x').stack;",
    "weak_refs": "for (;;) new WeakRef({}).deref();",
    "registry": "const r = new FinalizationRegistry(() => { for (;;); }); for (;;) r.register({}, 1);",
    "wasm_loop": "new WebAssembly.Instance((await import('./loop.wasm')).default).exports.loop();",
}

# These need memory until they are stopped, or get an exception that tells them not to.
HUNGRY = {
    "array": "const a = []; for (;;) a.push(new Array(10000).fill(1.5));",
    "array_spread": "let a = [1]; for (;;) a = [...a, ...a];",
    "array_from": "Array.from({ *[Symbol.iterator]() { for (;;) yield {}; } });",
    "promise_all": "await Promise.all({ *[Symbol.iterator]() { for (;;) yield 1; } });",
    "microtasks": "(function f() { queueMicrotask(f); queueMicrotask(f); })(); await new Promise(() => {});",
    "promise_chain": "let p = Promise.resolve(); for (;;) p = p.then(() => {});",
    "async_flood": "const f = async () => { f(); f(); await null; }; await f(); await new Promise(() => {});",
    "buffers": "const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1));",
    "small_buffers": "const a = []; for (;;) a.push(new ArrayBuffer(100));",
    "closures": "let f = () => 1; for (;;) { const g = f, big = new Array(1000).fill(0.5); f = () => g() + big.length; }",
    "properties": "const o = {}; for (let i = 0;; ++i) o['key' + i] = i;",
    "symbols": "const a = []; for (;;) a.push(Symbol('x'.repeat(100)));",
    "weak_map": "const w = new WeakMap(), keep = []; for (;;) { const k = {}; keep.push(k); w.set(k, new Array(100).fill(0.5)); }",
    "generators": "const a = []; function* g() { let x = new Array(100).fill(0.5); yield x; } for (;;) { const i = g(); i.next(); a.push(i); }",
    "classes": "const a = []; for (;;) a.push(class { static x = new Array(100).fill(0.5); });",
    "regexps": "const a = []; for (let i = 0;; ++i) { const r = new RegExp('a{' + i + '}b'.repeat(100)); r.test('a'); a.push(r); }",
    "errors": "const a = []; for (;;) { const e = new Error('x'.repeat(1000) + a.length); e.stack; a.push(e); }",
    "blobs": "const a = []; for (;;) a.push(new Blob(['x'.repeat(1e6)]));",
    "texts": "const a = []; for (let i = 0;; ++i) a.push(('x'.repeat(1e5) + i).toUpperCase());",
    "parsed": "const s = '[' + '{},'.repeat(1e5) + '1]', a = []; for (;;) a.push(JSON.parse(s));",
    "cloned": "const s = new Array(1e5).fill(0).map((_, i) => ({ i })), a = []; for (;;) a.push(structuredClone(s));",
    "bigints": "const a = []; for (;;) a.push(1n << (1n << 20n));",
    "streams": "const a = []; for (;;) { const t = new TransformStream(); t.writable.getWriter().write(new Array(1000).fill(1)); a.push(t); }",
    "wasm_memory": "const a = []; for (;;) { const m = new WebAssembly.Memory({ initial: 1 }); m.grow(500); "
                   "new Uint8Array(m.buffer).fill(1); a.push(m); }",
}

# One step that asks for more than there is: an exception, or the end of the request, and in any case an end.
BOMBS = {
    "doubled_string": "let s = 'x'; for (;;) s += s;",
    "flattened_string": "let s = 'x'; for (;;) { s += s; s.charCodeAt(1); }",
    "joined": "return new Array(1e7).fill('x'.repeat(1e3)).join().length;",
    "replaced": "return 'x'.repeat(1e5).replaceAll('x', 'y'.repeat(1e5)).length;",
    "padded": "return 'x'.padEnd(2 ** 29, 'y').length;",
    "huge_buffer": "return new ArrayBuffer(1e10).byteLength;",
    "huge_typed_array": "return new Float64Array(2 ** 32).length;",
    "huge_array": "return new Array(2 ** 32 - 1).fill(1).length;",
    "huge_apply": "return Math.max(...new Array(1e7));",
    "huge_map": "const m = new Map(); for (let i = 0; i <= 2 ** 24; ++i) m.set(i, i); return m.size;",
    "huge_set": "const s = new Set(); for (let i = 0; i <= 2 ** 24; ++i) s.add(i); return s.size;",
    "huge_bigint": "return (2n ** (2n ** 40n)).toString().length;",
    "squared_bigint": "let x = 3n; for (;;) x = x ** 2n;",
    "nested_json": "return JSON.stringify(JSON.parse('['.repeat(1e5) + ']'.repeat(1e5))).length;",
    "nested_json_text": "let a = []; for (let i = 0; i < 1e6; ++i) a = [a]; return JSON.stringify(a).length;",
    "flat": "let a = []; for (let i = 0; i < 1e5; ++i) a = [a, a]; return a.flat(Infinity).length;",
    "array_text": "let a = []; for (let i = 0; i < 1e5; ++i) a = [a]; return String(a).length;",
    "json_of_shared": "let a = [1]; for (let i = 0; i < 40; ++i) a = [a, a]; return JSON.stringify(a).length;",
    "clone_of_shared": "let a = [1]; for (let i = 0; i < 1e5; ++i) a = { a, b: a }; return structuredClone(a) !== a;",
    "console_of_shared": "let a = [1]; for (let i = 0; i < 40; ++i) a = [a, a]; console.log(a); return 'x';",
    "console_of_deep": "let a = []; for (let i = 0; i < 1e5; ++i) a = { a }; console.log(a, { p: new Proxy(a, {}) }); return 'x';",
    "headers": "const h = new Headers(); h.append('x', 'y'.repeat(2 ** 25)); return String(h.get('x').length);",
    "url": "return new URL('http://x/' + '%'.repeat(2 ** 27)).href.length;",
    "params": "return new URLSearchParams('a=b&'.repeat(1e6)).size;",
    "base64": "return atob(btoa('x'.repeat(2 ** 27))).length;",
    "encoded": "return new TextEncoder().encode('ä'.repeat(2 ** 27)).length;",
    "form": "const f = new FormData(); for (;;) f.append('x'.repeat(1000), 'y'.repeat(1000));",
    "response_text": "return (await new Response('x'.repeat(2 ** 26)).text()).length;",
    "regexp_size": "return new RegExp('(?:a{1000}){1000}').test('a');",
    "regexp_alternatives": "return new RegExp(new Array(1e5).fill('ab+c').join('|')).test('x');",
    "regexp_nesting": "return new RegExp('(?:'.repeat(1e5) + ')'.repeat(1e5)).test('x');",
    "template": "const s = 'x'.repeat(2 ** 28); return `${s}${s}${s}`.length;",
    "wasm_pages": "return new WebAssembly.Memory({ initial: 65536 }).buffer.byteLength;",
    "wasm_table": "return new WebAssembly.Table({ initial: 1e7, element: 'anyfunc' }).length;",
    "stack_trace": "Error.stackTraceLimit = Infinity; const f = () => f(); try { f(); } catch (e) { return e.stack.length; }",
    "stack_trace_limit": "Error.stackTraceLimit = 2 ** 31; let n = 0; const f = () => { if (++n < 5000) f(); else throw new Error('x'); }; "
                         "try { f(); } catch (e) { return e.stack.length; }",
    "prepared_recursion": "Error.prepareStackTrace = (e) => new Error('y').stack; return String(new Error('x').stack);",
    "error_causes": "let e = new Error('x'); for (let i = 0; i < 1e5; ++i) e = new Error('x', { cause: e }); throw e;",
    "self_cause": "const e = new Error('x'); e.cause = e; throw e;",
    "aggregate": "let e = new Error('x'); for (let i = 0; i < 60; ++i) e = new AggregateError([e, e]); console.log(e); throw e;",
    "like_from": "Array.from({ length: 2 ** 53 - 1 }, () => { for (;;); });",
    "stack_getter": "const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { for (;;); } }); throw e;",
    "message_getter": "throw { get message() { for (;;); }, get stack() { for (;;); } };",
    "thrown_proxy": "throw new Proxy({}, { get() { for (;;); }, getPrototypeOf() { for (;;); } });",
    "long_message": "throw new Error('x'.repeat(2 ** 28));",
}

# (module (func (export "loop") (loop (br 0))))
LOOP_WASM = bytes.fromhex("0061736d01000000" "010401600000" "03020100" "07080104" "6c6f6f70" "0000"
                          "0a09010700" "03400c000b0b")


def routes(attacks):
    return "\n".join(f"  {name}: async (request, env, ctx) => {{ {code} }}," for name, code in attacks.items())


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
limits = {{ cpu_ms = {scaled(60000, 600000)} }}
"""


class Attacks(Case):
    def neighbours(self, evil, cpu_ms, *arguments):
        verge = self.start({"verge.toml": CONFIGURATION % cpu_ms, "evil.js": evil, "healthy.js": HEALTHY,
                            "loop.wasm": LOOP_WASM}, *arguments, main="verge.toml")
        self.served = 0
        self.ask(verge)
        return verge

    def get(self, verge, host, path="/"):
        with verge.connect(timeout=TIMEOUT) as client:
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
                with verge.connect(timeout=TIMEOUT) as client:
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

        verge = self.each(HUNGRY, scaled(60_000, 600_000), check)
        if not SLOW:
            self.assertLess(verge.rss_bytes(), 1_500_000_000)

    def test_bombs(self):
        """One step that asks for too much."""
        def check(verge, name, response):
            self.assertIn(response.status, (200, 500, 503), response)
            if response.status == 503:
                self.assert_limit(response)
                verge.wait_for_log(f"GET /{name}: Worker exceeded its ")

        self.each(BOMBS, scaled(500, 5000), check)

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
        for _ in range(50):
            response = self.get(verge, "evil.test")
            self.assertIn(response.status, (200, 503))
            self.ask(verge)
            if "finalizer" in verge.log:
                break
        verge.wait_for_log("finalizer")
        self.ask(verge)

    def test_at_start(self):
        """Global scope has a limit as well; its worker's clients are told, others are not held up."""
        for code in ("for (;;);", "for (;;) encodeURIComponent('ä'.repeat(1e6));", "const a = []; for (;;) a.push(new Array(1e4).fill(1));",
                     "await new Promise(() => {});", "(function f() { Promise.resolve().then(f); })();", "throw { get stack() { for (;;); } };"):
            with self.subTest(code):
                verge = self.neighbours(code + "\nexport default { fetch: () => new Response('started') };", CPU_MS)
                response = self.get(verge, "evil.test")
                self.assertNotEqual(response.status, 200)
                self.ask(verge)

    def test_several_shards(self):
        """Runaway requests on two shards at a time: all of them are stopped, all others are answered."""
        names = ("long_turns", "large_function", "finally", "regexp", "recursion")
        verge = self.start({"verge.toml": CONFIGURATION % CPU_MS, "evil.js": self.worker({name: ENDLESS[name] for name in names}),
                            "healthy.js": HEALTHY}, main="verge.toml", shards=2)
        clients = [(name, verge.connect(timeout=TIMEOUT)) for name in names * scaled(4, 1)]
        try:
            for name, client in clients:
                client.send_request("GET", "/" + name, (), None, close=True, host="evil.test")
            for _ in range(20):
                self.assert_response(self.get(verge, "healthy.test"), 200)
            for _, client in clients:
                self.assert_limit(client.read_response())
        finally:
            for _, client in clients:
                client.close()
        self.assert_response(self.get(verge, "evil.test", "/fine"), 200, "fine")


POLLUTE = """
const names = ['get', 'set', 'value', 'writable', 'enumerable', 'configurable', 'then', 'done', 'next', 'return', '0', '1', 'length',
  'status', 'headers', 'body', 'kind', 'type', 'name', 'message', 'cause', 'constructor', 'toJSON', 'signal', 'method', 'once'];
const poisons = {
  // Reading one of them ends what reads it.
  getters(target, name) {
    Object.defineProperty(target, name, { __proto__: null, get() { throw new Error('poison ' + name); }, set(v) {}, configurable: true });
  },
  // Values of the wrong type.
  values(target, name) {
    Object.defineProperty(target, name, { __proto__: null, value: 42n, writable: true, configurable: true });
  },
  functions(target, name) {
    Object.defineProperty(target, name, { __proto__: null, value: function () { return this; }, writable: true, configurable: true });
  },
};
"""


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
      indirect: () => (0, eval)('1'),
      timer: () => setTimeout('1', 0),
      wasm: () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
      callSites: () => {
        let site;
        Error.prepareStackTrace = (error, sites) => { site = sites; return ''; };
        new Error().stack;
        Error.prepareStackTrace = undefined;
        return (site ?? []).map((each) => typeof each.getThis() + typeof each.getFunction()).join();
      },
      caller: () => { try { return typeof arguments.callee.caller; } catch (e) { return 'undefined'; } },
      ownRealm: () => Object.getPrototypeOf(request.url.constructor) === Function.prototype,
      natives: () => ['%DebugPrint', 'internalBinding', 'primordials', 'native', 'internal', 'require', 'gc', 'd8', 'Deno', 'Bun']
        .filter((x) => x in globalThis).length,
    };
    try { return new Response(String(await routes[new URL(request.url).pathname.slice(1)]())); }
    catch (e) { return new Response(`${e.name}: ${e.message}`); }
""")

    def test_code_from_strings(self):
        for name in ["constructor", "ofResponse", "ofEnv", "ofContext", "asyncGenerator", "ofError", "indirect"]:
            with self.subTest(name):
                self.assert_response(self.verge.get("/" + name), 200,
                                     "EvalError: Code generation from strings disallowed for this context")
        self.assertIn("Error: ", self.verge.get("/timer").text)
        self.assertIn("CompileError: ", self.verge.get("/wasm").text)

    def test_call_sites(self):
        for each in self.verge.get("/callSites").text.split(","):
            self.assertIn(each, ("", "undefinedundefined"), "strict code gives neither its receiver nor its function")
        self.assertEqual(self.verge.get("/caller").text, "undefined")

    def test_nothing_of_the_runtime(self):
        self.assert_response(self.verge.get("/ownRealm"), 200, "true")
        self.assert_response(self.verge.get("/natives"), 200, "0")


class Pollution(Case):
    """A worker that poisons the prototypes of the language breaks itself at most; APIs keep working where they can."""

    CALLS = {
        "response": "return new Response('ok');",
        "json": "return Response.json('ok');",
        "headers": "const h = new Headers([['a', 'ok']]); return new Response(h.get('a'));",
        "headers_iterated": "let out = ''; new Headers({ a: 'ok' }).forEach((v) => { out += v; }); return new Response(out);",
        "request": "return new Response(new Request('http://x/ok').url.slice(-2));",
        "url": "return new Response(new URL('http://x/ok').pathname.slice(1));",
        "params": "return new Response(new URLSearchParams('a=ok').get('a'));",
        "blob": "return new Response(await new Blob(['o', 'k']).text());",
        "form": "const f = new FormData(); f.set('a', 'ok'); return new Response(f.get('a'));",
        "body": "return new Response(await new Response('ok').text());",
        "bytes": "return new Response(await new Response('ok').arrayBuffer());",
        "stream": "return new Response(new ReadableStream({ __proto__: null, start(c) { c.enqueue(new TextEncoder().encode('ok')); c.close(); } }));",
        "pipe": "return new Response(new Blob(['o', 'k']).stream().pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream()));",
        "tee": "const [a, b] = new Response('ok').body.tee(); return new Response(b);",
        "compression": "return new Response(new Blob(['ok']).stream().pipeThrough(new CompressionStream('gzip'))"
                       ".pipeThrough(new DecompressionStream('gzip')));",
        "clone": "return new Response(structuredClone('ok'));",
        "event": "const t = new EventTarget(); let out; t.addEventListener('x', () => { out = 'ok'; }); t.dispatchEvent(new Event('x')); "
                 "return new Response(out);",
        "abort": "const c = new AbortController(); c.abort(); return new Response(c.signal.aborted ? 'ok' : 'no');",
        "timer": "await new Promise((r) => setTimeout(r, 1)); return new Response('ok');",
        "digest": "await crypto.subtle.digest('SHA-256', new Uint8Array(4)); return new Response('ok');",
        "console": "console.log({ a: [1, new Map([[1, 2]])] }, new Error('x')); return new Response('ok');",
        "error": "throw new TypeError('x');",
        "rejection": "Promise.reject(new Error('x')); return new Response('ok');",
        "message": "const { port1, port2 } = new MessageChannel(); const got = new Promise((r) => { port2.onmessage = (e) => r(e.data); }); "
                   "port1.postMessage('ok'); return new Response(await got);",
        "buffer": "return new Response((await import('node:buffer')).Buffer.from('ok').toString());",
        "util": "return new Response((await import('node:util')).inspect({ a: 1 }) ? 'ok' : '');",
        "performance": "performance.mark('x'); return new Response(performance.getEntries().length ? 'ok' : '');",
        "event_source": "return new Response(typeof EventSource === 'function' ? 'ok' : '');",
        "cache": "await caches.default.put('http://x/', new Response('ok', { __proto__: null, headers: [['cache-control', 'max-age=60']] })); "
                 "return new Response('ok');",
    }

    def worker(self):
        return (POLLUTE + "const calls = {\n" + routes(self.CALLS) + "\n};\n" + handler("""
    const [, poison, prototype, call] = new URL(request.url).pathname.split('/');
    const target = { object: Object.prototype, array: Array.prototype, function: Function.prototype, promise: Promise.prototype }[prototype];
    for (const name of names) {
      if (!Object.hasOwn(target, name) && !(prototype === 'function' && name === 'name')) poisons[poison](target, name);
    }
    return calls[call]();
"""))

    def test_every_poison(self):
        """The process lives, the client gets an answer, and the next isolate is whole."""
        verge = self.start({"verge.toml": CONFIGURATION % scaled(5000, 60000), "evil.js": self.worker(), "healthy.js": HEALTHY},
                           main="verge.toml")
        for poison in ("getters", "values", "functions"):
            for prototype in ("object", "array", "function", "promise"):
                for call in self.CALLS:
                    with self.subTest(f"{poison} {prototype} {call}"), verge.connect(timeout=TIMEOUT) as client:
                        client.send_request("GET", f"/{poison}/{prototype}/{call}", (), None, close=True, host="evil.test")
                        response = client.read_response("GET")
                        self.assertIn(response.status, (200, 500, 503), response)
        with verge.connect(timeout=TIMEOUT) as client:
            client.send_request("GET", "/", (), None, close=True, host="healthy.test")
            self.assert_response(client.read_response("GET"), 200, "1")

    def test_what_keeps_working(self):
        """Accessors and values on Object.prototype do not change what the APIs do, each in a fresh isolate."""
        for poison in ("getters", "values"):
            verge = None
            for call in self.CALLS:
                if call == "error":
                    continue
                with self.subTest(f"{poison} {call}"):
                    verge = self.start(self.worker(), "--cpu-ms", scaled(5000, 60000))
                    self.assert_response(verge.get(f"/{poison}/object/{call}"), 200, "ok")
                    verge.stop()
