"""Static assets, in front of a worker and without one, in serve and in dev."""

import os
import time

from e2e.harness import Case, IO_TIMEOUT, handler, write_files

CONFIG = 'name = "site"\ncompatibility_date = "2025-06-01"\n[assets]\ndirectory = "public"\n'
WITH_WORKER = 'name = "site"\nmain = "index.js"\ncompatibility_date = "2025-06-01"\n[assets]\ndirectory = "public"\n'
WORKER = handler("return new Response('worker ' + new URL(request.url).pathname);")
PUBLIC = {
    "public/index.html": "<h1>home</h1>",
    "public/about.html": "about",
    "public/docs/index.html": "docs",
    "public/app.js": "let x;",
    "public/.well-known/x": "dot",
    "public/[id].html": "id",
}


class Assets(Case):
    def site(self, config=CONFIG, files=None, command="serve", arguments=()):
        directory = self.directory({"wrangler.toml": config, **PUBLIC, **(files or {})})
        return directory, self.start(None, *arguments, path=directory, command=command)

    def test_without_a_worker(self):
        for command in ("serve", "dev"):
            with self.subTest(command):
                _, verge = self.site(command=command)
                response = verge.get("/")
                self.assert_response(response, 200, "<h1>home</h1>")
                self.assertEqual(response.header("content-type"), "text/html; charset=utf-8")
                self.assertEqual(response.header("cache-control"), "public, max-age=0, must-revalidate")
                etag = response.header("etag")
                again = verge.get("/", [("If-None-Match", etag)])
                self.assert_response(again, 304, "")
                self.assertEqual(again.header("etag"), etag)
                self.assert_response(verge.get("/about"), 200, "about")
                moved = verge.get("/about.html?a=1")
                self.assert_response(moved, 307, "")
                self.assertEqual(moved.header("location"), "/about?a=1")
                self.assertEqual(verge.get("/docs").header("location"), "/docs/")
                self.assertEqual(verge.get("/[id]").header("location"), "/%5Bid%5D")
                self.assert_response(verge.get("/%5Bid%5D"), 200, "id")
                self.assert_response(verge.get("/.well-known/x"), 200, "dot")
                self.assert_response(verge.get("/none"), 404, "")
                head = verge.request("HEAD", "/app.js")
                self.assert_response(head, 200, "")
                self.assertEqual(head.header("content-length"), "6")
                self.assertEqual(head.header("content-type"), "text/javascript; charset=utf-8")
                post = verge.post("/app.js", "body")
                self.assert_response(post, 405)
                self.assertEqual(post.header("allow"), "GET, HEAD")
                part = verge.get("/app.js", [("Range", "bytes=1-2")])
                self.assert_response(part, 206, "et")
                self.assertEqual(part.header("content-range"), "bytes 1-2/6")

    def test_paths_do_not_lead_out(self):
        for command in ("serve", "dev"):
            _, verge = self.site(command=command, files={"secret.txt": "secret"})
            for path in ("/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/docs/..%2f..%2fsecret.txt",
                         "/..%5csecret.txt", "//../secret.txt", "/docs/%00", "/wrangler.toml", "/%2fetc/passwd"):
                with self.subTest(path, command=command):
                    response = verge.get(path)
                    self.assertEqual(response.status, 404, response)
                    self.assertNotIn("secret", response.text)

    def test_links_do_not_lead_out(self):
        directory = self.directory({"wrangler.toml": CONFIG, **PUBLIC, "secret.txt": "secret"})
        os.symlink("../secret.txt", os.path.join(directory, "public/link.txt"))
        os.symlink("app.js", os.path.join(directory, "public/inside.js"))
        verge = self.start(None, path=directory)
        self.assert_response(verge.get("/link.txt"), 404)
        self.assert_response(verge.get("/inside.js"), 200, "let x;")

    def test_in_front_of_a_worker(self):
        _, verge = self.site(WITH_WORKER, {"index.js": WORKER})
        self.assert_response(verge.get("/"), 200, "<h1>home</h1>")
        self.assert_response(verge.get("/other"), 200, "worker /other")
        self.assert_response(verge.post("/other", "x"), 200, "worker /other")
        self.assert_response(verge.post("/", "x"), 405)
        # Many on one connection, as they come.
        with verge.connect() as client:
            for _ in range(3):
                for path in ("/about", "/x", "/docs/"):
                    client.send_request("GET", path)
            for _ in range(3):
                for text in ("about", "worker /x", "docs"):
                    self.assert_response(client.read_response(), 200, text)

    def test_single_page_application(self):
        config = WITH_WORKER + 'not_found_handling = "single-page-application"\n'
        _, verge = self.site(config, {"index.js": WORKER})
        self.assert_response(verge.get("/page", [("Sec-Fetch-Mode", "navigate")]), 200, "<h1>home</h1>")
        self.assert_response(verge.get("/page"), 200, "worker /page")
        _, verge = self.site(config.replace("2025-06-01", "2025-03-01"), {"index.js": WORKER})
        self.assert_response(verge.get("/page", [("Sec-Fetch-Mode", "navigate")]), 200, "worker /page")

    def test_not_found_page(self):
        _, verge = self.site(CONFIG + 'not_found_handling = "404-page"\n',
                             {"public/404.html": "none", "public/docs/404.html": "no docs"})
        self.assert_response(verge.get("/x"), 404, "none")
        self.assert_response(verge.get("/docs/a/b"), 404, "no docs")

    def test_worker_first(self):
        _, verge = self.site(WITH_WORKER + "run_worker_first = true\n", {"index.js": WORKER})
        self.assert_response(verge.get("/about"), 200, "worker /about")
        _, verge = self.site(WITH_WORKER + 'run_worker_first = ["/docs/*", "!/docs/free/*"]\n',
                             {"index.js": WORKER, "public/docs/free/a.txt": "free"})
        self.assert_response(verge.get("/docs/"), 200, "worker /docs/")
        self.assert_response(verge.get("/docs/free/a.txt"), 200, "free")
        self.assert_response(verge.get("/about"), 200, "about")

    def test_binding(self):
        worker = """export default { async fetch(request, env) {
          const url = new URL(request.url);
          if (url.pathname === '/by-url') {
            const response = await env.ASSETS.fetch('https://any.host/about');
            return new Response([response.status, response.headers.get('content-type'), await response.text()].join());
          }
          if (url.pathname === '/post') {
            const response = await env.ASSETS.fetch('http://x/about', { method: 'POST', body: 'body' });
            return new Response(response.status + ' ' + await response.text());
          }
          if (url.pathname === '/followed') {
            const response = await env.ASSETS.fetch('http://x/about.html');
            return new Response(response.status + ' ' + response.url + ' ' + await response.text());
          }
          const response = await env.ASSETS.fetch(request);
          return new Response(response.body, {
            status: response.status, headers: { ...Object.fromEntries(response.headers), 'x-by': 'worker' } });
        } };"""
        config = WITH_WORKER + 'binding = "ASSETS"\nrun_worker_first = true\nnot_found_handling = "404-page"\n'
        large = os.urandom(3_000_000)
        _, verge = self.site(config, {"index.js": worker, "public/404.html": "none", "public/large.bin": large})
        self.assert_response(verge.get("/by-url"), 200, "200,text/html; charset=utf-8,about")
        self.assert_response(verge.get("/post"), 200, "405 ")
        self.assert_response(verge.get("/followed"), 200, "200 http://x/about about")
        response = verge.get("/app.js")
        self.assert_response(response, 200, "let x;")
        self.assertEqual(response.header("x-by"), "worker")
        self.assert_response(verge.get("/x"), 404, "none")
        self.assertEqual(verge.get("/about.html").header("location"), "/about")
        self.assert_response(verge.get("/large.bin"), 200, large)
        etag = verge.get("/app.js").header("etag")
        self.assert_response(verge.get("/app.js", [("If-None-Match", etag)]), 304, "")
        self.assert_response(verge.request("HEAD", "/app.js"), 200, "")

    def test_large_files(self):
        large = os.urandom(5_000_000)
        _, verge = self.site(files={"public/large.bin": large, "public/empty.txt": ""})
        response = verge.get("/large.bin")
        self.assert_response(response, 200, large)
        self.assertEqual(response.header("content-length"), "5000000")
        self.assertEqual(response.header("content-type"), "application/octet-stream")
        self.assert_response(verge.get("/large.bin", [("Range", "bytes=4999990-")]), 206, large[-10:])
        self.assert_response(verge.get("/large.bin", [("Range", "bytes=100-3000099")]), 206, large[100:3000100])
        self.assert_response(verge.get("/large.bin", [("If-None-Match", response.header("etag"))]), 304, "")
        self.assert_response(verge.get("/large.bin", [("Range", "bytes=5000000-")]), 416)
        self.assert_response(verge.get("/empty.txt"), 200, "")
        # Who leaves in the middle takes nothing along.
        for _ in range(5):
            with verge.connect(receive_buffer=4096) as client:
                client.send_request("GET", "/large.bin")
                client.read_head()
        self.assert_response(verge.get("/large.bin"), 200, large)

    def test_rules(self):
        _, verge = self.site(files={
            "public/_headers": "/*\n  X-All: 1\n/docs/*\n  ! Cache-Control\n  X-Docs: :splat\nbad line\n",
            "public/_redirects": "/old/* /about?from=:splat 301\n/app/* /docs/ 200\n/away https://e.example/ 308\nx\n",
            "public/.assetsignore": "*.map\n",
            "public/app.js.map": "map",
        })
        self.assertEqual(verge.get("/").header("x-all"), "1")
        docs = verge.get("/docs/")
        self.assertIsNone(docs.header("cache-control"))
        self.assertEqual(docs.header("x-docs"), "")
        moved = verge.get("/old/x")
        self.assert_response(moved, 301, "")
        self.assertEqual((moved.header("location"), moved.header("x-all")), ("/about?from=x", "1"))
        self.assert_response(verge.get("/app/a/b"), 200, "docs")
        self.assertEqual(verge.get("/away?q=1").header("location"), "https://e.example/?q=1")
        for path in ("/_headers", "/_redirects", "/.assetsignore", "/app.js.map"):
            self.assert_response(verge.get(path), 404)
        verge.wait_for_log("public/_headers:6: this is neither")
        verge.wait_for_log("public/_redirects:4: a rule is")

    def test_dev_sees_changes_at_once(self):
        directory, verge = self.site(WITH_WORKER, {"index.js": WORKER}, command="dev")
        self.assert_response(verge.get("/about"), 200, "about")
        write_files(directory, {"public/about.html": "another about", "public/new/x.txt": "new"})
        self.assert_response(verge.get("/about"), 200, "another about")
        self.assert_response(verge.get("/new/x.txt"), 200, "new")
        os.remove(os.path.join(directory, "public/about.html"))
        self.assert_response(verge.get("/about"), 200, "worker /about")
        write_files(directory, {"public/_redirects": "/go /docs/ 302\n"})
        self.assertEqual(verge.get("/go").header("location"), "/docs/")
        self.assertTrue(verge.stdout.wait_for(lambda text: "GET /docs/ 200" in text or "GET /go 302" in text, IO_TIMEOUT))
        # The configuration is read again, too.
        write_files(directory, {"wrangler.toml": WITH_WORKER + "run_worker_first = true\n"})
        deadline = time.monotonic() + IO_TIMEOUT
        while verge.get("/docs/").text != "worker /docs/":
            self.assertLess(time.monotonic(), deadline, verge.log)
            time.sleep(0.005)

    def test_dev_before_the_build(self):
        directory = self.directory({"wrangler.toml": CONFIG})
        verge = self.start(None, path=directory, command="dev")
        self.assert_response(verge.get("/"), 404)
        write_files(directory, {"public/index.html": "built"})
        self.assert_response(verge.get("/"), 200, "built")

    def test_serve_keeps_what_it_read(self):
        directory, verge = self.site()
        self.assert_response(verge.get("/about"), 200, "about")
        write_files(directory, {"public/late.txt": "late"})
        self.assert_response(verge.get("/late.txt"), 404)

    def test_wrong_configurations(self):
        for text, message in (
                ('[assets]\ndirectory = "missing"\n', "names a folder that does not exist: '"),
                ('[assets]\ndirectory = "wrangler.toml"\n', "names something that is not a folder"),
                ('[assets]\nbinding = "A"\n', "'assets' needs the folder of the files: directory = \"public\""),
                ('[assets]\ndirectory = "public"\nhtml_handling = "auto"\n', "'assets.html_handling' must be one of"),
                ('[assets]\ndirectory = "public"\nrun_worker_first = ["x"]\n', "begins with '/' or '!/'"),
                ('[assets]\ndirectory = "public"\nrun_worker_first = ["!/x"]\n', "needs a rule that does not begin"),
                ('main = "index.js"\n[vars]\nA = 1\n[assets]\ndirectory = "public"\nbinding = "A"\n',
                 "is the name of another variable"),
        ):
            with self.subTest(message):
                directory = self.directory({"wrangler.toml": text, "index.js": WORKER, **PUBLIC})
                self.assertIn(message, self.run_to_failure("serve", directory, "--port", "0"))

    def test_own_files_in_the_folder(self):
        directory = self.directory({"wrangler.toml": 'main = "index.js"\n[assets]\ndirectory = "."\n',
                                    "index.js": WORKER})
        verge = self.start(None, path=directory)
        verge.wait_for_log("has the project's own files in it")

    def test_a_tenant_has_its_own_folder_only(self):
        directory = self.directory({
            "verge.toml": '[[workers]]\nname = "a"\nmain = "a"\nroutes = ["a.example/*"]\n'
                          '[[workers]]\nname = "b"\nmain = "b"\nroutes = ["b.example/*"]\n',
            "a/wrangler.toml": '[assets]\ndirectory = "public"\n', "a/public/x.txt": "of a",
            "b/wrangler.toml": '[assets]\ndirectory = "../a/public"\n'})
        verge = self.start(None, path=directory)
        with verge.connect() as client:
            client.send_request("GET", "/x.txt", host="a.example")
            self.assert_response(client.read_response(), 200, "of a")
            client.send_request("GET", "/x.txt", host="b.example")
            self.assert_response(client.read_response(), 500)
        verge.wait_for_log("lies outside of the worker's folder")
