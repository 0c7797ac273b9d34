"""Caches over real sockets: the Cache API, the HTTP cache below fetch(), the one in front of a worker, and origins behind
workers. What is stale is in test_cache_stale.py."""

import json
import threading
import unittest

from e2e.caches import Caches
from e2e.harness import handler
from e2e.origin import Origin

# One function for each path.
API = """
const url = "https://example.com/entry";
const text = (value) => new Response(typeof value === "string" ? value : JSON.stringify(value));
const caught = async (f) => { try { return `no error: ${await f()}`; } catch (e) { return `${e.name}: ${e.message}`; } };
const fresh = { headers: { "Cache-Control": "max-age=60" } };
const routes = {
  async put() { const c = caches.default; return text([await c.put(url, new Response("stored", fresh)) === undefined,
    await (await c.match(url)).text(), (await c.match(url)).headers.get("cf-cache-status")]); },
  async texts() {
    const c = caches.default;
    return text([
      await caught(() => c.put("relative", new Response("x"))),
      await caught(() => c.put(new Request(url, { method: "POST" }), new Response("x"))),
      await caught(() => c.put(url, new Response("x", { status: 206 }))),
      await caught(() => c.put(url, new Response("x", { headers: { Vary: "accept, *" } }))),
      await caught(() => c.put(url, Response.error())),
      await caught(() => c.put(url, "text")),
      await caught(() => c.match(url, { ignoreSearch: true })),
      await caught(() => c.add(url)),
      await caught(() => caches.keys()),
      await caught(() => caches.open("x".repeat(1024))),
      await caught(async () => { const r = new Response("x"); await r.text(); await c.put(url, r); }),
    ]);
  },
  async stored() {
    const c = await caches.open("rules");
    const has = async (init, request = url) => {
      await c.delete(url);
      await c.put(url, new Response(init.status === 304 ? null : "x", init));
      return (await c.match(request)) !== undefined;
    };
    const cc = (value) => ({ headers: { "Cache-Control": value } });
    return text([await has(cc("max-age=10")), await has(cc("no-store")), await has(cc("private")), await has(cc("max-age=0")),
      await has({ headers: { "Cache-Control": "max-age=10", "Set-Cookie": "a=b" } }),
      await has({ headers: { "Cache-Control": "max-age=10, private=set-cookie", "Set-Cookie": "a=b" } }),
      await has({ status: 304 }),
      await has(cc("max-age=10"), new Request(url, { method: "POST" }))]);
  },
  async names() {
    const a = await caches.open("a");
    await a.put(url, new Response("a", fresh));
    return text([await (await a.match(url)).text(), (await (await caches.open("b")).match(url)) === undefined,
      await a.delete(url), await a.delete(url), await a.match(url) === undefined]);
  },
  async method() {
    const c = caches.default;
    await c.put(url, new Response("m", fresh));
    const post = new Request(url, { method: "POST" });
    return text([await c.match(post) === undefined, await (await c.match(post, { ignoreMethod: true })).text(),
      await c.delete(post), await c.delete(post, { ignoreMethod: true })]);
  },
  async conditional() {
    const c = caches.default;
    await c.put(url, new Response("body", { headers: { ...fresh.headers, ETag: '"v1"' } }));
    const match = async (headers) => { const r = await c.match(new Request(url, { headers }));
      return [r.status, r.headers.get("content-range"), await r.text()]; };
    return text([await match({ "If-None-Match": 'W/"v1"' }), await match({ "If-None-Match": '"v2"' }),
      await match({ Range: "bytes=1-2" }), await match({ Range: "bytes=9-" })]);
  },
  async multipart() {
    const c = caches.default;
    await c.put(url, new Response("0123456789", fresh));
    const r = await c.match(new Request(url, { headers: { Range: "bytes=0-1,5-6" } }));
    return text([r.status, r.headers.get("content-type").split(";")[0], await r.text()]);
  },
  async vary() {
    const c = caches.default;
    for (const language of ["de", "en"]) {
      await c.put(new Request(url, { headers: { "Accept-Language": language } }),
                  new Response(language, { headers: { ...fresh.headers, Vary: "Accept-Language" } }));
    }
    const of = async (language) => (await c.match(new Request(url, { headers: { "Accept-Language": language } })))?.text();
    return text([await of("de"), await of("en"), await of("fr") ?? null]);
  },
  async stream() {
    const c = caches.default;
    const stream = new ReadableStream({ async start(k) { for (let i = 0; i < 5; i++) { await 0; k.enqueue(new TextEncoder().encode("part" + i)); } k.close(); } });
    await c.put(url, new Response(stream, fresh));
    return await c.match(url);
  },
  async broken() {
    const c = caches.default;
    await c.delete(url);
    const stream = new ReadableStream({ pull(k) { k.error(new Error("broken")); } });
    await c.put(url, new Response(stream, fresh));
    return text(await c.match(url) === undefined);
  },
  async big() {
    const c = caches.default;
    await c.put(url, new Response(new Uint8Array(3 << 20).fill(120), fresh));
    return await c.match(url);
  },
};
export default { async fetch(request) { return routes[new URL(request.url).pathname.slice(1)](); } };
"""


