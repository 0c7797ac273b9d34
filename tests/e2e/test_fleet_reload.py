"""SIGHUP: what verge.toml says is changed while requests come in."""

import os
import signal
import threading

from e2e.harness import Client, write_files
from e2e.test_fleet import COUNT, FleetCase, HELLO, toml

SLOW = """
export default { async fetch(request) {
  if (request.method === "GET") return new Response("the old one");
  console.log("WAITS");
  return new Response("the old one got " + await request.text());
} };
"""


class ReloadTest(FleetCase):
    def reload(self, verge, files, log="reloaded ", count=1):
        write_files(self.site, files)
        verge.signal(signal.SIGHUP)
        verge.wait_for_log(log, count)

    def serve(self, files):
        self.site = self.directory(files)
        return self.start(None, path=os.path.join(self.site, "verge.toml"))

    def test_what_changes_and_what_stays(self):
        same = ("same", "same.js", "same.test/*")
        verge = self.serve({
            "verge.toml": toml(same, ("code", "code.js", "code.test/*"), ("vars", "vars.js", "vars.test/*"),
                               ("gone", "same.js", "gone.test/*")),
            "same.js": COUNT, "code.js": HELLO % "old", "vars.js": HELLO % "vars"})
        for host in ("code", "vars", "gone"):
            self.assertEqual(self.get(verge, f"{host}.test").status, 200)
        self.assert_response(self.get(verge, "same.test"), 200, b"1")
        self.reload(verge, {
            "verge.toml": toml(("new", "new.js", "new.test/*"), ("vars", "vars.js", "vars.test/*", 'vars = { A = "a" }'),
                               ("code", "code.js", "code.test/*"), (*same[:2], "moved.test/*")),
            "code.js": HELLO % "NEW", "new.js": HELLO % "new"})
        self.assert_response(self.get(verge, "code.test"), 200, b"NEW  /")
        self.assert_response(self.get(verge, "vars.test"), 200, b"vars a /")
        self.assert_response(self.get(verge, "new.test"), 200, b"new  /")
        self.assert_response(self.get(verge, "moved.test"), 200, b"2")  # the same isolate
        for host in ("gone.test", "same.test"):
            self.assertEqual(self.get(verge, host).status, 404)

    def test_a_file_with_an_error_changes_nothing(self):
        verge = self.serve({"verge.toml": toml(("a", "a.js", "a.test/*")), "a.js": COUNT})
        self.assert_response(self.get(verge, "a.test"), 200, b"1")
        self.reload(verge, {"verge.toml": toml(("a", "a.js", "a.test/*"), ("b", "missing.js", "b.test/*"))},
                    "was not reloaded: everything stays as it was")
        self.assert_response(self.get(verge, "a.test"), 200, b"2")

    def test_a_worker_that_is_broken_now(self):
        verge = self.serve({"verge.toml": toml(("a", "a.js", "a.test/*"), ("b", "b.js", "b.test/*")),
                            "a.js": COUNT, "b.js": HELLO % "b"})
        for host in ("a.test", "b.test"):
            self.assertEqual(self.get(verge, host).status, 200)
        self.reload(verge, {"b.js": "import './missing.js';"})
        self.assertEqual(self.get(verge, "b.test").status, 500)
        self.assert_response(self.get(verge, "a.test"), 200, b"2")
        self.reload(verge, {"b.js": HELLO % "mended"}, count=2)
        self.assert_response(self.get(verge, "b.test"), 200, b"mended  /")

    def test_workers_that_are_always_there(self):
        pinned = ("a", "a.js", "a.test/*", "min_instances = 1")
        verge = self.serve({"verge.toml": toml(pinned), "a.js": COUNT,
                            "new.js": "console.log('STARTED'); " + HELLO % "new"})
        self.assert_response(self.get(verge, "a.test"), 200, b"1")
        self.reload(verge, {"verge.toml": toml(("new", "new.js", "new.test/*", "min_instances = 1"), pinned)})
        verge.wait_for_log("STARTED")  # before anybody asks
        self.assert_response(self.get(verge, "a.test"), 200, b"2")

    def test_crons_follow(self):
        scheduled = "export default { scheduled(event) { console.log('%s WOKEN ' + event.cron); } };"
        cron = 'triggers = { crons = ["* * * * *"] }'
        self.site = self.directory({"verge.toml": toml(("a", "a.js", "a.test/*")), "a.js": scheduled % "a",
                                    "b.js": scheduled % "b"})
        verge = self.start(None, "--test-schedule-speed", 600, path=os.path.join(self.site, "verge.toml"))
        self.reload(verge, {"verge.toml": toml(("b", "b.js", "b.test/*", cron), ("a", "a.js", "a.test/*"))})
        verge.wait_for_log("b WOKEN")
        self.reload(verge, {"verge.toml": toml(("a", "a.js", "a.test/*", cron), ("b", "b.js", "b.test/*"))}, count=2)
        verge.wait_for_log("a WOKEN")

    def test_granted_services_are_taken_back(self):
        caller = ("caller", "caller.js", "caller.test/*")
        grant = '[[workers.services]]\nbinding = "OTHER"\nservice = "other"'
        verge = self.serve({"verge.toml": toml(("other", "other.js", "other.test/*"), (*caller, grant)),
                            "other.js": HELLO % "other",
                            "caller.js": "export default { fetch: (request, env) => env.OTHER ? env.OTHER.fetch(request)"
                                         " : new Response('not granted') };"})
        self.assert_response(self.get(verge, "caller.test"), 200, b"other  /")
        self.reload(verge, {"verge.toml": toml(("other", "other.js", "other.test/*"), caller)})
        self.assert_response(self.get(verge, "caller.test"), 200, b"not granted")

    def test_what_is_under_way_finishes(self):
        verge = self.serve({"verge.toml": toml(("slow", "slow.js", "slow.test/*")), "slow.js": SLOW})
        client = Client(verge.port)
        self.addCleanup(client.close)
        client.send(b"POST / HTTP/1.1\r\nHost: slow.test\r\nContent-Length: 4\r\n\r\n")
        verge.wait_for_log("WAITS")
        # Half a request is no hindrance either.
        half = Client(verge.port)
        self.addCleanup(half.close)
        half.send(b"GET / HTTP/1.1\r\nHost: sl")
        self.reload(verge, {"slow.js": SLOW.replace("the old one", "the new one")})
        half.send(b"ow.test\r\n\r\n")
        self.assert_response(half.read_response(), 200, b"the new one")
        client.send(b"body")
        self.assert_response(client.read_response(), 200, b"the old one got body")

    def test_under_constant_traffic(self):
        files = {"a.js": COUNT, "b.js": HELLO % "0", "verge.toml": toml(("a", "a.js", "a.test/*"), ("b", "b.js", "b.test/*"))}
        verge = self.serve(files)
        stop = threading.Event()
        failures = []

        def ask(host):
            with verge.connect() as client:
                while not stop.is_set():
                    client.send_request("GET", "/", host=host)
                    response = client.read_response()
                    if response.status != 200:
                        failures.append(response)
                        return

        threads = [threading.Thread(target=ask, args=(host,)) for host in ("a.test", "b.test") * 2]
        for thread in threads:
            thread.start()
        for i in range(1, 11):
            self.reload(verge, {"b.js": HELLO % str(i)}, count=i)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assert_response(self.get(verge, "b.test"), 200, b"10  /")
        self.assertGreater(int(self.get(verge, "a.test").text), 10)
