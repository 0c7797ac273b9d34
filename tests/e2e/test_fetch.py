"""Outbound fetch(): the global function, against an origin over real sockets."""

import gzip
import json
import socket
import threading
import unittest
import zlib

from e2e.harness import Case, handler, scaled
from e2e.origin import Origin, read_body, reads_body_itself

# Routes of the worker: each gets (request, origin's URL) and gives a Response.
WORKER = """
const text = (value) => new Response(typeof value === "string" ? value : JSON.stringify(value));
const caught = async (promise) => {
  try { await promise; return text("no error"); } catch (e) { return text(`${e.name}: ${e.message}`); }
};
const encode = (s) => new TextEncoder().encode(s);
let kept;
const routes = {
  pass: (r, o) => fetch(o + "/hello"),
  read: async (r, o) => text(await (await fetch(o + "/hello")).text()),
  members: async (r, o) => {
    const s = await fetch(o + "/hello?a=1#fragment");
    return text({ status: s.status, statusText: s.statusText, ok: s.ok, url: s.url, redirected: s.redirected,
                  type: s.headers.get("x-type"), bodyUsed: s.bodyUsed, isStream: s.body instanceof ReadableStream });
  },
  immutable: async (r, o) => {
    const s = await fetch(o + "/hello");
    const copy = new Response(s.body, s);
    copy.headers.set("x-added", "1");
    try { s.headers.set("a", "b"); } catch (e) { copy.headers.set("x-error", e.message); }
    return copy;
  },
  post: (r, o) => fetch(o + "/echo", { method: "POST", body: "some text", headers: { "x-a": "1" } }),
  bytes: (r, o) => fetch(o + "/echo", { method: "PUT", body: encode("bytes") }),
  params: (r, o) => fetch(o + "/echo", { method: "POST", body: new URLSearchParams({ a: "1", b: "ä" }) }),
  proxy: (r, o) => fetch(new Request(o + "/echo", r)),
  proxyRequest: (r, o) => fetch(o + "/echo", r),
  streamUp: (r, o) => fetch(o + "/echo", { method: "POST", body: new ReadableStream({
    async start(c) { for (let i = 0; i < 5; i++) { c.enqueue(encode(`part ${i},`)); await scheduler_wait(1); } c.close(); },
  }) }),
  streamUpFails: (r, o) => caught(fetch(o + "/slowEcho", { method: "POST", body: new ReadableStream({
    async pull(c) { await scheduler_wait(1); throw new Error("the source failed"); },
  }) })),
  headers: async (r, o) => {
    const h = new Headers({ "X-One": "1", host: "elsewhere", connection: "close", "transfer-encoding": "gzip" });
    h.append("x-two", "a"); h.append("x-two", "b");
    return fetch(o + "/headers", { headers: h });
  },
  responseHeaders: async (r, o) => {
    const s = await fetch(o + "/manyHeaders");
    return text([[...s.headers], s.headers.getSetCookie()]);
  },
  status: async (r, o, q) => {
    const s = await fetch(o + "/status?" + q.get("code"), { method: q.get("method") ?? "GET" });
    return text({ status: s.status, body: s.body === null, text: await s.text() });
  },
  head: (r, o) => fetch(o + "/hello", { method: "HEAD" }),
  follow: async (r, o, q) => {
    const s = await fetch(o + "/redirect?" + q.get("to"), {
      method: q.get("method") ?? "GET", redirect: q.get("mode") ?? "follow",
      body: q.get("body") ?? undefined, headers: { authorization: "secret", cookie: "c=1", "x-kept": "yes" } });
    return text({ status: s.status, url: s.url.replace(o, ""), redirected: s.redirected, location: s.headers.get("location"),
                  body: await s.text() });
  },
  followError: (r, o, q) => caught(fetch(o + "/redirect?" + q.get("to"), { redirect: q.get("mode") ?? "follow" })),
  followStream: (r, o, q) => caught(fetch(o + "/redirect?" + q.get("to"), { method: "POST", body: new ReadableStream({
    start(c) { c.enqueue(encode("x")); c.close(); } }) })),
  manual: (r, o, q) => fetch(o + "/redirect?" + q.get("to"), { redirect: "manual" }),
  incomingRedirect: (r, o, q) => fetch(o + "/redirect?302:/hello", r),
  loop: (r, o) => caught(fetch(o + "/loop")),
  error: (r, o, q) => caught(fetch(q.get("url"))),
  originError: (r, o, q) => caught(fetch(o + q.get("path")).then((s) => s.text())),
  passError: (r, o, q) => fetch(o + q.get("path")),
  read_gzip: async (r, o) => {
    const s = await fetch(o + "/gzip");
    return new Response(await s.text(), { headers: { "x-encoding": s.headers.get("content-encoding") } });
  },
  gzip: (r, o) => fetch(o + "/gzip"),
  gzipWrapped: async (r, o) => { const s = await fetch(o + "/gzip"); return new Response(s.body, s); },
  gzipTransformed: async (r, o) => {
    const s = await fetch(o + "/gzip");
    return new Response(s.body.pipeThrough(new TransformStream()), s);
  },
  gzipOwn: () => new Response("own text", { headers: { "Content-Encoding": "gzip" } }),
  brokenGzip: async (r, o) => caught((await fetch(o + "/brokenGzip")).text()),
  deflate: async (r, o) => text(await (await fetch(o + "/deflate")).text()),
  unknownCoding: async (r, o) => text(await (await fetch(o + "/unknownCoding")).text()),
  aborted: (r, o) => caught(fetch(o + "/hello", { signal: AbortSignal.abort() })),
  abortReason: (r, o) => caught(fetch(o + "/hello", { signal: AbortSignal.abort(new RangeError("my reason")) })),
  abortLater: (r, o) => {
    const c = new AbortController();
    setTimeout(() => c.abort(), 20);
    return caught(fetch(o + "/never", { signal: c.signal }));
  },
  timeout: (r, o) => caught(fetch(o + "/never", { signal: AbortSignal.timeout(20) })),
  abortBody: async (r, o) => {
    const c = new AbortController();
    const s = await fetch(o + "/endless", { signal: c.signal });
    const reader = s.body.getReader();
    await reader.read();
    c.abort(new RangeError("enough"));
    return caught(reader.read());
  },
  abortText: async (r, o) => {
    const c = new AbortController();
    const s = await fetch(o + "/endless", { signal: c.signal });
    setTimeout(() => c.abort(), 20);
    return caught(s.text());
  },
  abortRequest: (r, o) => {
    const c = new AbortController();
    const request = new Request(o + "/never", { signal: c.signal });
    setTimeout(() => c.abort(), 20);
    return caught(fetch(request));
  },
  signalUnused: async (r, o) => text(await (await fetch(o + "/hello", { signal: new AbortController().signal })).text()),
  signalPass: (r, o) => fetch(o + "/hello", { signal: new AbortController().signal }),
  cancelBody: async (r, o) => { const s = await fetch(o + "/endless"); await s.body.cancel(); return text("cancelled"); },
  unread: async (r, o) => { await fetch(o + "/endless"); return text("done"); },
  clone: async (r, o) => {
    const s = await fetch(o + "/hello");
    const copy = s.clone();
    return text([await s.text(), await copy.text()]);
  },
  twice: async (r, o) => { const s = await fetch(o + "/hello"); await s.text(); return caught(s.text()); },
  many: async (r, o, q) => {
    const all = await Promise.all(Array.from({ length: +q.get("n") }, (_, i) => fetch(o + "/slot?" + i)));
    return text((await Promise.all(all.map((s) => s.text()))).join(","));
  },
  limit: async (r, o, q) => {
    let n = 0;
    try { for (;;) { await (await fetch(o + "/hello")).text(); n++; } } catch (e) { return text(`${n} ${e.message}`); }
  },
  waitUntil: (r, o, q) => new Promise((resolve) => { resolve(text("answered")); r.ctx.waitUntil(fetch(o + "/late")); }),
  keep: async (r, o) => { kept = await fetch(o + "/slowBody"); return text("kept"); },
  useKept: async () => caught(kept.text()),
  large: (r, o) => fetch(o + "/large"),
  largeRead: async (r, o) => text(String((await (await fetch(o + "/large")).arrayBuffer()).byteLength)),
  cache: (r, o, q) => fetch(o + "/headers", { cache: q.get("mode") }),
  noArguments: () => caught(fetch()),
  badUrls: async (r, o, q) => {
    const out = [];
    for (const url of ["nonsense", "ftp://example.com/", "http://user:pw@example.com/", "mailto:a@b"]) {
      try { await fetch(url); out.push("?"); } catch (e) { out.push(`${e.name}: ${e.message}`); }
    }
    return text(out);
  },
  twoHandlers: async (r, o) => {
    const [a, b] = await Promise.all([fetch(o + "/hello"), fetch(o + "/echo", { method: "POST", body: "b" })]);
    return text([await a.text(), (await b.json()).body]);
  },
};
const scheduler_wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    request.ctx = ctx;
    return routes[pathname.slice(1)](request, env.ORIGIN, searchParams);
  },
};
"""


