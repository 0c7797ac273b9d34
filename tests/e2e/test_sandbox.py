"""What code may not do, the context of an event, and clocks."""

import json
import time

from e2e.harness import Case, SharedCase, handler

WORKER = """
const atStart = { eval: eval("1 + 1"), fn: new Function("a", "return a * 2")(21) };
const attempt = async (f) => {
  try { return String(await f()); } catch (e) { return `${e.name}: ${e.message}`; }
};
const wasm = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
const routes = {
  start: () => JSON.stringify(atStart),
  eval: () => eval("1 + 1"),
  indirect: () => (0, eval)("1 + 1"),
  evalNoCode: () => eval({ toString: () => "1" }) instanceof Object,
  newFunction: () => new Function("return 1")(),
  asyncFunction: () => new (async () => {}).constructor("return 1")(),
  generatorFunction: () => new (function* () {}).constructor("yield 1")(),
  timeoutString: () => setTimeout("globalThis.hacked = 1", 0),
  intervalString: () => setInterval("globalThis.hacked = 1", 0),
  wasmCompile: () => WebAssembly.compile(wasm),
  wasmModule: () => new WebAssembly.Module(wasm),
  wasmInstantiate: () => WebAssembly.instantiate(wasm),
  wasmValidate: () => WebAssembly.validate(wasm),
  dynamicImportOfData: () => import("data:text/javascript,export default 1"),
  env: (env) => Object.keys(env).join(),
  globals: () => ["process", "require", "module", "Deno", "Bun", "gc", "internal", "native", "primordials", "print", "load"]
    .filter((name) => name in globalThis).join(),
  errorStackIsClean: () => { try { new URL("bad"); } catch (e) { return e.stack.split("\\n").length; } },
};
export default {
  async fetch(request, env, ctx) {
    const name = new URL(request.url).pathname.slice(1);
    return new Response(await attempt(() => routes[name](env)));
  },
};
"""


class CodeFromStrings(SharedCase):
    worker = WORKER

    def route(self, name):
        response = self.verge.get("/" + name)
        self.assert_response(response, 200)
        return response.text

    def test_allowed_at_start(self):
        self.assertEqual(self.route("start"), '{"eval":2,"fn":42}')

    def test_refused_in_handlers(self):
        for name in ["eval", "indirect", "newFunction", "asyncFunction", "generatorFunction"]:
            with self.subTest(name):
                self.assertEqual(self.route(name), "EvalError: Code generation from strings disallowed for this context")

    def test_eval_of_no_string(self):
        self.assertEqual(self.route("evalNoCode"), "true")

    def test_timers_take_functions_only(self):
        self.assertTrue(self.route("timeoutString").startswith("TypeError: "))
        self.assertTrue(self.route("intervalString").startswith("TypeError: "))

    def test_wasm_from_bytes(self):
        for name in ["wasmCompile", "wasmModule", "wasmInstantiate"]:
            with self.subTest(name):
                text = self.route(name)
                self.assertTrue(text.startswith("CompileError: WebAssembly."), text)
                self.assertIn("Wasm code generation disallowed by embedder", text)
        self.assertEqual(self.route("wasmValidate"), "true")

    def test_allowed(self):
        """An operator who trusts the code can allow it."""
        verge = self.start(handler("""
            const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
            return new Response(`${eval("1 + 1")} ${new Function("return 3")()} ${await WebAssembly.compile(bytes)}`);"""),
                           "--allow-eval")
        self.assert_response(verge.get("/"), 200, "2 3 [object WebAssembly.Module]")

    def test_import_of_data(self):
        self.assertIn("No such module", self.route("dynamicImportOfData"))

    def test_nothing_leaks_into_the_global_scope(self):
        # `process` has the variables of `env` and nothing of the machine's: see tests/workers.
        self.assertEqual(self.route("globals"), "process")
        self.assertEqual(self.route("env"), "")


