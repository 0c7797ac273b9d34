"""KV namespaces: in workers, on several shards and in several processes, from the command line, and after a crash."""

import json
import os
import random
import re
import signal
import threading
import unittest

from e2e.harness import BINARY, Case, ROOT, SharedCase, Verge, handler, run, scaled

WORKERS = os.path.join(ROOT, "tests", "workers")


def read(name):
    with open(os.path.join(WORKERS, name), encoding="utf-8") as file:
        return file.read()


def config(*bindings, **more):
    namespaces = [dict(zip(("binding", "id", "preview_id"), each)) for each in bindings]
    return json.dumps({"name": "site", "main": "worker.js", "kv_namespaces": namespaces, **more})


# A worker that does to NS what it is asked to.
REMOTE = handler("""
    const url = new URL(request.url);
    const key = decodeURIComponent(url.pathname.slice(1));
    try {
      switch (request.method) {
        case "GET": {
          if (key === "") return Response.json(await env.NS.list(Object.fromEntries(url.searchParams)));
          const value = await env.NS.get(key, "stream");
          return value === null ? new Response("nothing", { status: 404 }) : new Response(value);
        }
        case "PUT":
          await env.NS.put(key, request.body ?? "");
          return new Response("ok");
        case "POST": {
          const entries = await request.json();
          await Promise.all(Object.entries(entries).map(([key, value]) => env.NS.put(key, value)));
          return new Response("ok");
        }
        case "DELETE":
          await env.NS.delete(key);
          return new Response("ok");
      }
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
""")


