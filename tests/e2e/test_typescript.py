"""TypeScript, JSX and packages: what is compiled and bundled before a worker starts, and what it says about its lines."""

import http.server
import os
import threading

from e2e.harness import Case, handler, run

SOURCE = """
import type { Config } from './types';
import { shout, Kind } from './lib/shout.js';
import { late } from './lib/late';
import table from './data/table.json';
import text from './data/note.txt';
import Page from './page';

interface Env { NAME: string }

const kinds: Record<string, () => unknown> = {
  plain: (): string => shout(`hello`) + Kind.Loud,
  late: async () => (await import('./lib/dynamic')).value as number,
  files: () => [table.rows.length, text.trim()].join(' '),
  jsx: () => Page({ title: 'title' }),
  meta: () => import.meta.url,
  imported: () => late satisfies string,
  mode: () => process.env.NODE_ENV,
};

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const name = new URL(request.url).pathname.slice(1);
    return new Response(`${env.NAME} ${await kinds[name]!()}`);
  },
} satisfies Config;
"""

FILES = {
    "src/index.ts": SOURCE,
    "src/types.ts": "export interface Config { fetch(request: Request, env: any): Promise<Response> }\n",
    "src/lib/shout.ts": "export enum Kind { Quiet, Loud }\nexport const shout = (s: string) => s.toUpperCase();\n",
    "src/lib/late.mts": "",  # not what './lib/late' finds first
    "src/lib/late/index.ts": "",
    "src/lib/late.ts": "export const late: string = 'late';\n",
    "src/lib/dynamic.ts": "export const value: number = 42;\n",
    "src/page.tsx": "const h = (tag: string, props: any, ...children: any[]) => `<${tag}>${children.join('')}</${tag}>`;\n"
                    "export default ({ title }: { title: string }) => <h1>{title}</h1>;\n",
    "src/data/table.json": '{"rows": [1, 2, 3]}',
    "src/data/note.txt": "a note\n",
    "tsconfig.json": '{"compilerOptions": {"jsx": "react", "jsxFactory": "h"}}',
    "wrangler.toml": 'name = "typed"\nmain = "src/index.ts"\n[vars]\nNAME = "me"\n',
}

THROWS = """import { fail } from './fail';

interface Big {
  a: number;
  b: string;
}

export default {
  fetch(request: Request): Response {
    const big: Big | undefined = undefined;
    if (request.url.endsWith('/log')) {
      try { fail(); } catch (e) { console.log(e); }
      return new Response('logged');
    }
    fail();
    return new Response(String(big));
  },
};
"""
FAIL = """type A = { a: number };
type B = { b: number };

export function fail(): never {
  throw new RangeError('failed');
}
"""


