"""What belongs to one request is of no use in another, and says so; what is plain JavaScript is shared."""

import json

from e2e.harness import Case, handler
from e2e.origin import Origin

FOREIGN = ("Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and "
           "others) created in the context of one request handler cannot be accessed from a different request's handler. "
           "(I/O type: %s)")


class OtherRequests(Case):
    """One request keeps something and waits; another one tries what it can do with it; then the first goes on."""

    def share(self, keep, tries, then, body=None, before="", *arguments, **more):
        """The two texts: what the attempts of the other request came to, and what the first one says afterwards."""
        attempts = ",\n".join(f"      async () => {{ {each} }}" for each in tries)
        verge = self.start("let kept;\n" + before + handler(f"""
    const {{ pathname }} = new URL(request.url);
    if (pathname === '/other') {{
      const said = [];
      for (const attempt of [
{attempts}
      ]) said.push(await attempt().then((value) => `fine ${{value}}`, (error) => error.message));
      kept.done();
      return Response.json(said);
    }}
    const mine = await (async () => {{ {keep} }})();
    kept = {{ mine }};
    console.log('kept');
    // With a timer, since it would be taken for hung otherwise.
    await new Promise((resolve) => {{ kept.done = resolve; setTimeout(() => {{}}, 600_000); }});
    {then}
"""), *arguments, **more)
        with verge.connect() as client:
            client.send_request("POST" if body else "GET", "/", (), body)
            verge.wait_for_log("kept")
            said = json.loads(verge.get("/other").text)
            response = client.read_response()
            self.assertEqual(response.status, 200, response)
            return said, response.text

    def test_the_body_of_a_request(self):
        said, after = self.share("return request;", [
            "await kept.mine.text();",
            "await kept.mine.arrayBuffer();",
            "kept.mine.body.getReader();",
            "for await (const chunk of kept.mine.body) return 'read';",
            "await kept.mine.body.cancel();",
            "await kept.mine.body.pipeTo(new WritableStream());",
            "kept.mine.body.tee();",
            "return new Response(kept.mine.body).text();",
        ], "return new Response(await request.text());", body="mine")
        self.assertEqual(said[:2], 2 * [FOREIGN % "Body"])
        self.assertEqual(said[2:], 6 * [FOREIGN % "ReadableStream"])
        self.assertEqual(after, "mine")

    def test_a_clone_or_an_echo_of_it(self):
        said, after = self.share("return request;", [
            "kept.mine.clone();",
            "await caches.default.put('http://x/', new Response(kept.mine.body));",
        ], "return new Response(await request.text());", body="mine")
        self.assertEqual(said, [FOREIGN % "Body", FOREIGN % "ReadableStream"])
        self.assertEqual(after, "mine")

    def test_a_reader(self):
        said, after = self.share("return request.body.getReader();", [
            "await kept.mine.read();",
            "await kept.mine.cancel();",
        ], "return new Response((await kept.mine.read()).value);", body="mine")
        self.assertEqual(said, 2 * [FOREIGN % "ReadableStream"])
        self.assertEqual(after, "mine")

    def test_a_fetched_response(self):
        origin = Origin({"*": lambda exchange: exchange.respond(200, "from the origin")})
        self.addCleanup(origin.close)
        verge = self.start("let kept;\n" + handler("""
    if (new URL(request.url).pathname === '/other') return kept;
    kept = await fetch(env.ORIGIN);
    console.log('kept');
    return new Promise(() => setTimeout(() => {}, 600_000));
"""), "--var", f"ORIGIN={origin.url}", command="dev")
        with verge.connect() as client:
            client.send_request("GET", "/")
            verge.wait_for_log("kept")
            response = verge.get("/other")
            self.assertEqual(response.status, 500)
            self.assertIn(FOREIGN % "Body", response.text)

    def test_one_response_for_all(self):
        """Its body is there once."""
        verge = self.start("const kept = new Response('once');\n" + handler("return kept;"), command="dev")
        self.assert_response(verge.get("/"), 200, "once")
        response = verge.get("/")
        self.assertEqual(response.status, 500)
        self.assertIn("TypeError: Body has already been used. It can only be used once.", response.text)

    def test_responses_without_a_body_are_shared(self):
        verge = self.start("const kept = new Response(null, { status: 204 });\n" + handler("return kept;"))
        for _ in range(2):
            self.assertEqual(verge.get("/").status, 204)

    def test_identity_streams(self):
        said, after = self.share("return new IdentityTransformStream();", [
            "kept.mine.readable.getReader();",
            "await kept.mine.readable.cancel();",
            "kept.mine.writable.getWriter();",
            "return new Response(kept.mine.readable).text();",
        ], """
    const writer = kept.mine.writable.getWriter();
    ctx.waitUntil(writer.write(new TextEncoder().encode('mine')).then(() => writer.close()));
    return new Response(kept.mine.readable);
""")
        self.assertEqual(said, [FOREIGN % type for type in ("ReadableStream", "ReadableStream", "WritableStream",
                                                            "ReadableStream")])
        self.assertEqual(after, "mine")

    def test_a_writer(self):
        said, after = self.share("""
    const { readable, writable } = new FixedLengthStream(4);
    return { readable, writer: writable.getWriter() };
""", [
            "await kept.mine.writer.write(new Uint8Array(4));",
            "await kept.mine.writer.close();",
            "await kept.mine.writer.abort();",
        ], """
    ctx.waitUntil(kept.mine.writer.write(new TextEncoder().encode('mine')).then(() => kept.mine.writer.close()));
    return new Response(kept.mine.readable);
""")
        self.assertEqual(said, 3 * [FOREIGN % "WritableStream"])
        self.assertEqual(after, "mine")

    def test_streams_of_javascript_are_shared(self):
        said, _ = self.share("return new ReadableStream({ pull(c) { c.enqueue('chunk'); } });",
                             ["return (await kept.mine.getReader().read()).value;"], "return new Response('x');")
        self.assertEqual(said, ["fine chunk"])

    def test_abort_signals(self):
        said, after = self.share("""
    const controller = new AbortController();
    const waiting = scheduler.wait(600_000, { signal: controller.signal }).catch((e) => e.name);
    return { controller, waiting, timeout: AbortSignal.timeout(600_000), signal: request.signal };
""", [
            "kept.mine.controller.abort();",
            "AbortSignal.any([kept.mine.controller.signal]);",
            "await fetch('http://127.0.0.1:1/', { signal: kept.mine.controller.signal });",
            "await fetch('http://127.0.0.1:1/', { signal: kept.mine.timeout });",
            "new Request('http://x/', { signal: kept.mine.signal });",
            "await scheduler.wait(1, { signal: kept.mine.controller.signal });",
            "await new ReadableStream().pipeTo(new WritableStream(), { signal: kept.mine.controller.signal });",
            # To look at one does no harm.
            "return [kept.mine.controller.signal.aborted, kept.mine.timeout.reason];",
        ], """
    const { controller, waiting } = kept.mine;
    if (controller.signal.aborted) return new Response('aborted by somebody else');
    controller.abort();
    return new Response(await waiting);
""")
        self.assertEqual(said[:7], 7 * [FOREIGN % "AbortSignal"])
        self.assertEqual(said[7], "fine false,")
        self.assertEqual(after, "AbortError")

    def test_a_controller_of_global_scope_is_everybodys(self):
        verge = self.start("const shared = new AbortController();\n" + handler("""
    if (request.url.endsWith('/other')) { shared.abort(); return new Response('aborted'); }
    console.log('waiting');
    return new Response(await scheduler.wait(600_000, { signal: shared.signal }).catch((e) => e.name));
"""))
        with verge.connect() as client:
            client.send_request("GET", "/")
            verge.wait_for_log("waiting")
            self.assert_response(verge.get("/other"), 200, "aborted")
            self.assert_response(client.read_response(), 200, "AbortError")

    def test_wait_until_is_of_whoever_calls(self):
        """As on Cloudflare, where a context acts for the request whose code calls."""
        verge = self.start("let kept;\n" + handler("""
    if (!kept) { kept = ctx; return new Response('kept'); }
    kept.waitUntil(scheduler.wait(100).then(() => console.log('waited for')));
    kept.passThroughOnException();
    return new Response('called');
"""))
        self.assert_response(verge.get("/"), 200, "kept")
        self.assert_response(verge.get("/"), 200, "called")
        verge.wait_for_log("waited for")

    def test_results_are_plain_values(self):
        """What a promise of KV or of the cache gives is nobody's."""
        said, _ = self.share("return { hit: caches.default.match('http://x/'), time: scheduler.wait(1) };", [
            "return `${await kept.mine.hit} ${await kept.mine.time}`;"], "return new Response('x');")
        self.assertEqual(said, ["fine undefined undefined"])

    def test_timers(self):
        verge = self.start("let kept;\n" + handler("""
    if (request.url.endsWith('/other')) {
      clearTimeout(kept);
      clearInterval(kept);
      return new Response('cleared');
    }
    return new Promise((r) => { kept = setTimeout(() => r(new Response('fired')), 300); console.log('set'); });
"""))
        with verge.connect() as client:
            client.send_request()
            verge.wait_for_log("set")
            self.assert_response(verge.get("/other"), 200, "cleared")
            self.assert_response(client.read_response(), 200, "fired")
