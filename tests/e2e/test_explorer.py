"""The explorer of `verge dev`: its calls, and who may make them. test_pages.py looks at the page."""

import base64
import json
import time

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
            for path, method in ((ROOT, "GET"), (ROOT + "/api/worker", "POST")):
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
                response = verge.post(f"{ROOT}/api/worker", "{}", [("Content-Type", "application/json"), *headers])
                self.assertEqual(response.status, status, response)
                self.assertIsNone(response.header("access-control-allow-origin"))
        # A link from elsewhere opens the page; a script from elsewhere reads nothing.
        self.assertEqual(verge.get(ROOT, [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]).status, 200)
        self.assertEqual(verge.get(ROOT, [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]).status, 403)
        # What a form or a plain fetch() of another page could send.
        for content_type in ("text/plain", "application/x-www-form-urlencoded", None):
            headers = [("Content-Type", content_type)] if content_type else []
            self.assertEqual(verge.post(f"{ROOT}/api/worker", "{}", headers).status, 405)
        self.assertEqual(verge.get(f"{ROOT}/api/worker").status, 405)

    def test_not_in_production(self):
        verge = self.dev("--data", self.directory(), command="serve")
        self.assertEqual(verge.get(ROOT).text, f"GET {ROOT} none")
        self.assertEqual(verge.post(f"{ROOT}/api/worker", "{}").text, f"POST {ROOT}/api/worker none")

    def test_wrong_calls(self):
        verge = self.dev("--data", self.directory())
        for name, parameters, status, text in (
                ("worker", "{", 400, "the parameters:1:2: "),
                ("worker", b'{"a": "\xff"}', 400, "UTF-8"),
                ("worker", "[1]", 400, "must be an object"),
                ("worker", "[" * 10000, 400, "must be an object"),
                ("worker", '{"a":' * 1000, 400, "deep"),
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
            client.send(f"POST {ROOT}/api/worker HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        "Content-Length: 100\r\n\r\n{".encode())
        with verge.connect() as client:
            client.send(f"POST {ROOT}/api/worker HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n".encode())
            self.assertEqual(json.loads(client.read_response().text)["name"], "explored")


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
        self.assertEqual(self.call(verge, "worker")["name"], "explored")


class Stores(ExplorerCase):
    def test_kv(self):
        verge = self.dev("--data", self.directory())
        worker = self.call(verge, "worker")
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
        self.assertEqual([each["binding"] for each in self.call(verge, "worker")["kv"]], ["MORE", "NS"])
        self.assertEqual(self.call(verge, "kv/list", {"binding": "MORE"}), {"keys": [], "complete": True})