def hello(exchange):
    exchange.respond(200, "Hello from the origin", [("X-Type", "greeting")], reason="Fine")


def echo(exchange):
    request = exchange.request
    exchange.respond(200, json.dumps({
        "method": request.method, "target": request.target, "body": request.body.decode("latin-1"),
        "headers": {name.lower(): value for name, value in request.headers}}))


def headers(exchange):
    exchange.respond(200, json.dumps(exchange.request.headers))


def redirect(exchange):
    status, _, location = exchange.request.target.split("?", 1)[1].partition(":")
    exchange.respond(int(status), "elsewhere", [("Location", location)] if location else [])


class Fetch(Case):
    worker = WORKER

    def origin(self, **routes):
        known = {"/hello": hello, "/echo": echo, "/headers": headers, "/redirect": redirect}
        known.update({"/" + name: route for name, route in routes.items()})
        known.setdefault("*", lambda exchange: exchange.respond(404, "not here"))
        origin = Origin(known)
        self.addCleanup(origin.close)
        return origin

    def serve(self, origin, *arguments, **options):
        return self.start(self.worker, "--allow-outbound", "127.0.0.0/8", "--var", f"ORIGIN={origin.url}", *arguments,
                          **options)

    def pair(self, *arguments, **routes):
        origin = self.origin(**routes)
        return self.serve(origin, *arguments), origin


