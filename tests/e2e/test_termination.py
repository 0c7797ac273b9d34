"""Execution can end at any call. `--test-terminate-at N` ends it at the N-th call from JavaScript into C++."""

import os

from e2e.harness import Case, ROOT, SLOW, Failed

WORKER = os.path.join(ROOT, "tests", "workers", "everything.js")

STOPPED = "Worker exceeded its CPU time limit"
DONE = "everything was called"

# More than the worker makes. A request that first makes `burn` calls of its own is stopped `CALLS - burn` calls later; each
# stop retires the isolate, and the next one counts anew.
CALLS = 3000
BODY = "nine byte"


CONFIG = '{"name": "everything", "main": "worker.js", "kv_namespaces": [{"binding": "NS", "id": "ns"}]}'


class Termination(Case):
    def start_worker(self, *arguments):
        with open(WORKER, encoding="utf-8") as file:
            site = self.directory({"worker.js": file.read(), "wrangler.json": CONFIG})
        return self.start(None, "--var", "NAME=value", *arguments, path=site)

    def test_untouched(self):
        verge = self.start_worker("--cpu-ms", "10000")
        response = verge.post("/?burn=0", BODY)
        self.assert_response(response, 200, "1 of 8\n2 of 8\n3 of 8\n")
        self.assertEqual(response.header("x-steps"), "8")
        verge.wait_for_log(DONE)
        self.assertNotIn("wrong: ", verge.log)

    def one(self, verge, burn, stops):
        """One request. True: it was stopped."""
        response = verge.post(f"/?burn={burn}", BODY)
        # The last thing that the worker does is to log that it is done, behind the end of the body.
        whole = response.status == 200 and response.complete
        if not verge.stderr.wait_for(lambda log: log.count(STOPPED) > stops or (whole and DONE in log), 60):
            raise Failed(f"neither stopped nor done with burn={burn}: {response}\n{verge.log[-2000:]}")
        stopped = verge.log.count(STOPPED) > stops
        self.assertNotIn("wrong: ", verge.log[-4000:])
        if response.status == 503:
            self.assert_limit(response)
            self.assertTrue(stopped)
        else:
            # The head was out: either the stop came in the body, or behind it.
            self.assertEqual(response.status, 200, response)
            self.assertTrue(response.complete or stopped, response)
            self.assertTrue(b"1 of 8\n2 of 8\n3 of 8\n".startswith(response.body), response)
        return stopped

    def test_at_every_call(self):
        verge = self.start_worker("--cpu-ms", "10000", "--test-terminate-at", CALLS)
        stops = 0
        # Under a sanitizer a new isolate takes long: every third call, with a start that depends on nothing.
        step = 3 if SLOW else 1
        burn = CALLS - 3
        while burn > 0:
            if not self.one(verge, burn, stops):
                break
            stops += 1
            self.assert_response(verge.get("/ping"), 200, "pong")
            burn -= step
        else:
            self.fail(f"{CALLS} calls were not enough")
        self.assertGreater(stops * step, 200)  # all of the API was there
        self.assertEqual(verge.log.count(STOPPED), stops)

    def test_at_the_first_calls(self):
        """The calls that look at the request, and those of the smallest worker."""
        for number in range(1, 12):
            with self.subTest(number):
                verge = self.start_worker("--test-terminate-at", number)
                statuses = [verge.get("/ping").status for _ in range(3)]
                self.assertTrue(set(statuses) <= {200, 503}, statuses)
                if number == 1:
                    self.assertEqual(statuses, [503, 503, 503])
