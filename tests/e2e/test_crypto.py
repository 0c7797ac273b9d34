"""Cryptography that takes long: it is done beside the shard, charged to its request, and ends with it."""

import signal
import time

from e2e.harness import Case, handler, scaled

CPU = ["--cpu-ms", "50"]

# Each uses CPU time for ever, in place or on the thread pool.
LOOPS = {
    "short_digest": "for (;;) await subtle.digest('SHA-256', small);",
    "long_digest": "for (;;) await subtle.digest('SHA-256', large);",
    "short_hmac": "for (;;) await subtle.sign('HMAC', mac, small);",
    "pbkdf2": "for (;;) await pbkdf2(100_000);",
    "short_pbkdf2": "for (;;) await pbkdf2(1);",
    "rsa": "for (;;) await subtle.generateKey({ name: 'RSA-PSS', hash: 'SHA-1', modulusLength: 2048, publicExponent }, true, ['sign']);",
    "huge_rsa": "await subtle.generateKey({ name: 'RSA-PSS', hash: 'SHA-1', modulusLength: 8192, publicExponent }, true, ['sign']);",
    "at_once": "await Promise.all(Array.from({ length: 1000 }, () => pbkdf2(100_000)));",
    "generated": "for (;;) await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-521' }, true, ['deriveBits']);",
    "stream": "const w = new crypto.DigestStream('SHA-512').getWriter(); for (;;) await w.write(small);",
    "long_stream": "const w = new crypto.DigestStream('SHA-512').getWriter(); for (;;) await w.write(large);",
}

WORKER = ("""
const { subtle } = crypto;
const small = new Uint8Array(32), large = new Uint8Array(1_000_000), publicExponent = new Uint8Array([1, 0, 1]);
const mac = await subtle.importKey('raw', small, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
const password = await subtle.importKey('raw', small, 'PBKDF2', false, ['deriveBits']);
const pbkdf2 = (iterations, length = 256) =>
  subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: small, iterations }, password, length);
let served = 0;
const routes = {
""" + "".join(f"  {name}: async () => {{ {code} }},\n" for name, code in LOOPS.items()) + """
  count: () => new Response(String(++served)),
  once: async (_, __, { iterations }) => {
    try {
      const bits = await pbkdf2(Number(iterations));
      return new Response(`derived ${bits.byteLength}`);
    } catch (error) {
      return new Response(`${error}`);
    }
  },
  forget: () => {
    for (let i = 0; i < 50; ++i) pbkdf2(100_000).then(() => console.log('nobody waits for this'));
    return new Response('gone');
  },
  later: (_, ctx) => {
    ctx.waitUntil(pbkdf2(2000).then((bits) => console.log('derived later', bits.byteLength)));
    return new Response('at once');
  },
  order: async () => {
    const done = [];
    await Promise.all([3000, 2000, 1500].map((n) => pbkdf2(n).then(() => done.push(n))));
    return new Response(done.join());
  },
  overlap: async () => {
    let ticks = 0;
    const interval = setInterval(() => ++ticks, 1);
    await pbkdf2(100_000, 2048);
    clearInterval(interval);
    return new Response(ticks > 0 ? 'ticking' : 'blocked');
  },
};
""" + handler("const url = new URL(request.url);\n"
              "return routes[url.pathname.slice(1)](request, ctx, Object.fromEntries(url.searchParams));"))


