"""Modules that come with the runtime, the asynchronous context of requests, and the shapes of workers built on them."""

import threading

from e2e.harness import Case, SharedCase, handler

CONTEXT = """
import { AsyncLocalStorage } from "node:async_hooks";
const storage = new AsyncLocalStorage();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let held = [];
const routes = {
  // Many steps of every kind; what the storage says after each has to be the request's own name.
  async uses(request, name) {
    const wrong = [];
    const check = (where) => { if (storage.getStore() !== name) wrong.push(`${where}: ${storage.getStore()}`); };
    check("start");
    const text = await request.text();
    check("body");
    if (text !== name) wrong.push("another's body");
    for (let i = 0; i < 20; i++) {
      await sleep(i % 3);
      check("timer");
      await new Promise((resolve) => queueMicrotask(() => { check("microtask"); resolve(); }));
      await Promise.all([sleep(0), null].map(async (each) => { await each; check("all"); }));
    }
    return new Response(wrong.join() || name);
  },
  // The first waits for the second, whose code settles the first one's promise.
  async wait(request, name) {
    setTimeout(() => {}, 20_000);  // something to wait for: it does not hang
    const seen = await new Promise((resolve) => held.push(() => resolve(storage.getStore())));
    return new Response(`${seen} ${storage.getStore()} ${crypto.randomUUID().length} ${name}`);
  },
  async release(request, name) {
    held.splice(0).forEach((resolve) => resolve());
    return new Response(`${storage.getStore()}`);
  },
  async stream(request, name) {
    let n = 0;
    return new Response(new ReadableStream({
      async pull(controller) {
        await sleep(1);
        controller.enqueue(new TextEncoder().encode(`${storage.getStore()} `));
        if (++n === 3) controller.close();
      },
    }));
  },
  spin() {
    storage.enterWith("spinning");
    return storage.run("spinning", () => { for (;;); });
  },
  later(request, name, ctx) {
    ctx.waitUntil((async () => { await sleep(5); console.log(`later: ${storage.getStore()}`); })());
    return new Response("now");
  },
};
export default {
  fetch(request, env, ctx) {
    if (storage.getStore() !== undefined) return new Response("a store from nowhere", { status: 500 });
    const [, route, name] = new URL(request.url).pathname.split("/");
    return storage.run(name, () => routes[route](request, name, ctx));
  },
};
"""


