"""Many workers in one process: routes, isolates that come and go, and one broken worker beside healthy ones."""

from e2e.harness import Case

HELLO = "export default { fetch: (request, env) => new Response(`%s ${env.A ?? ''} ${new URL(request.url).pathname}`) };"
COUNT = "let n = 0; export default { fetch: () => new Response(String(++n)) };"


def toml(*workers, top=""):
    lines = [top]
    for name, main, route, *more in workers:
        lines += ["[[workers]]", f'name = "{name}"', f'main = "{main}"', f'routes = ["{route}"]', *more]
    return "\n".join(lines)


class FleetTest(Case):
    def fleet(self, configuration, files, *arguments):
        return self.start({"verge.toml": configuration, **files}, *arguments, main="verge.toml")

    def get(self, verge, host, path="/"):
        with verge.connect() as client:
            client.send_request("GET", path, (), None, close=True, host=host)
            return client.read_response("GET")

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

    def test_errors_of_the_configuration(self):
        directory = self.directory({
            "verge.toml": toml(("a", "a.js", "a.test/*"), ("b", "a.js", "a.test/*")), "a.js": HELLO % "a"})
        result = self.run_to_failure("serve", "verge.toml", "--port", "0", cwd=directory)
        self.assertIn("verge.toml:", str(result))
        self.assertIn("belongs to the worker 'a' already", str(result))