class Crypto(Case):
    def test_every_way_to_loop(self):
        verge = self.start(WORKER, *CPU)
        for name in LOOPS:
            with self.subTest(name):
                self.assert_limit(verge.get("/" + name))
                verge.wait_for_log(f"GET /{name}: Worker exceeded its CPU time limit of 50 ms")
                self.assert_response(verge.get("/count"), 200)

    def test_the_isolate_stays(self):
        """Who used up its time on the pool was not in the middle of JavaScript: its isolate is as good as new."""
        verge = self.start(WORKER, *CPU)
        for expected in range(1, 5):
            self.assert_response(verge.get("/count"), 200, str(expected))
            self.assert_limit(verge.get("/at_once"))

    def test_one_operation_is_cut(self):
        """Not even a single derivation outlasts the limit by much. Detects one that is not interrupted: it would take days."""
        verge = self.start(WORKER, *CPU, "--pbkdf2-iterations", "4294967295")
        begin = time.monotonic()
        for _ in range(3):
            self.assert_limit(verge.get("/once?iterations=4294967295"))
        self.assertLess(time.monotonic() - begin, 60)

    def test_iterations(self):
        verge = self.start(WORKER, "--cpu-ms", "60000")
        self.assert_response(verge.get("/once?iterations=100000"), 200, "derived 32")
        self.assert_response(verge.get("/once?iterations=100001"), 200,
                             "NotSupportedError: Pbkdf2 failed: iteration counts above 100000 are not supported "
                             "(requested 100001).")
        verge = self.start(WORKER, "--cpu-ms", "60000", "--pbkdf2-iterations", "1000")
        self.assert_response(verge.get("/once?iterations=1000"), 200, "derived 32")
        self.assertIn("above 1000 are", verge.get("/once?iterations=1001").text)

    def test_the_request_ends_first(self):
        """Work that nobody waits for ends with its request."""
        verge = self.start(WORKER, "--cpu-ms", "60000")
        for _ in range(scaled(20, 3)):
            self.assert_response(verge.get("/forget"), 200, "gone")
        self.assert_response(verge.get("/once?iterations=5000"), 200, "derived 32")
        self.assertNotIn("nobody waits", verge.log)

    def test_the_client_goes_away(self):
        verge = self.start(WORKER, "--cpu-ms", "60000")
        for _ in range(scaled(20, 3)):
            with verge.connect() as client:
                client.send_request("GET", "/at_once")
        self.assert_response(verge.get("/once?iterations=5000"), 200, "derived 32")

    def test_wait_until(self):
        verge = self.start(WORKER, "--cpu-ms", "60000")
        self.assert_response(verge.get("/later"), 200, "at once")
        verge.wait_for_log("derived later 32")

    def test_in_order(self):
        """A request has one operation on the pool at a time."""
        verge = self.start(WORKER, "--cpu-ms", "60000")
        self.assert_response(verge.get("/order"), 200, "3000,2000,1500")

    def test_the_shard_goes_on(self):
        verge = self.start(WORKER, "--cpu-ms", "60000")
        self.assert_response(verge.get("/overlap"), 200, "ticking")
        with verge.connect() as slow:
            slow.send_request("GET", "/once?iterations=100000")
            self.assert_response(verge.get("/count"), 200)
            self.assert_response(slow.read_response(), 200, "derived 32")

    def test_many_requests(self):
        verge = self.start(WORKER, "--cpu-ms", "60000", shards=2)
        clients = [verge.connect() for _ in range(scaled(40, 8))]
        try:
            for client in clients:
                client.send_request("GET", "/once?iterations=3000")
            for client in clients:
                self.assert_response(client.read_response(), 200, "derived 32")
        finally:
            for client in clients:
                client.close()

    def test_drain(self):
        """A stop waits for what is on the pool; after the timeout it does not."""
        for timeout, iterations in (("30", "100000"), ("0", "4000000000")):
            verge = self.start(WORKER, "--cpu-ms", "300000", "--drain-timeout", timeout, "--pbkdf2-iterations", "4294967295")
            with verge.connect() as client:
                client.send_request("GET", f"/once?iterations={iterations}")
                self.assert_response(verge.get("/count"), 200, "1")
                verge.signal(signal.SIGTERM)
                if timeout == "30":
                    self.assert_response(client.read_response(), 200, "derived 32")
                self.assertEqual(verge.wait(), 0)


class Memory(Case):
    HOARDS = {
        "secrets": "for (;;) keep.push(await crypto.subtle.importKey('raw', large, 'HKDF', false, ['deriveBits']));",
        "macs": "for (;;) keep.push(await crypto.subtle.importKey('raw', small, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign']));",
        "pairs": "for (;;) keep.push(await crypto.subtle.importKey('raw', small, 'X25519', false, []));",
    }

    def test_keys_count(self):
        """What keys occupy lies outside of V8's heap, and counts towards the limit of its isolate."""
        source = ("const keep = [];\nconst small = new Uint8Array(32), large = new Uint8Array(1 << 20);\nconst routes = {\n"
                  + "".join(f"  {name}: async () => {{ {code} }},\n" for name, code in self.HOARDS.items())
                  + "};\n" + handler("return routes[new URL(request.url).pathname.slice(1)]();"))
        for name in self.HOARDS:
            with self.subTest(name):
                verge = self.start(source, "--cpu-ms", scaled(60000, 300000), "--drain-timeout", "1")
                self.assert_limit(verge.get("/" + name))
                verge.wait_for_log(f"GET /{name}: Worker exceeded its memory limit of 128 MB")
                self.assertLess(verge.rss_bytes(), 1_500_000_000)

    def test_the_queue_is_bounded(self):
        verge = self.start(handler("""
    const large = new Uint8Array(1 << 20);
    const all = Array.from({ length: 300 }, () => crypto.subtle.digest('SHA-512', large));
    const reasons = (await Promise.allSettled(all)).filter((each) => each.status === 'rejected').map((each) => each.reason.name);
    return new Response(`${reasons.length > 100 && reasons.length < 200} ${[...new Set(reasons)]}`);
"""), "--cpu-ms", "60000")
        self.assert_response(verge.get("/"), 200, "true OperationError")


class GlobalScope(Case):
    def test_what_is_refused(self):
        verge = self.start("let result = 'none';\n"
                           "try { await crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']); }\n"
                           "catch (e) { result = e.message; }\n" + handler("return new Response(result);"))
        self.assertTrue(verge.get("/").text.startswith("Disallowed operation called within global scope."))

    def test_long_work_in_place(self):
        """There is nobody to charge: it is done where it is asked for, for a while."""
        source = ("const key = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']);\n"
                  "let result = '';\n"
                  "for (const iterations of [10_000, 4_000_000_000]) {\n"
                  "  try {\n"
                  "    await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt: new Uint8Array(8), iterations }, key, 8);\n"
                  "    result += 'derived ';\n"
                  "  } catch (e) { result += e.name; }\n"
                  "}\n" + handler("return new Response(result);"))
        verge = self.start(source, "--pbkdf2-iterations", "4294967295")
        self.assert_response(verge.get("/"), 200, "derived OperationError")
