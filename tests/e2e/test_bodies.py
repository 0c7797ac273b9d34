"""Requests and responses: bodies in every form, header fields, streams, clients that leave."""

import gzip
import json
import select
import time

from e2e.harness import Case, SharedCase, chunked, handler, scaled

WORKER = """
const encode = (s) => new TextEncoder().encode(s);
let made = 0;
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const error = (e) => `${e.name}: ${e.message}`;
const routes = {
  text: async (r) => new Response(await r.text()),
  json: async (r) => Response.json((await r.json()).value),
  arrayBuffer: async (r) => new Response(await r.arrayBuffer()),
  bytes: async (r) => new Response(await r.bytes()),
  pipe: (r) => new Response(r.body),
  describe: async (r) => Response.json({
    method: r.method, url: r.url, body: r.body === null ? null : typeof r.body, used: r.bodyUsed, headers: [...r.headers],
    redirect: r.redirect, length: (await r.arrayBuffer()).byteLength, after: r.bodyUsed,
  }),
  twice: async (r) => {
    await r.text();
    return new Response(await r.text().catch(error) + " | " + await r.json().catch(error) + " | " + r.bodyUsed);
  },
  badJson: async (r) => new Response(await r.json().catch(error)),
  locked: async (r) => {
    const reader = r.body.getReader();
    const text = await r.text().catch(error);
    reader.releaseLock();
    return new Response(text + " | " + await r.text());
  },
  clone: async (r) => {
    const copy = r.clone();
    const [a, b] = await Promise.all([r.text(), copy.text()]);
    return new Response(`${a === b} ${a.length} ${copy.method} ${copy.url === r.url}`);
  },
  cloneUsed: async (r) => {
    await r.text();
    try { r.clone(); return new Response("?"); } catch (e) { return new Response(e.name); }
  },
  responseClone: async (r) => {
    const original = new Response(r.body, { status: 201, headers: { a: "b" } });
    const copy = original.clone();
    return new Response(`${await original.text() === await copy.text()} ${copy.status} ${copy.headers.get("a")}`);
  },
  iterate: async (r) => {
    let total = 0, sum = 0;
    for await (const chunk of r.body) { total += chunk.length; for (const byte of chunk) sum += byte; }
    return new Response(`${total} ${sum}`);
  },
  iterateHalf: async (r) => {
    for await (const chunk of r.body) break;
    return new Response("stopped");
  },
  transform: (r) => {
    const upper = new TransformStream({
      transform(chunk, controller) { controller.enqueue(chunk.map((b) => (b >= 97 && b <= 122 ? b - 32 : b))); },
      flush(controller) { controller.enqueue(encode("!")); },
    });
    return new Response(r.body.pipeThrough(upper));
  },
  identity: (r) => {
    const { readable, writable } = new IdentityTransformStream();
    r.body.pipeTo(writable);
    return new Response(readable);
  },
  newRequest: async (r) => {
    const copy = new Request("https://example.com/x", r);
    return new Response(`${copy.method} ${copy.url} ${copy.headers.get("x-a")} ${r.bodyUsed} ${await copy.text()}`);
  },
  tee: async (r) => {
    const [a, b] = r.body.tee();
    return new Response(`${await new Response(a).text()} ${await new Response(b).text()}`);
  },
  ignore: () => new Response("not read"),
  sync: () => new Response(new ReadableStream({ start(c) { for (const x of "abc") c.enqueue(encode(x)); c.close(); } })),
  empty: () => new Response(new ReadableStream({ start(c) { c.close(); } })),
  async: () => {
    let n = 0;
    return new Response(new ReadableStream({
      async pull(c) { await sleep(2); if (n === 10) c.close(); else c.enqueue(encode(String(n++))); },
    }));
  },
  later: () => {
    const { readable, writable } = new TransformStream();
    (async () => {
      const writer = writable.getWriter();
      for (let i = 0; i < 5; ++i) { await sleep(2); await writer.write(encode(`line ${i}\\n`)); }
      await writer.close();
    })();
    return new Response(readable);
  },
  errors: () => {
    let n = 0;
    return new Response(new ReadableStream({
      async pull(c) { await sleep(2); if (n++ === 2) throw new Error("midway"); c.enqueue(encode("part")); },
    }));
  },
  many: () => {
    let n = 0;
    return new Response(new ReadableStream({
      async pull(c) {
        if (n % 100 === 99) await sleep(1);
        c.enqueue(encode(`${n} `.repeat(n % 7 === 0 ? 3000 : 1)));
        if (++n === 1000) c.close();
      },
    }));
  },
  endless: () => new Response(new ReadableStream({
    pull(c) { made += 1000; c.enqueue(new Uint8Array(1000)); },
  })),
  made: () => new Response(String(made)),
  errorsAtOnce: () => new Response(new ReadableStream({ start(c) { c.error(new Error("at once")); } })),
  badChunk: () => new Response(new ReadableStream({ start(c) { c.enqueue({}); c.close(); } })),
  forever: () => new Response(new ReadableStream({
    async pull(c) { await sleep(1); c.enqueue(encode("more ")); },
    cancel(reason) { console.log("CANCELLED", String(reason && reason.name || reason)); },
  })),
  stalls: () => new Response(new ReadableStream({
    start(c) { c.enqueue(encode("first")); },
    pull() { return new Promise(() => {}); },
    cancel() { console.log("STALLED CANCELLED"); },
  })),
  fixed: () => {
    const { readable, writable } = new FixedLengthStream(6);
    const writer = writable.getWriter();
    writer.write(encode("abc")); writer.write(encode("def")); writer.close();
    return new Response(readable);
  },
  length: () => new Response(new ReadableStream({ start(c) { c.enqueue(encode("12345")); c.close(); } }),
                             { headers: { "Content-Length": "5" } }),
  wrongLength: () => new Response(new ReadableStream({ start(c) { c.enqueue(encode("123")); c.close(); } }),
                                  { headers: { "Content-Length": "5" } }),
  string: () => new Response("häß€😀"),
  large: () => new Response("x".repeat(3_000_000)),
  largeBytes: () => new Response(new Uint8Array(3_000_000).fill(120)),
  params: () => new Response(new URLSearchParams({ a: "1 2", b: "ä" })),
  status: (r) => {
    const status = Number(new URL(r.url).searchParams.get("s"));
    return new Response([101, 204, 205, 304].includes(status) ? null : "body", { status });
  },
  statusText: () => new Response("x", { status: 299, statusText: "Quite Fine" }),
  noBody: () => new Response(),
  redirect: () => Response.redirect("https://example.com/a?b#c", 307),
  cookies: () => {
    const h = new Headers();
    h.append("Set-Cookie", "a=1; Path=/");
    h.append("Set-Cookie", "b=2");
    h.append("X-List", "1");
    h.append("X-List", "2");
    return new Response("x", { headers: h });
  },
  inject: () => {
    const tried = ["a\\r\\nb", "a\\nb: c", "a\\0", "ok"].map((value) => {
      try { new Headers({ x: value }); return "ok"; } catch (e) { return e.name; }
    });
    const names = ["a b", "a:b", "", "a\\n", "ä", "ok"].map((name) => {
      try { new Headers([[name, "x"]]); return "ok"; } catch (e) { return e.name; }
    });
    let text = "ok";
    try { new Response("x", { statusText: "a\\r\\nb: c" }); } catch (e) { text = e.name; }
    return new Response([...tried, ...names, text].join());
  },
  bigHeaders: () => new Response("x", { headers: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x-${i}`, "v".repeat(200)])) }),
  bigIn: (r) => new Response(String([...r.headers].filter(([k]) => /^x-\d/.test(k)).length) + " " + r.headers.get("x-5").length),
  signal: (r, env, ctx) => {
    ctx.waitUntil(new Promise((resolve) => {
      r.signal.addEventListener("abort", () => { console.log("ABORTED", r.signal.aborted, r.signal.reason.name); resolve(); });
    }));
    let turns = 0;
    setInterval(() => console.log("TURN", ++turns), 5);
    console.log("SIGNAL READY");
    return new Promise(() => {});
  },
  upload: async (r) => {
    console.log("UPLOAD STARTS");
    try { await r.text(); console.log("UPLOAD COMPLETE"); } catch (e) { console.log("UPLOAD FAILED", e.name); }
    return new Response("x");
  },
  uploadIterate: async (r, env, ctx) => {
    ctx.waitUntil((async () => {
      let n = 0;
      try { for await (const chunk of r.body) { n += chunk.length; console.log("GOT", n); } } catch (e) { console.log("ITERATION FAILED", e.name); }
    })());
    await sleep(100_000);
  },
};
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    return routes[pathname.slice(1)](request, env, ctx);
  },
};
"""


