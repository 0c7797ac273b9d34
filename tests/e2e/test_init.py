"""`verge init` and `verge types`: projects that run, and declarations that TypeScript accepts."""

import json
import os
import subprocess

from e2e import npm
from e2e.harness import BINARY, Case, run, write_files

TEMPLATES = ("hello", "typescript", "api", "cache")


class Projects(Case):
    def init(self, *arguments, cwd, status=0):
        code, out, errors = run(["init", *arguments], cwd=cwd)
        self.assertEqual(code, status, errors)
        return out if status == 0 else errors

    def files_of(self, folder):
        return sorted(os.path.relpath(os.path.join(where, name), folder) for where, _, names in os.walk(folder) for name in names)


class Init(Projects):
    def test_each_template_runs(self):
        parent = self.directory()
        for template in TEMPLATES:
            with self.subTest(template):
                out = self.init(template, f"my-{template}", cwd=parent)
                folder = os.path.join(parent, f"my-{template}")
                self.assertEqual(sorted(line.split("/", 1)[1] for line in out.split("\n") if line.startswith("wrote ")),
                                 self.files_of(folder))
                self.assertIn(f"Next:\n  cd my-{template}\n", out)
                self.assertTrue(out.endswith("  verge dev\n"), out)
                self.assertIn(".gitignore", self.files_of(folder))
                if "verge d1 migrations apply DB" in out:
                    self.assertEqual(run(["d1", "migrations", "apply", "DB"], cwd=folder)[0], 0)
                verge = self.start(None, path=folder, command="dev")
                self.assertEqual(verge.name, f"my-{template}")
                self.assertEqual(verge.log, "")
                getattr(self, f"look_at_{template}")(verge)
                verge.stop()

    def look_at_hello(self, verge):
        self.assert_response(verge.get("/"), 200, "Hello from my-hello!\n")
        self.assertEqual(verge.get("/other").status, 404)

    def look_at_typescript(self, verge):
        self.assert_response(verge.get("/"), 200, "Hello from my-typescript!\n")

    def look_at_api(self, verge):
        self.assertEqual(verge.get("/").status, 404)
        created = verge.post("/notes", '{"text": "first"}')
        self.assertEqual((created.status, json.loads(created.text)["text"]), (201, "first"))
        self.assertEqual(verge.post("/notes", "text").status, 400)
        self.assertEqual(json.loads(verge.get("/notes/1").text)["text"], "first")
        self.assertEqual([note["id"] for note in json.loads(verge.get("/notes").text)["notes"]], [1])
        self.assertEqual(verge.request("DELETE", "/notes/1").status, 204)
        self.assertEqual(verge.request("DELETE", "/notes/1").status, 404)

    def look_at_cache(self, verge):
        first = verge.get("/")
        # It is stored in the background; from then on the answer is the stored one.
        answers = {first.text}
        while (answer := verge.get("/")).text not in answers:
            answers.add(answer.text)
            self.assertLess(len(answers), 1000)
        self.assertIn(answer.header("cf-cache-status"), ("HIT", "UPDATING"))

    def test_nothing_is_overwritten(self):
        folder = self.directory({"wrangler.jsonc": "mine", "src/index.js": "mine, too"})
        errors = self.init("hello", cwd=folder, status=2)
        self.assertIn("has src/index.js, wrangler.jsonc already; nothing was written", errors)
        self.assertEqual(self.files_of(folder), ["src/index.js", "wrangler.jsonc"])
        with open(os.path.join(folder, "wrangler.jsonc"), encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")
        # A link is something, too, wherever it leads.
        other = self.directory()
        os.symlink(os.path.join(other, "elsewhere"), os.path.join(other, ".gitignore"))
        self.assertIn("has .gitignore already", self.init(cwd=other, status=2))

    def test_names(self):
        parent = self.directory()
        for folder, name in (("My Worker_2!", "my-worker-2"), ("--", None), ("x" * 80, "x" * 63), ("___", "worker")):
            with self.subTest(folder):
                if name is None:
                    self.assertIn("unknown option", self.init(folder, cwd=parent, status=2))
                    continue
                self.init(folder, cwd=parent)
                with open(os.path.join(parent, folder, "wrangler.jsonc"), encoding="utf-8") as file:
                    self.assertEqual(json.load(file)["name"], name)
        here = self.directory()
        self.assertNotIn("cd ", self.init(cwd=here))
        with open(os.path.join(here, "wrangler.jsonc"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["name"], "site")

    def test_wrong_command_lines(self):
        cwd = self.directory()
        for arguments, text in ((("helo", "x"), "unknown template 'helo'; there are hello, typescript, api, cache; did you mean 'hello'?"),
                                (("--force",), "unknown option '--force'"), (("hello", "a", "b"), "unexpected argument 'b'")):
            self.assertIn(text, self.init(*arguments, cwd=cwd, status=2))
        self.assertEqual(self.files_of(cwd), [])
        for arguments in (["init", "--help"], ["help", "init"]):
            code, out, _ = run(arguments, cwd=cwd)
            self.assertEqual(code, 0)
            for template in TEMPLATES:
                self.assertIn(f"\n  {template} ", out)


CONFIG = """
name = "typed"
main = "src/index.ts"
[vars]
MODE = "dev"
LIMITS = { size = 5, names = ["a", "b"] }
"odd-name" = true
[[kv_namespaces]]
binding = "NS"
id = "ns"
[[d1_databases]]
binding = "DB"
database_name = "db"
[[services]]
binding = "SELF"
service = "typed"
entrypoint = "Named"
[[services]]
binding = "ELSEWHERE"
service = "elsewhere"
[env.live]
name = "typed"
services = [{ binding = "SELF", service = "typed", entrypoint = "Named" }]
kv_namespaces = [{ binding = "NS", id = "live" }]
[env.live.vars]
MODE = "live"
"""

ENV = """declare namespace Cloudflare {
  interface Env {
    NS: KVNamespace;
    DB: D1Database;
    SELF: Service<(typeof import("./src/index"))["Named"]>;
    ELSEWHERE: Fetcher;
    MODE: "dev" | "live";
    LIMITS: {"size":5,"names":["a","b"]};
    "odd-name": true;
    TOKEN: string;
  }
}
interface Env extends Cloudflare.Env {}
"""

# Uses of all that is declared, right ones and, behind @ts-expect-error, wrong ones.
USES = """import { env as ambient, waitUntil, WorkerEntrypoint } from 'cloudflare:workers';
import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<{ id: number }>();

export class Named extends WorkerEntrypoint {
  fetch(request: Request): Response {
    return new Response(this.env.MODE + request.url);
  }
  add(a: number, b: number): number {
    return a + b;
  }
  async text(): Promise<string> {
    return 'text';
  }
}

export default {
  async fetch(request, env, ctx): Promise<Response> {
    const size: 5 = env.LIMITS.size;
    if (env.MODE === 'live') waitUntil(Promise.resolve());
    // @ts-expect-error: no such value
    if (env.MODE === 'staging') return new Response();
    // @ts-expect-error: no such binding
    env.OTHER;
    const odd: true = env['odd-name'];
    const sum: number = await env.SELF.add(1, 2);
    const text: string = await env.SELF.text();
    // @ts-expect-error: it takes numbers
    await env.SELF.add('1', 2);
    // @ts-expect-error: no such method
    await env.SELF.subtract(1, 2);
    const other: Response = await env.ELSEWHERE.fetch(request);
    const own: Response = await env.SELF.fetch('https://self.example/');
    await ambient.NS.put('key', new Uint8Array([1]), { expirationTtl: 60, metadata: { a: 1 } });
    const { value, metadata } = await env.NS.getWithMetadata<{ a: number }>('key');
    const json = await env.NS.get<{ b: string }>('key', 'json');
    const page = await env.NS.list<{ a: number }>({ prefix: 'k' });
    const cursor: string = page.list_complete ? '' : page.cursor;
    const row = await env.DB.prepare('SELECT ? AS n').bind(1).first<{ n: number }>();
    const [first] = await env.DB.batch<{ n: number }>([env.DB.prepare('SELECT 1 AS n')]);
    ctx.waitUntil(caches.default.put(request, new Response('x')));
    ctx.passThroughOnException();
    const upstream = await fetch(request, { cf: { cacheTtl: 60 } });
    const body = upstream.body?.pipeThrough(new CompressionStream('gzip'));
    if (request.headers.get('Upgrade') === 'websocket') {
      const { 0: client, 1: server } = new WebSocketPair();
      server.accept();
      server.addEventListener('message', (event) => server.send(String(event.data)));
      return new Response(null, { status: 101, webSocket: client });
    }
    await scheduler.wait(1);
    const { readable } = new FixedLengthStream(3);
    const digest = new crypto.DigestStream('SHA-256');
    return storage.run({ id: 1 }, () => Response.json([sum, text, other.status, own.status, size, odd, value, metadata?.a, json?.b, cursor, row?.n, first?.results[0]?.n,
      body, readable.locked, digest.digest, storage.getStore()?.id, env.TOKEN.length, request.cf?.colo]));
  },
} satisfies ExportedHandler<Env>;
"""


class Types(Projects):
    def types(self, *arguments, cwd, status=0):
        code, out, errors = run(["types", *arguments], cwd=cwd)
        self.assertEqual(code, status, errors)
        return out if status == 0 else errors

    def typed(self):
        return self.directory({"wrangler.toml": CONFIG, ".dev.vars": "TOKEN=secret\n", "src/index.ts": USES})

    def test_env(self):
        folder = self.typed()
        self.assertEqual(self.types(cwd=folder), f"wrote {folder}/worker-configuration.d.ts\n")
        with open(os.path.join(folder, "worker-configuration.d.ts"), encoding="utf-8") as file:
            text = file.read()
        self.assertTrue(text.startswith("// Made by `verge types`"), text[:100])
        self.assertIn(ENV, text)
        self.assertNotIn("secret", text)
        self.assertEqual(self.types("--output", "-", cwd=folder), text)
        self.assertEqual(self.types("--output", "-", folder, cwd="/"), text)

    def test_check(self):
        folder = self.typed()
        self.assertIn("is missing; run verge types", self.types("--check", cwd=folder, status=1))
        self.types(cwd=folder)
        self.assertIn("is up to date", self.types("--check", cwd=folder))
        write_files(folder, {"wrangler.toml": CONFIG.replace("dev", "other")})
        self.assertIn("is out of date; run verge types", self.types("--check", cwd=folder, status=1))
        self.types(cwd=folder)
        self.types("--check", cwd=folder)

    def test_files_of_others(self):
        folder = self.typed()
        write_files(folder, {"worker-configuration.d.ts": "// by hand\n"})
        self.assertIn("was not made by verge types", self.types(cwd=folder, status=2))
        self.types("-o", "env.d.ts", cwd=folder)
        self.assertIn("env.d.ts", self.files_of(folder))

    def test_packages(self):
        folder = self.typed()
        write_files(folder, {"node_modules/@cloudflare/workers-types/package.json": "{}"})
        text = self.types("-o", "-", cwd=folder)
        self.assertIn('/// <reference types="@cloudflare/workers-types" />', text)
        self.assertNotIn("interface KVNamespace", text)
        self.assertIn(ENV, text)

    def test_wrong_configurations(self):
        self.assertIn("'name' must be", self.types(cwd=self.directory({"wrangler.toml": "name = 5\n"}), status=2))
        self.assertIn("unexpected argument", self.types("a", "b", cwd=self.directory(), status=2))
        self.assertIn("unknown option '--strict'", self.types("--strict", cwd=self.directory(), status=2))


@npm.required
class TypeScript(Projects):
    """What tsc says, of the newest TypeScript and of one before the compiler was rewritten."""

    @classmethod
    def setUpClass(cls):
        cls.compilers = []
        for version in ("latest", "5.8"):
            folder, remove = npm.make_directory({})
            cls.addClassCleanup(remove)
            npm.install(folder, f"typescript@{version}")
            cls.compilers.append(os.path.join(folder, "node_modules", ".bin", "tsc"))

    def check(self, folder):
        for compiler in self.compilers:
            result = subprocess.run([compiler, "--project", folder], capture_output=True, text=True, check=False, timeout=300)
            self.assertEqual((result.returncode, result.stdout), (0, ""), f"{compiler}\n{result.stdout}")

    def test_templates(self):
        parent = self.directory()
        for template in ("typescript", "api"):
            with self.subTest(template):
                self.init(template, template, cwd=parent)
                self.check(os.path.join(parent, template))

    def test_uses(self):
        parent = self.directory()
        self.init("typescript", "used", cwd=parent)
        folder = os.path.join(parent, "used")
        os.remove(os.path.join(folder, "wrangler.jsonc"))
        write_files(folder, {"wrangler.toml": CONFIG, ".dev.vars": "TOKEN=secret\n", "src/index.ts": USES})
        subprocess.run([BINARY, "types"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(folder, "tsconfig.json"), encoding="utf-8") as file:
            config = file.read()
        # Also what the declarations themselves say.
        write_files(folder, {"tsconfig.json": config.replace('"skipLibCheck": true', '"skipLibCheck": false')})
        self.check(folder)
