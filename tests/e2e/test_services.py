"""Service bindings: workers of one process that call each other."""

import json

from e2e.harness import Case, handler
from e2e.websocket_peer import connect


def worker(name, *lines, route=None, main=None):
    routes = f'["{route}"]' if route else "[]"
    return "\n".join(["[[workers]]", f'name = "{name}"', f'main = "{main or name + ".js"}"', f"routes = {routes}", *lines])


def service(binding, name, entrypoint=None, props=None):
    lines = ["[[workers.services]]", f'binding = "{binding}"', f'service = "{name}"']
    if entrypoint:
        lines.append(f'entrypoint = "{entrypoint}"')
    if props:
        lines.append(f"props = {props}")
    return "\n".join(lines)


DESCRIBE = handler("""
    const { method, url, headers } = request;
    return Response.json({
      method, url, headers: Object.fromEntries(headers), body: await request.text(), props: ctx.props, who: env.WHO,
    }, { status: 201, headers: { "x-from": "b" } });
""")


class ServiceCase(Case):
    def fleet(self, a, b, *more, grant=None, files=None, arguments=()):
        """A worker `a` that clients reach, with a binding B to the worker `b` that they do not."""
        toml = "\n".join([worker("a", grant or service("B", "b"), route="*/*"),
                          worker("b", 'vars = { WHO = "b" }'), *more])
        return self.start({"verge.toml": toml, "a.js": a, "b.js": b, **(files or {})}, *arguments, main="verge.toml")