class CacheApi(Caches):
    def api(self, path):
        verge = self.start(API, "--cpu-ms", "10000")  # memory that is new costs time
        response = verge.get("/" + path)
        self.assertEqual(response.status, 200, response)
        return response

    def test_put_and_match(self):
        self.assertEqual(json.loads(self.api("put").text), [True, "stored", "HIT"])

    def test_error_texts(self):
        texts = json.loads(self.api("texts").text)
        self.assertEqual(texts[:5], [
            "TypeError: Invalid URL. Cache API keys must be fully-qualified, valid URLs.",
            "TypeError: Cannot cache response to non-GET request.",
            "TypeError: Cannot cache response to a range request (206 Partial Content).",
            "TypeError: Cannot cache response with 'Vary: *' header.",
            "TypeError: Cache is unable to store an error response",
        ])
        self.assertIn("parameter 2 is not of type 'Response'", texts[5])
        self.assertEqual(texts[6:10], [
            "Error: The 'ignoreSearch' field on 'CacheQueryOptions' is not implemented.",
            "Error: Failed to execute 'add' on 'Cache': the method is not implemented.",
            "Error: Failed to execute 'keys' on 'CacheStorage': the method is not implemented.",
            "TypeError: Cache name is too long.",
        ])
        self.assertIn("Body has already been used", texts[10])

    def test_what_is_stored(self):
        self.assertEqual(json.loads(self.api("stored").text), [True, False, False, False, False, True, False, False])

    def test_names_and_delete(self):
        self.assertEqual(json.loads(self.api("names").text), ["a", True, True, False, True])

    def test_methods(self):
        self.assertEqual(json.loads(self.api("method").text), [True, "m", False, True])

    def test_conditions_and_ranges(self):
        self.assertEqual(json.loads(self.api("conditional").text),
                         [[304, None, ""], [200, None, "body"], [206, "bytes 1-2/4", "od"], [416, "bytes */4", ""]])

    def test_several_ranges(self):
        status, kind, text = json.loads(self.api("multipart").text)
        self.assertEqual((status, kind), (206, "multipart/byteranges"))
        self.assertIn("bytes 0-1/10", text)
        self.assertIn("\r\n\r\n56\r\n", text)

    def test_variants(self):
        self.assertEqual(json.loads(self.api("vary").text), ["de", "en", None])

    def test_streams(self):
        self.assertEqual(self.api("stream").text, "part0part1part2part3part4")

    def test_a_stream_that_fails_is_not_stored(self):
        self.assertEqual(self.api("broken").text, "true")

    def test_a_large_body(self):
        self.assertEqual(self.api("big").body, b"x" * (3 << 20))


class Limits(Caches):
    def test_calls_count_as_subrequests(self):
        site = self.directory({
            "worker.js": handler("""
              const said = [];
              const url = "https://example.com/";
              for (const call of ["match", "put", "delete", "match", "put", "match"]) {
                await caches.default[call](url, call === "put" ? new Response("x") : {}).then(() => said.push(call), (e) => said.push(e.message));
              }
              return Response.json(said);
            """),
            "wrangler.toml": 'name = "w"\nmain = "worker.js"\ncompatibility_date = "2026-01-01"\n[limits]\nsubrequests = 4\n'})
        self.assertEqual(json.loads(self.start(None, path=site).get("/").text),
                         ["match", "put", "delete", "match"] + 2 * ["Too many subrequests. 5 asked for, 4 allowed (limits.subrequests)."])


