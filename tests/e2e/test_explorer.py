"""The explorer of `verge dev`: its calls, and who may make them. test_pages.py looks at the page."""

import base64
import json
import re
import time
import urllib.parse

from e2e.harness import IO_TIMEOUT, Case, Failed

ROOT = "/cdn-cgi/local/explorer"

CONFIG = """{
  "name": "explored", "main": "index.js",
  "kv_namespaces": [{ "binding": "NS", "id": "ns-id" }],
  "d1_databases": [{ "binding": "DB", "database_name": "main", "database_id": "db-id" }]
}"""

WORKER = """
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/log')) {
      console.log('first of', pathname);
      await scheduler.wait(1);
      console.warn('second of', pathname);
      ctx.waitUntil(scheduler.wait(1).then(() => console.error('later of', pathname)));
    }
    if (pathname === '/fail') throw new Error('on purpose');
    if (pathname === '/many') for (let i = 0; i < 600; i++) console.log('line', i);
    if (pathname === '/spin') while (true) { }
    if (pathname === '/fill') {
      await env.DB.exec('CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT, c BLOB)');
      await env.DB.prepare("INSERT INTO t VALUES (1, '<b>', x'00ff'), (9007199254740993, 'ä', NULL)").run();
      await env.NS.put('from-worker', 'value', { metadata: { a: 1 } });
    }
    return new Response(`${request.method} ${pathname} ${await env.NS.get('key') ?? 'none'}`);
  },
};
"""


class ExplorerCase(Case):
    def dev(self, *arguments, files=None, command="dev"):
        return self.start(None, *arguments, path=self.directory(files or {"wrangler.jsonc": CONFIG, "index.js": WORKER}),
                          command=command)

    def call(self, verge, name, parameters=None, status=200, headers=()):
        body = parameters if isinstance(parameters, (str, bytes)) else json.dumps(parameters or {})
        response = verge.post(f"{ROOT}/api/{name}", body, [("Content-Type", "application/json"), *headers])
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.header("x-content-type-options"), "nosniff")
        return json.loads(response.text)

    def requests(self, verge, found):
        """The requests, once `found` is true of them."""
        deadline = time.monotonic() + IO_TIMEOUT
        while True:
            requests = self.call(verge, "requests", {"since": 0})["requests"]
            if found(requests):
                return requests
            if time.monotonic() > deadline:
                raise Failed(requests)
            time.sleep(0.005)


