"""The cache's disk: what is kept over restarts and kills, what damage does, full disks, and that nobody sees another
one's entries."""

import glob
import json
import os
import resource
import unittest

from e2e.harness import Case, Verge
from e2e.origin import Origin

# Puts and gets bodies that say which they are.
WORKER = """
const url = (key) => "https://example.com/" + key;
const bodyOf = (key, size) => key + "|" + "0123456789abcdef".repeat(size / 16) + "|" + key;
export default { async fetch(request, env, ctx) {
  const { pathname, searchParams } = new URL(request.url);
  const [, action, key] = pathname.split("/");
  const cache = caches.default;
  switch (action) {
    case "put": {
      const headers = { "Cache-Control": "max-age=3600", "Cache-Tag": key };
      await cache.put(url(key), new Response(bodyOf(key, Number(searchParams.get("size") ?? 16)), { headers }));
      return new Response("ok");
    }
    case "get": {
      const response = await cache.match(url(key));
      if (!response) return new Response("none");
      const text = await response.text();
      const right = text === bodyOf(key, text.length - 2 * key.length - 2);
      return new Response(right ? `right ${text.length}` : "WRONG");
    }
    case "delete": return new Response(String(await cache.delete(url(key))));
    case "fetch": return fetch(searchParams.get("of"));
  }
} };
"""