class TypeScript(Case):
    def test_project(self):
        for command, mode in (("serve", "production"), ("dev", "development")):
            verge = self.start(None, path=self.directory(FILES), command=command)
            self.assertEqual(verge.name, "typed")
            for path, expected in (("plain", "HELLO1"), ("late", "42"), ("files", "3 a note"), ("jsx", "<h1>title</h1>"),
                                   ("meta", "file:///src/index.js"), ("imported", "late"), ("mode", mode)):
                with self.subTest(path):
                    self.assert_response(verge.get("/" + path), 200, "me " + expected)

    def test_single_file(self):
        verge = self.start({"worker.ts": "export default (r: Request): Response => new Response(r.method as string);"},
                           main="worker.ts", shards=2)
        self.assertEqual(verge.name, "site")
        self.assert_response(verge.get("/"), 200, "GET")

    def test_directory_without_configuration(self):
        verge = self.start(None, path=self.directory({"index.ts": "export default { fetch: (): Response => new Response('found') };"}))
        self.assert_response(verge.get("/"), 200, "found")

    def test_service_worker_syntax(self):
        verge = self.start({"worker.ts": "addEventListener('fetch', (event: FetchEvent): void =>\n"
                                         "  event.respondWith(new Response('event' as string)));"}, main="worker.ts")
        self.assert_response(verge.get("/"), 200, "event")

    def test_newer_syntax(self):
        verge = self.start({"worker.ts": """
function logged(value: Function, context: ClassMethodDecoratorContext) {
  return function (this: unknown, ...args: unknown[]) { return `${String(context.name)} ${value.apply(this, args)}`; };
}
class Greeter {
  @logged greet(who: string) { return `hello ${who}`; }
}
let disposed = '';
export default {
  fetch(): Response {
    { using held = { [Symbol.dispose]() { disposed = 'disposed'; } }; }
    return new Response(`${new Greeter().greet('you')} ${disposed}`);
  },
};
"""}, main="worker.ts")
        self.assert_response(verge.get("/"), 200, "greet hello you disposed")

    def test_edge_function(self):
        """A handler as other platforms have it, with their configuration beside it."""
        verge = self.start({"lookup.ts": """
export const config = { runtime: 'edge', regions: ['fra1'] };

type Lookup = { term: string; base: string };

function target({ term, base }: Lookup): string {
  return `${base}/find?term=${encodeURIComponent(term)}`;
}

export default async function handler(request: Request): Promise<Response> {
  const term = new URL(request.url).searchParams.get('term') ?? '';
  return new Response(target({ term, base: process.env.LOOKUP_API! }));
}
"""}, "--var", "LOOKUP_API=http://lookup.example", main="lookup.ts")
        self.assert_response(verge.get("/?term=a%20b"), 200, "http://lookup.example/find?term=a%20b")

    def test_places_are_those_of_the_source(self):
        verge = self.start({"worker.ts": THROWS, "fail.ts": FAIL}, main="worker.ts")
        self.assert_exception(verge.get("/"))
        verge.wait_for_log("Uncaught RangeError: failed\n    at fail (fail.ts:5:9)\n    at Object.fetch (worker.ts:15:5)")
        self.assert_response(verge.get("/log"), 200, "logged")
        verge.wait_for_log("RangeError: failed\n    at fail (fail.ts:5:9)\n    at Object.fetch (worker.ts:12:13)")

    def test_places_in_global_scope(self):
        error = self.fail_to_start({"worker.ts": "interface A {}\n\nimport { fail } from './fail';\nfail();\nexport default {};",
                                    "fail.ts": FAIL}, main="worker.ts")
        self.assertTrue(error.startswith("verge: fail.ts:5:9: RangeError: failed\n      throw new RangeError('failed');\n"
                                         "            ^\n    at fail (fail.ts:5:9)\n    at worker.ts:4:1"), error)

    def test_nothing_is_left_behind(self):
        scratch = self.directory()
        path = os.path.join(self.directory({"worker.ts": "const a: = 1;"}), "worker.ts")
        code, _, error = run(["serve", path, "--port", "0"], env={**os.environ, "TMPDIR": scratch})
        self.assertEqual(code, 2, error)
        self.assertEqual(os.listdir(scratch), [])


