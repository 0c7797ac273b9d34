"""What a worker may be made of, and how it is refused."""

from e2e.harness import Case, SharedCase, handler

# (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
ADD_WASM = bytes.fromhex("0061736d01000000" "0107016002" "7f7f017f" "03020100" "0707010361646400" "00"
                         "0a09010700200020016a0b")

FILES = {
    "worker.js": """
import { greet, url as greetUrl } from "./lib/greet.js";
import add from "./add.wasm";
import addAgain from "./add.wasm?module";
import text from "./assets/note.txt";
import page from "./assets/page.html";
import query from "./assets/query.sql";
import bytes from "./assets/blob.bin";
import plain from "./assets/data.json";
import json from "./assets/data.json" with { type: "json" };
import jsonText from "./assets/data.json" with { type: "text" };
import source from "./lib/greet.js" with { type: "text" };
import sourceBytes from "./assets/note.txt" with { type: "bytes" };
import fromRoot from "/lib/root.js";
import { early } from "./lib/cycle_a.js";

let loads = 0;
const answer = await Promise.resolve(42);
const late = await import("./lib/late.js");

const routes = {
  greet: () => greet("you"),
  urls: () => [import.meta.url, greetUrl, import.meta.main].join(" "),
  wasm: () => {
    const instance = new WebAssembly.Instance(add);
    const again = new WebAssembly.Instance(addAgain);
    return [add instanceof WebAssembly.Module, instance.exports.add(19, 23), again.exports.add(-1, 1)].join(" ");
  },
  wasmAsync: async () => (await WebAssembly.instantiate(add)).exports.add(1, 2),
  texts: () => JSON.stringify([text, page, query, typeof text]),
  bytes: () => [bytes instanceof ArrayBuffer, bytes.byteLength, ...new Uint8Array(bytes)].join(" "),
  json: () => JSON.stringify([plain, json, plain.nested[1] === json.nested[1], jsonText]),
  asText: () => source.split("\\n")[0],
  asBytes: () => [sourceBytes.constructor.name, sourceBytes.byteLength].join(" "),
  fromRoot: () => fromRoot,
  tla: () => `${answer} ${late.default}`,
  dynamic: async () => {
    const [a, b] = await Promise.all([import("./lib/dynamic.js"), import(`./lib/${"dynamic"}.js`)]);
    return `${a.value} ${a === b} ${a.count()} ${b.count()} ${a.url}`;
  },
  dynamicJson: async () => (await import("./assets/data.json", { with: { type: "json" } })).default.name,
  dynamicMissing: async () => import("./lib/nowhere.js").then(() => "?", (e) => `${e.name}: ${e.message}`),
  dynamicBadSyntax: async () => import("./lib/broken.js").then(() => "?", (e) => `${e.name}: ${e.message}`),
  dynamicThrows: async () => {
    const one = await import("./lib/throws.js").catch((e) => e);
    const two = await import("./lib/throws.js").catch((e) => e);
    return `${one.message} ${one === two}`;
  },
  dynamicAttribute: async () =>
    import("./assets/data.json", { with: { kind: "json" } }).then(() => "?", (e) => `${e.name}: ${e.message}`),
  outside: async () => import("../../../../etc/passwd").then(() => "?", (e) => e.message),
  bare: async () => import("lodash").then(() => "?", (e) => e.message),
  node: async () => import("node:nothing").then(() => "?", (e) => e.message),
  cycle: () => early(),
  loads: () => String(++loads),
};

export default {
  async fetch(request) {
    const name = new URL(request.url).pathname.slice(1);
    return new Response(await routes[name]());
  },
};
""",
    "lib/greet.js": "import { name } from './deeper/name.mjs';\nexport const url = import.meta.url;\n"
                    "export const greet = (who) => `hello ${who}, I am ${name}`;\n",
    "lib/deeper/name.mjs": "import { suffix } from '../../suffix.js';\nexport const name = 'a module' + suffix;\n",
    "suffix.js": "export const suffix = '!';\n",
    "lib/root.js": "export default 'from the root';\n",
    "lib/late.js": "await null;\nexport default 'late';\n",
    "lib/dynamic.js": "let n = 0;\nexport const value = 'dynamic';\nexport const count = () => ++n;\n"
                      "export const url = import.meta.url;\n",
    "lib/broken.js": "export const x = ;\n",
    "lib/throws.js": "throw new Error('thrown by a module');\n",
    "lib/cycle_a.js": "import { b } from './cycle_b.js';\nexport const a = 'a';\nexport const early = () => a + b();\n",
    "lib/cycle_b.js": "import { a } from './cycle_a.js';\nexport const b = () => 'b' + a;\n",
    "add.wasm": ADD_WASM,
    "assets/note.txt": "a note \u2713\n",
    "assets/page.html": "<p>page</p>",
    "assets/query.sql": "SELECT 1;",
    "assets/blob.bin": bytes([0, 1, 254, 255]),
    "assets/data.json": '{"name": "data", "nested": [1, 2]}',
}