class FetchCache(Caches):
    def start_proxy(self, origin, init="{}", shards=1):
        return self.start(handler(f"return fetch(request, {init});"), "--origin", origin.url, shards=shards)

    def test_hit(self):
        origin = self.origin([("Cache-Control", "max-age=60")])
        verge = self.start_proxy(origin)
        self.assertEqual([verge.get("/a").header("cf-cache-status") for _ in range(2)], ["MISS", "HIT"])
        self.assertEqual(origin.count, 1)

    def test_what_says_nothing_is_not_kept(self):
        origin = self.origin()
        verge = self.start_proxy(origin)
        self.assertEqual([verge.get("/a").text for _ in range(2)], ["answer 1", "answer 2"])

    def test_cf_options(self):
        origin = self.origin()
        verge = self.start_proxy(origin, '{ cf: { cacheTtl: 60, cacheKey: "one for all" } }')
        self.assertEqual([verge.get(path).text for path in ["/a", "/b"]], ["answer 1", "answer 1"])

    def test_ttl_by_status(self):
        origin = self.origin()
        origin.status = 404
        verge = self.start_proxy(origin, '{ cf: { cacheTtlByStatus: { "400-499": 60 } } }')
        self.assertEqual([verge.get("/a").text for _ in range(2)], ["answer 1", "answer 1"])

    def test_modes(self):
        origin = self.origin([("Cache-Control", "max-age=60")])
        for mode, expected in [("no-store", 2), ("reload", 2), ("default", 1), ("force-cache", 1)]:
            with self.subTest(mode):
                verge = self.start_proxy(origin, f'{{ cache: "{mode}" }}')
                origin.count = 0
                for _ in range(2):
                    verge.get("/a")
                self.assertEqual(origin.count, expected)

    def test_unsafe_methods_invalidate(self):
        origin = self.origin([("Cache-Control", "max-age=60")])
        verge = self.start_proxy(origin)
        verge.get("/a")
        verge.post("/a", "x")
        self.assertEqual(verge.get("/a").text, "answer 3")

    def test_collapsing(self):
        origin = self.origin([("Cache-Control", "max-age=60")])
        verge = self.start_proxy(origin, shards=2)
        texts = []
        with origin.held():
            threads = [threading.Thread(target=lambda: texts.append(verge.get("/a").text)) for _ in range(30)]
            for thread in threads:
                thread.start()
            self.until(lambda: origin.count == 1)
        for thread in threads:
            thread.join()
        self.assertEqual(texts, ["answer 1"] * 30)
        self.assertEqual(origin.count, 1)

    def test_ranges_of_what_is_stored(self):
        origin = self.origin([("Cache-Control", "max-age=60")])
        verge = self.start_proxy(origin)
        verge.get("/a")
        part = verge.get("/a", [("Range", "bytes=0-2")])
        self.assertEqual((part.status, part.text, part.header("content-range")), (206, "ans", "bytes 0-2/8"))

    CONTENT = "0123456789"

    def ranges(self, headers):
        """An origin that gives parts of CONTENT."""
        def answer(exchange):
            wanted = exchange.request.header("range")
            if not wanted:
                exchange.respond(200, self.CONTENT, headers)
                return
            begin, end = wanted.removeprefix("bytes=").split("-")
            begin, end = int(begin), min(int(end or 99), 9)
            exchange.respond(206, self.CONTENT[begin:end + 1], [*headers, ("Content-Range", f"bytes {begin}-{end}/10")])

        origin = Origin({"*": answer})
        self.addCleanup(origin.close)
        return origin

    def test_parts(self):
        """A part answers for what lies within it, and for nothing else."""
        origin = self.ranges([("Cache-Control", "max-age=60"), ("ETag", '"v"')])
        verge = self.start_proxy(origin)

        def part(wanted, *headers):
            response = verge.get("/a", [("Range", wanted), *headers])
            return response.status, response.text, response.header("content-range"), response.header("cf-cache-status")

        self.assertEqual(part("bytes=2-7"), (206, "234567", "bytes 2-7/10", "MISS"))
        self.assertEqual(part("bytes=2-7"), (206, "234567", "bytes 2-7/10", "HIT"))
        self.assertEqual(part("bytes=3-4"), (206, "34", "bytes 3-4/10", "HIT"))
        self.assertEqual(part("bytes=3-4", ("If-Range", '"v"')), (206, "34", "bytes 3-4/10", "HIT"))
        self.assertEqual(len(origin.requests), 1)
        # Beyond its end; and then that is the part.
        self.assertEqual(part("bytes=5-"), (206, "56789", "bytes 5-9/10", "MISS"))
        self.assertEqual(part("bytes=-1"), (206, "9", "bytes 9-9/10", "HIT"))
        self.assertEqual(part("bytes=3-4")[3], "MISS")
        self.assertEqual(len(origin.requests), 3)
        # The whole is no part, and comes first.
        self.assertEqual(verge.get("/a").text, self.CONTENT)
        self.assertEqual(part("bytes=0-9"), (206, self.CONTENT, "bytes 0-9/10", "HIT"))
        self.assertEqual(len(origin.requests), 4)
        # What changes the resource takes its parts along.
        verge.post("/a", "x")
        self.assertEqual(part("bytes=3-4")[3], "MISS")

    def test_parts_that_are_not_kept(self):
        for headers in [[("Cache-Control", "max-age=60")], [("Cache-Control", "max-age=60"), ("ETag", 'W/"v"')],
                        [("Cache-Control", "no-store"), ("ETag", '"v"')], [("ETag", '"v"')]]:
            with self.subTest(headers):
                origin = self.ranges(headers)
                verge = self.start_proxy(origin)
                for _ in range(2):
                    self.assertEqual(verge.get("/a", [("Range", "bytes=2-3")]).text, "23")
                self.assertEqual(len(origin.requests), 2)

    def test_the_response_to_a_post(self):
        """It may say to be what a GET gives (RFC 9110, 9.3.3)."""
        def answer(exchange):
            place = [("Content-Location", "/a")] if exchange.request.body == b"tell" else []
            exchange.respond(200, f"{exchange.request.method} {len(origin.requests)}", [("Cache-Control", "max-age=60"), *place])

        origin = Origin({"*": answer})
        self.addCleanup(origin.close)
        verge = self.start_proxy(origin)
        self.assertEqual(verge.get("/a").text, "GET 1")
        self.assertEqual(verge.post("/a", "tell").text, "POST 2")
        self.until(lambda: verge.get("/a").header("cf-cache-status") == "HIT")
        self.assertEqual(verge.get("/a").text, "POST 2")
        self.assertEqual(verge.post("/a", "change").text, "POST 3")
        self.assertEqual(verge.get("/a").text, "GET 4")
        # That of another URL is not its own.
        self.assertEqual(verge.post("/b", "tell").text, "POST 5")
        self.assertEqual(verge.get("/b").text, "GET 6")

    def test_validation(self):
        def answer(exchange):
            if exchange.request.header("if-none-match") == '"v"':
                exchange.respond(304, headers=[("ETag", '"v"'), ("Cache-Control", "max-age=60")])
            else:
                exchange.respond(200, "body", [("ETag", '"v"'), ("Cache-Control", "max-age=0")])

        origin = Origin({"*": answer})
        self.addCleanup(origin.close)
        verge = self.start(handler("return fetch(request);"), "--origin", origin.url)
        statuses = [verge.get("/a").header("cf-cache-status") for _ in range(3)]
        self.assertEqual(statuses, ["MISS", "REVALIDATED", "HIT"])

    def test_an_origin_that_is_gone(self):
        origin = self.origin([("Cache-Control", "max-age=10, stale-if-error=60")])
        clock = self.clock()
        verge = self.start(handler("return fetch(request);"), "--origin", origin.url, *clock.arguments)
        verge.get("/a")
        origin.close()
        clock.advance(11)
        response = verge.get("/a")
        self.assertEqual((response.text, response.header("cf-cache-status")), ("answer 1", "STALE"))