class FetchTest(ServiceCase):
    def test_a_request_and_its_response(self):
        verge = self.fleet(handler("""
    const response = await env.B.fetch("https://any.test:8443/path?q=1#f", {
      method: "PUT", body: "the body", headers: { "X-Mine": "yes", "Content-Type": "text/x" },
    });
    return Response.json({ status: response.status, from: response.headers.get("x-from"), url: response.url,
                           seen: await response.json(), ctor: env.B.constructor.name });
"""), DESCRIBE, grant=service("B", "b", props='{ tenant = "x", n = [1, 2] }'))
        result = json.loads(verge.get("/").text)
        self.assertEqual([result["status"], result["from"], result["url"]], [201, "b", "https://any.test:8443/path?q=1"])
        seen = result["seen"]
        self.assertEqual(seen["method"], "PUT")
        self.assertEqual(seen["url"], "https://any.test:8443/path?q=1")
        self.assertEqual(seen["body"], "the body")
        self.assertEqual(seen["headers"], {"x-mine": "yes", "content-type": "text/x", "host": "any.test:8443",
                                           "content-length": "8"})
        self.assertEqual(seen["props"], {"tenant": "x", "n": [1, 2]})
        self.assertEqual(seen["who"], "b")

    def test_a_request_is_passed_on(self):
        verge = self.fleet(handler("return env.B.fetch(request);"), DESCRIBE)
        response = verge.post("/x?y", "from the client", {"X-Client": "1"})
        self.assertEqual(response.status, 201)
        self.assertEqual(response.header("x-from"), "b")
        seen = json.loads(response.text)
        self.assertEqual(seen["url"], f"http://localhost/x?y")
        self.assertEqual(seen["body"], "from the client")
        self.assertEqual(seen["headers"]["x-client"], "1")
        head = verge.request("HEAD", "/x")
        self.assertEqual([head.status, head.body], [201, b""])

    def test_the_first_call_waits_for_the_worker(self):
        # Many at once, none of which finds it loaded.
        verge = self.fleet(handler("""
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => env.B.fetch(`http://b/${i}`)));
    return new Response((await Promise.all(all.map((r) => r.text()))).join(" "));
"""), "let n = 0; export default { fetch: () => new Response(String(++n)) };")
        self.assert_response(verge.get("/"), 200, " ".join(str(i) for i in range(1, 21)))

    def test_entrypoints(self):
        verge = self.fleet(handler("""
    const of = async (name) => {
      try {
        return await (await env[name].fetch("http://b/p")).text();
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    };
    return Response.json([await of("CLASS"), await of("OBJECT"), await of("DEFAULT"), await of("NONE"), await of("PLAIN")]);
"""), """
import { WorkerEntrypoint } from "cloudflare:workers";
export class Named extends WorkerEntrypoint {
  async fetch(request) { return new Response(`named ${this.env.WHO} ${this.ctx.props.a} ${new URL(request.url).pathname}`); }
}
export const object = { fetch: (request, env, ctx) => new Response(`object ${this === undefined} ${env.WHO}`) };
export function plain() {}
export default class extends WorkerEntrypoint {}
""", grant="\n".join([service("CLASS", "b", "Named", "{ a = 1 }"), service("OBJECT", "b", "object"),
                      service("DEFAULT", "b"), service("NONE", "b", "Nobody"), service("PLAIN", "b", "plain")]))
        results = json.loads(verge.get("/").text)
        self.assertEqual(results[:3], ["named b 1 /p", "object true b", "Error: Handler does not export a fetch() function."])
        self.assertIn('has no entrypoint "Nobody"', results[3])
        self.assertIn('has no entrypoint "plain"', results[4])

    def test_a_worker_calls_itself(self):
        config = '{"name": "me", "main": "w.js", "services": [{"binding": "SELF", "service": "me", "entrypoint": "Inner"}]}'
        code = """
import { WorkerEntrypoint } from "cloudflare:workers";
export class Inner extends WorkerEntrypoint { fetch() { return new Response("inner"); } }
export default { fetch: (request, env) => env.SELF.fetch(request) };
"""
        for command in ("serve", "dev"):
            verge = self.start(None, path=self.directory({"wrangler.json": config, "w.js": code}), command=command)
            self.assert_response(verge.get("/"), 200, "inner")

    def test_redirects_stay_with_the_worker(self):
        verge = self.fleet(handler("""
    const response = await env.B.fetch("http://b/start");
    const manual = await env.B.fetch("http://b/start", { redirect: "manual" });
    return Response.json([await response.text(), response.redirected, response.url, manual.status]);
"""), handler("""
    const { pathname } = new URL(request.url);
    if (pathname === "/start") return Response.redirect("http://elsewhere.test/end", 302);
    return new Response(`end of ${request.url}`);
"""))
        self.assertEqual(json.loads(verge.get("/").text),
                         ["end of http://elsewhere.test/end", True, "http://elsewhere.test/end", 302])

    def test_wrong_uses(self):
        verge = self.fleet(handler("""
    const errors = [];
    for (const f of [() => env.B.fetch("/relative"), () => env.B.fetch("data:,x"), () => env.B.fetch(),
                     () => env.B.fetch.call({}, "http://b/"), () => env.B.fetch("http://b/", { method: "GET", body: "x" }),
                     () => early]) {
      errors.push(await f().then(() => "fine", (error) => error.name));
    }
    return Response.json(errors);
""").replace("export default", """import { env as outer } from "cloudflare:workers";
const early = outer.B.fetch("http://b/").catch((error) => { throw error; });
early.catch(() => {});
export default"""), DESCRIBE)
        self.assertEqual(json.loads(verge.get("/").text), ["TypeError"] * 5 + ["Error"])


