"""Each of the examples, run as its README says."""

import json
import os
import shutil
import time

from e2e.harness import Case, ROOT, run
from e2e.origin import Origin
from e2e.websocket_peer import connect

EXAMPLES = os.path.join(ROOT, "examples")


class Examples(Case):
    def start_example(self, name, command="dev"):
        return self.start(None, path=os.path.join(EXAMPLES, name), command=command)

    def test_every_example_is_here(self):
        names = sorted(name for name in os.listdir(EXAMPLES) if os.path.isdir(os.path.join(EXAMPLES, name)))
        tested = sorted(name[5:].replace("_", "-") for name in dir(self) if name.startswith("test_") and "every" not in name)
        self.assertEqual(names, tested)
        for name in names:
            with open(os.path.join(EXAMPLES, name, "README.md"), encoding="utf-8") as file:
                self.assertTrue(file.read().startswith(f"# {name}\n"))

    def test_hello(self):
        for command in ["dev", "serve"]:
            verge = self.start_example("hello", command)
            self.assertEqual(verge.name, "hello")
            self.assert_response(verge.get("/world"), 200, "Hello /world")
            self.assertEqual(verge.log, "")

    def test_kv_notes(self):
        site = self.directory()
        for name in ["worker.js", "wrangler.jsonc"]:
            shutil.copy(os.path.join(EXAMPLES, "kv-notes", name), site)
        for command in ["dev", "serve"]:
            verge = self.start(None, path=site, command=command)
            response = verge.request("PUT", "/house/milk?ttl=86400", body="Buy milk")
            self.assertEqual((response.status, json.loads(response.text)), (201, {"stored": "house/milk"}))
            verge.request("PUT", "/work", [("Content-Type", "application/json")], b"{}")
            self.assert_response(verge.get("/house/milk"), 200, "Buy milk")
            self.assertEqual(verge.get("/work").header("content-type"), "application/json")
            notes = json.loads(verge.get("/").text)
            self.assertEqual([note["name"] for note in notes["notes"]], ["house/milk", "work"])
            self.assertEqual(notes["next"], None)
            self.assertEqual(len(json.loads(verge.get("/?tag=house").text)["notes"]), 1)
            self.assertEqual(verge.get("/none").status, 404)
            response = verge.request("PUT", "/x?ttl=5", body="x")
            self.assertEqual(response.status, 400)
            self.assertIn("Expiration TTL must be at least 60.", response.text)
            self.assert_response(verge.request("DELETE", "/work"), 204, "")
            self.assertEqual(verge.get("/work").status, 404)
            verge.stop()

    def test_router(self):
        verge = self.start_example("router")
        first = {"id": "1", "title": "The Left Hand of Darkness", "year": 1969}
        second = {"id": "2", "title": "Invisible Cities", "year": 1972}

        def expect(response, status, value):
            self.assertEqual((response.status, json.loads(response.text)), (status, value))
            self.assertEqual(response.header("content-type"), "application/json")

        expect(verge.get("/books"), 200, [first, second])
        expect(verge.get("/books?q=CITIES"), 200, [second])
        expect(verge.get("/books/1"), 200, first)
        expect(verge.get("/books/1/"), 200, first)
        expect(verge.get("/books/9"), 404, {"error": "There is no book 9"})
        expect(verge.get("/films"), 404, {"error": "There is nothing at /films"})
        expect(verge.get("/books/%ff"), 400, {"error": '"%ff" is not percent-encoded correctly'})
        response = verge.post("/books", json.dumps({"title": "Solaris", "year": 1961}))
        expect(response, 201, {"id": "3", "title": "Solaris", "year": 1961})
        self.assertEqual(response.header("location"), "http://localhost/books/3")
        expect(verge.post("/books", "{"), 400, {"error": "The body is not JSON"})
        expect(verge.post("/books", "null"), 422, {"error": "title has to be a text"})
        expect(verge.post("/books", '{"title": "x", "year": "1961"}'), 422, {"error": "year has to be a whole number"})
        expect(verge.request("PUT", "/books/3", body='{"title": "Solaris", "year": 1962}'), 200,
               {"id": "3", "title": "Solaris", "year": 1962})
        self.assert_response(verge.request("DELETE", "/books/3"), 204, "")
        expect(verge.request("DELETE", "/books/3"), 404, {"error": "There is no book 3"})
        response = verge.request("PATCH", "/books/1")
        expect(response, 405, {"error": "PATCH is not possible here"})
        self.assertEqual(response.header("allow"), "GET, PUT, DELETE")
        self.assertEqual(verge.request("HEAD", "/books").status, 200)
        self.assertEqual(verge.log, "")

    def test_typescript(self):
        for command in ["dev", "serve"]:
            verge = self.start_example("typescript", command)
            self.assertEqual(verge.name, "prices")
            for path, status, value in (
                    ("/price/coffee", 200, {"item": "coffee", "currency": "EUR", "price": 2.8}),
                    ("/price/coffee?currency=JPY", 200, {"item": "coffee", "currency": "JPY", "price": 458}),
                    ("/price/tea", 404, {"error": "There is no price for tea"}),
                    ("/price/cake?currency=XXX", 400, {"error": "XXX is none of EUR, USD, JPY"}),
                    ("/", 404, {"error": "There is nothing at /"})):
                response = verge.get(path)
                self.assertEqual((response.status, json.loads(response.text)), (status, value))
            verge.wait_for_log("#2: coffee in JPY")
            verge.wait_for_log("#5: There is nothing at /")

    def test_stream(self):
        verge = self.start_example("stream")
        response = verge.get("/?from=3&ms=1")
        self.assert_response(response, 200, "3\n2\n1\nlift-off\n")
        self.assertEqual(response.header("transfer-encoding"), "chunked")
        self.assertEqual(response.header("content-type"), "text/plain;charset=UTF-8")
        self.assert_response(verge.get("/?from=x&ms=0"), 200, "".join(f"{n}\n" for n in range(10, 0, -1)) + "lift-off\n")
        with verge.connect() as client:
            client.send_request("GET", "/?from=1000&ms=10")
            self.assertEqual(client.read_head().status, 200)
            self.assertEqual(int(client.read_line(), 16), 5)  # the first line, while the rest is still to come
        verge.wait_for_log("the client left at ")

    def test_modules(self):
        verge = self.start_example("modules")
        response = verge.get("/?a=1071&b=462")
        self.assert_response(response, 200)
        self.assertEqual(response.header("content-type"), "text/html;charset=UTF-8")
        self.assertIn("<p>The greatest common divisor of 1071 and 462 is <strong>21</strong>.</p>", response.text)
        self.assertIn("of 48 and 36 is <strong>12</strong>", verge.get("/").text)
        self.assertIn("of &lt;b&gt; and 3 is <strong>3</strong>", verge.get("/?a=%3Cb%3E&b=3").text)
        response = verge.get("/style.css")
        self.assertEqual(response.header("content-type"), "text/css;charset=UTF-8")
        self.assertTrue(response.text.startswith("body {\n"))
        self.assertIn("<p>Fractions, by the verge examples.</p>", verge.get("/about").text)
        self.assert_response(verge.get("/x"), 404, "Not found\n")
        self.assertEqual(verge.log, "")

    def test_service_worker(self):
        verge = self.start_example("service-worker")
        response = verge.get("/?name=Ada")
        self.assert_response(response, 200, "Welcome, Ada\n")
        self.assertEqual(response.header("content-security-policy"), "default-src 'none'")
        self.assert_response(verge.get("/"), 200, "Welcome, stranger\n")
        response = verge.request("OPTIONS", "/", [("Origin", "https://example.org")])
        self.assert_response(response, 204, "")
        self.assertEqual(response.header("access-control-allow-origin"), "https://example.org")
        response = verge.request("OPTIONS", "/", [("Origin", "https://evil.example")])
        self.assertIsNone(response.header("access-control-allow-origin"))
        response = verge.post("/", "x")
        self.assert_response(response, 405, "Method not allowed\n")
        verge.wait_for_log("[greeter] GET /\n", 2)

    def test_swr_cache(self):
        """The table in its README, row by row."""
        state = {"count": 0, "status": 200}

        def answer(exchange):
            state["count"] += 1
            exchange.respond(state["status"], f"answer {state['count']}")

        origin = Origin({"*": answer})
        self.addCleanup(origin.close)
        clock = self.clock()
        verge = self.start(None, "--origin", origin.url, "--data", self.directory({}), *clock.arguments,
                           path=os.path.join(EXAMPLES, "swr-cache", "worker.js"))

        def see():
            response = verge.get("/")
            return response.header("cf-cache-status"), response.text

        def until(seen):
            end = time.monotonic() + 30
            while (got := see()) != seen:
                self.assertLess(time.monotonic(), end, got)
                time.sleep(0.01)

        self.assertEqual(see()[1], "answer 1")
        until(("HIT", "answer 1"))
        self.assertIsNotNone(verge.get("/").header("age"))
        self.assertEqual(state["count"], 1)
        clock.advance(3)
        self.assertEqual(see(), ("UPDATING", "answer 1"))
        until(("HIT", "answer 2"))
        self.assertEqual(state["count"], 2)
        self.assertEqual(verge.log, "")
        # The origin fails: its answers are not kept, and the stale one stays.
        state["status"] = 503
        clock.advance(100)
        self.assertEqual(see(), ("UPDATING", "answer 2"))
        self.assertTrue(origin.wait_until(lambda: state["count"] == 3))
        clock.advance(300)
        end = time.monotonic() + 30
        while state["count"] < 4:  # nobody asks it for a second after it failed
            self.assertEqual(see(), ("STALE", "answer 2"))
            self.assertLess(time.monotonic(), end)
            clock.advance(2)
        clock.advance(3600)
        self.assertEqual(verge.get("/").status, 503)
        state["status"] = 200
        self.assertEqual(see()[1], f"answer {state['count']}")

    def test_websocket(self):
        verge = self.start_example("websocket")
        response = verge.get("/")
        self.assertEqual(response.header("content-type"), "text/html;charset=UTF-8")
        self.assertIn("new WebSocket(", response.text)
        self.assertEqual(verge.get("/talk").status, 426)
        self.assertEqual(verge.get("/else").status, 404)
        peer, response = connect(verge.port, "/talk", protocols="other, lines")
        with peer:
            self.assertEqual(response.header("sec-websocket-protocol"), "lines")
            self.assertEqual(peer.read(), "hello")
            for line in ["one", "two"]:
                peer.send(line)
            peer.send("time")
            self.assertEqual([peer.read(), peer.read()], ["1: one", "2: two"])
            self.assertRegex(peer.read(), r"^\d{4}-\d\d-\d\dT")
            peer.send("bye")
            self.assertEqual(peer.read(), ("close", 1000, "after 2 lines"))
            peer.send_close(1000)
        peer, _ = connect(verge.port, "/talk")
        with peer:
            peer.read()
            peer.send(b"binary")
            self.assertEqual(peer.read(), ("close", 1003, "text only, please"))

    def test_d1_guestbook(self):
        example = os.path.join(EXAMPLES, "d1-guestbook")
        data = os.path.join(self.directory({}), "state")
        code, stdout, stderr = run(["d1", "migrations", "apply", "DB", "--config", example, "--data", data])
        self.assertEqual((code, stderr), (0, ""))
        self.assertIn("0002_index_authors.sql", stdout)
        verge = self.start(None, "--data", data, path=example, command="dev")
        self.assertIn("<h1>0 messages</h1>", verge.get("/").text)
        form = [("Content-Type", "application/x-www-form-urlencoded")]
        for author, text in (("Ada", "Hello"), ("Bob", "%3Cb%3E'); DROP TABLE messages;--")):
            self.assertEqual(verge.post("/", f"author={author}&text={text}", form).status, 303)
        self.assertEqual(verge.post("/", "author=&text=x", form).status, 422)
        page = verge.get("/").text
        self.assertIn("<h1>2 messages</h1>", page)
        self.assertIn("&#60;b&#62;'); DROP TABLE messages;--", page)
        answer = json.loads(verge.get("/messages?author=Ada").text)
        self.assertEqual((answer["count"], answer["messages"][0]["text"]), (1, "Hello"))