class Contexts(Case):
    def test_wait_until(self):
        """Work goes on after the response, and the client does not wait for it."""
        verge = self.start(handler("""
    let go;
    const gate = new Promise((resolve) => { go = resolve; });
    ctx.waitUntil((async () => {
      for (let i = 0; i < 5; ++i) await new Promise((r) => setTimeout(r, 10));
      console.log('the work is done');
    })());
    console.log('the response is returned');
    return new Response('early');
"""))
        self.assert_response(verge.get("/"), 200, "early")
        verge.wait_for_log("the work is done")
        self.assertLess(verge.log.index("the response is returned"), verge.log.index("the work is done"))

    def test_timers_alone_do_not_keep_it(self):
        """Without waitUntil, what is pending ends with the response."""
        verge = self.start("let fired = 0;\n" + handler("""
    if (request.url.endsWith('/fired')) {
      await new Promise((r) => setTimeout(r, 100));
      return new Response(String(fired));
    }
    setTimeout(() => { ++fired; }, 20);
    return new Response('x');
"""))
        self.assert_response(verge.get("/"), 200, "x")
        self.assert_response(verge.get("/fired"), 200, "0")

    def test_several_wait_untils(self):
        verge = self.start(handler("""
    const later = (ms, text) => new Promise((r) => setTimeout(r, ms)).then(() => console.log(text));
    ctx.waitUntil(later(5, 'first'));
    ctx.waitUntil(later(10, 'second').then(() => ctx.waitUntil(later(10, 'third'))));
    ctx.waitUntil('no promise at all');
    ctx.waitUntil(Promise.reject(new Error('one of them fails')));
    return new Response('x');
"""))
        self.assert_response(verge.get("/"), 200, "x")
        verge.wait_for_log("third")
        verge.wait_for_log("one of them fails")

    def test_detached(self):
        verge = self.start(handler("""
    const { waitUntil } = ctx;
    try { waitUntil(Promise.resolve()); return new Response('?'); }
    catch (e) { return new Response(`${e.name}: ${e.message}`); }
"""))
        self.assert_response(verge.get("/"), 200, "TypeError: Illegal invocation")

    def test_pass_through_on_exception(self):
        verge = self.start(handler("ctx.passThroughOnException();\nreturn new Response('fine');"))
        self.assert_response(verge.get("/"), 200, "fine")

    def test_global_scope_after_start(self):
        """A promise made in global scope whose reaction runs during a request belongs to no event."""
        verge = self.start("""
let release;
const result = new Promise((r) => { release = r; }).then(() => {
  try { setTimeout(() => {}, 1); return 'allowed'; } catch (e) { return e.message.slice(0, 49); }
});
export default {
  async fetch() { release(); return new Response(await result); },
};""")
        self.assert_response(verge.get("/"), 200, "Disallowed operation called within global scope. ")


CLOCKS = """
const start = Date.now();
function busy() { let x = 0; for (let i = 0; i < 5e6; ++i) x += i % 7; return x; }
export default {
  async fetch() {
    const t0 = [Date.now(), performance.now(), +new Date(), new Date().getTime()];
    busy();
    await null;
    busy();
    const t1 = [Date.now(), performance.now(), +new Date(), new Date().getTime()];
    const intl = new Intl.DateTimeFormat('en', { fractionalSecondDigits: 3, second: 'numeric' });
    const f0 = intl.format();
    busy();
    const f1 = intl.format();
    await new Promise((r) => setTimeout(r, 25));
    const t2 = [Date.now(), performance.now()];
    return Response.json({ t0, t1, t2, f0, f1, start });
  },
};
"""


class Clocks(Case):
    def test_frozen_in_serve(self):
        verge = self.start(CLOCKS, "--cpu-ms", "10000")
        for _ in range(5):
            result = json.loads(verge.get("/").text)
            self.assertEqual(result["t0"], result["t1"])
            self.assertEqual(result["f0"], result["f1"])
            self.assertGreaterEqual(result["t2"][0] - result["t0"][0], 24)
            self.assertGreaterEqual(result["t2"][1] - result["t0"][1], 24)

    def test_running_in_dev(self):
        verge = self.start(CLOCKS, command="dev")
        result = json.loads(verge.get("/").text)
        self.assertGreater(result["t1"][1], result["t0"][1])
        self.assertGreater(result["t1"][0], result["t0"][0])

    def test_wall_clock_is_right(self):
        verge = self.start(handler("return Response.json(Date.now());"))
        before = time.time() * 1000
        shown = json.loads(verge.get("/").text)
        self.assertLess(abs(shown - before), 60_000)

    def test_timers_are_in_order(self):
        verge = self.start(handler("""
    const order = [];
    const add = (x) => () => order.push(x);
    setTimeout(add('c'), 20);
    setTimeout(add('b'), 10);
    setTimeout(add('a1'), 0);
    setTimeout(add('a2'), 0);
    setTimeout(add('a3'), -5);
    const cleared = setTimeout(add('never'), 5);
    clearTimeout(cleared);
    clearTimeout(cleared);
    clearTimeout(123456);
    queueMicrotask(add('microtask'));
    await new Promise((r) => setTimeout(r, 40, 'argument'));
    return new Response(order.join());
"""))
        self.assert_response(verge.get("/"), 200, "microtask,a1,a2,a3,b,c")

    def test_intervals(self):
        verge = self.start(handler("""
    let n = 0;
    await new Promise((resolve) => {
      const id = setInterval(() => { if (++n === 5) { clearInterval(id); resolve(); } }, 1);
    });
    await new Promise((r) => setTimeout(r, 20));
    return new Response(String(n));
"""))
        self.assert_response(verge.get("/"), 200, "5")