class StreamTest(ServiceCase):
    def test_streams_of_javascript_both_ways(self):
        # What A writes B sends back, chunk by chunk: each waits for the other.
        verge = self.fleet(handler("""
    const { readable, writable } = new TransformStream();
    const responding = env.B.fetch("http://b/", { method: "POST", body: readable });
    const writer = writable.getWriter();
    writer.write(new TextEncoder().encode("0"));
    const reader = (await responding).body.getReader();
    const got = [];
    for (let i = 1; ; ++i) {
      const { value, done } = await reader.read();
      if (done) break;
      got.push(new TextDecoder().decode(value));
      if (i < 50) writer.write(new TextEncoder().encode(String(i)));
      else writer.close();
    }
    return Response.json(got);
"""), handler("""
    const upper = new TransformStream({ transform(chunk, controller) {
      controller.enqueue(new TextEncoder().encode("b" + new TextDecoder().decode(chunk)));
    } });
    return new Response(request.body.pipeThrough(upper));
"""))
        self.assertEqual(json.loads(verge.get("/").text), [f"b{i}" for i in range(50)])

    def test_a_lot_of_bytes(self):
        verge = self.fleet(handler("""
    const { pathname } = new URL(request.url);
    if (pathname === "/pass") return env.B.fetch("http://b/make");
    if (pathname === "/echo") return env.B.fetch(new Request("http://b/echo", request));
    if (pathname === "/count") {
      const made = await env.B.fetch("http://b/make");
      let bytes = 0;
      for await (const chunk of made.body) bytes += chunk.length;
      const counted = await env.B.fetch("http://b/count", { method: "POST", body: (await env.B.fetch("http://b/make")).body });
      return new Response(`${bytes} ${await counted.text()}`);
    }
"""), handler("""
    const { pathname } = new URL(request.url);
    if (pathname === "/echo") return new Response(request.body);
    if (pathname === "/count") return new Response(String((await request.arrayBuffer()).byteLength));
    let left = 256;
    return new Response(new ReadableStream({ pull(controller) {
      if (left-- === 0) return controller.close();
      controller.enqueue(new Uint8Array(32768).fill(left));
    } }));
"""), arguments=("--cpu-ms", "10000"))
        response = verge.get("/pass")
        self.assertEqual(len(response.body), 8 << 20)
        self.assertEqual(response.body[-32768:], bytes(32768))
        self.assert_response(verge.get("/count"), 200, f"{8 << 20} {8 << 20}")
        body = bytes(range(256)) * 20000
        self.assert_response(verge.post("/echo", body), 200, body)

    def test_nothing_is_made_that_nobody_reads(self):
        verge = self.fleet(handler("""
    const response = await env.B.fetch("http://b/");
    const reader = response.body.getReader();
    await reader.read();
    await reader.cancel("enough");
    return new Response("cancelled");
"""), handler("""
    let made = 0;
    return new Response(new ReadableStream({
      pull(controller) { controller.enqueue(new Uint8Array(100000)); if (++made > 10) throw new Error("too many"); },
      cancel(reason) { console.log(`CANCELLED after ${made}`); },
    }));
"""))
        self.assert_response(verge.get("/"), 200, "cancelled")
        verge.wait_for_log("CANCELLED after")

    def test_a_stream_that_fails(self):
        verge = self.fleet(handler("""
    const text = async (path) => {
      try {
        return await (await env.B.fetch("http://b" + path)).text();
      } catch (error) {
        return error.message;
      }
    };
    const broken = new ReadableStream({ start(c) { c.enqueue(new Uint8Array(1)); }, pull(c) { c.error(new Error("source failed")); } });
    const sent = await env.B.fetch("http://b/read", { method: "POST", body: broken }).then((r) => r.text());
    return Response.json([await text("/fails"), await text("/spins"), sent]);
"""), handler("""
    const { pathname } = new URL(request.url);
    if (pathname === "/read") return new Response(await request.text().catch((error) => error.message));
    let first = true;
    return new Response(new ReadableStream({ pull(controller) {
      if (first) { first = false; return controller.enqueue(new Uint8Array(10)); }
      if (pathname === "/spins") for (;;);
      throw new Error("on purpose");
    } }));
"""))
        fails, spins, sent = json.loads(verge.get("/").text)
        self.assertIn("on purpose", fails)
        self.assertIn("stopped", spins)
        self.assertIn("source failed", sent)
        verge.wait_for_log("exceeded its CPU time limit")