class TestBasics(Fetch):
    def test_get(self):
        verge, origin = self.pair()
        for route in ("pass", "read", "signalUnused", "signalPass"):
            with self.subTest(route):
                self.assert_response(verge.get("/" + route), 200, "Hello from the origin")
        response = verge.get("/pass")
        self.assertEqual((response.reason, response.header("x-type"), response.header("content-length")),
                         ("Fine", "greeting", "21"))
        self.assertEqual(origin.connections, 1, "connections are kept")
        request = origin.requests[0]
        self.assertEqual((request.method, request.target, request.version), ("GET", "/hello", "HTTP/1.1"))
        self.assertEqual((request.header("host"), request.header("accept"), request.header("accept-encoding")),
                         (f"127.0.0.1:{origin.port}", "*/*", "gzip, br"))

    def test_members(self):
        verge, origin = self.pair()
        self.assertEqual(json.loads(verge.get("/members").text), {
            "status": 200, "statusText": "Fine", "ok": True, "url": origin.url + "/hello?a=1", "redirected": False,
            "type": "greeting", "bodyUsed": False, "isStream": True})
        response = verge.get("/immutable")
        self.assert_response(response, 200, "Hello from the origin")
        self.assertEqual(response.header("x-added"), "1")
        self.assertEqual(response.header("x-error"), "Can't modify immutable headers.")

    def test_bodies(self):
        verge, _ = self.pair()
        for route, method, body, content_type in [
                ("post", "POST", "some text", "text/plain;charset=UTF-8"), ("bytes", "PUT", "bytes", None),
                ("params", "POST", "a=1&b=%C3%A4", "application/x-www-form-urlencoded;charset=UTF-8"),
                ("streamUp", "POST", "".join(f"part {i}," for i in range(5)), None)]:
            with self.subTest(route):
                shown = json.loads(verge.get("/" + route).text)
                self.assertEqual((shown["method"], shown["body"], shown["headers"].get("content-type")),
                                 (method, body, content_type))
                if route == "streamUp":
                    self.assertEqual(shown["headers"]["transfer-encoding"], "chunked")
                else:
                    self.assertEqual(shown["headers"]["content-length"], str(len(body)))

    def test_proxied_request(self):
        verge, _ = self.pair()
        for route in ("proxy", "proxyRequest"):
            with self.subTest(route):
                response = verge.request("POST", "/" + route, {"X-Mine": "1", "Content-Type": "a/b"}, "x" * 100_000)
                shown = json.loads(response.text)
                self.assertEqual((shown["method"], len(shown["body"])), ("POST", 100_000))
                self.assertEqual((shown["headers"]["x-mine"], shown["headers"]["content-type"],
                                  shown["headers"]["content-length"]), ("1", "a/b", "100000"))
                self.assertTrue(shown["headers"]["host"].startswith("127.0.0.1:"))

    def test_headers(self):
        verge, origin = self.pair(manyHeaders=lambda exchange: exchange.respond(200, "", [
            ("X-B", "2"), ("x-a", "1"), ("X-A", "3"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-L", "ä")]))
        sent = [(name.lower(), value) for name, value in json.loads(verge.get("/headers").text)]
        self.assertIn(("x-one", "1"), sent)
        self.assertEqual([value for name, value in sent if name == "x-two"], ["a", "b"])
        self.assertEqual([value for name, value in sent if name == "host"], [f"127.0.0.1:{origin.port}"])
        self.assertFalse([name for name, _ in sent if name == "transfer-encoding"])
        pairs, cookies = json.loads(verge.get("/responseHeaders").text)
        self.assertEqual(pairs, [["cf-cache-status", "BYPASS"], ["content-length", "0"], ["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-a", "1, 3"],
                                 ["x-b", "2"], ["x-l", "ä"]])
        self.assertEqual(cookies, ["a=1", "b=2"])

    def test_statuses(self):
        verge, _ = self.pair(status=lambda exchange: exchange.respond(int(exchange.request.target.split("?")[1])))
        for code, no_body in [(200, False), (204, True), (304, True), (404, False), (500, False)]:
            with self.subTest(code):
                self.assertEqual(json.loads(verge.get(f"/status?code={code}").text),
                                 {"status": code, "body": no_body, "text": ""})
        self.assertTrue(json.loads(verge.get("/status?code=200&method=HEAD").text)["body"])
        response = verge.request("HEAD", "/head")
        self.assertEqual((response.status, response.header("content-length"), response.body), (200, "21", b""))

    def test_cache_modes(self):
        verge, _ = self.pair()
        for mode, expected in [("no-store", "no-cache"), ("reload", "no-cache"), ("no-cache", "max-age=0")]:
            sent = {name.lower(): value for name, value in json.loads(verge.get(f"/cache?mode={mode}").text)}
            self.assertEqual(sent["cache-control"], expected, mode)

    def test_large(self):
        size = scaled(50_000_000, 5_000_000)
        verge, _ = self.pair("--cpu-ms", 30_000, large=lambda exchange: exchange.respond(200, b"x" * size))
        response = verge.get("/large")
        self.assertEqual((response.status, len(response.body), response.header("content-length")), (200, size, str(size)))
        self.assert_response(verge.get("/largeRead"), 200, str(size))

    def test_several_at_once(self):
        verge, _ = self.pair()
        self.assertEqual(json.loads(verge.get("/twoHandlers").text), ["Hello from the origin", "b"])
        self.assertEqual(json.loads(verge.get("/clone").text), ["Hello from the origin"] * 2)
        self.assertIn("TypeError: Body has already been used", verge.get("/twice").text)


class TestRedirects(Fetch):
    def follow(self, verge, **parameters):
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return json.loads(verge.get("/follow?" + query).text)

    def test_follow(self):
        verge, origin = self.pair()
        shown = self.follow(verge, to="302:/hello?x")
        self.assertEqual(shown, {"status": 200, "url": "/hello?x", "redirected": True, "location": None,
                                 "body": "Hello from the origin"})
        self.assertEqual(origin.connections, 1, "the redirect's body is read to its end")

    def test_methods(self):
        verge, _ = self.pair()
        for status, method, expected, body in [(301, "POST", "GET", ""), (302, "POST", "GET", ""), (303, "POST", "GET", ""),
                                               (303, "PUT", "GET", ""), (301, "PUT", "PUT", "b"), (307, "POST", "POST", "b"),
                                               (308, "PUT", "PUT", "b")]:
            with self.subTest(f"{status} {method}"):
                shown = json.loads(self.follow(verge, to=f"{status}:/echo", method=method, body="b")["body"])
                self.assertEqual((shown["method"], shown["body"], shown["headers"].get("content-type")),
                                 (expected, body, "text/plain;charset=UTF-8" if body else None))

    def test_credentials_stay_behind(self):
        verge, origin = self.pair()
        elsewhere = self.origin()
        same = json.loads(self.follow(verge, to="302:/echo")["body"])["headers"]
        self.assertEqual((same["authorization"], same["cookie"], same["x-kept"]), ("secret", "c=1", "yes"))
        other = json.loads(self.follow(verge, to=f"302:{elsewhere.url}/echo")["body"])["headers"]
        self.assertEqual((other.get("authorization"), other.get("cookie"), other["x-kept"]), (None, None, "yes"))

    def test_modes(self):
        verge, origin = self.pair()
        response = verge.get("/manual?to=302:/hello")
        self.assert_response(response, 302, "elsewhere")
        self.assertEqual(response.header("location"), "/hello")
        self.assert_response(verge.get("/incomingRedirect"), 302, "elsewhere")
        self.assertEqual(verge.get("/followError?to=302:/hello&mode=error").text,
                         "TypeError: fetch failed: Unexpected redirect: the request's redirect mode is \"error\".")
        self.assertEqual(self.follow(verge, to="302")["status"], 302, "without a Location it is the answer")

    def test_what_cannot_be_followed(self):
        verge, _ = self.pair(loop=lambda exchange: exchange.respond(302, "", [("Location", "/loop")]))
        self.assertEqual(verge.get("/loop").text, "TypeError: fetch failed: Too many redirects: 20 were followed.")
        self.assertIn("not a valid URL", verge.get("/followError?to=302:http://%5b").text)
        self.assertIn("a redirect to ftp: is not followed", verge.get("/followError?to=302:ftp://x/").text)
        self.assertIn("a stream cannot be sent again", verge.get("/followStream?to=307:/echo").text)
        self.assertEqual(verge.get("/followStream?to=303:/echo").text, "no error")


class TestCodings(Fetch):
    TEXT = b"some text that is worth compressing " * 100

    def coded(self):
        return self.pair(
            gzip=lambda exchange: exchange.respond(200, gzip.compress(self.TEXT), [("Content-Encoding", "gzip")]),
            deflate=lambda exchange: exchange.respond(200, zlib.compress(self.TEXT), [("Content-Encoding", "deflate")]),
            brokenGzip=lambda exchange: exchange.respond(200, gzip.compress(self.TEXT)[:-20] + b"x" * 20,
                                                         [("Content-Encoding", "gzip")]),
            unknownCoding=lambda exchange: exchange.respond(200, "as it is", [("Content-Encoding", "rot13")]))

    def test_decoding(self):
        verge, _ = self.coded()
        response = verge.get("/read_gzip")
        self.assert_response(response, 200, self.TEXT)
        self.assertEqual(response.header("x-encoding"), "gzip")
        self.assert_response(verge.get("/deflate"), 200, self.TEXT)
        self.assert_response(verge.get("/unknownCoding"), 200, "as it is")
        self.assertTrue(verge.get("/brokenGzip").text.startswith("TypeError: "), verge.get("/brokenGzip"))

    def test_passed_on(self):
        verge, _ = self.coded()
        for route in ("gzip", "gzipWrapped", "gzipTransformed"):
            with self.subTest(route):
                response = verge.get("/" + route, {"Accept-Encoding": "deflate, gzip"})
                self.assertEqual((response.status, response.header("content-encoding")), (200, "gzip"))
                self.assertEqual(gzip.decompress(response.body), self.TEXT)
                if route != "gzipTransformed":
                    self.assertEqual(response.header("content-length"), str(len(gzip.compress(self.TEXT))))
                # A client that does not take it gets it decoded.
                for accept in ({}, {"Accept-Encoding": "br, gzip;q=0"}):
                    response = verge.get("/" + route, accept)
                    self.assert_response(response, 200, self.TEXT)
                    self.assertIsNone(response.header("content-encoding"))
                    self.assertIsNone(response.header("content-length"))

    def test_own_response(self):
        verge, _ = self.coded()
        response = verge.get("/gzipOwn", {"Accept-Encoding": "*"})
        self.assertEqual((response.header("content-encoding"), gzip.decompress(response.body)), ("gzip", b"own text"))
        self.assert_response(verge.get("/gzipOwn"), 200, "own text")


class TestErrors(Fetch):
    def refused_port(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            return probe.getsockname()[1]

    def test_no_connection(self):
        verge, _ = self.pair()
        port = self.refused_port()
        self.assertEqual(verge.get(f"/error?url=http://127.0.0.1:{port}/").text,
                         f"TypeError: fetch failed: connection to 127.0.0.1:{port} refused")
        self.assertIn("nowhere.invalid", verge.get("/error?url=http://nowhere.invalid/").text)

    def test_arguments(self):
        verge, _ = self.pair()
        self.assertEqual(json.loads(verge.get("/badUrls").text), [
            "TypeError: Invalid URL: nonsense", "TypeError: Fetch API cannot load: ftp://example.com/",
            "TypeError: Failed to execute 'fetch': Request cannot be constructed from a URL that includes credentials: "
            "http://user:pw@example.com/", "TypeError: Fetch API cannot load: mailto:a@b"])
        self.assertIn("TypeError: Failed to execute 'fetch': 1 argument required", verge.get("/noArguments").text)

    def test_misbehaving_origin(self):
        def garbage(exchange):
            exchange.send("this is not HTTP\r\n\r\n")
            exchange.close()

        def huge(exchange):
            exchange.send("HTTP/1.1 200 OK\r\n" + "".join(f"x-{i}: {'v' * 1000}\r\n" for i in range(300)) + "\r\n")
            exchange.close()

        def short(exchange):
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all")
            exchange.close()

        def both(exchange):
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            exchange.close()

        def badChunk(exchange):  # noqa: N802: a route's name
            exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzzz\r\n")
            exchange.close()

        verge, origin = self.pair(garbage=garbage, huge=huge, short=short, both=both, badChunk=badChunk,
                                  closes=lambda exchange: exchange.close(), resets=lambda exchange: exchange.reset())
        for path in ("garbage", "huge", "short", "both", "badChunk", "closes", "resets"):
            with self.subTest(path):
                text = verge.get(f"/originError?path=/{path}").text
                self.assertRegex(text, r"^(TypeError: fetch failed: |TypeError: |Error: )")
                self.assertIn(f"127.0.0.1:{origin.port}", text)
        # What is passed on ends as brokenly as it came.
        for path in ("short", "badChunk"):
            response = verge.get(f"/passError?path=/{path}")
            self.assertEqual((response.status, response.complete), (200, False), response)
        self.assert_exception(verge.get("/passError?path=/closes"))
        verge.wait_for_log("fetch failed")
        self.assert_response(verge.get("/pass"), 200, "Hello from the origin")

    def test_upload_that_fails(self):
        verge, _ = self.pair(slowEcho=echo)
        self.assertIn("the source failed", verge.get("/streamUpFails").text)

    def test_policy(self):
        """In production only public addresses, unless the command line says more; in development all."""
        origin = self.origin()
        verge = self.start(self.worker, "--var", f"ORIGIN={origin.url}")
        for url in (origin.url, "http://localhost:" + str(origin.port), "http://10.0.0.1/", "http://169.254.169.254/",
                    f"http://[::1]:{origin.port}/", f"http://[::ffff:127.0.0.1]:{origin.port}/", "http://0.0.0.0/",
                    f"http://2130706433:{origin.port}/"):
            with self.subTest(url):
                self.assertIn("not allowed", verge.get(f"/error?url={url}").text)
        self.assertEqual(origin.connections, 0)
        verge = self.start(self.worker, "--var", f"ORIGIN={origin.url}", command="dev")
        self.assert_response(verge.get("/pass"), 200, "Hello from the origin")
        error = self.fail_to_start(handler("return new Response('x')"), "--allow-outbound", "10.0.0.0/99")
        self.assertIn("--allow-outbound 10.0.0.0/99: ", error)

    def test_loop(self):
        verge = self.start(handler("""
            const s = await fetch(request);
            return new Response(`${s.status} ${await s.text()}`);"""), command="dev")
        with verge.connect() as client:
            client.send_request("GET", "/", host=f"127.0.0.1:{verge.port}")
            text = client.read_response().text
        self.assertEqual(text.count("200 "), 16, text)
        self.assertTrue(text.endswith("508 error code: 1019\nThe worker called itself too often\n"), text)

    def test_global_scope(self):
        error = self.fail_to_start("const r = await fetch('http://127.0.0.1/');\nexport default { fetch() {} };")
        self.assertIn("Disallowed operation called within global scope", error)


class TestAbort(Fetch):
    def serve_endless(self):
        ended = threading.Event()

        def endless(exchange):
            exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            exchange.wait_for_close()
            ended.set()
            exchange.close()

        def never(exchange):
            exchange.wait_for_close()
            ended.set()
            exchange.close()

        verge, origin = self.pair(endless=endless, never=never)
        return verge, origin, ended

    def test_before(self):
        verge, origin, _ = self.serve_endless()
        self.assertEqual(verge.get("/aborted").text, "AbortError: The operation was aborted.")
        self.assertEqual(verge.get("/abortReason").text, "RangeError: my reason")
        self.assertEqual(origin.requests, [], "nothing is sent")

    def test_while_waiting(self):
        for route, expected in [("abortLater", "AbortError: The operation was aborted."),
                                ("timeout", "TimeoutError: The operation timed out."),
                                ("abortRequest", "AbortError: The operation was aborted.")]:
            with self.subTest(route):
                verge, _, ended = self.serve_endless()
                self.assertEqual(verge.get("/" + route).text, expected)
                self.assertTrue(ended.wait(30), "the connection is closed")

    def test_body(self):
        for route, expected in [("abortBody", "RangeError: enough"), ("abortText", "AbortError: The operation was aborted.")]:
            with self.subTest(route):
                verge, _, ended = self.serve_endless()
                self.assertEqual(verge.get("/" + route).text, expected)
                self.assertTrue(ended.wait(30), "the connection is closed")

    def test_unread_bodies(self):
        """They end with their event; so does what its client does not wait for any more."""
        for route in ("cancelBody", "unread"):
            with self.subTest(route):
                verge, _, ended = self.serve_endless()
                self.assertEqual(verge.get("/" + route).status, 200)
                self.assertTrue(ended.wait(30), "the connection is closed")
        verge, _, ended = self.serve_endless()
        with verge.connect() as client:
            client.send_request("GET", "/passError?path=/endless")
            self.assertEqual(client.read_head().status, 200)
        self.assertTrue(ended.wait(30), "the connection is closed")

    def test_client_that_leaves(self):
        verge, origin, ended = self.serve_endless()
        with verge.connect() as client:
            client.send_request("GET", "/passError?path=/never")
            self.assertTrue(origin.wait_until(lambda: origin.requests))
        self.assertTrue(ended.wait(30), "the subrequest is cancelled")


class TestLimits(Fetch):
    def test_connections(self):
        """Six wait for an answer at a time; the others take their turns."""
        gate = threading.Semaphore(0)
        waiting = []

        def slot(exchange):
            waiting.append(exchange.request.target)
            if not gate.acquire(timeout=30):
                exchange.close()
                return
            exchange.respond(200, exchange.request.target.split("?")[1])

        verge, origin = self.pair(slot=slot)
        result = {}
        client = threading.Thread(target=lambda: result.update(response=verge.get("/many?n=20")))
        client.start()
        self.assertTrue(origin.wait_until(lambda: len(origin.requests) >= 6))
        self.assertEqual(len(origin.requests), 6)
        self.assertEqual(origin.connections, 6)
        for _ in range(20):
            gate.release()
        client.join(60)
        self.assertEqual(result["response"].text, ",".join(str(i) for i in range(20)))
        self.assertEqual(origin.connections, 6, "the connections are used again")

    def test_subrequests(self):
        files = {"worker.js": self.worker, "wrangler.toml": 'name = "limited"\nmain = "worker.js"\n[limits]\nsubrequests = 5\n'}
        origin = self.origin()
        verge = self.start(files, "--allow-outbound", "127.0.0.0/8", "--var", f"ORIGIN={origin.url}")
        self.assertEqual(verge.get("/limit").text, "5 fetch failed: Too many subrequests. 6 asked for, 5 allowed (limits.subrequests).")
        self.assertEqual(verge.get("/limit").text, "5 fetch failed: Too many subrequests. 6 asked for, 5 allowed (limits.subrequests).", "each event has its own count")

    def test_wait_until(self):
        verge, origin = self.pair(late=hello)
        self.assert_response(verge.get("/waitUntil"), 200, "answered")
        self.assertTrue(origin.wait_until(lambda: origin.requests))

    def test_body_of_another_event(self):
        release = threading.Event()

        def slow_body(exchange):
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
            exchange.wait_for_close()
            release.set()
            exchange.close()

        verge, _ = self.pair(slowBody=slow_body)
        self.assert_response(verge.get("/keep"), 200, "kept")
        self.assertTrue(release.wait(30), "it ends with its event")
        self.assertIn("Error: ", verge.get("/useKept").text)


class TestUploads(Fetch):
    def test_back_pressure(self):
        """A client's upload is passed on as fast as the origin reads, and no faster."""
        go = threading.Event()

        @reads_body_itself
        def slow(exchange):
            go.wait(30)
            body = read_body(exchange.file, exchange.request)
            exchange.respond(200, str(len(body)))

        verge, origin = self.pair(echo=slow)
        size = scaled(60_000_000, 6_000_000)
        result = {}

        def upload():
            result["response"] = verge.post("/proxy", b"x" * size)

        client = threading.Thread(target=upload)
        client.start()
        self.assertTrue(origin.wait_until(lambda: origin.requests))
        before = verge.rss_bytes()
        go.set()
        client.join(120)
        self.assert_response(result["response"], 200, str(size))
        self.assertLess(verge.rss_bytes() - before, 40_000_000)


if __name__ == "__main__":
    unittest.main()