class Modules(SharedCase):
    worker = FILES

    def route(self, name):
        response = self.verge.get("/" + name)
        self.assert_response(response, 200)
        return response.text

    def test_relative_imports(self):
        self.assertEqual(self.route("greet"), "hello you, I am a module!")

    def test_import_from_the_root(self):
        self.assertEqual(self.route("fromRoot"), "from the root")

    def test_import_meta(self):
        self.assertEqual(self.route("urls"), "file:///worker.js file:///lib/greet.js true")

    def test_wasm(self):
        self.assertEqual(self.route("wasm"), "true 42 0")
        self.assertEqual(self.route("wasmAsync"), "3")

    def test_text(self):
        self.assertEqual(self.route("texts"), '["a note \u2713\\n","<p>page</p>","SELECT 1;","string"]')

    def test_data(self):
        self.assertEqual(self.route("bytes"), "true 4 0 1 254 255")

    def test_json(self):
        data = '{"name":"data","nested":[1,2]}'
        self.assertEqual(self.route("json"), f'[{data},{data},true,"{{\\"name\\": \\"data\\", \\"nested\\": [1, 2]}}"]')

    def test_import_as_text_and_bytes(self):
        self.assertEqual(self.route("asText"), "import { name } from './deeper/name.mjs';")
        self.assertEqual(self.route("asBytes"), "ArrayBuffer 11")

    def test_top_level_await(self):
        self.assertEqual(self.route("tla"), "42 late")

    def test_dynamic_import(self):
        self.assertEqual(self.route("dynamic"), "dynamic true 1 2 file:///lib/dynamic.js")
        # The module keeps its state from one request to the next.
        self.assertEqual(self.route("dynamic"), "dynamic true 3 4 file:///lib/dynamic.js")
        self.assertEqual(self.route("dynamicJson"), "data")

    def test_dynamic_import_fails(self):
        self.assertEqual(self.route("dynamicMissing"),
                         'Error: No such module "lib/nowhere.js", imported from "worker.js": No such file or directory')
        self.assertEqual(self.route("dynamicBadSyntax"), "SyntaxError: Unexpected token ';'")
        self.assertEqual(self.route("dynamicThrows"), "thrown by a module true")
        self.assertEqual(self.route("dynamicAttribute"),
                         'TypeError: Unsupported import attribute "kind" in the import of "./assets/data.json" from '
                         '"worker.js"')

    def test_imports_stay_in_the_directory(self):
        self.assertIn('No such module "etc/passwd"', self.route("outside"))

    def test_bare_specifiers(self):
        self.assertEqual(self.route("bare"),
                         'No such module "lodash", imported from "worker.js". Specifiers start with "./", "../" or "/"; '
                         "packages have to be bundled into the worker first.")
        error = self.route("node")
        self.assertTrue(error.startswith('No such module "node:nothing", imported from "worker.js". verge has no built-in '
                                         'module of that name; it has "cloudflare:workers", "node:assert"'), error)

    def test_cycle(self):
        self.assertEqual(self.route("cycle"), "aba")

    def test_module_state_lives_on(self):
        first = int(self.route("loads"))
        self.assertEqual(int(self.route("loads")), first + 1)


