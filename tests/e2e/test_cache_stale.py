"""What is stale: stale-while-revalidate and stale-if-error of the Cache API, below fetch() and in front of a worker; how
refreshes go, and how many there are."""

import contextlib
import unittest

from e2e.caches import PATTERN, Caches
from e2e.harness import handler, run, scaled

# The places for refreshes that a worker has on a shard (bindings/cache/refresh_budget.h).
PLACES = 32


class StaleWhileRevalidate(Caches):
    def start_pattern(self, origin, *arguments, shards=1):
        self.time = self.clock()
        return self.start(PATTERN, "--origin", origin.url, *self.time.arguments, *arguments, shards=shards)

    def make_stale(self, verge, path, text="answer 1"):
        self.assertEqual(verge.get(path).text, text)
        self.until(lambda: verge.get(path).header("cf-cache-status") == "HIT")
        self.time.advance(61)

    def see(self, verge, path):
        response = verge.get(path)
        return response.text, response.header("cf-cache-status")

    def test_timeline(self):
        origin = self.origin()
        verge = self.start_pattern(origin)
        self.make_stale(verge, "/a")
        self.assertEqual(self.see(verge, "/a"), ("answer 1", "UPDATING"))
        self.until(lambda: self.see(verge, "/a") == ("answer 2", "HIT"))
        self.assertEqual(origin.count, 2)
        # Beyond the window it is as if there were nothing.
        self.time.advance(661)
        self.assertEqual(self.see(verge, "/a")[0], "answer 3")
        self.assertEqual(verge.log, "")

    def test_one_refresh_for_a_thousand_clients(self):
        origin = self.origin()
        verge = self.start_pattern(origin, shards=2)
        self.make_stale(verge, "/a")
        count = scaled(1000, 200)
        with origin.held(), contextlib.ExitStack() as stack:
            clients = [stack.enter_context(verge.connect()) for _ in range(count)]
            for client in clients:
                client.send_request("GET", "/a")
            answers = [client.read_response() for client in clients]
            self.assertEqual({(answer.text, answer.header("cf-cache-status")) for answer in answers},
                             {("answer 1", "UPDATING")})
            self.until(lambda: origin.count == 2)
        self.until(lambda: self.see(verge, "/a") == ("answer 2", "HIT"))
        self.assertEqual(origin.count, 2)

    def test_refreshes_do_not_stampede(self):
        """With many keys that are stale at once, the origin gets as many requests at a time as there are places."""
        origin = self.origin()
        verge = self.start_pattern(origin)
        paths = [f"/{i}" for i in range(3 * PLACES)]
        for path in paths:
            self.assertEqual(verge.get(path).status, 200)
            self.until(lambda path=path: verge.get(path).header("cf-cache-status") == "HIT")
        self.time.advance(61)
        with origin.held():
            for path in paths:
                self.assertEqual(verge.get(path).header("cf-cache-status"), "UPDATING")
            self.until(lambda: origin.count == 4 * PLACES)
            # Nobody who asks now makes it more.
            for path in paths:
                self.assertEqual(verge.get(path).header("cf-cache-status"), "UPDATING")
            self.assertEqual(origin.count, 4 * PLACES)
            # An origin that never answers keeps the places for half a minute only: then others have their turn.
            self.time.advance(31)
            for path in reversed(paths):
                self.assertEqual(verge.get(path).header("cf-cache-status"), "UPDATING")
            self.until(lambda: origin.count == 5 * PLACES)
        for path in paths:
            self.until(lambda path=path: verge.get(path).header("cf-cache-status") == "HIT")
        self.assertEqual(verge.log, "")

    def test_a_failing_origin_keeps_the_entry(self):
        origin = self.origin()
        verge = self.start_pattern(origin)
        self.make_stale(verge, "/a")
        origin.status = 503
        self.assertEqual(self.see(verge, "/a"), ("answer 1", "UPDATING"))
        self.until(lambda: origin.count == 2)
        # It is left alone for a moment, then tried again.
        origin.status = 200
        self.time.advance(2)
        self.until(lambda: self.see(verge, "/a")[0] == "answer 3")

    def test_a_slow_origin(self):
        origin = self.origin()
        verge = self.start_pattern(origin)
        self.make_stale(verge, "/a")
        with origin.held():
            for _ in range(5):
                self.assertEqual(self.see(verge, "/a"), ("answer 1", "UPDATING"))
            self.until(lambda: origin.count == 2)
            # After half a minute somebody else may try, who waits for the same answer.
            self.time.advance(31)
            for _ in range(5):
                self.assertEqual(self.see(verge, "/a"), ("answer 1", "UPDATING"))
        self.until(lambda: self.see(verge, "/a") == ("answer 2", "HIT"))
        self.assertEqual(origin.count, 2)

    def test_a_refresh_that_throws(self):
        origin = self.origin()
        verge = self.start_pattern(origin)
        self.make_stale(verge, "/a")
        origin.headers = [("X-Do", "throw")]
        self.assertEqual(self.see(verge, "/a"), ("answer 1", "UPDATING"))
        verge.wait_for_log("refresh of GET /a: Uncaught Error: the worker fails")
        self.assertEqual(self.see(verge, "/a"), ("answer 1", "UPDATING"))
        origin.headers = []
        self.time.advance(2)
        self.until(lambda: self.see(verge, "/a") == ("answer 3", "HIT"))

    def test_a_refresh_that_hits_its_limit(self):
        origin = self.origin()
        verge = self.start_pattern(origin)
        self.make_stale(verge, "/a")
        origin.headers = [("X-Do", "spin")]
        self.assertEqual(self.see(verge, "/a"), ("answer 1", "UPDATING"))
        verge.wait_for_log("refresh of GET /a: Worker exceeded its CPU time limit")
        # The entry is not the isolate's: it is there for the next one.
        self.assertEqual(self.see(verge, "/a"), ("answer 1", "UPDATING"))
        origin.headers = []
        self.time.advance(2)
        self.until(lambda: self.see(verge, "/a") == ("answer 3", "HIT"))

    def test_an_origin_that_is_gone(self):
        origin = self.origin()
        verge = self.start_pattern(origin)
        self.make_stale(verge, "/a")
        origin.close()
        self.assertEqual(self.see(verge, "/a"), ("answer 1", "UPDATING"))
        verge.wait_for_log("refresh of GET /a: Uncaught TypeError: fetch failed")
        self.assertEqual(self.see(verge, "/a"), ("answer 1", "UPDATING"))

    def test_stale_if_error(self):
        origin = self.origin()
        verge = self.start_pattern(origin)
        path = "/a?cc=s-maxage=60,stale-if-error=600"
        self.make_stale(verge, path)
        # Outside of any stale-while-revalidate the origin is asked first …
        self.assertEqual(verge.get(path).text, "answer 2")
        origin.status = 500
        self.time.advance(61)
        # … and what is stale stands in when it fails.
        self.assertEqual(self.see(verge, path), ("answer 2", "STALE"))
        origin.close()
        self.time.advance(2)
        self.assertEqual(self.see(verge, path), ("answer 2", "STALE"))
        verge.wait_for_log("refresh of GET")

    def test_stale_if_error_for_many(self):
        """One asks the origin, all wait for what it says: what is stale may be used only when it fails."""
        origin = self.origin()
        verge = self.start_pattern(origin, shards=2)
        path = "/a?cc=s-maxage=60,stale-if-error=600"
        self.make_stale(verge, path)

        def ask_many(answer):
            with contextlib.ExitStack() as stack:
                with origin.held():
                    clients = [stack.enter_context(verge.connect()) for _ in range(30)]
                    for client in clients:
                        client.send_request("GET", path)
                    self.until(lambda: origin.count == answer)
                answers = [client.read_response() for client in clients]
                self.assertEqual(origin.count, answer)
                return {(answer.text, answer.header("cf-cache-status")) for answer in answers}

        self.assertEqual(ask_many(2), {("answer 2", "HIT")})
        self.time.advance(61)
        origin.status = 500
        self.assertEqual(ask_many(3), {("answer 2", "STALE")})

    def test_switched_off(self):
        origin = self.origin()
        clock = self.clock()
        directory = self.directory({
            "worker.js": PATTERN,
            "wrangler.toml": 'name = "w"\nmain = "worker.js"\ncompatibility_date = "2026-01-01"\n'
                             "[cache]\nstale_while_revalidate = false\n",
        })
        verge = self.start(None, "--origin", origin.url, *clock.arguments, path=directory)
        self.assertEqual(verge.get("/a").text, "answer 1")
        clock.advance(61)
        self.assertEqual(verge.get("/a").text, "answer 2")