class Access(ExplorerCase):
    def test_page(self):
        verge = self.dev()
        for path in (ROOT, ROOT + "/", ROOT + "?x"):
            page = verge.get(path)
            self.assertEqual((page.status, page.header("content-type")), (200, "text/html; charset=UTF-8"))
            policy = page.header("content-security-policy")
            self.assertRegex(policy, r"^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'")
            self.assertIn("frame-ancestors 'none'", policy)
        self.assertNotRegex(page.text, r"https?://|innerHTML|insertAdjacentHTML|outerHTML|document\.write")
        self.assertEqual(verge.post(ROOT, "").status, 405)
        self.assertEqual(verge.get(ROOT + "/other").status, 404)
        self.assertEqual(verge.get(ROOT + "er").text, f"GET {ROOT}er none")

    def test_hosts(self):
        verge = self.dev()
        for host in ("localhost", f"localhost:{verge.port}", "127.0.0.1", "127.1.2.3:80", "[::1]:8787", "app.localhost", "LOCALHOST"):
            with self.subTest(host), verge.connect() as client:
                client.send_request("GET", ROOT, host=host)
                self.assertEqual(client.read_response().status, 200)
        for host in ("example.com", "localhost.example.com", "127.0.0.1.example.com", "192.168.1.2", "0.0.0.0", "127.1", "xlocalhost",
                     "[::2]", "127..0.1"):
            for path, method in ((ROOT, "GET"), (ROOT + "/api/workers", "POST")):
                with self.subTest(host), verge.connect() as client:
                    client.send_request(method, path, [("Content-Type", "application/json")], host=host)
                    self.assertEqual(client.read_response().status, 403)

    def test_origins(self):
        verge = self.dev()
        for headers, status in (
                ([], 200),
                ([("Origin", "http://localhost"), ("Sec-Fetch-Site", "same-origin")], 200),
                ([("Origin", "https://localhost")], 403),
                ([("Origin", "http://localhost:1")], 403),
                ([("Origin", "http://example.com")], 403),
                ([("Origin", "null")], 403),
                ([("Sec-Fetch-Site", "cross-site")], 403),
                ([("Sec-Fetch-Site", "same-site")], 403),
                ([("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")], 403),
        ):
            with self.subTest(headers):
                response = verge.post(f"{ROOT}/api/workers", "{}", [("Content-Type", "application/json"), *headers])
                self.assertEqual(response.status, status, response)
                self.assertIsNone(response.header("access-control-allow-origin"))
        # A link from elsewhere opens the page; a script from elsewhere reads nothing.
        self.assertEqual(verge.get(ROOT, [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]).status, 200)
        self.assertEqual(verge.get(ROOT, [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]).status, 403)
        # What a form or a plain fetch() of another page could send.
        for content_type in ("text/plain", "application/x-www-form-urlencoded", None):
            headers = [("Content-Type", content_type)] if content_type else []
            self.assertEqual(verge.post(f"{ROOT}/api/workers", "{}", headers).status, 405)
        self.assertEqual(verge.get(f"{ROOT}/api/workers").status, 405)

    def test_not_in_production(self):
        verge = self.dev("--data", self.directory(), command="serve")
        self.assertEqual(verge.get(ROOT).text, f"GET {ROOT} none")
        self.assertEqual(verge.post(f"{ROOT}/api/workers", "{}").text, f"POST {ROOT}/api/workers none")

    def test_wrong_calls(self):
        verge = self.dev("--data", self.directory())
        for name, parameters, status, text in (
                ("workers", "{", 400, "the parameters:1:2: "),
                ("workers", b'{"a": "\xff"}', 400, "UTF-8"),
                ("workers", "[1]", 400, "must be an object"),
                ("workers", "[" * 10000, 400, "must be an object"),
                ("workers", '{"a":' * 1000, 400, "deep"),
                ("kv/list", {}, 400, '"binding" is missing'),
                ("kv/list", {"binding": 5}, 400, '"binding" is missing'),
                ("kv/list", {"binding": "DB"}, 404, "no such binding"),
                ("kv/list", {"binding": "NS", "limit": 5000}, 422, "1000"),
                ("kv/get", {"binding": "NS"}, 400, '"key" is missing'),
                ("kv/get", {"binding": "NS", "key": "x" * 513}, 422, "512"),
                ("kv/put", {"binding": "NS", "key": "a"}, 400, "the value is missing"),
                ("kv/put", {"binding": "NS", "key": "a", "base64": "?"}, 400, "not base64"),
                ("kv/put", {"binding": "NS", "key": "a", "text": "b", "metadata": "{"}, 422, "not JSON"),
                ("kv/put", {"binding": "NS", "key": "a", "text": "b", "metadata": "1, \"n\": 2"}, 422, "not JSON"),
                ("kv/put", {"binding": "NS", "key": "a", "text": "b", "expiration": 5}, 422, "expiration"),
                ("d1/query", {"binding": "DB"}, 400, '"sql" is missing'),
                ("d1/query", {"binding": "DB", "sql": " ; -- nothing"}, 422, "no statement"),
                ("d1/query", {"binding": "DB", "sql": "SELECT missing"}, 422, "no such column: missing"),
                ("d1/query", {"binding": "DB", "sql": "ATTACH '/etc/passwd' AS x"}, 422, "not authorized"),
        ):
            with self.subTest(name=name, parameters=str(parameters)[:60]):
                self.assertIn(text, self.call(verge, name, parameters, status)["error"])
        self.assertEqual(verge.post(f"{ROOT}/api/nothing", "{}", [("Content-Type", "application/json")]).status, 404)

    def test_body_that_breaks_off(self):
        verge = self.dev()
        with verge.connect() as client:
            client.send(f"POST {ROOT}/api/workers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        "Content-Length: 100\r\n\r\n{".encode())
        with verge.connect() as client:
            client.send(f"POST {ROOT}/api/workers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n".encode())
            self.assertEqual(json.loads(client.read_response().text)["workers"][0]["name"], "explored")


class Requests(ExplorerCase):
    def test_lines(self):
        """Lines are with their requests, whichever of them runs in between, also after the answer."""
        verge = self.dev()
        paths = [f"/log/{i}" for i in range(5)]
        clients = [verge.connect() for _ in paths]
        for client, path in zip(clients, paths):
            client.send_request("GET", path)
        for client in clients:
            self.assertEqual(client.read_response().status, 200)
            client.close()
        requests = self.requests(verge, lambda found: len(found) == 5 and all(len(each["lines"]) == 3 for each in found))
        self.assertEqual(sorted(each["target"] for each in requests), paths)
        for each in requests:
            self.assertEqual((each["method"], each["status"], each["cut"]), ("GET", 200, False))
            self.assertEqual([(line["level"], line["text"]) for line in each["lines"]],
                             [("log", f"first of {each['target']}"), ("warn", f"second of {each['target']}"),
                              ("error", f"later of {each['target']}")])
            self.assertGreater(each["wallMs"], 0)
            self.assertGreater(each["cpuMs"], 0)
            self.assertLess(abs(each["started"] / 1000 - time.time()), 3600)

    def test_failures(self):
        verge = self.dev("--cpu-ms", "20")
        verge.get("/fail")
        verge.get("/spin")
        fail, spin = self.requests(verge, lambda found: len(found) == 2 and all(each["status"] for each in found))
        self.assertEqual((fail["status"], fail["lines"][0]["level"]), (500, "error"))
        self.assertIn("on purpose", fail["lines"][0]["text"])
        self.assertEqual(spin["status"], 503)
        self.assertIn("CPU time limit", spin["lines"][0]["text"])

    def test_bounds(self):
        verge = self.dev()
        verge.get("/many")
        many, = self.requests(verge, lambda found: found and found[0]["status"])
        self.assertEqual((len(many["lines"]), many["cut"]), (500, True))
        with verge.connect() as client:
            for i in range(250):
                client.send_request("GET", f"/{i}")
                client.read_response()
        answer = self.call(verge, "requests", {"since": 0})
        self.assertEqual(len(answer["requests"]), 200)
        self.assertEqual(answer["requests"][-1]["target"], "/249")
        self.assertEqual(answer["first"], answer["requests"][0]["id"])
        self.assertEqual(self.call(verge, "requests", {"since": answer["version"]})["requests"], [])
        self.call(verge, "requests/clear")
        self.assertEqual(self.call(verge, "requests", {"since": 0})["requests"], [])

    def test_broken_worker(self):
        """The explorer is there when the worker is not."""
        verge = self.dev(files={"wrangler.jsonc": CONFIG, "index.js": "export default {"})
        self.assertEqual(verge.get("/").status, 503)
        self.assertEqual(verge.get(ROOT).status, 200)
        self.assertEqual(self.call(verge, "workers")["workers"][0]["name"], "explored")


class Stores(ExplorerCase):
    def test_kv(self):
        verge = self.dev("--data", self.directory())
        worker, = self.call(verge, "workers")["workers"]
        self.assertEqual(worker, {"name": "explored", "kv": [{"binding": "NS", "id": "ns-id", "title": ""}],
                                  "d1": [{"binding": "DB", "id": "db-id", "title": "main"}]})
        ns = {"binding": "NS"}
        self.assertEqual(self.call(verge, "kv/list", ns), {"keys": [], "complete": True})
        expiration = int(time.time()) + 3600
        self.call(verge, "kv/put", {**ns, "key": "key", "text": "set <here>", "metadata": ' {"a": [1]} ', "expiration": expiration})
        self.assertEqual(verge.get("/x").text, "GET /x set <here>")
        self.call(verge, "kv/put", {**ns, "key": "bytes/ä", "base64": base64.b64encode(b"\0\xff").decode()})
        self.call(verge, "kv/put", {**ns, "key": "large", "text": "x" * (3 << 20)})
        self.assertEqual(self.call(verge, "kv/list", ns)["keys"], [
            {"name": "bytes/ä", "expiration": None, "metadata": None},
            {"name": "key", "expiration": expiration, "metadata": '{"a":[1]}'},
            {"name": "large", "expiration": None, "metadata": None}])
        page = self.call(verge, "kv/list", {**ns, "limit": 2})
        self.assertEqual((len(page["keys"]), page["complete"]), (2, False))
        page = self.call(verge, "kv/list", {**ns, "limit": 2, "after": "key"})
        self.assertEqual(([each["name"] for each in page["keys"]], page["complete"]), (["large"], True))
        self.assertEqual(len(self.call(verge, "kv/list", {**ns, "prefix": "bytes/"})["keys"]), 1)
        self.assertEqual(self.call(verge, "kv/get", {**ns, "key": "key"}),
                         {"found": True, "size": 10, "text": "set <here>", "metadata": '{"a":[1]}', "expiration": expiration})
        self.assertEqual(self.call(verge, "kv/get", {**ns, "key": "bytes/ä"}),
                         {"found": True, "size": 2, "base64": "AP8=", "metadata": None, "expiration": None})
        self.assertEqual(self.call(verge, "kv/get", {**ns, "key": "large"}),
                         {"found": True, "size": 3 << 20, "tooLarge": True, "metadata": None, "expiration": None})
        self.call(verge, "kv/delete", {**ns, "key": "key"})
        self.assertEqual(self.call(verge, "kv/get", {**ns, "key": "key"}), {"found": False})
        self.assertEqual(verge.get("/x").text, "GET /x none")

    def test_d1(self):
        verge = self.dev("--data", self.directory())
        db = {"binding": "DB"}
        self.assertEqual(self.call(verge, "d1/tables", db), {"tables": []})
        verge.get("/fill")
        self.assertEqual(self.call(verge, "d1/tables", db)["tables"],
                         [{"name": "t", "type": "table", "sql": "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB)"}])
        result, = self.call(verge, "d1/query", {**db, "sql": "SELECT * FROM t ORDER BY a"})["results"]
        self.assertEqual(result["columns"], ["a", "b", "c"])
        self.assertEqual(result["rows"], [[1, "<b>", {"size": 2, "base64": "AP8="}], [{"integer": "9007199254740993"}, "ä", None]])
        self.assertEqual((result["more"], result["meta"]["rowsRead"]), (0, 2))
        results = self.call(verge, "d1/query", {**db, "sql": "UPDATE t SET b = 'x' WHERE a = 1; SELECT b FROM t WHERE a = 1; SELECT 1.5, 1e999"})["results"]
        self.assertEqual(results[0]["meta"]["changes"], 1)
        self.assertEqual(results[1]["rows"], [["x"]])
        self.assertEqual(results[2]["rows"], [[1.5, {"integer": "Infinity"}]])
        # All or nothing.
        self.call(verge, "d1/query", {**db, "sql": "DELETE FROM t; SELECT missing"}, 422)
        rows, = self.call(verge, "d1/query", {**db, "sql": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1500) SELECT i, (SELECT count(*) FROM t) FROM n"})["results"]
        self.assertEqual((len(rows["rows"]), rows["more"], rows["rows"][999]), (1000, 500, [1000, 2]))

    def test_reload(self):
        """What a saved configuration adds is there at once."""
        folder = self.directory({"wrangler.jsonc": CONFIG, "index.js": WORKER})
        verge = self.start(None, "--data", self.directory(), path=folder, command="dev")
        with open(f"{folder}/wrangler.jsonc", "w", encoding="utf-8") as file:
            file.write(CONFIG.replace('"kv_namespaces": [', '"kv_namespaces": [{ "binding": "MORE", "id": "more" }, '))
        verge.wait_for_log("reloaded in ")
        self.assertEqual([each["binding"] for each in self.call(verge, "workers")["workers"][0]["kv"]], ["MORE", "NS"])
        self.assertEqual(self.call(verge, "kv/list", {"binding": "MORE"}), {"keys": [], "complete": True})


CACHING = """
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/put') {
      const headers = { 'Cache-Control': searchParams.get('control'), 'Cache-Tag': searchParams.get('tags') ?? '' };
      const cache = searchParams.has('in') ? await caches.open(searchParams.get('in')) : caches.default;
      await cache.put(searchParams.get('key'), new Response('x'.repeat(Number(searchParams.get('size') ?? 3)), { headers }));
    }
    return new Response('made', { headers: { 'Cache-Control': pathname === '/kept' ? 'max-age=100' : 'no-store' } });
  },
};
"""
CACHING_CONFIG = '{ "name": "caching", "main": "index.js", "cache": { "enabled": true } }'


class Cache(ExplorerCase):
    def caching(self, *arguments):
        return self.dev("--data", self.directory(), *arguments, files={"wrangler.jsonc": CACHING_CONFIG, "index.js": CACHING})

    def put(self, verge, key, control="max-age=100", **more):
        query = urllib.parse.urlencode({"key": key, "control": control, **more})
        self.assertEqual(verge.get("/put?" + query).text, "made")

    def entries(self, verge, **parameters):
        return sorted(self.call(verge, "cache/list", parameters)["entries"], key=lambda each: each["url"])

    def keys(self, verge):
        return [each["url"] for each in self.entries(verge)]

    def test_entries(self):
        verge = self.caching()
        self.assertEqual(self.entries(verge), [])
        self.put(verge, "https://a/1", "max-age=100, stale-while-revalidate=50, stale-if-error=60", tags="x, Y", size=5000)
        self.put(verge, "https://a/2", **{"in": "mine"})
        self.assertEqual(verge.get("/kept").header("cf-cache-status"), "MISS")
        kept, one, two = self.entries(verge)
        self.assertEqual({**one, "age": 0, "freshLeft": 100}, {
            "name": "api", "key": "https://a/1", "url": "https://a/1", "status": 200, "state": "fresh", "age": 0, "freshLeft": 100,
            "staleWhileRevalidate": 50, "staleIfError": 60, "size": 5000, "tags": ["x", "y"], "vary": [], "memory": True, "disk": False})
        self.assertEqual((two["name"], two["key"]), ("api:mine", "https://a/2"))
        self.assertEqual((kept["name"], kept["url"], kept["size"]), ("front", "/kept", 4))
        self.assertTrue(kept["key"].endswith("/kept"))
        self.assertEqual([each["url"] for each in self.entries(verge, contains="a/2")], ["https://a/2"])

    def test_pages(self):
        verge = self.caching()
        keys = [f"https://a/{i:02}" for i in range(20)]
        for key in keys:
            self.put(verge, key)
        found, position = [], {}
        while True:
            page = self.call(verge, "cache/list", {"limit": 3, **position})
            self.assertLessEqual(len(page["entries"]), 3)
            found += [each["key"] for each in page["entries"]]
            if page["next"] is None:
                break
            position = {"from": page["next"]}
        self.assertEqual(sorted(found), keys)

    def test_states(self):
        clock = self.clock()
        verge = self.caching(*clock.arguments)
        self.put(verge, "https://a/1", "max-age=1000, stale-while-revalidate=100000")
        self.put(verge, "https://a/2", "max-age=1000")
        self.put(verge, "https://a/3", "max-age=100000")
        self.call(verge, "cache/purge", {"prefix": "https://a/3", "soft": True})
        clock.advance(5000)
        entries = self.entries(verge)
        self.assertEqual([each["state"] for each in entries], ["revalidating", "stale", "invalidated"])
        self.assertEqual([each["age"] + each["freshLeft"] for each in entries], [1000, 1000, 100000])
        self.assertGreaterEqual(entries[0]["age"], 5000)

    def test_purges(self):
        verge = self.caching("--cache-disk", "10MB")
        for i in range(6):
            self.put(verge, f"https://a/{i}", tags="odd" if i % 2 else "even")
        self.call(verge, "cache/purge", {"name": "api", "key": "https://a/0"})
        self.assertEqual(self.keys(verge), [f"https://a/{i}" for i in range(1, 6)])
        self.call(verge, "cache/purge", {"tag": "even"})
        self.assertEqual(self.keys(verge), ["https://a/1", "https://a/3", "https://a/5"])
        self.call(verge, "cache/purge", {"prefix": "https://a/3"})
        self.assertEqual(self.keys(verge), ["https://a/1", "https://a/5"])
        self.call(verge, "cache/purge", {"everything": True})
        self.assertEqual(self.keys(verge), [])

    def test_wrong_calls(self):
        verge = self.caching()
        for name, parameters, status, text in (
                ("cache/list", {"limit": 0}, 400, "limit"),
                ("cache/list", {"limit": 1001}, 400, "limit"),
                ("cache/list", {"from": "xyz"}, 400, "from"),
                ("cache/list", {"from": "f" * 17}, 400, "from"),
                ("cache/list", {"worker": "other"}, 404, "no worker 'other'"),
                ("cache/purge", {}, 400, "is needed"),
                ("cache/purge", {"tag": ""}, 400, "is needed"),
                ("cache/purge", {"everything": "yes"}, 400, "is needed"),
                ("cache/purge", {"key": "a"}, 400, '"name" is missing'),
        ):
            with self.subTest(name=name, parameters=parameters):
                self.assertIn(text, self.call(verge, name, parameters, status)["error"])

    def test_answers_without_the_worker(self):
        """What the cache in front of the worker answers is said, in the terminal and here."""
        verge = self.caching()
        statuses = [verge.get("/kept").header("cf-cache-status") for _ in range(3)]
        self.assertEqual(statuses, ["MISS", "HIT", "HIT"])
        requests = self.requests(verge, lambda found: len(found) == 3 and all(each["status"] for each in found))
        self.assertEqual([(each["method"], each["target"], each["status"], each["by"], each["worker"]) for each in requests],
                         [("GET", "/kept", 200, by, "caching") for by in ("", "cache HIT", "cache HIT")])
        self.assertTrue(verge.stdout.wait_for(
            lambda text: len(re.findall(r"^GET /kept 200 \(cache HIT, \d+\.\d ms\)$", text, re.M)) == 2, IO_TIMEOUT), verge.stdout.text)

    def test_assets(self):
        verge = self.dev(files={"wrangler.jsonc": '{ "name": "w", "main": "index.js", "assets": { "directory": "public" } }',
                                "index.js": WORKER.replace("await env.NS.get('key') ?? ", ""), "public/a.txt": "asset"})
        self.assertEqual(verge.get("/a.txt").text, "asset")
        asset, = self.requests(verge, lambda found: found and found[0]["status"])
        self.assertEqual((asset["target"], asset["status"], asset["by"]), ("/a.txt", 200, "asset"))


class OtherEvents(ExplorerCase):
    def test_calls_and_scheduled_events(self):
        """Methods that another worker calls, or this one of itself, and scheduled events are there with their lines."""
        verge = self.dev(files={
            "wrangler.jsonc": '{ "name": "w", "main": "index.js", "services": [{ "binding": "SELF", "service": "w", "entrypoint": "E" }] }',
            "index.js": """
                import { WorkerEntrypoint } from 'cloudflare:workers';
                export class E extends WorkerEntrypoint {
                  add(a, b) { console.log('adding', a, b); return a + b; }
                  fail() { throw new Error('on purpose'); }
                }
                export default {
                  async fetch(request, env) {
                    await env.SELF.fail().catch(() => {});
                    return new Response(String(await env.SELF.add(1, 2)));
                  },
                  scheduled(controller) { console.log('cron', controller.cron); },
                };"""})
        self.assertEqual(verge.get("/x").text, "3")
        verge.get("/cdn-cgi/local/scheduled?cron=*+*+*+*+*")
        requests = self.requests(verge, lambda found: len(found) == 4 and all(each["status"] or each["outcome"] for each in found))
        self.assertEqual([(each["method"], each["target"], each["outcome"], [line["text"] for line in each["lines"]][:1]) for each in requests], [
            ("GET", "/x", "", []),
            ("RPC", "fail", "failed", [requests[1]["lines"][0]["text"]]),
            ("RPC", "add", "ok", ["adding 1 2"]),
            ("CRON", "* * * * *", "ok", ["cron * * * * *"])])
        self.assertIn("on purpose", requests[1]["lines"][0]["text"])