class Shapes(Case):
    def test_hello(self):
        verge = self.start("export default { fetch() { return new Response('Hello'); } };")
        self.assert_response(verge.get("/"), 200, "Hello")

    def test_ready_line(self):
        verge = self.start({"hello.js": handler("return new Response('x')")}, "--cpu-ms", "20", main="hello.js")
        self.assertEqual(verge.ready_line,
                         f"verge {verge.version}: hello at http://127.0.0.1:{verge.port} (1 shard, 20 ms CPU a request)")

    def test_handler_has_its_receiver(self):
        verge = self.start("export default { name: 'me', fetch() { return new Response(this.name); } };")
        self.assert_response(verge.get("/"), 200, "me")

    def test_class_with_inherited_handler(self):
        verge = self.start("class Base { fetch(request, env) { return new Response(this.constructor.name + env.A); } }\n"
                           "export default new (class Site extends Base {})();", "--var", "A=!")
        self.assert_response(verge.get("/"), 200, "Site!")

    def test_default_export_function(self):
        verge = self.start("export default function handler(request, env, ctx) {\n"
                           "  return new Response(`${request.method} ${this === undefined} ${env.A} ${typeof ctx.waitUntil}`);\n"
                           "}", "--var", "A=b")
        self.assert_response(verge.get("/"), 200, "GET true b function")

    def test_result_may_be_a_thenable(self):
        verge = self.start("export default { fetch() { return { then(f) { f(new Response('thenable')); } }; } };")
        self.assert_response(verge.get("/"), 200, "thenable")

    def test_service_worker(self):
        verge = self.start("""
addEventListener("fetch", (event) => {
  event.waitUntil(Promise.resolve());
  event.respondWith(respond(event.request));
});
async function respond(request) {
  const notTwice = (() => { try { event.respondWith(); } catch (e) { return e.name; } })();
  return new Response([NAME, globalThis.NAME, JSON.stringify(LIST), this === undefined, new URL(request.url).pathname,
                       notTwice].join(" "));
}
""", "--var", "NAME=verge", "--var", "LIST=x")
        self.assert_response(verge.get("/p"), 200, 'verge verge "x" false /p ReferenceError')

    def test_service_worker_without_respond_with(self):
        verge = self.start("addEventListener('fetch', (event) => {});")
        self.assert_exception(verge.get("/"))
        verge.wait_for_log('No listener of the "fetch" event called event.respondWith().')

    def test_service_worker_responds_twice(self):
        verge = self.start("addEventListener('fetch', (event) => {\n"
                           "  event.respondWith(new Response('one'));\n"
                           "  try { event.respondWith(new Response('two')); } catch (e) { console.log('caught ' + e.name); }\n"
                           "});")
        self.assert_response(verge.get("/"), 200, "one")
        verge.wait_for_log("caught InvalidStateError")

    def test_service_worker_in_sloppy_mode(self):
        # `with` is no module syntax: the file can only be a script.
        verge = self.start("var o = { text: 'sloppy' };\n"
                           "addEventListener('fetch', function (event) {\n"
                           "  with (o) { event.respondWith(new Response(text)); }\n});")
        self.assert_response(verge.get("/"), 200, "sloppy")

    def test_nothing_of_another_isolate(self):
        # Each shard has its own module state.
        verge = self.start("let n = 0;\n" + handler("return new Response(String(++n));"), shards=2)
        counts = [int(verge.get("/").text) for _ in range(200)]
        self.assertEqual(max(counts.count(i) for i in counts), 2, "both shards count from one")
        self.assertIn("(2 shards, ", verge.ready_line)