class FrontCache(Caches):
    def start_front(self, body, extra=""):
        directory = self.directory({
            "worker.js": "let n = 0;\n" + handler(body),
            "wrangler.toml": 'name = "w"\nmain = "worker.js"\ncompatibility_date = "2026-01-01"\n'
                             "[cache]\nenabled = true\n" + extra,
        })
        return self.start(None, path=directory)

    CACHED = 'return new Response("run " + ++n, { headers: { "Cache-Control": "max-age=60", ETag: \'"e"\' } });'

    def test_a_hit_runs_no_worker(self):
        verge = self.start_front(self.CACHED)
        self.assertEqual([verge.get("/a").text for _ in range(3)], ["run 1"] * 3)
        self.assertEqual(verge.get("/a").header("cf-cache-status"), "HIT")
        self.assertEqual(verge.get("/b").text, "run 2")

    def test_conditions_ranges_and_head(self):
        verge = self.start_front(self.CACHED)
        verge.get("/a")
        self.assertEqual(verge.get("/a", [("If-None-Match", '"e"')]).status, 304)
        self.assertEqual(verge.get("/a", [("Range", "bytes=0-2")]).text, "run")
        head = verge.request("HEAD", "/a")
        self.assertEqual((head.status, head.header("content-length")), (200, "5"))

    def test_authorization_goes_past_it(self):
        verge = self.start_front(self.CACHED)
        verge.get("/a")
        self.assertEqual(verge.get("/a", [("Authorization", "Basic eDp5")]).text, "run 2")

    def test_cookies_and_silence_are_not_cached(self):
        verge = self.start_front(
            'return new Response("run " + ++n, request.url.endsWith("/cookie") '
            '? { headers: { "Cache-Control": "max-age=60", "Set-Cookie": "a=b" } } : {});')
        for path in ["/cookie", "/silent"]:
            self.assertNotEqual(verge.get(path).text, verge.get(path).text)

    def test_unsafe_methods_invalidate(self):
        verge = self.start_front(self.CACHED)
        verge.get("/a")
        verge.post("/a", "x")
        self.assertEqual(verge.get("/a").text, "run 3")

    def test_purge(self):
        verge = self.start_front(
            'const { pathname, searchParams } = new URL(request.url);\n'
            'if (pathname === "/purge") return Response.json(await ctx.cache.purge(JSON.parse(searchParams.get("o"))));\n'
            'return new Response("run " + ++n, { headers: { "Cache-Control": "max-age=60", "Cache-Tag": "T1, t2" } });')
        for options in ['{"tags":["t1"]}', '{"pathPrefixes":["/a"]}', '{"purgeEverything":true}']:
            with self.subTest(options):
                before = verge.get("/a/b").text
                self.assertEqual(verge.get("/a/b").text, before)
                self.assertEqual(verge.get("/purge?o=" + options.replace('"', "%22")).text, '{"success":true,"errors":[]}')
                self.assertNotEqual(verge.get("/a/b").text, before)

    def test_wrong_configuration(self):
        directory = self.directory({
            "worker.js": handler("return new Response()"),
            "wrangler.toml": 'name = "w"\nmain = "worker.js"\ncompatibility_date = "2026-01-01"\n'
                             '[cache]\nenabled = "yes"\n',
        })
        self.assertIn("'cache.enabled' must be true or false", self.run_to_failure("serve", directory, "--port", "0"))


class Origins(Caches):
    def test_fetch_of_the_own_host(self):
        origin = Origin({"*": lambda e: e.respond(200, f"{e.request.header('host')} {e.request.target}")})
        self.addCleanup(origin.close)
        verge = self.start(handler("return fetch(request);"), "--origin", origin.url)
        self.assertEqual(verge.get("/a?b").text, "localhost /a?b")

    def test_pass_through_on_exception(self):
        origin = Origin({"*": lambda e: e.respond(200, b"origin: " + e.request.body)})
        self.addCleanup(origin.close)
        body = "ctx.passThroughOnException(); if (request.url.endsWith('/read')) await request.text(); throw new Error('x');"
        worker = f"export default {{ async fetch(request, env, ctx) {{ {body} }} }};"
        verge = self.start(worker, "--origin", origin.url)
        self.assert_response(verge.post("/a", "text"), 200, "origin: text")
        self.assert_exception(verge.post("/read", "text"))

    def test_a_wrong_origin(self):
        self.assertIn("--origin", self.fail_to_start(handler("return new Response()"), "--origin", "http://x/path"))


if __name__ == "__main__":
    unittest.main()
