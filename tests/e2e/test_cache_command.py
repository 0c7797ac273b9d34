"""`verge cache`: purges and counters of a running server, through the socket in its state folder."""

import json
import os
import stat
import unittest

from e2e.caches import Caches
from e2e.harness import handler, run

WORKER = handler("""
  const url = new URL(request.url);
  if (url.pathname === "/api") return caches.default.match("https://api.example/x").then((r) => r ?? new Response("none"));
  if (url.pathname === "/put") {
    const headers = { "Cache-Control": "max-age=600", "Cache-Tag": "Red, blue", "ETag": '"e"' };
    await caches.default.put("https://api.example/x", new Response("entry", { headers }));
    return new Response("put");
  }
  return new Response("else");
""")


class CacheCommand(Caches):
    def start_site(self, files=None, *arguments):
        self.site = self.directory(files or {
            "worker.js": WORKER,
            "wrangler.toml": 'name = "shop"\nmain = "worker.js"\ncompatibility_date = "2026-01-01"\n'})
        return self.start(None, *arguments, path=self.site)

    def cache(self, *arguments, code=0, cwd=None):
        got, out, err = run(["cache", *arguments], cwd=cwd or self.site)
        self.assertEqual(got, code, (out, err))
        return out if code == 0 else err

    def sockets(self):
        folder = os.path.join(self.site, ".verge", "state", "run")
        return [os.path.join(folder, name) for name in os.listdir(folder)] if os.path.isdir(folder) else []

    def test_purge(self):
        verge = self.start_site()
        for purge, gone in [(["--tag", "RED"], True), (["-t", "green", "-t", "blue"], True), (["--tag", "green"], False),
                            (["--prefix", "https://api.example/"], True), (["--prefix", "api.example/x"], True),
                            (["--prefix", "other.example/"], False), (["--everything"], True),
                            (["--everything", "--worker", "shop"], True), (["--tag=red", "-w", "shop"], True)]:
            with self.subTest(purge):
                verge.get("/put")
                self.assertEqual(verge.get("/api").text, "entry")
                self.assertEqual(self.cache("purge", *purge), "Purged: shop\n")
                self.assertEqual(verge.get("/api").text, "none" if gone else "entry")

    def test_soft(self):
        verge = self.start_site()
        verge.get("/put")
        self.assertEqual(self.cache("purge", "--tag", "red", "--soft"), "Made stale: shop\n")
        # Nothing says that it may be used stale.
        self.assertEqual(verge.get("/api").text, "none")

    def test_another_folder(self):
        verge = self.start_site(None, "--data", os.path.join(self.directory(), "d" * 60, "e" * 60, "state"))
        data = verge.process.args[verge.process.args.index("--data") + 1]
        verge.get("/put")
        self.assertIn("no verge runs with its data in", self.cache("purge", "--everything", code=1))
        # A path that is longer than a socket's name may be.
        self.assertGreater(len(os.path.join(data, "run")), 108)
        self.assertEqual(self.cache("purge", "--everything", "--data", data, cwd="/"), "Purged: shop\n")
        self.assertEqual(verge.get("/api").text, "none")

    def test_workers_of_a_fleet(self):
        verge = self.start_site({
            "verge.toml": "".join(f'[[workers]]\nname = "{name}"\nmain = "worker.js"\nroutes = ["{name}.test/*"]\n'
                                  for name in ["one", "two"]),
            "worker.js": WORKER})
        for name in ["one", "two"]:
            self.get_of(verge, f"{name}.test", "/put")
        self.assertIn("no worker 'tow' has used the cache; did you mean 'two'?",
                      self.cache("purge", "--everything", "--worker", "tow", code=1))
        self.assertEqual(self.cache("purge", "--everything", "--worker", "two"), "Purged: two\n")
        self.assertEqual([self.get_of(verge, f"{name}.test", "/api").text for name in ["one", "two"]], ["entry", "none"])
        self.assertEqual(self.cache("purge", "--everything"), "Purged: one, two\n")
        self.assertEqual(self.get_of(verge, "one.test", "/api").text, "none")

    def test_stats(self):
        verge = self.start_site()
        verge.get("/api")
        verge.get("/put")
        verge.get("/api")
        stats = json.loads(self.cache("stats", "--json"))
        self.assertEqual((stats["pid"], stats["hits"], stats["misses"], stats["stores"], stats["objects"]),
                         (verge.pid, 1, 1, 1, 1))
        self.assertEqual([worker["name"] for worker in stats["workers"]], ["shop"])
        self.assertGreater(stats["workers"][0]["memory_bytes"], 5)
        table = self.cache("stats")
        self.assertIn("hits", table)
        self.assertIn("shop", table)

    def test_the_socket(self):
        verge = self.start_site()
        (socket,) = self.sockets()
        self.assertEqual(stat.S_IMODE(os.stat(socket).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(socket)).st_mode), 0o700)
        verge.stop()
        self.assertEqual(self.sockets(), [])

    def test_what_a_killed_process_leaves(self):
        killed = self.start_site()
        killed.kill()
        killed.check = lambda: None
        self.assertEqual(len(self.sockets()), 1)
        self.assertIn("no verge runs", self.cache("stats", code=1))
        self.assertEqual(self.sockets(), [])

    def test_several_processes(self):
        first = self.start_site()
        second = self.start(None, path=self.site)
        for verge in [first, second]:
            verge.get("/put")
        self.assertEqual(self.cache("purge", "--everything"), "Purged: shop\n" * 2)
        self.assertEqual([verge.get("/api").text for verge in [first, second]], ["none", "none"])

    def test_a_folder_that_cannot_be_written_to(self):
        site = self.directory({"worker.js": WORKER, ".verge": "a file"})
        verge = self.start(None, path=os.path.join(site, "worker.js"))
        self.assertEqual(verge.get("/").text, "else")
        self.assertIn("verge: warning: verge cache will not find this server: cannot create the folder", verge.log)

    def test_hostile_requests(self):
        verge = self.start_site()
        (path,) = self.sockets()
        for body in ["", "[]", "{", '{"tags": "a"}', '{"tags": [1]}', '{"everything": 1}', '{"else": true}', "{}",
                     '{"tags": [""]}', '{"workers": [{}], "everything": true}']:
            with self.subTest(body):
                self.assertEqual(self.raw_status(path, "POST", "/cache/purge", body), 400)
        self.assertEqual(self.raw_status(path, "GET", "/cache/purge", ""), 405)
        self.assertEqual(self.raw_status(path, "GET", "/cache", ""), 404)
        self.assertEqual(self.raw_status(path, "POST", "/cache/purge", "x" * (2 << 20)), 413)
        self.assertEqual(verge.get("/").text, "else")

    def raw_status(self, path, method, target, body):
        import socket
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect(path)
            head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
            try:
                client.sendall((head + body).encode())
            except OSError:
                pass  # answered before all was sent
            return int(client.recv(1 << 16).split(b" ")[1])

    def test_command_lines(self):
        self.site = self.directory()
        for arguments, said in [
                (["purge"], "what is to be purged?"),
                (["purge", "--everything", "--tag", "a"], "leaves nothing for --tag"),
                (["purge", "a"], "unexpected argument 'a'"),
                (["purge", "--tags", "a"], "unknown option '--tags'; did you mean '--tag'?"),
                (["purge", "--tag"], "--tag needs a value"),
                (["purge", "--tag="], "--tag must not be empty"),
                (["purge", "--soft=1"], "--soft takes no value"),
                (["prune"], "unknown command 'cache prune'"),
                (["stats", "--tag", "a"], "unknown option '--tag'"),
                (["stats", "--config", "none.toml"], "none.toml")]:
            with self.subTest(arguments):
                self.assertIn(said, self.cache(*arguments, code=2))

    def test_help(self):
        self.site = self.directory()
        for arguments, said in [([], "verge cache purge"), (["--help"], "verge cache stats"),
                                (["purge", "--help"], "--soft"), (["stats", "-h"], "disk_hits")]:
            self.assertIn(said, self.cache(*arguments))
        self.assertEqual(run(["help", "cache"])[1], run(["cache"])[1])
        self.assertIn("  cache ", run(["--help"])[1])


if __name__ == "__main__":
    unittest.main()