class Kv(Case):
    def site(self, worker=REMOTE, *bindings, **more):
        return self.directory({"worker.js": worker, "wrangler.json": config(*(bindings or [("NS", "one")]), **more)})

    def serve(self, site, *arguments, **more):
        return self.start(None, *arguments, path=site, **more)

    def kv(self, site, *arguments, code=0):
        """`verge kv` in the folder of a worker; what it prints."""
        result, stdout, stderr = run(["kv", *arguments], cwd=site)
        self.assertEqual(result, code, stdout + stderr)
        return stdout if code == 0 else stderr

    # --- In a worker

    def test_every_rule(self):
        files = {"worker.js": read("kv.worker.mjs"), "harness.mjs": read("harness.mjs"),
                 "wrangler.json": config(("NS", "one"), ("OTHER", "two"), ("SAME", "one"))}
        verge = self.start(None, "--cpu-ms", "120000", path=self.directory(files), command="dev")
        self.run_worker_tests(verge, least=16)

    def test_only_while_an_event_is_handled(self):
        verge = self.serve(self.site("""
import { env } from "cloudflare:workers";
let message;
const early = env.NS.get("x").catch((error) => { message = error.message; });
export default { async fetch() { await early; return new Response(message); } };
"""))
        self.assertIn("Disallowed operation called within global scope", verge.get("/").text)

    def test_operations_are_limited(self):
        worker = handler("""
    const count = Number(new URL(request.url).searchParams.get("count"));
    await env.NS.get(["a", "b", "c"]);
    try {
      for (let i = 0; i < count; ++i) await env.NS.get("key");
      return new Response("fine");
    } catch (error) {
      return new Response(error.message);
    }
""")
        verge = self.serve(self.site(worker))
        self.assert_response(verge.get("/?count=999"), 200, "fine")
        self.assert_response(verge.get("/?count=1000"), 200, "Too many API requests by single Worker invocation. "
                             "1001 KV operations asked for, 1000 allowed (limits.kv_operations).")
        verge = self.serve(self.site(worker, limits={"subrequests": 5}))
        self.assert_response(verge.get("/?count=4"), 200, "fine")
        self.assert_response(verge.get("/?count=5"), 200, "Too many API requests by single Worker invocation. "
                             "6 KV operations asked for, 5 allowed (limits.kv_operations).")

    def test_one_request_is_not_the_other(self):
        # The namespace belongs to nobody, what came out of it to its request.
        verge = self.serve(self.site(handler("""
    const { pathname } = new URL(request.url);
    if (pathname === "/keep") {
      await env.NS.put("k", "x".repeat(1 << 20));
      globalThis.kept = await env.NS.get("k", "stream");
      globalThis.pending = env.NS.get("not there");
      globalThis.put = env.NS.put;
      globalThis.ns = env.NS;
      return new Response("kept");
    }
    await put.call(ns, "from", "the other");
    const text = await new Response(kept).text().then((text) => String(text.length), (error) => "refused");
    return new Response(await ns.get("from") + " " + text);
""")))
        self.assert_response(verge.get("/keep"), 200, "kept")
        self.assertRegex(verge.get("/use").text, "^the other (1048576|refused)$")
        self.assert_response(verge.get("/keep"), 200, "kept")

    def test_a_put_that_nobody_waits_for_is_done(self):
        site = self.site(handler("""
    if (request.method === "POST") {
      env.NS.put("left", "behind");
      return new Response("gone");
    }
    return new Response(String(await env.NS.get("left")));
"""))
        verge = self.serve(site)
        self.assert_response(verge.post("/", "x"), 200, "gone")
        for _ in range(1000):
            if verge.get("/").text == "behind":
                break
        verge.stop()
        self.assertEqual(self.kv(site, "key", "get", "left", "--binding", "NS"), "behind")

    def test_a_client_that_leaves(self):
        verge = self.serve(self.site())
        for i in range(50):
            with verge.connect() as client:
                client.send_request("PUT", f"/{i}", body="x" * 100)
                client.reset()
        for i in range(20):
            with verge.connect() as client:
                client.send(b"PUT /half HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + b"x" * 100)
                client.reset()
        self.assert_response(verge.request("PUT", "/last", body="x"), 200, "ok")
        self.assert_response(verge.get("/half"), 404, "nothing")

    # --- Much

    def test_paging_over_a_hundred_thousand_keys(self):
        site = self.site()
        count = scaled(100_000, 10_000)
        entries = [{"key": f"key{i}", "value": "v"} for i in range(count)]
        with open(os.path.join(site, "values.json"), "w", encoding="utf-8") as file:
            json.dump(entries, file)
        self.assertEqual(self.kv(site, "bulk", "put", "values.json", "--binding", "NS"), "Success!\n")
        verge = self.serve(site)
        found = []
        cursor = ""
        with verge.connect() as client:
            while True:
                client.send_request("GET", f"/?prefix=key&cursor={cursor}")
                page = json.loads(client.read_response().text)
                found += [key["name"] for key in page["keys"]]
                if page["list_complete"]:
                    break
                self.assertEqual(len(page["keys"]), 1000)
                cursor = page["cursor"]
        self.assertEqual(found, sorted(entry["key"] for entry in entries))
        listed = json.loads(self.kv(site, "key", "list", "--binding", "NS", "--prefix", "key99"))
        self.assertEqual([key["name"] for key in listed], [name for name in found if name.startswith("key99")])

    def test_the_longest_values_stream_through(self):
        verge = self.serve(self.site(), "--max-body", "100MB", "--cpu-ms", "20000")
        most = 25 * 1024 * 1024
        value = random.Random(5).randbytes(most)
        self.assert_response(verge.request("PUT", "/long", body=value), 200, "ok")
        response = verge.get("/long")
        self.assertEqual(response.header("content-length"), str(most))
        self.assertEqual(response.body, value)
        refused = f"Error: KV PUT failed: 413 Value length of {most + 1} exceeds limit of {most}."
        # It says how long it is: the answer comes before the body.
        with verge.connect() as client:
            client.send(b"PUT /long HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (most + 1))
            self.assert_response(client.read_response(), 500, refused)
        # It does not: as soon as it is too long.
        with verge.connect() as client:
            client.send(b"PUT /long HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(25):
                client.send(b"%x\r\n%s\r\n" % (1 << 20, b"w" * (1 << 20)))
            client.send(b"1\r\nw\r\n")
            self.assert_response(client.read_response(), 500, refused)
        self.assertEqual(verge.get("/long").body, value)
        # A body of unknown length.
        with verge.connect() as client:
            client.send(b"PUT /long HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            piece = b"%x\r\n%s\r\n" % (1 << 20, b"y" * (1 << 20))
            for _ in range(25):
                client.send(piece)
            client.send(b"0\r\n\r\n")
            self.assert_response(client.read_response(), 200, "ok")
        self.assertEqual(verge.get("/long").body, b"y" * most)

    def test_memory_stays_bounded(self):
        verge = self.serve(self.site(), "--max-body", "100MB", "--cpu-ms", "20000")
        value = b"z" * (25 * 1024 * 1024)
        self.assert_response(verge.request("PUT", "/long", body=value), 200, "ok")
        for _ in range(3):
            self.assertEqual(len(verge.get("/long").body), len(value))
        before = verge.rss_bytes()
        for _ in range(scaled(12, 3)):
            self.assertEqual(len(verge.get("/long").body), len(value))
            self.assert_response(verge.request("PUT", "/long", body=value), 200, "ok")
        self.assertLess(verge.rss_bytes(), before + scaled(120, 600) * (1 << 20))

    def test_concurrent_writers_on_several_shards(self):
        verge = self.serve(self.site(), shards=3)
        errors = []

        def write(thread):
            try:
                with verge.connect() as client:
                    for i in range(60):
                        client.send_request("PUT", f"/{thread}/{i}", body=f"{thread} {i}")
                        if client.read_response().text != "ok":
                            errors.append(f"put {thread}/{i}")
                # From other connections, which other shards may have.
                for i in range(0, 60, 7):
                    if verge.get(f"/{thread}/{i}").text != f"{thread} {i}":
                        errors.append(f"get {thread}/{i}")
            except Exception as error:  # noqa: it is told below
                errors.append(repr(error))

        threads = [threading.Thread(target=write, args=(thread,)) for thread in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(len(json.loads(verge.get("/").text)["keys"]), 720)

    def test_read_after_write_across_shards_processes_and_workers(self):
        data = self.directory()
        sites = [self.site(), self.site(REMOTE, ("NS", "one"), name="another")]
        servers = [self.serve(site, "--data", data, shards=2) for site in sites]
        # One connection for each of several shards.
        clients = [server.connect() for server in servers for _ in range(6)]
        for client in clients:
            self.addCleanup(client.close)
        chance = random.Random(1)
        for i in range(200):
            writer = chance.choice(clients)
            writer.send_request("PUT", "/shared", body=str(i))
            self.assertEqual(writer.read_response().text, "ok")
            for client in chance.sample(clients, 4):
                client.send_request("GET", "/shared")
                self.assertEqual(client.read_response().text, str(i))

    # --- The command line

    def test_command_line_beside_a_server(self):
        site = self.site()
        verge = self.serve(site)
        self.assert_response(verge.request("PUT", "/a", body="from the server"), 200, "ok")
        self.assertEqual(self.kv(site, "key", "get", "a", "--binding", "NS"), "from the server")
        for i in range(5):
            self.kv(site, "key", "put", "a", f"from outside {i}", "--binding", "NS")
            self.assert_response(verge.get("/a"), 200, f"from outside {i}")
            self.assert_response(verge.get("/a"), 200, f"from outside {i}")
        self.kv(site, "key", "delete", "a", "--binding", "NS")
        self.assert_response(verge.get("/a"), 404, "nothing")

    def test_command_line(self):
        site = self.site(REMOTE, ("NS", "one"), ("BOTH", "two", "two-preview"), ("BARE",))
        out = self.kv(site, "key", "put", "k", "väl\n", "--binding", "NS", "--ttl", "3600", "--metadata", '{"a": [1, {}]}')
        self.assertEqual(out, 'Writing the value "väl\\n" to key "k" on namespace binding: "NS" (id: "one") '
                              'with metadata "{"a":[1,{}]}".\n')
        self.assertEqual(self.kv(site, "key", "get", "k", "--binding", "NS"), "väl\n")
        self.assertEqual(self.kv(site, "key", "get", "k", "--namespace-id", "one", "--text"), "väl\n\n")
        listed = json.loads(self.kv(site, "key", "list", "--binding", "NS"))
        self.assertEqual([(key["name"], key["metadata"]) for key in listed], [("k", {"a": [1, {}]})])
        self.assertGreater(listed[0]["expiration"], 1_700_000_000)
        binary = bytes(range(256)) * 5000
        with open(os.path.join(site, "file.bin"), "wb") as file:
            file.write(binary)
        self.assertIn("Writing the contents of file.bin",
                      self.kv(site, "key", "put", "bin", "--path", "file.bin", "--binding", "NS"))
        verge = self.serve(site)
        self.assertEqual(verge.get("/bin").body, binary)
        self.assertEqual(self.kv(site, "key", "get", "none", "--binding", "NS", code=1), "Value not found\n")
        self.assertEqual(json.loads(self.kv(site, "key", "list", "--binding", "BARE")), [])
        self.assertEqual(json.loads(self.kv(site, "namespace", "list")),
                         [{"id": "one", "title": "NS"}, {"id": "two", "title": "BOTH"},
                          {"id": "two-preview", "title": "BOTH_preview"}, {"id": "BARE", "title": "BARE"}])
        # A binding with two ids needs a choice.
        self.assertIn("add --preview or --preview false",
                      self.kv(site, "key", "put", "k", "v", "--binding", "BOTH", code=2))
        self.kv(site, "key", "put", "k", "preview", "--binding", "BOTH", "--preview")
        self.kv(site, "key", "put", "k", "real", "--binding", "BOTH", "--preview", "false")
        self.assertEqual(self.kv(site, "key", "get", "k", "--namespace-id", "two-preview"), "preview")
        self.assertEqual(self.kv(site, "key", "get", "k", "--namespace-id", "two"), "real")

    def test_command_line_bulk(self):
        site = self.site()

        def write(name, value):
            with open(os.path.join(site, name), "w", encoding="utf-8") as file:
                file.write(value if isinstance(value, str) else json.dumps(value))

        write("put.json", [{"key": "a", "value": "1", "metadata": {"m": 1}, "expiration_ttl": 100},
                           {"key": "b", "value": "/w8=", "base64": True}, {"key": "c", "value": "ü"}])
        self.assertEqual(self.kv(site, "bulk", "put", "put.json", "--binding", "NS"), "Success!\n")
        write("get.json", ["a", {"name": "c"}, "none"])
        self.assertEqual(json.loads(self.kv(site, "bulk", "get", "get.json", "--binding", "NS")),
                         {"a": {"value": "1"}, "c": {"value": "ü"}, "none": {"value": None}})
        verge = self.serve(site)
        self.assertEqual(verge.get("/b").body, b"\xff\x0f")
        self.assertEqual(self.kv(site, "bulk", "delete", "get.json", "--binding", "NS"), "Success!\n")
        self.assert_response(verge.get("/a"), 404)
        self.assertEqual(verge.get("/b").body, b"\xff\x0f")
        # Wrong files change nothing.
        for content, words in [("{", "bad.json:"), ("{}", "expected an array"), ('[{"key": "x"}]', '"value" must be'),
                               ('[{"key": "good", "value": "1"},\n {"key": "", "value": "1"}]', "bad.json:2:2: Key name"),
                               ('[{"key": "x", "value": "?", "base64": true}]', "not base64"),
                               ('[{"key": "x", "value": "1", "expiration_ttl": 5}]', "must be at least 60")]:
            write("bad.json", content)
            self.assertIn(words, self.kv(site, "bulk", "put", "bad.json", "--binding", "NS", code=2))
        self.assert_response(verge.get("/good"), 404)
        write("bad.json", "[1]")
        self.assertIn("expected an array of strings", self.kv(site, "bulk", "get", "bad.json", "--binding", "NS", code=2))

    def test_command_line_errors(self):
        site = self.site()
        for arguments, code, words in [
                (["key", "get", "k"], 2, "Give --binding NAME or --namespace-id ID"),
                (["key", "get", "--binding", "NS"], 2, "kv key get needs a key"),
                (["key", "put", "k", "--binding", "NS"], 2, "a value is needed, or --path FILE"),
                (["key", "get", "k", "--binding", "N"], 2, "did you mean 'NS'?"),
                (["key", "get", "k", "--namespace-id", "../x"], 2, "cannot be the name of a file"),
                (["key", "gte", "k"], 2, "did you mean 'get'?"),
                (["kye"], 2, "did you mean 'key'?"),
                (["key", "put", "k", "v", "--binding", "NS", "--ttl", "x"], 2, "must be a whole number of seconds"),
                (["key", "put", "k", "v", "--binding", "NS", "--metadata", "[1]"], 2, "must be a JSON object"),
                (["key", "put", "k", "v", "--binding", "NS", "--remote"], 2, "on this machine"),
                (["key", "put", "k", "v", "--binding", "NS", "--tll", "9"], 2, "did you mean '--ttl'?"),
                (["key", "put", "", "v", "--binding", "NS"], 1, "Key name cannot be empty."),
                (["key", "put", "k", "v", "--binding", "NS", "--ttl", "5"], 1, "Expiration TTL must be at least 60."),
                (["key", "put", "k", "--path", "none", "--binding", "NS"], 1, "none: cannot be read"),
        ]:
            with self.subTest(arguments):
                self.assertIn(words, self.kv(site, *arguments, code=code))
        for arguments in [["--help"], ["key", "put", "--help"], ["bulk", "get", "-h"], []]:
            self.assertIn("Usage: verge kv", self.kv(site, *arguments))
        code, stdout, _ = run(["help", "kv"])
        self.assertEqual((code, "Usage: verge kv" in stdout), (0, True))
        # Without any worker around.
        empty = self.directory()
        self.kv(empty, "key", "put", "k", "v", "--namespace-id", "x", "--data", "d")
        self.assertEqual(self.kv(empty, "key", "get", "k", "--namespace-id", "x", "--persist-to", "d"), "v")

    # --- Files

    def test_nothing_is_made_before_it_is_needed(self):
        site = self.site()
        verge = self.serve(site)
        self.assert_response(verge.get("/x"), 404, "nothing")
        # The socket that commands find the server by, and nothing else.
        self.assertEqual(os.listdir(os.path.join(site, ".verge", "state")), ["run"])
        self.assert_response(verge.request("PUT", "/x", body="y"), 200, "ok")
        folder = os.path.join(site, ".verge", "state", "kv")
        self.assertIn("one.sqlite", os.listdir(folder))
        self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700)

    def test_files_of_others_are_refused(self):
        site = self.site()
        folder = os.path.join(site, ".verge", "state", "kv")
        os.makedirs(folder)
        path = os.path.join(folder, "one.sqlite")
        with open(path, "w", encoding="utf-8") as file:
            file.write("my diary")
        said = self.run_to_failure("serve", site, "--port", "0", "--shards", "1")
        self.assertIn(f"{path}: this file is not a KV namespace", said)
        self.assertIn("this file is not a KV namespace", self.kv(site, "key", "put", "k", "v", "--binding", "NS", code=1))
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "my diary")

    def test_configurations_are_checked(self):
        for namespaces, words in [
                ({}, "'kv_namespaces' must be an array of namespaces"),
                ([1], "'kv_namespaces[0]' must be a table"),
                ([{"id": "x"}], "'kv_namespaces[0]' needs a name in the worker's env"),
                ([{"binding": "A", "id": "../x"}], "it is the name of a file; found the string '../x'"),
                ([{"binding": "A", "id": 7}], "it is the name of a file; found the number"),
                ([{"binding": "A b"}], "'kv_namespaces[0]' needs an id"),
                ([{"binding": "A", "id": "x"}, {"binding": "A", "id": "y"}], "'A' is the name of another variable"),
                ([{"binding": "V", "id": "x"}], "'V' is the name of another variable"),
        ]:
            files = {"worker.js": REMOTE, "wrangler.json": json.dumps(
                {"name": "site", "main": "worker.js", "vars": {"V": 1}, "kv_namespaces": namespaces})}
            with self.subTest(words):
                said = self.run_to_failure("serve", self.directory(files), "--port", "0", "--shards", "1")
                self.assertIn(words, said)
                self.assertRegex(said, r"wrangler\.json:\d+:\d+: ")

    def test_a_full_disk(self):
        # A limit on the size of files stands for a full disk: writes end with an error, not with a signal.
        import resource

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))

        site = self.site()
        verge = self.serve(site, preexec=limit)
        self.assert_response(verge.request("PUT", "/small", body="old"), 200, "ok")
        refused = verge.request("PUT", "/big", body=b"x" * (8 << 20))
        self.assertEqual(refused.status, 500)
        self.assertRegex(refused.text, r"^Error: KV PUT failed: (507 Insufficient Storage|500 Internal Server Error)$")
        self.assert_response(verge.get("/small"), 200, "old")
        self.assert_response(verge.get("/big"), 404, "nothing")
        verge.stop()
        verge = self.serve(site)
        self.assert_response(verge.get("/small"), 200, "old")
        self.assert_response(verge.request("PUT", "/big", body=b"x" * (8 << 20)), 200, "ok")

    # --- Crashes

    def test_acknowledged_writes_survive_kill_9(self):
        rounds = scaled(200, 20)
        site = self.site()
        acknowledged = {}
        maybe = {}
        chance = random.Random(9)
        written = 0
        for number in range(rounds):
            verge = Verge(["serve", site, "--port", "0", "--shards", "2"])
            try:
                clients = [verge.connect() for _ in range(4)]
                # What earlier rounds were told is there, is.
                sample = chance.sample(sorted(acknowledged), min(len(acknowledged), 10))
                for key in sample:
                    clients[0].send_request("GET", f"/{key}")
                    found = clients[0].read_response().text
                    self.assertIn(found, {acknowledged[key], maybe.get(key)}, f"{key} in round {number}")
                    acknowledged[key] = found
                # Pipelined writes on several connections; the process dies in the middle of them.
                sent = [[] for _ in clients]
                for i, client in enumerate(clients):
                    for k in range(6):
                        key, value = f"c{i}k{chance.randrange(8)}", f"{number}.{i}.{k}" + "x" * chance.choice([1, 5000])
                        client.send_request("PUT", f"/{key}", body=value)
                        sent[i].append((key, value))
                # Some answers first.
                for i, client in enumerate(clients):
                    for _ in range(chance.randrange(4)):
                        self.assertEqual(client.read_response().text, "ok")
                        key, value = sent[i].pop(0)
                        acknowledged[key] = value
                        maybe.pop(key, None)
                        written += 1
                verge.process.kill()
                for i, client in enumerate(clients):
                    # What was answered before it died counts as well.
                    try:
                        while sent[i] and client.read_response().text == "ok":
                            key, value = sent[i].pop(0)
                            acknowledged[key] = value
                            maybe.pop(key, None)
                            written += 1
                    except (EOFError, ConnectionError):
                        pass
                    # The rest may or may not be there; of one key, the last or any before it.
                    for key, value in sent[i]:
                        maybe.setdefault(key, value)
                        if key in acknowledged:
                            acknowledged[key] = acknowledged[key]
                    client.close()
            finally:
                verge.kill()
            # Writes that were under way are settled by a look at what came of them.
            if maybe:
                self.settle(site, acknowledged, maybe)
        self.assertGreater(written, rounds * 4)
        verge = self.serve(site)
        for key, value in acknowledged.items():
            self.assert_response(verge.get(f"/{key}"), 200, value)

    def settle(self, site, acknowledged, maybe):
        """What `maybe` was written is read; it must be that, a later one of the same round, or the old value."""
        maybe_keys = sorted(maybe)
        path = os.path.join(site, "keys.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(maybe_keys, file)
        found = json.loads(self.kv(site, "bulk", "get", "keys.json", "--binding", "NS"))
        for key in maybe_keys:
            value = found[key]["value"]
            old = acknowledged.get(key)
            if value is not None and value != old:
                # A later write than the acknowledged one: it was sent in this round, or is of none at all.
                self.assertRegex(value, r"^\d+\.\d\.\d" + "x+$")
                if old is not None:
                    self.assertGreaterEqual([int(part) for part in re.findall(r"\d+", value)],
                                            [int(part) for part in re.findall(r"\d+", old)])
                acknowledged[key] = value
            else:
                self.assertEqual(value, old, key)
            del maybe[key]


if __name__ == "__main__":
    unittest.main()
