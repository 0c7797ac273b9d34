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
    "builtin_set": "new Set({ [Symbol.iterator]: () => ({ next: Object }) });",
    "builtin_map": "new Map({ [Symbol.iterator]: () => ({ next: Object.bind(null, { value: [1, 2] }) }) });",
    "builtin_iterator": "Iterator.prototype.find.call({ next: Object }, Boolean);",
    "builtin_drop": "Iterator.prototype.drop.call({ next: Object }, 2 ** 53 - 1).next();",
    "reactions": "const args = [], p = Promise.resolve(); "
                 "const f = Reflect.apply.bind(null, Promise.prototype.then, p, args); args.push(f); "
                 "p.then(f); await new Promise(() => {});",
    # Lists that say they are long.
    **{f"like_{name}": f"[].{name}.call({{ length: 2 ** 53 - 1 }}, Boolean);" for name in (
        "includes indexOf fill sort").split()},
    **{f"sparse_{name}": f"new Array(2 ** 32 - 1).{name}(1);" for name in "indexOf includes".split()},
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
