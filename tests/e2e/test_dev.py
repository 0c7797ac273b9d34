"""`verge dev` while its files are edited: reloads, broken saves, the error page."""

import json
import os
import re
import threading
import time

from e2e.harness import Case, IO_TIMEOUT, handler, write_files

CONFIG = 'name = "edited"\nmain = "src/index.ts"\n[vars]\nWORD = "one"\n'
INDEX = """import { text } from './text';
export default { fetch(request: Request, env: { WORD: string }): Response {
  if (new URL(request.url).pathname === '/fail') { fail(); }
  return new Response(text + ' ' + env.WORD);
} };
function fail(): never {
  throw new RangeError('<b>failed</b>');
}
"""
TEXT = "export const text: string = 'first';\n"


class Dev(Case):
    def dev(self, files, *arguments):
        directory = self.directory(files)
        return directory, self.start(None, *arguments, path=directory, command="dev")

    def wait_for(self, verge, expected, path="/", headers=()):
        """Asks until the answer is there; the bound is only for a hang."""
        deadline = time.monotonic() + IO_TIMEOUT
        while True:
            response = verge.get(path, headers)
            if expected in response.text:
                return response
            self.assertLess(time.monotonic(), deadline, f"still {response} not {expected!r}\n{verge.log}")
            time.sleep(0.005)

    def test_reload(self):
        directory, verge = self.dev({"wrangler.toml": CONFIG, "src/index.ts": INDEX, "src/text.ts": TEXT})
        self.assert_response(verge.get(), 200, "first one")
        write_files(directory, {"src/text.ts": TEXT.replace("first", "second")})
        self.wait_for(verge, "second one")
        verge.wait_for_log("reloaded in ")
        # As editors do it.
        write_files(directory, {"src/.text.ts.new": TEXT.replace("first", "third")})
        os.rename(os.path.join(directory, "src/.text.ts.new"), os.path.join(directory, "src/text.ts"))
        self.wait_for(verge, "third one")
        write_files(directory, {"wrangler.toml": CONFIG.replace('"one"', '"two"')})
        self.wait_for(verge, "third two")
        write_files(directory, {".dev.vars": "WORD=three\n"})
        self.wait_for(verge, "third three")
        # A new folder, and another entry.
        write_files(directory, {"src/deep/er/other.ts": "export default { fetch: () => new Response('moved') };"})
        write_files(directory, {"wrangler.toml": CONFIG.replace("index.ts", "deep/er/other.ts")})
        self.wait_for(verge, "moved")
        write_files(directory, {"src/deep/er/other.ts": "export default { fetch: () => new Response('again') };"})
        self.wait_for(verge, "again")

    def test_plain_modules(self):
        directory, verge = self.dev({"index.js": "import { a } from './a.js';\n" + handler("return new Response(a);"),
                                     "a.js": "export const a = 'plain 1';"})
        self.assert_response(verge.get(), 200, "plain 1")
        write_files(directory, {"a.js": "export const a = 'plain 2';"})
        self.wait_for(verge, "plain 2")

    def test_broken_saves(self):
        directory, verge = self.dev({"wrangler.toml": CONFIG, "src/index.ts": INDEX, "src/text.ts": TEXT})
        for count, (name, content, message) in enumerate((
                ("src/text.ts", "export const text = ;\n", "src/text.ts:1:21: Unexpected"),
                ("src/text.ts", "export const text = 'x';\nthrow new Error('at the top');\n", "at the top"),
                ("src/text.ts", "export const other = 1;\n", "No matching export"),
                ("wrangler.toml", "main = 5\n", "'main' must be"),
        )):
            with self.subTest(message):
                write_files(directory, {name: content})
                verge.wait_for_log(message)
                self.assert_response(verge.get(), 200, "first one")
                write_files(directory, {"src/text.ts": TEXT, "wrangler.toml": CONFIG})
                verge.wait_for_log("reloaded in ", count + 1)
                self.assert_response(verge.get(), 200, "first one")

    def test_first_version_is_broken(self):
        directory, verge = self.dev({"wrangler.toml": CONFIG, "src/index.ts": INDEX})
        response = verge.get("/", {"Accept": "text/html"})
        self.assertEqual(response.status, 503)
        self.assertIn("Could not resolve &quot;./text&quot;", response.text)
        verge.wait_for_log("Could not resolve")
        write_files(directory, {"src/text.ts": TEXT})
        self.wait_for(verge, "first one")

    def test_error_page(self):
        _, verge = self.dev({"wrangler.toml": CONFIG, "src/index.ts": INDEX, "src/text.ts": TEXT})
        page = verge.get("/fail", {"Accept": "text/html,*/*"})
        self.assertEqual((page.status, page.header("content-type")), (500, "text/html;charset=UTF-8"))
        self.assertIn("RangeError: &lt;b&gt;failed&lt;/b&gt;", page.text)
        self.assertNotIn("<b>failed", page.text)
        self.assertTrue(verge.stdout.wait_for(lambda text: re.search(
            r"^GET /fail 500 \(\d+\.\d ms CPU, \d+\.\d ms\)$", text, re.M), IO_TIMEOUT), verge.stdout.text)
        self.assertIn("src/index.ts:7:9", page.text)
        self.assertIn("<b>     7    throw new RangeError(&#39;&lt;b&gt;failed", page.text)
        error = json.loads(verge.get("/fail", {"Accept": "application/json"}).text)
        self.assertEqual((error["code"], error["file"], error["line"]), (1101, "src/index.ts", 7))
        self.assertIn("at fail (src/index.ts:7:9)", error["stack"])
        text = verge.get("/fail")
        self.assertEqual(text.header("content-type"), "text/plain;charset=UTF-8")
        self.assertIn("error code: 1101\nWorker threw exception\n\nRangeError", text.text)

    def test_production_says_nothing(self):
        verge = self.start(None, path=self.directory({"wrangler.toml": CONFIG, "src/index.ts": INDEX, "src/text.ts": TEXT}))
        for accept in ("text/html", "application/json", "*/*"):
            response = verge.get("/fail", {"Accept": accept})
            self.assertEqual(response.status, 500)
            self.assertNotIn("failed", response.text)
            self.assertNotIn("index.ts", response.text)

    def test_traffic_while_reloading(self):
        directory, verge = self.dev({"wrangler.toml": CONFIG, "src/index.ts": INDEX, "src/text.ts": TEXT}, "--shards", "2")
        stop = threading.Event()
        failures = []
        counts = [0, 0, 0]

        def ask(index):
            while not stop.is_set():
                response = verge.get()
                counts[index] += 1
                if response.status != 200 or not response.text.startswith(("first", "version")):
                    failures.append(response)

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(3)]
        for thread in threads:
            thread.start()
        try:
            for i in range(10):
                write_files(directory, {"src/text.ts": TEXT.replace("first", f"version {i}")})
                self.wait_for(verge, f"version {i} one")
        finally:
            stop.set()
            for thread in threads:
                thread.join(IO_TIMEOUT)
        self.assertEqual(failures, [])
        self.assertTrue(all(counts), counts)

    def test_old_requests_finish(self):
        slow = handler("await new Promise((r) => setTimeout(r, 400)); return new Response('old');")
        directory, verge = self.dev({"index.js": slow})
        with verge.connect() as client:
            client.send_request()
            write_files(directory, {"index.js": handler("return new Response('new');")})
            verge.wait_for_log("reloaded in ")
            self.assert_response(verge.get(), 200, "new")
            self.assertEqual(client.read_response().text, "old")

    def test_nothing_is_left(self):
        _, verge = self.dev({"wrangler.toml": CONFIG, "src/index.ts": INDEX, "src/text.ts": TEXT})
        with open(f"/proc/{verge.pid}/task/{verge.pid}/children", encoding="ascii") as file:
            children = file.read().split()
        self.assertEqual(len(children), 1)  # esbuild
        verge.process.kill()
        verge.wait()
        verge.stopped = True
        verge.check = lambda: None
        deadline = time.monotonic() + IO_TIMEOUT
        while os.path.exists(f"/proc/{children[0]}") and open(f"/proc/{children[0]}/stat").read().split()[2] != "Z":
            self.assertLess(time.monotonic(), deadline, "esbuild outlives verge")
            time.sleep(0.01)