class Context(SharedCase):
    worker = CONTEXT
    arguments = ("--cpu-ms", "2000")

    def test_concurrent_requests_do_not_mix(self):
        results = {}

        def work(name):
            results[name] = self.verge.post(f"/uses/{name}", name).text

        threads = [threading.Thread(target=work, args=(f"n{i}",)) for i in range(30)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(results, {name: name for name in results})
        self.assertEqual(len(results), 30)

    def test_settled_by_another_request(self):
        with self.verge.connect() as client:
            client.send_request("GET", "/wait/first")
            # It waits once its code has run; requests of one shard are served in order.
            self.assertTrue(client.silent())
            self.assert_response(self.verge.get("/release/second"), 200, "second")
            self.assert_response(client.read_response(), 200, "second first 36 first")

    def test_response_stream(self):
        self.assert_response(self.verge.get("/stream/s"), 200, "s s s ")

    def test_after_termination(self):
        self.assert_limit(self.verge.get("/spin/x"))
        self.assert_response(self.verge.post("/uses/after", "after"), 200, "after")

    def test_wait_until(self):
        self.assert_response(self.verge.get("/later/l"), 200, "now")
        self.verge.wait_for_log("later: l")


class ForeignContext(Case):
    def test_wait_until_of_another_event(self):
        """The promise counts for the event whose context it was given, so both events end."""
        verge = self.start("""
let first;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/first") {
      first = { ctx };
      await new Promise((resolve) => { first.done = resolve; setTimeout(resolve, 20_000); });
      return new Response("first");
    }
    first.ctx.waitUntil(sleep(1).then(() => console.log("waited")));
    first.done();
    return new Response("second");
  },
};
""")
        with verge.connect() as client:
            client.send_request("GET", "/first")
            self.assertTrue(client.silent())
            self.assert_response(verge.get("/second"), 200, "second")
            self.assert_response(client.read_response(), 200, "first")
        # The harness checks that verge drains at once: an event that never closes would be cut off with a warning.
        verge.stop()
        self.assertNotIn("cut", verge.log)
        self.assertNotIn("stopped with work still under way", verge.log)


class Shapes(Case):
    def test_function_shapes(self):
        for text in ("export default (request) => new Response('ok');",
                     "export default async (request) => new Response('ok');",
                     "export default async function handler(request) { return new Response('ok'); }",
                     "export const config = { runtime: 'edge' };\nexport default function (request) { return new Response('ok'); }"):
            with self.subTest(text):
                self.assert_response(self.start(text).get("/"), 200, "ok")

    def test_worker_entrypoint(self):
        verge = self.start("""
import { WorkerEntrypoint, env, waitUntil } from "cloudflare:workers";
const atTheTop = env.NAME;
let made = 0;
class Base extends WorkerEntrypoint {
  constructor(ctx, env) {
    super(ctx, env);
    this.number = ++made;
  }
}
export default class extends Base {
  async fetch(request) {
    await null;
    this.ctx.waitUntil(Promise.resolve().then(() => console.log("by ctx")));
    waitUntil(Promise.resolve().then(() => console.log("by waitUntil")));
    return new Response([this.env.NAME, env.NAME, atTheTop, this.number, request.method].join(" "));
  }
}
""", "--var", "NAME=me")
        self.assert_response(verge.get("/"), 200, "me me me 1 GET")
        self.assert_response(verge.get("/"), 200, "me me me 2 GET")
        verge.wait_for_log("by ctx", 2)
        verge.wait_for_log("by waitUntil", 2)

    def test_worker_entrypoint_throws(self):
        verge = self.start("""
import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  constructor(ctx, env) { super(ctx, env); throw new Error("in the constructor"); }
  fetch() {}
}
""")
        self.assert_exception(verge.get("/"))
        verge.wait_for_log("in the constructor")

    def test_other_classes(self):
        for text in ("export default class { fetch() { return new Response('x'); } }",
                     "import { DurableObject } from 'cloudflare:workers';\n"
                     "export default class extends DurableObject { fetch() {} }"):
            with self.subTest(text):
                error = self.fail_to_start(text)
                self.assertIn("worker.js: the default export is a class that does not extend WorkerEntrypoint", error)

    def test_an_entrypoint_without_fetch(self):
        # It is there for its methods; a client's request has nothing to call.
        verge = self.start("import { WorkerEntrypoint } from 'cloudflare:workers';\n"
                           "export default class extends WorkerEntrypoint {}")
        self.assert_exception(verge.get("/"))
        verge.wait_for_log("Handler does not export a fetch() function.")

    def test_wait_until_in_global_scope(self):
        error = self.fail_to_start("import { waitUntil } from 'cloudflare:workers';\nwaitUntil(Promise.resolve());\n"
                                   + handler("return new Response('x');"))
        self.assertIn("waitUntil() can only be called while an event is being handled", error)

    def test_missing_export(self):
        error = self.fail_to_start("import { nope } from 'cloudflare:workers';\n" + handler(""))
        self.assertIn("does not provide an export named 'nope'", error)

    def test_process(self):
        verge = self.start("const atTheTop = process.env.API;\n" + handler(
            "return new Response([atTheTop, process.env.API, process.env.LIST, typeof process.env.NONE, "
            "Object.keys(process.env).join()].join(' '));"), "--var", "API=http://a", "--var", "LIST=[1]")
        self.assert_response(verge.get("/"), 200, "http://a http://a [1] undefined API,LIST")

    def test_process_in_service_workers(self):
        verge = self.start("addEventListener('fetch', (e) => e.respondWith(new Response(process.env.A + A)));",
                           "--var", "A=x")
        self.assert_response(verge.get("/"), 200, "xx")

    def test_json_variables_are_text_in_process_env(self):
        directory = self.directory({
            "worker.js": handler("return new Response(process.env.LIST + typeof env.LIST);"),
            "wrangler.json": '{"name": "w", "main": "worker.js", "vars": {"LIST": [1, {"a": 2}]}}'})
        verge = self.start(None, path=directory)
        self.assert_response(verge.get("/"), 200, '[1,{"a":2}]object')