class Bodies(SharedCase):
    worker = WORKER
    arguments = ("--cpu-ms", "10000", "--max-body", "2GB")

    def post(self, path, body, headers=()):
        response = self.verge.post(path, body, headers)
        self.assert_response(response, 200)
        return response

    # --- requests' bodies

    def test_echo(self):
        text = "some text, ä€😀"
        self.assertEqual(self.post("/text", text).text, text)
        self.assertEqual(self.post("/json", '{"value": [1, "ä", null]}').text, '[1,"ä",null]')
        every = bytes(range(256)) * 5000
        for route in ["arrayBuffer", "bytes", "pipe", "identity"]:
            with self.subTest(route):
                self.assertEqual(self.post("/" + route, every).body, every)

    def test_text_is_decoded(self):
        self.assertEqual(self.post("/text", b"\xef\xbb\xbfwith BOM").text, "with BOM")
        self.assertEqual(self.post("/text", b"a\xffb\xc3").text, "a\ufffdb\ufffd")

    def test_chunked(self):
        pieces = [b"one", b"two" * 1000, b"x"]
        for route in ["text", "pipe", "arrayBuffer"]:
            with self.subTest(route), self.verge.connect() as client:
                client.send(f"POST /{route} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
                            + chunked(*pieces))
                self.assert_response(client.read_response(), 200, b"".join(pieces))

    def test_byte_by_byte(self):
        with self.verge.connect() as client:
            for byte in b"POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nbytes":
                client.send(bytes([byte]))
            self.assert_response(client.read_response(), 200, "bytes")

    def test_what_a_request_shows(self):
        shown = json.loads(self.verge.request("PUT", "/describe?a=b%20c", [("X-A", "1"), ("X-A", "2")], "12345").text)
        self.assertEqual(shown["url"], "http://localhost/describe?a=b%20c")
        self.assertEqual((shown["method"], shown["body"], shown["used"], shown["length"], shown["after"], shown["redirect"]),
                         ("PUT", "object", False, 5, True, "manual"))
        self.assertIn(["x-a", "1, 2"], shown["headers"])
        shown = json.loads(self.verge.get("/describe").text)
        self.assertEqual((shown["method"], shown["body"], shown["length"]), ("GET", None, 0))

    def test_read_twice(self):
        parts = self.post("/twice", "x").text.split(" | ")
        self.assertTrue(parts[0].startswith("TypeError: Body has already been used."), parts)
        self.assertTrue(parts[1].startswith("TypeError: Body has already been used."), parts)
        self.assertEqual(parts[2], "true")

    def test_bad_json(self):
        self.assertTrue(self.post("/badJson", "{").text.startswith("SyntaxError: "))
        self.assertTrue(self.verge.get("/badJson").text.startswith("SyntaxError: Unexpected end of JSON input"))

    def test_locked(self):
        text = self.post("/locked", "the body").text
        self.assertTrue(text.startswith("TypeError: ") and text.endswith(" | the body"), text)

    def test_clones(self):
        self.assertEqual(self.post("/clone", "x" * 200000).text, "true 200000 POST true")
        self.assertEqual(self.post("/cloneUsed", "x").text, "TypeError")
        self.assertEqual(self.post("/responseClone", "x" * 200000).text, "true 201 b")
        self.assertEqual(self.post("/tee", "x").text, "x x")

    def test_new_request(self):
        self.assertEqual(self.post("/newRequest", "body", [("X-A", "1")]).text, "POST https://example.com/x 1 false body")

    def test_iteration(self):
        self.assertEqual(self.post("/iterate", b"\x01" * 300000).text, "300000 300000")
        self.assertEqual(self.post("/iterateHalf", b"\x01" * 3_000_000).text, "stopped")

    def test_transform(self):
        self.assertEqual(self.post("/transform", "abc" * 50000).text, "ABC" * 50000 + "!")

    def test_body_that_nobody_reads(self):
        with self.verge.connect() as client:
            for _ in range(3):
                client.send_request("POST", "/ignore", body="x" * 1000)
                self.assert_response(client.read_response(), 200, "not read")

    def test_expect_continue(self):
        with self.verge.connect() as client:
            client.send(b"POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            interim = client.read_head()
            self.assertEqual((interim.status, interim.headers), (100, []))
            client.send(b"body")
            self.assert_response(client.read_response(), 200, "body")

    def test_expect_continue_that_nobody_wants(self):
        with self.verge.connect() as client:
            client.send(b"POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            response = client.read_response()  # no 100 first
            self.assert_response(response, 200, "not read")

    # --- responses' bodies

    def test_streams(self):
        for route, body in [("sync", "abc"), ("empty", ""), ("async", "0123456789"),
                            ("later", "".join(f"line {i}\n" for i in range(5)))]:
            with self.subTest(route):
                response = self.verge.get("/" + route)
                self.assert_response(response, 200, body)
                self.assertEqual(response.header("transfer-encoding"), "chunked")
                self.assertIsNone(response.header("content-length"))
                self.assertIsNone(response.header("content-type"))

    def test_stream_of_many_chunks(self):
        body = "".join(f"{n} " * (3000 if n % 7 == 0 else 1) for n in range(1000))
        self.assert_response(self.verge.get("/many"), 200, body)

    def test_stream_waits_for_its_client(self):
        """It is read ahead of the client, but only so far."""
        with self.verge.connect() as client:
            client.send_request("GET", "/endless")
            self.assertEqual(client.read_head().status, 200)
            made = -1
            for _ in range(1000):
                before, made = made, int(self.verge.get("/made").text)
                if before == made > 0:
                    break
                time.sleep(0.02)
            self.assertEqual(before, made, "it never stopped")
            self.assertLess(made, 100_000_000)  # what the kernel buffers

    def test_stream_to_http_1_0(self):
        with self.verge.connect() as client:
            client.send(b"GET /async HTTP/1.0\r\n\r\n")
            response = client.read_response()
            self.assert_response(response, 200, "0123456789")
            self.assertIsNone(response.header("transfer-encoding"))

    def test_known_lengths(self):
        response = self.verge.get("/fixed")
        self.assert_response(response, 200, "abcdef")
        self.assertEqual(response.header("content-length"), "6")
        self.assertIsNone(response.header("transfer-encoding"))

    def test_told_lengths(self):
        """What Content-Length says of a stream is often what it was before a worker changed it: it does not count."""
        for route, body in [("length", "12345"), ("wrongLength", "123")]:
            with self.subTest(route):
                response = self.verge.get("/" + route)
                self.assert_response(response, 200, body)
                self.assertIsNone(response.header("content-length"))
                self.assertEqual(response.header("transfer-encoding"), "chunked")

    def test_stream_that_fails(self):
        response = self.verge.get("/errors")
        self.assertEqual((response.status, response.complete, response.body), (200, False, b"partpart"), response)
        response = self.verge.get("/errorsAtOnce")
        self.assertFalse(response.complete and response.status == 200, response)
        response = self.verge.get("/badChunk")
        self.assertFalse(response.complete and response.status == 200, response)
        self.assert_response(self.verge.get("/sync"), 200, "abc")

    def test_stream_that_stalls(self):
        """Nothing can ever make it go on: it is cut, not left hanging."""
        response = self.verge.get("/stalls")
        self.assertEqual((response.status, response.body, response.complete), (200, b"first", False), response)

    def test_client_leaves_a_stream(self):
        before = self.verge.log.count("CANCELLED")
        with self.verge.connect() as client:
            client.send_request("GET", "/forever")
            self.assertEqual(client.read_head().status, 200)
            client.read_line()
        self.verge.wait_for_log("CANCELLED", before + 1)

    def test_many_clients_leave(self):
        before = self.verge.log.count("CANCELLED")
        count = scaled(100, 20)
        for index in range(count):
            client = self.verge.connect()
            client.send_request("GET", "/forever")
            client.read_head()
            client.reset() if index % 2 else client.close()
        self.verge.wait_for_log("CANCELLED", before + count)

    def test_strings(self):
        response = self.verge.get("/string")
        self.assert_response(response, 200, "häß€😀")
        self.assertEqual(response.header("content-type"), "text/plain;charset=UTF-8")
        self.assertEqual(response.header("content-length"), "12")
        self.assert_response(self.verge.get("/params"), 200, "a=1+2&b=%C3%A4")
        self.assertEqual(self.verge.get("/params").header("content-type"), "application/x-www-form-urlencoded;charset=UTF-8")

    def test_large(self):
        for route in ["large", "largeBytes"]:
            response = self.verge.get("/" + route)
            self.assert_response(response, 200, "x" * 3_000_000)
            self.assertEqual(response.header("content-length"), "3000000")

    def test_head(self):
        with self.verge.connect() as client:
            for route, length in [("string", "12"), ("large", "3000000"), ("noBody", "0")]:
                client.send_request("HEAD", "/" + route)
                response = client.read_response("HEAD")
                self.assertEqual((response.status, response.body, response.header("content-length")), (200, b"", length))
            client.send_request("HEAD", "/async")
            self.assertEqual(client.read_response("HEAD").status, 200)
            client.send_request("GET", "/sync")
            self.assert_response(client.read_response(), 200, "abc")

    def test_statuses(self):
        with self.verge.connect() as client:
            for status in [200, 201, 204, 205, 206, 304, 400, 404, 418, 500, 503, 599]:
                client.send_request("GET", f"/status?s={status}")
                response = client.read_response()
                self.assert_response(response, status, "" if status in (204, 205, 304) else "body")
                if status == 204:
                    self.assertIsNone(response.header("content-length"))
        response = self.verge.get("/statusText")
        self.assertEqual((response.status, response.reason), (299, "Quite Fine"))
        for status in [0, 101, 199, 600]:
            self.assertEqual(self.verge.get(f"/status?s={status}").status, 500)

    def test_redirect(self):
        response = self.verge.get("/redirect")
        self.assertEqual((response.status, response.header("location")), (307, "https://example.com/a?b#c"))

    # --- header fields

    def test_set_cookie(self):
        response = self.verge.get("/cookies")
        self.assertEqual(response.all("set-cookie"), ["a=1; Path=/", "b=2"])
        self.assertEqual(response.header("x-list"), "1, 2")

    def test_injection(self):
        self.assertEqual(self.verge.get("/inject").text, ",".join(["TypeError"] * 3 + ["ok"] + ["TypeError"] * 5 + ["ok"]
                                                                  + ["TypeError"]))

    def test_big_headers(self):
        response = self.verge.get("/bigHeaders")
        self.assertEqual(len([name for name, value in response.headers if name.lower().startswith("x-") and value == "v" * 200]),
                         300)
        response = self.verge.get("/bigIn", [(f"X-{i}", "w" * 400) for i in range(200)])
        self.assert_response(response, 200, "200 400")

    def test_standard_fields(self):
        response = self.verge.get("/string")
        self.assertRegex(response.header("date"), r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        self.assertIsNone(response.header("x-powered-by"))

    # --- clients that leave

    def test_signal(self):
        with self.verge.connect() as client:
            client.send_request("GET", "/signal")
            self.verge.wait_for_log("SIGNAL READY")
            self.verge.wait_for_log("TURN 2")
        self.verge.wait_for_log("ABORTED true AbortError")
        # waitUntil is over, so the interval is as well.
        self.assert_response(self.verge.get("/sync"), 200)
        turns = self.verge.log.count("TURN")
        self.assert_response(self.verge.get("/async"), 200)
        self.assert_response(self.verge.get("/async"), 200)
        self.assertLessEqual(self.verge.log.count("TURN"), turns + 1)

    def test_upload_ends_early(self):
        for cut in ["close", "reset", "half_close"]:
            with self.subTest(cut):
                before = self.verge.log.count("UPLOAD FAILED")
                starts = self.verge.log.count("UPLOAD STARTS")
                client = self.verge.connect()
                client.send(b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nnot all")
                self.verge.wait_for_log("UPLOAD STARTS", starts + 1)
                getattr(client, cut)()
                if cut == "half_close":
                    client.read_to_end()
                    client.close()
                # The event ends with its client: what it was waiting for may be left unsettled.
                self.assert_response(self.verge.get("/sync"), 200)
                self.assertEqual(self.verge.log.count("UPLOAD COMPLETE"), 0)
                self.assertGreaterEqual(self.verge.log.count("UPLOAD FAILED"), before)

    def test_upload_ends_early_with_wait_until(self):
        client = self.verge.connect()
        client.send(b"POST /uploadIterate HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nnot all")
        self.verge.wait_for_log("GOT 7")
        client.close()
        self.verge.wait_for_log("ITERATION FAILED")

    def test_bad_chunks(self):
        with self.verge.connect() as client:
            client.send(b"POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
            data = client.read_to_end()  # whatever the worker answers: no next request can follow
            self.assertEqual(data.count(b"HTTP/1.1 "), 1, data)
        self.verge.wait_for_log("UPLOAD FAILED")
        self.assertEqual(self.verge.log.count("UPLOAD COMPLETE"), 0)


class Streaming(Case):
    """Volumes far beyond the memory that may be used for them."""

    SIZE = scaled(1 << 30, 100 << 20)
    RSS = scaled(150_000_000, 1_500_000_000)  # a sanitizer keeps freed memory back

    def echo(self, route, framing, reader_delay=None):
        """Sends SIZE bytes and reads them back, both in one thread of Python with select."""
        verge = self.start(WORKER, "--cpu-ms", "300000", "--max-body", "2GB")
        block = bytes(range(256)) * 256
        blocks = self.SIZE // len(block)
        sent = 0
        pending = memoryview(b"")
        with verge.connect() as client:
            if framing == "chunked":
                client.send(f"POST /{route} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
                unit = b"%x\r\n%s\r\n" % (len(block), block)
                last = b"0\r\n\r\n"
            else:
                client.send(f"POST /{route} HTTP/1.1\r\nHost: a\r\nContent-Length: {self.SIZE}\r\n\r\n".encode())
                unit, last = block, b""
            raw = client.socket
            raw.setblocking(False)
            total, peak, finished = bytearray(), 0, False
            received = 0
            head = None
            body = _BodyCounter(block)
            while not body.done:
                if not pending and not finished:
                    if sent < blocks:
                        pending = memoryview(unit)
                        sent += 1
                    else:
                        pending, finished = memoryview(last), True
                readable, writable, _ = select.select([raw], [raw] if pending else [], [], 60)
                self.assertTrue(readable or writable, f"stuck after {received} bytes")
                if writable:
                    try:
                        pending = pending[raw.send(pending):]
                    except BlockingIOError:
                        pass
                if readable:
                    data = raw.recv(1 << 18)
                    self.assertTrue(data, f"closed after {received} bytes")
                    received += len(data)
                    if head is None:
                        total += data
                        end = total.find(b"\r\n\r\n")
                        if end < 0:
                            continue
                        head = bytes(total[:end])
                        self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)
                        body.begin(head)
                        data = bytes(total[end + 4:])
                    body.feed(data)
                if received >> 24 != (received - len(data) if readable else received) >> 24:
                    peak = max(peak, verge.rss_bytes())
            self.assertEqual(body.size, self.SIZE)
        self.assertTrue(body.same, "the bytes were changed on their way")
        self.assertLess(peak, self.RSS)
        self.assert_response(verge.get("/sync"), 200, "abc")

    def test_pipe_with_length(self):
        self.echo("pipe", "length")

    def test_pipe_chunked(self):
        self.echo("pipe", "chunked")

    def test_through_javascript(self):
        self.SIZE = scaled(256 << 20, 32 << 20)  # pylint: disable=invalid-name
        self.echo("identity", "length")

    def test_slow_reader(self):
        """A client that does not read holds the worker's stream back."""
        verge = self.start("let pulls = 0;\n" + handler("""
    if (request.url.endsWith('/pulls')) return new Response(String(pulls));
    const block = new Uint8Array(65536).fill(1);
    return new Response(new ReadableStream({
      pull(c) { ++pulls; c.enqueue(block); if (pulls === 16384) c.close(); },
    }, { highWaterMark: 0 }));
"""), "--cpu-ms", "300000")
        with verge.connect(receive_buffer=65536) as client:
            client.send_request()
            self.assertEqual(client.read_head().status, 200)
            counts = []
            for _ in range(50):
                counts.append(int(verge.get("/pulls").text))
            # 64 MB would be 1000 pulls: what the socket's buffers hold, and no more.
            self.assertLess(counts[-1], 1000)
            self.assertLess(verge.rss_bytes(), self.RSS)

    def test_slow_writer(self):
        """A body that arrives in drops is passed on in drops."""
        verge = self.start(WORKER, "--cpu-ms", "10000")
        with verge.connect() as client:
            client.send(b"POST /pipe HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            response = None
            for index in range(100):
                client.send(b"5\r\n%05d\r\n" % index)
                if response is None:
                    response = client.read_head()
                    self.assertEqual(response.status, 200)
                size = int(client.read_line(), 16)
                self.assertEqual(client.read_exactly(size + 2), b"%05d\r\n" % index)
            client.send(b"0\r\n\r\n")
            self.assertEqual(client.read_line(), "0")

    def test_unread_upload_is_held_back(self):
        """A worker that does not read does not make the server store what is sent to it."""
        verge = self.start(handler("await new Promise((r) => setTimeout(r, 600_000));"), "--max-body", "2GB")
        with verge.connect() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")
            client.socket.settimeout(1)
            sent = 0
            try:
                while sent < 200_000_000:
                    sent += client.socket.send(b"x" * 65536)
            except TimeoutError:
                pass
            self.assertLess(sent, 50_000_000)
            self.assertLess(verge.rss_bytes(), self.RSS)


class _BodyCounter:
    """Follows a response's body without keeping it."""

    def __init__(self, block):
        self.pattern = block * 6
        self.size = 0
        self.same = True
        self.done = False
        self.length = None
        self.left = 0
        self.rest = b""
        self.state = "size"

    def begin(self, head):
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                self.length = int(line[15:])
                self.done = self.length == 0

    def _take(self, data):
        at = self.size % 65536
        while data:
            part = data[:65536]
            if bytes(part) != self.pattern[at:at + len(part)]:
                self.same = False
            self.size += len(part)
            at = self.size % 65536
            data = data[65536:]

    def feed(self, data):
        if self.length is not None:
            self._take(memoryview(data))
            self.done = self.size >= self.length
            return
        data = self.rest + data
        self.rest = b""
        while data:
            if self.state == "size":
                line, end, rest = data.partition(b"\r\n")
                if not end:
                    self.rest = data
                    return
                self.left = int(line, 16)
                data = rest
                self.state = "data" if self.left else "end"
            elif self.state == "data":
                part = data[:self.left]
                self._take(memoryview(part))
                self.left -= len(part)
                data = data[len(part):]
                if not self.left:
                    self.state = "after"
            else:
                if len(data) < 2:
                    self.rest = data
                    return
                if self.state == "end":
                    self.done = True
                    return
                data = data[2:]
                self.state = "size"


class Compressed(Case):
    def test_bytes_are_not_touched(self):
        """A body that is compressed already goes through as it is."""
        verge = self.start(WORKER)
        body = gzip.compress(b"text" * 1000)
        response = verge.post("/pipe", body, [("Content-Encoding", "gzip")])
        self.assert_response(response, 200, body)