class FetchCache(Caches):
    """The HTTP cache below fetch()."""

    HEADERS = [("Cache-Control", "max-age=60, stale-while-revalidate=600")]

    def start_proxy(self, origin, shards=1):
        self.time = self.clock()
        return self.start(handler("return fetch(request);"), "--origin", origin.url, *self.time.arguments, shards=shards)

    def test_one_refresh_in_the_background(self):
        origin = self.origin(self.HEADERS)
        verge = self.start_proxy(origin, shards=2)
        verge.get("/a")
        self.time.advance(61)
        with origin.held():
            for _ in range(20):
                response = verge.get("/a")
                self.assertEqual((response.text, response.header("cf-cache-status")), ("answer 1", "UPDATING"))
            self.until(lambda: origin.count == 2)
        self.until(lambda: verge.get("/a").text == "answer 2")
        self.assertEqual(origin.count, 2)

    def test_refreshes_do_not_stampede(self):
        origin = self.origin(self.HEADERS)
        verge = self.start_proxy(origin)
        paths = [f"/{i}" for i in range(3 * PLACES)]
        for path in paths:
            self.assertEqual(verge.get(path).header("cf-cache-status"), "MISS")
        self.time.advance(61)
        with origin.held():
            for path in paths:
                self.assertEqual(verge.get(path).header("cf-cache-status"), "UPDATING")
            self.until(lambda: origin.count == 4 * PLACES)
            self.assertEqual(verge.get(paths[-1]).header("cf-cache-status"), "UPDATING")
            self.assertEqual(origin.count, 4 * PLACES)
        for path in paths:
            self.until(lambda path=path: verge.get(path).header("cf-cache-status") == "HIT")

    def test_a_failing_origin(self):
        origin = self.origin(self.HEADERS)
        verge = self.start_proxy(origin)
        verge.get("/a")
        self.time.advance(61)
        origin.status = 502
        self.assertEqual(verge.get("/a").text, "answer 1")
        self.until(lambda: origin.count == 2)
        self.assertEqual(verge.get("/a").text, "answer 1")