class CacheDisk(Case):
    def site(self, name="site"):
        return self.directory({"worker.js": WORKER, "wrangler.json": json.dumps({"name": name, "main": "worker.js"})})

    def serve(self, site, *arguments, **more):
        return self.start(None, "--allow-outbound", "all", "--cpu-ms", 30_000, *arguments, path=site, **more)

    def text(self, verge, path):
        response = verge.get(path)
        self.assertEqual(response.status, 200, response)
        return response.text

    def objects(self, site):
        return [path for path in glob.glob(os.path.join(site, ".verge/state/cache/objects/*/*"))]

    def test_a_restart_keeps_entries(self):
        site = self.site()
        verge = self.serve(site, shards=2)
        sizes = {"small": 16, "medium": 320_000, "large": 8_000_000}
        for key, size in sizes.items():
            self.assertEqual(self.text(verge, f"/put/{key}?size={size}"), "ok")
        self.assertEqual(self.text(verge, "/put/deleted"), "ok")
        self.assertEqual(self.text(verge, "/delete/deleted"), "true")
        verge.stop()
        verge = self.serve(site, shards=2)
        for key, size in sizes.items():
            self.assertEqual(self.text(verge, f"/get/{key}"), f"right {size + 2 * len(key) + 2}")
            self.assertEqual(self.text(verge, f"/get/{key}"), f"right {size + 2 * len(key) + 2}")
        self.assertEqual(self.text(verge, "/get/deleted"), "none")
        self.assertEqual(self.text(verge, "/delete/small"), "true")
        verge.stop()
        verge = self.serve(site)
        self.assertEqual(self.text(verge, "/get/small"), "none")

    def test_what_fetch_got_is_kept_with_its_ranges(self):
        body = os.urandom(6_000_000)
        origin = Origin({"/file": lambda exchange: exchange.respond(
            200, body, [("Cache-Control", "max-age=3600"), ("ETag", '"1"'), ("Content-Type", "image/x")])})
        self.addCleanup(origin.close)
        site = self.site()
        verge = self.serve(site)
        path = f"/fetch/x?of={origin.url}/file"
        response = verge.get(path)
        self.assert_response(response, 200, body)
        self.assertEqual(response.header("cf-cache-status"), "MISS")
        verge.stop()
        verge = self.serve(site)
        response = verge.get(path)
        self.assert_response(response, 200, body)
        self.assertEqual(response.header("cf-cache-status"), "HIT")
        self.assertEqual(response.header("content-type"), "image/x")
        self.assertEqual(len(origin.requests), 1)

    def test_a_kill_while_storing(self):
        site = self.site()
        for round_ in range(3):
            verge = Verge(["serve", site, "--port", "0", "--shards", "1", "--cpu-ms", "30000"])
            self.addCleanup(verge.kill)
            clients = [verge.connect() for _ in range(8)]
            for number in range(12 + 7 * round_):
                for index, client in enumerate(clients):
                    size = 16 * (1 + (number * 977 + index * 5003) % 30_000)
                    client.send_request("GET", f"/put/k{(number * 8 + index) % 50}?size={size}")
                for client in clients:
                    self.assertEqual(client.read_response().text, "ok")
            for client in clients:
                client.close()
            verge.kill()
            verge = self.serve(site)
            found = [self.text(verge, f"/get/k{number}") for number in range(50)]
            for each in found:
                self.assertTrue(each == "none" or each.startswith("right "), each)
            verge.stop()

    def test_damage_is_a_miss(self):
        body = os.urandom(200_000)
        origin = Origin({"*": lambda exchange: exchange.respond(200, body, [("Cache-Control", "max-age=3600")])})
        self.addCleanup(origin.close)
        site = self.site()
        paths = [f"/fetch/x?of={origin.url}/{number}" for number in range(4)]
        verge = self.serve(site)
        for path in paths:
            self.assert_response(verge.get(path), 200, body)
        verge.stop()
        files = sorted(self.objects(site))
        self.assertEqual(len(files), 4)
        with open(files[0], "r+b") as file:
            file.truncate(100_000)
        with open(files[1], "r+b") as file:
            file.seek(150_000)
            file.write(b"damage")
        os.remove(files[2])
        verge = self.serve(site)
        answers = [verge.get(path) for path in paths]
        for answer in answers:
            self.assert_response(answer, 200, body)
        self.assertEqual(sorted(answer.header("cf-cache-status") for answer in answers), ["HIT", "MISS", "MISS", "MISS"])
        verge.wait_for_log("was not what had been written")
        for path in paths:
            self.assertEqual(verge.get(path).header("cf-cache-status"), "HIT")

    def test_a_broken_index_is_made_anew(self):
        site = self.site()
        verge = self.serve(site)
        self.text(verge, "/put/a?size=160000")
        verge.stop()
        index = os.path.join(site, ".verge/state/cache/index.sqlite")
        with open(index, "wb") as file:
            file.write(b"This is no database." * 100)
        verge = self.serve(site)
        verge.wait_for_log("is made anew")
        self.assertEqual(self.text(verge, "/get/a"), "none")
        self.text(verge, "/put/a?size=160000")
        verge.stop()
        verge = self.serve(site)
        self.assertEqual(self.text(verge, "/get/a"), "right 160004")

    def test_a_full_disk_breaks_no_response(self):
        body = os.urandom(16_000_000)
        origin = Origin({"/large": lambda exchange: exchange.respond(200, body, [("Cache-Control", "max-age=3600")])})
        self.addCleanup(origin.close)
        verge = self.serve(self.site(), preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6_000_000,) * 2))
        for _ in range(2):
            self.assert_response(verge.get(f"/fetch/x?of={origin.url}/large"), 200, body)
        verge.wait_for_log("cannot be written")
        self.text(verge, "/put/small")
        self.assertEqual(self.text(verge, "/get/small"), "right 28")

    def test_workers_do_not_see_each_others_entries(self):
        data = self.directory()
        first, second = self.site("first"), self.site("second")
        verge = self.serve(first, "--data", data)
        self.text(verge, "/put/same")
        self.text(verge, "/put/same-large?size=6000000")
        verge.stop()
        verge = self.serve(second, "--data", data)
        for key in ("same", "same-large"):
            self.assertEqual(self.text(verge, f"/get/{key}"), "none")
            self.assertEqual(self.text(verge, f"/delete/{key}"), "false")
        verge.stop()
        verge = self.serve(first, "--data", data)
        self.assertEqual(self.text(verge, "/get/same"), "right 26")
        self.assertEqual(self.text(verge, "/get/same-large"), "right 6000022")

    def test_one_process_has_the_folder(self):
        site = self.site()
        verge = self.serve(site)
        self.text(verge, "/put/a")
        verge.stop()
        verge = self.serve(site)
        second = self.serve(site)
        second.wait_for_log("another process uses the folder")
        self.assertEqual(self.text(second, "/get/a"), "none")
        self.text(second, "/put/a")
        self.assertEqual(self.text(second, "/get/a"), "right 20")
        self.assertEqual(self.text(verge, "/get/a"), "right 20")

    def test_no_disk_when_there_is_to_be_none(self):
        site = self.site()
        verge = self.serve(site, "--cache-disk", "0")
        self.text(verge, "/put/a")
        self.assertEqual(self.text(verge, "/get/a"), "right 20")
        verge.stop()
        self.assertFalse(os.path.exists(os.path.join(site, ".verge/state/cache")))
        self.assertIn("--cache-disk must be a number of bytes", self.fail_to_start(WORKER, "--cache-disk", "5 parrots"))


if __name__ == "__main__":
    unittest.main()
