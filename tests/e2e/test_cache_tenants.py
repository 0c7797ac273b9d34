"""Workers of one verge.toml share a process and its cache's memory, and see nothing of each other's."""

import json
import unittest

from e2e.caches import Caches

# Each way in which something can be kept, under the same names and URLs in every worker.
WORKER = """
const url = "https://shared.example/entry";
const kept = (text) => new Response(text, { headers: { "Cache-Control": "max-age=600", "Cache-Tag": "shared" } });
const textOf = async (response) => response ? response.text() : null;
const routes = {
  async put(request, name) {
    await caches.default.put(url, kept(name));
    await (await caches.open("same")).put(url, kept(name));
    await caches.default.put(new Request("https://shared.example/other", { cf: { cacheKey: "same key" } }), kept(name));
    return new Response("kept");
  },
  async get() {
    return Response.json([await textOf(await caches.default.match(url)), await textOf(await (await caches.open("same")).match(url)),
      await textOf(await caches.default.match(new Request("https://x.example/", { cf: { cacheKey: "same key" } })))]);
  },
  async delete() { return Response.json(await caches.default.delete(url)); },
  async fetch() { return fetch("http://shared.example/page", { cf: { resolveOverride: "x" } }); },
  async keyed() { return fetch(`http://${host}/page`, { cf: { cacheKey: "same key", cacheTtl: 600 } }); },
  async purge(request, name, ctx) { return Response.json(await ctx.cache.purge({ tags: ["shared"] })); },
  async everything(request, name, ctx) { return Response.json(await ctx.cache.purge({ purgeEverything: true })); },
};
let host;
let runs = 0;
export default { async fetch(request, env, ctx) {
  const { pathname } = new URL(request.url);
  host = request.headers.get("host");
  if (pathname === "/front") return kept(`${env.NAME} ${++runs}`);
  if (pathname === "/origin") return fetch(request);
  return routes[pathname.slice(1)](request, env.NAME, ctx);
} };
"""

FRONT = "/front"


class Tenants(Caches):
    def start_two(self, *arguments):
        files = {"verge.toml": ""}
        for name in ["a", "b"]:
            files["verge.toml"] += (f'[[workers]]\nname = "{name}"\nmain = "{name}"\nroutes = ["{name}.test/*"]\n'
                                    f'vars = {{ NAME = "{name}" }}\n')
            files[f"{name}/worker.js"] = WORKER
            files[f"{name}/wrangler.toml"] = (f'name = "same"\nmain = "worker.js"\ncompatibility_date = "2026-01-01"\n'
                                              "[cache]\nenabled = true\ncross_version_cache = true\n")
        return self.start(files, *arguments, main="verge.toml")

    def ask(self, verge, name, path):
        response = self.get_of(verge, f"{name}.test", path)
        self.assertEqual(response.status, 200, response)
        return response.text

    def json_of(self, verge, name, path):
        return json.loads(self.ask(verge, name, path))

    def test_cache_api(self):
        verge = self.start_two()
        self.ask(verge, "a", "/put")
        self.assertEqual(self.json_of(verge, "b", "/get"), [None, None, None])
        self.assertEqual(self.json_of(verge, "b", "/delete"), False)
        self.ask(verge, "b", "/put")
        self.assertEqual(self.json_of(verge, "a", "/get"), ["a", "a", "a"])
        self.assertEqual(self.json_of(verge, "b", "/get"), ["b", "b", "b"])
        self.assertEqual(self.json_of(verge, "b", "/delete"), True)
        self.assertEqual(self.json_of(verge, "a", "/get"), ["a", "a", "a"])

    def test_purges(self):
        verge = self.start_two()
        for path in ["/purge", "/everything"]:
            for name in ["a", "b"]:
                self.ask(verge, name, "/put")
            self.assertEqual(self.json_of(verge, "b", path), {"success": True, "errors": []})
            self.assertEqual(self.json_of(verge, "a", "/get"), ["a", "a", "a"])
            self.assertEqual(self.json_of(verge, "b", "/get"), [None, None, None])

    def test_in_front_of_workers(self):
        """Path and version are the same: only whose it is differs."""
        verge = self.start_two()
        for _ in range(2):
            self.assertEqual([self.ask(verge, name, FRONT) for name in ["a", "b"]], ["a 1", "b 1"])

    def test_below_fetch(self):
        origin = self.origin([("Cache-Control", "max-age=600")])
        verge = self.start_two("--origin", origin.url)
        for _ in range(2):
            self.assertEqual([self.ask(verge, name, "/keyed") for name in ["a", "b"]], ["answer 1", "answer 2"])

    def test_the_same_url_below_fetch(self):
        """Two workers of one host: the URL of their subrequests is the same."""
        origin = self.origin([("Cache-Control", "max-age=600, stale-while-revalidate=600")])
        worker = "export default { fetch: () => fetch('http://one.test/page') };"
        verge = self.start({
            "verge.toml": '[[workers]]\nname = "a"\nmain = "a.js"\nroutes = ["one.test/a*"]\n'
                          '[[workers]]\nname = "b"\nmain = "b.js"\nroutes = ["one.test/b*"]\n',
            "a.js": worker, "b.js": worker}, "--origin", origin.url, main="verge.toml")
        for _ in range(2):
            self.assertEqual([self.get_of(verge, "one.test", path).text for path in ["/a", "/b"]], ["answer 1", "answer 2"])


if __name__ == "__main__":
    unittest.main()