class Api(http.server.BaseHTTPRequestHandler):
    """Answers with the path it was asked for."""

    def do_GET(self):
        body = b'{"path": "%s"}' % self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Outbound(Case):
    def test_edge_function_that_proxies(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        verge = self.start({"lookup.ts": """
import { AsyncLocalStorage } from 'node:async_hooks';

export const config = { runtime: 'edge' };

const terms = new AsyncLocalStorage<string>();

export default function handler(request: Request): Promise<Response> {
  const term = new URL(request.url).searchParams.get('term') ?? '';
  return terms.run(term, async () => {
    const found = await fetch(`${process.env.LOOKUP_API}/find?term=${term}`);
    return new Response(found.body, {
      headers: { 'Content-Type': 'application/json', 'X-Term': terms.getStore() ?? 'lost' },
    });
  });
}
"""}, "--var", f"LOOKUP_API=http://127.0.0.1:{server.server_address[1]}", "--allow-outbound", "127.0.0.0/8",
                           main="lookup.ts")
        response = verge.get("/?term=x")
        self.assert_response(response, 200, '{"path": "/find?term=x"}')
        self.assertEqual(response.header("content-type"), "application/json")
        self.assertEqual(response.header("x-term"), "x")


class Errors(Case):
    def test_syntax(self):
        error = self.fail_to_start({"worker.ts": "export default {\n  fetch(request: Request) {\n    const a: = 1;\n  }\n}"},
                                   main="worker.ts")
        self.assertTrue(error.startswith("verge: worker.ts:3:14: "), error)
        self.assertIn("\n        const a: = 1;\n", error)

    def test_missing_module(self):
        error = self.fail_to_start({"worker.ts": "import './nowhere';\nimport 'nopackage';\nexport default {};"},
                                   main="worker.ts")
        self.assertIn('worker.ts:1:8: Could not resolve "./nowhere"', error)
        self.assertIn('worker.ts:2:8: Could not resolve "nopackage"', error)

    def test_unknown_builtin(self):
        error = self.fail_to_start({"worker.ts": "type A = 1;\nimport fs from 'node:nothing';\nexport default { fetch() { fs; } };"},
                                   main="worker.ts")
        self.assertTrue(error.startswith('verge: worker.ts:2:16: Error: No such module "node:nothing"'), error)

    def test_warnings(self):
        verge = self.start({"worker.ts": "const a = { x: 1, x: 2 };\nexport default () => new Response(String(a.x));"},
                           main="worker.ts")
        self.assert_response(verge.get("/"), 200, "2")
        verge.wait_for_log('verge: warning: worker.ts:1:19: Duplicate key "x" in object literal')

    def test_sources_outside_of_the_directory(self):
        directory = self.directory({
            "site/worker.ts": "import secret from '../secret.json';\nexport default () => new Response(JSON.stringify(secret));",
            "site/text.ts": "import secret from '../secret.txt' with { type: 'text' };\nexport default () => new Response(secret);",
            "site/copied.ts": "import secret from '../secret.txt';\nexport default () => new Response(secret);",
            "secret.json": '{"a": 1}', "secret.txt": "secret"})
        os.symlink("../secret.json", os.path.join(directory, "site", "link.json"))
        with open(os.path.join(directory, "site", "link.ts"), "w", encoding="ascii") as file:
            file.write("import secret from './link.json';\nexport default () => new Response(JSON.stringify(secret));")
        for name in ("worker", "text", "copied", "link"):
            with self.subTest(name):
                error = self.run_to_failure("serve", os.path.join(directory, "site", name + ".ts"), "--port", "0")
                self.assertIn("leads out of the worker's directory", error)
        verge = self.start(None, path=os.path.join(directory, "site", "worker.ts"), command="dev")
        self.assert_response(verge.get("/"), 200, '{"a":1}')


class WithoutEsbuild(Case):
    def start_without(self, files, main, command="serve"):
        path = os.path.join(self.directory(files), main)
        return run([command, path, "--port", "0"], env={**os.environ, "VERGE_ESBUILD": ""})

    def test_error(self):
        packages = {"node_modules/pkg/package.json": "{}"}
        for files, main, reason in (
                ({"worker.ts": ""}, "worker.ts", "worker.ts is TypeScript or JSX, which needs esbuild"),
                ({"worker.js": "import './a.ts';", "a.ts": ""}, "worker.js", 'worker.js: the import of "./a.ts" needs esbuild'),
                ({"worker.js": "import './lib/a.js';", "lib/a.js": "import 'pkg/x';", **packages}, "worker.js",
                 'lib/a.js: the import of "pkg/x" needs esbuild'),
                ({"worker.js": "import './a';", "a.js": ""}, "worker.js", 'worker.js: the import of "./a" needs esbuild')):
            with self.subTest(main, reason=reason):
                code, stdout, error = self.start_without(files, main)
                self.assertEqual((code, stdout), (2, ""), error)
                self.assertTrue(error.startswith("verge: " + reason), error)
                self.assertIn("apt-get install esbuild", error)


class Packages(Case):
    PACKAGES = {
        "node_modules/plain/package.json": '{"name": "plain", "main": "main.js", "module": "module.js"}',
        "node_modules/plain/main.js": "module.exports = 'main';",
        "node_modules/plain/module.js": "import { inner } from 'inner';\nexport default 'module ' + inner;",
        "node_modules/inner/package.json": '{"name": "inner", "exports": {"workerd": "./w.js", "default": "./n.js"}}',
        "node_modules/inner/w.js": "export const inner = 'for workers';",
        "node_modules/inner/n.js": "export const inner = 'for others';",
        "node_modules/@scope/common/package.json": '{"name": "@scope/common", "main": "index.js"}',
        "node_modules/@scope/common/index.js": "exports.value = process.env.NODE_ENV;",
    }

    def test_javascript_that_imports_packages(self):
        verge = self.start({
            "worker.js": "import { answer } from './lib/answer.js';\n" + handler("return new Response(answer);"),
            "lib/answer.js": "import plain from 'plain';\nimport { value } from '@scope/common';\n"
                             "import { AsyncLocalStorage } from 'node:async_hooks';\nimport { AsyncResource } from 'async_hooks';\n"
                             "export const answer = [plain, value, typeof AsyncLocalStorage, typeof AsyncResource].join();",
            **self.PACKAGES})
        self.assert_response(verge.get("/"), 200, "module for workers,production,function,function")

    def test_packages_above_the_directory(self):
        directory = self.directory({"app/worker.js": "import plain from 'plain';\n" + handler("return new Response(plain);"),
                                    **self.PACKAGES})
        verge = self.start(None, path=os.path.join(directory, "app", "worker.js"))
        self.assert_response(verge.get("/"), 200, "module for workers")

    def test_imports_without_an_extension(self):
        verge = self.start({"worker.js": "import { a } from './a';\nimport b from './b';\n" + handler("return new Response(a + b);"),
                            "a.js": "export const a = 'a';", "b/index.js": "export default 'b';"})
        self.assert_response(verge.get("/"), 200, "ab")

    def test_javascript_that_imports_typescript(self):
        verge = self.start({"worker.js": "import { a } from './a.ts';\n" + handler("return new Response(a);"),
                            "a.ts": "export const a: string = 'typed';"})
        self.assert_response(verge.get("/"), 200, "typed")

    def test_files_and_rules(self):
        directory = self.directory({
            "src/worker.ts": "import a from './a.md';\nimport b from '../data/b.bin';\nimport c from './c.md' with { type: 'text' };\n"
                             "export default (): Response => new Response([a, b.constructor.name, b.byteLength, c].join());",
            "src/a.md": "# a", "src/c.md": "# c", "data/b.bin": b"\0\xff",
            "wrangler.json": '{"name": "w", "main": "src/worker.ts", "rules": [{"type": "Text", "globs": ["**/*.md"]}]}'})
        verge = self.start(None, path=directory)
        self.assert_response(verge.get("/"), 200, "# a,ArrayBuffer,2,# c")

    def test_variable_node_env(self):
        verge = self.start({"worker.ts": "export default (): Response => new Response(process.env.NODE_ENV);"},
                           "--var", "NODE_ENV=staging", main="worker.ts")
        self.assert_response(verge.get("/"), 200, "staging")

    def test_plain_javascript_is_left_alone(self):
        # A bundle would have neither the file's name nor its lines.
        verge = self.start({"worker.mjs": "import { url } from './lib/a.js';\n" + handler("return new Response(url);"),
                            "lib/a.js": "export const { url } = import.meta;", **self.PACKAGES}, main="worker.mjs")
        self.assert_response(verge.get("/"), 200, "file:///lib/a.js")
