"""Many workers in one process: routes, isolates that come and go, and one broken worker beside healthy ones."""

import json
import os

from e2e.harness import Case, handler, run

HELLO = "export default { fetch: (request, env) => new Response(`%s ${env.A ?? ''} ${new URL(request.url).pathname}`) };"
COUNT = "let n = 0; export default { fetch: () => new Response(String(++n)) };"


def toml(*workers, top=""):
    lines = [top]
    for name, main, route, *more in workers:
        lines += ["[[workers]]", f'name = "{name}"', f'main = "{main}"', f'routes = ["{route}"]', *more]
    return "\n".join(lines)


class FleetCase(Case):
    def fleet(self, configuration, files, *arguments):
        return self.start({"verge.toml": configuration, **files}, *arguments, main="verge.toml")

    def get(self, verge, host, path="/"):
        with verge.connect() as client:
            client.send_request("GET", path, (), None, close=True, host=host)
            return client.read_response("GET")


class FleetTest(FleetCase):
    def test_routes(self):
        verge = self.fleet(
            toml(("a", "a.js", "a.test/*"), ("api", "b.js", "*.test/api/*", 'vars = { A = "var" }')),
            {"a.js": HELLO % "a", "b.js": HELLO % "b"})
        self.assertIn("2 workers", verge.ready_line)
        self.assert_response(self.get(verge, "a.test", "/x"), 200, b"a  /x")
        self.assert_response(self.get(verge, "c.test:80", "/api/x"), 200, b"b var /api/x")
        response = self.get(verge, "other.example")
        self.assertEqual(response.status, 404)
        self.assertIn("1042", response.text)

    def test_a_folder_with_its_configuration(self):
        verge = self.fleet(toml(("a", "w", "a.test/*")), {
            "w/wrangler.toml": 'name = "own"\nmain = "index.js"\n[vars]\nA = "own"\n', "w/index.js": HELLO % "w"})
        self.assert_response(self.get(verge, "a.test"), 200, b"w own /")

    def test_a_broken_worker_hurts_nobody_else(self):
        verge = self.fleet(
            toml(("good", "good.js", "good.test/*"), ("bad", "bad.js", "bad.test/*"), ("none", "no.js", "no.test/*")),
            {"good.js": HELLO % "good", "bad.js": "throw new Error('at start');", "no.js": "import './missing.js';"})
        for host in ("bad.test", "no.test", "bad.test"):
            response = self.get(verge, host)
            self.assertEqual(response.status, 500)
            self.assertIn("1101", response.text)
            self.assertEqual(self.get(verge, "good.test").status, 200)
        verge.wait_for_log("at start")
        verge.wait_for_log("missing.js")

    def test_the_least_recently_used_isolate_makes_room(self):
        names = [f"w{i}" for i in range(24)]
        pinned = toml(("pinned", "count.js", "pinned.test/*", "min_instances = 1"),
                      *((name, "count.js", f"{name}.test/*") for name in names), top="memory_mb = 16")
        verge = self.fleet(pinned, {"count.js": COUNT})
        self.assert_response(self.get(verge, "pinned.test"), 200, b"1")
        for name in names:
            self.assert_response(self.get(verge, f"{name}.test"), 200, b"1")
        self.assert_response(self.get(verge, "w23.test"), 200, b"2")  # still there
        self.assert_response(self.get(verge, "w0.test"), 200, b"1")  # made anew
        self.assert_response(self.get(verge, "pinned.test"), 200, b"2")

    def test_relative_to_where_it_is_started(self):
        directory = self.directory({"verge.toml": toml(("a", "a.js", "a.test/*"), ("b", "./b/index.js", "b.test/*")),
                                    "a.js": HELLO % "a", "b/index.js": HELLO % "b", "c/there": ""})
        for path, folder in (("verge.toml", "."), ("./verge.toml", "."), ("../verge.toml", "c"),
                             (f"{os.path.basename(directory)}/verge.toml", "..")):
            with self.subTest(path):
                verge = self.start(path=path, cwd=os.path.join(directory, folder))
                self.assert_response(self.get(verge, "a.test"), 200, b"a  /")
                self.assert_response(self.get(verge, "b.test"), 200, b"b  /")
                verge.stop()

    def test_errors_of_the_configuration(self):
        directory = self.directory({
            "verge.toml": toml(("a", "a.js", "a.test/*"), ("b", "a.js", "a.test/*")), "a.js": HELLO % "a"})
        result = self.run_to_failure("serve", "verge.toml", "--port", "0", cwd=directory)
        self.assertIn("verge.toml:", str(result))
        self.assertIn("belongs to the worker 'a' already", str(result))