class FailureToStart(Case):
    def test_missing_module(self):
        error = self.fail_to_start("import a from './a.js';\nimport  { x } from './lib/missing.js';\nexport default {};")
        self.assertEqual(error.splitlines()[0],
                         'verge: worker.js:1:15: Error: No such module "a.js", imported from "worker.js": No such file or '
                         "directory")

    def test_missing_module_of_a_module(self):
        error = self.fail_to_start({"worker.js": "import './lib/a.js';\nexport default { fetch() {} };",
                                    "lib/a.js": "// comment\nimport { x } from '../b.js';\n"})
        self.assertEqual(error.splitlines(), [
            'verge: lib/a.js:2:19: Error: No such module "b.js", imported from "lib/a.js": No such file or directory',
            "    import { x } from '../b.js';",
            "                      ^"])

    def test_missing_export(self):
        error = self.fail_to_start({"worker.js": "import { nope } from './a.js';\nexport default { fetch: nope };",
                                    "a.js": "export const yes = 1;"})
        self.assertTrue(error.startswith("verge: worker.js:1:10: SyntaxError: The requested module './a.js' does not "
                                         "provide an export named 'nope'\n"), error)

    def test_bare_import(self):
        error = self.fail_to_start("import _ from 'lodash';\nexport default {};")
        self.assertTrue(error.startswith("verge: worker.js:1:15: Error: No such module \"lodash\", imported from "
                                         '"worker.js". Specifiers start with "./", "../" or "/"; packages have to be '
                                         "bundled into the worker first.\n"), error)

    def test_bad_attribute(self):
        error = self.fail_to_start({"worker.js": "import d from './d.json' with { kind: 'json' };\nexport default {};",
                                    "d.json": "{}"})
        self.assertTrue(error.startswith('verge: worker.js:1:15: TypeError: Unsupported import attribute "kind"'), error)
        error = self.fail_to_start({"worker.js": "import d from './d.json' with { type: 'css' };\nexport default {};",
                                    "d.json": "{}"})
        self.assertTrue(error.startswith('verge: worker.js:1:15: TypeError: Unsupported import type "css"'), error)
        error = self.fail_to_start({"worker.js": "import d from './d.txt' with { type: 'json' };\nexport default {};",
                                    "d.txt": "{}"})
        self.assertTrue(error.startswith('verge: worker.js:1:15: TypeError: Module "d.txt" is not JSON'), error)

    def test_bad_json(self):
        error = self.fail_to_start({"worker.js": "import d from './d.json';\nexport default {};", "d.json": '{"a": }'})
        self.assertIn('SyntaxError: In "d.json": ', error)
        self.assertTrue(error.startswith("verge: worker.js:1:15: "), error)

    def test_bad_wasm(self):
        error = self.fail_to_start({"worker.js": "import m from './m.wasm';\nexport default {};", "m.wasm": b"\0asm!"})
        self.assertTrue(error.startswith("verge: worker.js:1:15: CompileError: "), error)

    def test_common_js(self):
        error = self.fail_to_start({"worker.js": "import m from './m.cjs';\nexport default {};", "m.cjs": "exports.a = 1"})
        self.assertTrue(error.startswith('verge: worker.js:1:15: Error: "m.cjs" is a CommonJS module; '), error)

    def test_syntax_error(self):
        error = self.fail_to_start("export default {\n  fetch( { return 1 }\n};")
        self.assertEqual(error.splitlines(), ["verge: worker.js:2:19: SyntaxError: Unexpected number",
                                              "      fetch( { return 1 }", "                      ^"])

    def test_syntax_error_of_an_import(self):
        error = self.fail_to_start({"worker.js": "import './b.js';\nexport default {};", "b.js": "\n let a = 1 +;\n"})
        self.assertTrue(error.startswith("verge: b.js:2:13: SyntaxError: Unexpected token ';'\n"), error)

    def test_throw(self):
        error = self.fail_to_start("function f() {\n  throw new TypeError('at the top');\n}\nf();\nexport default {};")
        self.assertEqual(error.splitlines(), ["verge: worker.js:2:9: TypeError: at the top",
                                              "      throw new TypeError('at the top');", "            ^",
                                              "    at f (worker.js:2:9)", "    at worker.js:4:1"])

    def test_throw_after_await(self):
        error = self.fail_to_start("await null;\nthrow new Error('later');\nexport default {};")
        self.assertTrue(error.startswith("verge: worker.js:2:7: Error: later\n"), error)
        self.assertEqual(error.count("later"), 2, error)  # the message and the source line

    def test_throw_of_odd_values(self):
        for value, text in [("'just text'", "just text"), ("null", "null"), ("undefined", "undefined"), ("42", "42"),
                            ("Symbol('s')", "Symbol(s)"), ("{ message: 'like one' }", "like one")]:
            with self.subTest(value):
                error = self.fail_to_start(f"throw {value};\nexport default {{}};")
                self.assertTrue(error.startswith(f"verge: worker.js: uncaught exception: {text}\n"), error)

    def test_throw_in_a_script(self):
        error = self.fail_to_start("addEventListener('fetch', () => {});\n  missing();")
        self.assertTrue(error.startswith("verge: worker.js:2:3: ReferenceError: missing is not defined\n"), error)

    def test_await_that_never_ends(self):
        error = self.fail_to_start("await new Promise(() => {});\nexport default {};")
        self.assertTrue(error.startswith("verge: worker.js: a top-level await never finishes: "), error)

    def test_no_handlers(self):
        error = self.fail_to_start("const a = 1;")
        self.assertTrue(error.startswith("verge: worker.js: the worker handles no events; "), error)
        error = self.fail_to_start("export default {};")
        self.assertTrue(error.startswith("verge: worker.js: the default export has no fetch() handler; "), error)
        error = self.fail_to_start("export default { fetch: 'no function' };")
        self.assertTrue(error.startswith("verge: worker.js: the default export has no fetch() handler; "), error)
        error = self.fail_to_start("export const fetch = () => {};")
        self.assertTrue(error.startswith("verge: worker.js: the worker has no default export; "), error)
        error = self.fail_to_start("export default 42;")
        self.assertTrue(error.startswith("verge: worker.js: the worker has no default export; "), error)

    def test_handler_getter_throws(self):
        error = self.fail_to_start("export default {\n  get fetch() { throw new Error('no'); },\n};")
        self.assertTrue(error.startswith("verge: worker.js:2:17: Error: no\n"), error)

    def test_infinite_loops(self):
        for code in ["while (true) {}\nexport default {};", "while (true) {}", "for (;;) await null;\nexport default {};",
                     "export default { get fetch() { for (;;); } };", "/^(a+)+$/.test('a'.repeat(50) + 'b');\nexport default {};",
                     "(function f() { Promise.resolve().then(f); })();\nexport default {};",
                     "import('./loop.js');\nexport default { fetch() {} };"]:
            with self.subTest(code):
                error = self.fail_to_start({"worker.js": code, "loop.js": "for (;;);"})
                self.assertTrue(error.startswith("verge: worker.js: the worker's global scope used more than 1000 ms of "
                                                 "CPU time"), error)
                self.assertEqual(len(error.splitlines()), 1, error)

    def test_memory(self):
        # Memory has to be what ends first, on a slow machine, too.
        error = self.fail_to_start({
            "wrangler.toml": 'name = "w"\nmain = "worker.js"\nlimits = { startup_ms = 60000 }\n',
            "worker.js": "const a = [];\nfor (;;) a.push(new Array(1e6).fill(a.length + 0.5));\nexport default {};",
        }, main="wrangler.toml")
        self.assertRegex(error, "^verge: worker.js: the worker ran out of memory while it started: Worker exceeded its memory limit "
                                "of 128 MB: [0-9]+ MB of heap and [0-9]+ MB of buffers in use or asked for")

    def test_deep_recursion(self):
        error = self.fail_to_start("function f() { return f() + 1; }\nf();\nexport default {};")
        self.assertTrue(error.startswith("verge: worker.js:1:"), error)
        self.assertIn("RangeError: Maximum call stack size exceeded", error.splitlines()[0])

    def test_io_in_global_scope(self):
        text = "Error: Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), setting "
        for code in ["setTimeout(() => {}, 1)", "setInterval(() => {}, 1)", "crypto.randomUUID()",
                     "crypto.getRandomValues(new Uint8Array(1))"]:
            with self.subTest(code):
                error = self.fail_to_start(f"  {code};\nexport default {{ fetch() {{}} }};")
                self.assertRegex(error.splitlines()[0], r"^verge: worker\.js:1:\d+: " + text.replace("(", r"\(")
                                 .replace(")", r"\)").replace(".", r"\."))

    def test_empty_file(self):
        error = self.fail_to_start("")
        self.assertTrue(error.startswith("verge: worker.js: the worker handles no events; "), error)

    def test_binary_file(self):
        error = self.fail_to_start(bytes(range(256)))
        self.assertRegex(error, r"^verge: worker\.js:\d+:\d+: SyntaxError: ")
