"""Projects as people have them, with packages from npm: Hono, itty-router, a Worker with migrations. Their sources are in
projects/; what of them is a page, test_pages.py looks at."""

import json
import os
import re
import threading

from e2e import npm
from e2e.harness import IO_TIMEOUT, Case, run, scaled
from e2e.websocket_peer import connect

# One installation for all tests of the module.
folder = None
remove = None


def setUpModule():
    global folder, remove
    if npm.available():
        folder, remove = npm.make_projects("hono@4", "itty-router@5")


def tearDownModule():
    if remove:
        remove()


class Project(Case):
    """Tests of a project, run as its author would while working on it."""

    name = None

    def dev(self, *arguments):
        return self.start(None, *arguments, "--data", self.directory(), path=os.path.join(folder, self.name), command="dev")

    def json_of(self, response, status=200):
        self.assertEqual(response.status, status, response)
        return json.loads(response.text)


@npm.required
class Hono(Project):
    name = "hono"

    def test_routing(self):
        verge = self.dev()
        self.assertEqual(self.json_of(verge.get("/api/hello/ada?q=1&q=%C3%BC")), {"text": "Hello, ada", "query": ["1", "ü"]})
        self.assertEqual(self.json_of(verge.get("/api/hello/Ada"), 404), {"missing": "/api/hello/Ada"})
        self.assertEqual(verge.get("/mounted/deep/path").text, "mounted /deep/path")
        self.assertEqual(verge.get("/fail").text, "caught: on purpose")
        teapot = verge.get("/teapot")
        self.assertEqual((teapot.status, teapot.text), (418, "short and stout"))

    def test_bodies(self):
        verge = self.dev()
        created = verge.post("/api/items", '{"title": "t"}', {"Content-Type": "application/json"})
        self.assertEqual(self.json_of(created, 201), {"created": "t"})
        self.assertEqual(created.header("location"), "/api/items/1")
        self.assertEqual(self.json_of(verge.post("/api/items", "{}", {"Content-Type": "application/json"}), 422), {"error": "title"})
        self.assertEqual(verge.post("/api/items", "{", {"Content-Type": "application/json"}).status, 400)
        part = '--b\r\nContent-Disposition: form-data; name="file"; filename="{0}"\r\nContent-Type: text/plain\r\n\r\n{0} text\r\n'
        form = part.format("a.txt") + part.format("b.txt") + "--b--\r\n"
        self.assertEqual(self.json_of(verge.post("/api/upload", form, {"Content-Type": "multipart/form-data; boundary=b"})),
                         [{"name": name, "type": "text/plain", "text": f"{name} text"} for name in ("a.txt", "b.txt")])

    def test_middleware(self):
        verge = self.dev()
        preflight = verge.request("OPTIONS", "/api/hello/ada", {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"})
        self.assertEqual(preflight.status, 204)
        self.assertEqual(preflight.header("access-control-allow-origin"), "https://app.example")
        self.assertIn("PUT", preflight.header("access-control-allow-methods"))
        response = verge.get("/api/hello/ada", {"Origin": "https://other.example"})
        self.assertIsNone(response.header("access-control-allow-origin"))
        self.assertEqual(response.header("x-content-type-options"), "nosniff")
        self.assertTrue(re.fullmatch(r"[0-9a-f-]{36}", response.header("x-request-id")), response)
        tagged = verge.get("/api/etag")
        again = verge.get("/api/etag", {"If-None-Match": tagged.header("etag")})
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(verge.get("/api/large", {"Accept-Encoding": "gzip"}).header("content-encoding"), "gzip")
        self.assertEqual(verge.get("/api/large").text, "0123456789" * 1000)
        verge.wait_for_log("--> GET /api/large")  # Hono's logger

    def test_authentication(self):
        verge = self.dev()
        refused = verge.get("/api/admin/page")
        self.assertEqual((refused.status, refused.header("www-authenticate")), (401, 'Basic realm="Secure Area"'))
        self.assertEqual(verge.get("/api/admin/page", {"Authorization": "Basic YWRhOmxvdmVsYWNl"}).text, "for ada")
        token = verge.get("/api/token").text
        self.assertEqual(verge.get("/api/private/me").status, 401)
        self.assertEqual(verge.get("/api/private/me", {"Authorization": f"Bearer {token[:-2]}xx"}).status, 401)
        self.assertEqual(self.json_of(verge.get("/api/private/me", {"Authorization": f"Bearer {token}"}))["sub"], "ada")

    def test_cookies(self):
        verge = self.dev()
        response = verge.get("/cookies")
        self.assertEqual(self.json_of(response), {})
        cookies = response.all("set-cookie")
        self.assertEqual(cookies[0], "plain=a%20b%3Bc; Max-Age=60; Path=/; HttpOnly; SameSite=Lax")
        self.assertTrue(cookies[1].startswith("signed=value.") and cookies[1].endswith("; Secure"), cookies)
        self.assertEqual(cookies[2], "old=; Max-Age=0; Path=/")
        sent = "; ".join(cookie.split(";")[0] for cookie in cookies[:2])
        self.assertEqual(self.json_of(verge.get("/cookies", {"Cookie": sent})), {"plain": "a b;c", "signed": "value"})
        self.assertEqual(self.json_of(verge.get("/cookies", {"Cookie": sent.replace("value", "other")}))["signed"], False)

    def test_streaming(self):
        verge = self.dev()
        self.assertEqual(verge.get("/stream/text").text, "one\ntwo\nthree\n")
        self.assertEqual(verge.get("/stream/bytes").body, b"\x00\x01\xfe\xfffrom a blob")
        events = verge.get("/stream/events")
        self.assertEqual(events.header("content-type"), "text/event-stream")
        self.assertEqual(events.text, "".join(f'event: count\ndata: {{"id":{i}}}\nid: {i}\n\n' for i in (1, 2, 3)))

    def test_cache(self):
        verge = self.dev()
        self.assertEqual(verge.get("/cached").text, "computed 1")
        # The middleware stores in waitUntil: not before the answer, but before long.
        answers = {"computed 1"}
        while True:
            text = verge.get("/cached").text
            if text in answers:
                break
            answers.add(text)
            self.assertLess(len(answers), 1000)
        self.assertEqual(verge.get("/cached").text, text)

    def test_bindings(self):
        verge = self.dev()
        self.assertEqual([self.json_of(verge.get("/visits"))["count"] for _ in range(3)], [1, 2, 3])

    def test_web_socket(self):
        verge = self.dev()
        peer, response = connect(verge.port, "/socket")
        with peer:
            self.assertEqual(response.status, 101)
            peer.send("hi")
            self.assertEqual(peer.read(), "echo hi")
        self.assertEqual(verge.get("/socket").status, 404)

    def test_pages(self):
        verge = self.dev()
        page = verge.get("/pages/list")
        self.assertEqual(page.header("content-type"), "text/html; charset=UTF-8")
        self.assertIn('<ul><li data-theme="dark">&lt;script&gt;alert(1)&lt;/script&gt;</li><li data-theme="dark">a &amp; b</li></ul>'
                      "<code>/pages/list</code>", page.text)
        self.assertEqual(verge.get("/pages/html").text, '<p title="&quot;quoted&quot;"><b>raw</b> &lt;i&gt;</p>')

    def test_production(self):
        """The same in `serve`: with clocks that stand still and a limit of CPU time."""
        verge = self.start(None, "--data", self.directory(), "--cpu-ms", scaled(1000, 30000),
                           path=os.path.join(folder, self.name))
        self.assertEqual(self.json_of(verge.get("/api/hello/ada")), {"text": "Hello, ada"})
        self.assertEqual(self.json_of(verge.get("/visits")), {"count": 1})


@npm.required
class Itty(Project):
    name = "itty"

    def test_router(self):
        verge = self.dev()
        self.assertEqual(verge.get("/").text, "itty")
        self.assertEqual(self.json_of(verge.get("/notes/1")), {"id": "1", "text": "first"})
        self.assertEqual(self.json_of(verge.get("/notes/9"), 404), {"status": 404, "error": "no such note"})
        self.assertEqual(self.json_of(verge.get("/nothing"), 404)["status"], 404)
        created = verge.post("/notes", '{"text": "second"}', {"Content-Type": "application/json", "Origin": "https://app.example"})
        self.assertEqual(self.json_of(created, 201), {"id": "2", "text": "second"})
        self.assertEqual(created.header("access-control-allow-origin"), "https://app.example")
        self.assertEqual(len(self.json_of(verge.get("/notes"))), 2)
        self.assertEqual(self.json_of(verge.get("/files/a/b.txt?x=1&x=2")), {"path": "a/b.txt", "query": {"x": ["1", "2"]}})
        self.assertEqual(self.json_of(verge.get("/fail"), 500), {"status": 500, "error": "on purpose"})


@npm.required
class Notes(Project):
    """Migrations from the command line, then the Worker on what they made."""

    name = "notes"

    def test_notes(self):
        site = os.path.join(folder, self.name)
        data = self.directory()
        code, out, errors = run(["d1", "migrations", "apply", "notes", "--data", data], cwd=site)
        self.assertEqual((code, errors), (0, ""), out)
        self.assertIn("0002_pinned.sql", out)
        verge = self.start(None, "--data", data, path=site, command="dev")
        self.assertEqual(verge.get("/notes").status, 401)
        login = verge.post("/login", '{"user": "ada"}')
        session = {"Cookie": login.header("set-cookie").split(";")[0]}
        for number, text in enumerate(("one", "two", "it's \"three\""), 1):
            created = verge.post("/notes", json.dumps({"text": text}), session)
            self.assertEqual(self.json_of(created, 201), {"id": number, "text": text})
        refused = self.json_of(verge.post("/notes", '{"text": ""}', session), 400)
        self.assertIn("CHECK constraint failed", refused["error"])
        first = self.json_of(verge.get("/notes", session))
        self.assertEqual(first, [{"id": 1, "text": "one", "pinned": 0}, {"id": 2, "text": "two", "pinned": 0}])
        self.assertEqual(self.json_of(verge.post("/notes/3/pin", "", session)), {"changed": 1})
        self.assertEqual(self.json_of(verge.get("/notes?after=2", session)), [{"id": 3, "text": "it's \"three\"", "pinned": 1}])
        # What the Worker wrote, from outside while it runs.
        code, out, errors = run(["d1", "execute", "notes", "--data", data, "--json", "--command", "SELECT count(*) AS n FROM notes"], cwd=site)
        self.assertEqual(code, 0, errors)
        self.assertEqual(json.loads(out)[0]["results"], [{"n": 3}])
        code, out, errors = run(["kv", "key", "list", "--binding", "SESSIONS", "--data", data], cwd=site)
        self.assertEqual(code, 0, errors)
        self.assertEqual([key["metadata"] for key in json.loads(out)], [{"since": "login"}])

    def test_saves_under_traffic(self):
        """Clients that never stop asking, on connections that they keep, notice of fifty saves nothing but the new text."""
        site = os.path.join(folder, self.name)
        verge = self.dev("--shards", "2")
        source = os.path.join(site, "src", "index.ts")
        with open(source, encoding="utf-8") as file:
            original = file.read()
        self.addCleanup(self.save, source, original)
        stop = threading.Event()
        failures = []
        seen = [set() for _ in range(4)]

        def ask(versions):
            with verge.connect() as client:
                while not stop.is_set():
                    client.send_request("GET", "/version")
                    response = client.read_response()
                    if response.status not in (200, 404) or not response.complete:
                        failures.append(response)
                    versions.add(response.text)

        threads = [threading.Thread(target=ask, args=(versions,)) for versions in seen]
        for thread in threads:
            thread.start()
        try:
            for version in range(scaled(50, 10)):
                route = f"app.get('/version', (c) => c.text('version {version}'));\n"
                self.save(source, original.replace("app.post('/login'", route + "app.post('/login'"))
                verge.wait_for_log("reloaded in ", version + 1)
                self.assertEqual(verge.get("/version").text, f"version {version}")
        finally:
            stop.set()
            for thread in threads:
                thread.join(IO_TIMEOUT)
        self.assertEqual(failures, [])
        for versions in seen:
            self.assertGreater(len(versions), 1)

    def save(self, path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