class FrontCache(Caches):
    """The cache in front of a worker: what refreshes is the worker."""

    WORKER = """let n = 0;
export default { fetch(request) {
  n++;
  if (n > 1 && request.url.endsWith("/throws")) throw new Error("the worker fails");
  if (n > 1 && request.url.endsWith("/spins")) for (;;);
  return new Response(`run ${n}`, { headers: { "Cache-Control": "max-age=60, stale-while-revalidate=600" } });
} };"""

    def start_front(self):
        self.time = self.clock()
        directory = self.directory({
            "worker.js": self.WORKER,
            "wrangler.toml": 'name = "w"\nmain = "worker.js"\ncompatibility_date = "2026-01-01"\n'
                             "[cache]\nenabled = true\n",
        })
        return self.start(None, *self.time.arguments, path=directory)

    def test_refresh(self):
        verge = self.start_front()
        self.assertEqual(verge.get("/a").text, "run 1")
        self.time.advance(61)
        stale = verge.get("/a")
        self.assertEqual((stale.text, stale.header("cf-cache-status")), ("run 1", "UPDATING"))
        self.until(lambda: verge.get("/a").text == "run 2")

    def test_refreshes_that_fail(self):
        for path, said in [("/throws", "the worker fails"), ("/spins", "exceeded its CPU time limit")]:
            with self.subTest(path):
                verge = self.start_front()
                self.assertEqual(verge.get(path).text, "run 1")
                self.time.advance(61)
                self.assertEqual(verge.get(path).text, "run 1")
                verge.wait_for_log(said)
                self.assertEqual(verge.get(path).text, "run 1")


# A worker as people write it in front of a site: pages from the cache, an API from a database.
EDGE = """interface Env { DB: D1Database }
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname.startsWith("/api/")) {
      const row = await env.DB.prepare("SELECT id, name FROM users WHERE id = ?").bind(request.headers.get("x-user-id")).first();
      return Response.json(row);
    }
    const key = new Request(url.toString(), request);
    let response = await caches.default.match(key);
    if (!response) {
      response = await fetch(request);
      response = new Response(response.body, response);
      response.headers.set("Cache-Control", "s-maxage=60, stale-while-revalidate=300");
      await caches.default.put(key, response.clone());
    }
    return response;
  },
};
"""


class EdgeWorker(Caches):
    def test_pages_and_an_api(self):
        origin = self.origin([("Set-Cookie", "session=1"), ("Content-Type", "text/html")])
        clock = self.clock()
        site = self.directory({
            "worker.ts": EDGE,
            "wrangler.toml": 'name = "edge"\nmain = "worker.ts"\ncompatibility_date = "2026-01-01"\n[[d1_databases]]\n'
                             'binding = "DB"\ndatabase_name = "users"\ndatabase_id = "users"\n',
        })
        made = run(["d1", "execute", "users", "--config", site, "--command",
                    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (7, 'Ada')"])
        self.assertEqual(made[0], 0, made)
        verge = self.start(None, "--origin", origin.url, *clock.arguments, path=site)
        self.assertEqual(verge.get("/api/me", [("x-user-id", "7")]).text, '{"id":7,"name":"Ada"}')
        self.assertEqual(verge.get("/api/me").text, "null")
        # What sets a cookie is somebody's own.
        self.assertEqual([verge.get("/page").text for _ in range(2)], ["answer 1", "answer 2"])
        origin.headers = [("Content-Type", "text/html")]
        self.assertEqual([verge.get("/page").text for _ in range(2)], ["answer 3", "answer 3"])
        clock.advance(61)
        stale = verge.get("/page")
        self.assertEqual((stale.text, stale.header("cf-cache-status"), stale.header("content-type")),
                         ("answer 3", "UPDATING", "text/html"))
        self.until(lambda: verge.get("/page").text == "answer 4")
        self.assertEqual(origin.count, 4)
        self.assertEqual(verge.log, "")


if __name__ == "__main__":
    unittest.main()