STORE = handler("""
    const key = new URL(request.url).pathname;
    const value = await env.NS.get("k");
    if (key !== "/read") await env.NS.put("k", key);
    await env.DB.exec("CREATE TABLE IF NOT EXISTS t (v TEXT)");
    const { results } = await env.DB.prepare("SELECT v FROM t").all();
    if (key !== "/read") await env.DB.prepare("INSERT INTO t VALUES (?)").bind(key).run();
    const cached = await caches.default.match("http://cache.test/k");
    if (key !== "/read") await caches.default.put("http://cache.test/k", new Response(key, { headers: { "Cache-Control": "max-age=600" } }));
    return Response.json([value, results.map((row) => row.v), cached ? await cached.text() : null]);
""")
PROJECT = json.dumps({"name": "x", "main": "w.js", "kv_namespaces": [{"binding": "NS", "id": "same"}],
                      "d1_databases": [{"binding": "DB", "database_id": "same"}]})
GRANT = """
[[workers.kv_namespaces]]
binding = "NS"
id = "shared"
[[workers.d1_databases]]
binding = "DB"
database_id = "shared"
"""


class StorageTest(FleetCase):
    def setUp(self):
        super().setUp()
        files = {f"{name}/{file}": text for name in "abcdef" for file, text in (("w.js", STORE), ("wrangler.json", PROJECT))}
        files["verge.toml"] = toml(
            ("a", "a", "a.test/*"), ("b", "b", "b.test/*"), ("c", "c", "c.test/*", 'owner = "one"'),
            ("d", "d", "d.test/*", 'owner = "one"'), ("e", "e", "e.test/*", GRANT), ("f", "f", "f.test/*", GRANT))
        self.site = self.directory(files)

    def values(self, verge, name, path):
        response = self.get(verge, f"{name}.test", path)
        self.assertEqual(response.status, 200, verge.log)
        return json.loads(response.text)

    def test_who_shares_what(self):
        nothing = [None, [], None]
        verge = self.start(None, path=self.site)
        for name in "ab":  # the same ids, each for itself
            self.assertEqual(self.values(verge, name, f"/of-{name}"), nothing)
        for name in "ab":
            self.assertEqual(self.values(verge, name, "/read"), [f"/of-{name}", [f"/of-{name}"], f"/of-{name}"])
        for first, second in ("cd", "ef"):  # one owner; granted by the node's file
            self.assertEqual(self.values(verge, first, f"/of-{first}"), nothing)
            self.assertEqual(self.values(verge, second, "/read"), [f"/of-{first}", [f"/of-{first}"], None])
        verge.stop()
        state = os.path.join(self.site, ".verge", "state")
        found = sorted(os.path.relpath(os.path.join(folder, file), state)
                       for folder, _, files in os.walk(state) for file in files if file.endswith(".sqlite") and not folder.endswith("/cache"))
        self.assertEqual(found, sorted(f"{space}{kind}/{name}.sqlite" for kind in ("kv", "d1") for space, name in (
            ("workers/a/", "same"), ("workers/b/", "same"), ("owners/one/", "same"), ("", "shared"))))

    def test_the_command_line(self):
        verge = self.start(None, path=self.site)
        self.values(verge, "a", "/of-a")
        self.values(verge, "e", "/of-e")

        def command(*arguments, code=0):
            result, stdout, stderr = run(arguments, cwd=self.site)
            self.assertEqual(result, code, stdout + stderr)
            return stdout + stderr

        for worker, value in (("a", "/of-a"), ("e", "/of-e"), ("f", "/of-e")):
            self.assertEqual(command("kv", "key", "get", "k", "--binding", "NS", "--worker", worker), value)
            self.assertIn(f'"{value}"', command("d1", "execute", "DB", "--command", "SELECT v FROM t", "--json",
                                                "--worker", worker).replace("\\/", "/"))
        command("kv", "key", "put", "k", "new", "--binding", "NS", "--worker", "b")
        self.assertEqual(self.values(verge, "b", "/read")[0], "new")
        self.assertEqual(self.values(verge, "a", "/read")[0], "/of-a")
        self.assertIn("say which one with --worker",
                      command("kv", "key", "get", "k", "--binding", "NS", code=2))
        self.assertIn("there is no worker 'g'", command("d1", "info", "DB", "--worker", "g", code=2))
