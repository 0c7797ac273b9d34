"""What a worker is told of its client: header fields, request.url behind a proxy, and request.cf."""

import json

from e2e.harness import Case, handler

TELL = handler("""
    const names = ['cf-connecting-ip', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto', 'cf-visitor', 'cf-ray', 'true-client-ip'];
    return Response.json({ url: request.url, cf: request.cf, same: request.cf === request.cf,
      copy: new Request(request).cf, clone: request.clone().cf, other: new Request('https://x/', { cf: { a: 1 } }).cf,
      none: new Request('https://x/').cf === undefined,
      fields: Object.fromEntries(names.map((name) => [name, request.headers.get(name)])) });
""")


class ClientFactsTest(Case):
    def told(self, verge, headers=()):
        response = verge.request("GET", "/p?q", headers=headers)
        self.assertEqual(response.status, 200, response)
        return json.loads(response.text)

    def test_fields(self):
        verge = self.start(TELL)
        told = self.told(verge, [("X-Forwarded-For", "9.9.9.9"), ("CF-Connecting-IP", "9.9.9.9"), ("True-Client-IP", "9.9.9.9"),
                                 ("X-Forwarded-Proto", "https")])
        ray = told["fields"].pop("cf-ray")
        self.assertRegex(ray, "^[0-9a-f]{16}$")
        self.assertEqual(told["fields"], {
            "cf-connecting-ip": "127.0.0.1", "x-real-ip": "127.0.0.1", "x-forwarded-for": "9.9.9.9, 127.0.0.1",
            "x-forwarded-proto": "http", "cf-visitor": '{"scheme":"http"}', "true-client-ip": None})
        self.assertEqual(told["url"], "http://localhost/p?q")
        self.assertNotEqual(self.told(verge)["fields"]["cf-ray"], ray)

    def test_behind_a_proxy(self):
        verge = self.start(TELL, "--trust-proxy", "127.0.0.0/8", "--trust-proxy", "10.0.0.0/8")
        told = self.told(verge, [("X-Forwarded-For", "6.6.6.6, 9.9.9.9, 10.1.2.3"), ("X-Forwarded-Proto", "https")])
        self.assertEqual(told["fields"]["cf-connecting-ip"], "9.9.9.9")
        self.assertEqual(told["fields"]["x-forwarded-for"], "6.6.6.6, 9.9.9.9, 10.1.2.3, 127.0.0.1")
        self.assertEqual(told["url"], "https://localhost/p?q")
        self.assertEqual(self.told(verge)["fields"]["cf-connecting-ip"], "127.0.0.1")

    def test_cf(self):
        expected = {"httpProtocol": "HTTP/1.1", "requestPriority": "", "tlsVersion": "", "tlsCipher": "",
                    "clientAcceptEncoding": "br", "colo": "", "country": "XX"}
        for command, colo in (("serve", ""), ("dev", "DEV")):
            told = self.told(self.start(TELL, command=command), [("Accept-Encoding", "br")])
            for which in ("cf", "copy", "clone"):
                self.assertEqual(told[which], {**expected, "colo": colo}, which)
            self.assertEqual(told["other"], {"a": 1})
            self.assertIs(told["none"], True)
            self.assertIs(told["same"], True)

    def test_cf_of_the_operator(self):
        directory = self.directory({"cf.json": '{ // where this is\n "colo": "FRA", "country": "DE", "asn": 64500, "tlsVersion": "x",\n'
                                               ' "botManagement": { "score": 99 }, "7": "seven", "__proto__": { "polluted": true } }'})
        verge = self.start(handler("""
            return Response.json([request.cf, request.cf.polluted === undefined, {}.polluted === undefined]);
        """), "--cf", f"{directory}/cf.json")
        cf, clean, others = self.told(verge)
        self.assertEqual(cf["colo"], "FRA")
        self.assertEqual(cf["asn"], 64500)
        self.assertEqual(cf["tlsVersion"], "x")
        self.assertEqual(cf["botManagement"], {"score": 99})
        self.assertEqual(cf["7"], "seven")
        self.assertTrue(clean and others)

    def test_cf_goes_along_with_fetch(self):
        """A request that is passed on takes its cf along; its own members say nothing to fetch()."""
        verge = self.start(handler("""
            if (new URL(request.url).pathname === '/inner') return Response.json(request.headers.get('x-forwarded-for'));
            return fetch(new Request(new URL('/inner', request.headers.get('at')), request));
        """), "--allow-outbound", "127.0.0.1/32")
        at = f"http://127.0.0.1:{verge.port}"
        self.assertEqual(self.told(verge, [("at", at)]), "127.0.0.1, 127.0.0.1")

    def test_services_know_the_client(self):
        inner = TELL
        outer = handler("return env.IN.fetch(request.url, { headers: { a: 'b' } });")
        verge = self.start({"verge.toml": """
            [[workers]]
            name = "outer"
            main = "outer.js"
            routes = ["*/*"]
            [[workers.services]]
            binding = "IN"
            service = "inner"
            [[workers]]
            name = "inner"
            main = "inner.js"
            routes = []
        """, "outer.js": outer, "inner.js": inner}, main="verge.toml")
        told = self.told(verge)
        self.assertEqual(told["cf"]["httpProtocol"], "HTTP/1.1")
        self.assertIsNone(told["fields"]["cf-connecting-ip"])  # the fields are what the caller sent

    def test_errors(self):
        for arguments, text in (
                (("--trust-proxy", "10.0.0"), "--trust-proxy 10.0.0: "),
                (("--trust-proxy", "10.0.0.1:80"), "a proxy's port is another one each time"),
                (("--cf", "/nowhere/cf.json"), "--cf /nowhere/cf.json: cannot be read")):
            self.assertIn(text, self.fail_to_start("export default {}", *arguments))
        path = f"{self.directory({'cf.json': '[1]'})}/cf.json"
        self.assertIn("--cf", self.fail_to_start("export default {}", "--cf", path))
