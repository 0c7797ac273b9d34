"""Scheduled events: caused by hand in dev, by their cron triggers in serve."""

import json
import re
import signal

from e2e.harness import Case, IO_TIMEOUT

WORKER = """
export default {
  async scheduled(controller, env, ctx) {
    console.log(JSON.stringify(['ran', controller.cron, controller.scheduledTime, env.NAME, typeof ctx.waitUntil]));
    if (controller.cron === 'throw') throw new Error('on purpose');
    if (controller.cron === 'no-retry') { controller.noRetry(); throw new Error('again'); }
    if (controller.cron === 'hang') await new Promise(() => {});
    if (controller.cron === 'wait') {
      ctx.waitUntil(scheduler.wait(20).then(() => console.log('waited')));
      return;
    }
    if (controller.cron === 'cache') console.log('cache ' + await caches.default.match('http://x/'));
    if (controller.cron === 'spin') for (;;);
  },
  fetch(request) { return new Response('fetched ' + new URL(request.url).pathname); },
};
"""
CONFIG = 'name = "timed"\nmain = "worker.js"\n[vars]\nNAME = "v"\n'
# A minute of schedules takes 60 ms.
FAST = ("--test-schedule-speed", "1000")


class Scheduled(Case):
    def dev(self, worker=WORKER, *arguments):
        directory = self.directory({"wrangler.toml": CONFIG, "worker.js": worker})
        return self.start(None, *arguments, path=directory, command="dev")

    def test_addresses(self):
        verge = self.dev(WORKER, "--test-scheduled")
        response = verge.get("/cdn-cgi/local/scheduled?cron=*+*+*+*+*&time=1745856238000&format=json")
        self.assert_response(response, 200)
        self.assertEqual(json.loads(response.text), {"outcome": "ok", "noRetry": False})
        verge.wait_for_log('["ran","* * * * *",1745856238000,"v","function"]')
        for path in ("/cdn-cgi/local/scheduled", "/cdn-cgi/handler/scheduled?cron=a%20b", "/cdn-cgi/mf/scheduled"):
            self.assert_response(verge.get(path), 200, "ok")
        verge.wait_for_log('["ran","a b",')
        self.assert_response(verge.get("/__scheduled?cron=0+1+*+*+*"), 200, "Ran scheduled event")
        verge.wait_for_log('["ran","0 1 * * *",')
        self.assert_response(verge.get("/cdn-cgi/local/scheduled?time=x"), 400)
        self.assert_response(verge.get("/other"), 200, "fetched /other")

    def test_the_older_address_needs_a_flag(self):
        verge = self.dev()
        self.assert_response(verge.get("/__scheduled?cron=x"), 200, "fetched /__scheduled")

    def test_only_for_localhost(self):
        verge = self.dev()
        with verge.connect() as client:
            client.send_request("GET", "/cdn-cgi/local/scheduled", host="evil.example")
            self.assert_response(client.read_response(), 403)

    def test_outcomes(self):
        verge = self.dev(WORKER, "--cpu-ms", "50")
        for cron, outcome, no_retry in (("throw", "exception", False), ("no-retry", "exception", True),
                                        ("hang", "exception", False), ("spin", "exceededCpu", False),
                                        ("wait", "ok", False), ("cache", "ok", False)):
            with self.subTest(cron):
                response = verge.get(f"/cdn-cgi/local/scheduled?format=json&cron={cron}")
                self.assertEqual(json.loads(response.text), {"outcome": outcome, "noRetry": no_retry}, response)
                self.assert_response(response, 200 if outcome == "ok" else 500)
        verge.wait_for_log("scheduled (throw): Uncaught Error: on purpose")
        verge.wait_for_log("scheduled (spin): Worker exceeded its CPU time limit of 50 ms")
        verge.wait_for_log("scheduled (hang): The event was stopped")
        verge.wait_for_log("waited")
        verge.wait_for_log("cache undefined")
        self.assert_response(verge.get("/"), 200, "fetched /")

    def test_forms_of_handlers(self):
        for name, worker in (
                ("class", "import { WorkerEntrypoint } from 'cloudflare:workers';\n"
                          "export default class extends WorkerEntrypoint {\n"
                          "  scheduled(c) { console.log('class ' + c.cron + this.env.NAME); }\n"
                          "  fetch() { return new Response('f'); } }"),
                ("events", "addEventListener('scheduled', (event) => {\n"
                           "  event.waitUntil(Promise.resolve().then(() => console.log('events ' + event.cron + NAME)));\n"
                           "});"),
                ("alone", "export default { scheduled({ cron }, { NAME }) { console.log('alone ' + cron + NAME); } };"),
        ):
            with self.subTest(name):
                verge = self.dev(worker)
                self.assert_response(verge.get("/cdn-cgi/local/scheduled?cron=x"), 200, "ok")
                verge.wait_for_log(f"{name} xv")
                self.assert_response(verge.get("/"), 200 if name == "class" else 500)

    def test_without_a_handler(self):
        verge = self.dev("export default { fetch() { return new Response('f'); } };")
        self.assert_response(verge.get("/cdn-cgi/local/scheduled"), 500, "exception")
        verge.wait_for_log("Handler does not export a scheduled() function.")
        self.assert_response(verge.get("/"), 200, "f")

    def times(self, verge, count):
        pattern = re.compile(r'\["ran","([^"]*)",(\d+),')
        self.assertTrue(verge.stderr.wait_for(lambda log: len(pattern.findall(log)) >= count, IO_TIMEOUT), verge.log)
        return [(cron, int(time)) for cron, time in pattern.findall(verge.log)]

    def test_triggers(self):
        directory = self.directory({
            "wrangler.toml": CONFIG + '[triggers]\ncrons = ["* * * * *", "*/2 * * * *", "0 0 30 2 *"]\n',
            "worker.js": WORKER})
        verge = self.start(None, *FAST, path=directory, shards=3)
        runs = self.times(verge, 12)
        every = [time for cron, time in runs if cron == "* * * * *"]
        second = [time for cron, time in runs if cron == "*/2 * * * *"]
        self.assertGreater(len(every), 3)
        self.assertGreater(len(second), 1)
        self.assertNotIn("0 0 30 2 *", [cron for cron, _ in runs])
        # One shard keeps the time, and no minute comes twice.
        for times in (every, second):
            self.assertEqual(times, sorted(set(times)))
        self.assertTrue(all(time % 60_000 == 0 for time in every))
        self.assertTrue(all(time % 120_000 == 0 for time in second))

    def test_stopping_waits(self):
        worker = """export default { async scheduled() {
          console.log('begun'); await scheduler.wait(300); console.log('ended'); } };"""
        directory = self.directory({"wrangler.toml": CONFIG + '[triggers]\ncrons = ["* * * * *"]\n',
                                    "worker.js": worker})
        verge = self.start(None, *FAST, path=directory)
        verge.wait_for_log("begun")
        verge.signal(signal.SIGTERM)
        self.assertEqual(verge.wait(), 0)
        self.assertEqual(verge.log.count("begun"), verge.log.count("ended"))

    def test_dev_wakes_nobody(self):
        directory = self.directory({"wrangler.toml": CONFIG + '[triggers]\ncrons = ["* * * * *"]\n',
                                    "worker.js": WORKER})
        verge = self.start(None, *FAST, path=directory, command="dev")
        for _ in range(20):
            self.assert_response(verge.get("/x"), 200)
        self.assertNotIn('["ran"', verge.log)

    def test_many_workers(self):
        directory = self.directory({
            "verge.toml": '[[workers]]\nname = "a"\nmain = "a.js"\nroutes = ["a.example/*"]\n'
                          'triggers = { crons = ["* * * * *"] }\nvars = { NAME = "of a" }\n'
                          '[[workers]]\nname = "b"\nmain = "b.js"\nroutes = ["b.example/*"]\n',
            "a.js": WORKER, "b.js": "export default { scheduled() { console.log('b ran'); }, fetch() {} };"})
        verge = self.start(None, *FAST, path=directory, shards=2)
        times = [time for _, time in self.times(verge, 5)]
        self.assertEqual(times, sorted(set(times)))
        verge.wait_for_log("of a")
        self.assertNotIn("b ran", verge.log)

    def test_wrong_triggers(self):
        directory = self.directory({"wrangler.toml": CONFIG + '[triggers]\ncrons = ["60 * * * *"]\n',
                                    "worker.js": WORKER})
        self.assertIn("wrangler.toml:6:10: '60 * * * *' in 'triggers.crons': '60' is not a minute",
                      self.run_to_failure("serve", directory, "--port", "0"))

    def test_trace(self):
        verge = self.dev()
        response = verge.get("/cdn-cgi/trace", [("User-Agent", "me")])
        self.assert_response(response, 200)
        lines = dict(line.split("=", 1) for line in response.text.splitlines())
        self.assertEqual((lines["ip"], lines["h"], lines["uag"], lines["http"], lines["visit_scheme"]),
                         ("127.0.0.1", "localhost", "me", "http/1.1", "http"))