class FailureTest(ServiceCase):
    CALL = handler("""
    try {
      return new Response(await (await env.B.fetch(request)).text());
    } catch (error) {
      return Response.json([error.name, error.message, error.remote ?? null, error instanceof Error]);
    }
""")

    def test_exceptions_reach_the_caller(self):
        verge = self.fleet(self.CALL, handler("""
    const { pathname } = new URL(request.url);
    if (pathname === "/type") throw new TypeError("bad type");
    if (pathname === "/own") { class MyError extends Error { name = "MyError"; } throw new MyError("mine"); }
    if (pathname === "/text") throw "just text";
    if (pathname === "/spin") for (;;);
    if (pathname === "/hang") await new Promise(() => {});
    if (pathname === "/none") return undefined;
    return new Response("fine");
"""))
        of = lambda path: json.loads(verge.get(path).text)
        self.assertEqual(of("/type"), ["TypeError", "bad type", True, True])
        self.assertEqual(of("/text")[:2], ["Error", "just text"])
        self.assertIn("mine", of("/own")[1])
        self.assertIn("exceeded its CPU time limit", of("/spin")[1])
        self.assertIn("would never generate a response", of("/hang")[1])
        self.assertIn("did not resolve to 'Response'", of("/none")[1])
        # Only the callee's isolate was retired.
        self.assert_response(verge.get("/"), 200, "fine")
        verge.wait_for_log("bad type")
        self.assertRegex(verge.log, r"b.*bad type")

    def test_one_that_cannot_start(self):
        verge = self.fleet(self.CALL, "throw new Error('at start');")
        for _ in range(2):
            self.assertIn("could not be started", json.loads(verge.get("/").text)[1])
        verge.wait_for_log("at start")

    def test_calls_that_go_round(self):
        code = handler("""
    const depth = Number(new URL(request.url).pathname.slice(1));
    try {
      const response = await env.B.fetch(`http://b/${depth + 1}`);
      return new Response(await response.text(), response);
    } catch (error) {
      return new Response(`${depth} ${error.message}`);
    }
""")
        verge = self.fleet(code, code, grant=service("B", "a"))
        text = verge.get("/0").text
        self.assertRegex(text, r"^15 Subrequest depth limit exceeded")

    def test_calls_without_end(self):
        verge = self.fleet(handler("""
    let count = 0;
    try {
      for (;; ++count) await (await env.B.fetch("http://b/")).text();
    } catch (error) {
      return new Response(`${count} ${error.message}`);
    }
"""), DESCRIBE)
        self.assertRegex(verge.get("/").text, r"^31 Too many calls of other workers")
        self.assertRegex(verge.get("/").text, r"^31 Too many calls of other workers")

    def test_they_are_subrequests(self):
        toml = "\n".join([worker("a", "limits = { subrequests = 3 }", service("B", "b"), route="*/*"), worker("b")])
        verge = self.start({"verge.toml": toml, "b.js": DESCRIBE, "a.js": handler("""
    let count = 0;
    try {
      for (;; ++count) await env.B.fetch("http://b/");
    } catch (error) {
      return new Response(`${count} ${error.message}`);
    }
""")}, main="verge.toml")
        self.assert_response(verge.get("/"), 200, "3 fetch failed: Too many subrequests.")

    def test_cancellation(self):
        b = handler("""
    request.signal.addEventListener("abort", () => console.log("B WAS CANCELLED"));
    ctx.waitUntil((async () => { await new Promise((r) => setTimeout(r, 50)); console.log("B FINISHES"); })());
    console.log("B STARTS");
    await new Promise((r) => setTimeout(r, 600000));
""")
        verge = self.fleet(handler("""
    if (new URL(request.url).pathname === "/signal") {
      const controller = new AbortController();
      const answer = env.B.fetch("http://b/", { signal: controller.signal }).catch((error) => error.message);
      await request.text();
      controller.abort(new RangeError("by A"));
      return new Response(await answer);
    }
    console.log("A CALLS");
    return env.B.fetch(request);
"""), b)
        with verge.connect() as client:
            client.send(b"POST /signal HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
            verge.wait_for_log("B STARTS")
            client.send(b"go")
            self.assert_response(client.read_response(), 200, "by A")
        verge.wait_for_log("B WAS CANCELLED")
        verge.wait_for_log("B FINISHES")
        with verge.connect() as client:
            client.send_request("GET", "/")
            verge.wait_for_log("A CALLS")
            client.reset()
        verge.wait_for_log("B WAS CANCELLED", 2)
        verge.wait_for_log("B FINISHES", 2)

    def test_what_an_event_leaves_behind(self):
        # B answers and goes on; A is long gone.
        verge = self.fleet(handler("return env.B.fetch(request);"), handler("""
    ctx.waitUntil((async () => { await new Promise((r) => setTimeout(r, 20)); console.log("B LATER"); })());
    return new Response("now");
"""))
        self.assert_response(verge.get("/"), 200, "now")
        verge.wait_for_log("B LATER")


class AccessTest(ServiceCase):
    def test_only_what_is_granted(self):
        own = '{"name": "x", "main": "a.js", "services": [{"binding": "B", "service": "%s"}]}'
        files = {"a/a.js": handler("return env.B.fetch('http://b/');"), "b.js": handler("return new Response('b');"),
                 "c/a.js": handler("return env.B.fetch('http://b/');"), "c/wrangler.json": own % "b",
                 "a/wrangler.json": own % "b", "d/a.js": handler("return env.B.fetch('http://b/');"),
                 "d/wrangler.json": own % "nobody"}
        toml = "\n".join([
            worker("a", 'owner = "one"', route="a.test/*", main="a"), worker("b", 'owner = "one"'),
            worker("c", 'owner = "two"', route="c.test/*", main="c"),
            worker("d", 'owner = "two"', route="d.test/*", main="d")])
        verge = self.start({"verge.toml": toml, **files}, main="verge.toml")

        def get(host):
            with verge.connect() as client:
                client.send_request("GET", "/", (), None, close=True, host=host)
                return client.read_response("GET")

        self.assert_response(get("a.test"), 200, "b")
        for host, name in (("c.test", "b"), ("d.test", "nobody")):
            refused = get(host)
            self.assertEqual(refused.status, 503)
            # What there is of others is not told.
            self.assertIn(f'env.B is bound to the worker "{name}", which this worker may not call', refused.text)
        verge.wait_for_log("may not call", 2)

    def test_a_project_alone(self):
        config = '{"name": "me", "main": "w.js", "services": [{"binding": "B", "service": "other"}]}'
        for command in ("dev", "serve"):
            verge = self.start(None, path=self.directory({
                "wrangler.json": config, "w.js": handler("return env.B.fetch(request);")}), command=command)
            response = verge.get("/")
            self.assertEqual(response.status, 503)
            self.assertIn('env.B is bound to the worker "other", which does not run here', response.text)
            verge.wait_for_log("does not run here")

    def test_errors_of_the_configuration(self):
        directory = self.directory({"verge.toml": worker("shop", service("B", "shup"), route="*/*"), "shop.js": DESCRIBE})
        result = self.run_to_failure("serve", "verge.toml", "--port", "0", cwd=directory)
        self.assertIn("the worker 'shop' is bound to the service 'shup', but there is no such worker", result)
        self.assertIn("'shop'?", result)


class WebSocketTest(ServiceCase):
    B = handler("""
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener("message", ({ data }) => server.send(typeof data === "string" ? `b:${data}` : data));
    server.addEventListener("close", ({ code, reason }) => console.log(`B CLOSED ${code} ${reason}`));
    return new Response(null, { status: 101, webSocket: client, headers: { "x-from": "b" } });
""")

    def test_a_socket_is_passed_on(self):
        verge = self.fleet(handler("return env.B.fetch(request);"), self.B)
        peer, response = connect(verge.port)
        self.assertEqual(response.status, 101)
        self.assertEqual(response.header("x-from"), "b")
        with peer:
            for text in ("one", "two", "x" * 200000):
                peer.send(text)
                self.assertEqual(peer.read(), f"b:{text}")
            peer.send(b"\0\1\2")
            self.assertEqual(peer.read(), b"\0\1\2")
            peer.send_close(4001, "bye")
            self.assertEqual(peer.read(), ("close", 4001, ""))
        verge.wait_for_log("B CLOSED 4001 bye")

    def test_workers_talk(self):
        verge = self.fleet(handler("""
    const { webSocket } = await env.B.fetch("http://b/", { headers: { Upgrade: "websocket" } });
    webSocket.accept();
    const got = [];
    await new Promise((resolve) => {
      webSocket.addEventListener("message", ({ data }) => {
        got.push(data);
        if (got.length === 1000) { webSocket.close(4002, "done"); resolve(); } else webSocket.send(String(got.length));
      });
      webSocket.send("0");
    });
    return Response.json(got);
"""), self.B, arguments=("--cpu-ms", "5000"))
        self.assertEqual(json.loads(verge.get("/").text), [f"b:{i}" for i in range(1000)])
        verge.wait_for_log("B CLOSED 4002 done")
